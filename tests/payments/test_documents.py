"""The city's documents: every line in one of them, numbers without gaps, and nothing changed afterwards."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from bookings import lifecycle, quotes
from bookings.models import PriceLine
from payments import documents
from payments.models import Document, DocumentLine, Entry, Payment
from tests import together
from tests.factories import NOW, create_user
from tests.payments.papers import (
    FEBRUARY,
    MARCH,
    billed,
    charge_less,
    create_club,
    create_invoiced_space,
    date_of,
    owe,
    use,
)
from tests.sql import execute

pytestmark = pytest.mark.django_db


def bill(customer, *, until=FEBRUARY) -> Document | None:
    return documents.bill(customer, until=until, now=MARCH)


# --- Invoices -------------------------------------------------------------------------------------


def test_an_invoice_says_what_the_law_wants(settings):
    settings.SELLER = {"name": "Helsingin kaupunki", "business_id": "0201256-6", "iban": "FI21 1234"}
    club = create_club()
    date = date_of(use(club))
    owe(date, 2034), owe(date, 1350, "13.5"), owe(date, 4068)

    invoice = bill(club)

    assert (invoice.kind, invoice.number, invoice.reference) == ("invoice", 1, "10016")
    assert (str(invoice.issued_on), str(invoice.due_on)) == ("2027-03-01", "2027-03-15")
    assert invoice.seller == settings.SELLER
    assert invoice.buyer["name"] == "Idän Sähly ry"
    assert invoice.gross_cents == 2034 + 1350 + 4068 == invoice.net_cents + invoice.vat_cents
    lines = PriceLine.objects.filter(billed__document=invoice)
    assert quotes.by_vat(lines) == [
        quotes.Totals(1189, 161, 1350, Decimal("13.5")),
        quotes.Totals(1621 + 3241, 413 + 827, 2034 + 4068, Decimal("25.5")),
    ]
    assert documents.outstanding(invoice) == invoice.gross_cents == documents.owed_by(club)


def test_what_the_buyer_is_called_later_does_not_change_what_was_issued():
    club = create_club()
    invoice = billed(club, 2034)

    club.name = "Länsi-Vantaan Sähly ry"
    club.save()

    invoice.refresh_from_db()
    assert invoice.buyer["name"] == "Idän Sähly ry"


def test_each_line_is_billed_once():
    club = create_club()
    invoice = billed(club, 2034)

    assert bill(club) is None
    owe(date_of(use(club)), 1000)
    assert bill(club).gross_cents == 1000
    assert invoice.lines.count() == 1


def test_what_is_used_after_the_day_waits_for_the_next_invoice():
    club = create_club()
    date = date_of(use(club))
    owe(date, 1000)

    assert bill(club, until=date.starts_at.date().replace(day=5)) is None
    assert bill(club, until=date.starts_at.date()).gross_cents == 1000


def test_people_get_invoices_of_their_own_and_not_of_their_club():
    club = create_club()
    mikael = club.members.get()
    owe(date_of(use(club)), 1000)

    assert bill(mikael) is None
    assert bill(club).person is None


def test_what_was_asked_for_is_billed_when_it_is_agreed_and_never_if_it_is_declined():
    club = create_club()
    onni = create_user("Onni", is_staff=True)
    space = create_invoiced_space(approval="request")
    yes, no = use(club, space=space), use(club, "14:00", "16:00", space=space)
    owe(date_of(yes), 1000), owe(date_of(no), 500)

    assert bill(club) is None
    lifecycle.approve(yes, by=onni, now=NOW)
    lifecycle.decline(no, by=onni, reason="Remontti", now=NOW)
    assert bill(club).gross_cents == 1000


def test_a_space_that_is_paid_before_use_from_now_on_leaves_what_was_agreed_to_be_invoiced():
    club = create_club()
    booking = use(club)
    owe(date_of(booking), 1000)
    booking.space.payment = "before"
    booking.space.save()

    assert bill(club).gross_cents == 1000


def test_what_is_paid_before_use_is_never_invoiced():
    club = create_club()
    booking = use(club, space=create_invoiced_space(name_fi="Kerhohuone"))
    owe(date_of(booking), 1000)
    booking.payment_due_at = booking.created_at
    booking.save()

    assert bill(club) is None


def test_nothing_is_billed_while_more_is_given_back_than_used():
    club = create_club()
    date = date_of(use(club))
    owe(date, 1000), owe(date, -1000)

    assert bill(club) is None
    assert not Document.objects.exists()


# --- Numbers --------------------------------------------------------------------------------------


def test_a_number_that_was_not_used_is_given_again():
    club = create_club()
    line = owe(date_of(use(club)), 1000)
    with pytest.raises(IntegrityError), transaction.atomic():
        documents.issue(Document.Kind.INVOICE, club, [line, line], now=MARCH)

    assert bill(club).number == 1


@pytest.mark.django_db(transaction=True)
def test_many_who_bill_at_once_leave_no_gap_and_no_twins():
    clubs = [create_club() for _number in range(3)]
    for club in clubs:
        owe(date_of(use(club)), 1000)

    made = together.at_once(*[lambda club=club: bill(club) for club in clubs * 2])

    assert sorted(document.number for document in made if document) == [1, 2, 3]
    assert DocumentLine.objects.count() == 3
    assert bill(clubs[0]) is None


@pytest.mark.django_db(transaction=True)
def test_a_date_given_back_while_it_is_billed_is_credited_or_not_billed():
    club = create_club()
    date = date_of(use(club))
    owe(date, 1000)

    together.at_once(lambda: bill(club), lambda: charge_less(date, 1000))

    assert documents.owed_by(club) == 0
    assert documents.sum_of(documents.unbilled(club), "gross_cents") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update payments_document set gross_cents = gross_cents + 1, net_cents = net_cents + 1",
        "update payments_document set due_on = due_on + 1",
        "delete from payments_documentline",
        "update payments_documentline set price_line_id = price_line_id + 1",
        "delete from payments_document",
        "update payments_entry set cents = 1",
        "delete from payments_entry",
    ],
)
def test_no_sql_changes_what_was_issued_or_entered(statement):
    invoice = billed(create_club(), 2034)
    payment = Payment.objects.create(
        organisation=invoice.organisation, invoice=invoice, method="transfer", due_cents=5, created_at=MARCH
    )
    Entry.objects.create(payment=payment, kind="paid", cents=5, external_id="A1", at=MARCH)

    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        execute(statement)


def test_a_line_cannot_stand_in_two_documents():
    club = create_club()
    invoice = billed(club, 2034)
    line = PriceLine.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentLine.objects.create(document=invoice, price_line=line)


# --- Credit notes ---------------------------------------------------------------------------------


def test_a_date_that_costs_less_after_it_was_billed_is_credited_at_once():
    club = create_club()
    invoice = billed(club, 2034)
    date = date_of(club.bookings.get())

    charge_less(date, 1017)

    note = Document.objects.get(kind="credit_note")
    assert (note.number, note.credits, note.gross_cents, note.due_on) == (1, invoice, -1017, None)
    assert documents.outstanding(invoice) == documents.owed_by(club) == 1017
    assert bill(club) is None


def test_a_date_that_the_venue_moves_and_leaves_as_dear_as_it_was_is_not_credited():
    club = create_club()
    billed(club, 1000)
    date = date_of(club.bookings.get())

    owe(date, 1200), owe(date, -200)
    charge_less(date, 1000)

    assert not Document.objects.filter(kind="credit_note").exists()
    assert documents.owed_by(club) == 1000
    assert bill(club) is None


def test_only_the_difference_to_a_lower_price_is_credited():
    club = create_club()
    invoice = billed(club, 1000)
    date = date_of(club.bookings.get())

    owe(date, 800)
    charge_less(date, 1000)

    assert Document.objects.get(kind="credit_note").gross_cents == -200
    assert documents.outstanding(invoice) == 800


def test_what_costs_less_before_it_is_billed_needs_no_credit_note():
    club = create_club()
    date = date_of(use(club))
    owe(date, 1000)

    charge_less(date, 400, now=NOW)

    assert bill(club).gross_cents == 600
    assert Document.objects.count() == 1
