"""What Stripe tells us. An event is only a hint: what it is about is read from Stripe before it counts.

The signature, its age and the mode are checked on the body as it came. An event whose effect could not be
written is answered with an error, and Stripe tells it again.
"""

from datetime import datetime
from typing import Any

import stripe
from django.conf import settings

from . import disputes, gateway, ledger, reconcile, refunds
from .models import StripeEvent
from .reconcile import Told

OLDEST_SECONDS = 300


class NotGenuine(Exception):
    """The event does not come from Stripe, is too old, or is of the other mode."""


def understand(body: bytes, signature: str) -> Any:
    """Return the event that a body tells of. Raises `NotGenuine`."""
    try:
        event = stripe.Webhook.construct_event(
            body, signature, settings.STRIPE_WEBHOOK_SECRET, tolerance=OLDEST_SECONDS
        )
    except (ValueError, stripe.SignatureVerificationError) as exc:
        raise NotGenuine from exc
    if event.livemode != gateway.is_live():
        raise NotGenuine
    return event


def hear(event: Any, *, now: datetime) -> str:
    """Let an event have its effect, once, and say what became of it. Raises `gateway.Unreachable`."""
    told = Told(event.id, event.type, str(getattr(event.data.object, "id", "")))
    if StripeEvent.objects.filter(event_id=told.event_id).exists():
        return "heard before"
    found: Any = None
    if told.kind.startswith("checkout.session."):
        found = reconcile.session(told.object_id, now=now, told=told)
    elif told.kind.startswith(("refund.", "charge.refund.")):
        found = refunds.reconcile(told.object_id, now=now, told=told)
    elif told.kind.startswith("charge.dispute."):
        found = disputes.reconcile(told.object_id, now=now, told=told)
    else:
        return noted(told, "unknown", now=now)
    return "reconciled" if found else noted(told, "not ours", now=now)


def noted(told: Told, outcome: str, *, now: datetime) -> str:
    ledger.is_first(told, outcome, now=now)
    return outcome
