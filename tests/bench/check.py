"""Whether search is right: the same question, answered by trying every start of every space in Python.

Written from the rules, not from the statement that it checks: a start will do if the space is open throughout
and neither exclusion constraint would refuse the booking.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from bookings.availability import FreeSpace, Stretch
from bookings.models import Occupancy
from venues.models import Opening, Space

# Seconds since 1970: comparing them is much quicker than comparing instants with time zones.
Seconds = float
Times = tuple[Seconds, ...]
STEP = timedelta(minutes=30)
FAR = timedelta(days=1)  # more than any buffer


def starts_by_trying(
    spaces: Iterable[Space], windows: list[Stretch], length: timedelta
) -> dict[int, list[datetime]]:
    """Return every start that would do, for each space that has any. Steps are half hours."""
    free: dict[int, list[datetime]] = defaultdict(list)
    spaces = list(spaces)
    for window in windows:
        opened, taken = open_time(window), taken_time(window)
        starts = [(start, start.timestamp()) for start in every_step(*window, length)]
        for space in spaces:
            obstacles = [times for floor, *times in taken[space.hall_id] if floor & bits(space.footprint)]
            buffers = space.setup.total_seconds(), space.cleanup.total_seconds()
            for start, second in starts:
                end = second + length.total_seconds()
                is_open = any(
                    since <= second and end <= until for since, until in opened[space.timetable_in_force_id]
                )
                if is_open and not any(refused(second, end, *buffers, *times) for times in obstacles):
                    free[space.pk].append(start)
    return dict(free)


def refused(
    start: Seconds,
    end: Seconds,
    setup: Seconds,
    cleanup: Seconds,
    setup_at: Seconds,
    starts_at: Seconds,
    ends_at: Seconds,
    clear_at: Seconds,
) -> bool:
    """Say what the two constraints say of a booking from start to end beside a row of taken time."""
    return (setup_at < end and start - setup < ends_at) or (starts_at < end + cleanup and start < clear_at)


def starts_of(space: FreeSpace, length: timedelta) -> list[datetime]:
    """Return every start that an answer of search stands for."""
    return [start for stretch in space.stretches for start in every_step(*stretch, length)]


def every_step(first: datetime, until: datetime, length: timedelta) -> list[datetime]:
    return [first + number * STEP for number in range((until - length - first) // STEP + 1)]


def bits(floor: Multirange) -> int:
    return sum((1 << stretch.upper) - (1 << stretch.lower) for stretch in floor)


def open_time(window: Stretch) -> dict[int, list[Times]]:
    """Return the stretches of open time that touch the window, by timetable."""
    found = defaultdict(list)
    rows = Opening.objects.filter(period__overlap=Range(*window))
    for timetable, period in rows.values_list("timetable", "period"):
        found[timetable].append((period.lower.timestamp(), period.upper.timestamp()))
    return found


def taken_time(window: Stretch) -> dict[int, list[tuple]]:
    """Return floor and times of what is taken in or near the window, by hall."""
    found = defaultdict(list)
    start, end = window
    rows = Occupancy.objects.filter(
        Q(booking__status="confirmed") | Q(booking=None),
        released_at=None,
        setup_at__lt=end + FAR,
        clear_at__gt=start - FAR,
    )
    for hall, floor, *times in rows.values_list(
        "hall_id", "footprint", "setup_at", "starts_at", "ends_at", "clear_at"
    ):
        found[hall].append((bits(floor), *(instant.timestamp() for instant in times)))
    return found
