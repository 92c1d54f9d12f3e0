"""What Stripe says becomes what we say: the one way, for the payer who comes back, the webhook and the job.

First the object is read from Stripe, outside any transaction; then all that follows from it is written
together, under the locks of halls, bookings and payment, and with it the event that told us. Whatever comes
twice, late, or in another order finds it done.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe
from django.conf import settings

from accounts.problems import Refused
from bookings.models import Booking, Status
from bookings.transactions import in_one_transaction

from . import checkout, gateway, ledger
from .checkout import PRODUCT
from .endings import end, in_hand, locked
from .models import CURRENCY, Concern, Entry, Payment


@dataclass(frozen=True)
class Told:
    """An event of Stripe's, to be written down together with its effect."""

    event_id: str
    kind: str
    object_id: str


def is_ours(marks: Any) -> bool:
    """Whether an object of Stripe's is this installation's: others may use the same account."""
    known = marks.to_dict() if marks else {}
    return known.get("product") == PRODUCT and known.get("site") == settings.SITE_URL


# --- A session ------------------------------------------------------------------------------------


def session(session_id: str, *, now: datetime, told: Told | None = None) -> Payment | None:
    """Bring a payment in line with its session at Stripe, and return it; `None` if it is not ours.

    Raises `Unreachable`.
    """
    try:
        with gateway.reached():
            there = gateway.client().v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})
    except stripe.InvalidRequestError:
        return None  # there is no such session on this account
    if not is_ours(there.metadata) or not str(there.client_reference_id).isdecimal():
        return None
    return apply_session(there, now=now, told=told)


@in_one_transaction
def apply_session(there: Any, *, now: datetime, told: Told | None = None) -> Payment | None:
    """Write what follows from a session as it is at Stripe."""
    payment = Payment.objects.filter(pk=int(there.client_reference_id)).first()
    if payment is None or payment.session_id not in (None, there.id):
        return None
    bookings = in_hand(payment)
    payment = locked(payment)
    if told and not ledger.is_first(told, "reconciled", now=now):
        return payment
    if not payment.is_open:
        return payment
    note_session(payment, there)
    if there.status == "expired":
        end(payment, Payment.State.EXPIRED, bookings, now=now)
    elif there.status == "complete":
        complete(payment, there, bookings, now=now)
    return payment


def note_session(payment: Payment, there: Any) -> None:
    """Write down which session it is, if its answer was lost when it was made."""
    if payment.session_id is None:
        payment.session_id, payment.session_url = there.id, there.url or ""
        payment.state = Payment.State.OPEN
        payment.save(update_fields=["session_id", "session_url", "state"])


def complete(payment: Payment, there: Any, bookings: Sequence[Booking], *, now: datetime) -> None:
    """The payer has done their part: the money is there, on its way, or was refused in the end."""
    intent = there.payment_intent
    if there.payment_status != "paid":
        if intent is not None and intent.status in {"requires_payment_method", "canceled"}:
            end(payment, Payment.State.FAILED, bookings, now=now)
        else:
            payment.state = Payment.State.PROCESSING
            payment.save(update_fields=["state"])
        return
    if (there.amount_total, there.currency) != (payment.due_cents, CURRENCY):
        said = f"{there.amount_total} {there.currency} / {payment.due_cents} {CURRENCY}"
        ledger.worry(Concern.Kind.NOT_OURS, there.id, payment=payment, note=said, now=now)
        return
    payment.intent_id = intent.id
    payment.save(update_fields=["intent_id"])
    ledger.enter(payment, Entry.Kind.PAID, payment.due_cents, intent.id, now=now)
    end(payment, Payment.State.PAID, bookings, now=now)


# --- Payments that nobody hears of ----------------------------------------------------------------


def unheard_of(payment: Payment, *, now: datetime) -> None:
    """Bring an open payment in line with Stripe, and end it there if its time is up. Raises `Unreachable`."""
    payment = asked_again(payment, now=now)
    if payment.session_id is None:
        return
    if (payment.expires_at and payment.expires_at <= now) or no_longer_wanted(payment):
        expire_there(payment)
    session(payment.session_id, now=now)


def leave(payment: Payment, *, now: datetime) -> None:
    """End an open payment because its payer does not want it. Raises `Unreachable`."""
    if not payment.is_open:
        return
    payment = asked_again(payment, now=now)
    if payment.session_id:
        expire_there(payment)
        session(payment.session_id, now=now)


def asked_again(payment: Payment, *, now: datetime) -> Payment:
    """Return a payment with its session, or without one if there is none and it has ended by that."""
    try:
        return checkout.with_session(payment, now=now)
    except gateway.Unreachable:
        raise
    except Refused:
        return payment


def no_longer_wanted(payment: Payment) -> bool:
    """Whether bookings of the payment have ended meanwhile: nobody shall pay for them."""
    parts = payment.parts.all()
    return parts.exists() and parts.exclude(booking__status=Status.AWAITING_PAYMENT).exists()


def expire_there(payment: Payment) -> None:
    """Make Stripe end a session, so that nobody can pay it. One that was paid or has ended stays as it is."""
    # One that is not open any more is refused: what it is instead is read next.
    with gateway.reached(), suppress(stripe.InvalidRequestError):
        gateway.client().v1.checkout.sessions.expire(payment.session_id or "")
