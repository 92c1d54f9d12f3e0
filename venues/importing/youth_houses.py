"""The city's youth houses: their spaces, which of them share rooms, and when each may be booked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.utils.text import slugify

from ..opening_hours import Hours
from . import inventory
from .hours import Said, read_day
from .inventory import Record, SpaceRecord
from .rooms import Laid, UnknownRoom, laid_out, rooms_of
from .rules import Rules
from .spaces import facts_told, space_facts
from .tables import Fault, Place, Row, Rows, Shape, one_of, weekday
from .times import hours_in, times_in, weekly

SPACES = "youth_spaces.csv"
OVERLAPS = "overlaps.csv"
HOURS = "youth_space_weekly_hours.csv"
HOURS_DOUBTS = "hours_doubts.csv"
FACTS = "demo_youth_facts.csv"
OF_A_SPACE = ["unit_name_fi", "space_name_fi"]
FILES = {
    SPACES: Shape([*OF_A_SPACE, "combines"], key=OF_A_SPACE),
    OVERLAPS: Shape([*OF_A_SPACE, "also_covers", "reason"], key=OF_A_SPACE),
    HOURS: Shape(
        [*OF_A_SPACE, "iso_weekday", "opens", "closes", "week_parity", "status", "raw_text"],
        key=[*OF_A_SPACE, "iso_weekday", "opens", "closes", "week_parity"],
    ),
    HOURS_DOUBTS: Shape(
        [*OF_A_SPACE, "iso_weekday", "week_parity", "reason"],
        key=[*OF_A_SPACE, "iso_weekday", "week_parity"],
    ),
    FACTS: Shape(
        [*OF_A_SPACE, "capacity", "floor_area", "purposes", "equipment", "supervision"], key=OF_A_SPACE
    ),
}

Name = tuple[str, str]  # of the unit, of the space
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
PARITIES = ["even", "odd"]
SEASON = (815, 531)  # rule D13


def youth_spaces(rows: Rows, venues: Iterable[Record], rules: Rules) -> tuple[list[SpaceRecord], list[Fault]]:
    """Return the spaces of all youth houses, and how doubtful opening hours were read."""
    houses = {venue.facts["name_fi"]: venue for venue in venues if venue.facts["kind"] == "youth_house"}
    refuse_strangers(rows, houses)
    facts = {name_in(row): row for row in rows[FACTS]}
    hours, doubts = weekly_hours(rows)
    spaces = [
        space(houses[unit], laid, place, facts.get((unit, laid.name)), hours.get((unit, laid.name)), rules)
        for unit in dict.fromkeys(row.text("unit_name_fi") for row in rows[SPACES])
        if unit in houses
        for laid, place in layout(unit, rows)
    ]
    return spaces, doubts


def name_in(row: Row) -> Name:
    return row.text("unit_name_fi"), row.text("space_name_fi")


def refuse_strangers(rows: Rows, houses: Mapping[str, Record]) -> None:
    """Refuse lines about houses and spaces that there are not."""
    names = {name_in(row) for row in rows[SPACES]}
    for row in rows[SPACES]:
        if row.text("unit_name_fi") not in houses:
            row.refuse(f"there is no youth house {row.text('unit_name_fi')} among the venues")
    for row in [*rows[OVERLAPS], *rows[HOURS], *rows[HOURS_DOUBTS], *rows[FACTS]]:
        if name_in(row) not in names:
            row.refuse(f"{row.text('unit_name_fi')} has no space {row.text('space_name_fi')}")


def layout(unit: str, rows: Rows) -> list[tuple[Laid, Place]]:
    """Return how a house's spaces lie, each with the line that listed it."""
    listed = {row.text("space_name_fi"): row for row in rows[SPACES] if row.text("unit_name_fi") == unit}
    reviewed = {row.text("space_name_fi"): row for row in rows[OVERLAPS] if row.text("unit_name_fi") == unit}
    try:
        rooms = rooms_of(
            list(listed),
            combines={name: row.words("combines") for name, row in listed.items()},
            also_covers={name: row.words("also_covers") for name, row in reviewed.items()},
        )
    except UnknownRoom as exc:
        column, row = ("combines", listed[exc.space])
        if exc.room in (reviewed[exc.space].words("also_covers") if exc.space in reviewed else []):
            column, row = "also_covers", reviewed[exc.space]
        row.refuse(f"{column}: {unit} has no room {exc.room}")
        return []
    first = next(iter(listed.values()))
    return [(laid, listed.get(laid.name, first).place) for laid in laid_out(rooms)]


def space(
    house: Record, laid: Laid, place: Place, told: Row | None, hours: inventory.Rules | None, rules: Rules
) -> SpaceRecord:
    supervision = told.text("supervision") if told else ""
    facts = {
        "name_fi": laid.name,
        **(space_facts(told) if told else {}),
        **rules.of_space("youth_house", supervision=supervision, is_hall=laid.hall is None),
        "is_bookable": laid.is_listed,
        "is_demo": not laid.is_listed,
        "demo_facts": sorted({*facts_told(told), "arrival"}) if told else [],
    }
    hall = laid.hall and slugify(laid.hall)
    return SpaceRecord(place, (house.key[0], slugify(laid.name)), facts, hours, hall, laid.pieces)


# --- Weekly hours --------------------------------------------------------------------------------


def weekly_hours(rows: Rows) -> tuple[dict[Name, inventory.Rules], list[Fault]]:
    """Return each space's rules, and where less is open than the list may mean."""
    lines: dict[Name, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows[HOURS]:
        if day := row.needed("iso_weekday", weekday):
            lines[name_in(row)][day].append(row)
    closed, doubts = closed_in_doubt(rows[HOURS_DOUBTS])
    found: dict[Name, inventory.Rules] = {}
    for name, days in lines.items():
        said: dict[str, list[tuple[int, Hours]]] = defaultdict(list)
        for day, of_day in days.items():
            hours, doubt = read_day([said_in(row) for row in of_day])
            if doubt:
                doubts.append(Fault(of_day[0].place, f"{', '.join(name)}, {WEEKDAYS[day - 1]}: {doubt}"))
            for parity, stretches in hours.items():
                for weeks in weeks_left(parity, closed[name, day]):
                    said[weeks] += [(day, one) for one in stretches]
        found[name] = tuple(
            rule for weeks in sorted(said) for rule in weekly(said[weeks], week_parity=weeks, season=SEASON)
        )
    return found, doubts


def weeks_left(parity: str, closed: set[str]) -> list[str]:
    """Return the weeks in which hours of these weeks still hold, where some weeks are closed."""
    if not closed:
        return [parity]
    return [weeks for weeks in ([parity] if parity else PARITIES) if weeks not in closed]


def closed_in_doubt(rows: Iterable[Row]) -> tuple[dict[tuple[Name, int], set[str]], list[Fault]]:
    """Return in which weeks a review closed which days, and its reasons.

    A line without a weekday closes them all, one without parity all weeks.
    """
    closed: dict[tuple[Name, int], set[str]] = defaultdict(set)
    reasons = []
    for row in rows:
        day, parity = row.read("iso_weekday", weekday), row.read("week_parity", one_of(PARITIES))
        for each in [day] if day else range(1, 8):
            closed[name_in(row), each] |= {parity} if parity else set(PARITIES)
        when = f", {WEEKDAYS[day - 1]}" if day else ""
        weeks = f" in {parity} weeks" if parity else ""
        reasons.append(
            Fault(row.place, f"{', '.join(name_in(row))}{when}: {row.text('reason')} Read as closed{weeks}")
        )
    return closed, reasons


def said_in(row: Row) -> Said:
    status = row.text("status")
    hours = hours_in(row) if status == "open" else times_in(row)
    if status == "open" and not row.text("opens"):
        row.refuse("is open, but gives no times")
    parity = row.read("week_parity", one_of(PARITIES)) or ""
    return Said(None if status == "closed" else hours, parity, status, row.text("raw_text"))
