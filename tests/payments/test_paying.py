"""Aino pays: what she is charged is what is owed, whatever the network, the bank or the clock do."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.problems import Refused
from bookings import invariants, lifecycle, reductions
from bookings.models import Booking, Status
from payments import audit, checkout, concerns, gateway, reconcile, refunds, tasks
from payments.models import Concern, Document, Entry, Payment, Refund
from tests.bookings.pages import signed_in
from tests.factories import NOW, create_booking, create_organisation, create_user, hour
from tests.prices import create_cancellation, create_priced_space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def monday_morning():
    """Let Stripe's clock and ours show the same: sessions and signatures are of a certain age."""
    with time_machine.travel(NOW, tick=True):
        yield


PRICE = 6102  # three hours of 20,34 €


@pytest.fixture
def aino():
    return create_user("Aino")


@pytest.fixture
def room():
    return create_priced_space(name_fi="Kerhohuone")


@pytest.fixture
def booking(room, aino):
    return create_booking(room, hour("10:00"), hour("13:00"), customer=aino)


def begin(*bookings, now=NOW) -> Payment:
    return checkout.start(bookings, payer=bookings[0].customer, now=now)


def at_stripe(sandbox, instant) -> None:
    """Let it be later at Stripe, too."""
    sandbox.do("clock", advance=int((instant - timezone.now()).total_seconds()))


def come_back(payment: Payment, *, now=NOW) -> Payment:
    """Return from Stripe's page, as the browser does."""
    reconcile.session(payment.session_id, now=now)
    payment.refresh_from_db()
    return payment


def status_of(booking: Booking) -> str:
    return Booking.objects.get(pk=booking.pk).status


def send_refunds(now=NOW) -> None:
    for refund in Refund.objects.filter(state=Refund.State.WANTED).select_related("payment"):
        refunds.send(refund, now=now)


def agrees(*, now=NOW) -> bool:
    """Whether bookings, ledger and Stripe are of one mind."""
    return (
        list(invariants.findings(now=now)) == [] and list(audit.differences(NOW - timedelta(days=900))) == []
    )


# --- The usual ------------------------------------------------------------------------------------


def test_what_is_owed_is_paid_and_confirms_the_booking(sandbox, booking):
    assert booking.status == Status.AWAITING_PAYMENT
    payment = begin(booking)
    assert (payment.state, payment.due_cents) == (Payment.State.OPEN, PRICE)
    assert payment.session_url.startswith(sandbox.base)

    sandbox.do("pay", session=payment.session_id)
    payment = come_back(payment)

    assert (payment.state, payment.paid_cents) == (Payment.State.PAID, PRICE)
    assert status_of(booking) == Status.CONFIRMED
    assert Document.objects.get(kind="receipt").gross_cents == PRICE
    assert agrees()


def test_several_bookings_are_paid_at_once(sandbox, room, aino, booking):
    other = create_booking(room, hour("14:00"), hour("15:00"), customer=aino)
    payment = begin(booking, other)
    sandbox.do("pay", session=payment.session_id)
    come_back(payment)

    assert {status_of(booking), status_of(other)} == {Status.CONFIRMED}
    assert sorted(payment.parts.values_list("cents", flat=True)) == [2034, PRICE]
    assert agrees()


def test_a_double_click_and_a_second_tab_come_to_the_same_session(sandbox, booking):
    assert begin(booking) == begin(booking)
    assert Payment.objects.count() == 1


def test_one_that_is_paid_with_others_is_not_paid_alone(sandbox, room, aino, booking):
    other = create_booking(room, hour("14:00"), hour("15:00"), customer=aino)
    begin(booking, other)

    with pytest.raises(Refused) as refusal:
        begin(booking)
    assert refusal.value.codes == {"being_paid"}


def test_nothing_runs_out_while_somebody_pays(sandbox, booking):
    at_stripe(sandbox, booking.payment_due_at - timedelta(minutes=1))
    begin(booking, now=booking.payment_due_at - timedelta(minutes=1))

    assert not lifecycle.expire(booking, now=booking.payment_due_at + timedelta(minutes=5))
    assert status_of(booking) == Status.AWAITING_PAYMENT


def test_who_leaves_is_not_charged_and_may_begin_anew(sandbox, booking):
    payment = begin(booking)
    reconcile.leave(payment, now=NOW)

    payment.refresh_from_db()
    assert payment.state == Payment.State.EXPIRED
    assert "error" in sandbox.do("pay", session=payment.session_id)
    assert begin(booking) != payment
    assert agrees()


# --- The network ----------------------------------------------------------------------------------


def test_an_answer_that_is_lost_when_the_session_is_made(sandbox, booking, monkeypatch):
    sandbox.do("fault", how="lose", path="/v1/checkout/sessions", times=5)
    with pytest.raises(gateway.Unreachable):
        begin(booking)
    started = Payment.objects.get()
    assert started.state == Payment.State.STARTED

    sandbox.do("mend")
    payment = begin(booking)

    assert payment == started
    assert len(gateway.client().v1.checkout.sessions.list({"limit": 10}).data) == 1
    sandbox.do("pay", session=payment.session_id)
    come_back(payment)
    assert status_of(booking) == Status.CONFIRMED
    assert agrees()


def test_the_job_finds_a_payment_of_which_nobody_heard(sandbox, booking):
    payment = begin(booking)
    sandbox.do("pay", session=payment.session_id)

    reconcile.unheard_of(payment, now=NOW)

    assert status_of(booking) == Status.CONFIRMED
    assert agrees()


def test_the_job_ends_what_nobody_paid_and_then_the_booking_runs_out(sandbox, booking):
    at_stripe(sandbox, booking.payment_due_at - timedelta(minutes=1))
    payment = begin(booking, now=booking.payment_due_at - timedelta(minutes=1))
    late = payment.expires_at + timedelta(minutes=1)

    reconcile.unheard_of(payment, now=late)

    payment.refresh_from_db()
    assert payment.state == Payment.State.EXPIRED
    assert lifecycle.expire(Booking.objects.get(pk=booking.pk), now=late)
    assert agrees(now=late)


# --- Too late -------------------------------------------------------------------------------------


def expired_but_paid(sandbox, booking) -> Payment:
    """Let a booking end although its payment is open: as an older release would have, or a hand."""
    payment = begin(booking)
    Booking.objects.filter(pk=booking.pk).update(is_being_paid=False)
    assert lifecycle.expire(Booking.objects.get(pk=booking.pk), now=booking.payment_due_at)
    sandbox.do("pay", session=payment.session_id)
    return payment


def test_paid_too_late_while_the_time_is_free(sandbox, booking):
    payment = expired_but_paid(sandbox, booking)
    come_back(payment, now=booking.payment_due_at + timedelta(minutes=1))

    assert status_of(booking) == Status.CONFIRMED
    assert not Refund.objects.exists()
    assert agrees()


def test_paid_too_late_when_the_time_has_gone(sandbox, booking, room):
    payment = expired_but_paid(sandbox, booking)
    other = create_booking(room, hour("10:00"), hour("11:00"), customer=create_user("Vieno"))
    lifecycle.settle(other, by=create_user("Onni"), now=NOW)
    come_back(payment, now=booking.payment_due_at + timedelta(minutes=1))
    send_refunds()

    assert status_of(booking) == Status.EXPIRED
    refund = Refund.objects.get()
    assert (refund.cents, refund.reason, refund.state) == (PRICE, "too_late", Refund.State.SUCCEEDED)
    assert agrees()


def test_cancelled_while_it_is_being_paid(sandbox, booking, aino):
    payment = begin(booking)
    lifecycle.cancel(booking, by=aino, now=NOW)
    sandbox.do("pay", session=payment.session_id)

    reconcile.unheard_of(payment, now=NOW)
    send_refunds()

    assert status_of(booking) == Status.CANCELLED
    assert Refund.objects.get().cents == PRICE
    assert agrees()


def test_cancelled_before_it_is_paid_ends_the_session(sandbox, booking, aino):
    payment = begin(booking)
    lifecycle.cancel(booking, by=aino, now=NOW)
    tasks.look_at(payment_id=payment.pk)

    payment.refresh_from_db()
    assert payment.state == Payment.State.EXPIRED
    assert "error" in sandbox.do("pay", session=payment.session_id)
    assert agrees()


# --- Money that goes back -------------------------------------------------------------------------


@pytest.fixture
def paid(sandbox, booking):
    payment = begin(booking)
    sandbox.do("pay", session=payment.session_id)
    come_back(payment)
    return Booking.objects.with_place().get(pk=booking.pk)


def test_who_cancels_in_time_gets_everything_back(sandbox, paid, aino):
    lifecycle.cancel(paid, by=aino, now=NOW)
    send_refunds()

    refund = Refund.objects.get()
    assert (refund.cents, refund.state) == (PRICE, Refund.State.SUCCEEDED)
    assert Document.objects.get(kind="credit_note").gross_cents == -PRICE
    assert agrees()


def test_the_terms_of_cancelling_keep_their_share(sandbox, aino):
    room = create_priced_space(cancellation=create_cancellation((24, 0), after=50))
    booking = create_booking(room, hour("10:00"), hour("13:00"), customer=aino)
    payment = begin(booking)
    sandbox.do("pay", session=payment.session_id)
    come_back(payment)

    late = hour("10:00") - timedelta(hours=2)
    lifecycle.cancel(Booking.objects.with_place().get(pk=booking.pk), by=aino, now=late)
    send_refunds()

    assert Refund.objects.get().cents == PRICE // 2
    assert agrees(now=late)


def test_a_refund_whose_answer_is_lost_is_sent_once(sandbox, paid, aino):
    lifecycle.cancel(paid, by=aino, now=NOW)
    sandbox.do("fault", how="lose", path="/v1/refunds", times=5)
    refund = Refund.objects.select_related("payment").get()
    with pytest.raises(gateway.Unreachable):
        refunds.send(refund, now=NOW)

    sandbox.do("mend")
    send_refunds()

    assert len(gateway.client().v1.refunds.list({"limit": 10}).data) == 1
    assert Refund.objects.get().state == Refund.State.SUCCEEDED
    assert agrees()


def test_a_slow_payment_keeps_the_time_until_it_has_arrived(sandbox, booking):
    payment = begin(booking)
    sandbox.do("pay", session=payment.session_id, how="slow")
    assert come_back(payment).state == Payment.State.PROCESSING
    assert status_of(booking) == Status.AWAITING_PAYMENT
    assert agrees()

    sandbox.do("clock", advance=3 * 24 * 3600)
    assert come_back(payment).state == Payment.State.PAID
    assert status_of(booking) == Status.CONFIRMED
    assert agrees()


# --- What is for a person -------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"amount_total": 1}, {"currency": "sek"}])
def test_an_amount_or_a_currency_that_is_not_ours_confirms_nothing_until_a_person_has_looked(
    sandbox, booking, fields
):
    payment = begin(booking)
    sandbox.do("pay", session=payment.session_id)
    sandbox.do("alter", kind="checkout.session", id=payment.session_id, fields=fields)

    assert come_back(payment).is_open
    concern = Concern.objects.get()
    assert (concern.kind, concern.payment) == ("not_ours", payment)
    assert status_of(booking) == Status.AWAITING_PAYMENT
    assert not Entry.objects.exists()

    concerns.answer(concern, "Palautettu Stripessä.", by=create_user("Kerttu", is_staff=True), now=NOW)

    payment.refresh_from_db()
    assert payment.state == Payment.State.FAILED
    assert begin(booking) != payment


def test_a_refund_that_failed_is_sent_back_by_a_person_and_not_decided_again(sandbox, paid, aino):
    gone = Payment.objects.get()
    refunds.settle_up(paid, reason=Refund.Reason.LESS_OWED, now=NOW)
    assert not Refund.objects.exists()
    onni = create_user("Onni")
    reductions.reduce(paid, 1000, "Lattia oli märkä.", by=onni, now=NOW)
    refunds.fail(Refund.objects.select_related("payment").get(), "lost_or_stolen_card", now=NOW)

    reductions.reduce(Booking.objects.get(pk=paid.pk), 500, "Valot olivat rikki.", by=onni, now=NOW)

    assert list(Refund.objects.order_by("pk").values_list("cents", "state")) == [
        (1000, "failed"),
        (500, "wanted"),
    ]
    gone.refresh_from_db()
    assert gone.refunded_cents == 500
    assert list(invariants.findings(now=NOW)) == []


def test_less_than_stripe_takes_is_told_as_such(sandbox, aino):
    booking = create_booking(create_priced_space({"cents": 10}), hour("10:00"), hour("13:00"), customer=aino)

    with pytest.raises(Refused) as refusal:
        begin(booking)
    assert refusal.value.codes == {"too_little_for_card"}
    assert not Payment.objects.exists()


# --- Who may --------------------------------------------------------------------------------------


def test_bookings_of_two_customers_are_paid_one_by_one(sandbox, room, aino, booking):
    club = create_organisation(aino)
    other = create_booking(room, hour("14:00"), hour("15:00"), customer=aino, organisation=club)

    with pytest.raises(Refused) as refusal:
        begin(booking, other)
    assert refusal.value.codes == {"several_customers"}


def test_a_member_who_only_sees_pays_nothing_and_a_stranger_sees_nothing(sandbox, room, aino):
    club = create_organisation(aino)
    viewer, stranger = create_user("Liisa"), create_user("Vieno")
    club.memberships.create(user=viewer, role="viewer")
    booking = create_booking(room, hour("10:00"), hour("13:00"), customer=aino, organisation=club)
    payment = begin(booking)
    page = reverse("payments:payment", args=[payment.pk])

    for somebody in (viewer, stranger):
        answer = signed_in(somebody).post(reverse("payments:pay"), {"booking": booking.pk})
        assert answer["Location"] == reverse("payments:mine")
    assert signed_in(viewer).get(page).status_code == 200
    assert signed_in(viewer).post(reverse("payments:leave", args=[payment.pk])).status_code == 403
    assert signed_in(stranger).get(page).status_code == 404
    assert signed_in(stranger).post(reverse("payments:leave", args=[payment.pk])).status_code == 404
    assert Payment.objects.get().is_open


def test_the_page_of_what_is_to_be_paid_asks_as_often_for_many_as_for_one(sandbox, room, aino, booking):
    browser = signed_in(aino)
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("payments:mine"))
    for clock in ("14:00", "15:00", "16:00"):
        create_booking(room, hour(clock), hour(f"{int(clock[:2]) + 1}:00"), customer=aino)

    with CaptureQueriesContext(connection) as four:
        answer = browser.get(reverse("payments:mine"))

    assert answer.content.count(b'name="booking"') == 4
    assert len(four) == len(one)


def test_what_is_chosen_leads_to_stripe(sandbox, aino, booking):
    answer = signed_in(aino).post(reverse("payments:pay"), {"booking": booking.pk})

    assert answer["Location"] == Payment.objects.get().session_url


@pytest.mark.parametrize("said", ["", "0", "x", "9" * 30, "-1", "१"])
def test_nonsense_begins_no_payment(sandbox, aino, said):
    answer = signed_in(aino).post(reverse("payments:pay"), {"booking": said})

    assert answer.status_code == 302
    assert not Payment.objects.exists()
