"""The city's own time. Instants are stored in UTC; opening hours and pages speak local time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

CITY = ZoneInfo(settings.CITY_TIME_ZONE)
MINUTES_A_DAY = 24 * 60


def local(instant: datetime) -> datetime:
    """Return the instant as the city's clocks show it."""
    return instant.astimezone(CITY)


def exact(instant: datetime) -> datetime:
    """Return the same instant in UTC, where Python's arithmetic is true.

    Between two times of one zone Python compares and subtracts what the clocks show, which is an hour wrong
    on both nights of clock change. The calendar's first and last hours stay where they are.
    """
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return instant.replace(tzinfo=UTC)


def at(day: date, clock: time = time.min) -> datetime:
    """Return the instant at which the city's clocks show this time on this day.

    A time that the spring change skips is read as the clocks would have shown it without the change; of
    a time that the autumn change doubles, the first pass is meant.
    """
    return datetime.combine(day, clock, CITY)


def last_day(ends_at: datetime) -> date:
    """Return the city's day on which something ends. What ends at midnight ends on the day before."""
    return local(ends_at - timedelta(microseconds=1)).date()


def minute_of_day(clock: time) -> int:
    return clock.hour * 60 + clock.minute
