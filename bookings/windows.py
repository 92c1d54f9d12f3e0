"""Windows of time that somebody asks about, told in local time: "weekday evenings of the next two weeks"."""

from collections.abc import Collection
from datetime import date, time, timedelta

from venues import opening_hours
from venues.clock import CITY
from venues.opening_hours import Calendar, Rule

from .availability import Stretch

EVERY_DAY = range(1, 8)


def same_time(
    first: date, last: date, weekdays: Collection[int], begins: time, length: timedelta
) -> list[Stretch]:
    """Return the stretch of that length that begins at a clock time on each such weekday, in UTC."""
    days = (day for day in opening_hours.days_from(first, last) if day.isoweekday() in weekdays)
    starts = [opening_hours.moment(day, begins, CITY) for day in days]
    return [(start, start + length) for start in starts]


def windows(
    first: date,
    last: date,
    weekdays: Collection[int] = EVERY_DAY,
    time_from: time = time.min,
    time_to: time = time.min,
) -> list[Stretch]:
    """Return the stretches between two clock times on such weekdays of the days, both included, in UTC.

    Weekdays count from 1, Monday. A time_to at or before time_from is on the next day: 00:00 ends the day,
    and a night belongs to the day on which it begins. Stretches that touch are one, so whole days in a row
    can be booked over midnight. A clock change makes them as much longer or shorter as the day itself.
    """
    asked = Rule(frozenset(weekdays), time_from, time_to)
    spans = opening_hours.openings([asked], [], Calendar(), first=first, last=last, tz=CITY)
    return [(span.starts_at, span.ends_at) for span in spans]
