"""A manager closes and opens while people book: whoever is first has it, and no hole is left behind."""

from datetime import date, timedelta
from functools import partial

import pytest

from accounts.problems import Refused
from bookings import closures, invariants, layout, lifecycle
from bookings.closures import WishedClosure
from bookings.models import Status
from bookings.wishes import Wish
from tests.factories import MONDAY, NOW, create_booking, create_closure, create_gym, create_user, hour
from tests.sql import assert_nobody_was_given_taken_time
from tests.together import at_once, refusals, winners

pytestmark = pytest.mark.django_db(transaction=True)

# Each race is run for several days of one hall, so that no round has to be cleaned up after.
rounds = pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])


@pytest.fixture(autouse=True)
def all_is_as_promised():
    yield
    assert_nobody_was_given_taken_time()
    assert list(invariants.findings(now=NOW)) == []


@pytest.fixture
def onni():
    return create_user("Onni")


def days(count: int) -> list[date]:
    return [MONDAY + timedelta(days=1 + n) for n in range(count)]


def book(space, day, customer):
    wish = Wish(space, hour("10:00", day=day), hour("12:00", day=day))
    return partial(lifecycle.book, wish, customer=customer, now=NOW)


def close(space, day, by, start="08:00", end="20:00"):
    times = hour(start, day=day), hour(end, day=day)
    return partial(
        closures.close, WishedClosure([space], *times, reason={"reason_fi": "Remontti"}), by=by, now=NOW
    )


@rounds
def test_ten_take_the_time_of_a_closure_that_is_lifted(rounds, onni):
    whole, a, _b, _rest = create_gym()
    people = [create_user() for _ in range(10)]

    for day in days(rounds):
        closure = create_closure(whole, hour("08:00", day=day), hour("20:00", day=day))
        lifted, *booked = at_once(
            partial(closures.lift, closure, by=onni, now=NOW),
            *(book((whole, a)[n % 2], day, who) for n, who in enumerate(people)),
        )

        assert lifted is None
        assert len(winners(booked)) <= 1
        # Early ones met the closure, late ones the winner.
        assert set(refusals(booked)) <= {"closed", "time_taken"}
        assert winners(booked) or set(refusals(booked)) == {"closed"}


@rounds
def test_ten_take_the_time_that_two_closures_close_while_one_of_them_is_lifted(rounds, onni):
    whole, a, _b, _rest = create_gym()
    people = [create_user() for _ in range(10)]

    for day in days(rounds):
        closure, _other = (
            create_closure(space, hour("08:00", day=day), hour("20:00", day=day)) for space in (whole, a)
        )
        _lifted, *booked = at_once(
            partial(closures.lift, closure, by=onni, now=NOW), *(book(a, day, who) for who in people)
        )

        assert refusals(booked) == {"closed": 10}


@rounds
def test_a_hall_is_closed_while_people_book_it(rounds, onni):
    whole, a, b, _rest = create_gym()
    people = [create_user() for _ in range(6)]

    for day in days(rounds):
        closure, *booked = at_once(
            close(whole, day, onni), *(book((whole, a, b)[n % 3], day, who) for n, who in enumerate(people))
        )

        taken = {(date.space_id, date.starts_at) for date in closure.dates.all()}
        assert (whole.pk, hour("08:00", day=day)) in taken
        assert set(refusals(booked)) <= {"closed", "time_taken"}
        with pytest.raises(Refused):
            book(a, day, people[0])()


@rounds
def test_the_booking_in_a_closure_is_cancelled_while_others_wait_for_its_time(rounds, onni):
    whole, a, _b, _rest = create_gym()
    people = [create_user() for _ in range(4)]

    for day in days(rounds):
        booking = create_booking(a, hour("10:00", day=day), hour("12:00", day=day))
        create_closure(whole, hour("08:00", day=day), hour("20:00", day=day))
        cancelled, *booked = at_once(
            partial(lifecycle.cancel, booking, by=booking.customer, now=NOW),
            *(book(a, day, who) for who in people),
        )

        assert cancelled.status == Status.CANCELLED
        assert winners(booked) == []


@rounds
def test_a_hold_that_has_run_out_in_a_closure_is_swept_submitted_and_wanted(rounds):
    whole, a, _b, _rest = create_gym()
    people = [create_user() for _ in range(3)]

    for day in days(rounds):
        wish = Wish(a, hour("10:00", day=day), hour("12:00", day=day))
        held = lifecycle.hold(wish, customer=None, now=NOW)
        create_closure(whole, hour("08:00", day=day), hour("20:00", day=day))
        now = held.held_until
        expired, *booked = at_once(
            partial(lifecycle.expire, held, now=now),
            partial(lifecycle.submit, held, wish, customer=people[0], now=now),
            *(partial(lifecycle.book, wish, customer=who, now=now) for who in people[1:]),
        )

        assert expired
        assert refusals(booked) == {"closed": 3}


@rounds
def test_two_close_the_same_and_both_lift_it(rounds):
    whole, a, _b, _rest = create_gym()
    onni, mari = create_user("Onni"), create_user("Mari")

    for day in days(rounds):
        one, other = at_once(close(whole, day, onni), close(a, day, mari, "10:00", "22:00"))
        assert one.dates.exists()
        assert other.dates.exists()

        at_once(*(partial(closures.lift, closure, by=onni, now=NOW) for closure in (one, other)))

        assert not one.dates.exists()
        assert not other.dates.exists()
        assert refusals(at_once(*(partial(closures.lift, one, by=who, now=NOW) for who in (onni, mari)))) == {
            "changed_meanwhile": 2
        }


@rounds
def test_a_hall_is_redrawn_while_it_is_closed_lifted_and_booked(rounds, onni):
    whole, a, b, _rest = create_gym()
    aino, drawn = create_user(), layout.layout_of(whole)

    for day in days(rounds):
        earlier = create_closure(b, hour("08:00", day=day), hour("20:00", day=day))
        _redrawn, _lifted, closure, booked = at_once(
            partial(layout.redraw, whole, drawn | {a.pk: {0, 1}}, by=onni, now=NOW),
            partial(closures.lift, earlier, by=onni, now=NOW),
            close(a, day, onni),
            book(b, day, aino),
        )

        assert closure.dates.exists()
        assert list(invariants.findings(now=NOW)) == []
        for booking in winners([booked]):
            lifecycle.cancel(booking, by=aino, now=NOW)
        layout.redraw(whole, drawn, by=onni, now=NOW)
