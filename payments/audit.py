"""Our ledger beside Stripe's: every difference, in a sentence. Reads only."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from . import gateway
from .models import Entry, Payment, Refund
from .reconcile import is_ours

PAGE = 100


def differences(since: datetime) -> Iterator[str]:
    """Yield a sentence for every payment, refund and dispute since an instant on which the two disagree.

    Raises `Unreachable`.
    """
    with gateway.reached():
        yield from payments(since)
        yield from refunds(since)
        yield from disputes(since)


def listed(service: Any, since: datetime) -> Iterator[Any]:
    asked = {"limit": PAGE, "created": {"gte": int(since.timestamp())}}
    yield from service.list(asked).auto_paging_iter()


def payments(since: datetime) -> Iterator[str]:
    """Money that came: at Stripe and not here, here and not at Stripe, or not the same."""
    there = {
        intent.id: intent.amount_received
        for intent in listed(gateway.client().v1.payment_intents, since)
        if intent.status == "succeeded" and is_ours(intent.metadata)
    }
    entries = Entry.objects.filter(
        kind=Entry.Kind.PAID, payment__method=Payment.Method.CARD, payment__created_at__gte=since
    )
    here = dict(entries.values_list("external_id", "cents"))
    for intent in sorted(there.keys() | here.keys()):
        if there.get(intent) != here.get(intent):
            yield f"Payment {intent}: Stripe has {there.get(intent, 0)} cents, we have {here.get(intent, 0)}."


def refunds(since: datetime) -> Iterator[str]:
    """Money that went back, or did not in the end."""
    ours = set(Payment.objects.exclude(intent_id=None).values_list("intent_id", flat=True))
    there = {
        refund.id: (refund.amount, refund.status in {"failed", "canceled"})
        for refund in listed(gateway.client().v1.refunds, since)
        if refund.payment_intent in ours
    }
    known = Refund.objects.filter(created_at__gte=since, payment__method=Payment.Method.CARD)
    here = {row.stripe_id: (row.cents, row.state == Refund.State.FAILED) for row in known if row.stripe_id}
    for refund in sorted(there.keys() | here.keys()):
        if there.get(refund) != here.get(refund):
            yield f"Refund {refund}: Stripe has {said(there.get(refund))}, we have {said(here.get(refund))}."
    for row in known:
        if row.stripe_id is None and row.state == Refund.State.WANTED:
            yield f"Refund {row.pk}: {row.cents} cents have not been sent yet."


def said(refund: tuple[int, bool] | None) -> str:
    if refund is None:
        return "nothing"
    cents, has_failed = refund
    return f"{cents} cents that failed" if has_failed else f"{cents} cents"


def disputes(since: datetime) -> Iterator[str]:
    """Money that a bank has taken back."""
    ours = set(Payment.objects.exclude(intent_id=None).values_list("intent_id", flat=True))
    known = set(Entry.objects.filter(kind=Entry.Kind.DISPUTE).values_list("external_id", flat=True))
    for dispute in listed(gateway.client().v1.disputes, since):
        is_taken = not dispute.status.startswith("warning")
        if dispute.payment_intent in ours and is_taken and dispute.id not in known:
            yield f"Dispute {dispute.id}: {dispute.amount} cents are not in our ledger."
