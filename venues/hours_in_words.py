"""Opening hours read back in words, in the reader's language."""

from collections.abc import Iterable, Sequence
from datetime import date, time
from itertools import groupby

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format, time_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .models import OpeningException, Timetable
from .texts import text_of

Weekly = tuple[int, time, time]  # weekday from 1, opens, closes


def sentences(timetable: Timetable, *, since: date | None = None) -> list[str]:
    """Read the rules back in the reader's language: "Ma–pe 17.00–22.00, la–su 9.00–20.00".

    First the weekly hours, then a sentence for each exceptional date, from `since` on.
    """
    exceptions = [row for row in timetable.exceptions.all() if since is None or row.date >= since]
    return [
        weekly_sentence(
            (weekday, row.opens, row.closes) for row in timetable.rules.all() for weekday in row.weekdays
        ),
        *(exception_sentence(day, list(rows)) for day, rows in groupby(exceptions, lambda row: row.date)),
    ]


def weekly_sentence(weekly: Iterable[Weekly]) -> str:
    hours: dict[int, list[tuple[time, time]]] = {day: [] for day in range(1, 8)}
    for weekday, opens, closes in sorted(weekly):
        hours[weekday].append((opens, closes))
    runs = [(list(days), times) for times, days in groupby(hours, hours.__getitem__) if times]
    said = ", ".join(f"{days_in_words(days)} {times_in_words(times)}" for days, times in runs)
    return capfirst(said or _("no regular opening hours"))


def days_in_words(days: Sequence[int]) -> str:
    if len(days) == 7:
        return _("every day")
    names = [str(WEEKDAYS_ABBR[day - 1]) for day in days]
    return names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}"


def times_in_words(times: Iterable[tuple[time, time]]) -> str:
    joint = _("and")
    return f" {joint} ".join(f"{clock(opens)}–{closing(closes)}" for opens, closes in times)


def clock(value: time) -> str:
    return time_format(value, "TIME_FORMAT")


def closing(value: time) -> str:
    """A day ends at 24.00 and begins at 0.00."""
    return clock(value) if value != time.min else clock(value).replace("0", "24", 1)


def exception_sentence(day: date, rows: Sequence[OpeningException]) -> str:
    times = sorted((row.opens, row.closes) for row in rows if row.opens and row.closes)
    said = times_in_words(times) if times else _("closed")
    reasons = ", ".join(dict.fromkeys(str(text_of(row, "reason")) for row in rows if row.reason_fi))
    return f"{capfirst(date_format(day, 'DATE_FORMAT'))}: {said}" + (f" ({reasons})" if reasons else "")
