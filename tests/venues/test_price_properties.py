"""What holds of any price: it agrees with a clock that is read minute by minute."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.problems import Refused
from venues.clock import at, exact, local
from venues.fields import footprint
from venues.models import PriceListVersion, PriceRow, Space, VatRule, Venue
from venues.models.prices import EVERY_DAY
from venues.prices import Priced, Tables, charges_of, lines_of

MINUTE = timedelta(minutes=1)
# Around both nights of clock change, a Good Friday, and a quiet Friday.
DAYS = [date(2027, 3, 26), date(2027, 3, 27), date(2027, 10, 30), date(2027, 2, 5)]
HOLIDAYS = frozenset([date(2027, 3, 26), date(2027, 3, 28), date(2027, 3, 29)])
SPACE = Space(
    pk=1, venue=Venue(kind="school"), price_list_id=1, footprint=footprint((0,)), supervision="self"
)
SPORT, STANDARD = 1, 2
RATES = {
    SPORT: [(date(2027, 3, 28), Decimal("13.5")), (date(2020, 1, 1), Decimal(14))],
    STANDARD: [(date(2020, 1, 1), Decimal("25.5"))],
}

clocks = st.sampled_from([time(h, m) for h in range(24) for m in (0, 30)] + [time(3, 10), time(3, 59)])
cents = st.integers(0, 10_000)
limited = st.integers(500, 10_000)


@st.composite
def bands(draw) -> dict[str, time | None]:
    if draw(st.booleans()):
        return {"from_time": None, "until_time": None}
    first, last = sorted([draw(clocks), draw(clocks)])
    return {"from_time": first, "until_time": last if first < last else time(0)}


@st.composite
def rows(draw, units=("hour", "free")) -> PriceRow:
    unit = draw(st.sampled_from(units))
    limits = sorted([draw(limited), draw(limited)])
    is_limited = unit != "free" and draw(st.booleans())
    return PriceRow(
        unit=unit,
        cents=0 if unit == "free" else draw(cents),
        weekdays=draw(st.sampled_from([EVERY_DAY, [1, 2, 3, 4, 5], [6, 7], [7]])),
        min_cents=limits[0] if is_limited else None,
        max_cents=limits[1] if is_limited else None,
        **draw(bands()),
    )


@st.composite
def tables(draw, units=("hour", "free")) -> Tables:
    """Two versions of a list, the second from a day on; both end with a row that always holds."""
    versions = [
        PriceListVersion(
            pk=pk,
            price_list_id=1,
            valid_from=valid_from,
            includes_vat=draw(st.booleans()),
            vat_category_id=draw(st.sampled_from([SPORT, STANDARD])),
            holidays_as_sunday=draw(st.booleans()),
        )
        for pk, valid_from in ((2, draw(st.sampled_from([*DAYS, date(2027, 3, 28)]))), (1, date(2020, 1, 1)))
    ]
    found: dict[int, list[PriceRow]] = {}
    for version in versions:
        found[version.pk] = [
            *draw(st.lists(rows(units), max_size=4)),
            PriceRow(unit=units[0], cents=draw(cents)),
        ]
        for position, row in enumerate(found[version.pk]):
            row.pk = version.pk * 100 + position
    rule = VatRule(category_id=SPORT, organisation_kind="club")
    return Tables({1: versions}, found, {1: [rule]}, {}, RATES, HOLIDAYS)


uses = st.builds(
    lambda day, minutes, length: (
        exact(at(day)) + minutes * MINUTE,
        exact(at(day)) + (minutes + length) * MINUTE,
    ),
    st.sampled_from(DAYS),
    st.integers(0, 24 * 60),
    st.integers(1, 30 * 60),
)


def priced(start: datetime, end: datetime, kind: str = "") -> Priced:
    return Priced(SPACE, start, end, organisation_kind=kind)


def total(start: datetime, end: datetime, tables: Tables) -> Fraction:
    return sum((charge.cents for charge in charges_of(priced(start, end), tables)), Fraction())


# --- A model that reads the clock minute by minute ------------------------------------------------


def minute_by_minute(start: datetime, end: datetime, tables: Tables) -> Iterator[PriceRow]:
    """Yield the row of every minute. A time has come once the day's clocks have shown it, or a later one."""
    now = exact(at(local(start).date()))
    day, latest = None, time.min
    while now < end:
        here = local(now)
        if here.date() != day:
            day, latest = here.date(), time.min
        latest = max(latest, here.time().replace(fold=0))
        if now >= start:
            yield row_at(day, latest, tables)
        now += MINUTE


def row_at(day: date, clock: time, tables: Tables) -> PriceRow:
    version = next(version for version in tables.versions[1] if version.valid_from <= day)
    weekday = 7 if version.holidays_as_sunday and day in HOLIDAYS else day.isoweekday()
    return next(
        row
        for row in tables.rows[version.pk]
        if weekday in row.weekdays
        and (row.from_time is None or row.from_time <= clock)
        and (row.until_time in (None, time(0)) or clock < row.until_time)
    )


# --- Properties -----------------------------------------------------------------------------------


@given(uses, tables())
def test_every_minute_costs_what_the_row_of_that_minute_says(use, tables):
    naive = sum(Fraction(row.cents, 60) for row in minute_by_minute(*use, tables))

    assert total(*use, tables) == naive


@given(uses, tables(), st.integers(1, 30 * 60))
def test_a_use_that_is_cut_in_two_costs_the_same_before_it_is_rounded(use, tables, minutes):
    start, end = use
    middle = start + minutes * MINUTE
    assume(middle < end)

    assert total(start, middle, tables) + total(middle, end, tables) == total(start, end, tables)


@given(uses, tables(units=("half_hour", "booking", "day", "hour", "free")))
def test_once_is_once(use, tables):
    """A booking and a day are charged once for each row that is met; half-hours for each stretch of one."""
    met = list(minute_by_minute(*use, tables))
    stamps = [local(use[0] + n * MINUTE).date() for n in range(len(met))]
    naive = Fraction()
    for (_day, _pk), group in groupby(zip(stamps, met, strict=True), key=lambda at: (at[0], at[1].pk)):
        stretch = [row for _stamp, row in group]
        if stretch[0].unit == "half_hour":
            naive += -(-len(stretch) // 30) * stretch[0].cents
        elif stretch[0].unit == "hour":
            naive += Fraction(len(stretch) * stretch[0].cents, 60)
    naive += sum(row.cents for row in {row.pk: row for row in met if row.unit == "booking"}.values())
    by_day = {(day, row.pk): row for day, row in zip(stamps, met, strict=True) if row.unit == "day"}
    naive += sum(row.cents for row in by_day.values())

    assert total(*use, tables) == naive


@given(uses, tables(units=("hour", "half_hour", "booking", "day", "free")), st.sampled_from(["", "club"]))
def test_lines_add_up_and_nobody_is_paid_for_coming(use, tables, kind):
    lines = lines_of(priced(*use, kind), tables)

    assert all(line.net_cents + line.vat_cents == line.gross_cents for line in lines)
    assert sum(line.net_cents for line in lines) >= 0
    assert sum(line.vat_cents for line in lines) >= 0
    assert [line.text.keys() for line in lines] == [{"fi", "sv", "en"}] * len(lines)


@given(uses, tables())
def test_a_line_is_never_more_than_half_a_cent_off(use, tables):
    charges = charges_of(priced(*use), tables)
    lines = [line for line in lines_of(priced(*use), tables) if line.kind == "time"]

    for charge, line in zip(charges, lines, strict=True):
        stated = line.gross_cents if charge.version.includes_vat else line.net_cents
        assert abs(stated - charge.cents) <= Fraction(1, 2)


@given(uses, tables())
def test_a_list_with_a_gap_makes_nothing_free(use, tables):
    """Without its last row a list either says what every minute costs, or nothing at all."""
    for version in tables.rows:
        tables.rows[version].pop()
    try:
        rows = list(minute_by_minute(*use, tables))
    except RuntimeError:  # a minute without a row
        with pytest.raises(Refused, match="no_price"):
            total(*use, tables)
    else:
        assert total(*use, tables) == sum(Fraction(row.cents, 60) for row in rows)
