"""A series, read back as one would say it."""

from collections import Counter
from collections.abc import Sequence
from copy import copy
from datetime import date

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from venues.clock import local
from venues.hours_in_words import clock, closing, dates_in_words, every_so_many_weeks

from .models import MissedDate, Occupancy, Series
from .recurrence import SeriesWish


def sentence(asked: Series | SeriesWish, *, last_on: date | None = None) -> str:
    """Say when: "Every Tuesday 18.00–19.30, 1.9.2026–25.5.2027, not on public holidays".

    `last_on` is the last day of a wish that says how often it comes instead.
    """
    days = dates_in_words(asked.first_on, asked.last_on or last_on)
    return ", ".join([f"{rhythm(asked)} {hours(asked)}", days, *left_out(asked)])


def short_sentence(asked: Series | SeriesWish) -> str:
    """Say the rhythm alone: "Every Tuesday 18.00–19.30"."""
    return f"{rhythm(asked)} {hours(asked)}"


def rhythm(asked: Series | SeriesWish) -> str:
    weekdays = sorted(set(asked.weekdays))
    if asked.every_weeks == 1 and len(weekdays) == 1:
        return _("Every %(weekday)s") % {"weekday": str(WEEKDAYS[weekdays[0] - 1])}
    every = every_so_many_weeks(asked.every_weeks) if asked.every_weeks > 1 else _("every week")
    return f"{capfirst(every)} {', '.join(str(WEEKDAYS_ABBR[weekday - 1]) for weekday in weekdays)}"


def hours(asked: Series | SeriesWish) -> str:
    return f"{clock(asked.starts)}–{closing(asked.ends)}"


def left_out(asked: Series | SeriesWish) -> list[str]:
    said = []
    if asked.without_holidays:
        said.append(_("not on public holidays"))
    if asked.without_breaks:
        said.append(_("not in school holidays"))
    return said


def as_it_is(series: Series, coming: Sequence[Occupancy]) -> Series:
    """Return the series with the clock times, the weekday and the space of most of its dates to come.

    They were changed since it was asked for, perhaps. Several weekdays stay as they were asked. Needs the
    dates' `space` loaded.
    """
    usual = [date for date in coming if not date.is_exception]
    if not usual:
        return series
    now = copy(series)
    times = Counter((local(date.starts_at).time(), local(date.ends_at).time()) for date in usual)
    spaces = Counter(date.space for date in usual)
    now.starts, now.ends = times.most_common(1)[0][0]
    now.space = spaces.most_common(1)[0][0]
    if len(series.weekdays) == 1:
        weekdays = Counter(local(date.starts_at).isoweekday() for date in usual)
        now.weekdays = [weekday for weekday, _count in weekdays.most_common(1)]
    return now


def reasons(missed: MissedDate) -> list[str]:
    """Return why a date was missed, as it was told then, in the reader's language."""
    language = (get_language() or "fi")[:2]
    return [problem.get(language) or problem["fi"] for problem in missed.problems]


def times(count: int) -> str:
    """35 times"""
    return ngettext("%(count)d time", "%(count)d times", count) % {"count": count}
