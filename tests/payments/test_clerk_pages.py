"""The clerk's pages: what needs a person, transfers, unpaid invoices, the ledger and revenue."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments import documents, ledger
from payments.models import Concern, Entry, Payment
from tests.bookings.pages import signed_in
from tests.factories import create_manager, create_user
from tests.payments.papers import MARCH, billed, create_club, date_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]

PAGES = [
    "/payments/manage/",
    "/payments/manage/transfers/",
    "/payments/manage/invoices/",
    "/payments/manage/ledger.csv?since=2027-03-01&until=2027-03-31",
    "/payments/manage/revenue/",
]
HEAD = "Kirjauspäivä;Määrä EUR;Saaja/Maksaja;Viite;Arkistointitunnus\n"


@pytest.fixture
def march(time_machine):
    time_machine.move_to(MARCH)


@pytest.fixture
def desk():
    return signed_in(create_user("Kerttu", is_staff=True))


@pytest.fixture
def invoice():
    return billed(create_club(), 2034)


def upload(desk, body: bytes):
    return desk.post("/payments/manage/transfers/", {"file": SimpleUploadedFile("lista.csv", body)})


def test_only_the_citys_staff_comes_in(invoice):
    venue = date_of(invoice.organisation.bookings.get()).space.venue
    ledger.worry(Concern.Kind.UNMATCHED, "A1", cents=5, now=MARCH)
    pages = [*PAGES, f"/payments/manage/concerns/{Concern.objects.get().pk}/"]

    for address in pages:
        for user in (create_user("Vieras"), invoice.organisation.members.get(), create_manager(venue)):
            assert signed_in(user).get(address).status_code == 403, address
        assert signed_in(create_user("Kerttu", is_staff=True)).get(address).status_code == 200, address


def test_who_is_not_signed_in_is_asked_to(client):
    for address in PAGES:
        assert client.get(address).status_code == 302


# --- What needs a person --------------------------------------------------------------------------


def test_a_worry_is_seen_answered_and_gone(desk, invoice):
    ledger.worry(Concern.Kind.UNMATCHED, "20270310A1", cents=500, note="Idän Sähly ry 999", now=MARCH)
    concern = Concern.objects.get()
    assert "Idän Sähly ry 999" in desk.get("/payments/manage/").content.decode()

    answer = desk.post(f"/payments/manage/concerns/{concern.pk}/", {"answer": ""})
    assert answer.status_code == 422
    desk.post(f"/payments/manage/concerns/{concern.pk}/", {"answer": "Palautettu maksajalle"})

    concern.refresh_from_db()
    assert concern.answer == "Palautettu maksajalle"
    assert "Idän Sähly ry 999" not in desk.get("/payments/manage/").content.decode()
    assert "Palautettu maksajalle" in desk.get(f"/payments/manage/concerns/{concern.pk}/").content.decode()


def test_the_overview_says_how_many_invoices_are_late(invoice, time_machine):
    kerttu = create_user("Kerttu", is_staff=True)
    assert "0 invoices are past" in signed_in(kerttu).get("/payments/manage/").content.decode()
    time_machine.shift(20 * 24 * 3600)
    assert "1 invoice is past" in signed_in(kerttu).get("/payments/manage/").content.decode()


# --- Transfers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_a_banks_list_is_recorded(desk, invoice, encoding):
    rows = HEAD + f"10.03.2027;20,34;Idän Sähly ry;{invoice.reference};A1\n11.03.2027;5,00;Yö;;A2\n"

    answer = upload(desk, rows.encode(encoding))

    assert answer.status_code == 302
    assert documents.outstanding(invoice) == 0
    assert Concern.objects.get().note == "11.03.2027 Yö"
    assert "Yö" in desk.get("/payments/manage/").content.decode()


@pytest.mark.parametrize("body", [b"", b"\x89PNG\0\0", b"x,y\n1,2\n", "Kirjauspäivä\n".encode()])
def test_a_file_that_is_no_list_is_refused_with_a_reason(desk, body):
    answer = upload(desk, body)

    assert answer.status_code == 422
    assert "problem" in answer.content.decode()
    assert not Entry.objects.exists()


def test_one_wrong_line_and_nothing_is_recorded(desk, invoice):
    rows = HEAD + f"10.03.2027;20,34;Sähly;{invoice.reference};A1\n11.03.2027;viisi;Aino;;A2\n"

    answer = upload(desk, rows.encode())

    assert answer.status_code == 422
    assert "3" in answer.content.decode()
    assert not Entry.objects.exists()


def test_one_transfer_by_hand(desk, invoice):
    said = {"reference": "1 0016", "euros": "20,34", "paid_on": "2027-03-10", "archive_id": "A1"}

    for _twice in range(2):
        assert desk.post("/payments/manage/transfers/", said).status_code == 302

    assert Payment.objects.get().invoice == invoice
    assert documents.outstanding(invoice) == 0


def test_a_transfer_without_an_amount_keeps_what_was_written(desk):
    said = {"reference": "1 0016", "euros": "paljon", "paid_on": "2027-03-10", "archive_id": "A1"}

    answer = desk.post("/payments/manage/transfers/", said)

    assert answer.status_code == 422
    assert 'value="paljon"' in answer.content.decode()


# --- The books ------------------------------------------------------------------------------------


def test_the_ledger_is_streamed_as_a_file(desk, invoice):
    answer = desk.get("/payments/manage/ledger.csv?since=2027-03-01&until=2027-03-31")

    assert answer.streaming
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == 'attachment; filename="ledger-2027-03-01-2027-03-31.csv"'
    assert b"".join(answer).startswith(b"\xef\xbb\xbfentry;at;kind")


@pytest.mark.parametrize("query", ["", "since=2027-03-31&until=2027-03-01", "since=x&until=y"])
def test_days_that_are_none_are_asked_for_again(desk, query):
    assert desk.get(f"/payments/manage/ledger.csv?{query}").status_code == 422
    if query:
        assert desk.get(f"/payments/manage/revenue/?{query}").status_code == 422


def test_revenue_of_the_last_days_is_shown(desk, invoice):
    said = desk.get("/payments/manage/revenue/").content.decode()

    assert "Keskuskoulu" in said
    assert said.count("€20.34") == 2  # of the venue, and together


def test_lists_take_as_many_statements_for_many_as_for_one(desk, invoice):
    def statements() -> list[int]:
        spent = []
        for address in PAGES:
            with CaptureQueriesContext(connection) as queries:
                answer = desk.get(address)
                b"".join(answer)
            spent.append(len(queries))
        return spent

    ledger.worry(Concern.Kind.UNMATCHED, "A0", cents=5, now=MARCH)
    first = statements()
    for number in range(3):
        club = create_club()
        billed(club, 500)
        ledger.worry(Concern.Kind.UNMATCHED, f"A{number + 1}", cents=5, now=MARCH)
    assert statements() == first
