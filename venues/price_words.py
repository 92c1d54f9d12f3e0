"""The lines of a price in words: "la 10.00–13.00, viikonloppu, yhdistys: 3 h × 20,34 €"."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.texts import LANGUAGES

from . import hours_in_words, wording
from .clock import local
from .models import AddOn, PriceRow
from .models.prices import EVERY_DAY
from .money import NO_BREAK, euros

if TYPE_CHECKING:
    from .prices import Charge

LONGEST = 300  # characters of a stored line
WEEKDAYS, WEEKEND = [1, 2, 3, 4, 5], [6, 7]
QUARTER = 15  # minutes: of an hour, it is written without loss


def in_each_language(charge: "Charge") -> dict[str, str]:
    """Return what a line says, by language. Who made the lists has given the names of groups and uses."""
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = sentence(charge)[:LONGEST]
    return said


def sentence(charge: "Charge") -> str:
    """Say in the language that is spoken when, why and how an amount comes about."""
    if charge.limit:
        return limit(charge)
    if charge.add_on:
        reasons, how = [str(charge.add_on.name)], of_add_on(charge, charge.add_on)
    else:
        assert charge.row
        reasons, how = [when(charge), *conditions(charge, charge.row)], of_row(charge, charge.row)
    return f"{', '.join(reasons)}: {how}{tax(charge)}"


def when(charge: "Charge") -> str:
    """la 10.00–13.00"""
    weekday = wording.written(local(charge.starts_at).date(), "D")
    return f"{weekday} {wording.times(charge.starts_at, charge.ends_at)}"


def limit(charge: "Charge") -> str:
    assert charge.row
    if charge.limit == "min":
        said = _("Lowest charge %(amount)s: the rest of it") % {"amount": euros(charge.row.min_cents or 0)}
    else:
        said = _("Highest charge %(amount)s: what is over it") % {"amount": euros(charge.row.max_cents or 0)}
    return said + tax(charge)


def conditions(charge: "Charge", row: PriceRow) -> Iterator[str]:
    """Yield what made this price hold and no other, in the order in which people ask."""
    if sorted(row.weekdays) != EVERY_DAY:
        yield days(charge, sorted(row.weekdays))
    if row.season_from and row.season_until:
        first, last = hours_in_words.season_day(row.season_from), hours_in_words.season_day(row.season_until)
        yield f"{first}–{last}"
    if row.part_percent is not None and row.part_percent < 100:
        yield _("part of the hall")
    if row.supervision:
        yield within(row.get_supervision_display())
    if row.price_group:
        yield within(str(row.price_group.name))
    if row.purpose:
        yield within(str(row.purpose.name))


def days(charge: "Charge", weekdays: Sequence[int]) -> str:
    if charge.is_holiday and charge.version.holidays_as_sunday:
        return _("public holiday")
    if weekdays == WEEKEND:
        return _("weekend")
    return _("weekday") if weekdays == WEEKDAYS else listed(weekdays)


def listed(weekdays: Sequence[int]) -> str:
    """ma–to for days in a row, ma, ke for others"""
    names = [hours_in_words.days_in_words([day]) for day in weekdays]
    is_run = weekdays[-1] - weekdays[0] == len(weekdays) - 1
    return hours_in_words.days_in_words(weekdays) if is_run else ", ".join(names)


def within(name: str) -> str:
    """Write a name within a sentence."""
    return name[:1].lower() + name[1:]


def of_row(charge: "Charge", row: PriceRow) -> str:
    match row.unit:
        case PriceRow.Unit.HOUR:
            return hourly(charge, row.cents)
        case PriceRow.Unit.HALF_HOUR:
            count = int(-(-charge.minutes // 30))
            begun = ngettext("%(count)d half-hour begun", "%(count)d half-hours begun", count)
            return f"{begun % {'count': count}} × {euros(row.cents)}"
        case PriceRow.Unit.BOOKING:
            return _("%(amount)s a booking") % {"amount": euros(row.cents)}
        case PriceRow.Unit.DAY:
            return _("%(amount)s a day") % {"amount": euros(row.cents)}
        case _free:
            return _("free of charge")


def of_add_on(charge: "Charge", add_on: AddOn) -> str:
    return hourly(charge, add_on.cents) if add_on.unit == AddOn.Unit.HOUR else euros(add_on.cents)


def hourly(charge: "Charge", cents: int) -> str:
    """3 h × 20,34 €; what is no number of quarters is said in minutes: 1 h 20 min × 20,34 €/h."""
    if charge.minutes % QUARTER:
        return f"{wording.duration(timedelta(minutes=float(charge.minutes)))} × {euros(cents)}/h"
    return f"{number(Decimal(int(charge.minutes)) / 60)} h × {euros(cents)}"


def tax(charge: "Charge") -> str:
    """Say what is added to a price that is told without VAT."""
    if charge.version.includes_vat or not charge.cents:
        return ""
    return _(" + VAT %(percent)s") % {"percent": percent(charge.vat_percent)}


def percent(rate: Decimal) -> str:
    """25,5 %"""
    return f"{number(rate)}{NO_BREAK}%"


def number(value: Decimal) -> str:
    """1,5 for 1.50: no more decimals than it has."""
    plain = value.normalize()
    return number_format(plain if plain != plain.to_integral() else int(plain))
