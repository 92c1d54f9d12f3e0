"""The books: what workers would do, and whether booking, ledger and Stripe say the same."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.problems import Refused
from bookings import invariants, lifecycle, quotes
from bookings.models import Booking, Status
from payments import audit, tasks
from payments.models import Concern, Entry, Payment, Refund
from payments.sandbox import Sandbox

JOBS = [f"payments.tasks.{name}" for name in ("look_at", "send_refund", "tell_of_payment", "tell_of_refund")]
BY_CLOCK = [tasks.reconcile_open, tasks.send_refunds, tasks.look_back]


class Worker:
    """Does what was deferred since it came, each job once, and what is due by the clock."""

    def __init__(self) -> None:
        self.last = ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True).last() or 0

    def work(self) -> None:
        waiting = ProcrastinateJob.objects.filter(pk__gt=self.last, task_name__in=JOBS).order_by("pk")
        for job in list(waiting):
            self.last = job.pk
            with suppress(Refused):  # it is tried again, and the clock does the same
                getattr(tasks, job.task_name.rsplit(".", 1)[1])(**job.args)
        self.clock_strikes()

    def clock_strikes(self) -> None:
        for task in BY_CLOCK:
            with suppress(Refused):  # Stripe may not answer
                task(timestamp=0)
        for booking in Booking.objects.overdue(timezone.now()):
            lifecycle.expire(booking, now=timezone.now())


def disagreements(sandbox: Sandbox, *, since: datetime) -> list[str]:
    """Say where bookings, ledger and Stripe are not of one mind, once all has settled."""
    broken = [*invariants.findings(now=timezone.now()), *audit.differences(since)]
    for person in User.objects.filter(payments__isnull=False).distinct():
        broken += wrongly_charged(sandbox, person)
    return broken + [
        f"Booking {booking.pk} is {booking.status} and owes {quotes.owed(booking)} cents."
        for booking in Booking.objects.filter(status__in=[Status.EXPIRED, Status.DECLINED])
        if quotes.owed(booking)
    ]


def wrongly_charged(sandbox: Sandbox, person: User) -> Iterator[str]:
    """Say so if what Stripe has moved for a person, told by Stripe alone, is not what they owe.

    What a refund could not send back, or a bank keeps until it has decided, may be more; what a person has
    sent back by hand makes it less.
    """
    theirs = Payment.objects.filter(payer=person)
    charged = sum(kept_at_stripe(sandbox, payment) for payment in theirs)
    bookings = Booking.objects.filter(payment_parts__payment__in=theirs).distinct()
    owed = sum(quotes.owed(one) for one in bookings if one.status in {Status.CONFIRMED, Status.CANCELLED})
    failed = Refund.objects.filter(payment__in=theirs, state=Refund.State.FAILED)
    if failed.count() != Concern.objects.filter(kind="refund_failed", payment__in=theirs).count():
        yield f"Nobody is told of a refund for {person} that failed."
    entries = Entry.objects.filter(payment__in=theirs)
    won = entries.filter(kind=Entry.Kind.DISPUTE_WON).values("external_id")
    disputed = entries.filter(kind=Entry.Kind.DISPUTE).exclude(external_id__in=won)
    by_hand = Refund.objects.filter(payment__in=theirs, reason=Refund.Reason.BY_HAND)
    more, less = (sum(row.cents for row in rows) for rows in ([*failed, *disputed], by_hand))
    if not owed - less <= charged <= owed + more:
        yield f"{person} has been charged {charged} cents and owes {owed}."


def kept_at_stripe(sandbox: Sandbox, payment: Payment) -> int:
    """Return what Stripe has taken for a payment, and not sent back."""
    world = sandbox.world
    intents = {
        intent["id"]: intent["amount_received"]
        for intent in world.all("payment_intent")
        if intent["metadata"].get("payment") == str(payment.pk)
    }
    back = sum(
        refund["amount"]
        for refund in world.all("refund")
        if refund["payment_intent"] in intents and refund["status"] not in {"failed", "canceled"}
    )
    return sum(intents.values()) - back


def forget(sandbox: Sandbox) -> None:
    """Let nothing be left of what happened before."""
    with sandbox.world.lock:
        for shelf in sandbox.world.shelves.values():
            shelf.clear()
    sandbox.do("mend")
