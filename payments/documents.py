"""Invoices, credit notes and receipts: what the law wants, numbered without gaps, and never changed.

A document takes in lines of what is owed, each once, by a key in the database. What becomes less after it was
billed is credited at once, by a credit note of its own.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Organisation, User
from bookings import permissions
from bookings.models import Booking, PriceLine, Status
from bookings.transactions import in_one_transaction, lock
from venues.clock import local

from .models import Counter, Document, DocumentLine, Entry, Payment
from .references import reference_of
from .signals import document_issued

Customer = Organisation | User

BINDING = [Status.CONFIRMED, Status.CANCELLED]


# --- Issuing --------------------------------------------------------------------------------------


@in_one_transaction
def bill(customer: Customer, *, until: date, now: datetime) -> Document | None:
    """Send an invoice for everything that was supplied until a day, that day included, and not billed yet.

    Returns `None` if nothing is owed. Whoever bills at the same time waits, and finds nothing left; so does
    whoever changes a price: they see the invoice then, and credit it.
    """
    type(customer).objects.select_for_update(no_key=True).get(pk=customer.pk)
    due = unbilled(customer).filter(supplied_on__lte=until)
    lock(Booking, due.values_list("booking", flat=True))
    lines = list(due.order_by("supplied_on", "pk"))
    if sum(line.gross_cents for line in lines) <= 0:
        return None
    return issue(Document.Kind.INVOICE, customer, lines, now=now)


def to_bill() -> QuerySet[PriceLine]:
    """Return the lines that wait for an invoice: of bookings that are agreed, or cost all the same.

    What was to be paid before use has its time to pay written down, and no invoice, wherever it moved since
    and whatever its space asks for now.
    """
    return PriceLine.objects.filter(billed=None, booking__status__in=BINDING, booking__payment_due_at=None)


def unbilled(customer: Customer) -> QuerySet[PriceLine]:
    """Return the lines that a customer's next invoices are about."""
    if isinstance(customer, Organisation):
        return to_bill().filter(booking__organisation=customer)
    return to_bill().filter(booking__customer=customer, booking__organisation=None)


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
    """Credit what has become less of a booking since it was billed. Needs the booking's lock.

    Of a date that was billed and has another price now the difference counts; if that is more, the next
    invoice asks for it.
    """
    made = []
    new = PriceLine.objects.filter(booking=booking, billed=None).order_by("pk")
    billed = Document.objects.filter(lines__price_line__booking=booking, credits=None)
    for document in billed.distinct().order_by("pk"):
        dates = document.lines.filter(price_line__booking=booking).values("price_line__date")
        lines = list(new.filter(date__in=dates))
        if sum(line.gross_cents for line in lines) < 0:
            customer = document.organisation or document.person
            assert customer is not None
            made.append(issue(Document.Kind.CREDIT_NOTE, customer, lines, credits=document, now=now))
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


def with_left(documents: QuerySet[Document]) -> QuerySet[Document]:
    """Say of each, as `left`, how many cents are left to pay of it; below zero, that much is the customer's.

    Only of an invoice something is left.
    """
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
    return documents.annotate(left=Case(When(kind=Document.Kind.INVOICE, then=left), default=Value(0)))


def outstanding(document: Document) -> int:
    """Return what is left to pay of a document, in cents; below zero, that much is the customer's."""
    return sum_of(with_left(Document.objects.filter(pk=document.pk)), "left")


def owed_by(customer: Customer) -> int:
    """Return what a customer owes by its invoices, in cents."""
    return sum_of(with_left(customer.documents.all()), "left")


def sum_of(rows: QuerySet, column: str) -> int:
    return rows.aggregate(total=Sum(column, default=0))["total"]


def unpaid() -> QuerySet[Document]:
    """Return the invoices of which something is left to pay: `left` says how much."""
    return with_left(Document.objects.all()).filter(Q(left__gt=0))


def overdue(*, on: date) -> QuerySet[Document]:
    """Return the unpaid invoices whose due day has gone by, the oldest first."""
    return unpaid().filter(due_on__lt=on).order_by("due_on", "pk")


# --- Who sees them --------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[Document]:
    """Return a person's own documents, and those of all organisations to which they belong."""
    if user.is_staff:
        return Document.objects.all()
    theirs = user.memberships.values("organisation")
    return Document.objects.filter(Q(person=user) | Q(organisation__in=theirs))


def may_pay(user: User, document: Document) -> bool:
    """Whether a person pays for the customer: not everybody who sees an organisation's invoices does."""
    return permissions.acts_for(user, document.person_id, document.organisation)
