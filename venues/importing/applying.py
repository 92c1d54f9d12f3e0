"""Bringing the database up to what a folder says.

Nothing is deleted, nothing that a person edited is overwritten, and no hall is redrawn: a line that asks
for it is refused and reported. Everything else is done in one transaction, or nothing is.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction
from django.db.models import Model

from .. import openings, policy_layers
from ..models import Opening, Space, Timetable, Venue
from . import school_terms
from .inventory import Inventory, Record
from .merging import merged
from .stock import Districts, Stock, Venues, told
from .stock_of_policies import Policies, add_terms
from .stock_of_spaces import WORDS, Spaces, add_words
from .tables import BrokenFiles, Fault

ONE_IMPORT_AT_A_TIME = 5_160_219  # number of an advisory lock; any would do


@dataclass
class Report:
    """What an import did, for whoever started it."""

    counts: dict[str, Counter] = field(default_factory=dict)
    refused: list[Fault] = field(default_factory=list)  # lines that were left out
    kept: list[Fault] = field(default_factory=list)  # lines that people's edits contradict
    missing: list[str] = field(default_factory=list)  # what the files once had and have no longer


@transaction.atomic
def apply(found: Inventory, *, today: date) -> Report:
    """Import an inventory. Raises BrokenFiles, having changed nothing, if the models cannot hold it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_IMPORT_AT_A_TIME])
    # Hours and policies may change, and no booking may slip in beside that: halls first, in order of id.
    list(Space.objects.filter(part_of=None).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    report = Report()
    for name in WORDS:
        words: Sequence[Record] = getattr(found, name)
        created = add_words(name, words)
        report.counts[name] = Counter(created=created, unchanged=len(words) - created)
    report.counts["school terms"] = school_terms.extend(found.school_terms)
    created = add_terms(found.terms, today=today)
    report.counts["terms"] = Counter(created=created, unchanged=len(found.terms) - created)
    bring_up_to_date(Policies(), found.policies, report)
    districts = Districts()
    bring_up_to_date(districts, found.districts, report)
    venues = Venues(districts)
    bring_up_to_date(venues, found.venues, report)
    bring_up_to_date(Spaces(venues), found.spaces, report)
    policy_layers.settle(Space.objects.all())
    openings.rebuild_all(Timetable.objects.all(), today=today)
    if any(count["created"] for count in report.counts.values()):
        have_counted(Venue, Space, Timetable, Opening)
    return report


def have_counted(*models: type[Model]) -> None:
    """Let the database count rows that are new: of a table that it has never counted it plans by guesses."""
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {', '.join(model._meta.db_table for model in models)}")


def bring_up_to_date(stock: Stock, records: Sequence[Record], report: Report) -> None:
    refuse_what_no_model_holds(stock, records)
    refused = stock.refused(records)
    count = report.counts[stock.name] = Counter(refused=len(refused))
    report.refused += refused.values()
    report.missing += missing(stock, records)
    new: list[Record] = []
    for record in records:
        row = stock.rows.get(record.key)
        if record.key in refused:
            continue
        if row is None:
            new.append(record)
            continue
        says = stock.says(record, row)
        stored = {name: stock.fact(row, name) for name in says}
        # Of what the last import was silent, it left the defaults. A row without one is a person's own.
        left = {name: stock.default(name) for name in says} | row.imported if row.imported else {}
        changes, kept = merged(stored, left, says, together=stock.together)
        stock.change(row, changes, row.imported | says)
        count["updated" if changes else "unchanged"] += 1
        if edited := [name for name in kept if name != "demo_facts"]:  # that one follows the others
            report.kept.append(Fault(record.place, f"{row}: {', '.join(edited)} stays as a person wrote it"))
    stock.add(new)
    count["created"] = len(new)


def refuse_what_no_model_holds(stock: Stock, records: Iterable[Record]) -> None:
    """Judge all records before the first is written, but those that an import has let through before."""
    unjudged = [
        record
        for record in records
        if record.key not in stock.rows or stock.rows[record.key].imported != told(record)
    ]
    if faults := [fault for record in unjudged for fault in stock.faults_in(record)]:
        raise BrokenFiles(faults)


def missing(stock: Stock, records: Iterable[Record]) -> list[str]:
    """Name the rows that an import made and that the files have no longer."""
    told_of = {record.key for record in records}
    return [
        f"{stock.name}: {row} ({', '.join(key)})"
        for key, row in stock.rows.items()
        if row.imported and key not in told_of
    ]
