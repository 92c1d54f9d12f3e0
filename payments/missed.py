"""What Stripe has told of refunds and disputes, and nobody heard: it is read there again.

Of payments the job hears that asks for each open one; what comes later has no end to wait for.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from . import audit, disputes, gateway, refunds
from .models import Payment, Refund

logger = logging.getLogger(__name__)

# So long after it was made a refund may fail, or a dispute be decided.
LOOKS_BACK = timedelta(days=120)


def hear(*, now: datetime) -> None:
    """Bring the refunds and disputes of the last months in line with Stripe. Raises `Unreachable`."""
    client = gateway.client().v1
    with gateway.reached():
        refunded = list(audit.listed(client.refunds, now - LOOKS_BACK))
        disputed = list(audit.listed(client.disputes, now - LOOKS_BACK))
    known = dict(Refund.objects.exclude(stripe_id=None).values_list("stripe_id", "state"))
    ours = set(Payment.objects.exclude(intent_id=None).values_list("intent_id", flat=True))
    for there in refunded:
        if there.payment_intent in ours and known.get(there.id) != refunds.state_of(there):
            hear_of_refund(there, now=now)
    for there in disputed:
        disputes.apply_dispute(there, now=now)


def hear_of_refund(there: Any, *, now: datetime) -> None:
    try:
        refunds.apply_told(there, now=now)
    except gateway.Unreachable:
        logger.warning("Refund %s waits for one of ours; it is looked at again.", there.id)
