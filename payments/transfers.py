"""Bank transfers: recorded by a clerk one by one, or from the bank's own list as CSV.

A transfer is known by the bank's archive id: what was recorded once is passed over. Money that no invoice is
waiting for comes back to a person as a concern.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from bookings.transactions import in_one_transaction

from . import documents, ledger
from .models import Concern, Document, Entry, Payment
from .references import plain_reference
from .signals import payment_ended

# What banks call their columns, in small letters.
COLUMNS = {
    "paid_on": ("kirjauspäivä", "arvopäivä", "bokföringsdag", "date", "paid_on"),
    "amount": ("määrä", "määrä eur", "summa", "belopp", "amount"),
    "reference": ("viite", "viitenumero", "referens", "reference"),
    "archive_id": ("arkistointitunnus", "arkiveringskod", "archive id", "archive_id"),
    "payer": ("saaja/maksaja", "maksaja", "betalare", "payer", "name"),
}
NEEDED = ("paid_on", "amount", "reference", "archive_id")
MOST_ROWS = 5000
MOST_CENTS = 2**31 - 1
A_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")


@dataclass(frozen=True)
class Transfer:
    """Money that came to the city's account: how much, when, for which reference."""

    cents: int
    paid_on: date
    reference: str
    archive_id: str
    payer: str = ""


@dataclass(frozen=True)
class Recorded:
    """What came of a list: how many invoices were paid, how many transfers a person has to look at."""

    paid: int = 0
    worries: int = 0
    known: int = 0


# --- Reading --------------------------------------------------------------------------------------


def read(text: str) -> list[Transfer]:
    """Read a bank's list. Money that goes out is left out. Raises `Refused` with every line that is wrong."""
    rows = rows_of(text.lstrip("\ufeff"))
    if not rows:
        raise Refused(Problem("empty_list", _("There is nothing in the file."), "file"))
    where = columns_of(rows[0])
    if len(rows) > MOST_ROWS:
        message = _("The file has more than %(count)d lines. Divide it.")
        raise Refused(Problem("list_too_long", message % {"count": MOST_ROWS}, "file"))
    found: list[Transfer] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            try:
                found.append(transfer_of(row, where))
            except (ValueError, IndexError, ArithmeticError):
                message = _("Line %(number)d cannot be read: look at its day, amount and archive id.")
                problems.append(Problem("line_unreadable", message % {"number": number}, "file"))
    if problems:
        raise Refused(*problems)
    return [transfer for transfer in found if transfer.cents > 0]


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of a list whose first line tells what stands between them. Raises `Refused`."""
    head = text.partition("\n")[0]
    between = max(";", ",", "\t", key=head.count)
    try:
        return list(csv.reader(StringIO(text, newline=None), delimiter=between))
    except csv.Error:
        raise Refused(Problem("not_a_list", _("This file cannot be read as a list."), "file")) from None


def columns_of(head: Sequence[str]) -> dict[str, int]:
    names = [name.strip().lower() for name in head]
    where = {
        column: names.index(name)
        for column, known in COLUMNS.items()
        for name in known[::-1]
        if name in names
    }
    if missing := [COLUMNS[column][0] for column in NEEDED if column not in where]:
        message = _("The first line names no column for: %(columns)s.")
        raise Refused(Problem("columns_missing", message % {"columns": ", ".join(missing)}, "file"))
    return where


def transfer_of(row: Sequence[str], where: dict[str, int]) -> Transfer:
    """Return what a line says. Raises `ValueError` for one that cannot be read."""
    archive_id = row[where["archive_id"]].strip()
    if not archive_id:
        raise ValueError
    return Transfer(
        cents_of(row[where["amount"]]),
        day_of(row[where["paid_on"]]),
        plain_reference(row[where["reference"]]),
        archive_id[:100],
        row[where["payer"]].strip()[:200] if "payer" in where else "",
    )


def cents_of(text: str) -> int:
    """Read euros as people write them: 1 234,50 or -12.5."""
    plain = re.sub(r"[\s\u00a0€]", "", text).replace("\u2212", "-").replace(",", ".")
    cents = Decimal(plain) * 100
    if cents != cents.to_integral_value() or abs(cents) > MOST_CENTS:
        raise ValueError
    return int(cents)


def amount_of(text: str) -> int:
    """Return how many cents a person wrote. Raises `Refused`."""
    try:
        cents = cents_of(text)
    except (ValueError, ArithmeticError):
        cents = 0
    if cents <= 0:
        raise Refused(Problem("amount_unreadable", _("Write an amount like 123,45."), "euros"))
    return cents


def day_of(text: str) -> date:
    """Read a day as 2.11.2026 or 2026-11-02. Raises `ValueError`."""
    if finnish := A_DAY.fullmatch(text.strip()):
        day, month, year = map(int, finnish.groups())
        return date(year, month, day)
    return date.fromisoformat(text.strip())


# --- Recording ------------------------------------------------------------------------------------


@in_one_transaction
def record(transfers: Sequence[Transfer], *, by: User, now: datetime) -> Recorded:
    """Write transfers into the ledger, each once: all of them, or none."""
    known, new = split(transfers)
    outcomes = Counter(receive(transfer, by=by, now=now) for transfer in new)
    return Recorded(outcomes["paid"], outcomes["worry"], known + outcomes["known"])


def split(transfers: Sequence[Transfer]) -> tuple[int, list[Transfer]]:
    """Return how many have been recorded already, and those that have not; each archive id once."""
    ids = {transfer.archive_id for transfer in transfers}
    entries = Entry.objects.filter(kind=Entry.Kind.PAID, external_id__in=ids)
    worries = Concern.objects.filter(kind=Concern.Kind.UNMATCHED, external_id__in=ids)
    seen = {*entries.values_list("external_id", flat=True), *worries.values_list("external_id", flat=True)}
    new = list(unseen(transfers, seen))
    return len(transfers) - len(new), new


def unseen(transfers: Sequence[Transfer], seen: set[str]) -> Iterator[Transfer]:
    for transfer in transfers:
        if transfer.archive_id not in seen:
            seen.add(transfer.archive_id)
            yield transfer


def receive(transfer: Transfer, *, by: User, now: datetime) -> str:
    """Let a transfer pay its invoice, as far as something is left to pay, and a person see what is too much.

    Says what came of it: "paid", "worry", or "known" if somebody else has recorded it at this moment.
    """
    invoices = Document.objects.select_for_update(of=("self",), no_key=True)
    invoice = invoices.filter(reference=transfer.reference).exclude(reference="").first()
    if invoice and is_known(transfer):
        return "known"
    left = max(documents.outstanding(invoice), 0) if invoice else 0
    paid = min(transfer.cents, left)
    if invoice and paid:
        pay(invoice, paid, transfer, by=by, now=now)
    if paid == transfer.cents:
        return "paid"
    note = f"{transfer.paid_on:%d.%m.%Y} {transfer.payer} {transfer.reference}".strip()
    surplus = transfer.cents - paid
    is_new = ledger.worry(Concern.Kind.UNMATCHED, transfer.archive_id, cents=surplus, note=note, now=now)
    return "worry" if is_new else "known"


def is_known(transfer: Transfer) -> bool:
    return Entry.objects.filter(kind=Entry.Kind.PAID, external_id=transfer.archive_id).exists()


def pay(invoice: Document, cents: int, transfer: Transfer, *, by: User, now: datetime) -> Payment:
    payment = Payment.objects.create(
        organisation=invoice.organisation,
        payer=invoice.person,
        invoice=invoice,
        method=Payment.Method.TRANSFER,
        state=Payment.State.PAID,
        due_cents=cents,
        created_at=now,
        ended_at=now,
    )
    ledger.enter(payment, Entry.Kind.PAID, cents, transfer.archive_id, by=by, now=now)
    payment_ended.send(Payment, payment=payment)
    return payment
