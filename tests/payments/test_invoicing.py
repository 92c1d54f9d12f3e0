"""Invoices that go out by themselves: of the month or season that is over, and reminders, once each."""

from datetime import date, time, timedelta

import pytest

from bookings import invariants
from payments import documents, invoicing, tasks, transfers
from payments.models import Document, Reminder
from tests import together
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
    use,
)
from venues.clock import at

pytestmark = pytest.mark.django_db


def on(day: int, month: int = 3):
    return at(date(2027, month, day), time(5, 10))


def test_every_customer_gets_one_invoice_for_the_month():
    clubs = [create_club(), create_club()]
    aino = create_user("Aino")
    for club in clubs:
        owe(date_of(use(club)), 1000), owe(date_of(use(club)), 500)
    owe(date_of(create_booking(create_invoiced_space(), customer=aino)), 700)

    made = invoicing.bill_all(now=MARCH)

    assert [(each.organisation or each.person, each.gross_cents) for each in made] == [
        (clubs[0], 1500),
        (clubs[1], 1500),
        (aino, 700),
    ]
    assert invoicing.bill_all(now=MARCH + timedelta(days=1)) == []
    assert list(invariants.findings(now=NOW)) == []


def test_nothing_is_billed_before_the_month_is_over():
    owe(date_of(use(create_club())), 1000)

    assert invoicing.bill_all(now=on(28, 2)) == []
    assert len(invoicing.bill_all(now=on(1))) == 1


def test_a_city_may_bill_by_the_season(settings):
    settings.BILL_BY, settings.SEASON_STARTS = "season", [(1, 1), (6, 1), (8, 1)]
    owe(date_of(use(create_club())), 1000)

    assert invoicing.bill_all(now=on(31, 5)) == []
    assert len(invoicing.bill_all(now=on(1, 6))) == 1


@pytest.mark.parametrize(
    ("today", "until"),
    [("2027-03-01", "2027-02-28"), ("2027-03-31", "2027-02-28"), ("2027-01-15", "2026-12-31")],
)
def test_the_last_day_that_is_billed(today, until):
    assert str(invoicing.last_billed_day(date.fromisoformat(today))) == until


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_bill_everybody_once():
    for _number in range(3):
        owe(date_of(use(create_club())), 1000)

    together.at_once(*[lambda: invoicing.bill_all(now=MARCH)] * 3)

    assert sorted(Document.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert list(invariants.findings(now=NOW)) == []


# --- Reminders ------------------------------------------------------------------------------------


def test_an_unpaid_invoice_is_reminded_of_twice_and_then_no_more():
    billed(create_club(), 2034)

    given = {day: len(invoicing.remind_all(now=MARCH + timedelta(days=day))) for day in range(60)}

    # It is due on the 14th day, and so many days later.
    assert {day for day, count in given.items() if count} == {17, 31}
    assert list(Reminder.objects.values_list("number", flat=True)) == [1, 2]


def test_what_is_paid_or_credited_is_not_reminded_of():
    club, other = create_club(), create_club()
    paid = billed(club, 2034)
    billed(other, 1000)
    clerk = create_user("Kerttu", is_staff=True)
    transfers.record([transfer(2034, paid.reference)], by=clerk, now=MARCH)
    charge_less(date_of(other.bookings.get()), 1000)

    assert invoicing.remind_all(now=MARCH + timedelta(days=40)) == []
    assert not documents.unpaid().exists()


def test_what_is_paid_in_part_is_reminded_of():
    invoice = billed(create_club(), 2034)
    clerk = create_user("Kerttu", is_staff=True)
    transfers.record([transfer(2000, invoice.reference)], by=clerk, now=MARCH)

    assert len(invoicing.remind_all(now=MARCH + timedelta(days=40))) == 1
    assert documents.outstanding(invoice) == 34


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_remind_once():
    billed(create_club(), 2034)

    later = MARCH + timedelta(days=17)
    made = together.at_once(*[lambda: invoicing.remind_all(now=later)] * 3)

    assert sorted(map(len, made)) == [0, 0, 1]


def test_looking_for_whom_to_remind_takes_as_long_for_many_as_for_one(django_assert_max_num_queries):
    for _number in range(4):
        billed(create_club(), 1000)

    with django_assert_max_num_queries(4):
        invoicing.remind_all(now=MARCH + timedelta(days=15))


def test_the_job_bills_and_reminds(time_machine):
    owe(date_of(use(create_club())), 1000)

    for day in (MARCH, MARCH + timedelta(days=17)):
        time_machine.move_to(day)
        tasks.send_invoices(timestamp=0)

    assert Document.objects.count() == Reminder.objects.count() == 1
