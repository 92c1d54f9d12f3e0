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

from accounts.problems import Refused
from bookings import availability, judging, layout, lifecycle
from bookings.models import Booking
from bookings.wishes import Wish, wish_of
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
from venues.audiences import STRANGER
from venues.clock import at
from venues.models import Space, Timetable

pytestmark = pytest.mark.django_db

# The evening before an ordinary day, before a day of 23 hours and before one of 25.
EVES = [date(2027, 2, 1), date(2027, 3, 27), date(2027, 10, 30)]
OPEN = [("00:00", "00:00"), ("00:00", "00:00"), ("08:00", "22:00"), ("09:10", "20:40"), ("12:30", "02:10")]
# Floors of whole, A, B and A+C, as they can be redrawn.
LAYOUTS = [
    [{0, 1, 2}, {0}, {1}, {0, 2}],
    [{0, 1, 2}, {0, 1}, {2}, {0, 1, 2}],
    [{0, 1, 2, 3}, {2}, {0, 1}, {2, 3}],
    [{0, 1, 2}, {0}, {1}, {2}],
]
PEOPLE = ["Aino", "Mikael", None]

numbers = st.integers(0, 10_000)
spaces = st.integers(0, 4)
# Crowded, so that people meet: mostly good wishes for the same few hours, now and then a bad idea.
starts = st.sampled_from(
    [hour * HOUR for hour in (13, 14, 15, 19) for _time in range(4)]
    + [13 * HOUR + 30, 14 * HOUR + 30, 9 * HOUR, 37 * HOUR, 26 * HOUR, 15 * HOUR + 17, -HOUR]
)
lengths = st.sampled_from([60] * 8 + [120] * 4 + [90, 30, 15, 8 * HOUR, 13 * HOUR, 59, 0, -30])
policies = st.fixed_dictionaries(
    {
        "by_request": st.booleans(),
        "competes": st.booleans(),
        "paid_before": st.booleans(),
        "step": st.sampled_from([15, 30, 30, 20, 60]),
        "shortest": st.sampled_from([30, 30, 15, 60]),
        "longest": st.sampled_from([12 * HOUR, 12 * HOUR, 2 * HOUR]),
        "notice": st.sampled_from([0, 0, 0, 0, 3 * HOUR]),
        "ahead": st.sampled_from([300 * DAY, 300 * DAY, 300 * DAY, DAY]),
        "capacity": st.sampled_from([None, None, 10]),
    }
)
buffers = st.sampled_from([(0, 0), (0, 0), (30, 0), (15, 30), (45, 20)])


class House(RuleBasedStateMachine):
    """Two halls, one of them divided; two people and a visitor; a manager who changes her mind."""

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @initialize(
        eve=st.sampled_from(EVES),
        hours=st.tuples(*[st.sampled_from(OPEN)] * 2),
        same_for_all=policies,
        setup_and_cleanup=buffers,
    )
    def build(self, eve, hours, same_for_all, setup_and_cleanup):
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
        for number in range(5):
            self.change_policy(number, same_for_all)
        self.change_buffers(0, setup_and_cleanup)
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
                assert self.judged(offer.space, offer.starts_at, offer.ends_at) == []

    def judged(self, space, starts_at, ends_at):
        wish = Wish(space, starts_at, ends_at)
        return judging.judge(wish, asker=STRANGER, now=self.now).problems

    def wish(self, space, start, length, attendees=1):
        # The space as a page knew it long ago.
        instants = self.world.at(start), self.world.at(start + length)
        return Wish(self.spaces[space], *instants, attendees=attendees)

    def as_naive(self, space, start, length, who, attendees=1):
        return self.world.wish(
            self.world.spaces[space], start, start + length, customer=who, attendees=attendees
        )

    def some(self, number, *likely):
        """Choose a booking, three times out of four among those in a likely state."""
        in_state = [booking for booking in self.world.bookings if booking.status in likely]
        among = in_state if in_state and number % 4 else self.world.bookings
        booking = among[number // 4 % len(among)]
        return booking, Booking.objects.get(pk=self.pks[booking])

    def any_bookings(self):
        return bool(self.world.bookings)

    # --- What people do --------------------------------------------------------------------------

    @rule(space=spaces, start=starts, length=lengths, who=st.sampled_from(PEOPLE), instead=numbers)
    def hold(self, space, start, length, who, instead):
        before, real_before = self.some(instead, "held") if self.world.bookings else (None, None)
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
        space=spaces,
        start=starts,
        length=lengths,
        who=st.sampled_from(PEOPLE[:2]),
        attendees=st.sampled_from([1, 1, 20]),
    )
    def book(self, space, start, length, who, attendees):
        wish = self.as_naive(space, start, length, who, attendees)

        expected = self.world.book(wish)

        booking, codes = self.attempt(
            lifecycle.book, self.wish(space, start, length, attendees), customer=self.people[who]
        )
        assert codes == expected
        if booking:
            self.pks[wish] = booking.pk

    @rule(
        start=starts,
        length=lengths,
        wanted=st.lists(st.tuples(spaces, st.sampled_from(PEOPLE[:2])), max_size=6),
    )
    def rush(self, start, length, wanted):
        """Everybody wants the same hour, or the one after."""
        for number, (space, who) in enumerate(wanted):
            self.book(space, start + number % 2 * HOUR, length, who, attendees=1)

    @precondition(any_bookings)
    @rule(number=numbers, who=st.sampled_from(PEOPLE[:2]))
    def submit(self, number, who):
        held, real = self.some(number, "held")
        before = list(self.world.bookings)

        expected = self.world.submit(held, who)

        booking, codes = self.attempt(lifecycle.submit, real, wish_of(real), customer=self.people[who])
        assert codes == expected
        if new := set(self.world.bookings) - set(before):
            self.pks[new.pop()] = booking.pk

    @precondition(any_bookings)
    @rule(number=numbers)
    def approve(self, number):
        booking, real = self.some(number, "requested")
        expected = self.world.approve(booking)
        assert self.attempt(lifecycle.approve, real, by=self.onni)[1] == expected

    @precondition(any_bookings)
    @rule(number=numbers, verb=st.sampled_from(["decline", "cancel", "settle", "expire"]))
    def end(self, verb, number):
        booking, real = self.some(number, "requested", "awaiting_payment", "confirmed")
        expected = getattr(self.world, verb)(booking)
        how = {"decline": {"reason": "Remontti"}, "expire": {}}.get(verb, {})
        by = {} if verb == "expire" else {"by": self.onni}
        assert self.attempt(getattr(lifecycle, verb), real, **how, **by)[1] == expected

    @precondition(any_bookings)
    @rule(number=numbers, space=spaces, start=starts, length=lengths)
    def move(self, number, space, start, length):
        booking, real = self.some(number, "requested", "awaiting_payment", "confirmed")
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
        booking, real = self.some(number, "cancelled", "declined", "expired")
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

    @rule(minutes=st.sampled_from([1, 9, 60, 14 * HOUR]))
    def time_passes(self, minutes):
        self.world.now = min(self.world.now + minutes, 2 * DAY)

    @precondition(any_bookings)
    @rule(number=numbers)
    def time_passes_until_something_is_due(self, number):
        booking, _real = self.some(number, "held", "requested", "awaiting_payment")
        if booking.due is not None:
            self.world.now = max(self.world.now, min(booking.due, 2 * DAY))

    @rule(
        what=st.sampled_from(["layout", "buffers", "policy"]),
        floors=st.sampled_from(LAYOUTS),
        space=spaces,
        setup_and_cleanup=buffers,
        policy=policies,
    )
    def manager_changes(self, what, floors, space, setup_and_cleanup, policy):
        if what == "layout":
            self.redraw(floors)
        elif what == "buffers":
            self.change_buffers(4 if space == 4 else 0, setup_and_cleanup)
        else:
            self.change_policy(space, policy)

    def redraw(self, floors):
        expected = self.world.redraw(dict(enumerate(floors)))
        footprints = {space.pk: floor for space, floor in zip(self.spaces, floors, strict=False)}
        assert self.attempt(layout.redraw, self.spaces[0], footprints, by=self.onni)[1] == expected

    def change_buffers(self, hall, setup_and_cleanup):
        setup, cleanup = setup_and_cleanup
        self.world.spaces[hall].hall.setup, self.world.spaces[hall].hall.cleanup = setup, cleanup
        Space.objects.filter(pk=self.spaces[hall].pk).update(setup_minutes=setup, cleanup_minutes=cleanup)

    def change_policy(self, space, policy):
        vars(self.world.spaces[space]).update(policy)
        Space.objects.filter(pk=self.spaces[space].pk).update(
            approval="request" if policy["by_request"] else "instant",
            requests_compete=policy["competes"],
            payment="before" if policy["paid_before"] else "free",
            start_step=policy["step"],
            min_minutes=policy["shortest"],
            max_minutes=policy["longest"],
            notice_hours=policy["notice"] // HOUR,
            ahead_days=policy["ahead"] // DAY,
            capacity=policy["capacity"],
        )

    # --- What holds all the time -----------------------------------------------------------------

    @invariant()
    def everybody_is_in_the_same_state(self):
        real = rows("""
            SELECT b.id, b.status, b.customer_id, d.space_id, d.starts_at, d.ends_at, d.holds_time,
                   CASE b.status WHEN 'held' THEN held_until WHEN 'requested' THEN decide_by
                                 WHEN 'awaiting_payment' THEN payment_due_at END
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
                self.world.at(booking.due) if booking.is_waiting else None,
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
                    for start, end in self.world.free(drawn, [window], length)
                ]
                assert shown.get(space.pk, []) == expected

    @rule(space=spaces, number=numbers)
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
        assert self.judged(real, start, end) == []


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
    run(max_examples=200, stateful_step_count=50, print_blob=True)
