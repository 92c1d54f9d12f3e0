"""What the city's books want to know: the ledger as a list, and revenue by venue and month."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Sum
from django.db.models.functions import TruncMonth

from bookings.models import PriceLine
from venues.clock import at
from venues.models import Venue

from .documents import BINDING
from .models import Entry

HEAD = ("entry", "at", "kind", "cents", "payment", "method", "invoice", "organisation", "external_id")
# A spreadsheet takes what begins like this for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file that returns what is written to it: rows go out one by one, however many there are."""

    def write(self, row: str) -> str:
        return row


def ledger_rows(since: date, until: date) -> Iterator[str]:
    """Yield the ledger of days in the city's time, both included, as lines of CSV, the oldest first."""
    writer: Any = csv.writer(Echo(), delimiter=";")
    yield "\ufeff" + writer.writerow(HEAD)
    entries = Entry.objects.filter(at__gte=at(since), at__lt=at(until + timedelta(days=1))).order_by("pk")
    for entry in entries.select_related("payment__invoice", "payment__organisation").iterator(1000):
        yield writer.writerow(map(harmless, row_of(entry)))


def row_of(entry: Entry) -> Iterable[object]:
    payment = entry.payment
    return (
        entry.pk,
        entry.at.isoformat(timespec="seconds"),
        entry.kind,
        entry.cents,
        payment.pk,
        payment.method,
        payment.invoice.number if payment.invoice else "",
        payment.organisation or "",
        entry.external_id,
    )


def harmless(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULAS) else text


@dataclass(frozen=True)
class Revenue:
    """What was supplied at a venue in a month, in cents."""

    venue: Venue
    month: date
    net_cents: int
    vat_cents: int
    gross_cents: int


def revenue(since: date, until: date) -> list[Revenue]:
    """Return what was supplied by venue and month, of bookings that are agreed or cost all the same."""
    supplied = PriceLine.objects.filter(
        booking__status__in=BINDING, supplied_on__gte=since, supplied_on__lte=until
    )
    sums = list(
        supplied.annotate(month=TruncMonth("supplied_on"), venue=F("booking__space__venue"))
        .order_by()
        .values("venue", "month")
        .annotate(net=Sum("net_cents"), vat=Sum("vat_cents"), gross=Sum("gross_cents"))
    )
    venues = Venue.objects.in_bulk({row["venue"] for row in sums})
    found = [
        Revenue(venues[row["venue"]], row["month"], row["net"], row["vat"], row["gross"]) for row in sums
    ]
    return sorted(found, key=lambda each: (str(each.venue.name), each.venue.pk, each.month))
