"""The ledger: lines that are added, once each, and the worries that come back to a person."""

from datetime import datetime

from accounts.models import User

from .models import Concern, Entry, Payment, Refund, StripeEvent


def enter(
    payment: Payment,
    kind: str,
    cents: int,
    external_id: str,
    *,
    refund: Refund | None = None,
    by: User | None = None,
    now: datetime,
) -> bool:
    """Add a line to the ledger, and say whether it is new. What is told twice is written once.

    The payment's sums follow by themselves: read it anew. Needs the payment's lock.
    """
    written = {"payment": payment, "refund": refund, "cents": cents, "at": now, "by": by}
    _entry, is_new = Entry.objects.get_or_create(kind=kind, external_id=external_id, defaults=written)
    return is_new


def worry(
    kind: str,
    external_id: str,
    *,
    payment: Payment | None = None,
    cents: int = 0,
    note: str = "",
    now: datetime,
) -> bool:
    """Let a person know of something, once, and say whether it is new."""
    written = {"payment": payment, "cents": cents, "note": note[:500], "created_at": now}
    _concern, is_new = Concern.objects.get_or_create(kind=kind, external_id=external_id, defaults=written)
    return is_new


def is_first(told, outcome: str, *, now: datetime) -> bool:
    """Write down an event of Stripe's, and say whether it is the first time that it is heard of."""
    written = {
        "kind": told.kind,
        "object_id": told.object_id,
        "received_at": now,
        "outcome": outcome,
    }
    _event, is_new = StripeEvent.objects.get_or_create(event_id=told.event_id, defaults=written)
    return is_new
