"""How many statements the database is sent: as many for a large city with a long past as for a small one."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from bookings import availability, lifecycle
from bookings.models import Booking
from bookings.wishes import Wish
from tests.api import BOOKINGS, client_of, wish
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues.audiences import asker
from venues.models import Space, Venue, VenueRole

pytestmark = pytest.mark.django_db
SATURDAY = hour("08:00"), hour("22:00")


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def aino() -> User:
    return create_user()


@pytest.fixture
def onni() -> User:
    return create_manager()


def grow(aino: User, onni: User, *, gyms: int) -> None:
    """Add gyms that Onni manages, each with months of Aino's bookings and with people who wait."""
    for _number in range(gyms):
        venue = create_venue()
        open_daily(venue.timetable, today=MONDAY - timedelta(weeks=5))
        VenueRole.objects.create(venue=venue, user=onni, role=VenueRole.Role.MANAGER)
        _whole, a, b, _rest = create_gym(venue=venue, capacity=30)
        club = create_organisation(aino)
        for week in range(4):
            day = MONDAY - timedelta(weeks=week + 1)
            create_booking(
                a,
                hour("10:00", day=day),
                hour("11:00", day=day),
                customer=aino,
                organisation=club,
                now=NOW - timedelta(weeks=20),
            )
        create_booking(a, "10:00", "12:00", customer=aino)
        Space.objects.filter(pk=b.pk).update(approval=Space.Approval.REQUEST)
        create_booking(b, "12:00", "14:00")


def statements(action: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        action()
    sql = [query["sql"] for query in captured.captured_queries]
    return [statement for statement in sql if "SAVEPOINT" not in statement]


def test_search_is_one_statement_whatever_it_asks(aino, onni):
    grow(aino, onni, gyms=3)
    Space.objects.update(quota_week=2, notice_weekdays=1)
    everywhere = Space.objects.bookable().filter(capacity__gte=20)
    windows = [
        (start + timedelta(days=n), end + timedelta(days=n)) for n in range(30) for start, end in [SATURDAY]
    ]

    for question in (
        {},
        {"length": timedelta(hours=2), "limit": 2},
        {"near": (60.2, 24.9), "order": "distance", "limit": 2, "offset": 2},
        {"order": "coverage", "asker": asker(aino, None, today=MONDAY)},
        {"in_few_halls": True, "asker": asker(aino, create_organisation(aino), today=MONDAY)},
    ):
        asked = statements(
            lambda question=question: availability.free(everywhere, windows, now=NOW, **question)
        )

        assert len(asked) == 1


def test_booking_takes_as_few_statements_beside_a_long_history(aino, onni):
    def book(start: str, end: str) -> list[str]:
        room = Space.objects.with_place().filter(part_of=None).earliest("pk")
        return statements(lambda: lifecycle.book(Wish(room, hour(start), hour(end)), customer=aino, now=NOW))

    grow(aino, onni, gyms=1)
    first = book("14:00", "15:00")
    grow(aino, onni, gyms=3)

    # Customer, hall, whether it is free, booking, date, job.
    assert len(first) == len(book("15:00", "16:00")) == 6


def test_only_a_quota_costs_a_statement_more(aino, onni):
    club = create_organisation(aino)
    room, counted = create_space(), create_space(quota_week=9)

    def book(space: Space, start: str, end: str, **facts) -> list[str]:
        wish = Wish(space, hour(start), hour(end), **facts)
        return statements(lambda: lifecycle.book(wish, customer=aino, now=NOW))

    assert len(book(room, "10:00", "11:00")) == len(book(room, "12:00", "13:00", organisation=club)) == 6
    assert len(book(counted, "10:00", "11:00")) == 7
    assert len(book(counted, "12:00", "13:00", organisation=club)) == 7


def test_booking_by_api_takes_as_few_statements_beside_a_long_history(aino, onni):
    client, hours = client_of(aino), count(14)

    def book() -> int:
        room, start = Space.objects.filter(part_of=None).earliest("pk"), next(hours)
        return len(statements(lambda: client.post(BOOKINGS, wish(room, f"{start}:00", f"{start + 1}:00"))))

    grow(aino, onni, gyms=1)
    book()
    first = book()
    grow(aino, onni, gyms=3)

    assert book() == first


LISTS = {
    "search": lambda: reverse("bookings:search"),
    "mine": lambda: reverse("bookings:mine"),
    "inbox": lambda: reverse("bookings:inbox"),
    "space": lambda: reverse("bookings:space", args=[Space.objects.earliest("pk").pk]),
    "venue": lambda: reverse("bookings:venue", args=[Venue.objects.earliest("pk").pk]),
    "request": lambda: reverse("bookings:request", args=[Booking.objects.undecided().earliest("pk").pk]),
    "bookings by API": lambda: BOOKINGS,
    "spaces by API": lambda: "/api/v1/spaces/",
    "venues by API": lambda: "/api/v1/venues/",
    "availability by API": lambda: f"/api/v1/availability/?from={MONDAY}&to={MONDAY + timedelta(days=7)}",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_page_takes_as_many_statements_however_much_is_on_it(aino, onni, name):
    client = Client()
    client.force_login(onni if name in {"inbox", "request"} else aino)

    def look() -> int:
        return len(statements(lambda: assert_is_well(client.get(LISTS[name]()))))

    grow(aino, onni, gyms=2)
    look()
    first = look()
    grow(aino, onni, gyms=4)

    assert look() == first


def assert_is_well(response) -> None:
    assert response.status_code == 200, response.content
