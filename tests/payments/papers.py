"""What is owed and billed, as tests of the papers need it: lines written down without a price list."""

from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction

from accounts.models import Organisation
from bookings import charges
from bookings.models import Booking, Occupancy, PriceLine
from payments import documents
from payments.models import Document
from payments.transfers import Transfer
from tests.factories import NOW, create_booking, create_organisation, create_space, create_user
from tests.prices import net_of
from venues.clock import at
from venues.models import Space

MARCH = at(date(2027, 3, 1), time(5, 10))  # when the invoices of February go out
FEBRUARY = date(2027, 2, 28)


def owe(date: Occupancy, cents: int, vat: str = "25.5", **facts) -> PriceLine:
    """Charge a date something, VAT included; below zero, less than before."""
    net = net_of(cents, vat)
    kind = PriceLine.Kind.TIME if cents >= 0 else PriceLine.Kind.TAKEN_BACK
    defaults = {
        "kind": kind,
        "text_fi": "la 6.2. 10.00–12.00, yhdistys: 2 h × 20,34 €",
        "text_sv": "lö 6.2 10.00–12.00, förening: 2 h × 20,34 €",
        "text_en": "Sat 6 Feb 10.00–12.00, association: 2 h × €20.34",
        "supplied_on": date.starts_at.date(),
        "made_at": NOW,
    }
    return PriceLine.objects.create(
        booking=date.booking,
        date=date,
        net_cents=net,
        vat_cents=cents - net,
        gross_cents=cents,
        vat_percent=Decimal(vat),
        **defaults | facts,
    )


@transaction.atomic
def charge_less(date: Occupancy, cents: int, *, vat: str = "25.5", now: datetime = MARCH) -> None:
    """Let a date cost less than it did, as whatever changes prices does."""
    net = net_of(cents, vat)
    line = PriceLine(
        booking=date.booking,
        date=date,
        kind=PriceLine.Kind.TAKEN_BACK,
        net_cents=-net,
        vat_cents=net - cents,
        gross_cents=-cents,
        vat_percent=Decimal(vat),
        supplied_on=date.starts_at.date(),
        made_at=now,
        text_fi="ei veloiteta",
        text_sv="debiteras inte",
        text_en="not charged",
    )
    charges.add([line], now=now)


def create_club(**facts) -> Organisation:
    """Make a club with an owner who gets its mail."""
    return create_organisation(create_user("Mikael"), name="Idän Sähly ry", role="owner", **facts)


def create_invoiced_space(**facts) -> Space:
    return create_space(payment=Space.Payment.INVOICE, **facts)


def use(
    club: Organisation, start: str = "10:00", end: str = "12:00", *, space: Space | None = None
) -> Booking:
    """Book a space that is invoiced for a club, on a Saturday in February."""
    return create_booking(
        space or create_invoiced_space(), start, end, customer=club.members.first(), organisation=club
    )


def date_of(booking: Booking) -> Occupancy:
    return booking.dates.get()


def billed(club: Organisation, *cents: int) -> Document:
    """Let a club use something for each amount, and return the invoice of the month."""
    for each in cents:
        owe(date_of(use(club)), each)
    invoice = documents.bill(club, until=FEBRUARY, now=MARCH)
    assert invoice is not None
    return invoice


def transfer(cents: int, reference: str, archive_id: str = "20270310A1") -> Transfer:
    return Transfer(cents, date(2027, 3, 10), reference, archive_id, "Idän Sähly ry")
