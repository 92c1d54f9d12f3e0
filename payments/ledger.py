"""The ledger: lines that are added, once each, and the worries that come back to a person."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from bookings.transactions import in_one_transaction

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


@in_one_transaction
def answer(concern: Concern, words: str, *, by: User, now: datetime) -> None:
    """Say what was done about a worry: what a person sent back by bank has gone then.

    Raises `Refused` without words, and if somebody has said it before.
    """
    if not words.strip():
        raise Refused(Problem("answer_missing", _("Say what was done about it."), "answer"))
    open_ones = Concern.objects.filter(pk=concern.pk, handled_at=None)
    if not open_ones.update(handled_at=now, handled_by=by, answer=words.strip()[:500]):
        raise Refused(Problem("handled_already", _("Somebody has looked after this already.")))
    if concern.kind == Concern.Kind.TO_RETURN:
        sent = Refund.objects.filter(idempotency_key=concern.external_id, state=Refund.State.WANTED)
        sent.update(state=Refund.State.SUCCEEDED, ended_at=now)


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
