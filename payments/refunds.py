"""Money that goes back without anybody asking: decided with what caused it, sent after, known in the end.

A refund is entered in the ledger when it is decided, so that nothing is returned twice; if it fails in the
end, that is entered too, and a person takes over.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import stripe
from django.db.models import Q, Sum

from accounts.models import User
from bookings import quotes
from bookings.models import Booking
from bookings.transactions import in_one_transaction

from . import gateway, ledger
from .documents import outstanding
from .models import Concern, Document, Entry, Payment, PaymentPart, Refund
from .signals import refund_decided, refund_ended

# Stripe forgets keys after a day: who asks by an old one might get a second refund.
KEYS_LAST = timedelta(hours=23)
# What Stripe says of a refund, and what we call it. What it does not say yet is on its way.
STATES = {"succeeded": Refund.State.SUCCEEDED, "failed": Refund.State.FAILED, "canceled": Refund.State.FAILED}


def paid_for(booking: Booking) -> int:
    """Return how many cents of payments for a booking have come, and have not been sent back."""
    paid = PaymentPart.objects.filter(booking=booking, payment__state=Payment.State.PAID)
    returned = Refund.objects.filter(booking=booking).exclude(state=Refund.State.FAILED)
    return sum_of(paid) - sum_of(returned)


def sum_of(rows: Any) -> int:
    return rows.aggregate(cents=Sum("cents", default=0))["cents"]


def settle_up(
    booking: Booking, *, reason: Refund.Reason, by: User | None = None, now: datetime
) -> list[Refund]:
    """Decide to send back what has been paid for a booking beyond what is owed. Needs the booking's lock.

    The payments are locked here. What was paid last goes back first; what a bank disputes does not.
    """
    surplus = paid_for(booking) - in_a_persons_hands(booking.refunds) - max(quotes.owed(booking), 0)
    made = []
    for payment in payments_of(booking) if surplus > 0 else []:
        if (cents := min(surplus, returnable(payment, booking))) > 0:
            made.append(decide(payment, cents, booking=booking, reason=reason, by=by, now=now))
            surplus -= cents
    return made


def in_a_persons_hands(refunds: Any) -> int:
    """Return how many cents of refunds have failed: somebody sends them back otherwise, and nobody twice."""
    return sum_of(refunds.filter(state=Refund.State.FAILED))


def payments_of(booking: Booking) -> list[Payment]:
    """Lock the payments that were made for a booking, and return them, the last one first."""
    paid = Payment.objects.filter(parts__booking=booking, state=Payment.State.PAID)
    return sorted(paid.select_for_update(of=("self",), no_key=True).order_by("pk"), key=lambda one: -one.pk)


def returnable(payment: Payment, booking: Booking) -> int:
    """Return how much of a payment can go back for a booking. Needs the payment's lock."""
    if disputed(payment):
        return 0
    part = payment.parts.get(booking=booking).cents
    return min(part - sum_of(payment.refunds.filter(booking=booking)), left_of(payment))


def left_of(payment: Payment) -> int:
    """Return how much of a payment nobody has decided to send back, in whatever way."""
    return payment.paid_cents - payment.refunded_cents - in_a_persons_hands(payment.refunds)


def disputed(payment: Payment) -> bool:
    """Whether a bank has taken a payment back and has not returned it."""
    kinds = list(payment.entries.values_list("kind", flat=True))
    return kinds.count(Entry.Kind.DISPUTE) > kinds.count(Entry.Kind.DISPUTE_WON)


def settle_invoice(invoice: Document, *, now: datetime) -> list[Refund]:
    """Decide to send back what has been paid of an invoice beyond what is left of it after its credits.

    The invoice is locked here: whoever credits it and whoever pays it see each other's doing.
    """
    Document.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.pk)
    refunds = Refund.objects.filter(payment__invoice=invoice)
    surplus = -outstanding(invoice) - in_a_persons_hands(refunds)
    made = []
    payments = invoice.payments.filter(state=Payment.State.PAID).order_by("-pk") if surplus > 0 else []
    for known in payments:
        payment = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=known.pk)
        cents = min(surplus, left_of(payment))
        if cents > 0 and not disputed(payment):
            reason = Refund.Reason.LESS_OWED
            made.append(decide(payment, cents, booking=None, reason=reason, by=None, now=now))
            surplus -= cents
    return made


def decide(
    payment: Payment,
    cents: int,
    *,
    booking: Booking | None,
    reason: Refund.Reason,
    by: User | None,
    now: datetime,
) -> Refund:
    """Write a refund and enter it in the ledger; it is sent when the transaction is over. Needs the lock.

    What came by bank transfer is sent back by a person.
    """
    key = uuid4()
    refund = Refund.objects.create(
        payment=payment,
        booking=booking,
        cents=cents,
        reason=reason,
        idempotency_key=key,
        created_at=now,
        created_by=by,
    )
    ledger.enter(payment, Entry.Kind.REFUND, cents, str(key), refund=refund, by=by, now=now)
    if payment.method == Payment.Method.TRANSFER:
        ledger.worry(Concern.Kind.TO_RETURN, str(key), payment=payment, cents=cents, now=now)
    refund_decided.send(Refund, refund=refund)
    return refund


# --- Sending --------------------------------------------------------------------------------------


def send(refund: Refund, *, now: datetime) -> None:
    """Ask Stripe for a refund, with the same key until its answer is known. Raises `Unreachable`."""
    if refund.state != Refund.State.WANTED or refund.payment.method != Payment.Method.CARD:
        return
    if refund.created_at + KEYS_LAST <= now and (there := found_there(refund)):
        apply_refund(refund, there, now=now)
        return
    asked: Any = {
        "payment_intent": refund.payment.intent_id or "",
        "amount": refund.cents,
        "metadata": refund.payment.asked["metadata"] | {"refund": str(refund.pk)},
    }
    key: Any = {"idempotency_key": str(refund.idempotency_key)}
    try:
        with gateway.reached():
            there = gateway.client().v1.refunds.create(asked, key)
    except stripe.InvalidRequestError as exc:
        fail(refund, str(exc.code or exc.user_message or "refused"), now=now)
    else:
        apply_refund(refund, there, now=now)


def found_there(refund: Refund) -> Any:
    """Return a refund as it is at Stripe, if it was made there and no answer came. Raises `Unreachable`."""
    asked: Any = {"payment_intent": refund.payment.intent_id or "", "limit": 100}
    with gateway.reached():
        there = list(gateway.client().v1.refunds.list(asked).auto_paging_iter())
    return next((one for one in there if of_ours(one) == str(refund.pk)), None)


def state_of(there: Any) -> Refund.State:
    return STATES.get(there.status, Refund.State.PENDING)


def of_ours(there: Any) -> str:
    """Return the id of the refund of ours which one at Stripe is; empty if somebody made it by hand."""
    return str((there.metadata.to_dict() if there.metadata else {}).get("refund", ""))


@in_one_transaction
def apply_refund(refund: Refund, there: Any, *, now: datetime) -> None:
    """Write down how a refund stands at Stripe."""
    refund = locked(refund)
    if refund.stripe_id is None:
        refund.stripe_id = there.id
    state = state_of(there)
    if state == Refund.State.FAILED:
        refund.save(update_fields=["stripe_id"])
        fail(refund, str(there.failure_reason or there.status), now=now)
        return
    if refund.state in {Refund.State.WANTED, Refund.State.PENDING}:
        refund.state = state
        refund.ended_at = now if state == Refund.State.SUCCEEDED else None
    refund.save(update_fields=["stripe_id", "state", "ended_at"])
    if refund.state == Refund.State.SUCCEEDED:
        refund_ended.send(Refund, refund=refund)


@in_one_transaction
def fail(refund: Refund, why: str, *, now: datetime) -> None:
    """Write down that money did not go back after all: the ledger takes it back, and a person takes over."""
    refund = locked(refund)
    if refund.state == Refund.State.FAILED:
        return
    refund.state, refund.ended_at = Refund.State.FAILED, now
    refund.save(update_fields=["state", "ended_at"])
    key = str(refund.idempotency_key)
    ledger.enter(refund.payment, Entry.Kind.REFUND_FAILED, refund.cents, key, refund=refund, now=now)
    ledger.worry(
        Concern.Kind.REFUND_FAILED, key, payment=refund.payment, cents=refund.cents, note=why, now=now
    )
    refund_ended.send(Refund, refund=refund)


def locked(refund: Refund) -> Refund:
    """Lock a refund's payment and return the refund as it is now."""
    Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=refund.payment_id)
    return Refund.objects.select_related("payment").get(pk=refund.pk)


# --- What Stripe tells of by itself ---------------------------------------------------------------


def reconcile(refund_id: str, *, now: datetime, told=None) -> Refund | None:
    """Bring a refund in line with Stripe. One that somebody made there by hand is written down here.

    Returns `None` if it is none of ours. Raises `Unreachable`.
    """
    try:
        with gateway.reached():
            there = gateway.client().v1.refunds.retrieve(refund_id)
    except stripe.InvalidRequestError:
        return None
    return apply_told(there, now=now, told=told)


@in_one_transaction
def apply_told(there: Any, *, now: datetime, told=None) -> Refund | None:
    payment = Payment.objects.filter(intent_id=there.payment_intent).exclude(intent_id=None).first()
    if payment is None:
        return None
    payment = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment.pk)
    if told and not ledger.is_first(told, "reconciled", now=now):
        return Refund.objects.filter(stripe_id=there.id).first()
    ours = of_ours(there)
    known = Q(stripe_id=there.id) | (Q(pk=int(ours)) if ours.isdecimal() else Q(pk=None))
    refund = payment.refunds.filter(known).first() or made_there(payment, there, now=now)
    apply_refund(refund, there, now=now)
    return refund


def made_there(payment: Payment, there: Any, *, now: datetime) -> Refund:
    """Write down a refund that somebody made on Stripe's own pages.

    Raises `Unreachable` while the same money is on its way back by us: Stripe is going to refuse that, and
    to tell of this one again.
    """
    if there.amount > payment.paid_cents - payment.refunded_cents:
        raise gateway.Unreachable
    key = uuid4()
    parts = list(payment.parts.all()[:2])
    refund = Refund.objects.create(
        payment=payment,
        booking_id=parts[0].booking_id if len(parts) == 1 else None,
        cents=there.amount,
        reason=Refund.Reason.BY_HAND,
        idempotency_key=key,
        stripe_id=there.id,
        created_at=now,
    )
    ledger.enter(payment, Entry.Kind.REFUND, there.amount, str(key), refund=refund, now=now)
    return refund
