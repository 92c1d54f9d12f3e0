"""What pages show of prices: of a time that could be had, of what is being booked, of what was booked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.problems import Problem
from accounts.texts import LANGUAGES
from venues import cancelling, price_tables, wording
from venues.clock import local
from venues.models import AddOn, CancellationTerms, Space
from venues.money import euros
from venues.price_table_in_words import ShownTable, table_of
from venues.price_words import percent

from .. import charges, giving_back, lifecycle, permissions, quotes
from ..availability import Stretch
from ..models import Booking, Occupancy
from ..quotes import DateQuote, Quote, Totals
from ..wishes import Wish

NOTHING = Totals(0, 0, 0)


@dataclass(frozen=True)
class ShownLine:
    """A line of a price: what it is for, in the reader's language, and what a manager said about it."""

    text: str
    cents: int
    reason: str = ""


@dataclass(frozen=True)
class ShownPrice:
    """What `_price.html` shows: lines, what they come to, and the tax in it; or why nobody can say."""

    lines: Sequence[ShownLine] = ()
    totals: Totals = NOTHING
    by_vat: Sequence[Totals] = ()
    problem: Problem | None = None

    @property
    def tax(self) -> str:
        """net 48,62 €, VAT 25,5 % 12,40 €; nothing where no tax is in it"""
        if not any(rate.vat_cents for rate in self.by_vat):
            return ""
        rates = [
            _("VAT %(percent)s %(amount)s")
            % {"percent": percent(rate.vat_percent), "amount": euros(rate.vat_cents)}
            for rate in self.by_vat
            if rate.vat_cents and rate.vat_percent is not None
        ]
        return ", ".join([_("net %(amount)s") % {"amount": euros(self.totals.net_cents)}, *rates])

    @property
    def is_free(self) -> bool:
        return self.problem is None and self.totals.gross_cents == 0

    @property
    def seen_cents(self) -> int:
        """What the form sends back, so that nobody agrees to another price; no price at all is none."""
        return -1 if self.problem else self.totals.gross_cents


def of_quote(quote: DateQuote | Quote | Problem | None) -> ShownPrice | None:
    """Return what a page shows of what something would cost; None where it has no price."""
    if quote is None:
        return None
    if isinstance(quote, Problem):
        return ShownPrice(problem=quote)
    language = (get_language() or "fi")[:2]
    spoken = language if language in LANGUAGES else "fi"
    lines = [ShownLine(line.text[spoken], line.gross_cents) for line in quote.lines]
    return ShownPrice(lines, quote.totals, quotes.by_vat(quote.lines))


def of_booking(booking: Booking) -> ShownPrice | None:
    """Return what a page shows of what is owed for a booking; None where nothing was agreed."""
    stored = quotes.lines_of(booking)
    if not stored:
        return None
    lines = [ShownLine(line.text.text, line.gross_cents, line.reason) for line in stored]
    return ShownPrice(lines, quotes.total_of(stored), quotes.by_vat(stored))


# --- Of a time ------------------------------------------------------------------------------------


def of_first_times(
    found: Iterable[tuple[Space, Stretch | None]], organisation_id: int | None, *, now: datetime
) -> dict[int, str]:
    """Return what the first free time of each space costs, in a word, by the ids of the spaces.

    As many statements, whatever the number of spaces.
    """
    first = {space.pk: (space, time) for space, time in found if time and quotes.has_prices(space)}
    if not first:
        return {}
    organisation = None
    if organisation_id:
        organisation = Organisation.objects.select_related("price_group").get(pk=organisation_id)
    wishes = [Wish(space, *time, organisation=organisation) for space, time in first.values()]
    return dict(zip(first, map(in_a_word, quotes.quotes_for(wishes, now=now)), strict=True))


def in_a_word(quote: DateQuote | Problem | None) -> str:
    """20,34 € · 3 h"""
    if isinstance(quote, Problem):
        return _("Price depends on the use") if quotes.waits_for_purpose(quote) else ""
    if quote is None:
        return ""
    if quote.gross_cents == 0:
        return amount(0)
    return f"{euros(quote.gross_cents)} · {wording.duration(quote.ends_at - quote.starts_at)}"


def of_starts(
    space: Space, times: Sequence[Stretch], organisation: Organisation | None, *, now: datetime
) -> str:
    """Return what times cost: 3 h · 40,56 € – 61,02 €; nothing where nobody can say it of one of them."""
    wishes = [Wish(space, *time, organisation=organisation) for time in times]
    found = [quote for quote in quotes.quotes_for(wishes, now=now) if isinstance(quote, DateQuote)]
    if not found or len(found) < len(wishes):
        return ""
    least, most = (pick(quote.gross_cents for quote in found) for pick in (min, max))
    said = amount(least) if least == most else f"{euros(least)} – {euros(most)}"
    lengths = {quote.ends_at - quote.starts_at for quote in found}
    return f"{wording.duration(lengths.pop())} · {said}" if len(lengths) == 1 and most else said


# --- Of a season ----------------------------------------------------------------------------------


def amount(cents: int) -> str:
    return euros(cents) if cents else str(Space.Payment.FREE.label)


# --- Of a move ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MovedPrice:
    """What a date costs before and after a move. `is_paid`: the difference is returned."""

    was_cents: int
    cents: int
    shown: ShownPrice
    is_paid: bool

    @property
    def less_cents(self) -> int:
        return max(0, self.was_cents - self.cents)


def owed_for(date: Occupancy) -> int | None:
    """Return what is owed for a date, in cents; None for one without a price."""
    standing = charges.standing([date.pk]).get(date.pk)
    return standing.gross_cents if standing else None


def of_move(booking: Booking, date: Occupancy, wish: Wish, *, by: User, now: datetime) -> MovedPrice | None:
    """Return what a date would cost where it is to go; None where that is nothing new, or cannot be."""
    price = quotes.quote_for(wish, now=now)
    before = charges.standing([date.pk]).get(date.pk)
    stays_unpriced = before is None and booking.space.price_list_id is not None
    if not isinstance(price, DateQuote) or stays_unpriced:
        return None
    was = before.gross_cents if before else 0
    is_venues = permissions.speaks_for_venue(by, booking)
    cents = min(was, price.gross_cents) if is_venues else price.gross_cents
    if cents == was or lifecycle.costing_more(booking, date, price, by=by):
        return None
    shown = of_quote(price)
    assert shown is not None
    return MovedPrice(was, cents, shown, giving_back.is_paid(booking))


# --- Of a space -----------------------------------------------------------------------------------


def table_for(space: Space, organisation: Organisation | None, *, now: datetime) -> ShownTable | None:
    """Return the price list in force as it concerns somebody, for herself or an organisation."""
    if not quotes.has_prices(space):
        return None
    today = local(now).date()
    wish = Wish(space, now, now, organisation=organisation)
    return table_of(quotes.priced_of(wish), price_tables.tables_for([space], today, today, now=now))


def terms_of_cancelling(space: Space) -> list[str]:
    """Say what cancelling a confirmed booking costs, a sentence a step; nothing where it is always free."""
    if space.cancellation_id is None or space.payment == Space.Payment.FREE:
        return []
    terms = CancellationTerms.objects.prefetch_related("steps").get(pk=space.cancellation_id)
    return cancelling.in_words(terms)


def add_ons_for(space: Space, day: date, *, now: datetime) -> Sequence[AddOn]:
    """Return what can be had beside a space on a day of the city's."""
    if not quotes.has_prices(space):
        return ()
    return price_tables.add_ons_of(space, day, price_tables.tables_for([space], day, day, now=now))
