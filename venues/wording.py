"""How times, lengths and distances are written, in the reader's language.

Instants are told in the city's own time, whatever zone the server or the database session is in. The
formats themselves stand in `config/formats`.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TypeVar

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import get_language, gettext, ngettext

from .clock import local

MIDNIGHT = time(0)

T = TypeVar("T")


def local_date(value: date) -> date:
    """Return a date as it is, and an instant's date in the city."""
    return local(value).date() if isinstance(value, datetime) else value


def written(value: date | time, form: str) -> str:
    """Write a date or a clock time by a format of the reader's language."""
    return written_in(get_language(), value, form)


@lru_cache(maxsize=4000)
def written_in(language: str | None, value: date | time, form: str) -> str:
    """Remember what was written in the language that is spoken: a page repeats a few days and hours often."""
    return time_format(value, form) if isinstance(value, time) else date_format(value, form)


def day(value: date) -> str:
    """la 28.11.2026"""
    return written(local_date(value), "DATE_FORMAT")


def short_day(value: date) -> str:
    """la 28.11."""
    return written(local_date(value), "MONTH_DAY_FORMAT")


def weekday(value: date) -> str:
    """lauantai"""
    return written(local_date(value), "l")


def month(value: date) -> str:
    """marraskuu 2026"""
    return written(local_date(value), "YEAR_MONTH_FORMAT")


def by_month(rows: Iterable[T], *, key: Callable[[T], date]) -> list[tuple[str, list[T]]]:
    """Return rows, which are in order of time, under the names of their months."""
    return [(name, list(of_month)) for name, of_month in groupby(rows, key=lambda row: month(key(row)))]


def clock_time(instant: datetime) -> str:
    """18.00, and in the hour that the autumn night has twice, which of the two."""
    here = local(instant)
    text = written(here.time(), "TIME_FORMAT")
    if here.utcoffset() == here.replace(fold=1 - here.fold).utcoffset():
        return text
    season = gettext("summer time") if here.dst() else gettext("winter time")
    return f"{text} ({season})"


def times(start: datetime, end: datetime) -> str:
    """Write a stretch of time on one day: 18.00–19.30.

    One that ends at midnight ends at 24.00; one that ends on another day says on which:
    22.00 – su 29.11. 2.00.
    """
    last = local(end)
    days = (last.date() - local(start).date()).days
    if days == 0:
        return f"{clock_time(start)}–{clock_time(end)}"
    if days == 1 and last.time() == MIDNIGHT:
        return f"{clock_time(start)}–{end_of_day()}"
    return f"{clock_time(start)} – {short_day(end)} {clock_time(end)}"


def end_of_day() -> str:
    """24.00"""
    return written(MIDNIGHT, "TIME_FORMAT").replace("0", "24", 1)


def when(start: datetime, end: datetime) -> str:
    """la 28.11. 18.00–19.30"""
    return f"{short_day(start)} {times(start, end)}"


def full_when(start: datetime, end: datetime) -> str:
    """la 28.11.2026 18.00–19.30"""
    return f"{day(start)} {times(start, end)}"


def duration(length: timedelta) -> str:
    """1 h 30 min; whole days are counted as such: 2 days 3 h."""
    minutes = round(length.total_seconds() / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        ngettext("%(count)d day", "%(count)d days", days) % {"count": days} if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
    ]
    return " ".join(filter(None, parts)) or "0 min"


def minutes(count: int) -> str:
    """1 h 30 min for 90"""
    return duration(timedelta(minutes=count))


def distance(metres: float) -> str:
    """350 m, 1,2 km, 12 km: no more exact than anyone walks."""
    if metres < 975:
        return f"{round(metres / 50) * 50} m"
    decimals = 1 if metres < 9950 else 0
    # Rounded here, because number_format would cut off.
    return f"{number_format(round(metres / 1000, decimals), decimal_pos=decimals)} km"
