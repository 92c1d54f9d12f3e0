"""The venues' own opening hours: those that libraries publish, and made-up ones by kind of venue."""

from collections import defaultdict
from collections.abc import Iterable

from ..audiences import Audience, for_everyone
from ..clock import minute_of_day
from ..models import OpeningRule
from ..opening_hours import Hours, Rule
from . import inventory
from .hours import joined, minutes_until
from .inventory import Record
from .places import KINDS
from .tables import Fault, Row, Rows, Shape, clock, one_of, weekday, weekdays

DEMO_HOURS = "demo_hours.csv"
LIBRARY_HOURS = "library_weekly_hours.csv"
FILES = {
    DEMO_HOURS: Shape(
        ["kind", "venue_key", "iso_weekdays", "opens", "closes", "terms", "on_holidays", "open_to"],
        key=["kind", "venue_key", "iso_weekdays", "opens"],
    ),
    LIBRARY_HOURS: Shape(
        ["kirkanta_id", "library_name_fi", "iso_weekday", "opens", "closes", "status"],
        key=["kirkanta_id", "iso_weekday", "opens"],
    ),
}
TERMS = [value for value in OpeningRule.Terms.values if value]
# Rooms are let while there is staff. "Self-service" is for card holders.
STAFFED, SELF_SERVICE = "Open", "Self-service"
CLOSED = ["Closed for the whole day", "Temporarily closed"]


def give_hours(venues: Iterable[Record], rows: Rows) -> list[Fault]:
    """Give the venues their opening rules. Returns the libraries that are no venues of ours."""
    made_up, by_library = demo_hours(rows[DEMO_HOURS]), library_hours(rows[LIBRARY_HOURS])
    for venue in venues:
        kind, (key,) = venue.facts["kind"], venue.key
        own = made_up.pop((kind, key), None)
        if library := by_library.pop(key, None):
            venue.hours = library.hours
        elif rules := own or made_up.get((kind, "")):
            venue.hours = rules
            venue.facts["demo_facts"].append("opening_hours")
    for row in rows[DEMO_HOURS]:
        if row.text("venue_key") and (row.text("kind"), row.text("venue_key")) in made_up:
            row.refuse(f"there is no {row.text('kind')} {row.text('venue_key')}")
    return [
        Fault(library.place, f"{library.facts['name']} is not among the venues; its hours are not used")
        for library in by_library.values()
    ]


def demo_hours(rows: Iterable[Row]) -> dict[tuple[str, str], inventory.Rules]:
    """Return made-up rules by kind of venue and, for those that differ from their kind, by venue."""
    found: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for row in rows:
        kind, days, hours = (
            row.needed("kind", one_of(KINDS)),
            row.needed("iso_weekdays", weekdays),
            hours_in(row),
        )
        terms = row.read("terms", one_of(TERMS)) or ""
        on_holidays = row.needed("on_holidays", one_of(OpeningRule.OnHolidays.values)) or ""
        open_to = audiences_in(row)
        if kind and days and hours:
            rule = Rule(frozenset(days), *hours, terms=terms, on_holidays=on_holidays, open_to=open_to)
            found[kind, row.text("venue_key")].append(rule)
    return {whose: tuple(rules) for whose, rules in found.items()}


def audiences_in(row: Row) -> frozenset[str]:
    said = row.words("open_to")
    if unknown := [word for word in said if word not in Audience.values]:
        row.refuse(f"open_to is “{unknown[0]}”: write some of {', '.join(Audience.values)}")
    return frozenset(said or for_everyone())


def library_hours(rows: Iterable[Row]) -> dict[str, Record]:
    """Return the staffed hours of each library, by the key of its venue."""
    found: dict[str, Record] = {}
    staffed: dict[str, list[tuple[int, Hours]]] = defaultdict(list)
    for row in rows:
        key = f"kirkanta-{row.text('kirkanta_id')}"
        found.setdefault(key, Record(row.place, (key,), {"name": row.text("library_name_fi")}))
        status, day = (
            row.needed("status", one_of([STAFFED, SELF_SERVICE, *CLOSED])),
            row.needed("iso_weekday", weekday),
        )
        hours = hours_in(row)
        if status == STAFFED and day and hours:
            staffed[key].append((day, hours))
    for key, record in found.items():
        record.hours = weekly(staffed[key])
    return found


def hours_in(row: Row) -> Hours | None:
    """Return the opening and closing time of a row, or None if it gives none."""
    hours = times_in(row)
    if hours and minute_of_day(hours[0]) >= minutes_until(hours[1]):
        row.refuse(f"closes at {row.text('closes')}, before it opens at {row.text('opens')}")
    return hours


def times_in(row: Row) -> Hours | None:
    """Return both times of a row as they stand, in whatever order."""
    if bool(row.text("opens")) != bool(row.text("closes")):
        row.refuse("give both opens and closes, or neither")
    opens, closes = row.read("opens", clock), row.read("closes", clock)
    return None if opens is None or closes is None else (opens, closes)


def weekly(
    said: Iterable[tuple[int, Hours]], *, week_parity: str = "", season: tuple[int, int] | None = None
) -> inventory.Rules:
    """Return the rules that open days at these hours: neighbours joined, weekdays that are alike in one.

    Of public holidays a list of weekly hours says nothing: they are closed.
    """
    by_day: dict[int, list[Hours]] = defaultdict(list)
    for day, hours in said:
        by_day[day].append(hours)
    days: dict[Hours, list[int]] = defaultdict(list)
    for day in sorted(by_day):
        for hours in joined(by_day[day]):
            days[hours].append(day)
    return tuple(
        Rule(
            frozenset(days[hours]),
            *hours,
            season=season,
            week_parity=week_parity,
            on_holidays=OpeningRule.OnHolidays.CLOSED,
        )
        for hours in days
    )
