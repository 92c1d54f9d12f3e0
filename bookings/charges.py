"""What is owed for dates: lines that are added, and never edited. The only writer of `PriceLine`.

Whatever changes a price adds lines: some take back what was agreed, some say what is charged instead.
So what is owed for a date, or for a booking, is the sum of its lines. Needs the locks of the bookings.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import User
from accounts.texts import LANGUAGES
from venues import wording
from venues.models import Space

from . import signals
from .models import Booking, Occupancy, PriceLine, Status
from .transactions import lock

if TYPE_CHECKING:
    from .quotes import DateQuote

Kind = PriceLine.Kind


# --- What stands ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """What is owed for a date at one rate of VAT, for what is supplied on one day."""

    booking_id: int
    date_id: int
    vat_percent: Decimal
    supplied_on: date
    net_cents: int
    vat_cents: int

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents


@dataclass(frozen=True)
class Standing:
    """What is owed for a date, and by which booking: the one that was given its latest line."""

    booking_id: int
    shares: Sequence[Share] = field(default_factory=list)

    @property
    def gross_cents(self) -> int:
        return sum(share.gross_cents for share in self.shares)

    def kept(self, percent: int) -> int:
        """Return what is left, in cents, if only so many per cent are charged."""
        return sum(part_of(share, percent) for share in self.shares)


def part_of(share: Share, percent: int) -> int:
    return rounded(Decimal(share.gross_cents * percent) / 100)


COLUMNS = "date_id", "booking_id", "vat_percent", "supplied_on", "net_cents", "vat_cents"


def standing(dates: Iterable[int]) -> dict[int, Standing]:
    """Return what is owed for dates, by their ids; those that were agreed without a price are left out."""
    lines = PriceLine.objects.filter(date__in=list(dates)).order_by("pk").values_list(*COLUMNS)
    payers: dict[int, int] = {}
    sums: dict[tuple[int, int, Decimal, date], list[int]] = defaultdict(lambda: [0, 0])
    for date_id, booking_id, percent, day, net, vat in lines:
        payers[date_id] = booking_id
        so_far = sums[booking_id, date_id, percent, day]
        so_far[0] += net
        so_far[1] += vat
    shares: dict[int, list[Share]] = defaultdict(list)
    for (booking_id, date_id, percent, day), (net, vat) in sums.items():
        if (net or vat) and payers[date_id] == booking_id:
            shares[date_id].append(Share(booking_id, date_id, percent, day, net, vat))
    return {date_id: Standing(payer, shares[date_id]) for date_id, payer in payers.items()}


def owed_for(date: Occupancy) -> int:
    """Return what is owed for one date, VAT included, in cents."""
    found = standing([date.pk]).get(date.pk)
    return found.gross_cents if found else 0


# --- What is agreed -------------------------------------------------------------------------------


def agree(priced: Iterable[tuple[Occupancy, "DateQuote | None"]], *, by: User | None, now: datetime) -> None:
    """Write down what new dates of bookings cost, as it was quoted. Nothing for those without a price."""
    PriceLine.objects.bulk_create(
        line
        for date, price in priced
        if price
        for line in lines_for(price, booking_id=date.booking_id or 0, date_id=date.pk, by=by, now=now)
    )


def lines_for(
    price: "DateQuote", *, booking_id: int, date_id: int, by: User | None, now: datetime
) -> list[PriceLine]:
    return [
        PriceLine(
            booking_id=booking_id,
            date_id=date_id,
            kind=line.kind,
            starts_at=line.starts_at,
            ends_at=line.ends_at,
            price_row=line.row,
            net_cents=line.net_cents,
            vat_cents=line.vat_cents,
            gross_cents=line.gross_cents,
            vat_percent=line.vat_percent,
            supplied_on=line.supplied_on,
            made_at=now,
            made_by=by,
            **{f"text_{language}": line.text[language] for language in LANGUAGES},
        )
        for line in price.lines
    ]


# --- What is not charged after all ----------------------------------------------------------------


def take_back(
    dates: Iterable[int],
    *,
    by: User | None,
    now: datetime,
    kept: Mapping[int, int] | None = None,
    kind: Kind = Kind.TAKEN_BACK,
) -> None:
    """Charge these dates, by their ids, no more, or only so many per cent of their price (`kept`)."""
    percents = kept or {}
    lines = [
        line
        for date_id, found in standing(dates).items()
        for share in found.shares
        if (line := less(share, percents.get(date_id, 0), kind, by=by, now=now))
    ]
    add(lines, now=now)


def take_back_all(booking: Booking, *, by: User | None, now: datetime) -> None:
    """Charge a booking for nothing any more. Dates that have left it are charged elsewhere, and stay so."""
    lines = PriceLine.objects.filter(booking=booking)
    found = standing(set(lines.values_list("date", flat=True)))
    take_back([pk for pk, each in found.items() if each.booking_id == booking.pk], by=by, now=now)


def less(share: Share, percent: int, kind: Kind, *, by: User | None, now: datetime) -> PriceLine | None:
    """Return the line that leaves so many per cent of what is owed; None if that is all of it."""
    keep = part_of(share, percent)
    if keep == share.gross_cents:
        return None
    net = net_of(keep, share)

    def say() -> str:
        day = {"day": wording.short_day(share.supplied_on), "percent": percent}
        if kind == Kind.TAKEN_BACK:
            return gettext("%(day)s: not charged") % day
        if percent == 0:
            return gettext("%(day)s: cancelled, not charged") % day
        return gettext("%(day)s: cancelled, %(percent)d %% is charged") % day

    return line_of(share, net - share.net_cents, keep - net - share.vat_cents, kind, say, by=by, now=now)


def net_of(gross: int, share: Share) -> int:
    """Return the net of what is left of a share. Its lines were rounded apart: neither net nor VAT grows."""
    net = rounded(Decimal(gross) / (1 + share.vat_percent / 100))
    is_charged = share.net_cents >= 0 and share.vat_cents >= 0
    return max(gross - share.vat_cents, min(net, share.net_cents)) if is_charged else net


def rounded(cents: Decimal) -> int:
    return int(cents.quantize(Decimal(1), ROUND_HALF_UP))


def line_of(
    share: Share,
    net: int,
    vat: int,
    kind: Kind,
    say: Callable[[], str],
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
) -> PriceLine:
    """Return a line about what is owed at one rate, with its explanation in every language."""
    fits = net >= 0 and vat >= 0 if kind == Kind.TIME else net <= 0 and vat <= 0
    return PriceLine(
        booking_id=share.booking_id,
        date_id=share.date_id,
        # A highest charge may be all that stands at its rate: to take that back is to charge it.
        kind=kind if fits else Kind.LIMIT,
        net_cents=net,
        vat_cents=vat,
        gross_cents=net + vat,
        vat_percent=share.vat_percent,
        supplied_on=share.supplied_on,
        made_at=now,
        made_by=by,
        reason=reason,
        **{f"text_{language}": said_in(language, say) for language in LANGUAGES},
    )


def said_in(language: str, say: Callable[[], str]) -> str:
    with translation.override(language):
        return say()


def add(lines: Sequence[PriceLine], *, now: datetime) -> None:
    """Add lines to bookings that there are, and announce that they cost something else now.

    A date that went to another space may be paid by the booking that it left: its row is locked here.
    """
    if not lines:
        return
    pks = {line.booking_id for line in lines}
    lock(Booking, pks)
    PriceLine.objects.bulk_create(lines)
    for booking in Booking.objects.filter(pk__in=pks).select_related("space").order_by("pk"):
        signals.price_changed.send(Booking, booking=booking, now=now)


# --- What changes ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """A date that has moved: where it was, to which booking it belongs now, and what it costs there."""

    date_id: int
    left: Space
    booking: Booking
    price: "DateQuote | None"
    # Why it costs no more than before: it is the venue that moved it.
    reason: str = ""
    # Of dates that were swapped: the booking that has paid for what was given away.
    paid_by: int | None = None


def reprice(moved: Sequence[Moved], *, by: User, now: datetime) -> None:
    """Charge dates that have moved what they cost where they are now.

    What was agreed without a price, though the space had one, stays so.
    """
    was = standing(each.date_id for each in moved)
    lines: list[PriceLine] = []
    for each in moved:
        before = was.get(each.date_id)
        if before is None and (each.price is None or each.left.price_list_id is not None):
            continue
        shares = before.shares if before else []
        lines += [line for share in shares if (line := less(share, 0, Kind.TAKEN_BACK, by=by, now=now))]
        if each.price:
            home = payer_of(each, before)
            new = lines_for(each.price, booking_id=home, date_id=each.date_id, by=by, now=now)
            lines += new
            dearer = each.price.gross_cents - sum(share.gross_cents for share in shares)
            if each.reason and dearer > 0:
                lines += reductions(shares_of(new), dearer, each.reason, by=by, now=now)
    add(lines, now=now)


def moved_by_venue(booking: Booking) -> str:
    """Return why a date that the venue has moved costs no more than before, in its customer's language."""
    with translation.override(booking.customer.language if booking.customer else settings.LANGUAGE_CODE):
        return gettext("The venue moved it: it costs no more than before.")


def payer_of(moved: Moved, before: Standing | None) -> int:
    """Return the id of the booking that is charged for a date that has moved.

    What has been paid before use stays with the booking for which it was paid.
    """
    is_paid = moved.booking.status == Status.CONFIRMED and moved.left.payment == Space.Payment.BEFORE
    paid_by = moved.paid_by or (before.booking_id if before else None)
    return paid_by if paid_by and is_paid else moved.booking.pk


def shares_of(lines: Iterable[PriceLine]) -> list[Share]:
    """Return what lines that are not saved yet come to, date by date and rate by rate."""
    sums: dict[tuple[int, int, Decimal, date], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        so_far = sums[line.booking_id, line.date_id, line.vat_percent, line.supplied_on]
        so_far[0] += line.net_cents
        so_far[1] += line.vat_cents
    return [Share(*key, net, vat) for key, (net, vat) in sums.items() if net or vat]


def reductions(
    shares: Sequence[Share], cents: int, reason: str, *, by: User, now: datetime
) -> list[PriceLine]:
    """Return lines that take so many cents off what is owed, from each share its part."""
    shares = [share for share in shares if share.gross_cents > 0]
    total = sum(share.gross_cents for share in shares)
    lines: list[PriceLine] = []
    seen, taken = 0, 0
    for share in shares:
        seen += share.gross_cents
        part = rounded(Decimal(cents) * seen / total) - taken
        taken += part
        if part:
            lines.append(reduction(share, part, reason, by=by, now=now))
    return lines


def reduction(share: Share, cents: int, reason: str, *, by: User, now: datetime) -> PriceLine:
    left = share.gross_cents - cents
    net = net_of(left, share)

    def say() -> str:
        return gettext("%(day)s: reduction") % {"day": wording.short_day(share.supplied_on)}

    less_net, less_vat = net - share.net_cents, left - net - share.vat_cents
    return line_of(share, less_net, less_vat, Kind.REDUCTION, say, by=by, now=now, reason=reason)


def charge_again(booking: Booking, *, now: datetime) -> None:
    """Charge what a booking cost when it ran out: its money came, late, and the time was still free."""
    lines = PriceLine.objects.filter(booking=booking)
    ran_out = lines.order_by("-pk").values("made_at")[:1]
    gone = lines.filter(made_at__in=ran_out).exclude(kind__in=[Kind.TIME, Kind.ADD_ON])
    add([charged_again(share, now=now) for share in shares_of(gone)], now=now)


def charged_again(share: Share, *, now: datetime) -> PriceLine:
    def say() -> str:
        return gettext("%(day)s: use of the space, as agreed") % {"day": wording.short_day(share.supplied_on)}

    return line_of(share, -share.net_cents, -share.vat_cents, Kind.TIME, say, by=None, now=now)
