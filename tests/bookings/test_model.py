"""Whatever people do, in whatever order: the product and a naive model of the same rules say the same."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bookings import availability, layout, lifecycle
from bookings.lifecycle import Wish, wish_of
from bookings.models import Booking
from tests import naive
from tests.factories import (
    create_gym,
    create_manager,
    create_space,
    create_user,
    create_venue,
    open_daily,
)
from tests.naive import DAY, HOUR
from tests.sql import execute, overlapping_pairs, rows
from venues.clock import at
from venues.models import Space, Timetable
from venues.problems import Refused

pytestmark = pytest.mark.django_db

# The evening before an ordinary day, before a day of 23 hours and before one of 25.
EVES = [date(2027, 2, 1), date(2027, 3, 27), date(2027, 10, 30)]
OPEN = [("08:00", "22:00"), ("00:00", "00:00"), ("18:30", "02:10"), ("09:10", "20:40")]
# Floors of whole, A, B and A+C, as they can be redrawn.
LAYOUTS = [
    [{0, 1, 2}, {0}, {1}, {0, 2}],
    [{0, 1, 2}, {0, 1}, {2}, {0, 1, 2}],
    [{0, 1, 2, 3}, {2}, {0, 1}, {2, 3}],
    [{0, 1, 2}, {0}, {1}, {2}],
]
PEOPLE = ["Aino", "Mikael", None]

numbers = st.integers(0, 10_000)
# Crowded, so that people meet: quarters of an hour of a day and a half, now and then an odd minute.
starts = st.one_of(
    st.integers(0, 24).map(lambda n: 10 * HOUR + n * 30),
    st.integers(-4, 150).map(lambda n: n * 15),
    st.integers(0, 36 * HOUR),
)
lengths = st.sampled_from([60, 60, 60, 90, 120, 30, 150, 240, 15, 8 * HOUR, 13 * HOUR, 59, 0, -30])


class House(RuleBasedStateMachine):
    """Two halls, one of them divided; two people and a visitor; a manager who changes her mind."""

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @initialize(eve=st.sampled_from(EVES), hours=st.tuples(*[st.sampled_from(OPEN)] * 2))
    def build(self, eve, hours):
        self.world = naive.World(at(eve, time(0)), minutes=4 * DAY)
        venue, timetable = create_venue(), Timetable.objects.create()
        open_daily(venue.timetable, *hours[0], today=eve)
        open_daily(timetable, *hours[1], today=eve)
        self.spaces = [*create_gym(venue=venue), create_space(venue=venue, timetable=timetable)]
        gym, room = naive.Hall(), naive.Hall()
        as_venue, as_room = (self.world.open_daily(*map(time.fromisoformat, pair)) for pair in hours)
        self.world.spaces = [
            *(naive.Space(gym, set(floor), as_venue) for floor in LAYOUTS[0]),
            naive.Space(room, {0}, as_room),
        ]
        self.people = {name: create_user(name) for name in PEOPLE if name} | {None: None}
        self.onni = create_manager(venue)
        self.pks: dict[naive.Booking, int] = {}

    # --- In both worlds --------------------------------------------------------------------------

    @property
    def now(self):
        return self.world.at(self.world.now)

    def attempt(self, verb, *args, **kwargs):
        """Do it, and return what came of it and the codes of what stood in the way."""
        try:
            return verb(*args, **kwargs, now=self.now), set()
        except Refused as refusal:
            self.check_offers(refusal)
            return None, refusal.codes

    def check_offers(self, refusal):
        """Whatever is offered instead can be booked."""
        for problem in refusal.problems:
            for offer in problem.alternatives:
                _space, problems = availability.judge(
                    offer.space, offer.starts_at, offer.ends_at, now=self.now
                )
                assert problems == []

    def wish(self, space, start, length, attendees=1):
        # The space as a page knew it long ago.
        instants = self.world.at(start), self.world.at(start + length)
        return Wish(self.spaces[space], *instants, attendees=attendees)

    def as_naive(self, space, start, length, who, attendees=1):
        return self.world.wish(
            self.world.spaces[space], start, start + length, customer=who, attendees=attendees
        )

    def some(self, number):
        booking = self.world.bookings[number % len(self.world.bookings)]
        return booking, Booking.objects.get(pk=self.pks[booking])

    def any_bookings(self):
        return bool(self.world.bookings)

    # --- What people do --------------------------------------------------------------------------

    @rule(space=st.integers(0, 4), start=starts, length=lengths, who=st.sampled_from(PEOPLE), instead=numbers)
    def hold(self, space, start, length, who, instead):
        before, real_before = self.some(instead) if self.world.bookings else (None, None)
        wish = self.as_naive(space, start, length, who)

        expected = self.world.hold(wish, before)

        instead_of = real_before.pk if real_before else None
        held, codes = self.attempt(
            lifecycle.hold, self.wish(space, start, length), customer=self.people[who], instead_of=instead_of
        )
        assert codes == expected
        if held:
            self.pks[wish] = held.pk

    @rule(
        space=st.integers(0, 4), start=starts, length=lengths, who=st.sampled_from(PEOPLE[:2]),
        attendees=st.sampled_from([1, 1, 20]),
    )  # fmt: skip
    def book(self, space, start, length, who, attendees):
        wish = self.as_naive(space, start, length, who, attendees)

        expected = self.world.book(wish)

        booking, codes = self.attempt(
            lifecycle.book, self.wish(space, start, length, attendees), customer=self.people[who]
        )
        assert codes == expected
        if booking:
            self.pks[wish] = booking.pk

    @precondition(any_bookings)
    @rule(number=numbers, who=st.sampled_from(PEOPLE[:2]))
    def submit(self, number, who):
        held, real = self.some(number)
        before = list(self.world.bookings)

        expected = self.world.submit(held, who)

        booking, codes = self.attempt(lifecycle.submit, real, wish_of(real), customer=self.people[who])
        assert codes == expected
        if new := set(self.world.bookings) - set(before):
            self.pks[new.pop()] = booking.pk

    @precondition(any_bookings)
    @rule(number=numbers)
    def approve(self, number):
        booking, real = self.some(number)
        expected = self.world.approve(booking)
        assert self.attempt(lifecycle.approve, real, by=self.onni)[1] == expected

    @precondition(any_bookings)
    @rule(number=numbers)
    def decline(self, number):
        booking, real = self.some(number)
        expected = self.world.decline(booking)
        assert self.attempt(lifecycle.decline, real, by=self.onni, reason="Remontti")[1] == expected

    @precondition(any_bookings)
    @rule(number=numbers)
    def cancel(self, number):
        booking, real = self.some(number)
        expected = self.world.cancel(booking)
        assert self.attempt(lifecycle.cancel, real, by=self.onni)[1] == expected

    @precondition(any_bookings)
    @rule(number=numbers)
    def settle(self, number):
        booking, real = self.some(number)
        expected = self.world.settle(booking)
        assert self.attempt(lifecycle.settle, real, by=self.onni)[1] == expected

    @precondition(any_bookings)
    @rule(number=numbers, space=st.integers(0, 4), start=starts, length=lengths)
    def move(self, number, space, start, length):
        booking, real = self.some(number)
        wish = replace(
            wish_of(real),
            space=self.spaces[space],
            starts_at=self.world.at(start),
            ends_at=self.world.at(start + length),
        )
        expected = self.world.move(booking, self.world.spaces[space], start, start + length)
        assert self.attempt(lifecycle.move, real, wish, by=self.onni)[1] == expected

    @precondition(any_bookings)
    @rule(number=numbers)
    def revive_by_bulk_sql(self, number):
        booking, real = self.some(number)
        if booking.customer is None:
            return
        expected = self.world.revive(booking)
        try:
            with transaction.atomic():
                execute("UPDATE bookings_booking SET status = 'confirmed' WHERE id = %s", real.pk)
        except IntegrityError:
            assert expected == {"time_taken"}
        else:
            assert expected == set()

    @precondition(any_bookings)
    @rule(number=numbers)
    def expire(self, number):
        booking, real = self.some(number)
        self.world.expire(booking)
        self.attempt(lifecycle.expire, real)

    @rule(minutes=st.sampled_from([1, 9, 10, 30, 60, 240, 720]))
    def time_passes(self, minutes):
        self.world.now = min(self.world.now + minutes, 2 * DAY)

    @rule(floors=st.sampled_from(LAYOUTS))
    def redraw(self, floors):
        expected = self.world.redraw(dict(enumerate(floors)))
        footprints = {space.pk: floor for space, floor in zip(self.spaces, floors, strict=False)}
        assert self.attempt(layout.redraw, self.spaces[0], footprints, by=self.onni)[1] == expected

    @rule(
        hall=st.sampled_from([0, 4]),
        setup=st.sampled_from([0, 15, 30, 45]),
        cleanup=st.sampled_from([0, 20, 60]),
    )
    def change_buffers(self, hall, setup, cleanup):
        self.world.spaces[hall].hall.setup, self.world.spaces[hall].hall.cleanup = setup, cleanup
        Space.objects.filter(pk=self.spaces[hall].pk).update(setup_minutes=setup, cleanup_minutes=cleanup)

    @rule(
        space=st.integers(0, 4), by_request=st.booleans(), competes=st.booleans(), paid_before=st.booleans(),
    )  # fmt: skip
    def change_what_happens(self, space, by_request, competes, paid_before):
        drawn = self.world.spaces[space]
        drawn.by_request, drawn.competes, drawn.paid_before = by_request, competes, paid_before
        Space.objects.filter(pk=self.spaces[space].pk).update(
            approval="request" if by_request else "instant",
            requests_compete=competes,
            payment="before" if paid_before else "free",
        )

    @rule(
        space=st.integers(0, 4), step=st.sampled_from([15, 20, 60]), shortest=st.sampled_from([15, 30, 60]),
        longest=st.sampled_from([2, 12]), notice=st.sampled_from([0, 0, 3]), ahead=st.sampled_from([1, 300]),
        capacity=st.sampled_from([None, 10]),
    )  # fmt: skip
    def change_what_may_be_asked(self, space, step, shortest, longest, notice, ahead, capacity):
        drawn = self.world.spaces[space]
        drawn.step, drawn.shortest, drawn.longest = step, shortest, longest * HOUR
        drawn.notice, drawn.ahead, drawn.capacity = notice * HOUR, ahead * DAY, capacity
        Space.objects.filter(pk=self.spaces[space].pk).update(
            start_step=step, min_minutes=shortest, max_minutes=longest * 60,
            notice_hours=notice, ahead_days=ahead, capacity=capacity,
        )  # fmt: skip

    # --- What holds all the time -----------------------------------------------------------------

    @invariant()
    def everybody_is_in_the_same_state(self):
        real = rows("""
            SELECT b.id, b.status, b.customer_id, d.space_id, d.starts_at, d.ends_at, d.holds_time
            FROM bookings_booking b LEFT JOIN bookings_occupancy d ON d.booking_id = b.id
        """)
        spaces = {id(drawn): space.pk for drawn, space in zip(self.world.spaces, self.spaces, strict=True)}
        assert {row[0]: row[1:] for row in real} == {
            self.pks[booking]: (
                booking.status,
                self.people[booking.customer] and self.people[booking.customer].pk,
                spaces[id(booking.space)],
                self.world.at(booking.start),
                self.world.at(booking.end),
                booking.holds_time,
            )
            for booking in self.world.bookings
        }

    @invariant()
    def nobody_was_given_taken_time(self):
        assert overlapping_pairs() == []

    @invariant()
    def what_is_shown_is_what_the_model_finds_free(self):
        window = 5 * HOUR, 3 * DAY
        asked = tuple(map(self.world.at, window))
        for length in (None, 120):
            minutes = length and timedelta(minutes=length)
            found = availability.free(
                Space.objects.filter(pk__in=[space.pk for space in self.spaces]),
                [asked],
                now=self.now,
                length=minutes,
            )
            shown = {row.space_id: row.stretches for row in found.page}
            for drawn, space in zip(self.world.spaces, self.spaces, strict=True):
                expected = [
                    (self.world.at(start), self.world.at(end))
                    for start, end in self.world.free(drawn, window, length)
                ]
                assert shown.get(space.pk, []) == expected

    @rule(space=st.integers(0, 4), number=numbers)
    def look_at_a_stretch_and_book_it(self, space, number):
        """What is shown can be booked, from whichever step to whichever."""
        drawn, real = self.world.spaces[space], self.spaces[space]
        window = self.world.at(0), self.world.at(3 * DAY)
        stretches = availability.free_stretches(real, window, now=self.now)
        if not stretches:
            return
        first, until = stretches[number % len(stretches)]
        steps = (until - first - timedelta(minutes=drawn.shortest)) // timedelta(minutes=drawn.step)
        start = first + number % (steps + 1) * timedelta(minutes=drawn.step)
        end = start + timedelta(minutes=drawn.shortest)
        _space, problems = availability.judge(real, start, end, now=self.now)
        assert problems == []


def run(**effort):
    House.TestCase.settings = settings(
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **effort,
    )
    run_state_machine_as_test(House, settings=House.TestCase.settings)


def test_the_product_and_the_model_say_the_same():
    run(max_examples=25, stateful_step_count=20, derandomize=True, phases=[Phase.generate])


@pytest.mark.proof
def test_the_product_and_the_model_say_the_same_for_long():
    run(max_examples=400, stateful_step_count=50, print_blob=True)
