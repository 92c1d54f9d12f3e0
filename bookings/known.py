"""What the database knows of wishes: whether their time is open, to whom, free, and what closes it.

Asked of many at once, in as many statements whatever their number. What follows from it: `bookings.judging`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Field, QuerySet
from django.db.models.expressions import RawSQL
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from venues import quotas
from venues.audiences import Asker
from venues.clock import CITY, local
from venues.fields import bounds
from venues.models import Opening, Space
from venues.models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING
from venues.opening_hours import Stretch, moment

from .models import AGREED_OR_ASKED, Closure, Occupancy
from .models.occupancies import OccupancyQuerySet
from .wishes import Wish

PARAMETER = re.compile(r"%\((\w+)\)s")

# Both are asked of a row of venues_space. As expressions of the ORM they would take longer to put together
# than to answer, on the way of every booking.
#
# The time around the wish that is open to the asker, open to anybody, and staffed. The stretches open to the
# asker are whole where something is counted from the opening; elsewhere the wish's own time is enough.
OPEN_TIMES = """
(
    select array[(select range_agg(whole) from unnest(theirs) whole where whole && wished), anybodys, staffed]
    from (
        select wished,
               range_agg(period) filter (
                   where open_to && %(audiences)s::varchar[]
                      or 'venue' = any(open_to) and venues_venue.run_by_id = %(organisation)s
               ) as theirs,
               range_agg(period) filter (where period && wished) as anybodys,
               range_agg(period) filter (where period && wished and is_staffed) as staffed
        from venues_opening, tstzrange({starts_at}, {ends_at}) wished
        where timetable_id = coalesce(venues_space.timetable_id, venues_venue.timetable_id)
          and period && case
              when venues_space.is_whole_day or venues_space.starts_from = 'opening' then '(,)'
              else wished
          end
        group by wished
    ) open
)
"""
# What the two exclusion constraints would say.
IS_TAKEN = """
exists (
    select from bookings_occupancy taken
    join venues_space hall on hall.id = taken.hall_id
    where holds_time
      and taken.hall_id = venues_space.hall_id
      and taken.footprint && venues_space.footprint
      and coalesce(booking_id, 0) <> all(%(ignoring)s::bigint[])
      and taken.id <> all(%(leaving)s::bigint[])
      and (
          with_setup && tstzrange({starts_at} - make_interval(mins => hall.setup_minutes), {ends_at})
          or with_cleanup && tstzrange({starts_at}, {ends_at} + make_interval(mins => hall.cleanup_minutes))
      )
)
"""
OF_ONE = {"starts_at": "%(starts_at)s::timestamptz", "ends_at": "%(ends_at)s::timestamptz"}
OF_EACH = {"starts_at": "wish.starts_at", "ends_at": "wish.ends_at"}

WISHES = """
unnest(%(spaces)s::integer[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality wish (space_id, starts_at, ends_at, number)
join venues_space on venues_space.id = wish.space_id
"""
TIMES_OF_EACH = f"""
select number, {OPEN_TIMES.format(**OF_EACH)}, {IS_TAKEN.format(**OF_EACH)}
from {WISHES}
join venues_venue on venues_venue.id = venues_space.venue_id
"""
# A closure has no buffers: both of its stretches are what people see of it.
CLOSED_BY = f"""
select number, closure_id
from {WISHES}
join venues_space hall on hall.id = venues_space.hall_id
cross join lateral (
    select footprint, closure_id
    from bookings_occupancy
    where holds_time and hall_id = hall.id and with_setup && tstzrange(
        wish.starts_at - make_interval(mins => hall.setup_minutes),
        wish.ends_at + make_interval(mins => hall.cleanup_minutes)
    )
    offset 0
) date
where closure_id is not null and date.footprint && venues_space.footprint
"""


@dataclass(frozen=True)
class Known:
    """What the database knows of a wish. Of one that no policy could allow it is not asked about time."""

    wish: Wish
    space: Space
    is_asked: bool = False
    theirs: list[Stretch] = field(default_factory=list)
    anybodys: list[Stretch] = field(default_factory=list)
    staffed: list[Stretch] = field(default_factory=list)
    is_taken: bool = False
    closed_by: Sequence[Closure] = ()
    meant_for: Collection[str] = ()  # to whom it is open, if not to the asker

    @property
    def is_for_others(self) -> bool:
        return covers(self.anybodys, self.wish) and not covers(self.theirs, self.wish)


# --- Of one wish ------------------------------------------------------------------------------------


def asked_of_time(wish: Wish, asker: Asker, ignoring: int | None) -> QuerySet[Any]:
    """Return spaces with their `open_times` around the wish, and whether its time `is_taken`."""
    asked = {"starts_at": wish.starts_at, "ends_at": wish.ends_at}
    asked |= of_asker(asker) | out_of_the_way([ignoring] if ignoring else [], [])
    return Space.objects.with_place().annotate(
        open_times=raw(OPEN_TIMES.format(**OF_ONE), asked, Field()),
        is_taken=raw(IS_TAKEN.format(**OF_ONE), asked, BooleanField()),
    )


def raw(sql: str, asked: dict[str, Any], output_field: Field) -> RawSQL:
    """Return an expression of SQL with named parameters, of which the ORM knows only numbered ones."""
    names = PARAMETER.findall(sql)
    return RawSQL(PARAMETER.sub("%s", sql), [asked[name] for name in names], output_field=output_field)


def of_asker(asker: Asker) -> dict[str, Any]:
    return {"audiences": list(asker.audiences), "organisation": asker.organisation_id}


def out_of_the_way(ignoring: Collection[int], leaving: Collection[int]) -> dict[str, Any]:
    return {"ignoring": list(ignoring), "leaving": list(leaving)}


def with_times(known: Known, open_times: Sequence | None, is_taken: bool) -> Known:
    theirs, anybodys, staffed = (stretches(times) for times in open_times or [None] * 3)
    return replace(known, theirs=theirs, anybodys=anybodys, staffed=staffed, is_taken=is_taken)


def is_conceivable(starts_at: datetime, ends_at: datetime, *, now: datetime) -> bool:
    """Whether any policy could allow the wish. Beyond that the database is not even asked."""
    return (
        now <= starts_at < ends_at
        and starts_at <= now + FARTHEST_BOOKING
        and ends_at - starts_at <= LONGEST_BOOKING
    )


def stretches(times: Multirange[datetime] | None) -> list[Stretch]:
    return [bounds(stretch) for stretch in times or ()]


def covers(times: Iterable[Stretch], wish: Wish) -> bool:
    return any(start <= wish.starts_at and wish.ends_at <= end for start, end in times)


# --- Of many ----------------------------------------------------------------------------------------


def look_at(
    wishes: Sequence[Wish],
    *,
    asker: Asker,
    now: datetime,
    ignoring: Collection[int] = (),
    leaving: Collection[int] = (),
) -> list[Known]:
    """Ask the database what it knows of many wishes: one statement for spaces, one for their times.

    One more each where something is closed, or open to others only.
    """
    spaces = Space.objects.with_place().in_bulk({wish.space.pk for wish in wishes})
    known = [
        Known(wish, spaces[wish.space.pk], is_conceivable(wish.starts_at, wish.ends_at, now=now))
        for wish in wishes
    ]
    asked = [number for number, one in enumerate(known) if one.is_asked]
    rows = asked_in_sql(TIMES_OF_EACH, known, asked, of_asker(asker) | out_of_the_way(ignoring, leaving))
    for number, open_times, is_taken in rows:
        known[number] = with_times(known[number], open_times, is_taken)
    closed_by = closures_in_the_way(known, [number for number in asked if known[number].is_taken])
    for number, closing in closed_by.items():
        known[number] = replace(known[number], closed_by=closing)
    if for_others := [number for number in asked if known[number].is_for_others]:
        meant = audiences_of([known[number] for number in for_others])
        for number, names in zip(for_others, meant, strict=True):
            known[number] = replace(known[number], meant_for=names)
    return known


def asked_in_sql(sql: str, known: Sequence[Known], asked: Sequence[int], also: dict[str, Any]) -> list[tuple]:
    """Run a statement about the wishes at some places of a list; return its rows, each with its place."""
    if not asked:
        return []
    wishes = [known[number].wish for number in asked]
    params: dict[str, Any] = {
        "spaces": [wish.space.pk for wish in wishes],
        "starts": [wish.starts_at for wish in wishes],
        "ends": [wish.ends_at for wish in wishes],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, params | also)
        return [(asked[number - 1], *rest) for number, *rest in cursor.fetchall()]


def closures_in_the_way(known: Sequence[Known], asked: Sequence[int]) -> dict[int, list[Closure]]:
    rows = asked_in_sql(CLOSED_BY, known, asked, {})
    said = Closure.objects.in_bulk({pk for _number, pk in rows}) if rows else {}
    found: dict[int, list[Closure]] = defaultdict(list)
    for number, pk in rows:
        found[number].append(said[pk])
    return found


def audiences_of(known: Sequence[Known]) -> list[set[str]]:
    """Return for whom time is open that is not open to the asker. Rare enough for a look of its own."""
    wanted = {one.space.timetable_in_force_id for one in known}
    whole = Range(min(one.wish.starts_at for one in known), max(one.wish.ends_at for one in known))
    openings = Opening.objects.filter(timetable__in=wanted, period__overlap=whole)
    spans = list(openings.values_list("timetable", "period", "open_to"))

    def meant_for(one: Known) -> set[str]:
        return {
            name
            for timetable, period, open_to in spans
            if timetable == one.space.timetable_in_force_id
            and period.lower < one.wish.ends_at
            and one.wish.starts_at < period.upper
            and not any(theirs[0] <= period.lower and period.upper <= theirs[1] for theirs in one.theirs)
            for name in open_to
        }

    return [meant_for(one) for one in known]


# --- For quotas -------------------------------------------------------------------------------------


def dates_that_count(
    known: Iterable[Known],
    asker: Asker,
    *,
    ignoring: Collection[int] = (),
    leaving: Collection[int] = (),
) -> dict[int, list[datetime]]:
    """Return when the customer's dates begin, by venue, if quotas count them. One statement then."""
    counted = [one for one in known if one.is_asked and quotas.quotas_of(one.space)]
    begun: dict[int, list[datetime]] = defaultdict(list)
    if not counted or asker.user_id is None:
        return begun
    day = min(quotas.first_counted(one.space, local(one.wish.starts_at).date()) for one in counted)
    booked = booked_by(asker).filter(
        space__venue__in={one.space.venue_id for one in counted}, starts_at__gte=moment(day, time.min, CITY)
    )
    booked = booked.exclude(booking__in=ignoring).exclude(pk__in=leaving)
    for venue, starts_at in booked.values_list("space__venue", "starts_at"):
        begun[venue].append(starts_at)
    return begun


def booked_by(asker: Asker) -> OccupancyQuerySet:
    """Return the dates that count for somebody's quota: the organisation's, or the person's own."""
    dates = Occupancy.objects.filter(booking__status__in=AGREED_OR_ASKED, released_at=None)
    if asker.organisation_id:
        return dates.filter(booking__organisation=asker.organisation_id)
    return dates.filter(booking__customer=asker.user_id, booking__organisation=None)
