"""Close spaces, and open them again.

A closure is what a manager said; its dates are what was left to close. Bookings stay, holds too, and are
holes in it; a hole closes again when its booking ends. Closures may overlap: the time is closed once, and by
another of them when one is lifted. So what is closed from now on follows from closures, bookings and layout
alone, in whatever order they came: `fill` works it out anew.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.versions import ChangedMeanwhile
from venues.models import Space
from venues.opening_hours import Stretch, merged

from . import occupancies, offers, signals
from .closed_floor import Said, Taken, layouts_of, left_to_close, multirange, what_is_said, what_is_taken
from .closed_times import WishedClosure, problems_with, times_of, without
from .models import AGREED_OR_ASKED, Booking, Closure, ClosureTime, Occupancy
from .occupancies import Closed, lock_halls
from .transactions import in_one_transaction

# A hall by its id, and from when to when in it, buffers included.
Freed = tuple[int, datetime, datetime]

FOR_EVER = datetime.max.replace(tzinfo=UTC)


class AlreadyClosed(Refused):
    """Just this is closed already, by `closure`: most likely somebody pressed the button twice."""

    def __init__(self, closure: Closure):
        super().__init__(Problem("already_closed", _("Just this has been closed already.")))
        self.closure = closure


# --- What a manager does --------------------------------------------------------------------------


@in_one_transaction
def close(wished: WishedClosure, *, by: User, now: datetime) -> Closure:
    """Close spaces from now on, wherever nobody has the time. No booking is touched: see `hits_of`.

    What was offered to those who wait is offered no more. Raises `Refused`.
    """
    lock_halls({space.hall_id for space in wished.spaces})
    return closed(wished, by=by, now=now)


def closed(wished: WishedClosure, *, by: User, now: datetime) -> Closure:
    """Close like `close`, for whoever has the halls' locks already."""
    if problems := problems_with(wished, now=now):
        raise Refused(*problems)
    closure = Closure.objects.create(
        starts_at=wished.starts_at,
        ends_at=wished.ends_at,
        repeats=wished.repeats,
        every=wished.every,
        weekdays=sorted(set(wished.weekdays)),
        until=wished.until,
        is_reason_public=wished.is_reason_public,
        created_at=now,
        created_by=by,
        **wished.reason,
    )
    closure.spaces.add(*wished.spaces)
    times = times_of(wished)
    offers.give_way(wished.spaces, times, now=now)
    ClosureTime.objects.bulk_create(
        ClosureTime(closure=closure, starts_at=starts_at, ends_at=ends_at) for starts_at, ends_at in times
    )
    fill({space.hall_id for space in wished.spaces}, now=now, within=times)
    return closure


@in_one_transaction
def lift(closure: Closure, *, by: User, now: datetime) -> None:
    """Open again, from now on, what no other closure closes. What has been closed was.

    Raises `ChangedMeanwhile` if somebody else lifted it.
    """
    halls = set(closure.spaces.values_list("hall_id", flat=True))
    lock_halls(halls)
    if not Closure.objects.in_force().filter(pk=closure.pk).update(lifted_at=now, lifted_by=by):
        raise ChangedMeanwhile
    closure.lifted_at, closure.lifted_by = now, by
    window = from_now_on(closure.times.values_list("starts_at", "ends_at"), now)
    close_anew(halls, window, what_is_said(halls, window))
    if window:
        let_be_known([(hall_id, window[0][0], window[-1][1]) for hall_id in sorted(halls)], now=now)


def must_be_news(wished: WishedClosure) -> None:
    """Raise `AlreadyClosed` if the very same is said by a closure in force. Needs the halls' locks."""
    wanted = {space.pk for space in wished.spaces}
    said = Closure.objects.in_force().filter(
        starts_at=wished.starts_at,
        ends_at=wished.ends_at,
        repeats=wished.repeats,
        every=wished.every,
        weekdays=sorted(set(wished.weekdays)),
        until=wished.until,
        **wished.reason,
    )
    for closure in said.prefetch_related("spaces"):
        if {space.pk for space in closure.spaces.all()} == wanted:
            raise AlreadyClosed(closure)


HITS = """
select date.id
from unnest(%s::bigint[]) wanted (id)
join venues_space closed on closed.id = wanted.id
cross join lateral (
    select id, footprint, starts_at, ends_at
    from bookings_occupancy
    where hall_id = closed.hall_id and holds_time and with_setup && %s::tstzmultirange
    offset 0
) date
where date.footprint && closed.footprint
  and date.ends_at > %s and tstzrange(date.starts_at, date.ends_at) && %s::tstzmultirange
union
select date.id
from bookings_booking booking
join bookings_occupancy date on date.booking_id = booking.id
join venues_space closed on closed.hall_id = date.hall_id and closed.footprint && date.footprint
where booking.status = 'requested' and booking.competes
  and closed.id = any(%s)
  and date.ends_at > %s and tstzrange(date.starts_at, date.ends_at) && %s::tstzmultirange
"""


def hits_of(spaces: Iterable[Space], times: Sequence[Stretch], *, now: datetime) -> QuerySet[Occupancy]:
    """Return the dates, agreed or asked for and not over, that closing these spaces would hit.

    Requests that compete for their time are among them. A date is hit if what people see of it reaches into
    the closed time; setting up before it and cleaning up after it may. With customer, organisation, space
    and venue.
    """
    closed = [space.pk for space in spaces]
    when = multirange(from_now_on(times, now))
    hit = RawSQL(HITS, [closed, when, now, when, closed, now, when])
    return (
        Occupancy.objects.filter(pk__in=hit, booking__status__in=AGREED_OR_ASKED, released_at=None)
        .select_related("booking__customer", "booking__organisation")
        .prefetch_related("space__venue", "space__part_of")  # few, and wide: not once more in every row
        .order_by("starts_at", "pk")
    )


# --- What follows from it -------------------------------------------------------------------------


def fill(hall_ids: Collection[int], *, now: datetime, within: Iterable[Stretch] | None = None) -> None:
    """Close anew, from now on, what closures in force say and nobody else has. Needs the halls' locks.

    `within` names the time to be looked at; without it, all. One statement where nothing is closed.
    """
    window = from_now_on(within, now)
    if said := what_is_said(hall_ids, window):
        close_anew(hall_ids, window, said)


@in_one_transaction
def fill_halls(hall_ids: Collection[int], *, now: datetime) -> None:
    """Lock halls, and let what is closed there be what follows from closures, bookings and layout."""
    lock_halls(hall_ids)
    fill(hall_ids, now=now)


def open_up(hall_ids: Collection[int], *, now: datetime) -> None:
    """Let nothing be closed in halls from now on. Needs their locks, and `fill` afterwards."""
    close_anew(hall_ids, from_now_on(None, now), [])


def freed(hall_id: int, starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """Close again what was given back, buffers included, if a closure says so; and let it be known.

    Whoever frees time calls this, `freed_together` or `freed_by`. Needs the hall's lock.
    """
    freed_together([(hall_id, starts_at, ends_at)], now=now)


def freed_together(times: Collection[Freed], *, now: datetime) -> None:
    """Close again what was given back in these halls, and let it be known. Needs their locks."""
    if times:
        halls = {hall_id for hall_id, _start, _end in times}
        fill(halls, now=now, within=[(start, end) for _hall_id, start, end in times])
    let_be_known(times, now=now)


def let_be_known(times: Iterable[Freed], *, now: datetime) -> None:
    if ahead := [time for time in times if time[-1] > now]:
        signals.time_freed.send(Occupancy, times=ahead)


def freed_by(booking: Booking, *, now: datetime) -> None:
    """Close again what a booking has held that holds no time any more, and let it be known.

    Needs its halls' locks.
    """
    said_then = ClosureTime.objects.filter(
        closure__lifted_at=None,
        closure__spaces__hall_id=OuterRef("hall_id"),
        starts_at__lt=OuterRef("clear_at"),
        ends_at__gt=OuterRef("setup_at"),
    )
    dates = Occupancy.objects.filter(booking=booking, released_at=None, clear_at__gt=now)
    given_back = dates.values_list("hall_id", "setup_at", "clear_at", Exists(said_then))
    times = [(hall_id, start, end) for hall_id, start, end, _is_closed in given_back]
    freed_within = [(start, end) for _hall_id, start, end, is_closed in given_back if is_closed]
    if freed_within:
        fill({hall_id for hall_id, _start, _end in times}, now=now, within=freed_within)
    let_be_known(times, now=now)


def in_the_way(space: Space, starts_at: datetime, ends_at: datetime) -> list[Closure]:
    """Return the closures that close a time or part of it, with its buffers. Needs `part_of` loaded."""
    return closures_of(
        Occupancy.objects.holding()
        .on_floor_of(space)
        .over(starts_at - space.setup, ends_at + space.cleanup)
        .exclude(closure=None)
    )


def problem_with_time(in_the_way: QuerySet[Occupancy]) -> Problem | None:
    return problem_of(closures_of(in_the_way))


def closures_of(dates: QuerySet[Occupancy]) -> list[Closure]:
    return [date.closure for date in dates.select_related("closure") if date.closure]


def problem_of(closures: Sequence[Closure]) -> Problem | None:
    """Return what to say of a time that cannot be had, if it is because closures close it or part of it.

    A reason that is not for everybody is not told.
    """
    if not closures:
        return None
    reason = next((closure.public_reason for closure in closures if closure.public_reason), None)
    if reason is None:
        return Problem("closed", _("The space is closed then."), "starts_at")
    return Problem("closed", _("The space is closed then: %(reason)s") % {"reason": reason}, "starts_at")


# --- How it is worked out -------------------------------------------------------------------------


def close_anew(hall_ids: Collection[int], window: Sequence[Stretch], said: Iterable[Said]) -> None:
    """Let exactly what follows from what is said be closed in the window. Dates that say so already stay."""
    if not window:
        return
    taken = what_is_taken(hall_ids, window)
    wanted = set(left_to_close(said, layouts_of(hall_ids), taken))
    surplus: list[Taken] = []
    for date in (date for dates in taken.values() for date in dates):
        if date.closed:
            inside = parts(date.closed, inside_of(date.stretch, window))
            if wanted.issuperset(inside):
                wanted.difference_update(inside)
            else:
                surplus.append(date)
                wanted.update(parts(date.closed, without([date.stretch], window)))
    if surplus:
        occupancies.open_up(date.pk for date in surplus)
    occupancies.close_off(sorted(wanted))


def parts(date: Closed, stretches: Iterable[Stretch]) -> set[Closed]:
    return {date._replace(starts_at=start, ends_at=end) for start, end in stretches}


def inside_of(stretch: Stretch, window: Sequence[Stretch]) -> list[Stretch]:
    return without([stretch], without([stretch], window))


def from_now_on(stretches: Iterable[Stretch] | None, now: datetime) -> list[Stretch]:
    if stretches is None:
        return [(now, FOR_EVER)]
    return merged((max(start, now), end) for start, end in stretches)
