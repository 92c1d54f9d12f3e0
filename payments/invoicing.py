"""Invoices that go out by themselves, of the month or season that is over, and reminders of unpaid ones."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count

from accounts.models import Organisation, User
from bookings.transactions import in_one_transaction
from venues.clock import local
from venues.policies import season_of

from . import documents
from .documents import Customer
from .models import Document, Reminder
from .signals import invoice_overdue

# So long after the due day an invoice is reminded of, for the first time and for the second.
REMIND_AFTER = (timedelta(days=3), timedelta(days=17))


def bill_all(*, now: datetime) -> list[Document]:
    """Bill every customer for the period that is over. Whoever is billed already gets nothing twice."""
    until = last_billed_day(local(now).date())
    made = [documents.bill(customer, until=until, now=now) for customer in customers_to_bill(until)]
    return [document for document in made if document]


def last_billed_day(today: date) -> date:
    """Return the last day of the month, or the season, that was over before today."""
    if settings.BILL_BY == "season":
        return season_of(today)[0] - timedelta(days=1)
    return today.replace(day=1) - timedelta(days=1)


def customers_to_bill(until: date) -> Iterator[Customer]:
    """Yield who has lines that are not billed, organisations first, each once."""
    lines = documents.to_bill().filter(supplied_on__lte=until)
    organisations = lines.exclude(booking__organisation=None).values("booking__organisation")
    yield from Organisation.objects.filter(pk__in=organisations).order_by("pk")
    people = lines.filter(booking__organisation=None).values("booking__customer")
    yield from User.objects.filter(pk__in=people).order_by("pk")


@in_one_transaction
def remind_all(*, now: datetime) -> list[Reminder]:
    """Remind of every invoice that is due a reminder: each number once."""
    today = local(now).date()
    made = []
    for invoice in documents.overdue(on=today).annotate(given=Count("reminders")):
        given = invoice.given
        if given < len(REMIND_AFTER) and invoice.due_on and today >= invoice.due_on + REMIND_AFTER[given]:
            reminder, is_new = Reminder.objects.get_or_create(
                invoice=invoice, number=given + 1, defaults={"sent_at": now}
            )
            if is_new:
                made.append(reminder)
                invoice_overdue.send(Document, invoice=invoice, number=reminder.number)
    return made
