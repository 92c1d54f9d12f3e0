"""Decisions about bookings while others book, undo, cancel and die."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.problems import Refused
from bookings import closures, impacts, lifecycle, tasks
from bookings.changes import NewClosure
from bookings.closed_times import WishedClosure
from bookings.impacts import Fate
from bookings.models import Booking, Closure, Impact, Occupancy, Status
from bookings.wishes import Wish
from tests.bookings.changing import DUE, told
from tests.factories import NOW, create_booking, create_space, create_user, hour
from tests.sql import execute
from tests.together import at_once, winners
from venues.models import Space

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("all_is_as_promised")]

ROUNDS = 4


@pytest.fixture(autouse=True)
def no_jobs_of_other_tests(transactional_db) -> None:
    execute("truncate procrastinate_jobs cascade")


def closing(hall: Space, days: int = 1) -> NewClosure:
    return NewClosure(
        WishedClosure(
            [hall], hour("00:00"), hour("00:00") + timedelta(days=days), reason={"reason_fi": "Remontti"}
        )
    )


@pytest.mark.parametrize("fate", [Fate.CANCEL, Fate.MOVE])
def test_either_it_is_undone_or_it_is_carried_out(hall, onni, fate):
    other = create_space(venue=hall.venue)
    for _round in range(ROUNDS):
        booking = create_booking(hall, customer=create_user())
        impact = impacts.decide(closing(hall), fates=fate, by=onni, now=NOW)
        last_moment = DUE - timedelta(seconds=1)

        undone, *done = at_once(
            partial(impacts.undo, impact, by=onni, now=last_moment),
            partial(impacts.carry_out, impact, now=DUE),
            partial(impacts.carry_out, impact, now=DUE),
        )

        impact.refresh_from_db()
        is_undone = not isinstance(undone, Refused)
        assert sorted(done) == ([False, False] if is_undone else [False, True])
        assert (impact.undone_at is not None, impact.done_at is not None) == (is_undone, not is_undone)
        assert sum(told()[booking.pk, what] for what in ("cancelled", "moved")) == int(not is_undone)
        assert not Occupancy.objects.exclude(hit=None).exists()
        clear_away(impact, booking, onni)
    assert not Occupancy.objects.filter(space=other, booking__status=Status.CONFIRMED).exists()


def clear_away(impact: Impact, booking: Booking, onni: User) -> None:
    """Make room for the next round."""
    if Closure.objects.in_force().exists():
        closures.lift(impact.closure, by=onni, now=NOW)
    if Booking.objects.filter(pk=booking.pk, status=Status.CONFIRMED).exists():
        lifecycle.cancel(booking, by=onni, now=NOW)


def test_nobody_gets_the_held_times_while_it_is_undone(hall, onni):
    other = create_space(venue=hall.venue)
    mine = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    (promised,) = Occupancy.objects.filter(hit__impact=impact)
    assert promised.space == other

    undone, *others = at_once(
        partial(impacts.undo, impact, by=onni, now=NOW),
        *(book(space, customer) for space in (hall, other) for customer in people(3)),
    )

    assert undone is None
    assert {booking.space for booking in winners(others)} <= {other}
    assert len(winners(others)) <= 1
    mine.refresh_from_db()
    assert mine.status == Status.CONFIRMED
    assert Occupancy.objects.get(booking=mine).space == hall


def test_a_decision_and_new_bookings_agree_on_who_was_hit(hall, onni):
    decided, *booked = at_once(
        partial(impacts.decide, closing(hall), fates=Fate.CANCEL, by=onni, now=NOW),
        *(book(hall, customer, f"{clock}:00") for clock, customer in enumerate(people(5), start=10)),
    )

    before = {booking.pk for booking in winners(booked)}
    hit = set(decided.hits.values_list("date__booking", flat=True)) if decided else set()
    assert hit == before


def test_a_customer_cancels_just_as_it_comes_true_and_is_told_once(hall, onni):
    for _round in range(ROUNDS):
        aino = create_user()
        booking = create_booking(hall, customer=aino)
        impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

        at_once(
            partial(lifecycle.cancel, booking, by=aino, now=NOW),
            partial(impacts.carry_out, impact, now=DUE),
        )

        booking.refresh_from_db()
        jobs = ProcrastinateJob.objects.filter(
            task_name="bookings.tasks.tell", args__booking_id=booking.pk, args__what="cancelled"
        )
        assert jobs.count() == 1
        assert booking.status == Status.CANCELLED
        clear_away(impact, booking, onni)


def test_a_worker_that_dies_halfway_leaves_everything_to_the_next(hall, onni, monkeypatch):
    bookings = [create_booking(hall, f"{clock}:00", f"{clock + 1}:00") for clock in (10, 12, 14)]
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

    class KilledError(Exception):
        pass

    def die(*args, **kwargs):
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(closures, "freed_together", die)
        with pytest.raises(KilledError):
            impacts.carry_out(impact, now=DUE)
    assert told() == Counter()
    assert Booking.objects.filter(status=Status.CONFIRMED).count() == 3

    assert impacts.carry_out(impact, now=DUE)
    assert told() == Counter((booking.pk, "cancelled") for booking in bookings)


def test_what_a_dead_worker_missed_is_carried_out_within_a_minute(hall, onni, time_machine):
    time_machine.move_to(NOW, tick=False)
    booking = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)
    (job,) = ProcrastinateJob.objects.filter(task_name="bookings.tasks.carry_out")
    assert (job.args, job.scheduled_at) == ({"impact_id": impact.pk}, DUE)

    tasks.carry_out(**job.args)
    tasks.carry_out_due(0)
    assert told() == Counter()

    time_machine.move_to(DUE, tick=False)
    tasks.carry_out_due(0)
    tasks.carry_out(**job.args)
    assert told() == Counter([(booking.pk, "cancelled")])


def people(count: int) -> list[User]:
    return [create_user() for _ in range(count)]


def book(space: Space, customer: User, start: str = "10:00") -> partial[Booking]:
    wish = Wish(space, hour(start), hour(start) + timedelta(hours=1))
    return partial(lifecycle.book, wish, customer=customer, now=NOW)
