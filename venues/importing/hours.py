"""Weekly hours as a city's lists write them, read so that doubt closes.

A list may say what rules cannot: "except the second Saturday", two alternatives, a slip of the pen. Then
only the time that is open by every reading is taken as open.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import time
from typing import NamedTuple

from ..clock import MINUTES_A_DAY, minute_of_day
from ..opening_hours import Hours

ALTERNATIVE = "ambiguous_two_alternatives_in_source"
CERTAIN = {"open", "closed"}


class Said(NamedTuple):
    """What one line of a list says about one weekday of one space."""

    hours: Hours | None
    parity: str  # "even" or "odd" weeks, or "" for all
    status: str
    text: str  # as the source wrote it


class Reading(NamedTuple):
    hours: dict[str, list[Hours]]  # by the weeks in which they hold: "even", "odd", or "" for all
    doubt: str  # why less is open than the source may mean, or ""


def read_day(lines: Sequence[Said]) -> Reading:
    """Return the hours of one weekday that hold by every reading of the lines about it."""
    source = "; ".join(dict.fromkeys(line.text for line in lines))
    if any(line.status not in {*CERTAIN, ALTERNATIVE} for line in lines):
        return Reading({}, f"the source says “{source}”; read as closed")
    if any(line.status == ALTERNATIVE for line in lines):
        hours = common([[line.hours] for line in lines if line.hours])
        return Reading({"": hours}, f"the source says “{source}”; read as what is open by both")
    by_weeks: dict[str, list[Hours]] = defaultdict(list)
    for line in lines:
        if line.hours:
            by_weeks[line.parity].append(line.hours)
    return Reading(dict(by_weeks), "")


def common(readings: Sequence[list[Hours]]) -> list[Hours]:
    """Return the time that lies in every one of several readings."""
    first, *rest = readings
    for other in rest:
        both = [(max(a[0], b[0]), min(a[1], b[1], key=minutes_until)) for a in first for b in other]
        first = [hours for hours in both if minute_of_day(hours[0]) < minutes_until(hours[1])]
    return first


def joined(hours: Iterable[Hours]) -> list[Hours]:
    """Return the same hours with neighbours made one."""
    found: list[Hours] = []
    for opens, closes in sorted(hours):
        if found and minute_of_day(opens) <= minutes_until(found[-1][1]):
            found[-1] = found[-1][0], max(found[-1][1], closes, key=minutes_until)
        else:
            found.append((opens, closes))
    return found


def minutes_until(clock: time) -> int:
    return minute_of_day(clock) or MINUTES_A_DAY
