"""Work in the background: load by id, one rule call."""

import logging
from datetime import timedelta

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import gateway, invoicing, mails, missed, reconcile, refunds
from .models import Document, Payment, Refund

logger = logging.getLogger(__name__)

# Whoever pays comes back within minutes, and so does the webhook: then nobody has to ask.
UNHEARD_OF_AFTER = timedelta(minutes=3)


@app.task(queue="money", retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def send_refund(refund_id: int) -> None:
    """Send a refund that was decided. It is tried again until it is known how it ended."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    refunds.send(refund, now=timezone.now())


@app.task(queue="money", retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def look_at(payment_id: int) -> None:
    """Bring a payment in line with Stripe, and end it there if nobody wants it any more."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.is_open:
        reconcile.unheard_of(payment, now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queue="money", queueing_lock="reconcile_open")
def reconcile_open(timestamp: int) -> None:
    """Bring the payments that nobody has heard of in line with Stripe, and end those whose time is up."""
    now = timezone.now()
    for payment in Payment.objects.open().filter(created_at__lte=now - UNHEARD_OF_AFTER):
        try:
            reconcile.unheard_of(payment, now=now)
        except gateway.Unreachable:
            logger.warning("Stripe did not answer for payment %s; it is asked again.", payment.pk)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="money", queueing_lock="send_refunds")
def send_refunds(timestamp: int) -> None:
    """Send the refunds that are still to be sent: none is forgotten because a worker died."""
    now = timezone.now()
    for refund in Refund.objects.filter(state=Refund.State.WANTED).select_related("payment"):
        try:
            refunds.send(refund, now=now)
        except gateway.Unreachable:
            logger.warning("Stripe did not answer for refund %s; it is asked again.", refund.pk)


@app.periodic(cron="40 4 * * *")
@app.task(queue="money", queueing_lock="look_back", retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def look_back(timestamp: int) -> None:
    """Hear of the refunds and disputes of which Stripe has told us in vain."""
    missed.hear(now=timezone.now())


# --- Invoices, and what people are told ------------------------------------------------------------


@app.periodic(cron="10 5 * * *")
@app.task(queue="money", queueing_lock="send_invoices")
def send_invoices(timestamp: int) -> None:
    """Bill the month or season that is over, and remind of what was not paid in time."""
    now = timezone.now()
    invoicing.bill_all(now=now)
    invoicing.remind_all(now=now)


@app.task(queue="mail", retry=5)
def tell_of_document(document_id: int, reminder: int = 0) -> None:
    """Tell a customer of an invoice, a credit note or a receipt; or remind of an invoice."""
    mails.tell_of_document(Document.objects.get(pk=document_id), reminder=reminder, now=timezone.now())


@app.task(queue="mail", retry=5)
def tell_of_payment(payment_id: int) -> None:
    """Tell who paid that a slow payment has arrived or failed."""
    payments = Payment.objects.select_related("payer", "organisation")
    mails.tell_of_payment(payments.get(pk=payment_id), now=timezone.now())


@app.task(queue="mail", retry=5)
def tell_of_refund(refund_id: int) -> None:
    """Tell who paid that money goes back, and why."""
    refunds_ = Refund.objects.select_related("payment__payer", "payment__organisation", "booking")
    mails.tell_of_refund(refunds_.get(pk=refund_id), now=timezone.now())
