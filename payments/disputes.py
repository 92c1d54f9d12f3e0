"""Disputes: a bank has taken money back for its customer. A person answers at Stripe; we write it down."""

from datetime import datetime
from typing import Any

import stripe

from bookings.transactions import in_one_transaction

from . import endings, gateway, ledger, refunds
from .models import Concern, Entry, Payment
from .reconcile import Told

WON = {"won", "warning_closed", "prevented"}
# The bank asks first, and has taken nothing yet.
ASKED_ONLY = "warning"


def reconcile(dispute_id: str, *, now: datetime, told: Told | None = None) -> bool:
    """Bring the ledger in line with a dispute at Stripe; say whether it is ours. Raises `Unreachable`."""
    try:
        with gateway.reached():
            there = gateway.client().v1.disputes.retrieve(dispute_id)
    except stripe.InvalidRequestError:
        return False
    return apply_dispute(there, now=now, told=told)


@in_one_transaction
def apply_dispute(there: Any, *, now: datetime, told: Told | None = None) -> bool:
    payment = Payment.objects.filter(intent_id=there.payment_intent).exclude(intent_id=None).first()
    if payment is None:
        return False
    bookings = endings.in_hand(payment)
    payment = endings.locked(payment)
    if told and not ledger.is_first(told, "reconciled", now=now):
        return True
    ledger.worry(
        Concern.Kind.DISPUTE, there.id, payment=payment, cents=there.amount, note=there.reason, now=now
    )
    if not there.status.startswith(ASKED_ONLY):
        ledger.enter(payment, Entry.Kind.DISPUTE, there.amount, there.id, now=now)
        if there.status in WON and ledger.enter(
            payment, Entry.Kind.DISPUTE_WON, there.amount, there.id, now=now
        ):
            for booking in bookings:  # what waited for the bank goes back now
                refunds.settle_up(booking, reason=endings.why_back(booking), now=now)
            if payment.invoice:
                refunds.settle_invoice(payment.invoice, now=now)
    return True
