"""What Stripe told and nobody heard: it is read there, later, and then all agree."""

from datetime import timedelta

import pytest
import time_machine

from bookings import lifecycle
from bookings.models import Booking, Status
from payments import checkout, documents, gateway, reconcile, refunds, tasks
from payments.models import Concern, Entry, Payment, Refund
from tests.factories import NOW, create_booking, create_user, hour
from tests.payments.papers import MARCH, billed, charge_less, create_club, date_of
from tests.prices import create_priced_space

from .test_paying import PRICE, agrees, begin, come_back, send_refunds

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(hasty):
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


@pytest.fixture
def booking() -> Booking:
    room, aino = create_priced_space(), create_user("Aino")
    return create_booking(room, hour("10:00"), hour("13:00"), customer=aino)


def paid(sandbox, booking, how="card") -> Payment:
    payment = begin(booking)
    sandbox.do("pay", session=payment.session_id, how=how)
    return come_back(payment)


def cancel(booking, *, now=NOW) -> None:
    lifecycle.cancel(Booking.objects.with_place().get(pk=booking.pk), by=booking.customer, now=now)


def nobody_hears(sandbox) -> None:
    sandbox.webhooks.take()


# --- Refunds --------------------------------------------------------------------------------------


def test_a_refund_that_arrives_some_days_later_is_found(sandbox, booking, clock):
    paid(sandbox, booking, how="refund_pending")
    cancel(booking)
    send_refunds()
    assert Refund.objects.get().state == Refund.State.PENDING
    clock.shift(3 * DAY)
    nobody_hears(sandbox)

    tasks.look_back(timestamp=0)

    assert Refund.objects.get().state == Refund.State.SUCCEEDED
    assert agrees()


def test_a_refund_that_fails_some_days_later_is_found(sandbox, booking, clock):
    paid(sandbox, booking, how="refund_fails")
    cancel(booking)
    send_refunds()
    clock.shift(5 * DAY)
    nobody_hears(sandbox)

    tasks.look_back(timestamp=0)

    assert Refund.objects.get().state == Refund.State.FAILED
    assert Concern.objects.get().kind == Concern.Kind.REFUND_FAILED
    assert agrees()


def test_a_refund_by_hand_is_found_and_counts_for_its_booking(sandbox, booking):
    payment = paid(sandbox, booking)
    sandbox.do("refund_by_hand", intent=payment.intent_id, amount=1000)
    nobody_hears(sandbox)

    tasks.look_back(timestamp=0)
    cancel(booking)
    send_refunds()

    assert sorted(Refund.objects.values_list("reason", "cents")) == [
        ("by_hand", 1000),
        ("less_owed", PRICE - 1000),
    ]
    assert agrees()


def test_a_refund_by_hand_of_what_is_going_back_already_waits_its_turn(sandbox, booking):
    payment = paid(sandbox, booking)
    cancel(booking)
    there = sandbox.do("refund_by_hand", intent=payment.intent_id)

    with pytest.raises(gateway.Unreachable):  # Stripe tells it again
        refunds.reconcile(there["id"], now=NOW)
    send_refunds()  # there is nothing left to send back
    refunds.reconcile(there["id"], now=NOW)

    payment.refresh_from_db()
    assert payment.refunded_cents == PRICE
    assert Concern.objects.get().kind == Concern.Kind.REFUND_FAILED
    assert agrees()


def test_a_refund_whose_answer_was_lost_two_days_ago_is_not_sent_twice(sandbox, booking, clock):
    payment = begin(booking, create_booking(booking.space, "15:00", "18:00", customer=booking.customer))
    sandbox.do("pay", session=payment.session_id)
    come_back(payment)
    cancel(booking)
    sandbox.do("fault", how="lose", path="/v1/refunds", times=3)
    tasks.send_refunds(timestamp=0)
    assert Refund.objects.get().state == Refund.State.WANTED
    clock.shift(2 * DAY)  # Stripe has forgotten the key

    tasks.send_refunds(timestamp=0)

    assert Refund.objects.get().state == Refund.State.SUCCEEDED
    assert len(gateway.client().v1.refunds.list().data) == 1
    assert agrees()


# --- Disputes -------------------------------------------------------------------------------------


def test_a_dispute_is_found(sandbox, booking, clock):
    paid(sandbox, booking, how="disputed")
    clock.shift(10 * DAY)
    sandbox.do("clock", advance=0)
    nobody_hears(sandbox)

    tasks.look_back(timestamp=0)

    assert Entry.objects.filter(kind=Entry.Kind.DISPUTE).count() == 1
    assert agrees()


def test_when_a_dispute_is_won_what_was_not_owed_any_more_goes_back(sandbox, booking):
    payment = paid(sandbox, booking)
    dispute = sandbox.do("dispute", intent=payment.intent_id)["id"]
    tasks.look_back(timestamp=0)
    cancel(booking)
    assert not Refund.objects.exists()
    sandbox.do("close_dispute", dispute=dispute, is_won=True)

    tasks.look_back(timestamp=0)
    send_refunds()

    refund = Refund.objects.get()
    assert (refund.cents, refund.state) == (PRICE, Refund.State.SUCCEEDED)
    assert agrees()


def test_when_a_dispute_of_an_invoice_is_won_what_was_credited_meanwhile_goes_back(sandbox, clock):
    clock.move_to(MARCH)
    club = create_club()
    invoice = billed(club, PRICE)
    payment = checkout.start_invoice(invoice, payer=club.members.get(), now=MARCH)
    sandbox.do("pay", session=payment.session_id)
    payment = come_back(payment, now=MARCH)
    dispute = sandbox.do("dispute", intent=payment.intent_id)["id"]
    tasks.look_back(timestamp=0)
    charge_less(date_of(Booking.objects.get()), 1000)
    assert not Refund.objects.exists()
    sandbox.do("close_dispute", dispute=dispute, is_won=True)

    tasks.look_back(timestamp=0)
    send_refunds(now=MARCH)

    refund = Refund.objects.get()
    assert (refund.cents, refund.state) == (1000, Refund.State.SUCCEEDED)
    assert documents.outstanding(invoice) == 0


# --- Payments -------------------------------------------------------------------------------------


def test_one_that_was_begun_while_stripe_was_away_for_long_does_not_keep_the_others_waiting(
    sandbox, booking, clock
):
    sandbox.do("fault", how="lose", path="/v1/checkout/sessions", times=3, is_done=False)
    with pytest.raises(gateway.Unreachable):
        begin(booking)
    other = begin(create_booking(booking.space, "15:00", "18:00", customer=booking.customer))
    sandbox.do("pay", session=other.session_id)
    clock.shift(timedelta(minutes=10))  # too late for half an hour of it
    nobody_hears(sandbox)

    tasks.reconcile_open(timestamp=0)

    states = Payment.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [Payment.State.EXPIRED, Payment.State.PAID]
    assert Booking.objects.get(pk=booking.pk).status == Status.AWAITING_PAYMENT
    assert agrees()


def test_while_our_key_is_refused_nothing_is_lost(sandbox, booking, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_of_somebody_else"
    with pytest.raises(gateway.Unreachable):
        begin(booking)

    settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
    payment = begin(booking)

    sandbox.do("pay", session=payment.session_id)
    reconcile.unheard_of(payment, now=NOW)
    assert Booking.objects.get(pk=booking.pk).status == Status.CONFIRMED
    assert agrees()
