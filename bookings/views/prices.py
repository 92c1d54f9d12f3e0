"""What pages show of prices: of a time that could be had, of what is being booked, of what was booked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.problems import Problem
from accounts.texts import LANGUAGES
from venues import wording
from venues.models import Space
from venues.money import euros
from venues.price_words import percent

from .. import quotes
from ..availability import Stretch
from ..models import Booking
from ..quotes import DateQuote, Quote, Totals
from ..wishes import Wish


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
    totals: Totals = Totals(0, 0, 0)
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
        return _("Price depends on the use") if quote.code == "purpose_missing" else ""
    if quote is None:
        return ""
    if quote.gross_cents == 0:
        return str(Space.Payment.FREE.label)
    return f"{euros(quote.gross_cents)} · {wording.duration(quote.ends_at - quote.starts_at)}"
