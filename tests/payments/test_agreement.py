"""Whatever people, banks, clocks and networks do, in whatever order: in the end booking, ledger and Stripe
agree, and everybody has been charged what is owed.
"""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from django.conf import settings as site
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.problems import Refused
from bookings import impacts, lifecycle, quotes, reductions
from bookings.changes import NewClosure
from bookings.closures import WishedClosure
from bookings.models import Booking, Status
from bookings.wishes import Wish, wish_of
from payments import checkout, reconcile
from payments.models import Concern, Payment, PaymentPart
from payments.refunds import paid_for
from payments.sandbox import Sandbox
from payments.sandbox.refusals import Refusal
from tests.factories import NOW, create_manager, create_user, create_venue, hour, open_daily
from tests.payments.books import Worker, disagreements, forget
from tests.prices import create_cancellation, create_priced_space
from venues import openings
from venues.clock import local

pytestmark = pytest.mark.django_db

RATES = [2034, 3105, 990, 2034]  # cents an hour: the last room's venue decides on each wish
SECONDS = [20, 240, 1800, 2400, 7200, 86_400, 259_200]
CARDS = ["card"] * 4 + ["declined", "3ds", "slow", "slow_fails", "refund_pending", "refund_fails", "disputed"]
PATHS = ["/v1/checkout/sessions$", "/expire$", "/v1/checkout/sessions/cs_", "/v1/refunds", "/v1/"]

numbers = st.integers(0, 10_000)
rooms = st.integers(0, len(RATES) - 1)
starts = st.sampled_from([8, 9, 10, 10, 11, 12, 14])
days = st.sampled_from([0, 0, 0, 1, 6])
site_number = count(1)


class TillMachine(RuleBasedStateMachine):
    """A house with four rooms that are paid before use, two customers, a manager, a bank, a bad network."""

    sandbox: Sandbox

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.clock = time_machine.travel(NOW, tick=True)
        self.time = self.clock.start()

    def teardown(self):
        try:
            if hasattr(self, "onni"):
                self.everything_settles()
        finally:
            self.clock.stop()
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    @initialize()
    def build(self):
        # Each run is an application of its own on the one account.
        site.SITE_URL = f"http://testserver-{next(site_number)}"
        forget(self.sandbox)
        venue = create_venue()
        open_daily(venue.timetable)
        terms = create_cancellation((24, 0), after=50)
        self.rooms = [
            create_priced_space(
                {"cents": rate}, venue=venue, cancellation=terms, setup_minutes=0, cleanup_minutes=0
            )
            for rate in RATES[:-1]
        ]
        self.rooms.append(
            create_priced_space(
                {"cents": RATES[-1]}, venue=venue, approval="request", setup_minutes=0, cleanup_minutes=0
            )
        )
        self.people = [create_user("Aino"), create_user("Mikael")]
        self.onni = create_manager(venue)
        self.held: list = []
        self.web = Client()
        self.worker = Worker()
        # Of which the price is the room's: nobody has reduced or moved it.
        self.touched: set[int] = set()

    # --- What there is ----------------------------------------------------------------------------

    @property
    def now(self):
        return timezone.now()

    def attempt(self, verb, *args, **kwargs):
        """Do it, or be refused, and return what came of it. Anything else fails."""
        try:
            return verb(*args, **kwargs, now=self.now)
        except Refused as refusal:
            event(f"{verb.__name__}: {' '.join(sorted(refusal.codes))}")
            return None

    def some_booking(self, number, *likely) -> Booking | None:
        there = list(Booking.objects.with_place().order_by("pk"))
        among = [booking for booking in there if booking.status in likely] or there
        return among[number % len(among)] if among else None

    def some_payment(self, number) -> Payment | None:
        there = list(Payment.objects.order_by("-is_open", "-pk"))
        return there[min(number % 4, len(there) - 1)] if there else None

    def has_bookings(self):
        return Booking.objects.exists()

    def has_payments(self):
        return Payment.objects.exists()

    # --- Customers --------------------------------------------------------------------------------

    @rule(room=rooms, start=starts, hours=st.integers(1, 2), day=days, who=st.integers(0, 1))
    def book(self, room, start, hours, day, who):
        when = hour(f"{start:02}:00") + timedelta(days=day)
        wish = Wish(self.rooms[room], when, when + timedelta(hours=hours))
        self.attempt(lifecycle.book, wish, customer=self.people[who])

    @rule(room=rooms, start=starts, day=days, who=st.integers(0, 1), number=numbers)
    def book_and_begin_to_pay(self, room, start, day, who, number):
        self.book(room, start, 1, day, who)
        self.begin(number)

    @precondition(has_bookings)
    @rule(number=numbers, with_others=st.booleans())
    def begin(self, number, with_others=False):
        """Press the button; again and in another tab, by chance."""
        booking = self.some_booking(number, "awaiting_payment")
        if booking is None:
            return
        together = [booking]
        if with_others:
            mine = Booking.objects.filter(customer=booking.customer, status="awaiting_payment")
            together = list(mine.with_place().order_by("pk")) or together
        self.attempt(checkout.start, together, payer=booking.customer)

    @precondition(has_payments)
    @rule(number=numbers, how=st.sampled_from(CARDS))
    def pay_at_stripe(self, number, how):
        payment = self.some_payment(number)
        if payment.session_id and self.is_at_stripe(payment):
            self.sandbox.do("pay", session=payment.session_id, how=how)

    @rule(
        room=rooms, start=starts, day=days, who=st.integers(0, 1), number=numbers, how=st.sampled_from(CARDS)
    )
    def book_and_pay(self, room, start, day, who, number, how):
        self.book_and_begin_to_pay(room, start, day, who, number)
        if Payment.objects.exists():
            self.pay_at_stripe(0, how)

    @precondition(has_payments)
    @rule(number=numbers)
    def come_back(self, number):
        payment = self.some_payment(number)
        if payment.is_open and payment.session_id:
            self.attempt(reconcile.session, payment.session_id)

    @precondition(has_payments)
    @rule(number=numbers)
    def leave(self, number):
        self.attempt(reconcile.leave, self.some_payment(number))

    @precondition(has_bookings)
    @rule(number=numbers, by_manager=st.booleans())
    def cancel(self, number, by_manager):
        booking = self.some_booking(number, "confirmed", "awaiting_payment", "requested")
        self.attempt(lifecycle.cancel, booking, by=self.onni if by_manager else booking.customer)

    @precondition(has_bookings)
    @rule(
        number=numbers, room=rooms, start=starts, day=days, hours=st.integers(1, 2), by_manager=st.booleans()
    )
    def move(self, number, room, start, day, hours, by_manager):
        booking = self.some_booking(number, "confirmed", "awaiting_payment")
        when = hour(f"{start:02}:00") + timedelta(days=day)
        wish = replace(
            wish_of(booking), space=self.rooms[room], starts_at=when, ends_at=when + timedelta(hours=hours)
        )
        by = self.onni if by_manager else booking.customer
        if self.attempt(lifecycle.move, booking, wish, by=by) and by_manager:
            self.touched.add(booking.pk)

    # --- The manager ------------------------------------------------------------------------------

    @precondition(has_bookings)
    @rule(number=numbers, does_approve=st.booleans())
    def decide(self, number, does_approve):
        booking = self.some_booking(number, "requested")
        if does_approve:
            self.attempt(lifecycle.approve, booking, by=self.onni)
        else:
            self.attempt(lifecycle.decline, booking, by=self.onni, reason="Remontti")

    @precondition(has_bookings)
    @rule(number=numbers, cents=st.sampled_from([1, 500, 990, 2034]))
    def reduce(self, number, cents):
        booking = self.some_booking(number, "confirmed", "awaiting_payment")
        if self.attempt(reductions.reduce, booking, cents, "Suihku ei toiminut", by=self.onni):
            self.touched.add(booking.pk)

    @rule(room=rooms, start=starts, day=days)
    def close(self, room, start, day):
        """Close a room for three hours; who is hit is cancelled."""
        when = hour(f"{start:02}:00") + timedelta(days=day)
        wished = WishedClosure(
            [self.rooms[room]], when, when + timedelta(hours=3), reason={"reason_fi": "Vesivahinko"}
        )
        fate = impacts.Fate.CANCEL
        made = self.attempt(
            impacts.decide, NewClosure(wished), fates=fate, reason="Vesivahinko", by=self.onni
        )
        if made:
            self.attempt(impacts.carry_out, made)

    # --- Banks, and Stripe's own pages ------------------------------------------------------------

    @precondition(has_payments)
    @rule(number=numbers, cents=st.sampled_from([1, 990]))
    def refund_by_hand(self, number, cents):
        payment = self.some_payment(number)
        if payment.intent_id:
            self.ask_bank("refund_by_hand", intent=payment.intent_id, amount=cents)

    @precondition(has_payments)
    @rule(number=numbers)
    def dispute(self, number):
        payment = self.some_payment(number)
        if payment.intent_id:
            self.ask_bank("dispute", intent=payment.intent_id)

    @rule(number=numbers, is_won=st.booleans())
    def bank_decides(self, number, is_won):
        if disputes := self.sandbox.world.all("dispute"):
            self.ask_bank("close_dispute", dispute=disputes[number % len(disputes)]["id"], is_won=is_won)

    def ask_bank(self, verb, **what):
        try:
            self.sandbox.do(verb, **what)
        except Refusal:
            event(f"{verb}: refused")

    # --- Clock, network and workers ---------------------------------------------------------------

    @rule(seconds=st.sampled_from(SECONDS))
    def time_passes(self, seconds):
        self.time.shift(timedelta(seconds=seconds))
        self.sandbox.do("clock", advance=0)

    @rule(
        how=st.sampled_from(["lose", "lose", "error"]),
        path=st.sampled_from(PATHS),
        times=st.sampled_from([1, 2, 3, 4, 6]),
        is_done=st.booleans(),
    )
    def network_fails(self, how, path, times, is_done):
        self.sandbox.do("fault", how=how, path=path, times=times, is_done=is_done)

    @rule()
    def network_is_mended(self):
        self.sandbox.do("mend")

    @rule(order=st.sampled_from(["first", "reverse", "shuffle"]), times=st.integers(1, 2), seed=numbers)
    def events_arrive(self, order, times, seed):
        waiting = [*self.held, *self.sandbox.webhooks.take()] * times
        if order == "reverse":
            waiting.reverse()
        if order == "shuffle":
            random.Random(seed).shuffle(waiting)
        self.held = [each for each in waiting if self.hear(*each) == 503]

    @rule()
    def events_get_lost(self):
        self.held = []
        self.sandbox.webhooks.take()

    def hear(self, body, headers) -> int:
        signed = self.sandbox.webhooks.sealed(body)[1]  # Stripe signs at every try
        answer = self.web.post(
            reverse("payments:webhook"),
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signed["Stripe-Signature"]},
        )
        assert answer.status_code in {200, 503}
        return answer.status_code

    @rule()
    def worker_works(self):
        """Run what waits, and what is due by the clock."""
        self.worker.work()

    @rule()
    def clock_strikes(self):
        self.worker.clock_strikes()

    # --- What holds in the end --------------------------------------------------------------------

    @rule()
    def everything_settles(self):
        """The network is mended, events arrive, jobs run: then all agree."""
        self.sandbox.do("mend")
        self.events_arrive("first", 1, 0)
        self.time_passes(240)
        for _round in range(3):
            self.worker_works()
        self.events_arrive("first", 1, 0)
        self.clock_strikes()
        self.all_agree()

    def all_agree(self):
        openings.rebuild(self.rooms[0].venue.timetable, today=local(self.now).date())
        assert disagreements(self.sandbox, since=NOW - timedelta(days=1)) == []
        assert not PaymentPart.objects.exclude(booking__customer=F("payment__payer")).exists()
        for booking in Booking.objects.with_place():
            self.its_money_is_right(booking)

    def its_money_is_right(self, booking: Booking):
        owed, paid = quotes.owed(booking), paid_for(booking)
        assert owed >= 0
        if booking.status == Status.CONFIRMED:
            by_hand = sum(refund.cents for refund in booking.refunds.filter(reason="by_hand"))
            assert paid + by_hand >= owed, (
                f"{booking.pk} is confirmed, and {owed - paid} cents have not come."
            )
            assert booking.pk in self.touched or owed == self.price_of(booking)
        elif booking.status != Status.CANCELLED:
            assert booking.status == Status.REQUESTED or paid == 0 or self.is_held_back(booking)
        if booking.status in {Status.EXPIRED, Status.DECLINED}:
            assert owed == 0
        if booking.is_being_paid:
            assert booking.payment_parts.filter(payment_is_open=True).exists()

    def price_of(self, booking: Booking) -> int:
        date = booking.dates.get()
        hours = (date.ends_at - date.starts_at) // timedelta(hours=1)
        return RATES[self.rooms.index(booking.space)] * hours

    def is_held_back(self, booking: Booking) -> bool:
        """Whether money that is not owed stays here because a bank wants it, or would not take it."""
        payments = Payment.objects.filter(parts__booking=booking)
        return Concern.objects.filter(payment__in=payments).exists()

    def is_at_stripe(self, payment: Payment) -> bool:
        return payment.session_id in self.sandbox.world.shelves["object"]


def run(sandbox, **effort):
    TillMachine.sandbox = sandbox
    TillMachine.TestCase.settings = settings(
        deadline=None, database=None, suppress_health_check=list(HealthCheck), **effort
    )
    run_state_machine_as_test(TillMachine, settings=TillMachine.TestCase.settings)


@pytest.fixture(autouse=True)
def site_url(settings):
    """Put back, in the end, what the runs are called."""
    settings.SITE_URL = site.SITE_URL


def test_in_the_end_all_agree(hasty):
    run(hasty, max_examples=20, stateful_step_count=25, derandomize=True, phases=[Phase.generate])


@pytest.mark.proof
def test_in_the_end_all_agree_for_long(hasty):
    run(hasty, max_examples=150, stateful_step_count=50, phases=[Phase.generate, Phase.shrink])
