"""Search over the whole city, against fetching the rows that it has to look at and computing nothing."""

from datetime import datetime, time, timedelta
from functools import cache

from django.db import connection
from django.db.models import QuerySet
from psycopg.types.range import Range

from accounts.models import User
from bookings import alternatives, availability
from bookings.availability import Found, Order, Stretch
from venues.audiences import Asker, asker
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


def whole_city(city: City, *, rounds: int) -> Compared:
    month = evenings(city, 30)
    return side_by_side(
        "search, whole city, thirty evenings",
        lambda: search(roomy(), month, city),
        lambda: fetch(BUSY, in_sql(month)),
        rounds=rounds,
        aim=1.5,
    )


def measure(city: City, *, rounds: int) -> list[Compared]:
    month, one = evenings(city, 30), evenings(city, 1)
    first, last = month[0][0], month[-1][1]
    gym = roomy().filter(parts__isnull=False).with_place().first()
    assert gym is not None
    schools = roomy().filter(venue__kind=Venue.Kind.SCHOOL)
    turns = [window for window in evenings(city, 140) if window[0].isoweekday() == 2]
    return [
        whole_city(city, rounds=rounds),
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
            "search, whole city, every Tuesday, twenty weeks",
            lambda: search(roomy(), turns, city, order="coverage"),
            lambda: fetch(BUSY, in_sql(turns)),
            rounds=rounds,
        ),
        side_by_side(
            "one space, a month",
            lambda: availability.free_stretches(gym, (first, last), now=noon(city), asker=somebody(city)),
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


def search(spaces: QuerySet[Space], windows: list[Stretch], city: City, order: Order = "first_free") -> Found:
    return availability.free(
        spaces, windows, now=noon(city), asker=somebody(city), length=LENGTH, order=order, limit=20
    )


@cache
def somebody(city: City) -> Asker:
    """Return a resident who has bookings here and there."""
    return asker(User.objects.earliest("pk"), None, today=city.today)


def instead_of(space: Space, wish: datetime, city: City) -> None:
    who = somebody(city)
    alternatives.other_times(space, wish, LENGTH, asker=who, now=noon(city))
    alternatives.other_spaces(space, wish, LENGTH, asker=who, attendees=20, now=noon(city))


def in_sql(stretches: list[Stretch]) -> list[Range]:
    return [Range(*stretch) for stretch in stretches]


def fetch(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def matching(city: City) -> int:
    """Return how many spaces are large enough, free or not."""
    return roomy().count()


def check(city: City) -> int:
    """Compare a search with the answer by trying; raise `AssertionError` if they differ.

    A fast wrong answer is worth nothing. Tries about as much in a city of any size: thirty evenings among a
    thousand spaces, fewer in larger ones. Returns how many starts can be booked.
    """
    windows = evenings(city, max(3, min(30, 30_000 // city.spaces)))
    spaces = {space.pk: space for space in roomy().with_place()}
    expected = starts_by_trying(spaces.values(), windows, LENGTH, asker=somebody(city), now=noon(city))
    whole = availability.free(roomy(), windows, now=noon(city), asker=somebody(city), length=LENGTH)
    found = {row.space_id: starts_of(row, spaces[row.space_id], LENGTH) for row in whole.page}
    assert found == expected
    page = search(roomy(), windows, city)
    assert page.total == whole.total == len(expected)
    first = sorted(expected, key=lambda pk: (expected[pk][0], pk))
    assert [row.space_id for row in page.page] == first[:20]
    return sum(map(len, expected.values()))
