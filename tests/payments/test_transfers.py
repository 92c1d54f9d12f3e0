"""What a bank tells: read as banks write it, each transfer recorded once, and money without a home seen."""

from datetime import date

import pytest

from accounts.problems import Refused
from payments import transfers
from payments.transfers import Transfer

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
        "02.11.2026;;1,00;;;;10016;",  # nothing to know it by
        "02.11.2026;;1,00",
    ],
)
def test_every_line_that_cannot_be_read_is_told_by_its_number_and_nothing_is_recorded(row):
    with pytest.raises(Refused) as refusal:
        transfers.read(listed("02.11.2026;;1,00;;;;10016;A0", row, row))

    assert refusal.value.codes == {"line_unreadable"}
    assert [str(problem.message)[:8] for problem in refusal.value.problems] == ["Line 3 c", "Line 4 c"]


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
