"""What follows from a fact about a booking, or about money: only rows, in the same transaction."""

from datetime import datetime

from django.dispatch import receiver
from django.utils import timezone

from bookings import signals as bookings
from bookings.models import Booking

from . import documents, refunds, signals
from .models import Document, Payment, Refund
from .tasks import look_at, send_refund, tell_of_document, tell_of_payment, tell_of_refund


@receiver(bookings.price_changed)
def send_back_what_is_too_much(signal, booking: Booking, now: datetime | None = None, **kwargs) -> None:
    """Less is owed: credit what was billed, and send back what was paid."""
    now = now or timezone.now()
    for note in documents.credit(booking, now=now):
        if note.credits and note.credits.kind == Document.Kind.INVOICE:
            refunds.settle_invoice(note.credits, now=now)
    refunds.settle_up(booking, reason=Refund.Reason.LESS_OWED, now=now)


@receiver([bookings.booking_cancelled, bookings.booking_expired, bookings.booking_declined])
def let_nobody_pay(signal, booking: Booking, **kwargs) -> None:
    """Whoever is paying for a booking that has ended is stopped at once. Of most, nobody is."""
    open_ones = Payment.objects.open().filter(parts__booking=booking) if booking.is_being_paid else []
    for payment in open_ones:
        look_at.defer(payment_id=payment.pk)


@receiver(signals.payment_ended)
def give_a_receipt_or_what_is_too_much(signal, payment: Payment, **kwargs) -> None:
    if payment.state == Payment.State.PAID:
        documents.receipt(payment, now=timezone.now())
        if payment.invoice:
            refunds.settle_invoice(payment.invoice, now=timezone.now())
    tell_of_payment.defer(payment_id=payment.pk)


@receiver(signals.refund_decided)
def tell_what_goes_back(signal, refund: Refund, **kwargs) -> None:
    if refund.payment.method == Payment.Method.CARD:
        send_refund.defer(refund_id=refund.pk)
    tell_of_refund.defer(refund_id=refund.pk)


@receiver(signals.document_issued)
def send_the_document(signal, document: Document, **kwargs) -> None:
    tell_of_document.defer(document_id=document.pk)


@receiver(signals.invoice_overdue)
def remind_of_the_invoice(signal, invoice: Document, number: int, **kwargs) -> None:
    tell_of_document.defer(document_id=invoice.pk, reminder=number)
