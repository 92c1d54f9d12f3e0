"""Which floor closures close: what they say, what others hold, and what is left to close.

The rows of a hall are read in a few statements, whatever their number; the rest is pure.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from venues.fields import pieces
from venues.models import Space
from venues.opening_hours import Stretch, merged

from .closed_times import without
from .occupancies import Closed
from .reading import quick_cursor

# Which pieces of floor each space of a hall covers.
Layout = dict[int, set[int]]


class Said(NamedTuple):
    """What one closure says of one hall: these of its spaces are closed, at these times."""

    closure_id: int
    hall_id: int
    spaces: frozenset[int]
    times: list[Stretch]


class Taken(NamedTuple):
    """Time that is held in a space, buffers included; `closed` if it is by a closure."""

    pk: int
    space_id: int
    stretch: Stretch
    closed: Closed | None = None


# --- What is read ---------------------------------------------------------------------------------


SAID = """
with times as (
    select closure.id,
           range_agg(tstzrange(time.starts_at, time.ends_at)) * %(window)s::tstzmultirange as closed
    from bookings_closure closure
    join bookings_closuretime time on time.closure_id = closure.id
    where closure.lifted_at is null
      and time.ends_at > lower(%(window)s::tstzmultirange)
      and time.starts_at < upper(%(window)s::tstzmultirange)
    group by closure.id
)
select times.id, array_agg(distinct space.id), space.hall_id, times.closed
from times
join bookings_closure_spaces closed on closed.closure_id = times.id
join venues_space space on space.id = closed.space_id
where space.hall_id = any(%(halls)s) and not isempty(times.closed)
group by times.id, space.hall_id, times.closed
"""


def what_is_said(hall_ids: Collection[int], window: Sequence[Stretch]) -> list[Said]:
    """Return what closures in force say of each hall, within the window."""
    if not window:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SAID, asked_of(hall_ids, window))
        return [
            Said(closure_id, hall_id, frozenset(spaces), [(time.lower, time.upper) for time in times])
            for closure_id, spaces, hall_id, times in cursor.fetchall()
        ]


TAKEN = """
select date.*
from unnest(%(halls)s::integer[]) hall (id)
cross join lateral (
    select hall_id, id, space_id, setup_at, clear_at, closure_id
    from bookings_occupancy
    where hall_id = hall.id and holds_time
      and (with_setup && %(window)s::tstzmultirange or with_cleanup && %(window)s::tstzmultirange)
    offset 0
) date
"""


def what_is_taken(hall_ids: Collection[int], window: Sequence[Stretch]) -> dict[int, list[Taken]]:
    """Return the time that is held in each hall within the window, buffers included."""
    taken: dict[int, list[Taken]] = defaultdict(list)
    with quick_cursor() as cursor:
        cursor.execute(TAKEN, asked_of(hall_ids, window))
        for hall_id, pk, space_id, setup_at, clear_at, closure_id in cursor.fetchall():
            closed = Closed(closure_id, space_id, setup_at, clear_at) if closure_id else None
            taken[hall_id].append(Taken(pk, space_id, (setup_at, clear_at), closed))
    return taken


def layouts_of(hall_ids: Collection[int]) -> dict[int, Layout]:
    """Return which pieces of floor each space of the halls covers."""
    layouts: dict[int, Layout] = defaultdict(dict)
    drawn = Space.objects.filter(hall_id__in=hall_ids).order_by("pk")
    for pk, hall_id, footprint in drawn.values_list("pk", "hall_id", "footprint"):
        layouts[hall_id][pk] = pieces(footprint)
    return layouts


def asked_of(hall_ids: Collection[int], window: Sequence[Stretch]) -> dict[str, Any]:
    return {"halls": list(hall_ids), "window": multirange(window)}


def multirange(stretches: Iterable[Stretch]) -> Multirange[datetime]:
    return Multirange([Range(*stretch) for stretch in stretches])


# --- What is left to close ------------------------------------------------------------------------


def left_to_close(
    said: Iterable[Said], layouts: Mapping[int, Layout], taken: Mapping[int, list[Taken]]
) -> Iterator[Closed]:
    """Yield what is closed, so that in the time of every closure nothing that shares its floor is free.

    The closure of more floor comes first, and so do its larger spaces: few dates that say much.
    """
    held: dict[int, list[tuple[set[int], Stretch]]] = defaultdict(list)
    for hall_id, dates in taken.items():
        layout = layouts[hall_id]
        held[hall_id] = [(layout[date.space_id], date.stretch) for date in dates if not date.closed]
    for closure in sorted(said, key=lambda closure: (-len(floor_of(closure, layouts)), closure.closure_id)):
        layout, others = layouts[closure.hall_id], held[closure.hall_id]
        for space_id in in_turn(layout, closure.spaces):
            floor = layout[space_id]
            free = without(closure.times, merged(stretch for theirs, stretch in others if theirs & floor))
            others += [(floor, stretch) for stretch in free]
            yield from (Closed(closure.closure_id, space_id, *stretch) for stretch in free)


def floor_of(closure: Said, layouts: Mapping[int, Layout]) -> set[int]:
    return set().union(*(layouts[closure.hall_id][space_id] for space_id in closure.spaces))


def in_turn(layout: Layout, closed: Collection[int]) -> list[int]:
    """Return the spaces through which a closed floor is closed, in the order in which they are tried.

    First what is closed itself, then what lies within it, the largest first. Then what only reaches into it,
    the smallest first: where a booking keeps all others from a piece of the floor, that piece can be closed
    only with some floor beside it, or else it could be booked.
    """
    whole = set().union(*(layout[space_id] for space_id in closed))

    def turn(space_id: int) -> tuple[int, int, int]:
        size = len(layout[space_id])
        if layout[space_id] <= whole:
            return (0 if space_id in closed else 1), -size, space_id
        return 2, size, space_id

    return sorted((space_id for space_id, floor in layout.items() if floor & whole), key=turn)
