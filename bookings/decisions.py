"""What a venue manager needs to know before deciding: what waits, what a yes would block, who asks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.problems import Problem
from venues.clock import MINUTES_A_DAY, at, exact, local
from venues.halls import share_floor, short_name
from venues.models import Space

from . import judging, timeline, use
from .models import DEADLINES, Booking, BookingQuerySet, Occupancy, Status
from .timeline import Kind, Row
from .week_grid import Column, Grid, Stretch, lay_out, minute_of
from .wishes import asker_of, dates_left, wish_of

# How much of the day is drawn before and after what is asked for.
SURROUNDINGS = 4 * 60  # minutes

# What can come in the way of a request after it was made.
IN_THE_WAY = {"time_taken", "closed", "not_for_you"}


# --- What waits -----------------------------------------------------------------------------------


def waiting(user: User, status: Status, *, now: datetime) -> BookingQuerySet:
    """Return what waits at the venues that this person manages, the most pressing first.

    A deadline is the start of the booking, or some days after it was made if that is earlier: in its order
    the soonest and the oldest come first.
    """
    deadline = DEADLINES[status]
    bookings = Booking.objects.in_care_of(user).filter(status=status, **{f"{deadline}__gt": now})
    return bookings.order_by(deadline, "pk")


def behind(booking: Booking, status: Status) -> Q:
    """Say which bookings come after this one in the order of `waiting`."""
    deadline = DEADLINES[status]
    mine = getattr(booking, deadline)
    return Q(**{f"{deadline}__gt": mine}) | Q(**{deadline: mine}, pk__gt=booking.pk)


def next_after(booking: Booking, status: Status, *, user: User, now: datetime) -> Booking | None:
    """Return what waits next behind a booking, or the most pressing if nothing does."""
    others = waiting(user, status, now=now).exclude(pk=booking.pk)
    return others.filter(behind(booking, status)).first() or others.first()


# --- Who asks -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """How an applicant has booked before: agreed bookings, those of them here, cancelled ones; and how often
    nobody came in the last year.
    """

    agreed: int
    here: int
    cancelled: int
    no_shows: int


def record_of(booking: Booking, *, now: datetime) -> Record:
    """Return how the organisation, or the person who asks for themselves, has booked before."""
    if booking.organisation_id:
        before = Booking.objects.filter(organisation=booking.organisation_id)
    else:
        before = Booking.objects.filter(customer=booking.customer_id, organisation=None)
    agreed = Q(status=Status.CONFIRMED)
    return Record(
        **before.exclude(pk=booking.pk).aggregate(
            agreed=Count("pk", filter=agreed),
            here=Count("pk", filter=agreed & Q(space__venue=booking.space.venue_id)),
            cancelled=Count("pk", filter=Q(status=Status.CANCELLED)),
        ),
        no_shows=use.no_shows_of(booking, now=now),
    )


def declined_in_favour(approved: Booking) -> list[Booking]:
    """Return the rivals that were declined in the same breath in which this one was approved."""
    declined = Booking.objects.filter(
        status=Status.DECLINED, decided_at=approved.decided_at, decided_by=approved.decided_by
    )
    return list(declined.select_related("customer", "organisation"))


# --- What a yes would do --------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """A date of a request, and what has come in its way since it was asked for."""

    date: Occupancy
    obstacles: list[Problem]


def verdicts(booking: Booking, *, now: datetime) -> list[Verdict]:
    """Return for every date that a request asks for what is in its way: it was given away, or is closed."""
    dates = dates_left(booking)
    judgements = judging.judge_all(
        [wish_of(booking, date) for date in dates],
        asker=asker_of(booking, now=now),
        now=now,
        ignoring=[booking.pk],
    )
    return [
        Verdict(date, [problem for problem in judgement.problems if problem.code in IN_THE_WAY])
        for date, judgement in zip(dates, judgements, strict=True)
    ]


def day_of(booking: Booking, date: Occupancy, spaces: Sequence[Space], *, now: datetime) -> Grid:
    """Draw the day of a date: the spaces of its hall side by side, each with what would be blocked."""
    day = local(date.starts_at).date()
    midnights = exact(at(day)), exact(at(day + timedelta(days=1)))
    rows = timeline.rows(spaces, *midnights, now=now)
    holders = Booking.objects.select_related("space", "customer", "organisation").in_bulk(
        {row.booking_id for row in rows if row.booking_id} - {booking.pk}
    )
    columns = [
        Column(
            short_name(space),
            day,
            [
                drawn(row, booking, holders)
                for row in with_wish([row for row in rows if row.space == space], booking, date, *midnights)
            ],
        )
        for space in spaces
    ]
    first_hour, last_hour = hours_around(date, columns)
    near = [replace(column, stretches=near_hours(column, first_hour, last_hour)) for column in columns]
    return lay_out(near, first_hour=first_hour, last_hour=last_hour)


def near_hours(column: Column, first_hour: int, last_hour: int) -> list[Stretch]:
    """Leave out what lies before and after the hours that are drawn, for the list beside the grid."""
    return [
        stretch
        for stretch in column.stretches
        if minute_of(stretch.starts_at, column.day) < last_hour * 60
        and minute_of(stretch.ends_at, column.day) > first_hour * 60
    ]


def with_wish(
    rows: Sequence[Row], booking: Booking, date: Occupancy, start: datetime, end: datetime
) -> Iterator[Row]:
    """Lay the request over a space's free and closed time, wherever others do not have it already."""
    space = rows[0].space
    others = [row for row in rows if row.kind == Kind.BUSY and row.booking_id != booking.pk]
    open_or_closed = [calm(row) for row in rows if row not in others]
    wish = [Row(space, Kind.BUSY, date.starts_at, date.ends_at, booking_id=booking.pk)]
    on_this_floor = wish if share_floor(space, date.space) else []
    return timeline.joined(timeline.painted([*open_or_closed, *on_this_floor, *others], start, end))


def calm(row: Row) -> Row:
    """To a manager, time is open or closed: what may not be booked any more, or not yet, is no matter."""
    return row if row.kind == Kind.CLOSED else replace(row, kind=Kind.FREE, booking_id=None)


def drawn(row: Row, booking: Booking, holders: Mapping[int, Booking]) -> Stretch:
    """Say who has the time, and where, if it is another space on the same floor."""
    if row.booking_id == booking.pk:
        label = _("This request") if row.space == booking.space else _("Would not be free")
        return Stretch("wish", row.starts_at, row.ends_at, label)
    if row.booking_id:
        holder = holders[row.booking_id]
        who = named(holder)
        label = who if holder.space_id == row.space.pk else f"{holder.space.name}: {who}"
        return Stretch("busy", row.starts_at, row.ends_at, label)
    label = row.reason or _("Closed") if row.kind == Kind.CLOSED else ""
    return Stretch(row.kind, row.starts_at, row.ends_at, label)


def named(booking: Booking) -> str:
    if booking.status == Status.HELD:
        return _("Somebody is booking this")
    who = str(booking.organisation or booking.customer)
    return f"{who} ({booking.get_status_display().lower()})" if booking.status == Status.REQUESTED else who


def hours_around(date: Occupancy, columns: Iterable[Column]) -> tuple[int, int]:
    """Return the hours worth drawing: the open part of the day, as far as it is near the request."""
    day = local(date.starts_at).date()
    begins, ends = minute_of(date.starts_at, day), min(minute_of(date.ends_at, day), MINUTES_A_DAY)
    stretches = [stretch for column in columns for stretch in column.stretches if stretch.kind != "closed"]
    opens = min([begins, *(minute_of(stretch.starts_at, day) for stretch in stretches)])
    closes = max([ends, *(minute_of(stretch.ends_at, day) for stretch in stretches)])
    first, last = max(opens, begins - SURROUNDINGS), min(closes, ends + SURROUNDINGS)
    return first // 60, -(-last // 60)
