"""What a bank tells: read as banks write it, each transfer recorded once, and money without a home seen."""

from datetime import date

import pytest

from accounts.problems import Refused
from bookings import invariants
from payments import concerns, documents, transfers
from payments.models import Concern, Entry, Payment, Refund
from payments.transfers import Transfer
from tests import together
from tests.factories import NOW, create_user
from tests.payments.papers import MARCH, billed, charge_less, create_club, date_of, transfer

HEAD = "Kirjauspäivä;Arvopäivä;Määrä EUR;Laji;Selitys;Saaja/Maksaja;Viite;Arkistointitunnus"


def listed(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *rows])


def codes(text: str) -> set[str]:
    with pytest.raises(Refused) as refusal:
        transfers.read(text)
    return refusal.value.codes


def test_a_list_of_a_finnish_bank():
    text = listed(
        "02.11.2026;02.11.2026;1 234,50;506;VIITESIIRTO;Idän Sähly ry;00000 00000 00001 0016;20261102A1",
        "03.11.2026;03.11.2026;-12,00;700;OSTO;Kauppa;;20261103A2",
        "",
        "2026-11-04;2026-11-04;+7.05;506;VIITESIIRTO;Aino;;20261104A3",
    )

    assert transfers.read("\ufeff" + text) == [
        Transfer(123450, date(2026, 11, 2), "10016", "20261102A1", "Idän Sähly ry"),
        Transfer(705, date(2026, 11, 4), "", "20261104A3", "Aino"),
    ]


def test_a_list_with_commas_and_english_names():
    text = listed("2026-11-02,10.00,10016,A1", head="date,amount,reference,archive id")

    assert transfers.read(text) == [Transfer(1000, date(2026, 11, 2), "10016", "A1")]


def test_columns_that_are_missing_are_named():
    with pytest.raises(Refused) as refusal:
        transfers.read(listed(head="Kirjauspäivä;Määrä EUR"))

    assert refusal.value.codes == {"columns_missing"}
    assert "viite" in str(refusal.value.problems[0].message)


@pytest.mark.parametrize(
    "row",
    [
        "2.13.2026;;1,00;;;;10016;A1",  # no such day
        "02.11.2026;;yksi;;;;10016;A1",
        "02.11.2026;;1,001;;;;10016;A1",  # a tenth of a cent
        "02.11.2026;;NaN;;;;10016;A1",
        "02.11.2026;;1e30;;;;10016;A1",
        "02.11.2026;;1e999999;;;;10016;A1",
        "02.11.2026;;1e9999999999999999999;;;;10016;A1",
        "02.11.2026;;1,00;;;;10016;",  # nothing to know it by
        "02.11.2026;;1,00",
    ],
)
def test_every_line_that_cannot_be_read_is_told_by_its_number_and_nothing_is_recorded(row):
    with pytest.raises(Refused) as refusal:
        transfers.read(listed("02.11.2026;;1,00;;;;10016;A0", row, row))

    assert refusal.value.codes == {"line_unreadable"}
    told = [str(problem.message) for problem in refusal.value.problems]
    assert ["3" in told[0], "4" in told[1], len(told)] == [True, True, 2]


def test_what_stands_between_the_columns_is_told_by_the_first_line():
    head = "date\tamount\treference\tarchive id\tpayer"

    (found,) = transfers.read(listed("2026-11-02\t10,00\t10016\tA1\tKissa; ja, koira", head=head))

    assert (found.cents, found.payer) == (1000, "Kissa; ja, koira")


def test_a_list_that_is_none_says_so():
    assert codes(listed('"' + "x" * 200_000 + '"')) == {"not_a_list"}


def test_an_empty_file_says_so():
    assert codes("") == {"empty_list"}
    assert codes("\n\n") == {"columns_missing"}


@pytest.mark.parametrize(("written", "cents"), [("123,45", 12345), (" 1 000 € ", 100000), ("0.05", 5)])
def test_amounts_as_people_write_them(written, cents):
    assert transfers.amount_of(written) == cents


@pytest.mark.parametrize("written", ["", "0", "-5", "12,345", "inf", "kaksi"])
def test_amounts_that_are_none(written):
    with pytest.raises(Refused) as refusal:
        transfers.amount_of(written)
    assert refusal.value.codes == {"amount_unreadable"}


# --- Recorded -------------------------------------------------------------------------------------


@pytest.fixture
def kerttu():
    return create_user("Kerttu", is_staff=True)


@pytest.fixture
def invoice():
    return billed(create_club(), 2034)


def record(*found: Transfer, by) -> tuple[int, int, int]:
    done = transfers.record(found, by=by, now=MARCH)
    return done.paid, done.worries, done.known


@pytest.mark.django_db
def test_a_transfer_pays_the_invoice_whose_reference_it_bears(invoice, kerttu):
    assert record(transfer(2034, invoice.reference), by=kerttu) == (1, 0, 0)

    payment = Payment.objects.get()
    assert (payment.invoice, payment.state, payment.paid_cents) == (invoice, "paid", 2034)
    assert (payment.organisation, Entry.objects.get().by) == (invoice.organisation, kerttu)
    assert documents.owed_by(invoice.organisation) == 0
    assert list(invariants.findings(now=NOW)) == []


@pytest.mark.django_db
def test_a_part_of_it_and_the_rest(invoice, kerttu):
    record(transfer(2000, invoice.reference), by=kerttu)
    assert documents.outstanding(invoice) == 34

    record(transfer(34, invoice.reference, "A2"), by=kerttu)
    assert documents.outstanding(invoice) == 0
    assert not Concern.objects.exists()


@pytest.mark.django_db
def test_what_is_too_much_is_for_a_person_to_look_at(invoice, kerttu):
    assert record(transfer(2100, invoice.reference), by=kerttu) == (0, 1, 0)

    concern = Concern.objects.get()
    assert (concern.kind, concern.cents, concern.external_id) == ("unmatched", 66, "20270310A1")
    assert "Idän Sähly ry" in concern.note
    assert documents.outstanding(invoice) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("reference", ["", "99999", "10017"])
def test_money_that_no_invoice_waits_for(reference, invoice, kerttu):
    assert record(transfer(500, reference), by=kerttu) == (0, 1, 0)

    assert Concern.objects.get().cents == 500
    assert not Payment.objects.exists()


@pytest.mark.django_db
def test_the_same_list_again_changes_nothing(invoice, kerttu):
    found = [
        transfer(2000, invoice.reference),
        transfer(2000, invoice.reference),
        transfer(100, invoice.reference, "A2"),
        transfer(5, "", "A3"),
    ]

    assert record(*found, by=kerttu) == (1, 2, 1)
    assert record(*found, by=kerttu) == (0, 0, 4)
    assert (Entry.objects.count(), Concern.objects.count()) == (2, 2)
    assert list(invariants.findings(now=NOW)) == []


@pytest.mark.django_db(transaction=True)
def test_two_clerks_with_the_same_list_at_once(invoice, kerttu):
    found = [transfer(1000, invoice.reference), transfer(700, "", "A2")]

    outcomes = together.at_once(*[lambda: record(*found, by=kerttu)] * 3)

    assert sorted(outcomes) == [(0, 0, 2), (0, 0, 2), (1, 1, 0)]
    assert documents.outstanding(invoice) == 1034
    assert list(invariants.findings(now=NOW)) == []


@pytest.mark.django_db
def test_what_is_credited_after_a_transfer_goes_back_by_the_hand_of_a_clerk(invoice, kerttu):
    record(transfer(2034, invoice.reference), by=kerttu)

    charge_less(date_of(invoice.organisation.bookings.get()), 2034)

    refund, concern = Refund.objects.get(), Concern.objects.get()
    assert (refund.cents, refund.state, concern.kind) == (2034, "wanted", "to_return")
    concerns.answer(concern, "Palautettu tilille FI21", by=kerttu, now=MARCH)
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert documents.outstanding(invoice) == 0
    assert list(invariants.findings(now=NOW)) == []


@pytest.mark.django_db
def test_a_worry_is_answered_once_and_with_words(invoice, kerttu):
    record(transfer(5, ""), by=kerttu)
    concern = Concern.objects.get()

    for words, code in [("  ", "answer_missing"), ("Palautettu", None), ("Uudestaan", "handled_already")]:
        if code is None:
            concerns.answer(concern, words, by=kerttu, now=MARCH)
            continue
        with pytest.raises(Refused) as refusal:
            concerns.answer(concern, words, by=kerttu, now=MARCH)
        assert refusal.value.codes == {code}
    concern.refresh_from_db()
    assert (concern.answer, concern.handled_by) == ("Palautettu", kerttu)
