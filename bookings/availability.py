"""What is free: the one answer that search, page, API and the write path share.

Free time is open time minus taken time, computed on the fly in one statement for one space or for the
whole city; nothing is stored, so nothing is stale. The database subtracts sets of instants, which makes
clock changes, odd ends of imported time and nights past midnight nothing special.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from venues.audiences import STRANGER, Asker
from venues.clock import CITY
from venues.fields import bounds
from venues.models import Space

Stretch = tuple[datetime, datetime]
Order = Literal["first_free", "distance", "price", "coverage"]


@dataclass(frozen=True)
class FreeSpace:
    """A space and the stretches of time in which it could be booked, oldest first.

    Of a stretch from `first` to `until`, exactly the starts first, first + step, … from which the length
    that was asked (else the space's shortest) fits in before `until` can be booked. Stretches overlap where
    limits on starts lie close together. A space for whole days can be booked for whole stretches only.
    """

    space_id: int
    first_free: datetime
    stretches: list[Stretch]
    distance_km: float | None = None
    is_whole_day: bool = False
    # By "coverage" only: which of the windows that were asked have a free start, by their place in the list.
    windows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Found:
    """One page of an answer, and how many spaces there are in all."""

    page: list[FreeSpace]
    total: int


# How near a place is, in kilometres; flat earth is exact enough within a city.
DISTANCE = """
    111.2 * sqrt((venue.lat - %(lat)s) ^ 2 + ((venue.lon - %(lon)s) * cosd(%(lat)s)) ^ 2)
"""

# Which busy rows are read: those of the whole city by time, or those of a few halls by hall.
BUSY_IN_THE_CITY = """
    from span join bookings_occupancy on with_both && span where holds_time
"""
BUSY_IN_A_FEW_HALLS = """
    from hall, (select range_merge(range_agg(span)) as span from span) whole, lateral (
        select space_id, with_both, starts_at, ends_at
        from bookings_occupancy date
        where date.hall_id = hall.hall_id and holds_time and (with_setup && span or with_cleanup && span)
        offset 0                     -- hall by hall, and never the years that were not asked about
    ) there
"""

# A booking [s, e) collides with a taken row exactly when it overlaps the row's zone: from the earlier of
# its set-up and its start less our clean-up, to the later of its clearing and its end plus our set-up.
FREE = """
with wanted as materialized (
    select space.id, space.hall_id, space.footprint,
           coalesce(space.timetable_id, venue.timetable_id) as timetable_id,
           make_interval(mins => space.start_step) as step,
           make_interval(mins => coalesce(%(minutes)s, space.min_minutes)) as length,
           tstzmultirange(tstzrange( -- until the last start's end; days of 24 hours, in any time zone
               %(now)s + make_interval(hours => space.notice_hours),
               %(now)s + make_interval(
                   hours => 24 * space.ahead_days, mins => coalesce(%(minutes)s, space.min_minutes)
               )
           )) as bookable,
           {distance} as distance
    from venues_space space
    join venues_venue venue on venue.id = space.venue_id
    where space.is_bookable
      and (%(minutes)s is null or %(minutes)s between space.min_minutes and space.max_minutes)
      and (%(within_km)s::float is null or {distance} <= %(within_km)s)
      and space.id in ({spaces})
),
hall as materialized (
    select id as hall_id,
           make_interval(mins => setup_minutes) as setup,
           make_interval(mins => cleanup_minutes) as cleanup
    from venues_space
    where part_of_id is null and id in (select hall_id from wanted)
),
span as materialized (
    select unnest(range_agg(tstzrange(lower(asked) - margin, upper(asked) + margin))) as span
    from unnest(%(windows)s::tstzrange[]) asked,
         (select coalesce(max(greatest(setup, cleanup)), '0') as margin from hall) buffers
),
busy as (
    select hall_id, space_id, setup_at, starts_at, ends_at, clear_at
    from (
        select hall_id, space_id, lower(with_both) as setup_at, starts_at, ends_at,
               upper(with_both) as clear_at
        {busy}
        offset 0                     -- time first, then the rest: one plan for every question
    ) in_time
),
taken as (                           -- per booked space, before it is known whose way it stands in
    select space_id,
           range_agg(tstzrange(least(setup_at, starts_at - cleanup), greatest(clear_at, ends_at + setup)))
               as time
    from busy join hall using (hall_id)
    group by space_id
),
asked as materialized (
    select range_agg(asked) as time, range_merge(range_agg(asked)) as all_of_it
    from unnest(%(windows)s::tstzrange[]) asked
),
open as materialized (               -- one look at the index for each timetable, however many windows
    select timetable_id, asked.time * (
        select range_agg(period) from venues_opening opening
        where opening.timetable_id = timetable.timetable_id and period && all_of_it
    ) as time
    from (select distinct timetable_id from wanted) timetable, asked
),
blocked as (                         -- a space is blocked by every space that shares floor with it
    select wanted.id, range_agg(taken.time) as time
    from wanted
    join venues_space other on other.hall_id = wanted.hall_id and other.footprint && wanted.footprint
    join taken on taken.space_id = other.id
    group by wanted.id
),
free as (
    select wanted.id, first_free, stretches, distance
    from wanted
    join open using (timetable_id)
    left join blocked using (id),
    lateral (
        select min(first_start) as first_free, range_agg(tstzrange(first_start, until)) as stretches
        from (
            select date_bin(step, lower(stretch) + step - interval '1 microsecond', %(midnight)s)
                       as first_start,
                   upper(stretch) as until
            from unnest(open.time * bookable - coalesce(blocked.time, '{{}}')) stretch
        ) on_step
        where first_start + length <= until
    ) long_enough
)
select id, first_free, stretches, distance, count(*) over () as total
from free
where first_free is not null
order by {order}, id
limit %(limit)s offset %(offset)s
"""


def free(
    spaces: QuerySet[Space],
    windows: Sequence[Stretch],
    *,
    now: datetime,
    asker: Asker = STRANGER,
    length: timedelta | None = None,
    near: tuple[float, float] | None = None,
    within_km: float | None = None,
    order: Order = "first_free",
    limit: int | None = None,
    offset: int = 0,
    in_few_halls: bool = False,
) -> Found:
    """Return which of the spaces could be booked within the windows, and when. One statement.

    `windows` are half-open, aware, and may overlap. `length` is how long the booking shall be; without
    it, each space's shortest. `near` is (latitude, longitude); `within_km` leaves out what is farther or at
    no known point. `in_few_halls` changes no answer: it reads busy time by hall, which is quicker for a page
    of few spaces. In order, spaces that are alike come by their first free time:

    - "first_free": the soonest free first;
    - "distance": the nearest first, places without a known point last;
    - "price": what is free of charge first;
    - "coverage": what is free in most of the windows first, then the nearest.
    """
    question = {
        "now": now,
        "minutes": None if length is None else length // timedelta(minutes=1),
        "windows": [Range(*window) for window in windows],
        "midnight": datetime(2000, 1, 1, tzinfo=CITY),
        "lat": near and near[0],
        "lon": near and near[1],
        "within_km": within_km,
    }
    try:
        inner, params = in_sql(spaces.order_by().values("pk"))
    except EmptyResultSet:
        return Found([], 0)
    sql = FREE.format(
        spaces=inner,
        distance=DISTANCE if near else "null::float",
        busy=BUSY_IN_A_FEW_HALLS if in_few_halls else BUSY_IN_THE_CITY,
        order="distance nulls last, first_free" if order == "distance" else "first_free",
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params | question | {"limit": limit, "offset": offset})
        rows = cursor.fetchall()
        if offset and not rows:  # past the last page: the total is still true
            cursor.execute(sql, params | question | {"limit": 1, "offset": 0})
            rows, total = [], sum(row[-1] for row in cursor.fetchall())
        else:
            total = rows[0][-1] if rows else 0
    return Found([free_space(*row[:-1]) for row in rows], total)


def free_space(
    pk: int, first_free: datetime, stretches: Multirange[datetime], distance: float | None
) -> FreeSpace:
    return FreeSpace(pk, first_free, [bounds(stretch) for stretch in stretches], distance)


def in_sql(queryset: QuerySet) -> tuple[str, dict]:
    """Return a queryset's statement with named parameters, to stand inside another."""
    sql, values = queryset.query.sql_with_params()
    names = [f"filter_{number}" for number in range(len(values))]
    named = sql.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
    return named, dict(zip(names, values, strict=True))


def free_stretches(
    space: Space,
    window: Stretch,
    *,
    now: datetime,
    asker: Asker = STRANGER,
    length: timedelta | None = None,
) -> list[Stretch]:
    """Return the stretches in which one space could be booked, oldest first."""
    found = free(
        Space.objects.filter(pk=space.pk), [window], now=now, asker=asker, length=length, in_few_halls=True
    )
    return found.page[0].stretches if found.page else []
