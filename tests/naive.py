"""The rules once more, as plainly as can be said: minutes in lists, no database, no sets of ranges.

Instants are whole minutes since the world began (`World.began`). A verb returns the codes of the problems
that it meets; without any, it was done.
"""

import copy
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import wraps

from venues.clock import local

HOUR, DAY = 60, 24 * 60
HOLD_FOR, DECIDE_WITHIN, PAY_WITHIN = 10, 7 * DAY, 3 * DAY
MOST_REQUESTS = 3
Stretch = tuple[int, int]


@dataclass
class Hall:
    setup: int = 0
    cleanup: int = 0


@dataclass
class Space:
    hall: Hall
    floor: set[int]
    is_open: bytearray  # of every minute of the world
    step: int = 30
    shortest: int = 30
    longest: int = 12 * HOUR
    notice: int = 0
    ahead: int = 365 * DAY
    capacity: int | None = None
    by_request: bool = False
    competes: bool = False
    paid_before: bool = False


@dataclass(eq=False)
class Booking:
    space: Space
    start: int
    end: int
    setup: int
    cleanup: int
    status: str
    customer: str | None
    attendees: int = 1
    competes: bool = False
    due: int | None = None

    @property
    def holds_time(self) -> bool:
        return self.status in {"held", "awaiting_payment", "confirmed"} or (
            self.status == "requested" and not self.competes
        )

    @property
    def is_waiting(self) -> bool:
        return self.status in {"held", "requested", "awaiting_payment"}

    def is_overdue(self, now: int) -> bool:
        return self.is_waiting and self.due <= now


def keeps_the_gap(first: Booking, second: Booking) -> bool:
    """Whether two may have the same floor: one is over, cleaned up and set up for the other."""
    if first.start > second.start:
        first, second = second, first
    return second.start - first.end >= max(first.cleanup, second.setup)


def share_floor(one: Space, other: Space) -> bool:
    return one.hall is other.hall and bool(one.floor & other.floor)


def all_or_nothing(verb: Callable[..., Iterable[str]]) -> Callable[..., set[str]]:
    """Take everything back if the verb meets a problem."""

    @wraps(verb)
    def whole(self: "World", *args, **kwargs) -> set[str]:
        before = [(booking, copy.copy(booking)) for booking in self.bookings]
        problems = set(verb(self, *args, **kwargs))
        if problems:
            for booking, was in before:
                vars(booking).update(vars(was))
            self.bookings[:] = [booking for booking, _was in before]
        return problems

    return whole


@dataclass
class World:
    began: datetime
    minutes: int
    now: int = 0
    spaces: list[Space] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)

    def at(self, minute: int) -> datetime:
        return self.began.astimezone(UTC) + timedelta(minutes=minute)

    def since_it_began(self, instant: datetime) -> int:
        minutes, rest = divmod(instant.astimezone(UTC) - self.began.astimezone(UTC), timedelta(minutes=1))
        assert not rest
        return minutes

    def open_daily(self, opens: time, closes: time) -> bytearray:
        """Return which minutes are open, as the city's clocks show them one by one."""

        def is_open(clock: time) -> bool:
            if opens < closes:
                return opens <= clock < closes
            return clock >= opens or clock < closes

        return bytearray(is_open(local(self.at(minute)).time()) for minute in range(self.minutes))

    # --- What is free ----------------------------------------------------------------------------

    def is_free(self, wish: Booking, ignoring: Booking | None = None) -> bool:
        return all(
            keeps_the_gap(wish, other)
            for other in self.bookings
            if other is not ignoring and other.holds_time and share_floor(wish.space, other.space)
        )

    def free(self, space: Space, windows: list[Stretch], length: int | None = None) -> list[Stretch]:
        """Return the stretches that begin on a step and are long enough, minute by minute."""
        length = length or space.shortest
        if not space.shortest <= length <= space.longest:
            return []
        free = bytearray(self.minutes)
        for first, last in windows:
            latest = (self.now + space.ahead) // space.step * space.step
            first, last = max(first, self.now + space.notice, 0), min(last, latest + length)
            free[first:last] = space.is_open[first : max(first, last)]
        for other in self.bookings:
            if other.holds_time and share_floor(space, other.space):
                first = max(other.start - max(space.hall.cleanup, other.setup), 0)
                last = max(other.end + max(other.cleanup, space.hall.setup), 0)
                free[first:last] = bytes(len(free[first:last]))
        runs = [run.span() for run in re.finditer(b"\1+", bytes(free))]
        on_step = [(-(-first // space.step) * space.step, last) for first, last in runs]
        return [(first, last) for first, last in on_step if first + length <= last]

    def wish(self, space: Space, start: int, end: int, **facts) -> Booking:
        return Booking(space, start, end, space.hall.setup, space.hall.cleanup, "held", **facts)

    def problems(self, wish: Booking, *, ignoring: Booking | None = None) -> Iterator[str]:
        """Everything that stands in the way, for whoever asks."""
        space, length = wish.space, wish.end - wish.start
        if length <= 0:
            yield "ends_before_start"
            return
        if space.capacity is not None and wish.attendees > space.capacity:
            yield "too_many_people"
        beyond = {
            "in_the_past": wish.start < self.now,
            "too_far": wish.start > self.now + space.ahead,
            "too_long": length > space.longest,
        }
        yield from (code for code, is_so in beyond.items() if is_so)
        if self.now <= wish.start < self.now + space.notice:
            yield "too_soon"
        if wish.start % space.step:
            yield "off_step"
        if length < space.shortest:
            yield "too_short"
        if not any(beyond.values()):
            if not all(space.is_open[wish.start : wish.end]):
                yield "closed"
            if not self.is_free(wish, ignoring):
                yield "time_taken"

    def judged(self, wish: Booking, *, quota: bool = True, ignoring: Booking | None = None) -> Iterator[str]:
        problems = list(self.problems(wish, ignoring=ignoring))
        if "time_taken" in problems:
            self.sweep(wish.space.hall)
            problems = list(self.problems(wish, ignoring=ignoring))
        yield from problems
        if quota and wish.customer and wish.space.by_request:
            waiting = [b for b in self.bookings if b.customer == wish.customer and b.status == "requested"]
            if len([booking for booking in waiting if not booking.is_overdue(self.now)]) >= MOST_REQUESTS:
                yield "too_many_requests"

    def sweep(self, hall: Hall) -> None:
        for booking in self.bookings:
            if booking.space.hall is hall and booking.is_overdue(self.now):
                booking.status = "expired"

    # --- What people do --------------------------------------------------------------------------

    @all_or_nothing
    def hold(self, wish: Booking, instead_of: Booking | None = None) -> Iterator[str]:
        for booking in self.bookings:
            is_mine = wish.customer is not None and booking.customer == wish.customer
            is_the_visitors = booking is instead_of and booking.customer is None
            if booking.status == "held" and (is_mine or is_the_visitors):
                booking.status = "expired"
        yield from self.judged(wish)
        wish.due = self.now + HOLD_FOR
        self.bookings.append(wish)

    @all_or_nothing
    def book(self, wish: Booking) -> Iterator[str]:
        yield from self.judged(wish)
        self.fill_in(wish)
        self.bookings.append(wish)

    @all_or_nothing
    def submit(self, held: Booking, customer: str) -> Iterator[str]:
        wish = self.wish(held.space, held.start, held.end, customer=customer)
        if held.status == "expired" or (held.status == "held" and held.is_overdue(self.now)):
            yield from self.book(wish)
        elif held.status != "held":
            yield "move_not_allowed"
        else:
            yield from self.judged(wish, ignoring=held)
            held.customer = customer
            self.fill_in(held)

    def fill_in(self, booking: Booking) -> None:
        if booking.space.by_request:
            booking.status, booking.competes = "requested", booking.space.competes
            booking.due = min(self.now + DECIDE_WITHIN, booking.start)
        else:
            self.agree(booking)

    def agree(self, booking: Booking) -> None:
        booking.status = "awaiting_payment" if booking.space.paid_before else "confirmed"
        booking.due = min(self.now + PAY_WITHIN, booking.start) if booking.space.paid_before else booking.due

    @all_or_nothing
    def approve(self, booking: Booking) -> Iterator[str]:
        if booking.status != "requested":
            yield "move_not_allowed"
        elif booking.is_overdue(self.now):
            yield "lapsed"
        else:
            self.sweep(booking.space.hall)
            if not self.is_free(booking, ignoring=booking):
                yield "time_taken"
            self.agree(booking)
            if booking.competes:
                self.decline_rivals(booking)

    def decline_rivals(self, booking: Booking) -> None:
        for rival in self.bookings:
            is_rival = rival is not booking and rival.status == "requested" and rival.competes
            if is_rival and share_floor(rival.space, booking.space) and not keeps_the_gap(rival, booking):
                rival.status = "declined"

    @all_or_nothing
    def decline(self, booking: Booking) -> Iterator[str]:
        if booking.status != "requested":
            yield "move_not_allowed"
        elif booking.is_overdue(self.now):
            yield "lapsed"
        booking.status = "declined"

    @all_or_nothing
    def cancel(self, booking: Booking) -> Iterator[str]:
        if booking.status in {"declined", "cancelled", "expired"} or booking.customer is None:
            yield "move_not_allowed"
        elif booking.start <= self.now:
            yield "already_begun"
        booking.status = "cancelled"

    @all_or_nothing
    def settle(self, booking: Booking) -> Iterator[str]:
        if booking.status != "awaiting_payment":
            yield "move_not_allowed"
        elif booking.is_overdue(self.now):
            yield "lapsed"
        booking.status = "confirmed"

    @all_or_nothing
    def move(self, booking: Booking, space: Space, start: int, end: int) -> Iterator[str]:
        if booking.status not in {"requested", "awaiting_payment", "confirmed"}:
            yield "move_not_allowed"
        elif booking.is_overdue(self.now):
            yield "lapsed"
        elif booking.start <= self.now:
            yield "already_begun"
        else:
            wish = self.wish(space, start, end, customer=booking.customer, attendees=booking.attendees)
            yield from self.judged(wish, quota=False, ignoring=booking)
            booking.space, booking.start, booking.end = space, start, end
            booking.setup, booking.cleanup = wish.setup, wish.cleanup
            booking.due = min(booking.due, start) if booking.due is not None else None

    def expire(self, booking: Booking) -> set[str]:
        if booking.is_overdue(self.now):
            booking.status = "expired"
        return set()

    @all_or_nothing
    def revive(self, booking: Booking) -> Iterator[str]:
        """What a bulk statement would do: the database alone decides."""
        if not self.is_free(booking, ignoring=booking):
            yield "time_taken"
        booking.status = "confirmed"

    def redraw(self, floors: dict[int, set[int]]) -> set[str]:
        """Give spaces, by their place in the list, other floors, unless somebody would lose time."""
        before = {number: self.spaces[number].floor for number in floors}
        for number, floor in floors.items():
            self.spaces[number].floor = floor
        if all(self.is_free(booking, ignoring=booking) for booking in self.bookings if booking.holds_time):
            return set()
        for number, floor in before.items():
            self.spaces[number].floor = floor
        return {"redraw_collides"}
