"""Two people at once, and more: whoever is first has it, everybody else is told, nobody waits for ever."""

import itertools
import random
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError, transaction

from accounts.problems import Refused
from bookings import layout, lifecycle
from bookings.models import Booking, Occupancy, Status
from bookings.transactions import in_one_transaction
from bookings.wishes import Wish, wish_of
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_space,
    create_user,
    hour,
)
from tests.sql import assert_nobody_was_given_taken_time, execute, rows
from tests.together import at_once, refusals, winners
from venues.clock import at

pytestmark = pytest.mark.django_db(transaction=True)

# Each race is run for several days of one hall, so that no round has to be cleaned up after.
FEW, MANY = 2, pytest.param(20, marks=pytest.mark.proof)
rounds = pytest.mark.parametrize("rounds", [FEW, MANY])


def days(count: int) -> list[date]:
    return [MONDAY + timedelta(days=1 + n) for n in range(count)]


def wish(space, day, start="10:00", end="12:00") -> Wish:
    return Wish(space, hour(start, day=day), hour(end, day=day))


def book(space, day, customer, *, now=NOW, **times):
    return partial(lifecycle.book, wish(space, day, **times), customer=customer, now=now)


def undo(booking) -> None:
    """Make room for the next round of a race that is not about whose time it is."""
    Booking.objects.filter(pk=booking.pk).update(status=Status.CANCELLED)


@rounds
def test_the_whole_hall_and_a_part_are_wanted_by_eight(rounds):
    whole, a, _b, a_and_c = create_gym()
    people = [create_user() for _ in range(8)]

    for day in days(rounds):
        spaces = [whole, a, whole, a, whole, a_and_c, whole, a]
        outcomes = at_once(*(book(space, day, who) for space, who in zip(spaces, people, strict=True)))

        assert len(winners(outcomes)) == 1
        assert refusals(outcomes) == {"time_taken": 7}
        assert all(refusal.problems[0].alternatives for refusal in outcomes if isinstance(refusal, Refused))
    assert_nobody_was_given_taken_time()


@rounds
def test_siblings_do_not_stand_in_each_others_way(rounds):
    _whole, a, b, _a_and_c = create_gym()
    people = [create_user() for _ in range(2)]

    for day in days(rounds):
        assert len(winners(at_once(book(a, day, people[0]), book(b, day, people[1])))) == 2


@rounds
def test_a_move_meets_a_newcomer(rounds):
    whole, a, b, _a_and_c = create_gym()
    mikael, aino = create_user("Mikael"), create_user()

    for day in days(rounds):
        moved = create_booking(b, hour("18:00", day=day), hour("20:00", day=day), customer=mikael)
        target = replace(wish(a, day), purpose="Salibandy")
        outcomes = at_once(partial(lifecycle.move, moved, target, by=mikael, now=NOW), book(whole, day, aino))

        assert len(winners(outcomes)) == 1
        assert refusals(outcomes) == {"time_taken": 1}
    assert_nobody_was_given_taken_time()


@rounds
def test_two_move_into_each_others_halls(rounds):
    rooms = [create_space(), create_space()]
    people = [create_user(), create_user()]

    for day in days(rounds):
        here, there = (
            create_booking(room, hour("10:00", day=day), hour("12:00", day=day), customer=who)
            for room, who in zip(rooms, people, strict=True)
        )
        late = {"start": "14:00", "end": "16:00"}
        outcomes = at_once(
            partial(lifecycle.move, here, wish(rooms[1], day, **late), by=people[0], now=NOW),
            partial(lifecycle.move, there, wish(rooms[0], day, **late), by=people[1], now=NOW),
        )

        assert len(winners(outcomes)) == 2
    assert_nobody_was_given_taken_time()


@rounds
def test_two_managers_approve_rivals(rounds):
    whole, a, _b, _a_and_c = create_gym(approval="request", requests_compete=True)
    onni, mari = create_manager(whole.venue), create_manager(whole.venue, name="Mari")

    for day in days(rounds):
        rivals = [
            create_booking(space, hour("10:00", day=day), hour("12:00", day=day)) for space in (whole, a)
        ]
        outcomes = at_once(
            *(
                partial(lifecycle.approve, rival, by=by, now=NOW)
                for rival, by in zip(rivals, (onni, mari), strict=True)
            )
        )

        assert len(winners(outcomes)) == 1
        assert refusals(outcomes) == {"move_not_allowed": 1}
        statuses = Booking.objects.filter(pk__in=[rival.pk for rival in rivals]).values_list(
            "status", flat=True
        )
        assert sorted(statuses) == [Status.CONFIRMED, Status.DECLINED]
    assert_nobody_was_given_taken_time()


@rounds
def test_one_manager_approves_what_the_other_declines(rounds):
    room = create_space(approval="request")
    onni, mari = create_manager(room.venue), create_manager(room.venue, name="Mari")

    for day in days(rounds):
        request = create_booking(room, hour("10:00", day=day), hour("12:00", day=day))
        outcomes = at_once(
            partial(lifecycle.approve, request, by=onni, now=NOW),
            partial(lifecycle.decline, request, by=mari, reason="Remontti", now=NOW),
        )

        assert len(winners(outcomes)) == 1
        assert refusals(outcomes) == {"move_not_allowed": 1}


@rounds
def test_a_request_is_cancelled_while_it_is_approved(rounds):
    room = create_space(approval="request")
    onni = create_manager(room.venue)

    for day in days(rounds):
        request = create_booking(room, hour("10:00", day=day), hour("12:00", day=day))
        approved, cancelled = at_once(
            partial(lifecycle.approve, request, by=onni, now=NOW),
            partial(lifecycle.cancel, request, by=request.customer, now=NOW),
        )

        assert not isinstance(cancelled, Refused)
        assert not isinstance(approved, Refused) or approved.codes == {"move_not_allowed"}
        request.refresh_from_db()
        assert (request.status, request.is_live) == (Status.CANCELLED, False)
    assert_nobody_was_given_taken_time()


@rounds
def test_a_request_is_moved_by_its_customer_while_it_is_approved(rounds):
    room = create_space(approval="request")
    onni = create_manager(room.venue)

    for day in days(rounds):
        request = create_booking(room, hour("10:00", day=day), hour("12:00", day=day))
        elsewhere = replace(
            wish_of(request), starts_at=hour("18:00", day=day), ends_at=hour("20:00", day=day)
        )
        _approved, moved = at_once(
            partial(lifecycle.approve, request, by=onni, now=NOW),
            partial(lifecycle.move, request, elsewhere, by=request.customer, now=NOW),
        )

        # Moved first and then approved, or approved and then left where it was.
        assert not isinstance(moved, Refused) or moved.codes == {"changed_meanwhile"}
        assert request.dates.get().starts_at == hour(
            "10:00" if isinstance(moved, Refused) else "18:00", day=day
        )


@rounds
def test_bulk_sql_revives_the_dead_while_somebody_books(rounds):
    whole, a, _b, _a_and_c = create_gym()
    aino = create_user()

    for day in days(rounds):
        dead = create_booking(a, hour("10:00", day=day), hour("12:00", day=day))
        lifecycle.cancel(dead, by=dead.customer, now=NOW)

        def revive(pk=dead.pk) -> bool:
            try:
                return execute("UPDATE bookings_booking SET status = 'confirmed' WHERE id = %s", pk) == 1
            except IntegrityError:
                return False

        revived, booked = at_once(revive, book(whole, day, aino))

        assert revived == isinstance(booked, Refused)
    assert_nobody_was_given_taken_time()


@rounds
def test_a_hall_is_redrawn_while_people_book_it(rounds):
    whole, a, b, _a_and_c = create_gym()
    onni, *people = create_manager(whole.venue), create_user(), create_user("Mikael")
    apart = layout.layout_of(whole)
    on_one_floor = apart | {b.pk: {0}}

    for day in days(rounds):
        redrawn, *booked = at_once(
            partial(layout.redraw, whole, on_one_floor, by=onni, now=NOW),
            book(a, day, people[0]),
            book(b, day, people[1]),
        )

        if isinstance(redrawn, Refused):
            assert redrawn.codes == {"redraw_collides"}
            assert len(winners(booked)) == 2
        else:
            assert len(winners(booked)) == 1
            assert refusals(booked) == {"time_taken": 1}
        assert_nobody_was_given_taken_time()
        for booking in winners(booked):
            undo(booking)
        layout.redraw(whole, apart, by=onni, now=NOW)


@rounds
def test_a_hold_that_runs_out_is_submitted_swept_and_wanted_by_others(rounds):
    whole, a, _b, _a_and_c = create_gym()
    aino, mikael = create_user(), create_user("Mikael")

    for day in days(rounds):
        held = lifecycle.hold(wish(a, day), customer=None, now=NOW)
        now = held.held_until
        submitted, expired, booked = at_once(
            partial(lifecycle.submit, held, wish_of(held), customer=aino, now=now),
            partial(lifecycle.expire, held, now=now),
            book(whole, day, mikael, now=now),
        )

        assert len(winners([submitted, booked])) == 1
        assert expired in {True, False}
        held.refresh_from_db()
        assert held.status == Status.EXPIRED
    assert_nobody_was_given_taken_time()


@rounds
def test_a_hold_is_submitted_in_its_last_second_while_others_wait_for_it(rounds):
    room = create_space()
    aino, mikael = create_user(), create_user("Mikael")

    for day in days(rounds):
        held = lifecycle.hold(wish(room, day), customer=None, now=NOW)
        submitted, booked = at_once(
            partial(
                lifecycle.submit, held, wish_of(held), customer=aino,
                now=held.held_until - timedelta(seconds=1),
            ),
            book(room, day, mikael, now=held.held_until),
        )  # fmt: skip

        assert len(winners([submitted, booked])) == 1
    assert_nobody_was_given_taken_time()


@rounds
def test_two_people_submit_one_hold(rounds):
    room = create_space()
    aino, mikael = create_user(), create_user("Mikael")

    for day in days(rounds):
        held = lifecycle.hold(wish(room, day), customer=None, now=NOW)
        outcomes = at_once(
            *(partial(lifecycle.submit, held, wish_of(held), customer=who, now=NOW) for who in (aino, mikael))
        )

        assert len(winners(outcomes)) == 1
        assert refusals(outcomes) == {"move_not_allowed": 1}


@rounds
def test_a_payment_is_seen_while_its_time_runs_out(rounds):
    room = create_space(payment="before")
    onni = create_manager(room.venue)

    for day in days(rounds):
        unpaid = create_booking(room, hour("10:00", day=day), hour("12:00", day=day))
        settled, expired = at_once(
            partial(lifecycle.settle, unpaid, by=onni, now=unpaid.payment_due_at),
            partial(lifecycle.expire, unpaid, now=unpaid.payment_due_at),
        )

        assert expired == isinstance(settled, Refused)
    assert_nobody_was_given_taken_time()


# --- Quotas --------------------------------------------------------------------------------------


@rounds
def test_of_ten_requests_at_once_three_wait_for_an_answer(rounds):
    rooms = [create_space(approval="request") for _ in range(10)]

    for day in days(rounds):
        aino = create_user()
        outcomes = at_once(*(book(room, day, aino) for room in rooms))

        assert len(winners(outcomes)) == 3
        assert refusals(outcomes) == {"too_many_requests": 7}
        assert aino.bookings.undecided().count() == 3


@rounds
def test_of_ten_holds_at_once_one_is_kept(rounds):
    rooms = [create_space() for _ in range(10)]
    aino = create_user()

    for day in days(rounds):
        outcomes = at_once(
            *(partial(lifecycle.hold, wish(room, day), customer=aino, now=NOW) for room in rooms)
        )

        assert len(winners(outcomes)) == 10
        assert list(aino.bookings.values_list("status", flat=True)).count(Status.HELD) == 1
    assert_nobody_was_given_taken_time()


# --- Waiting for each other ----------------------------------------------------------------------


def test_nobody_notices_an_outsider_who_locks_halls_in_the_wrong_order():
    low, high = create_space(), create_space()
    aino = create_user()
    booking = create_booking(high, customer=aino)
    has_the_high_one = threading.Event()

    def outsider() -> None:
        with suppress(OperationalError), transaction.atomic():  # one of the two is the deadlock's victim
            execute("SELECT FROM venues_space WHERE id = %s FOR UPDATE", high.pk)
            has_the_high_one.set()
            while not somebody_waits():
                pass
            execute("SELECT FROM venues_space WHERE id = %s FOR UPDATE", low.pk)

    def move() -> Booking:
        assert has_the_high_one.wait(10)
        return lifecycle.move(booking, replace(wish_of(booking), space=low), by=aino, now=NOW)

    moved, _nothing = at_once(move, outsider)

    assert moved.space == low


def somebody_waits() -> bool:
    return bool(
        rows("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    )


@pytest.mark.parametrize("sqlstate", ["deadlock_detected", "serialization_failure"])
def test_the_victim_of_a_deadlock_tries_again(sqlstate):
    tries = itertools.count()

    @in_one_transaction
    def lucky_at_last() -> str:
        if next(tries) < 2:
            execute(f"DO $$ BEGIN RAISE {sqlstate}; END $$")
        return "done"

    assert lucky_at_last() == "done"


def test_three_deadlocks_in_a_row_are_told():
    tries = itertools.count()

    @in_one_transaction
    def unlucky() -> None:
        next(tries)
        execute("DO $$ BEGIN RAISE deadlock_detected; END $$")

    with pytest.raises(OperationalError, match="deadlock"):
        unlucky()

    assert next(tries) == 3


def deadlocks() -> int:
    """Return how often the database had to choose a victim; those who left have reported."""
    execute("SELECT pg_stat_clear_snapshot()")
    return rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]


@pytest.mark.proof
def test_eight_people_do_everything_at_once_for_long_without_a_deadlock():
    whole, *parts = create_gym(approval="request", requests_compete=True)
    rooms = [create_space(venue=whole.venue), create_space(venue=whole.venue, payment="before")]
    spaces, onni = [whole, *parts, *rooms], create_manager(whole.venue)
    layouts = [layout.layout_of(whole), layout.layout_of(whole) | {parts[1].pk: {1, 2}, parts[2].pk: {0}}]
    before = deadlocks()
    done: list[int] = []

    def somebody(seed: int) -> None:
        rng, customer = random.Random(seed), people[seed]
        for _time in range(150):
            verb = rng.choice(
                ["book", "book", "hold", "submit", "move", "move", "approve", "cancel", "redraw"]
            )
            try:
                act(verb, rng, customer)
            except Refused:
                continue
            done.append(seed)

    def act(verb, rng, customer):
        day, clock = rng.choice(days(3)), rng.randrange(8, 20)
        wanted = Wish(rng.choice(spaces), at(day, time(clock)), at(day, time(clock + 1)))
        some = Booking.objects.exclude(status=Status.EXPIRED).order_by("?").first()
        if verb == "redraw":
            layout.redraw(whole, rng.choice(layouts), by=onni, now=NOW)
        elif verb == "book" or some is None:
            lifecycle.book(wanted, customer=customer, now=NOW)
        elif verb == "hold":
            lifecycle.hold(wanted, customer=customer, now=NOW)
        elif verb == "submit":
            lifecycle.submit(some, wish_of(some), customer=customer, now=NOW)
        elif verb == "move":
            lifecycle.move(some, wanted, by=onni, now=NOW)
        else:
            getattr(lifecycle, verb)(some, by=onni, now=NOW)

    people = [create_user() for _ in range(8)]
    at_once(*(partial(somebody, seed) for seed in range(8)))

    assert_nobody_was_given_taken_time()
    assert deadlocks() == before
    print(f"{len(done)} deeds done of {8 * 150}, {Occupancy.objects.holding().count()} hold time")
