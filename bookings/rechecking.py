"""Whether what a manager changed still hits a date: others may have changed it again while it waited."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import F, QuerySet

from venues.models import Space, Timetable

from . import changes, closures, policy_hits
from .models import AGREED_OR_ASKED, Booking, Hit, Impact, Occupancy

Cause = Impact.Cause


def as_they_were(hits: QuerySet[Hit], *, now: datetime) -> QuerySet[Hit]:
    """Return the hits whose dates are where they were, and whose bookings still count and have not lapsed.

    With what is asked of each here.
    """
    there = hits.filter(
        date__space=F("space"),
        date__starts_at=F("starts_at"),
        date__ends_at=F("ends_at"),
        date__released_at=None,
        date__booking__status__in=AGREED_OR_ASKED,
    ).exclude(date__booking__in=Booking.objects.overdue(now).order_by())
    return there.select_related("date__booking__customer", "date__booking__organisation")


def still_hit(impact: Impact, dates: Sequence[Occupancy], *, now: datetime) -> set[int]:
    """Return those of the dates that are hit by what was changed, as it is said today, by their ids."""
    asking = {
        Cause.CLOSURE: closed,
        Cause.RULES: outside,
        Cause.TERMS: outside,
        Cause.POLICY: against_policy,
        Cause.LAYOUT: in_the_way,
    }
    if not dates:
        return set()
    found = (asking[Cause(part.cause)](part, dates, now) for part in changes.parts_of(impact))
    return {date.pk for date in dates} & set().union(*found)


def closed(part: Impact, dates: Sequence[Occupancy], now: datetime) -> Collection[int]:
    closure = part.closure
    if closure is None or closure.lifted_at:
        return []
    times = list(closure.times.values_list("starts_at", "ends_at"))
    hit = closures.hits_of(closure.spaces.all(), times, now=now)
    return hit.order_by().values_list("pk", flat=True)


def outside(part: Impact, dates: Sequence[Occupancy], now: datetime) -> Collection[int]:
    spaces = Space.objects.filter(pk__in={date.space_id for date in dates}).select_related("venue")
    timetables = Timetable.objects.filter(pk__in={space.timetable_in_force_id for space in spaces})
    return changes.outside_of(timetables, now=now)


def against_policy(part: Impact, dates: Sequence[Occupancy], now: datetime) -> Collection[int]:
    """Return the dates against which a policy has what the changed one had against some."""
    codes = set(part.after["codes"])
    return [pk for pk, found in policy_hits.problems_today(dates, now=now).items() if codes & found]


def in_the_way(part: Impact, dates: Sequence[Occupancy], now: datetime) -> Collection[int]:
    """Return all dates: the hall has not been redrawn yet, so they are in the way as they were."""
    return [date.pk for date in dates]
