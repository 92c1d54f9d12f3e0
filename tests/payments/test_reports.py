"""The city's books: the ledger as a list that is safe to open, and revenue that agrees with the documents."""

import csv
from datetime import date, timedelta
from io import StringIO

import pytest

from bookings import lifecycle
from payments import documents, ledger, reports
from payments.models import Entry, Payment
from tests.factories import NOW, create_user, create_venue, open_daily
from tests.payments.papers import (
    FEBRUARY,
    MARCH,
    charge_less,
    create_club,
    create_invoiced_space,
    date_of,
    owe,
    use,
)
from venues.clock import at

pytestmark = pytest.mark.django_db

YEAR = date(2027, 1, 1), date(2027, 12, 31)


def paid(cents: int = 500, external_id: str = "A1", now=MARCH, **facts) -> Entry:
    payment = Payment.objects.create(method="transfer", due_cents=cents, created_at=now, **facts)
    ledger.enter(payment, Entry.Kind.PAID, cents, external_id, now=now)
    return payment.entries.get()


def read(since: date, until: date) -> list[dict[str, str]]:
    text = "".join(reports.ledger_rows(since, until)).removeprefix("\ufeff")
    return list(csv.DictReader(StringIO(text, newline=""), delimiter=";"))


# --- The ledger -----------------------------------------------------------------------------------


def test_the_ledger_lists_what_came():
    club = create_club()
    entry = paid(2034, "20270310A1", organisation=club)

    (row,) = read(*YEAR)

    assert row["entry"] == str(entry.pk)
    assert (row["kind"], row["cents"], row["method"]) == ("paid", "2034", "transfer")
    assert (row["organisation"], row["external_id"]) == ("Idän Sähly ry", "20270310A1")


@pytest.mark.parametrize("evil", ['=HYPERLINK("http://x";"y")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(evil):
    club = create_club()
    club.name = evil
    club.save()
    paid(external_id=evil, organisation=club)

    (row,) = read(*YEAR)

    assert row["external_id"] == row["organisation"] == f"'{evil}"


def test_days_are_the_citys():
    midnight = at(date(2027, 3, 2))
    paid(external_id="before", now=midnight - timedelta(minutes=1))
    paid(external_id="first", now=midnight)
    paid(external_id="last", now=midnight + timedelta(hours=23, minutes=59))
    paid(external_id="after", now=midnight + timedelta(days=1))

    assert [row["external_id"] for row in read(midnight.date(), midnight.date())] == ["first", "last"]


def test_a_long_ledger_is_read_bit_by_bit(django_assert_num_queries):
    for number in range(5):
        paid(external_id=str(number), organisation=create_club())

    with django_assert_num_queries(1):
        assert len(read(*YEAR)) == 5


# --- Revenue --------------------------------------------------------------------------------------


def test_revenue_by_venue_and_month_adds_up_to_the_documents():
    club = create_club()
    halls = [create_invoiced_space(), create_invoiced_space()]
    for hall in halls:
        owe(date_of(use(club, space=hall)), 2034)
        owe(date_of(use(club, "14:00", "16:00", space=hall)), 1350, "13.5")
    next_month = use(club, "18:00", "20:00", space=halls[0])
    owe(date_of(next_month), 999, supplied_on=date(2027, 3, 1))
    for until in (FEBRUARY, date(2027, 3, 31)):
        documents.bill(club, until=until, now=MARCH)
    charge_less(date_of(halls[1].bookings.first()), 1000)

    rows = reports.revenue(*YEAR)

    assert [(row.venue, row.month.month, row.gross_cents) for row in rows] == [
        (halls[0].venue, 2, 3384),
        (halls[0].venue, 3, 999),
        (halls[1].venue, 2, 2384),
    ]
    papers = club.documents.all()
    for column in ("net_cents", "vat_cents", "gross_cents"):
        assert sum(getattr(row, column) for row in rows) == documents.sum_of(papers, column)


def test_venues_of_one_name_are_told_apart():
    for _number in range(2):
        venue = create_venue(name_fi="Keskuskoulu")
        open_daily(venue.timetable)
        owe(date_of(use(create_club(), space=create_invoiced_space(venue=venue))), 1000)

    assert [row.gross_cents for row in reports.revenue(*YEAR)] == [1000, 1000]


def test_what_was_never_agreed_is_no_revenue():
    booking = use(create_club(), space=create_invoiced_space(approval="request"))
    owe(date_of(booking), 1000)

    assert reports.revenue(*YEAR) == []
    lifecycle.approve(booking, by=create_user("Onni", is_staff=True), now=NOW)
    assert [row.gross_cents for row in reports.revenue(*YEAR)] == [1000]


def test_revenue_takes_as_many_statements_for_many_venues(django_assert_num_queries):
    for _number in range(4):
        owe(date_of(use(create_club())), 1000)

    with django_assert_num_queries(2):
        assert len(reports.revenue(*YEAR)) == 4
