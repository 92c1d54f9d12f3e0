"""What Stripe tells: heard once, whatever it comes as, and only if it is Stripe that speaks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.urls import reverse

from bookings import lifecycle
from bookings.models import Booking, Status
from payments import checkout, reconcile
from payments.models import Concern, Entry, Payment, Refund, StripeEvent
from tests.factories import NOW, create_booking, create_user, hour
from tests.prices import create_priced_space

from .test_paying import PRICE, agrees, send_refunds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def monday_morning():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def payment() -> Payment:
    room, aino = create_priced_space(), create_user("Aino")
    booking = create_booking(room, hour("10:00"), hour("13:00"), customer=aino)
    return checkout.start([booking], payer=aino, now=NOW)


@pytest.fixture
def payment_of(sandbox, payment):
    return payment


def the_booking() -> Booking:
    return Booking.objects.with_place().get()


def hear(client, body: bytes, headers: dict) -> int:
    signature = headers.get("Stripe-Signature", "")
    answer = client.post(
        reverse("payments:webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )
    return answer.status_code


def waiting(sandbox) -> list[tuple[bytes, dict]]:
    """Take the events that wait to be sent, signed as they would be."""
    return sandbox.webhooks.take()


def test_the_event_confirms_the_booking_before_the_payer_comes_back(sandbox, payment_of, client):
    sandbox.do("pay", session=payment_of.session_id)

    assert {hear(client, *event) for event in waiting(sandbox)} == {200}

    assert the_booking().status == Status.CONFIRMED
    assert agrees()


def test_twice_and_in_reverse_is_heard_once(sandbox, payment_of, client):
    sandbox.do("pay", session=payment_of.session_id)
    events = waiting(sandbox)

    for event in [*events[::-1], *events]:
        assert hear(client, *event) == 200

    assert Entry.objects.count() == 1
    assert StripeEvent.objects.count() == len(events)
    assert agrees()


def test_after_the_payer_came_back_nothing_is_left_to_do(sandbox, payment_of, client):
    sandbox.do("pay", session=payment_of.session_id)
    reconcile.session(payment_of.session_id, now=NOW)

    assert {hear(client, *event) for event in waiting(sandbox)} == {200}
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("how", ["bad_signature", "no_signature", "stale", "not_utf8", "not_json", "live"])
def test_a_forged_event_is_refused_and_changes_nothing(sandbox, payment_of, client, how):
    sandbox.do("pay", session=payment_of.session_id)
    event = sandbox.world.all("event")[0]

    assert hear(client, *sandbox.webhooks.forged(event, how)) == 400
    assert the_booking().status == Status.AWAITING_PAYMENT
    assert not StripeEvent.objects.exists()


def test_an_event_of_another_application_on_the_account_is_noted_and_left(sandbox, payment_of, client):
    sandbox.do("foreign")

    assert {hear(client, *event) for event in waiting(sandbox)} == {200}
    assert not Entry.objects.exists()
    assert set(StripeEvent.objects.values_list("outcome", flat=True)) <= {"not ours", "unknown"}


def test_an_event_of_the_other_mode_is_refused(sandbox, payment_of, client, settings):
    sandbox.do("pay", session=payment_of.session_id)
    events = waiting(sandbox)
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = "", "sk_live_real"

    assert {hear(client, *event) for event in events} == {400}


def test_while_stripe_does_not_answer_the_event_is_told_again(sandbox, payment_of, client):
    sandbox.do("pay", session=payment_of.session_id)
    events = waiting(sandbox)
    sandbox.do("fault", how="lose", path="/v1/checkout/sessions/", times=3)

    assert hear(client, *events[-1]) == 503
    assert not StripeEvent.objects.exists()
    sandbox.do("mend")
    assert hear(client, *events[-1]) == 200
    assert the_booking().status == Status.CONFIRMED


def paid(sandbox, payment: Payment, how: str = "card") -> Booking:
    sandbox.do("pay", session=payment.session_id, how=how)
    reconcile.session(payment.session_id, now=NOW)
    sandbox.webhooks.take()
    return the_booking()


def test_our_own_refund_that_stripe_echoes_is_written_once(sandbox, payment_of, client):
    booking = paid(sandbox, payment_of)
    lifecycle.cancel(booking, by=booking.customer, now=NOW)
    send_refunds()

    assert {hear(client, *event) for event in waiting(sandbox)} == {200}
    assert Refund.objects.get().cents == PRICE
    assert agrees()


def test_a_refund_that_fails_days_later_comes_back_to_a_person(sandbox, payment_of, client):
    booking = paid(sandbox, payment_of, how="refund_fails")
    lifecycle.cancel(booking, by=booking.customer, now=NOW)
    send_refunds()
    sandbox.do("clock", advance=5 * 24 * 3600)

    assert {hear(client, *event) for event in waiting(sandbox)} == {200}

    assert Refund.objects.get().state == Refund.State.FAILED
    assert Concern.objects.get().kind == Concern.Kind.REFUND_FAILED
    payment_of.refresh_from_db()
    assert payment_of.refunded_cents == 0
    assert agrees()


def test_a_dispute_is_written_down_and_its_money_does_not_go_back_twice(sandbox, payment_of, client):
    booking = paid(sandbox, payment_of, how="disputed")
    sandbox.do("clock", advance=10 * 24 * 3600)
    assert {hear(client, *event) for event in waiting(sandbox)} == {200}

    assert Concern.objects.get().kind == Concern.Kind.DISPUTE
    assert Entry.objects.filter(kind=Entry.Kind.DISPUTE).count() == 1
    lifecycle.cancel(booking, by=booking.customer, now=NOW)
    assert not Refund.objects.exists()
    assert agrees()


@pytest.mark.django_db(transaction=True)
def test_the_event_the_payer_and_the_job_at_once(sandbox, payment_of, client):
    sandbox.do("pay", session=payment_of.session_id)
    events = waiting(sandbox)

    def hearing(event) -> None:
        try:
            assert hear(type(client)(), *event) == 200
        finally:
            connection.close()

    def asking(_number) -> None:
        try:
            reconcile.session(payment_of.session_id, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(hearing, [*events, *events])) + list(pool.map(asking, range(4)))

    assert Entry.objects.count() == 1
    assert the_booking().status == Status.CONFIRMED
    assert agrees()
