"""Opening hours read back in words, in the reader's language."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from itertools import groupby

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format, get_format, time_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.texts import text_of

from . import wording
from .audiences import Audience
from .models import OpeningException, OpeningRule, Timetable

Weekly = tuple[int, time, time]  # weekday from 1, opens, closes

# What narrows the days, the people or the holidays of a rule. Rules that agree in it share a sentence.
CONDITIONS = [
    field.name
    for field in OpeningRule._meta.fields
    if field.name not in {"id", "timetable", "weekdays", "opens", "closes"}
]
WHOM = {
    Audience.RESIDENTS: gettext_lazy("for residents"),
    Audience.ASSOCIATIONS: gettext_lazy("for associations and clubs"),
    Audience.MINORS: gettext_lazy("for clubs of minors"),
    Audience.VENUE: gettext_lazy("for the venue itself"),
}
SOME_LEAP_YEAR = 2024  # every day of a recurring season is in it


def sentences(timetable: Timetable, *, since: date | None = None) -> list[str]:
    """Read the rules back in the reader's language: "Ma–pe 17.00–22.00, la–su 9.00–20.00".

    First the rules, those that are alike but for weekday and time in one sentence, then the exceptional
    dates, days in a row together. What is over `since` then is left out.
    """
    rules = [
        row for row in timetable.rules.all() if not (since and row.valid_until) or row.valid_until >= since
    ]
    exceptions = [row for row in timetable.exceptions.all() if since is None or row.date >= since]
    return [
        *(rule_sentences(rules) or [weekly_sentence([])]),
        *exception_sentences(exceptions),
    ]


def exception_sentences(exceptions: Iterable[OpeningException]) -> Iterator[str]:
    """Yield a sentence for each exceptional date; days in a row of which the same is said share one."""
    days = [(day, said_of(list(rows))) for day, rows in groupby(exceptions, lambda row: row.date)]
    # Days in a row differ from their place in the list by the same number.
    in_a_row = groupby(enumerate(days), lambda place: (place[1][0].toordinal() - place[0], place[1][1]))
    for (_number, said), alike in in_a_row:
        first, *_between, last = [day for _place, (day, _said) in alike] * 2
        when = date_format(first, "DATE_FORMAT")
        if last != first:
            when = f"{when} – {date_format(last, 'DATE_FORMAT')}"
        yield f"{capfirst(when)}: {said}"


def rule_sentences(rules: Iterable[OpeningRule]) -> list[str]:
    """Return a sentence for all rules that are alike, in the order of their first ones."""
    alike: dict[str, list[OpeningRule]] = {}
    for rule in rules:
        alike.setdefault(repr([getattr(rule, name) for name in CONDITIONS]), []).append(rule)
    return [joint_sentence(group) for group in alike.values()]


def joint_sentence(rules: Sequence[OpeningRule]) -> str:
    """Read rules back that differ in weekdays and times only, or one.

    "Ma–pe 17.00–22.00 lukukausina, vain asukkaille; pyhäpäivinä suljettu"
    """
    one = rules[0]
    weekly = [(day, rule.opens, rule.closes) for rule in rules for day in rule.weekdays]
    days, when = weekly_sentence(weekly), ", ".join(when_in_words(one))
    # What follows a list of several days by a comma would seem to be said of the last one only.
    tail = ", ".join(filter(None, [when, *whom_in_words(one)]))
    glue = "; " if ", " in days else " " if when else ", "
    return "; ".join(filter(None, [days + (f"{glue}{tail}" if tail else ""), holidays_in_words(one)]))


# --- The usual week -------------------------------------------------------------------------------


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
    return clock(value) if value != time.min else wording.end_of_day()


# --- What narrows it ------------------------------------------------------------------------------


def when_in_words(rule: OpeningRule) -> Iterator[str]:
    """Yield which weeks and which part of the year a rule is for, if not all."""
    if rule.week_parity:
        yield _("in odd weeks") if rule.week_parity == OpeningRule.WeekParity.ODD else _("in even weeks")
    if rule.every_weeks > 1 and rule.weeks_from:
        year, week, _weekday = rule.weeks_from.isocalendar()
        every = _("every other week") if rule.every_weeks == 2 else every_so_many_weeks(rule.every_weeks)
        yield _("%(every)s counted from week %(week)d/%(year)d") % {
            "every": every,
            "week": week,
            "year": year,
        }
    if rule.terms:
        yield _("in school terms") if rule.terms == OpeningRule.Terms.IN_TERM else _("outside school terms")
    if rule.season_from and rule.season_until:
        yield f"{season_day(rule.season_from)}–{season_day(rule.season_until)}"
    if rule.valid_from or rule.valid_until:
        yield dates_in_words(rule.valid_from, rule.valid_until)


def every_so_many_weeks(number: int) -> str:
    return ngettext("every %(count)d week", "every %(count)d weeks", number) % {"count": number}


def season_day(number: int) -> str:
    """1.9. for 901"""
    return date_format(date(SOME_LEAP_YEAR, *divmod(number, 100)), without_weekday("MONTH_DAY_FORMAT"))


def without_weekday(name: str) -> str:
    return get_format(name).removeprefix("D ")


def dates_in_words(first: date | None, last: date | None) -> str:
    """1.1.2027–31.5.2027, and the same with one end open"""
    days = [date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in (first, last)]
    if first and last:
        return "–".join(days)
    return _("from %(day)s") % {"day": days[0]} if first else _("until %(day)s") % {"day": days[1]}


def for_whom(open_to: Iterable[str]) -> str:
    """Say for whom it is, in the order in which they are always named; nothing if it is for everyone."""
    named = [str(word) for audience, word in WHOM.items() if audience in open_to]
    if Audience.EVERYONE in open_to or not named:
        return ""
    *others, last = named
    joint = _("and")
    return _("only %(for_whom)s") % {"for_whom": f"{', '.join(others)} {joint} {last}" if others else last}


def holidays_in_words(rule: OpeningRule) -> str:
    """Say how public holidays are different. A rule that says nothing of them holds on all its weekdays."""
    match rule.on_holidays:
        case OpeningRule.OnHolidays.CLOSED:
            return _("closed on public holidays")
        case OpeningRule.OnHolidays.AS_SUNDAY:
            return _("public holidays as Sundays")
        case _normal:
            return ""


# --- Days that are different ----------------------------------------------------------------------


def exception_sentence(day: date, rows: Sequence[OpeningException]) -> str:
    """Read one day back: "La 26.12.2026: 12.00–18.00, vain asukkaille (Tapaninpäivä)"."""
    return f"{capfirst(date_format(day, 'DATE_FORMAT'))}: {said_of(rows)}"


def said_of(rows: Sequence[OpeningException]) -> str:
    """Say what is so on an exceptional date, and why."""
    open_rows = [row for row in rows if row.opens]
    said = "; ".join(
        ", ".join(filter(None, [times_in_words(times_of(alike)), *whom]))
        for whom, alike in groupby(open_rows, whom_in_words)
    )
    reasons = ", ".join(dict.fromkeys(str(text_of(row, "reason")) for row in rows if row.reason_fi))
    return (said or _("closed")) + (f" ({reasons})" if reasons else "")


def times_of(rows: Iterable[OpeningException]) -> list[tuple[time, time]]:
    return sorted((row.opens, row.closes) for row in rows if row.opens and row.closes)


def whom_in_words(row: OpeningRule | OpeningException) -> list[str]:
    """Return for whom it is and whether nobody of the staff is there; two empty strings as a rule."""
    return [for_whom(row.open_to), "" if row.is_staffed else _("no staff present")]
