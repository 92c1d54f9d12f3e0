"""The demo city: Helsinki's venues with people in them, loaded as often as the demo starts."""

from datetime import date

import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.models import Invitation, Organisation, User
from bookings import demo_city
from bookings.models import Booking, Closure, MissedDate, Occupancy, Offer, Sanction, Series, Status, Swap
from tests.factories import NOW, hour
from venues import openings, policy_layers
from venues.clock import CITY
from venues.models import Space, Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings, monkeypatch):
    settings.DEMO = True
    monkeypatch.setattr(openings, "DAYS_AHEAD", 40)


def load() -> None:
    call_command("load_demo_city", verbosity=0)


@time_machine.travel(NOW)
def test_demo_city_is_loaded_once_however_often_the_demo_starts(demo):
    load()
    before = counts()
    User.objects.filter(email="aino@example.org").update(is_resident=False)
    load()

    assert counts() == before
    assert not User.objects.get(email="aino@example.org").is_resident  # what people say of themselves stays
    assert Venue.objects.count() == 344
    assert Space.objects.filter(venue__kind="youth_house", is_demo=False).count() == 134

    onni = User.objects.get(email="onni@example.org")
    waiting = Booking.objects.in_care_of(onni).undecided()
    assert Venue.objects.looked_after_by(onni).filter(kind="school").count() == 6
    assert Venue.objects.looked_after_by(onni).filter(name_fi="Leikkipuisto Hilleri").exists()
    assert waiting.count() == 3
    assert_rivals(waiting.filter(competes=True))

    assert Booking.objects.filter(status=Status.CONFIRMED).count() == 12
    assert not Booking.objects.visible_to(User.objects.get(email="stranger@example.org")).exists()
    assert User.objects.get(email="admin@example.org").is_superuser


def counts() -> list[int]:
    models = (User, Venue, Space, Booking, Occupancy, Closure, Series, Offer, Swap, Sanction, Invitation)
    return [model.objects.count() for model in models]


@time_machine.travel(NOW)
def test_demo_shows_the_season_of_a_club_and_what_belongs_to_it(demo):
    load()

    season = Series.objects.get(organisation__name="Idän Sähly ry")
    assert MissedDate.objects.filter(series=season).exists()
    assert Occupancy.objects.filter(booking__series=season, released_at__isnull=False).count() == 1
    offered = Offer.objects.filter(state="open").values_list("waiting__organisation__name", flat=True)
    assert set(offered) == {"Idän Sähly ry", "Voimisteluseura Notkea ry"}
    assert Swap.objects.get(state="proposed").wanted.booking.series == season
    assert Sanction.objects.get().organisation == season.organisation
    assert Invitation.objects.get().email == "aino@example.org"


@time_machine.travel(NOW)
def test_demo_shows_repairs_around_a_booking_christmas_and_a_club_of_minors(demo):
    load()

    gym = Space.objects.get(venue__key="school-03035", key="liikuntasali")
    repairs = Closure.objects.get()
    kept = Occupancy.objects.get(
        hall=gym, booking__isnull=False, starts_at__range=(repairs.starts_at, repairs.ends_at)
    )
    assert repairs.is_reason_public
    assert list(repairs.spaces.all()) == [gym]
    assert kept.booking.status == Status.CONFIRMED
    assert repairs.dates.count() == 2  # before it and after it
    park = Venue.objects.get(key="tprek-199")
    assert {row.date.day for row in park.timetable.exceptions.all()} == {27, 28, 29, 30, 31}
    assert User.objects.get(email="aino@example.org").is_resident
    club = Organisation.objects.get(name="Idän Sähly ry")
    assert club.is_for_minors(NOW.date())
    assert club.price_group_on(NOW.date()).code == "minors"
    assert {member.role for member in club.memberships.all()} == {"owner", "booker", "viewer"}
    assert policy_layers.unsettled() == []


@pytest.mark.parametrize("day", [date(2026, 12, 20), date(2027, 6, 23)])
def test_demo_that_begins_at_christmas_or_midsummer_has_its_bookings_when_schools_are_open(
    demo, monkeypatch, day
):
    monkeypatch.setattr(openings, "DAYS_AHEAD", 160)

    with time_machine.travel(hour("12:00", day=day)):
        load()

    assert Booking.objects.filter(status=Status.CONFIRMED).count() == 12
    assert Booking.objects.filter(status=Status.REQUESTED).count() == 3


def assert_rivals(bookings) -> None:
    """Two requests of two people for the same floor at the same time."""
    first, second = (booking.dates.get() for booking in bookings)
    assert first.booking.customer != second.booking.customer
    assert (
        Occupancy.objects.on_floor_of(first.space)
        .over(first.starts_at, first.ends_at)
        .filter(pk=second.pk)
        .exists()
    )


def test_demo_city_is_for_the_demo_only():
    with pytest.raises(CommandError, match="for the demo only"):
        load()

    assert not User.objects.exists()


def test_planned_days_begin_tomorrow():
    today = NOW.astimezone(CITY).date()  # a Monday

    assert [demo_city.nth(weekday, 0, after=today).day for weekday in (2, 7, 1)] == [2, 7, 8]
    assert demo_city.nth(2, 3, after=today).day == 23
