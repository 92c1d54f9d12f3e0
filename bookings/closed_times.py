"""What a manager wants closed, as it is said, and the times that it means. Asks no database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil import rrule
from django.utils.translation import gettext_lazy as _

from accounts.problems import Problem
from venues.clock import CITY, exact, local
from venues.models import Space
from venues.opening_hours import Stretch, merged, moment

from .models import Closure

MOST_TIMES = 1000
MOST_IN_ALL = 20_000  # spaces by times: some days at all the city's schools, or a year of weeks at one
LONGEST_IN_ALL = timedelta(days=400)
FARTHEST_CLOSURE = timedelta(days=3660)  # ten years: repairs of the roof are planned long before
MOST_WEEKS_BETWEEN = 52


@dataclass(frozen=True)
class WishedClosure:
    """These spaces are to be closed, from when to when, and how it comes again.

    Weekdays are numbered from Monday, 1. `until` is the last day on which a time may begin. `reason` has the
    reasons by field: `reason_fi` and its siblings.
    """

    spaces: Sequence[Space]
    starts_at: datetime
    ends_at: datetime
    repeats: str = Closure.Repeats.NEVER
    every: int = 1
    weekdays: Sequence[int] = ()
    until: date | None = None
    reason: Mapping[str, str] = field(default_factory=dict)
    is_reason_public: bool = True


def times_of(wished: WishedClosure) -> list[Stretch]:
    """Return every time that is meant, in order, in UTC; times that overlap or touch are one.

    What repeats steps in local time: from 18 to 20 by the city's clocks, whatever they do, and a night ends
    on the next day. An hour that the spring change skips is no time. Of a wish with problems it may be only
    the beginning.
    """
    if not wished.repeats:
        return [(exact(wished.starts_at), exact(wished.ends_at))]
    return merged(islice(repeated(wished), MOST_TIMES + 1))


def repeated(wished: WishedClosure) -> Iterator[Stretch]:
    starts, ends = local(wished.starts_at), local(wished.ends_at)
    nights = ends.date() - starts.date()
    for day in days_of(wished):
        yield moment(day, starts.time(), CITY), moment(day + nights, ends.time(), CITY)


def days_of(wished: WishedClosure) -> Iterator[date]:
    """Yield the days on which a time begins. The 29th of February comes in leap years only."""
    assert wished.until is not None
    weekly = wished.repeats == Closure.Repeats.WEEKLY
    rule = rrule.rrule(
        rrule.WEEKLY if weekly else rrule.YEARLY,
        dtstart=datetime.combine(local(wished.starts_at).date(), time.min),
        until=datetime.combine(wished.until, time.min),
        interval=wished.every if weekly else 1,
        byweekday=[weekday - 1 for weekday in wished.weekdays] if weekly else None,
    )
    return (day.date() for day in rule)


def problems_with(wished: WishedClosure, *, now: datetime) -> list[Problem]:
    """Return everything that is wrong with the wish as such, whoever has booked what."""
    if found := [*missing(wished), *wrong(wished, now=now)]:
        return found
    times = times_of(wished)
    return [*impossible(times, now=now), *too_much(wished.spaces, times)]


def missing(wished: WishedClosure) -> Iterator[Problem]:
    if not wished.spaces:
        yield Problem("no_spaces", _("Choose what is closed."), "spaces")
    if not wished.reason.get("reason_fi", "").strip():
        yield Problem("reason_missing", _("Give the reason in Finnish."), "reason_fi")
    if wished.repeats and not wished.until:
        yield Problem("last_day_missing", _("Say until which day it comes again."), "until")
    if wished.repeats == Closure.Repeats.WEEKLY and not set(wished.weekdays) & set(range(1, 8)):
        yield Problem("weekdays_missing", _("Choose the weekdays on which it comes again."), "weekdays")


def wrong(wished: WishedClosure, *, now: datetime) -> Iterator[Problem]:
    if exact(wished.ends_at) <= exact(wished.starts_at):
        yield Problem("ends_before_start", _("The end is after the start."), "ends_at")
    if not 1 <= wished.every <= MOST_WEEKS_BETWEEN:
        yield Problem("every_out_of_range", _("It comes again every 1 to 52 weeks."), "every")
    if wished.until and wished.until < local(wished.starts_at).date():
        yield Problem("last_day_before_first", _("The last day is not before the first."), "until")
    farthest = now + FARTHEST_CLOSURE
    if exact(wished.starts_at) > farthest or (wished.until and wished.until > local(farthest).date()):
        yield Problem("too_far", _("Closures can be planned for the next ten years."), "starts_at")


def impossible(times: Sequence[Stretch], *, now: datetime) -> Iterator[Problem]:
    if not times:
        yield Problem(
            "no_times", _("It never comes: no such day is between the first and the last."), "until"
        )
    elif times[-1][1] <= now:
        yield Problem("in_the_past", _("This time is already over."), "ends_at")
    if len(times) > MOST_TIMES:
        yield Problem("too_many_times", _("A closure has at most 1,000 times. Make several."), "until")
    if length_of(times) > LONGEST_IN_ALL:
        yield Problem("too_long", _("A closure lasts at most 400 days in all. Make several."), "ends_at")


def too_much(spaces: Sequence[Space], times: Sequence[Stretch]) -> Iterator[Problem]:
    if len(times) <= MOST_TIMES and len(spaces) * len(times) > MOST_IN_ALL:
        yield Problem(
            "too_much",
            _("These are too many times at too many spaces at once. Make several closures."),
            "until",
        )


def length_of(times: Iterable[Stretch]) -> timedelta:
    return sum((ends_at - starts_at for starts_at, ends_at in times), timedelta())


# --- Sets of time ---------------------------------------------------------------------------------


def without(stretches: Iterable[Stretch], holes: Sequence[Stretch]) -> list[Stretch]:
    """Return what is left of stretches. Both are in order, and do not overlap among themselves."""
    left, first = [], 0
    for start, end in stretches:
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        here = first
        while here < len(holes) and holes[here][0] < end:
            if start < holes[here][0]:
                left.append((start, holes[here][0]))
            start = holes[here][1]
            here += 1
        if start < end:
            left.append((start, end))
    return left
