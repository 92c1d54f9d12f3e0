"""Day lists: the opening hours of libraries as they were, or are to be, day by day.

A day has several rows where its hours come in several stretches. A day without a row is not known; one that
is closed says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from ..clock import minute_of_day
from ..opening_hours import A_DAY
from ..rule_finding import Hours
from .hours import minutes_until
from .tables import BrokenFiles, Fault, Place, Row, Shape, calendar_day, one_of, read_table
from .times import CLOSED, SELF_SERVICE, STAFFED, times_in

SHAPE = Shape(["kirkanta_id", "library_name_fi", "date", "opens", "closes", "status"], key=[])
IS_STAFFED = {STAFFED: True, SELF_SERVICE: False}


class Said(NamedTuple):
    """One stretch of a day, and the line that says it."""

    hours: Hours
    place: Place


@dataclass
class Branch:
    """A branch and its days; a day without stretches is closed."""

    place: Place
    key: str  # of its venue
    name: str
    days: dict[date, list[Said]] = field(default_factory=dict)
    closed: dict[date, Place] = field(default_factory=dict)
    repeated: int = 0  # rows that only say again what another said

    @property
    def hours(self) -> dict[date, frozenset[Hours]]:
        return {day: frozenset(said.hours for said in stretches) for day, stretches in self.days.items()}


def read_day_list(path: Path) -> list[Branch]:
    """Return the branches of a file. Raises BrokenFiles with all that is wrong, by file and line."""
    faults: list[Fault] = []
    branches: dict[str, Branch] = {}
    for row in read_table(path, SHAPE, faults):
        key = f"kirkanta-{row.needed('kirkanta_id', str)}"
        branch = branches.setdefault(key, Branch(row.place, key, row.text("library_name_fi")))
        note(row, branch)
    for branch in branches.values():
        faults += contradictions(branch)
    if not faults and not branches:
        faults.append(Fault(Place(path.name, 1), "has no days"))
    if faults:
        raise BrokenFiles(faults)
    return list(branches.values())


def note(row: Row, branch: Branch) -> None:
    """Add to a branch what a row says of a day."""
    day, status = row.needed("date", calendar_day), row.needed("status", one_of([*IS_STAFFED, *CLOSED]))
    times = times_in(row)
    if day is None or status is None:
        return
    stretches = branch.days.setdefault(day, [])
    if status in CLOSED:
        branch.repeated += day in branch.closed
        branch.closed.setdefault(day, row.place)
    elif times is None:
        row.refuse(f"is {status}, but gives no times")
    elif times[0] == times[1] and minute_of_day(times[0]):
        row.refuse("opens and closes at the same time")
    elif any(said.hours == (*times, IS_STAFFED[status]) for said in stretches):
        branch.repeated += 1
    else:
        stretches.append(Said(Hours(*times, IS_STAFFED[status]), row.place))


def contradictions(branch: Branch) -> Iterator[Fault]:
    """Yield the rows that say of a time what another row says otherwise."""
    for day, place in branch.closed.items():
        for said in branch.days[day]:
            later, earlier = sorted([place, said.place], reverse=True)
            yield Fault(later, f"{day} is both open and closed, see line {earlier.line}")
    longest = None  # of the stretches so far, the one that ends last
    for stretch in in_order(branch.days.items()):
        if longest and stretch.start < longest.until:
            later, earlier = sorted([longest.place, stretch.place], reverse=True)
            yield Fault(later, f"overlaps the hours of line {earlier.line}")
        longest = max(longest or stretch, stretch, key=lambda one: one.until)


class Stretch(NamedTuple):
    """From when until when, counted on the clock from the first day there is."""

    start: timedelta
    until: timedelta
    place: Place


def in_order(days: Iterable[tuple[date, list[Said]]]) -> list[Stretch]:
    found = []
    for day, stretches in days:
        midnight = (day - date.min).days * A_DAY
        for said in stretches:
            opens, closes = minute_of_day(said.hours.opens), minutes_until(said.hours.closes)
            until = midnight + timedelta(minutes=closes) + (A_DAY if closes <= opens else timedelta())
            found.append(Stretch(midnight + timedelta(minutes=opens), until, said.place))
    return sorted(found)
