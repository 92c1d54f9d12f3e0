"""What bookings cost, line by line: before they are made, and when they have been.

A quote is worked out (`venues.prices`) under the price lists that are published at the moment. The lines that
a booking has been given stay (`charges`): no later price list touches them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from accounts.problems import Problem, Refused
from venues import price_tables, prices
from venues.clock import local
from venues.models import Space
from venues.models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING
from venues.money import euros
from venues.prices import Line, Priced, Tables

from .models import Booking, PriceLine
from .wishes import Wish


class Charged(Protocol):
    """A line, shown or stored."""

    @property
    def net_cents(self) -> int: ...
    @property
    def vat_cents(self) -> int: ...
    @property
    def gross_cents(self) -> int: ...
    @property
    def vat_percent(self) -> Decimal: ...


@dataclass(frozen=True)
class Totals:
    """What lines come to, in cents, and of which rate of VAT, if they all have one."""

    net_cents: int
    vat_cents: int
    gross_cents: int
    vat_percent: Decimal | None = None


def total_of(lines: Iterable[Charged], percent: Decimal | None = None) -> Totals:
    lines = list(lines)
    return Totals(
        net_cents=sum(line.net_cents for line in lines),
        vat_cents=sum(line.vat_cents for line in lines),
        gross_cents=sum(line.gross_cents for line in lines),
        vat_percent=percent,
    )


def by_vat(lines: Iterable[Charged]) -> list[Totals]:
    """Return what lines come to by their rate of VAT, the lowest first."""
    lines = list(lines)
    rates = sorted({line.vat_percent for line in lines})
    return [total_of((line for line in lines if line.vat_percent == rate), rate) for rate in rates]


@dataclass(frozen=True)
class DateQuote:
    """What one date costs, line by line."""

    space: Space
    starts_at: datetime
    ends_at: datetime
    lines: Sequence[Line]

    @cached_property
    def totals(self) -> Totals:
        return total_of(self.lines)

    @property
    def gross_cents(self) -> int:
        return self.totals.gross_cents


@dataclass(frozen=True)
class Quote:
    """What several dates cost together."""

    dates: Sequence[DateQuote]

    @property
    def lines(self) -> list[Line]:
        return [line for date in self.dates for line in date.lines]

    @cached_property
    def totals(self) -> Totals:
        return total_of(self.lines)

    @property
    def gross_cents(self) -> int:
        return self.totals.gross_cents

    @property
    def by_vat(self) -> list[Totals]:
        return by_vat(self.lines)


# --- Before it is booked --------------------------------------------------------------------------


def quotes_for(wishes: Sequence[Wish], *, now: datetime) -> list[DateQuote | Problem | None]:
    """Return what each wish would cost, or why nobody can say; None where the space has no price list.

    So many statements, whatever the number of wishes; none where nothing has a price. Each space with its
    venue and the hall that it is part of.
    """
    with_list = [wish for wish in wishes if is_priced(wish, now=now)]
    if not with_list:
        return [unpriced(wish) for wish in wishes]
    tables = price_tables.tables_for(
        list({wish.space.pk: wish.space for wish in with_list}.values()),
        min(local(wish.starts_at).date() for wish in with_list),
        max(local(wish.ends_at).date() for wish in with_list),
        now=now,
    )
    return [quote_of(wish, tables) if is_priced(wish, now=now) else unpriced(wish) for wish in wishes]


def is_priced(wish: Wish, *, now: datetime) -> bool:
    """Whether a wish has a price: its space has one, and its times are such that anybody could book them."""
    is_long = wish.ends_at - wish.starts_at > LONGEST_BOOKING
    return has_prices(wish.space) and not is_long and wish.starts_at <= now + FARTHEST_BOOKING


def unpriced(wish: Wish) -> Problem | None:
    """Return what is wrong with a wish for a space without a price list: nothing can be had besides."""
    return prices.NO_ADD_ON if wish.add_ons else None


def has_prices(space: Space) -> bool:
    """Whether a price list says what the space costs. What is free of charge needs none."""
    return space.price_list_id is not None and space.payment != Space.Payment.FREE


def quote_for(wish: Wish, *, now: datetime) -> DateQuote | Problem | None:
    """Return what one wish would cost, as `quotes_for`."""
    return quotes_for([wish], now=now)[0]


def quote_of(wish: Wish, tables: Tables) -> DateQuote | Problem:
    try:
        return DateQuote(wish.space, wish.starts_at, wish.ends_at, prices.lines_of(priced_of(wish), tables))
    except Refused as refusal:
        is_open = prices.NO_PRICE in refusal.problems and wish.main_purpose is None
        return purpose_missing() if is_open and asks_purpose(wish.space, tables) else refusal.problems[0]


def priced_of(wish: Wish) -> Priced:
    """Return what of a wish its price depends on."""
    organisation = wish.organisation
    group = organisation.price_group_on(local(wish.starts_at).date()) if organisation else None
    return Priced(
        space=wish.space,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        price_group_id=group.pk if group else None,
        purpose_id=wish.main_purpose.pk if wish.main_purpose else None,
        organisation_kind=organisation.kind if organisation else "",
        add_ons=tuple(wish.add_ons),
    )


def asks_purpose(space: Space, tables: Tables) -> bool:
    """Whether a price depends on the kind of use."""
    versions = tables.versions.get(space.price_list_id or 0, ())
    return any(row.purpose_id for version in versions for row in tables.rows.get(version.pk, ()))


def waits_for_purpose(price: DateQuote | Problem | None) -> bool:
    """Whether nobody can tell a price yet, because it depends on the kind of use."""
    return isinstance(price, Problem) and price.code == purpose_missing().code


def purpose_missing() -> Problem:
    message = _("Choose the kind of use: the price depends on it.")
    return Problem("purpose_missing", message, "main_purpose")


def changed_since(seen_cents: int | None, price: DateQuote | Quote | None) -> Iterator[Problem]:
    """Say so if it costs something else than the customer was shown: nobody agrees to a price unseen."""
    cents = price.gross_cents if price else 0
    if seen_cents is not None and seen_cents != cents:
        message = _("The price has changed meanwhile: it is %(price)s. Look at it once more.")
        yield Problem("price_changed", message % {"price": euros(cents)}, "seen_cents")


# --- When it has been booked ----------------------------------------------------------------------


def owed(booking: Booking) -> int:
    """Return what is owed for a booking, VAT included, in cents: the sum of its lines."""
    return booking.price_lines.owed()


def lines_of(booking: Booking) -> list[PriceLine]:
    """Return the lines of a booking in the order in which they were added: as prefetched, if they were."""
    return sorted(booking.price_lines.all(), key=lambda line: line.pk)


def is_free(booking: Booking) -> bool:
    """Whether a booking has a price, and it is nothing. One without a price is settled by a person."""
    sums = [line.gross_cents for line in booking.price_lines.all()]
    return bool(sums) and sum(sums) == 0
