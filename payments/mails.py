"""What people are told of money, by e-mail, through the post office of `bookings`."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from bookings import mailing, messages

from . import documents
from .models import Document, Payment, Refund

# What the city may give words of its own to.
KINDS = {
    "invoice": _("Invoice"),
    "credit_note": _("Credit note"),
    "receipt": _("Receipt"),
    "payment": _("Payment arrived or failed"),
    "refund": _("Money returned"),
}


def tell_of_document(document: Document, *, reminder: int, now: datetime) -> None:
    """Tell a customer of a document of theirs, or remind them for the nth time that it is not paid."""
    left = documents.outstanding(document)
    if reminder and left <= 0:
        return
    context = {"document": document, "outstanding": left, "reminder": reminder, "url": address_of(document)}
    cause = f"document {document.pk}" + (f" reminder {reminder}" if reminder else "")
    for to in people_of(document.organisation, document.person):
        write(document.kind, "document", context, to=to, cause=cause, now=now)


def tell_of_payment(payment: Payment, *, now: datetime) -> None:
    """Tell who paid that a payment has failed, or that an invoice's has arrived: others have a receipt."""
    is_paid_invoice = payment.state == Payment.State.PAID and payment.invoice
    if payment.state != Payment.State.FAILED and not is_paid_invoice:
        return
    context = {"payment": payment, "url": address_of(payment.invoice or payment)}
    for to in people_of(payment.organisation, payment.payer):
        write("payment", "payment", context, to=to, cause=f"payment {payment.pk} {payment.state}", now=now)


def tell_of_refund(refund: Refund, *, now: datetime) -> None:
    """Tell who paid what goes back, and why."""
    context = {"refund": refund, "payment": refund.payment, "url": address_of(refund.payment)}
    for to in people_of(refund.payment.organisation, refund.payment.payer):
        write("refund", "refund", context, to=to, cause=f"refund {refund.pk}", now=now)


def people_of(organisation: Organisation | None, person: User | None) -> list[User]:
    """Return who reads the mail of a customer: of an organisation, its owners."""
    if organisation:
        return messages.owners_of(organisation)
    return [person] if person and person.is_active else []


def address_of(thing: Document | Payment) -> str:
    return settings.SITE_URL + thing.get_absolute_url()


def write(kind: str, template: str, context: dict, *, to: User, cause: str, now: datetime) -> None:
    mailing.keep(
        kind,
        f"payments/messages/{template}",
        context,
        cause=cause,
        email=to.email,
        language=to.language,
        to=to,
        now=now,
    )
