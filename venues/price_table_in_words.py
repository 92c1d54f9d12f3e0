"""What a space costs, as a table that anybody can read: which prices could hold for the one who looks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from . import hours_in_words, price_words
from .clock import local
from .models import PriceListVersion, PriceRow
from .money import euros
from .prices import TIME, Charge, Priced, Tables, fits, vat_category


@dataclass(frozen=True)
class ShownRow:
    """Under which conditions, and what it costs then."""

    conditions: str
    price: str


@dataclass(frozen=True)
class ShownTable:
    """The prices of a version for a space and for who asks, and what is added to them."""

    version: PriceListVersion
    rows: Sequence[ShownRow]
    tax: str
    add_ons: Sequence[ShownRow]


def table_of(priced: Priced, tables: Tables) -> ShownTable | None:
    """Return the prices that hold on the first day of a use, whatever its time and kind; None without any."""
    day = local(priced.starts_at).date()
    version = tables.version_on(priced.space.price_list_id, day)
    if version is None:
        return None
    found = rows_for(priced, tables.rows.get(version.pk, ()))
    rows = [row_in_words(row, priced, version, is_first=row is found[0]) for row in found]
    add_ons = [
        ShownRow(str(add_on.name), unit_in_words(add_on.unit, add_on.cents))
        for add_on in tables.add_ons.get(version.pk, ())
    ]
    return ShownTable(version, rows, tax_in_words(priced, version, tables, day), add_ons)


def rows_for(priced: Priced, rows: Sequence[PriceRow]) -> list[PriceRow]:
    """Return the rows that can be the price of some time and use: none behind one that always goes first."""
    found: list[PriceRow] = []
    for row in rows:
        is_theirs = fits(row, replace(priced, purpose_id=row.purpose_id))
        if is_theirs and not any(holds_whenever(earlier, row) for earlier in found):
            found.append(row)
    return found


def holds_whenever(earlier: PriceRow, later: PriceRow) -> bool:
    """Whether an earlier row holds at every time and for every use for which the later one does."""
    return (
        earlier.purpose_id in (None, later.purpose_id)
        and set(earlier.weekdays) >= set(later.weekdays)
        and times_of(earlier) in ((None, None), times_of(later))
        and (earlier.season_from, earlier.season_until)
        in ((None, None), (later.season_from, later.season_until))
    )


def times_of(row: PriceRow) -> tuple:
    return row.from_time, row.until_time


def row_in_words(row: PriceRow, priced: Priced, version: PriceListVersion, *, is_first: bool) -> ShownRow:
    charge = Charge(
        TIME, priced.starts_at, priced.ends_at, local(priced.starts_at).date(), version, Fraction(), row
    )
    said = ", ".join([*price_words.conditions(charge, row), *band(row)])
    if not said:
        said = _("Always") if is_first else _("Otherwise")
    return ShownRow(said[:1].upper() + said[1:], price_in_words(row))


def band(row: PriceRow) -> Iterator[str]:
    """16.00–22.00"""
    if row.from_time is not None and row.until_time is not None:
        yield f"{hours_in_words.clock(row.from_time)}–{hours_in_words.clock(row.until_time)}"


def price_in_words(row: PriceRow) -> str:
    limits = []
    if row.min_cents is not None:
        limits.append(_("at least %(amount)s") % {"amount": euros(row.min_cents)})
    if row.max_cents is not None:
        limits.append(_("at most %(amount)s") % {"amount": euros(row.max_cents)})
    return ", ".join([unit_in_words(row.unit, row.cents), *limits])


def unit_in_words(unit: str, cents: int) -> str:
    said = {"amount": euros(cents)}
    match unit:
        case PriceRow.Unit.HOUR:
            return _("%(amount)s an hour") % said
        case PriceRow.Unit.HALF_HOUR:
            return _("%(amount)s for every half-hour begun") % said
        case PriceRow.Unit.BOOKING:
            return _("%(amount)s a booking") % said
        case PriceRow.Unit.DAY:
            return _("%(amount)s a day") % said
        case _free:
            return _("free of charge")


def tax_in_words(priced: Priced, version: PriceListVersion, tables: Tables, day: date) -> str:
    """Say what VAT is in the prices, or comes on top; nothing where none is."""
    rate = tables.rate_on(vat_category(version, priced, tables), day)
    if not rate:
        return ""
    included, added = _("The prices include VAT %(percent)s."), _("VAT %(percent)s is added to the prices.")
    said = (included if version.includes_vat else added) % {"percent": price_words.percent(rate)}
    if any(rule.purpose_id for rule in tables.vat_rules.get(version.pk, ())):
        said += " " + _("For some kinds of use the rate is another.")
    return said
