"""School terms and breaks of a folder: those that come after what is known already are added to it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from ..models import SchoolPeriod
from .places import NAMES
from .tables import Rows, Shape, calendar_day, one_of, yes_or_no

TERMS = "school_terms.csv"
FILES = {TERMS: Shape(["kind", "first", "last", *NAMES, "is_demo", "source"], ["kind", "first"])}


def periods(rows: Rows) -> Iterator[SchoolPeriod]:
    """Yield what the file says, not yet saved. Of a line that is wrong, the fault is all that comes."""
    for row in rows[TERMS]:
        kind, is_demo = row.needed("kind", one_of(SchoolPeriod.Kind.values)), row.needed("is_demo", yes_or_no)
        first, last = row.needed("first", calendar_day), row.needed("last", calendar_day)
        if not row.text("name_fi"):
            row.refuse("name_fi is empty")
        if kind and is_demo is not None and first and last:
            if last < first:
                row.refuse("last is before first")
            names = {name: row.text(name) for name in NAMES}
            yield SchoolPeriod(
                kind=kind, first=first, last=last, is_demo=is_demo, source=row.text("source"), **names
            )


def extend(found: Iterable[SchoolPeriod]) -> Counter:
    """Add the terms and breaks that begin after all known ones of their kind; what people say stays so."""
    known: dict[str, date] = defaultdict(lambda: date.min)
    for period in SchoolPeriod.objects.all():
        known[period.kind] = max(known[period.kind], period.last)
    said = list(found)
    new = [period for period in said if period.first > known[period.kind]]
    SchoolPeriod.objects.bulk_create(new)
    return Counter(created=len(new), unchanged=len(said) - len(new))
