"""Whether search is right: the same question, answered by trying every start of every space in Python.

Written from the rules, not from the statement that it checks: a start will do if the space is open to the
asker throughout, neither exclusion constraint would refuse the booking, and the rules that judge a wish say
nothing against it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from bookings import known
from bookings.availability import FreeSpace, Stretch
from bookings.models import Occupancy
from venues import policies, quotas
from venues.audiences import Asker
from venues.clock import exact, local
from venues.fields import bounds
from venues.models import Opening, Space
from venues.opening_hours import merged
from venues.policy_layers import FIELDS

# Seconds since 1970: comparing them is much quicker than comparing instants with time zones.
Seconds = float
Times = tuple[Seconds, ...]
Starts = dict[int, list[datetime]]
MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)


def starts_by_trying(
    spaces: Iterable[Space], windows: list[Stretch], length: timedelta, *, asker: Asker, now: datetime
) -> Starts:
    """Return every start that would do, for each space that has any."""
    spaces = list(spaces)
    rules = Rules(asker, now)
    found: Starts = defaultdict(list)
    for window in windows:
        opened, taken = open_time(window, asker, spaces), taken_time(window)
        for space in spaces:
            obstacles = [times for floor, *times in taken[space.hall_id] if floor & bits(space.footprint)]
            buffers = space.setup.total_seconds(), space.cleanup.total_seconds()
            for start, end in bookings_in(space, window, opened[space.timetable_in_force_id], length):
                seconds = start.timestamp(), end.timestamp()
                is_free = not any(refused(*seconds, *buffers, *times) for times in obstacles)
                if is_free and rules.allow(space, start, end):
                    found[space.pk].append(start)
    return dict(found)


def bookings_in(space: Space, window: Stretch, opened: list[Stretch], length: timedelta) -> Iterator[Stretch]:
    """Yield each booking that the opening hours and the steps leave room for in a window."""
    for opens, closes in opened:
        first, last = max(opens, window[0]), min(closes, window[1])
        if space.is_whole_day:
            if last - first >= length:
                yield opens, closes
        elif space.min_minutes * MINUTE <= length <= space.max_minutes * MINUTE:
            start = first_step(space, opens, first)
            while start + length <= last:
                yield start, start + length
                start += space.start_step * MINUTE


def first_step(space: Space, opens: datetime, earliest: datetime) -> datetime:
    """Return the first instant from then on at which a booking may begin."""
    if space.starts_from == Space.StartsFrom.OPENING:
        return earliest + (opens - earliest) % (space.start_step * MINUTE)
    return earliest + (space.start_minute - local(earliest).minute) % space.start_step * MINUTE


# What the rules read of a space beside its lengths, which are the same for all.
POLICY = [name for name in FIELDS if name not in {"terms", "min_minutes", "max_minutes"}]


class Rules:
    """What the rules that judge a wish say, asked once for spaces of which the same is so."""

    def __init__(self, asker: Asker, now: datetime):
        self.asker, self.now = asker, now
        self.known: dict[tuple, bool] = {}
        self.begun: dict[int, list[datetime]] = defaultdict(list)
        for venue, start in known.booked_by(asker).values_list("space__venue", "starts_at"):
            self.begun[venue].append(start)

    def allow(self, space: Space, start: datetime, end: datetime) -> bool:
        begun = self.begun.get(space.venue_id, [])
        policy = tuple(str(getattr(space, name)) for name in POLICY)
        alike = (policy, space.venue_id if begun else None, start, end)
        if alike not in self.known:
            self.known[alike] = not any(self.problems(space, start, end, begun))
        return self.known[alike]

    def problems(
        self, space: Space, start: datetime, end: datetime, begun: list[datetime]
    ) -> Iterator[object]:
        yield from policies.problems_with(space, start, end, attendees=1, asker=self.asker, now=self.now)
        yield from quotas.problems_with_quotas(space, local(start).date(), begun)


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


def starts_of(found: FreeSpace, space: Space, length: timedelta) -> list[datetime]:
    """Return every start that an answer of search stands for."""
    if found.is_whole_day:
        return [start for start, _end in found.stretches]
    step = space.start_step * MINUTE
    return [
        first + number * step
        for first, until in found.stretches
        for number in range((until - length - first) // step + 1)
    ]


def bits(floor: Multirange) -> int:
    return sum((1 << stretch.upper) - (1 << stretch.lower) for stretch in floor)


def open_time(window: Stretch, asker: Asker, spaces: Iterable[Space]) -> dict[int, list[Stretch]]:
    """Return the whole stretches that are open to the asker on the day of the window, by timetable."""
    run_by = {space.timetable_in_force_id: space.venue.run_by_id for space in spaces}
    found: dict[int, list[Stretch]] = defaultdict(list)
    rows = Opening.objects.filter(period__overlap=Range(window[0] - A_DAY, window[1] + A_DAY))
    for timetable, period, open_to in rows.values_list("timetable", "period", "open_to"):
        if asker.belongs_to(open_to, run_by.get(timetable)):
            found[timetable].append(bounds(period))
    return defaultdict(
        list,
        {
            pk: [
                (exact(start), exact(end))
                for start, end in merged(times)
                if start < window[1] and window[0] < end
            ]
            for pk, times in found.items()
        },
    )


def taken_time(window: Stretch) -> dict[int, list[tuple]]:
    """Return floor and times of what is taken in or near the window, by hall."""
    found = defaultdict(list)
    start, end = window
    rows = Occupancy.objects.filter(
        Q(booking__status="confirmed") | Q(booking=None),
        released_at=None,
        setup_at__lt=end + A_DAY,
        clear_at__gt=start - A_DAY,
    )
    for hall, floor, *times in rows.values_list(
        "hall_id", "footprint", "setup_at", "starts_at", "ends_at", "clear_at"
    ):
        found[hall].append((bits(floor), *(instant.timestamp() for instant in times)))
    return found
