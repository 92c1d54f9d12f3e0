"""Kill -9 of whoever handles money, at every line: what is left is taken up, and all agree."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as site
from django.utils import timezone

from bookings import lifecycle
from bookings.models import Booking, Status
from payments import checkout, reconcile
from payments.models import Payment, Refund
from tests.config.demo import ROOT
from tests.factories import create_booking, create_user, create_venue, hour, open_daily
from tests.payments.books import Worker, disagreements, kept_at_stripe
from tests.prices import create_priced_space
from tests.races import server
from venues.clock import local

pytestmark = pytest.mark.django_db(transaction=True)

PRICE = 2034
# At every so many lines; at each in `make proof`.
every = pytest.mark.parametrize("every", [30, pytest.param(1, marks=pytest.mark.proof)])


@pytest.fixture
def victim(sandbox) -> Iterator["Victim"]:
    more = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEMO": "1",
        "SITE_URL": site.SITE_URL,
        "STRIPE_SECRET_KEY": site.STRIPE_SECRET_KEY,
        "STRIPE_WEBHOOK_SECRET": site.STRIPE_WEBHOOK_SECRET,
        "STRIPE_API_BASE": sandbox.base,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.payments.victim"],
        cwd=ROOT,
        env=server.environment(8000) | more,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    victim = Victim(process)
    assert victim.answer() == "ready"
    yield victim
    process.stdin.close()
    assert process.wait(30) == 0


@dataclass
class Victim:
    process: subprocess.Popen

    def does(self, deed: str, of: Any, *, killed_at: int = 0) -> list[str] | None:
        """Let it do something; return the lines that it came by, or None if it was killed at the nth."""
        print(
            json.dumps({"deed": deed, "of": of, "killed_at": killed_at}), file=self.process.stdin, flush=True
        )
        return json.loads(self.answer())

    def answer(self) -> str:
        return self.process.stdout.readline().strip()


class House:
    """A room, and a customer with a booking for each time that somebody is killed."""

    def __init__(self, sandbox) -> None:
        self.sandbox = sandbox
        self.began_at = timezone.now() - timedelta(seconds=1)
        self.today = local(self.began_at).date()
        venue = create_venue()
        open_daily(venue.timetable, today=self.today)
        self.room = create_priced_space(venue=venue)
        self.aino = create_user("Aino")
        self.worker = Worker()
        self.booked = 0

    def booking(self) -> Booking:
        day, at = self.today + timedelta(days=2 + self.booked // 20), self.booked % 20
        self.booked += 1
        times = hour(f"{at:02}:00", day=day), hour(f"{at + 1:02}:00", day=day)
        return create_booking(self.room, *times, customer=self.aino, now=timezone.now())

    def begun(self) -> Payment:
        return checkout.start([self.booking()], payer=self.aino, now=timezone.now())

    def charged(self, how: str = "card") -> Payment:
        """A payment that Stripe has, and we have not heard of."""
        payment = self.begun()
        self.pay(payment, how)
        return payment

    def paid(self, how: str = "card") -> Payment:
        payment = self.charged(how)
        reconcile.session(payment.session_id, now=timezone.now())
        payment.refresh_from_db()
        self.sandbox.webhooks.take()
        return payment

    def pay(self, payment: Payment, how: str = "card") -> None:
        self.sandbox.do("pay", session=payment.session_id, how=how)

    def cancel(self, booking: Booking) -> None:
        lifecycle.cancel(booking, by=self.aino, now=timezone.now())

    def event(self, kind: str) -> dict[str, str]:
        """Take the event of a kind that waits, as Stripe sends it."""
        for body, headers in self.sandbox.webhooks.take():
            if json.loads(body)["type"] == kind:
                return {"body": body.decode(), "signature": headers["Stripe-Signature"]}
        raise AssertionError(f"No {kind} waits.")

    def worker_works(self) -> None:
        for payment in Payment.objects.open():
            reconcile.unheard_of(payment, now=timezone.now())
        self.worker.work()
        self.worker.work()

    def agrees(self) -> bool:
        assert disagreements(self.sandbox, since=self.began_at) == []
        return True


@pytest.fixture
def house(hasty):
    return House(hasty)


def lines_of(victim: Victim, deed: str, of: Any, every: int) -> list[int]:
    """Let it be done in peace, and return at which of its lines it is going to be killed."""
    seen = victim.does(deed, of)
    assert seen
    chosen = list(range(1, len(seen) + 1, every))
    print(f"\n{deed}: {len(seen)} lines, killed at {len(chosen)} of them.")
    return chosen


def booking_of(payment: Payment) -> Booking:
    return Booking.objects.with_place().get(payment_parts__payment=payment)


@every
def test_while_a_payment_is_begun(victim, house, every):
    for line in lines_of(victim, "begin", house.booking().pk, every):
        booking = house.booking()
        assert victim.does("begin", booking.pk, killed_at=line) is None

        house.worker_works()
        payment = checkout.start([booking], payer=house.aino, now=timezone.now())
        house.pay(payment)
        house.worker_works()

        assert Booking.objects.get(pk=booking.pk).status == Status.CONFIRMED
        assert kept_at_stripe(house.sandbox, payment) == PRICE
    assert house.agrees()


@every
@pytest.mark.parametrize("deed", ["come_back", "look_at"])
def test_while_a_payment_is_received(victim, house, every, deed):
    for line in lines_of(victim, deed, house.charged().pk, every):
        payment = house.charged()
        assert victim.does(deed, payment.pk, killed_at=line) is None

        house.worker_works()

        assert booking_of(payment).status == Status.CONFIRMED
        assert payment.receipts.count() == payment.entries.count() == 1
    assert house.agrees()


@every
def test_while_an_event_is_heard(victim, house, every):
    house.charged()
    for line in lines_of(victim, "hear", house.event("checkout.session.completed"), every):
        payment = house.charged()
        event = house.event("checkout.session.completed")
        assert victim.does("hear", event, killed_at=line) is None

        assert victim.does("hear", event) is not None  # Stripe tells it again

        assert booking_of(payment).status == Status.CONFIRMED
        assert payment.receipts.count() == payment.entries.count() == 1
    assert house.agrees()


@every
def test_while_somebody_leaves(victim, house, every):
    for line in lines_of(victim, "leave", house.begun().pk, every):
        payment = house.begun()
        assert victim.does("leave", payment.pk, killed_at=line) is None

        house.worker_works()
        again = checkout.start([booking_of(payment)], payer=house.aino, now=timezone.now())
        house.pay(again)
        house.worker_works()

        assert booking_of(again).status == Status.CONFIRMED
        assert sum(kept_at_stripe(house.sandbox, one) for one in {payment, again}) == PRICE
    assert house.agrees()


@every
def test_while_a_booking_is_cancelled_that_is_paid(victim, house, every):
    for line in lines_of(victim, "cancel", booking_of(house.paid()).pk, every):
        payment = house.paid()
        assert victim.does("cancel", booking_of(payment).pk, killed_at=line) is None

        house.worker_works()

        is_cancelled = booking_of(payment).status == Status.CANCELLED
        assert kept_at_stripe(house.sandbox, payment) == (0 if is_cancelled else PRICE)
    assert house.agrees()


@every
def test_while_money_comes_for_what_was_cancelled(victim, house, every):
    def cancelled_and_charged() -> Payment:
        payment = house.begun()
        house.cancel(booking_of(payment))
        house.pay(payment)
        return payment

    for line in lines_of(victim, "look_at", cancelled_and_charged().pk, every):
        payment = cancelled_and_charged()
        assert victim.does("look_at", payment.pk, killed_at=line) is None

        house.worker_works()

        assert kept_at_stripe(house.sandbox, payment) == 0
        assert Refund.objects.get(payment=payment).state == Refund.State.SUCCEEDED
    assert house.agrees()


@every
def test_while_a_refund_is_sent(victim, house, every):
    def wanted() -> Refund:
        payment = house.paid()
        house.cancel(booking_of(payment))
        return Refund.objects.get(payment=payment)

    for line in lines_of(victim, "send_refund", wanted().pk, every):
        refund = wanted()
        assert victim.does("send_refund", refund.pk, killed_at=line) is None

        house.worker_works()

        refund.refresh_from_db()
        assert refund.state == Refund.State.SUCCEEDED
        assert kept_at_stripe(house.sandbox, refund.payment) == 0
    assert house.agrees()


@every
def test_while_it_is_heard_that_a_refund_has_failed(victim, house, every):
    def failed() -> Payment:
        payment = house.paid()
        house.cancel(booking_of(payment))
        house.worker_works()
        house.sandbox.webhooks.take()
        house.sandbox.do("fail_refund", refund=payment.refunds.get().stripe_id)
        return payment

    failed()
    for line in lines_of(victim, "hear", house.event("refund.failed"), every):
        payment = failed()
        assert victim.does("hear", house.event("refund.failed"), killed_at=line) is None

        house.worker_works()

        payment.refresh_from_db()
        assert (payment.refunded_cents, payment.concerns.count()) == (0, 1)
    assert house.agrees()
