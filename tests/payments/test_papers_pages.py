"""Invoices and receipts on screen: seen by whoever they are for, and paid by whoever may."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments import documents, transfers
from payments.models import Document
from tests.bookings.pages import signed_in
from tests.factories import create_manager, create_organisation, create_user
from tests.payments.papers import (
    FEBRUARY,
    MARCH,
    billed,
    charge_less,
    create_club,
    date_of,
    owe,
    transfer,
    use,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def club():
    return create_club()


@pytest.fixture
def mikael(club):
    return club.members.get()


@pytest.fixture
def invoice(club):
    date = date_of(use(club))
    owe(date, 2034), owe(date, 1350, "13.5")
    return documents.bill(club, until=FEBRUARY, now=MARCH)


def page(user, address: str) -> str:
    answer = signed_in(user).get(address)
    assert answer.status_code == 200, answer.status_code
    # As it reads: no tags, and one kind of space.
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("\u00a0", " ").split())


def test_an_invoice_says_all_that_the_law_wants(invoice, mikael, settings):
    said = page(mikael, invoice.get_absolute_url())

    for words in (
        "Lasku 1",
        settings.SELLER["name"],
        "Idän Sähly ry",
        "10016",
        "1.3.2027",
        "15.3.2027",
        "Keskuskoulu, Liikuntasali",
        "la 6.2. 10.00–12.00, yhdistys: 2 h × 20,34 €",
        "13,5 % 11,89 € 1,61 € 13,50 €",
        "25,5 % 16,21 € 4,13 € 20,34 €",
        "33,84 €",
    ):
        assert words in said, words


def test_a_document_speaks_the_language_in_which_it_was_issued(club, mikael):
    mikael.language = "sv"
    mikael.save()
    invoice = billed(club, 2034)
    mikael.language = "fi"
    mikael.save()

    answer = signed_in(mikael).get(invoice.get_absolute_url())

    assert 'lang="sv"' in answer.content.decode()
    assert "Faktura 1" in answer.content.decode()


def test_a_credit_note_says_of_what_and_the_invoice_says_what_is_left(invoice, club, mikael):
    charge_less(date_of(club.bookings.get()), 2034)
    note = Document.objects.get(kind="credit_note")

    assert "Lasku 1" in page(mikael, note.get_absolute_url())
    said = page(mikael, invoice.get_absolute_url())
    assert "Hyvityslaskut: 1 (−20,34 €)" in said
    assert "13,50 €, maksa viimeistään" in said


def test_a_paid_invoice_says_so_and_cannot_be_paid_again(invoice, mikael, sandbox):
    assert "pay/" in signed_in(mikael).get(invoice.get_absolute_url()).content.decode()
    clerk = create_user("Kerttu", is_staff=True)
    transfers.record([transfer(invoice.gross_cents, invoice.reference)], by=clerk, now=MARCH)

    answer = signed_in(mikael).get(invoice.get_absolute_url())
    assert "Tämä lasku on maksettu." in answer.content.decode()
    assert f"{invoice.pk}/pay/" not in answer.content.decode()
    answer = signed_in(mikael).post(f"/payments/documents/{invoice.pk}/pay/", follow=True)
    assert "There is nothing left to pay of this invoice." in answer.content.decode()


# --- Who sees it ----------------------------------------------------------------------------------


def test_strangers_and_managers_of_venues_find_no_document(invoice):
    venue = date_of(invoice.organisation.bookings.get()).space.venue

    for user in (create_user("Vieras"), create_manager(venue)):
        desk = signed_in(user)
        assert desk.get(invoice.get_absolute_url()).status_code == 404
        assert desk.post(f"/payments/documents/{invoice.pk}/pay/").status_code == 404
        assert desk.get(f"/payments/organisations/{invoice.organisation_id}/").status_code == 404


def test_who_is_not_signed_in_is_asked_to(invoice, client):
    for address in (invoice.get_absolute_url(), f"/payments/organisations/{invoice.organisation_id}/"):
        assert client.get(address).status_code == 302


def test_a_member_who_only_sees_looks_and_does_not_pay(invoice, club, sandbox):
    sanna = create_user("Sanna")
    club.memberships.create(user=sanna, role="viewer")
    desk = signed_in(sanna)

    answer = desk.get(invoice.get_absolute_url())

    assert answer.status_code == 200
    assert f"{invoice.pk}/pay/" not in answer.content.decode()
    assert desk.post(f"/payments/documents/{invoice.pk}/pay/").status_code == 403


def test_staff_looks_and_does_not_pay_for_others(invoice, sandbox):
    desk = signed_in(create_user("Kerttu", is_staff=True))

    assert desk.get(invoice.get_absolute_url()).status_code == 200
    assert desk.post(f"/payments/documents/{invoice.pk}/pay/").status_code == 403


def test_whoever_left_the_club_sees_its_invoices_no_more(invoice, club, mikael):
    club.memberships.all().delete()

    assert signed_in(mikael).get(invoice.get_absolute_url()).status_code == 404


def test_a_member_pays_on_stripes_page(invoice, mikael, sandbox):
    answer = signed_in(mikael).post(f"/payments/documents/{invoice.pk}/pay/")

    assert answer.status_code == 302
    assert answer["Location"].startswith(sandbox.base)
    assert invoice.payments.get().due_cents == invoice.gross_cents


# --- What an organisation owes --------------------------------------------------------------------


def test_an_organisation_sees_what_it_owes_and_what_is_still_to_come(invoice, club, mikael):
    owe(date_of(use(club, "18:00", "20:00")), 1000)

    said = page(mikael, f"/payments/organisations/{club.pk}/")

    assert "The organisation owes €33.84." in said
    assert "not been invoiced yet: €10.00" in said
    assert "Invoice 1" in said


def test_an_organisation_without_bills_owes_nothing():
    mikael = create_user("Mikael")
    club = create_organisation(mikael)

    assert "The organisation owes nothing." in page(mikael, f"/payments/organisations/{club.pk}/")


def test_the_list_takes_as_many_statements_for_many_documents_as_for_one(club, mikael):
    billed(club, 100)
    desk, address = signed_in(mikael), f"/payments/organisations/{club.pk}/"

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as spent:
            assert desk.get(address).status_code == 200
        return len(spent)

    first = statements()
    for cents in (200, 300, 400):
        billed(club, cents)
    assert statements() == first


def test_a_document_takes_as_many_statements_for_many_lines_as_for_one(club, mikael):
    desk = signed_in(mikael)
    spent = []
    for amounts in ([100], [200, 300, 400]):
        invoice = billed(club, *amounts)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(invoice.get_absolute_url()).status_code == 200
        spent.append(len(queries))

    assert spent[0] == spent[1]
