"""The venues' own opening hours: those that libraries publish, and made-up ones by kind of venue."""

from collections import defaultdict
from collections.abc import Iterable

from .hours import Hours, joined, minutes, minutes_until
from .inventory import Record, WeeklyHours
from .places import KINDS
from .tables import Fault, Row, Rows, Shape, clock, one_of, weekday, weekdays

DEMO_HOURS = "demo_hours.csv"
LIBRARY_HOURS = "library_weekly_hours.csv"
FILES = {
    DEMO_HOURS: Shape(["kind", "iso_weekdays", "opens", "closes"], key=["kind", "iso_weekdays", "opens"]),
    LIBRARY_HOURS: Shape(
        ["kirkanta_id", "library_name_fi", "iso_weekday", "opens", "closes", "status"],
        key=["kirkanta_id", "iso_weekday", "opens"],
    ),
}
# Rooms are let while there is staff. "Self-service" is for card holders.
STAFFED, SELF_SERVICE = "Open", "Self-service"
LIBRARY_STATUSES = [STAFFED, SELF_SERVICE, "Closed for the whole day", "Temporarily closed"]


def give_hours(venues: Iterable[Record], rows: Rows) -> list[Fault]:
    """Give the venues their weekly hours. Returns the libraries that are no venues of ours."""
    by_kind, by_library = demo_hours(rows[DEMO_HOURS]), library_hours(rows[LIBRARY_HOURS])
    for venue in venues:
        if library := by_library.pop(venue.key[0], None):
            venue.hours = library.hours
        elif venue.facts["kind"] in by_kind:
            venue.hours = by_kind[venue.facts["kind"]]
            venue.facts["demo_facts"].append("opening_hours")
    return [
        Fault(library.place, f"{library.facts['name']} is not among the venues; its hours are not used")
        for library in by_library.values()
    ]


def demo_hours(rows: Iterable[Row]) -> dict[str, WeeklyHours]:
    found: dict[str, list[tuple[int, Hours]]] = defaultdict(list)
    for row in rows:
        kind, days, hours = (
            row.needed("kind", one_of(KINDS)),
            row.needed("iso_weekdays", weekdays),
            hours_in(row),
        )
        if kind and days and hours:
            found[kind] += [(day, hours) for day in days]
    return {kind: weekly(said) for kind, said in found.items()}


def library_hours(rows: Iterable[Row]) -> dict[str, Record]:
    """Return the staffed hours of each library, by the key of its venue."""
    found: dict[str, Record] = {}
    staffed: dict[str, list[tuple[int, Hours]]] = defaultdict(list)
    for row in rows:
        key = f"kirkanta-{row.text('kirkanta_id')}"
        found.setdefault(key, Record(row.place, (key,), {"name": row.text("library_name_fi")}))
        status, day = row.needed("status", one_of(LIBRARY_STATUSES)), row.needed("iso_weekday", weekday)
        hours = hours_in(row)
        if status == STAFFED and day and hours:
            staffed[key].append((day, hours))
    for key, record in found.items():
        record.hours = weekly(staffed[key])
    return found


def hours_in(row: Row) -> Hours | None:
    """Return the opening and closing time of a row, or None if it gives none."""
    hours = times_in(row)
    if hours and minutes(hours[0]) >= minutes_until(hours[1]):
        row.refuse(f"closes at {row.text('closes')}, before it opens at {row.text('opens')}")
    return hours


def times_in(row: Row) -> Hours | None:
    """Return both times of a row as they stand, in whatever order."""
    if bool(row.text("opens")) != bool(row.text("closes")):
        row.refuse("give both opens and closes, or neither")
    opens, closes = row.read("opens", clock), row.read("closes", clock)
    return None if opens is None or closes is None else (opens, closes)


def weekly(said: Iterable[tuple[int, Hours]]) -> WeeklyHours:
    """Put days and their hours in order, neighbours joined."""
    by_day: dict[int, list[Hours]] = defaultdict(list)
    for day, hours in said:
        by_day[day].append(hours)
    return tuple((day, *hours) for day in sorted(by_day) for hours in joined(by_day[day]))
