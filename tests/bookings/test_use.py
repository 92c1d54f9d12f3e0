"""People come, or do not; who stays away again and again is shown to the manager."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.problems import Refused
from bookings import lifecycle, use
from bookings.decisions import record_of
from tests.bookings.pages import signed_in, words
from tests.factories import (
    MONDAY,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    hour,
)

pytestmark = pytest.mark.django_db

A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)
START, END = hour("10:00"), hour("12:00")


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def booking(hall, mikael):
    return create_booking(hall, "10:00", "12:00", customer=mikael)


@pytest.fixture
def date(booking):
    return booking.dates.get()


@pytest.fixture
def kalle(hall):
    return create_manager(hall.venue, name="Kalle", role="caretaker")


def codes(act, date, by, now) -> set[str]:
    try:
        act(date, by=by, now=now)
    except Refused as refusal:
        return refusal.codes
    return set()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - timedelta(minutes=61), {"too_early"}),
        (START - timedelta(minutes=60), set()),
        (END - A_MINUTE, set()),
        (END, {"too_late"}),
    ],
)
def test_the_customer_says_so_from_an_hour_before_until_the_end(date, mikael, now, expected):
    assert codes(use.arrive, date, mikael, now) == expected

    date.refresh_from_db()
    assert (date.arrived_at is not None) == (not expected)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - A_MINUTE, {"too_early"}),
        (START, set()),
        (END + timedelta(days=14) - A_MINUTE, set()),
        (END + timedelta(days=14), {"too_late"}),
    ],
)
def test_the_caretaker_writes_down_who_stayed_away(date, kalle, now, expected):
    assert codes(use.mark_no_show, date, kalle, now) == expected

    date.refresh_from_db()
    assert (date.no_show_at is not None) == (not expected)


def test_who_came_late_came_after_all(date, kalle):
    use.mark_no_show(date, by=kalle, now=START)
    came = use.arrive(date, by=kalle, now=START + A_MINUTE)

    assert came.no_show_at is None
    assert came.arrived_by == kalle
    assert use.unmark(came, by=kalle, now=END).arrived_at is None


def test_nobody_is_expected_at_a_cancelled_booking(date, booking, mikael, kalle):
    lifecycle.cancel(booking, by=mikael, now=START - A_DAY)

    assert codes(use.mark_no_show, date, kalle, START) == {"not_confirmed"}


def stay_away(hall, kalle, customer, times, **wish):
    for number in range(times):
        day = MONDAY + timedelta(days=number + 1)
        begins = hour("10:00", day=day)
        booking = create_booking(hall, begins, begins + A_MINUTE * 60, customer=customer, **wish)
        use.mark_no_show(booking.dates.get(), by=kalle, now=begins)
    return booking


def test_the_manager_sees_who_stayed_away_again_and_again(hall, onni, kalle, mikael):
    club = create_organisation(mikael, name="Idän Sähly ry")
    stay_away(hall, kalle, create_user("Vieno"), 1)
    booking = stay_away(create_space(venue=hall.venue), kalle, mikael, 3, organisation=club)
    later = hour("12:00", day=MONDAY + timedelta(days=7))

    (one,) = use.repeated(onni, now=later)
    assert (one.who, one.times, one.booking_id) == ("Idän Sähly ry", 3, booking.pk)
    assert record_of(booking, now=later).no_shows == 3
    assert not use.repeated(create_manager(create_space().venue), now=later)
    assert not use.repeated(onni, now=later + timedelta(days=366))


# --- Pages ----------------------------------------------------------------------------------------


@pytest.fixture
def at_eleven():
    with time_machine.travel(hour("11:00"), tick=False):
        yield


def press(client, date, what, **said):
    return client.post(reverse("bookings:use", args=[date.pk, what]), said)


@pytest.mark.usefixtures("at_eleven")
def test_the_caretakers_day(date, kalle, hall):
    his, page = signed_in(kalle), reverse("bookings:day")
    assert "Mikael" in words(his.get(page))

    assert press(his, date, "absent", next=page).url == page
    assert "Take it back" in words(his.get(page))
    press(his, date, "unmark")
    date.refresh_from_db()
    assert date.no_show_at is None


@pytest.mark.usefixtures("at_eleven")
def test_any_day_can_be_asked_for_and_nonsense_is_today(kalle, date):
    his, page = signed_in(kalle), reverse("bookings:day")

    assert "Nobody comes on this day." in words(his.get(page, {"day": "2027-03-01"}))
    for nonsense in ["", "2027-02-30", "x", "0001-01-01", "9999-12-31"]:
        response = his.get(page, {"day": nonsense})
        assert response.status_code == 200
        assert "Mikael" in words(response)


@pytest.mark.usefixtures("at_eleven")
def test_a_customer_says_that_they_are_here_and_nothing_else(date, mikael):
    his = signed_in(mikael)
    assert "We are here" in words(his.get(date.booking.get_absolute_url()))

    assert (
        press(his, date, "arrived", next="https://elsewhere.example/").url == date.booking.get_absolute_url()
    )
    date.refresh_from_db()
    assert date.arrived_by == mikael
    assert "We are here" not in words(his.get(date.booking.get_absolute_url()))
    assert press(his, date, "absent").status_code == 404
    assert press(his, date, "unmark").status_code == 404


@pytest.mark.usefixtures("at_eleven")
def test_where_to_go_on_is_an_address_of_ours_or_the_bookings_page(date, kalle):
    for nonsense in ["abc", "//elsewhere.example/", "javascript:alert(1)", "\0"]:
        answer = press(signed_in(kalle), date, "arrived", next=nonsense)
        assert answer.url == date.booking.get_absolute_url()


@pytest.mark.usefixtures("at_eleven")
def test_strangers_see_no_day_and_write_nothing_down(date):
    for person in [create_user("Vieno"), create_manager(create_space().venue)]:
        for what in ["arrived", "absent", "unmark"]:
            assert press(signed_in(person), date, what).status_code == 404
    assert signed_in(create_user("Vieno")).get(reverse("bookings:day")).status_code == 404


@pytest.mark.usefixtures("at_eleven")
def test_a_day_takes_as_many_statements_with_many_dates(hall, kalle):
    create_booking(hall, "06:00", "06:30")
    his, page = signed_in(kalle), reverse("bookings:day")
    with CaptureQueriesContext(connection) as few:
        his.get(page)
    for start in ["07:00", "08:00", "09:00"]:
        create_booking(hall, start, start.replace(":00", ":30"))

    with CaptureQueriesContext(connection) as many:
        assert his.get(page).status_code == 200
    assert len(many) == len(few)
