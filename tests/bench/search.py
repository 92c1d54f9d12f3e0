"""Search over the whole city, against fetching the rows that it has to look at and computing nothing."""

from datetime import datetime, time, timedelta

from django.db import connection
from django.db.models import QuerySet
from psycopg.types.range import Range

from bookings import alternatives, availability
from bookings.availability import Stretch
from venues.clock import at
from venues.models import Space, Venue

from .check import starts_by_trying, starts_of
from .city import City
from .timing import Compared, side_by_side

LENGTH = timedelta(hours=2)
BUSY = """
select space_id, starts_at, ends_at
from unnest(%s::tstzrange[]) asked
join bookings_occupancy on with_both && asked
where holds_time
"""
BUSY_AT = """
select space_id, starts_at, ends_at
from bookings_occupancy
where holds_time and hall_id = %s and footprint && %s and with_setup && %s
"""


def noon(city: City) -> datetime:
    return at(city.today, time(12))


def evenings(city: City, days: int) -> list[Stretch]:
    """From 17 to 21 on each of the next days."""
    dates = (city.today + timedelta(days=number) for number in range(1, days + 1))
    return [(at(day, time(17)), at(day, time(21))) for day in dates]


def roomy() -> QuerySet[Space]:
    return Space.objects.bookable().filter(capacity__gte=20)


def measure(city: City, *, rounds: int) -> list[Compared]:
    month, one = evenings(city, 30), evenings(city, 1)
    first, last = month[0][0], month[-1][1]
    gym = roomy().filter(parts__isnull=False).with_place().first()
    assert gym is not None
    schools = roomy().filter(venue__kind=Venue.Kind.SCHOOL)
    return [
        side_by_side(
            "search, whole city, thirty evenings",
            lambda: search(roomy(), month, city),
            lambda: fetch(BUSY, in_sql(month)),
            rounds=rounds,
            aim=2,
        ),
        side_by_side(
            "search, schools only, thirty evenings",
            lambda: search(schools, month, city),
            lambda: fetch(BUSY, in_sql(month)),
            rounds=rounds,
        ),
        side_by_side(
            "search, whole city, one evening",
            lambda: search(roomy(), one, city),
            lambda: fetch(BUSY, in_sql(one)),
            rounds=rounds,
        ),
        side_by_side(
            "one space, a month",
            lambda: availability.free_stretches(gym, (first, last), now=noon(city)),
            lambda: fetch(BUSY_AT, gym.hall_id, gym.footprint, Range(first, last)),
            rounds=rounds * 3,
        ),
        side_by_side(
            "alternatives to a refused wish",
            lambda: instead_of(gym, one[0][0], city),
            lambda: fetch(BUSY, in_sql(one)),
            rounds=rounds,
        ),
    ]


def search(spaces: QuerySet[Space], windows: list[Stretch], city: City) -> availability.Found:
    return availability.free(spaces, windows, now=noon(city), length=LENGTH, limit=20)


def instead_of(space: Space, wish: datetime, city: City) -> None:
    alternatives.other_times(space, wish, LENGTH, now=noon(city))
    alternatives.other_spaces(space, wish, LENGTH, attendees=20, now=noon(city))


def in_sql(stretches: list[Stretch]) -> list[Range]:
    return [Range(*stretch) for stretch in stretches]


def fetch(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def check(city: City) -> int:
    """Compare a search with the answer by trying; raise `AssertionError` if they differ.

    A fast wrong answer is worth nothing. Returns how many starts can be booked.
    """
    windows = evenings(city, 30)
    expected = starts_by_trying(roomy().with_place(), windows, LENGTH)
    whole = availability.free(roomy(), windows, now=noon(city), length=LENGTH)
    assert {space.space_id: starts_of(space, LENGTH) for space in whole.page} == expected
    page = search(roomy(), windows, city)
    assert page.total == whole.total == len(expected)
    assert [space.space_id for space in page.page] == sorted(expected, key=lambda pk: (expected[pk][0], pk))[
        :20
    ]
    return sum(map(len, expected.values()))
