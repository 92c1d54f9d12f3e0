"""Invoices, credit notes and receipts: what the law wants, numbered without gaps, and never changed.

A document takes in lines of what is owed, each once, by a key in the database. What becomes less after it was
billed is credited at once, by a credit note of its own.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Organisation, User
from bookings.models import Booking, PriceLine, Status
from bookings.transactions import in_one_transaction
from venues.clock import local
from venues.models import Space

from .models import Counter, Document, DocumentLine, Entry, Payment, Refund
from .references import reference_of
from .signals import document_issued

Customer = Organisation | User

BINDING = [Status.CONFIRMED, Status.CANCELLED]


# --- Issuing --------------------------------------------------------------------------------------


@in_one_transaction
def bill(customer: Customer, *, until: date, now: datetime) -> Document | None:
    """Send an invoice for everything that was supplied until a day, that day included, and not billed yet.

    Returns `None` if nothing is owed. Whoever bills at the same time waits, and finds nothing left.
    """
    type(customer).objects.select_for_update(no_key=True).get(pk=customer.pk)
    lines = list(unbilled(customer).filter(supplied_on__lte=until).order_by("supplied_on", "pk"))
    if sum(line.gross_cents for line in lines) <= 0:
        return None
    return issue(Document.Kind.INVOICE, customer, lines, now=now)


def unbilled(customer: Customer) -> QuerySet[PriceLine]:
    """Return the lines of a customer's next invoice: of bookings that are agreed, or cost all the same."""
    agreed = PriceLine.objects.filter(
        billed=None, booking__status__in=BINDING, booking__space__payment=Space.Payment.INVOICE
    )
    if isinstance(customer, Organisation):
        return agreed.filter(booking__organisation=customer)
    return agreed.filter(booking__customer=customer, booking__organisation=None)


def receipt(payment: Payment, *, now: datetime) -> Document | None:
    """Give a receipt for the bookings that a payment has paid. Needs the locks of payment and bookings."""
    bookings = [part.booking_id for part in payment.parts.all()]
    lines = list(PriceLine.objects.filter(booking__in=bookings, billed=None).order_by("pk"))
    if not bookings or sum(line.gross_cents for line in lines) <= 0:
        return None
    customer = payment.organisation or payment.payer
    assert customer is not None, "Bookings are paid by somebody who is signed in."
    return issue(Document.Kind.RECEIPT, customer, lines, payment=payment, now=now)


def credit(booking: Booking, *, now: datetime) -> list[Document]:
    """Credit what has become less of a booking since it was billed. Needs the booking's lock."""
    made = []
    less = PriceLine.objects.filter(booking=booking, billed=None, gross_cents__lt=0).order_by("pk")
    for billed in Document.objects.filter(lines__price_line__booking=booking, credits=None).distinct():
        dates = billed.lines.filter(price_line__booking=booking).values("price_line__date")
        if lines := list(less.filter(date__in=dates)):
            customer = billed.organisation or billed.person
            assert customer is not None
            made.append(issue(Document.Kind.CREDIT_NOTE, customer, lines, credits=billed, now=now))
    return made


def issue(
    kind: Document.Kind,
    customer: Customer,
    lines: Sequence[PriceLine],
    *,
    payment: Payment | None = None,
    credits: Document | None = None,
    now: datetime,
) -> Document:
    """Issue a document with these lines. Raises `IntegrityError` if one of them has been billed."""
    number = next_number(kind)
    is_invoice = kind == Document.Kind.INVOICE
    issued_on = local(now).date()
    document = Document.objects.create(
        kind=kind,
        number=number,
        organisation=customer if isinstance(customer, Organisation) else None,
        person=customer if isinstance(customer, User) else None,
        payment=payment,
        credits=credits,
        seller=settings.SELLER,
        buyer=described(customer),
        language=language_of(customer),
        issued_at=now,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=settings.INVOICE_DAYS) if is_invoice else None,
        reference=reference_of(number) if is_invoice else "",
        net_cents=sum(line.net_cents for line in lines),
        vat_cents=sum(line.vat_cents for line in lines),
        gross_cents=sum(line.gross_cents for line in lines),
    )
    DocumentLine.objects.bulk_create(DocumentLine(document=document, price_line=line) for line in lines)
    document_issued.send(Document, document=document)
    return document


def next_number(kind: str) -> int:
    """Return the next number of a kind of document, and keep everybody else waiting until it is used."""
    Counter.objects.get_or_create(name=kind)
    counter = Counter.objects.select_for_update().get(name=kind)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def described(customer: Customer) -> dict[str, str]:
    """Return who the customer is, as it stands on a document for good."""
    if isinstance(customer, Organisation):
        return {"name": customer.name, "business_id": customer.business_id}
    return {"name": customer.name or customer.email, "email": customer.email}


def language_of(customer: Customer) -> str:
    """Return the language of a document: a person's own; an organisation's is that of its first owner."""
    if isinstance(customer, User):
        return customer.language
    owner = customer.memberships.filter(role="owner").select_related("user").order_by("pk").first()
    return owner.user.language if owner else settings.LANGUAGE_CODE


# --- What is owed ---------------------------------------------------------------------------------


def outstanding(invoice: Document) -> int:
    """Return what is left to pay of an invoice, in cents; below zero, that much is the customer's."""
    credited = sum_of(Document.objects.filter(credits=invoice), "gross_cents")
    return invoice.gross_cents + credited - paid_of(invoice)


def paid_of(invoice: Document) -> int:
    """Return how much of an invoice has been paid and not been sent back."""
    paid = sum_of(Entry.objects.filter(payment__invoice=invoice, kind=Entry.Kind.PAID), "cents")
    refunds = Refund.objects.filter(payment__invoice=invoice).exclude(state=Refund.State.FAILED)
    return paid - sum_of(refunds, "cents")


def sum_of(rows: QuerySet, column: str) -> int:
    return rows.aggregate(total=Sum(column, default=0))["total"]


def owed_by(customer: Customer) -> int:
    """Return what a customer owes by its invoices, in cents."""
    return sum(outstanding(invoice) for invoice in invoices_of(customer))


def invoices_of(customer: Customer) -> Iterable[Document]:
    return customer.documents.filter(kind=Document.Kind.INVOICE)


def unpaid() -> QuerySet[Document]:
    """Return the invoices of which something is left to pay."""
    notes = Document.objects.filter(credits=OuterRef("pk")).order_by().values("credits")
    credited = notes.annotate(total=Sum("gross_cents")).values("total")
    entries = Entry.objects.filter(payment__invoice=OuterRef("pk")).order_by().values("payment__invoice")
    sign = Case(
        When(kind__in=[Entry.Kind.PAID, Entry.Kind.REFUND_FAILED], then=F("cents")),
        When(kind=Entry.Kind.REFUND, then=-F("cents")),
        default=Value(0),
    )
    paid = entries.annotate(total=Sum(sign)).values("total")
    left = F("gross_cents") + Coalesce(Subquery(credited), 0) - Coalesce(Subquery(paid), 0)
    return Document.objects.filter(kind=Document.Kind.INVOICE).annotate(left=left).filter(left__gt=0)


def overdue(*, on: date) -> list[Document]:
    """Return the unpaid invoices whose due day has gone by."""
    return list(unpaid().filter(due_on__lt=on).order_by("due_on", "pk"))


def by_rate(lines: Iterable[PriceLine]) -> list[tuple[Decimal, int, int, int]]:
    """Return net, VAT and gross of lines by their rate, the lowest first: every invoice has to say it."""
    sums: dict[Decimal, list[int]] = {}
    for line in lines:
        there = sums.setdefault(line.vat_percent, [0, 0, 0])
        for at, cents in enumerate((line.net_cents, line.vat_cents, line.gross_cents)):
            there[at] += cents
    return [(rate, *sums[rate]) for rate in sorted(sums)]  # type: ignore[misc]


# --- Who sees them --------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[Document]:
    """Return a person's own documents, and those of all organisations to which they belong."""
    if user.is_staff:
        return Document.objects.all()
    theirs = user.memberships.values("organisation")
    return Document.objects.filter(Q(person=user) | Q(organisation__in=theirs))
