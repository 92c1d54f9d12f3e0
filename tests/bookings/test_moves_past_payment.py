"""A move passes no payment by: what is paid otherwise is booked anew, by the page's words."""

from dataclasses import replace

import pytest
from django.urls import reverse

from accounts.problems import Refused
from bookings import dates, lifecycle
from bookings.models import Status
from bookings.wishes import wish_of
from tests.bookings.pages import signed_in, words
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_series,
    create_space,
    create_user,
    hour,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]


@pytest.fixture
def aino():
    return create_user("Aino")


@pytest.fixture
def free():
    return create_space(name_fi="Kerhohuone")


@pytest.fixture
def paid(free):
    return create_space(venue=free.venue, name_fi="Juhlasali", payment="before")


def moved(booking, space, *, by):
    return lifecycle.move(booking, replace(wish_of(booking), space=space), by=by, now=NOW)


def refused(act, *args, **kwargs) -> set[str]:
    with pytest.raises(Refused) as refusal:
        act(*args, **kwargs)
    return refusal.value.codes


def test_a_confirmed_booking_does_not_become_a_paid_one_for_nothing(free, paid, aino):
    booking = create_booking(free, customer=aino)

    assert refused(moved, booking, paid, by=aino) == {"paid_otherwise"}

    booking.refresh_from_db()
    assert (booking.space, booking.status) == (free, Status.CONFIRMED)


def test_what_waits_for_its_payment_does_not_become_free(free, paid, aino):
    booking = create_booking(paid, customer=aino)

    assert refused(moved, booking, free, by=aino) == {"paid_otherwise"}

    booking.refresh_from_db()
    assert (booking.space, booking.status) == (paid, Status.AWAITING_PAYMENT)


def test_between_spaces_that_are_paid_alike_it_moves_and_waits_on(paid, aino):
    other = create_space(venue=paid.venue, name_fi="Pikkusali", payment="before")
    booking = create_booking(paid, customer=aino)

    booking = moved(booking, other, by=aino)

    assert (booking.space, booking.status) == (other, Status.AWAITING_PAYMENT)


def test_a_request_moves_for_the_venue_decides_and_then_it_is_paid(aino):
    asked = create_space(approval="request")
    paid = create_space(venue=asked.venue, approval="request", payment="before")
    booking = moved(create_booking(asked, customer=aino), paid, by=aino)

    booking = lifecycle.approve(booking, by=create_manager(asked.venue), now=NOW)

    assert (booking.space, booking.status) == (paid, Status.AWAITING_PAYMENT)


def test_one_date_of_a_season_does_not_become_a_paid_one_either(free, paid, aino):
    date = create_series(free, customer=aino).bookings.get().dates.first()

    codes = refused(
        dates.move, date, space=paid, starts_at=date.starts_at, ends_at=date.ends_at, by=aino, now=NOW
    )

    assert codes == {"paid_otherwise"}


@pytest.mark.usefixtures("monday_morning")
def test_the_page_says_what_to_do_instead(free, paid, aino):
    booking = create_booking(free, hour("10:00"), hour("12:00"), customer=aino)
    page = f"{reverse('bookings:move', args=[booking.pk])}?space={paid.pk}"

    answer = signed_in(aino).post(page, {"day": "2027-02-06", "starts": "10:00", "ends": "12:00"})

    assert answer.status_code == 409
    assert "Cancel this booking and book the other" in words(answer)
