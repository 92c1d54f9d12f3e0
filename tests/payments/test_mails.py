"""What people are told of money: who owns the club, in their language, and each thing once."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings.models import Message
from payments import documents, invoicing, ledger, refunds, tasks, transfers
from payments.models import Document, Entry, Payment, Refund
from tests.factories import NOW, create_booking, create_user
from tests.payments.papers import (
    MARCH,
    billed,
    charge_less,
    create_club,
    create_invoiced_space,
    date_of,
    owe,
    transfer,
)

pytestmark = pytest.mark.django_db

TELLING = [f"payments.tasks.tell_of_{what}" for what in ("document", "payment", "refund")]


def deliver() -> list[Message]:
    """Write what waits to be told, and return all that has been written."""
    for job in ProcrastinateJob.objects.filter(task_name__in=TELLING).order_by("pk"):
        getattr(tasks, job.task_name.rsplit(".", 1)[1])(**job.args)
    return list(Message.objects.order_by("pk"))


def said(message: Message) -> str:
    return f"{message.subject}\n{message.text}".replace("\u00a0", " ")


@pytest.fixture
def club():
    return create_club()


@pytest.fixture
def kerttu():
    return create_user("Kerttu", is_staff=True)


def test_the_owners_of_a_club_get_its_invoice(club):
    club.memberships.create(user=create_user("Sanna"), role="viewer")
    invoice = billed(club, 2034)

    (message,) = deliver()

    assert message.email == club.memberships.get(role="owner").user.email
    for words in ("Lasku 1: 20,34 €", "eräpäivä", "15.3.2027", invoice.reference, invoice.get_absolute_url()):
        assert words in said(message), words


def test_everybody_reads_it_in_their_own_language(club):
    club.memberships.create(user=create_user("Gunilla", language="sv"), role="owner")
    billed(club, 2034)

    assert [said(message).split()[0] for message in deliver()] == ["Lasku", "Faktura"]


def test_a_reminder_says_what_is_left(club, kerttu):
    invoice = billed(club, 2034)
    transfers.record([transfer(2000, invoice.reference)], by=kerttu, now=MARCH)
    invoicing.remind_all(now=MARCH + timedelta(days=17))

    reminder = deliver()[-1]

    assert "Muistutus: lasku 1 on maksamatta" in said(reminder)
    assert "0,34 €" in said(reminder)


def test_what_was_paid_before_the_reminder_went_out_is_not_reminded_of(club, kerttu):
    invoice = billed(club, 2034)
    invoicing.remind_all(now=MARCH + timedelta(days=17))
    transfers.record([transfer(2034, invoice.reference)], by=kerttu, now=MARCH)

    assert not any("Muistutus" in said(message) for message in deliver())


def test_the_same_job_twice_writes_once(club):
    billed(club, 2034)

    assert len(deliver()) == len(deliver()) == 1


def test_a_paid_invoice_is_told_of(club, kerttu):
    invoice = billed(club, 2034)
    transfers.record([transfer(2034, invoice.reference)], by=kerttu, now=MARCH)

    assert "Saimme maksun 20,34 € laskuun 1" in said(deliver()[-1])


def test_a_credit_note_and_the_money_that_goes_back_are_told_of(club, kerttu):
    invoice = billed(club, 2034)
    transfers.record([transfer(2034, invoice.reference)], by=kerttu, now=MARCH)
    charge_less(date_of(club.bookings.get()), 2034)

    told = "\n".join(map(said, deliver()))

    assert "Hyvityslasku 1: −20,34 €" in told
    assert "Sinulle palautetaan rahaa: 20,34 €" in told


def test_a_person_gets_a_receipt():
    aino = create_user("Aino")
    booking = create_booking(create_invoiced_space(), customer=aino)
    line = owe(date_of(booking), 6102)
    documents.issue(Document.Kind.RECEIPT, aino, [line], now=NOW)

    (message,) = deliver()

    assert (message.email, "Kuitti 1: 61,02 €" in said(message)) == (aino.email, True)


# --- By card --------------------------------------------------------------------------------------


def test_what_is_credited_after_an_invoice_was_paid_by_card_goes_back_to_the_card(club):
    invoice = billed(club, 2034)
    payment = paid_by_card(invoice, 2034)

    charge_less(date_of(club.bookings.get()), 1000)

    refund = Refund.objects.get()
    assert (refund.payment, refund.cents, refund.state) == (payment, 1000, "wanted")
    assert ProcrastinateJob.objects.filter(task_name="payments.tasks.send_refund").count() == 1
    assert documents.outstanding(invoice) == 0


def test_an_invoice_that_was_paid_by_card_and_by_transfer_is_paid_once(club, kerttu):
    invoice = billed(club, 2034)
    transfers.record([transfer(2034, invoice.reference)], by=kerttu, now=MARCH)
    paid_by_card(invoice, 2034)

    refunds.settle_invoice(invoice, now=MARCH)

    assert Refund.objects.get().payment.method == Payment.Method.CARD
    assert documents.outstanding(invoice) == 0


def paid_by_card(invoice: Document, cents: int) -> Payment:
    """Write down that an invoice was paid by card."""
    payment = Payment.objects.create(
        organisation=invoice.organisation,
        invoice=invoice,
        method="card",
        state="paid",
        due_cents=cents,
        created_at=MARCH,
        expires_at=MARCH,
        ended_at=MARCH,
        idempotency_key="a2c8b5a0-0000-4000-8000-000000000001",
    )
    ledger.enter(payment, Entry.Kind.PAID, cents, "pi_1", now=MARCH)
    return payment
