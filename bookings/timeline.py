"""What becomes of a space's time: the rows that week grid, resource timeline and feeds draw."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from django.db.models import Q
from django.utils.text import capfirst
from psycopg.types.range import Range

from accounts.texts import text_of
from venues.audiences import STRANGER, Asker
from venues.clock import at, exact, local
from venues.fields import bounds, pieces
from venues.hours_in_words import for_whom
from venues.models import Opening, OpeningException, Space

from . import availability
from .availability import Stretch
from .models import Occupancy, Status


class Kind(StrEnum):
    FREE = "free"  # can be booked
    BUSY = "busy"
    CLOSED = "closed"
    PAST = "past"  # has begun, or is too soon to be booked
    LATER = "later"  # too far ahead to be booked yet
    SPARE = "spare"  # open, but no booking fits: too short, needed between two, or against the policy


@dataclass(frozen=True)
class Row:
    """A stretch of time in which one thing is so about a space.

    `reason` says why it is closed, in the reader's language, and who has busy time where that is public.
    `booking_id` is for those who may know whose it is: pages for everybody never follow it. `of` is the
    stretch of `availability.free` to which free time belongs: what is seen of it may be less, but its starts
    are counted from where it begins.
    """

    space: Space
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    booking_id: int | None = None
    of: Stretch | None = None


def rows(
    spaces: Sequence[Space],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    asker: Asker = STRANGER,
    length: timedelta | None = None,
    moving: int | None = None,
) -> list[Row]:
    """Return what each space's time between the two instants is, space by space, in order, without gaps.

    Free is what `availability.free` says is free to the asker for bookings of that length (without one, for
    the space's shortest); what is open to others only is closed, and says to whom it is open. Four
    statements, however many spaces. The booking with the id `moving` uses up no quota. Needs `venue` loaded.
    """
    start, end = exact(start), exact(end)
    free = free_time(spaces, start, end, now=now, length=length, asker=asker, moving=moving)
    open_time, reasons = opening_time(spaces, start, end)
    # Who has the time is read with it: where the city publishes that, the calendar says it.
    of_whom = "closure", "space", "booking__organisation", "booking__customer"
    busy_time = Occupancy.objects.holding().over(start, end).filter(on_any_floor_of(spaces))
    taken = list(busy_time.select_related(*of_whom))
    return [
        row
        for space in spaces
        for row in joined(
            painted(
                [
                    *closed_days(space, start, end, reasons[space.timetable_in_force_id]),
                    *opened(space, open_time[space.timetable_in_force_id], now=now, asker=asker),
                    *busy(space, taken),
                    *(Row(space, Kind.FREE, *stretch, of=stretch) for stretch in free[space.pk]),
                ],
                start,
                end,
            )
        )
    ]


def free_time(spaces, start, end, *, now, length, asker, moving) -> dict[int, list[Stretch]]:
    found = availability.free(
        Space.objects.filter(pk__in=[space.pk for space in spaces]),
        [(start, end)],
        now=now,
        asker=asker,
        length=length,
        moving=moving,
        in_few_halls=True,
    )
    return defaultdict(list, {row.space_id: row.stretches for row in found.page})


def opening_time(spaces: Iterable[Space], start: datetime, end: datetime):
    """Return each timetable's openings, and the reasons of its exceptional dates."""
    timetables = {space.timetable_in_force_id for space in spaces}
    openings: dict[int, list[Opening]] = defaultdict(list)
    for opening in Opening.objects.filter(timetable__in=timetables, period__overlap=Range(start, end)):
        openings[opening.timetable_id].append(opening)
    reasons: dict[int, dict[date, str]] = defaultdict(dict)
    days = local(start).date(), local(end).date()
    for exception in OpeningException.objects.filter(timetable__in=timetables, date__range=days):
        reasons[exception.timetable_id][exception.date] = str(text_of(exception, "reason"))
    return openings, reasons


def on_any_floor_of(spaces: Iterable[Space]) -> Q:
    return Q(hall_id__in={space.hall_id for space in spaces})


# --- Layers, from the bottom to the top ------------------------------------------------------------


def closed_days(space: Space, start: datetime, end: datetime, reasons: dict[date, str]) -> Iterator[Row]:
    """The ground of the picture: each day closed, for the reason that its exception gives."""
    day = local(start).date()
    while exact(at(day)) < end:
        morrow = day + timedelta(days=1)
        yield Row(space, Kind.CLOSED, exact(at(day)), exact(at(morrow)), reasons.get(day, ""))
        day = morrow


def opened(space: Space, openings: Iterable[Opening], *, now: datetime, asker: Asker) -> Iterator[Row]:
    first, last = availability.first_and_last_start(space, now=now)
    for opening in openings:
        opens, closes = bounds(opening.period)
        if not asker.belongs_to(opening.open_to, space.venue.run_by_id):
            yield Row(space, Kind.CLOSED, opens, closes, capfirst(for_whom(opening.open_to)))
            continue
        yield Row(space, Kind.SPARE, opens, closes)
        if opens < first:
            yield Row(space, Kind.PAST, opens, min(first, closes))
        if closes > last:
            yield Row(space, Kind.LATER, max(last, opens), closes)


def busy(space: Space, taken: Iterable[Occupancy]) -> Iterator[Row]:
    floor = pieces(space.footprint)
    for stretch in taken:
        if stretch.hall_id != space.hall_id or not floor & pieces(stretch.footprint):
            continue
        if stretch.closure:
            reason = str(stretch.closure.public_reason or "")
            yield Row(space, Kind.CLOSED, stretch.starts_at, stretch.ends_at, reason)
        else:
            holder, pk = published_holder(stretch), stretch.booking_id
            yield Row(space, Kind.BUSY, stretch.starts_at, stretch.ends_at, holder, booking_id=pk)


def published_holder(taken: Occupancy) -> str:
    """Return who has the time, if the space's policy shows it to everybody and it is agreed."""
    booking = taken.booking
    if booking is None or booking.status != Status.CONFIRMED or not taken.space.holder_is_public:
        return ""
    return str(booking.organisation or (booking.customer and booking.customer.name) or "")


def painted(layers: Iterable[Row], start: datetime, end: datetime) -> list[Row]:
    """Return what is seen of the layers from above, between the two instants, in order."""
    seen: list[Row] = []
    for layer in layers:
        top = clipped(layer, start, end)
        if top:
            below = [part for row in seen for part in around(row, top)]
            seen = [*below, top]
    return sorted(seen, key=lambda row: row.starts_at)


def clipped(row: Row, start: datetime, end: datetime) -> Row | None:
    starts_at, ends_at = max(row.starts_at, start), min(row.ends_at, end)
    return replace(row, starts_at=starts_at, ends_at=ends_at) if starts_at < ends_at else None


def around(row: Row, hole: Row) -> Iterator[Row]:
    """What is left of a row on both sides of another."""
    if hole.ends_at <= row.starts_at or row.ends_at <= hole.starts_at:
        yield row
        return
    if row.starts_at < hole.starts_at:
        yield replace(row, ends_at=hole.starts_at)
    if hole.ends_at < row.ends_at:
        yield replace(row, starts_at=hole.ends_at)


def joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Join neighbours about which the same is so: two closed days, two bookings of one customer are not."""
    for _same, alike in groupby(rows, key=lambda row: (row.kind, row.reason, row.booking_id, row.of)):
        first, *others = alike
        yield replace(first, ends_at=others[-1].ends_at) if others else first
