"""What is free instead for many dates at once: a few questions for all of them together, never one for each.

For every date, in this order of preference: another space of its venue at the same time, its own space at
the nearest time, the nearest other spaces with a common purpose at the same time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import chain

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from accounts.problems import Alternative
from venues.audiences import Asker, asker
from venues.clock import local
from venues.fields import pieces
from venues.models import Space, Venue
from venues.opening_hours import merged

from .availability import FreeSpace, Stretch, free
from .models import Occupancy

LOOK_AROUND = timedelta(days=14)
NEAREST = 8  # other spaces that are asked for each space
MINUTE = timedelta(minutes=1)

# The other spaces of a space's venue, those with a common purpose first, then the nearest elsewhere that have
# one, as pairs of here and there.
CANDIDATES = """
select here.id, there.id
from venues_space here
join venues_venue place on place.id = here.venue_id
cross join lateral (
    (
        select space.id, 0 as rank, case when exists (
            select from venues_space_purposes mine join venues_space_purposes theirs using (purpose_id)
            where mine.space_id = here.id and theirs.space_id = space.id
        ) then 0.0 else 1.0 end as distance
        from venues_space space
        where space.venue_id = here.venue_id and space.id <> here.id and space.is_bookable
    )
    union all
    (
        select space.id, 1, (venue.lat - place.lat) ^ 2
            + ((venue.lon - place.lon) * cosd(place.lat)) ^ 2 as distance
        from (
            select distinct theirs.space_id
            from venues_space_purposes mine join venues_space_purposes theirs using (purpose_id)
            where mine.space_id = here.id
        ) alike
        join venues_space space on space.id = alike.space_id
        join venues_venue venue on venue.id = space.venue_id
        where space.venue_id <> here.venue_id and space.is_bookable
        order by distance nulls last, space.id
        limit %(nearest)s
    )
) there
where here.id = any(%(spaces)s)
order by here.id, rank, distance nulls last, there.id
"""


def candidates(space_ids: Collection[int]) -> dict[int, list[int]]:
    """Return for each of these spaces the others that come into question, in order of preference."""
    found: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, {"spaces": list(space_ids), "nearest": NEAREST})
        for here, there in cursor.fetchall():
            found[here].append(there)
    return found


def halls_near(hall_ids: Collection[int], venues: QuerySet[Venue], *, now: datetime) -> set[int]:
    """Return the halls of these venues in which dates of these halls could find another time or place."""
    booked = Occupancy.objects.filter(hall__in=hall_ids, starts_at__gt=now, closure=None)
    here = set(booked.order_by().values_list("space", flat=True).distinct())
    there = Space.objects.filter(pk__in=set(chain(here, *candidates(here).values())), venue__in=venues)
    return set(there.order_by().values_list("hall_id", flat=True))


@dataclass
class Places:
    """Places that have been given away already, so that no two dates get the same one."""

    by_hall: dict[int, list[tuple[set[int], Alternative]]] = field(default_factory=lambda: defaultdict(list))

    def take_first(self, options: Iterable[Alternative]) -> Alternative | None:
        """Take the first of the options that collides with nothing taken before."""
        for option in options:
            if not self.collides(option):
                self.take(option)
                return option
        return None

    def take(self, place: Alternative) -> None:
        self.by_hall[place.space.hall_id].append((pieces(place.space.footprint), place))

    def collides(self, place: Alternative) -> bool:
        floor = pieces(place.space.footprint)
        gap = max(place.space.setup, place.space.cleanup)
        return any(
            place.starts_at < other.ends_at + gap
            and other.starts_at < place.ends_at + gap
            and not floor.isdisjoint(other_floor)
            for other_floor, other in self.by_hall[place.space.hall_id]
        )


@dataclass
class Options:
    """What is free for some dates, as `options_for` found it."""

    spaces: dict[int, Space]
    candidates: dict[int, list[int]]
    # What is free for people like these near the dates' times, by space.
    free: dict[Asker, dict[int, FreeSpace]]
    now: datetime
    # What is not free after all: given away, or still held by dates that were thought away.
    taken: Places = field(default_factory=Places)

    def avoid(self, dates: Iterable[Occupancy]) -> None:
        """Offer nobody the places that these dates, which were thought away, still hold."""
        for date in dates:
            self.taken.take(Alternative(self.spaces[date.space_id], date.starts_at, date.ends_at))

    def take_first(self, date: Occupancy, *, halls: Collection[int]) -> Alternative | None:
        """Give the date the best place in these halls that is still free, so that nobody else gets it."""
        return self.taken.take_first(
            other for other in chain(*self.by_sort(date)) if other.space.hall_id in halls
        )

    def other_spaces(self, date: Occupancy) -> Iterator[Alternative]:
        """Yield what is free at the same time: the rest of the venue first, then the nearest elsewhere."""
        found = self.free[likeness(date, self.now)]
        for pk in self.candidates.get(date.space_id, ()):
            if pk in found and self.suits(pk, date) and can_start(found[pk], self.spaces[pk], date):
                yield Alternative(self.spaces[pk], date.starts_at, date.ends_at)

    def other_times(self, date: Occupancy) -> Iterator[Alternative]:
        """Yield the starts at which the same space is free, the nearest first."""
        found = self.free[likeness(date, self.now)].get(date.space_id)
        space = self.spaces[date.space_id]
        if found and lasts_long_enough(space, date):
            length = date.ends_at - date.starts_at
            for start in starts_nearest(found, space, date.starts_at, length):
                if start >= self.now + settings.GRACE:  # nobody moves there sooner
                    yield Alternative(space, start, start + length)

    def suits(self, pk: int, date: Occupancy) -> bool:
        space, booking = self.spaces[pk], date.booking
        assert booking is not None
        return (
            (space.capacity is None or booking.attendees <= space.capacity)
            and not space.min_age
            and lasts_long_enough(space, date)
        )

    def by_sort(self, date: Occupancy) -> list[Iterator[Alternative]]:
        """Return what is free instead: in the house, at another time, elsewhere, each with the best first."""
        at_its_time = list(self.other_spaces(date))
        return [
            (other for other in at_its_time if other.space.venue_id == date.space.venue_id),
            self.other_times(date),
            (other for other in at_its_time if other.space.venue_id != date.space.venue_id),
        ]

    def shortlist(self, date: Occupancy) -> list[Alternative]:
        """Return the best of each sort."""
        best = (
            next((other for other in others if not self.taken.collides(other)), None)
            for others in self.by_sort(date)
        )
        return [other for other in best if other]


def options_for(dates: Sequence[Occupancy], *, now: datetime) -> Options:
    """Return what is free instead of these dates, in the state that the database is in now.

    One question for each sort of people who booked, however many dates: to plan it takes longer than to
    answer it. Each date needs its booking, customer and organisation loaded, and is given its space.
    """
    found = candidates({date.space_id for date in dates})
    everywhere = set(chain((date.space_id for date in dates), *found.values()))
    spaces = Space.objects.with_place().in_bulk(everywhere)
    alike: dict[Asker, list[Occupancy]] = defaultdict(list)
    for date in dates:
        date.space = spaces[date.space_id]
        alike[likeness(date, now)].append(date)
    options = Options(spaces, found, {}, now)
    for who, theirs in alike.items():
        here = {date.space_id for date in theirs}
        there = set(chain(*(found.get(pk, ()) for pk in here)))
        around = [(max(date.starts_at - LOOK_AROUND, now), date.ends_at + LOOK_AROUND) for date in theirs]
        options.free[who] = ask(here | there, around, who, now)
    return options


def ask(
    space_ids: Collection[int], windows: Iterable[Stretch], who: Asker, now: datetime
) -> dict[int, FreeSpace]:
    spaces = Space.objects.filter(pk__in=space_ids)
    found = free(spaces, merged(windows), now=now, asker=who, in_few_halls=True)
    return {space.space_id: space for space in found.page}


def likeness(date: Occupancy, now: datetime) -> Asker:
    """Return the sort of people that booked, as far as it decides what is offered: without names, so that
    the same question is asked for all who are alike. Their quotas are no matter: it is not they who move.
    """
    booking = date.booking
    assert booking is not None
    who = asker(booking.customer, booking.organisation, today=local(now).date())
    runs_it = booking.organisation_id if booking.organisation_id == date.space.venue.run_by_id else None
    return replace(who, user_id=None, organisation_id=runs_it, born_on=None)


def lasts_long_enough(space: Space, date: Occupancy) -> bool:
    minutes = (date.ends_at - date.starts_at) // MINUTE
    return space.is_whole_day or space.min_minutes <= minutes <= space.max_minutes


def can_start(found: FreeSpace, space: Space, date: Occupancy) -> bool:
    """Whether a date could be just when it is in a space of which this is free."""
    step = timedelta(minutes=space.start_step)
    for first, until in found.stretches:
        if found.is_whole_day:
            if (first, until) == (date.starts_at, date.ends_at):
                return True
        elif first <= date.starts_at and date.ends_at <= until and not (date.starts_at - first) % step:
            return True
    return False


def starts_nearest(found: FreeSpace, space: Space, wish: datetime, length: timedelta) -> Iterator[datetime]:
    """Yield all starts from which a length fits into what is free, the nearest to the wish first."""
    step = timedelta(minutes=space.start_step)
    if found.is_whole_day:
        firsts_and_lasts = [(first, first) for first, until in found.stretches if until - first == length]
    else:
        firsts_and_lasts = [(first, until - length) for first, until in found.stretches]
    seen = None
    for _distance, start in merge(*(outwards(wish, *ends, step) for ends in firsts_and_lasts)):
        if start != seen:  # stretches may overlap
            yield start
        seen = start


def outwards(
    wish: datetime, first: datetime, last: datetime, step: timedelta
) -> Iterator[tuple[timedelta, datetime]]:
    """Yield the steps from first to last by their distance from the wish, with that distance."""
    steps = (last - first) // step
    if steps < 0:
        return
    before = min(max((wish - first) // step, -1), steps)
    after = before + 1
    while before >= 0 or after <= steps:
        earlier, later = first + before * step, first + after * step
        if after > steps or (before >= 0 and wish - earlier <= later - wish):
            yield abs(wish - earlier), earlier
            before -= 1
        else:
            yield abs(later - wish), later
            after += 1
