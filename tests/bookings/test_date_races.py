"""Two people at once at the dates of a series: each date goes once, and nobody is told twice."""

from functools import partial

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from bookings import dates, impacts, invariants, lifecycle
from bookings.impacts import Fate
from bookings.models import Booking, Occupancy, Status
from bookings.wishes import dates_left, dates_of
from tests.bookings.changing import DUE, closing
from tests.bookings.test_dates import booking_of
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_series,
    create_space,
    create_user,
    hour,
)
from tests.sql import assert_nobody_was_given_taken_time
from tests.together import at_once, refusals, winners
from venues.models import Space

pytestmark = pytest.mark.django_db(transaction=True)

rounds = pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])


@pytest.fixture(autouse=True)
def promises_hold():
    yield
    assert_nobody_was_given_taken_time()
    assert list(invariants.findings(now=NOW)) == []


def jobs_about(booking: Booking) -> int:
    return ProcrastinateJob.objects.filter(args__booking_id=booking.pk).count()


@rounds
def test_two_of_the_board_give_the_same_date_back(rounds):
    aino, mikael = create_user(), create_user()
    club = create_organisation(aino, mikael)
    for _round in range(rounds):
        booking = booking_of(create_series(create_space(), customer=aino, organisation=club))
        second = dates_of(booking)[1]

        outcomes = at_once(*(partial(dates.release, [second], by=who, now=NOW) for who in (aino, mikael)))

        assert len(winners(outcomes)) == 1
        assert refusals(outcomes) == {"released_already": 1}
        assert len(dates_left(booking)) == 3


@rounds
def test_the_last_two_dates_go_back_at_once_and_the_booking_is_cancelled_once(rounds):
    for _round in range(rounds):
        booking = booking_of(create_series(create_space(), weeks=2))
        before = jobs_about(booking)

        at_once(*(partial(dates.release, [date], by=booking.customer, now=NOW) for date in dates_of(booking)))

        booking.refresh_from_db()
        assert booking.status == Status.CANCELLED
        assert jobs_about(booking) - before <= 2


@rounds
def test_a_date_goes_back_while_the_request_is_approved(rounds):
    for _round in range(rounds):
        room = create_space(approval=Space.Approval.REQUEST, requests_compete=True)
        onni = create_manager(room.venue)
        booking = booking_of(create_series(room))

        at_once(
            partial(lifecycle.approve, booking, by=onni, now=NOW),
            partial(dates.release, [dates_of(booking)[1]], by=booking.customer, now=NOW),
        )

        booking.refresh_from_db()
        assert booking.status == Status.CONFIRMED
        assert len(dates_left(booking)) == 3
        assert Occupancy.objects.holding().filter(booking=booking).count() == 3


@rounds
def test_a_date_goes_back_just_as_a_change_comes_true(rounds):
    for _round in range(rounds):
        hall = create_space()
        onni: User = create_manager(hall.venue)
        booking = booking_of(create_series(hall))
        first = dates_of(booking)[0]
        impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

        at_once(
            partial(dates.release, [first], by=booking.customer, now=NOW),
            partial(impacts.carry_out, impact, now=DUE),
        )

        first.refresh_from_db()
        assert first.released_by in {booking.customer, onni}
        assert len(dates_left(booking)) == 3


@rounds
def test_a_date_that_goes_back_is_taken_again_or_by_somebody_else(rounds):
    for _round in range(rounds):
        hall = create_space()
        booking = booking_of(create_series(hall))
        first = dates_of(booking)[0]
        dates.release([first], by=booking.customer, now=NOW)

        outcomes = at_once(
            partial(dates.take_again, first, by=booking.customer, now=NOW),
            partial(create_booking, hall),
        )

        assert len(winners(outcomes)) == 1
        assert refusals(outcomes) == {"time_taken": 1}


@rounds
def test_two_dates_of_a_series_move_to_one_time(rounds):
    for _round in range(rounds):
        hall = create_space()
        booking = booking_of(create_series(hall))
        there = {"space": hall, "starts_at": hour("14:00"), "ends_at": hour("16:00")}

        outcomes = at_once(
            *(
                partial(dates.move, date, by=booking.customer, now=NOW, **there)
                for date in dates_of(booking)[:2]
            )
        )

        assert len(winners(outcomes)) == 1
        assert refusals(outcomes) == {"time_taken": 1}
