"""What a person has looked after: with their words it is off the list, and what waited for it goes on."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from bookings.transactions import in_one_transaction

from . import endings
from .models import Concern, Payment, Refund


@in_one_transaction
def answer(concern: Concern, words: str, *, by: User, now: datetime) -> None:
    """Say what was done about a concern: what a person sent back by bank has gone then, and a payment of an
    amount that we did not ask for keeps no time any more.

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
    if concern.kind == Concern.Kind.NOT_OURS and concern.payment:
        let_go(concern.payment, now=now)


def let_go(payment: Payment, *, now: datetime) -> None:
    """End a payment that was open for a person's sake. What came of it is not ours to confirm."""
    bookings = endings.in_hand(payment)
    payment = endings.locked(payment)
    if payment.is_open:
        endings.end(payment, Payment.State.FAILED, bookings, now=now)
