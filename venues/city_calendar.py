"""The days of the city: public holidays, and when its schools are in term."""

from datetime import date
from functools import cache

import holidays
from django.utils.translation import get_language

from .models import SchoolPeriod
from .opening_hours import Calendar

COUNTRY = "FI"
LANGUAGES = {"fi": "fi", "sv": "sv_FI", "en": "en_US"}


def between(first: date, last: date) -> Calendar:
    """Return what the days from `first` to `last` are. One query."""
    return calendar(SchoolPeriod.objects.filter(first__lte=last, last__gte=first), first, last)


def calendar(periods, first: date, last: date) -> Calendar:
    """Return what the days are if these, stored or not, are the terms and breaks."""
    by_kind: dict[str, list[tuple[date, date]]] = {kind: [] for kind in SchoolPeriod.Kind.values}
    for period in periods:
        by_kind[period.kind].append((period.first, period.last))
    years = range(first.year, last.year + 1)
    days = frozenset(day for year in years for day in holidays_of(year) if first <= day <= last)
    return Calendar(days, tuple(sorted(by_kind["term"])), tuple(sorted(by_kind["break"])))


@cache
def holidays_of(year: int, language: str = "fi") -> dict[date, str]:
    """Return the public holidays of a year and their names, Midsummer Eve and Christmas Eve among them."""
    return dict(holidays.country_holidays(COUNTRY, years=year, language=LANGUAGES[language]))


def name_of(day: date) -> str:
    """Return the name of a public holiday in the reader's language, or nothing for any other day."""
    return holidays_of(day.year, (get_language() or "fi")[:2]).get(day, "")
