"""What real bookings would cost by a draft of a price list, beside what they cost by the one that it follows.

Nothing is written, and nobody's agreed price is touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from accounts.problems import Problem
from venues import price_tables
from venues.clock import local
from venues.models import PriceListVersion, Space
from venues.prices import Tables

from . import quotes
from .models import Booking, Occupancy
from .models.bookings import AGREED_OR_ASKED
from .quotes import DateQuote
from .wishes import wish_of

MOST = 20


@dataclass(frozen=True)
class Tried:
    """A booking, and what all its dates come to by either version; a problem where nobody can say."""

    booking: Booking
    dates: Sequence[Occupancy]
    before: int | Problem
    after: int | Problem

    @property
    def difference(self) -> int | None:
        if isinstance(self.before, Problem) or isinstance(self.after, Problem):
            return None
        return self.after - self.before


@dataclass(frozen=True)
class Trial:
    """The latest bookings by a draft, and by the published version that it follows, if there is one."""

    follows: PriceListVersion | None
    tried: Sequence[Tried]

    @property
    def compared(self) -> list[Tried]:
        return [each for each in self.tried if each.difference is not None]

    @property
    def before(self) -> int:
        return sum(each.before for each in self.compared if isinstance(each.before, int))

    @property
    def after(self) -> int:
        return sum(each.after for each in self.compared if isinstance(each.after, int))

    @property
    def difference(self) -> int:
        return self.after - self.before


def try_on_bookings(draft: PriceListVersion, *, now: datetime) -> Trial:
    """Price the latest bookings in the spaces of a draft's list. Rates of VAT are those of their days."""
    bookings = latest_bookings(draft)
    follows = (
        PriceListVersion.objects.filter(
            price_list=draft.price_list, valid_from__lt=draft.valid_from, published_at__lte=now
        )
        .order_by("-valid_from")
        .first()
    )
    if not bookings:
        return Trial(follows, [])
    days = [
        local(moment).date() for b in bookings for d in b.dates.all() for moment in (d.starts_at, d.ends_at)
    ]
    spaces = [booking.space for booking in bookings]
    # Wide enough for both versions, and for the rates of the bookings' own days.
    first, last = min([draft.valid_from, *days]), max([draft.valid_from, *days])
    if follows:
        first = min(first, follows.valid_from)
    tables = price_tables.tables_for(spaces, first, last, now=now, also=draft)
    ours = tables.versions.get(draft.price_list_id, ())
    of_draft = always(next(each for each in ours if each.pk == draft.pk), tables)
    of_other = always(next((each for each in ours if follows and each.pk == follows.pk), None), tables)
    return Trial(follows, [tried(booking, of_other, of_draft) for booking in bookings])


def latest_bookings(draft: PriceListVersion) -> list[Booking]:
    found = Booking.objects.with_place().select_related("organisation__price_group", "main_purpose")
    found = found.filter(
        space__price_list=draft.price_list, status__in=AGREED_OR_ASKED, dates__released_at=None
    )
    found = found.exclude(space__payment=Space.Payment.FREE)
    return list(found.distinct().order_by("-pk")[:MOST])


def always(version: PriceListVersion | None, tables: Tables) -> Tables:
    """Return the tables as though one version had held on every day."""
    if version is None:
        return replace(tables, versions={})
    version.valid_from = date.min
    return replace(tables, versions={version.price_list_id: [version]})


def tried(booking: Booking, before: Tables, after: Tables) -> Tried:
    dates = [each for each in booking.dates.all() if each.released_at is None]
    return Tried(booking, dates, cost(booking, dates, before), cost(booking, dates, after))


def cost(booking: Booking, dates: Sequence[Occupancy], tables: Tables) -> int | Problem:
    total = 0
    for each in dates:
        quote = quotes.quote_of(wish_of(booking, each), tables)
        if not isinstance(quote, DateQuote):
            return quote
        total += quote.gross_cents
    return total
