"""What the use of a space costs, line by line. Plain values in, lines out; no database.

Time is cut wherever another price may hold: at the city's midnights and where bands begin and end. Exact
amounts are fractions of a cent; each line is rounded once, halves up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from accounts.problems import Problem, Refused

from . import price_words
from .clock import CITY, exact, last_day, local
from .fields import pieces
from .models import AddOn, PriceListVersion, PriceRow, Space, VatRule
from .opening_hours import A_DAY, SUNDAY, Stretch, days_from, lies_in_season, moment

HALF_HOUR = 30  # minutes
TIME, LIMIT, ADD_ON = "time", "limit", "add_on"  # kinds of lines


@dataclass(frozen=True)
class Priced:
    """What has a price: the use of a space, from when to when, by whom and for what.

    Needs the space's `venue` loaded, and `part_of` if it is a part.
    """

    space: Space
    starts_at: datetime
    ends_at: datetime
    price_group_id: int | None = None
    purpose_id: int | None = None
    organisation_kind: str = ""  # empty: a person for themselves
    add_ons: tuple[str, ...] = ()  # codes, one for each that is wanted

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_at", exact(self.starts_at))
        object.__setattr__(self, "ends_at", exact(self.ends_at))


@dataclass(frozen=True)
class Line:
    """One line of a price, rounded. `kind`: time, limit or add_on; `text` by language, as it is shown."""

    kind: str
    text: dict[str, str]
    starts_at: datetime | None
    ends_at: datetime | None
    row: PriceRow | None
    net_cents: int
    vat_cents: int
    gross_cents: int
    vat_percent: Decimal
    supplied_on: date


@dataclass(frozen=True)
class Tables:
    """Price lists with all that they name, as `price_tables` reads them."""

    versions: Mapping[int, Sequence[PriceListVersion]]  # by price list, the newest first
    rows: Mapping[int, Sequence[PriceRow]]  # by version, from the top
    vat_rules: Mapping[int, Sequence[VatRule]]  # by version, from the top
    add_ons: Mapping[int, Sequence[AddOn]]  # by version
    rates: Mapping[int, Sequence[tuple[date, Decimal]]]  # by VAT category, the newest first
    holidays: frozenset[date] = frozenset()

    def version_on(self, price_list_id: int | None, day: date) -> PriceListVersion | None:
        versions = self.versions.get(price_list_id, ()) if price_list_id else ()
        return next((version for version in versions if version.valid_from <= day), None)

    def rate_on(self, category_id: int, day: date) -> Decimal | None:
        return next((percent for first, percent in self.rates.get(category_id, ()) if first <= day), None)


class Piece(NamedTuple):
    """Time of one day of the city's throughout which one row holds."""

    starts_at: datetime
    ends_at: datetime
    day: date
    version: PriceListVersion
    row: PriceRow

    @property
    def minutes(self) -> Fraction:
        return minutes_between(self.starts_at, self.ends_at)


@dataclass(frozen=True)
class Charge:
    """What will be a line, before it is rounded. `cents` are as the list says them, with VAT or without."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    day: date  # on which it is supplied
    version: PriceListVersion
    cents: Fraction
    row: PriceRow | None = None
    add_on: AddOn | None = None
    limit: str = ""  # "min" or "max"
    is_holiday: bool = False
    vat_percent: Decimal = Decimal()

    @property
    def minutes(self) -> Fraction:
        return minutes_between(self.starts_at, self.ends_at)


NO_PRICE = Problem(
    "no_price", _("No price is set for this time. Ask the venue what it costs, or choose another time.")
)
NO_VAT_RATE = Problem(
    "no_vat_rate", _("The price cannot be told, because no VAT rate is set for this day. Ask the venue.")
)
NO_ADD_ON = Problem("add_on_unknown", _("One of the extras cannot be had here."), "add_ons")


def lines_of(priced: Priced, tables: Tables) -> list[Line]:
    """Return what a use costs, line by line; nothing where the space has no price list.

    Raises `Refused` (`no_price`, `no_vat_rate`, `add_on_unknown`) if nobody can say: a list with a gap
    never makes anything free.
    """
    if priced.space.price_list_id is None or priced.starts_at >= priced.ends_at:
        return []
    times = [rounded(charge) for charge in charges_of(priced, tables)]
    limits = [rounded(charge) for charge in limits_of(times)]
    extras = [rounded(charge) for charge in add_ons_of(priced, tables)]
    return [line for _charge, line in [*times, *limits, *extras]]


def charges_of(priced: Priced, tables: Tables) -> list[Charge]:
    """Return what the time of a use costs, exactly, in the order of time."""
    charges = [charged(alike) for alike in charged_once(pieces_of(priced, tables))]
    return [
        replace(taxed(charge, priced, tables), is_holiday=charge.day in tables.holidays)
        for charge in sorted(charges, key=lambda charge: charge.starts_at)
    ]


# --- Which row holds when -------------------------------------------------------------------------


def pieces_of(priced: Priced, tables: Tables) -> list[Piece]:
    """Cut a use into the time of days and rows; neighbours of one day under one row are one piece."""
    found: list[Piece] = []
    for day in days_from(local(priced.starts_at).date(), last_day(priced.ends_at)):
        version = tables.version_on(priced.space.price_list_id, day)
        if version is None:
            raise Refused(NO_PRICE)
        rows = [
            row
            for row in tables.rows.get(version.pk, ())
            if fits(row, priced) and fits_day(row, day, version, tables.holidays)
        ]
        for start, end in cut(priced, day, rows):
            row = next((row for row in rows if holds_at(row, start, day)), None)
            if row is None:
                raise Refused(NO_PRICE)
            if found and found[-1].day == day and found[-1].row is row:
                found[-1] = found[-1]._replace(ends_at=end)
            else:
                found.append(Piece(start, end, day, version, row))
    return found


def fits(row: PriceRow, priced: Priced) -> bool:
    """Whether a row is for such a space, group and purpose, whenever it is."""
    space = priced.space
    hall = space.part_of or space
    area = hall.floor_area
    return (
        row.price_group_id in (None, priced.price_group_id)
        and row.purpose_id in (None, priced.purpose_id)
        and row.venue_kind in ("", space.venue.kind)
        and row.hall_id in (None, hall.pk)
        and row.supervision in ("", space.supervision or hall.supervision)
        and (row.area_from is None or (area is not None and area >= row.area_from))
        and (row.area_below is None or (area is not None and area < row.area_below))
        and (row.part_percent is None or share_of_hall(space) <= row.part_percent)
    )


def share_of_hall(space: Space) -> int:
    """Return how much of its hall's floor a space covers, in whole per cent: a third is 33."""
    return 100 * len(pieces(space.footprint)) // len(pieces(space.hall_footprint or space.footprint))


def fits_day(row: PriceRow, day: date, version: PriceListVersion, holidays: frozenset[date]) -> bool:
    is_sunday = version.holidays_as_sunday and day in holidays
    if (SUNDAY if is_sunday else day.isoweekday()) not in row.weekdays:
        return False
    if row.season_from is None or row.season_until is None:
        return True
    return lies_in_season(day, row.season_from, row.season_until)


def cut(priced: Priced, day: date, rows: Iterable[PriceRow]) -> Iterator[Stretch]:
    """Yield what a use has of a day, cut where a band begins or ends."""
    start = max(priced.starts_at, moment(day, time.min, CITY))
    end = min(priced.ends_at, moment(day + A_DAY, time.min, CITY))
    edges = {edge for row in rows for edge in band(row, day) if start < edge < end}
    return pairwise(sorted({start, end} | edges))


def band(row: PriceRow, day: date) -> Stretch:
    """Return from when to when a row holds on a day."""
    until = row.until_time or time.min
    last = day + A_DAY if until == time.min else day
    return moment(day, row.from_time or time.min, CITY), moment(last, until, CITY)


def holds_at(row: PriceRow, instant: datetime, day: date) -> bool:
    starts_at, ends_at = band(row, day)
    return starts_at <= instant < ends_at


# --- What that comes to ---------------------------------------------------------------------------


def charged_once(found: Iterable[Piece]) -> list[list[Piece]]:
    """Return together the pieces that one charge is for: all of a booking, those of a day, or one alone."""
    alike: dict[tuple, list[Piece]] = {}
    for piece in found:
        key: tuple = (piece.row.pk, piece.day, piece.starts_at)
        if piece.row.unit in (PriceRow.Unit.BOOKING, PriceRow.Unit.DAY):
            key = key[:1] if piece.row.unit == PriceRow.Unit.BOOKING else key[:2]
        alike.setdefault(key, []).append(piece)
    return list(alike.values())


def charged(alike: Sequence[Piece]) -> Charge:
    first, last = alike[0], alike[-1]
    cents = price(first.row, first.minutes)
    return Charge(TIME, first.starts_at, last.ends_at, first.day, first.version, cents, row=first.row)


def price(row: PriceRow, minutes: Fraction) -> Fraction:
    match row.unit:
        case PriceRow.Unit.HOUR:
            return minutes / 60 * row.cents
        case PriceRow.Unit.HALF_HOUR:
            return Fraction(half_hours_begun(minutes) * row.cents)
        case _once:
            return Fraction(row.cents)


def half_hours_begun(minutes: Fraction) -> int:
    return -(-minutes // HALF_HOUR)


def minutes_between(start: datetime, end: datetime) -> Fraction:
    """Return the minutes that pass between two exact instants."""
    length = end - start
    return Fraction(length.days * 24 * 60) + Fraction(
        length.seconds * 10**6 + length.microseconds, 60 * 10**6
    )


def limits_of(lines: Sequence[tuple[Charge, Line]]) -> Iterator[Charge]:
    """Yield what the lowest or the highest charge adds to a date or takes off it, by the rows that were met.

    The greatest of the lowest and the smallest of the highest hold; where they contradict, the highest. A
    list that includes VAT limits the gross amount, another one the net.
    """
    lowest = [(c.row.min_cents, c) for c, _line in lines if c.row and c.row.min_cents is not None]
    highest = [(c.row.max_cents, c) for c, _line in lines if c.row and c.row.max_cents is not None]
    most, by_most = min(highest, key=itemgetter(0), default=(None, None))
    least, by_least = max(lowest, key=itemgetter(0), default=(None, None))
    if most is not None and by_most and (excess := stated(lines, by_most) - most) > 0:
        yield from taken(excess, by_most, lines)
    elif least is not None and by_least:
        lack = (least if most is None else min(least, most)) - stated(lines, by_least)
        if lack > 0:
            yield replace(by_least, kind=LIMIT, limit="min", cents=Fraction(lack))


def stated(lines: Iterable[tuple[Charge, Line]], limit: Charge) -> int:
    """Return what lines come to in the terms of the list that limits them."""
    return sum(amount_of(line, limit.version) for _charge, line in lines)


def amount_of(line: Line, version: PriceListVersion) -> int:
    return line.gross_cents if version.includes_vat else line.net_cents


def taken(excess: int, limit: Charge, lines: Iterable[tuple[Charge, Line]]) -> Iterator[Charge]:
    """Yield what is taken off each rate of VAT: of the biggest sum first, and never more than there is."""
    by_rate: dict[Decimal, int] = defaultdict(int)
    for _charge, line in lines:
        by_rate[line.vat_percent] += amount_of(line, limit.version)
    for percent, there in sorted(by_rate.items(), key=lambda rate: -rate[1]):
        if cents := min(excess, there):
            excess -= cents
            yield replace(limit, kind=LIMIT, limit="max", cents=Fraction(-cents), vat_percent=percent)


def add_ons_of(priced: Priced, tables: Tables) -> Iterator[Charge]:
    """Yield what is had beside the space, by the list of the day on which the use begins."""
    day = local(priced.starts_at).date()
    version = tables.version_on(priced.space.price_list_id, day)
    offered = {add_on.code: add_on for add_on in tables.add_ons.get(version.pk, ())} if version else {}
    for code in priced.add_ons:
        add_on = offered.get(code)
        if add_on is None or version is None:
            raise Refused(NO_ADD_ON)
        cents = Fraction(add_on.cents)
        if add_on.unit == AddOn.Unit.HOUR:
            cents *= minutes_between(priced.starts_at, priced.ends_at) / 60
        charge = Charge(ADD_ON, priced.starts_at, priced.ends_at, day, version, cents, add_on=add_on)
        yield taxed(charge, priced, tables)


# --- VAT, and rounding ----------------------------------------------------------------------------


def taxed(charge: Charge, priced: Priced, tables: Tables) -> Charge:
    """Return the charge with the rate that holds on the day of supply. What costs nothing needs none."""
    own = charge.add_on.vat_category_id if charge.add_on else None
    percent = tables.rate_on(own or vat_category(charge.version, priced, tables), charge.day)
    if percent is None and charge.cents:
        raise Refused(NO_VAT_RATE)
    return replace(charge, vat_percent=percent or Decimal())


def vat_category(version: PriceListVersion, priced: Priced, tables: Tables) -> int:
    for rule in tables.vat_rules.get(version.pk, ()):
        is_its_purpose = rule.purpose_id in (None, priced.purpose_id)
        if is_its_purpose and rule.organisation_kind in ("", priced.organisation_kind):
            return rule.category_id
    return version.vat_category_id


def rounded(charge: Charge) -> tuple[Charge, Line]:
    """Return the charge and its line: the amount that the list states is rounded once, the VAT follows."""
    rate = Fraction(charge.vat_percent) / 100
    if charge.version.includes_vat:
        gross = half_up(charge.cents)
        net = half_up(gross / (1 + rate))
    else:
        net = half_up(charge.cents)
        gross = net + half_up(net * rate)
    is_time = charge.kind == TIME
    return charge, Line(
        kind=charge.kind,
        text=price_words.in_each_language(charge),
        starts_at=charge.starts_at if is_time else None,
        ends_at=charge.ends_at if is_time else None,
        row=charge.row,
        net_cents=net,
        vat_cents=gross - net,
        gross_cents=gross,
        vat_percent=charge.vat_percent,
        supplied_on=charge.day,
    )


def half_up(cents: Fraction) -> int:
    """Round to whole cents, halves away from zero: what is taken off is what would have been charged."""
    size = int(abs(cents) + Fraction(1, 2))
    return size if cents >= 0 else -size
