"""What is free: the one answer that search, page, API and the write path share.

Free time is open time minus taken time, computed on the fly in one statement for one space or for the
whole city; nothing is stored, so nothing is stale. The database subtracts sets of instants, which makes
clock changes, odd ends of imported time and nights past midnight nothing special.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count, islice
from typing import Literal

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet
from psycopg.types.range import Range

from venues import city_calendar
from venues.audiences import STRANGER, Asker, Audience
from venues.clock import CITY, at, exact, local
from venues.fields import bounds
from venues.models import Space
from venues.models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING, LONGEST_BUFFER, MOST_NOTICE_WEEKDAYS
from venues.opening_hours import monday_of
from venues.policies import NOTICE_REACHES, bookable_times, is_weekend, season_of

from . import sanctions
from .free_sql import statement
from .reading import quick_cursor

Stretch = tuple[datetime, datetime]
Order = Literal["first_free", "distance", "price", "coverage"]

A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)
OLDEST = 99  # years: the highest age that a policy may ask for
# Around the windows, what whole days may reach to, with what stands beside them.
MARGIN = LONGEST_BOOKING + LONGEST_BUFFER
LIMITED = [str(when) for when in Space.BookableWhen if when != Space.BookableWhen.ANY]


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
    moving: int | None = None,
    in_few_halls: bool = False,
) -> Found:
    """Return which of the spaces the asker could book within the windows, and when. One statement.

    `windows` are half-open, aware, and may overlap. `length` is how long the booking shall be; without
    it, each space's shortest. `near` is (latitude, longitude); `within_km` leaves out what is farther or at
    no known point. In order, spaces that are alike come by their first free time:

    - "first_free": the soonest free first;
    - "distance": the nearest first, places without a known point last;
    - "price": what is free of charge first;
    - "coverage": what is free in most of the windows first, then the nearest. Windows that overlap or touch
      are each asked about, if they are in order.

    The booking with the id `moving` uses up no quota. `in_few_halls` changes no answer: it reads busy time by
    hall, which is quicker for a page of few spaces.
    """
    if not moving:  # what was booked before a ban may still be moved
        spaces = sanctions.without_banned(spaces, asker, today=local(now).date())
    try:
        inner, params = in_sql(spaces.order_by().values("pk"))
    except EmptyResultSet:
        return Found([], 0)
    params |= asked(windows, length, near, within_km)
    params |= of_city(windows, now) | of_asker(asker, local(now).date()) | {"moving": moving or 0}
    sql = statement(
        spaces=inner,
        is_near=near is not None,
        is_in_few_halls=in_few_halls,
        counts_for="organisation" if asker.organisation_id else "user" if asker.user_id else None,
        order=order,
    )
    with quick_cursor() as cursor:
        cursor.execute(sql, params | {"limit": limit, "offset": offset})
        rows = cursor.fetchall()
        if offset and not rows:  # past the last page: the total is still true
            cursor.execute(sql, params | {"limit": 1, "offset": 0})
            rows, total = [], sum(row[-1] for row in cursor.fetchall())
        else:
            total = rows[0][-1] if rows else 0
    return Found([free_space(*row[:-1]) for row in rows], total)


def free_space(
    pk: int,
    first_free: datetime,
    stretches: list[Range[datetime]],
    distance: float | None,
    is_whole_day: bool,
    windows: list[int] | None,
) -> FreeSpace:
    in_order = sorted(map(bounds, stretches))
    return FreeSpace(
        pk, first_free, in_order, distance, is_whole_day, tuple(number - 1 for number in windows or ())
    )


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
    moving: int | None = None,
) -> list[Stretch]:
    """Return the stretches in which the asker could book one space, oldest first."""
    found = free(
        Space.objects.filter(pk=space.pk),
        [window],
        now=now,
        asker=asker,
        length=length,
        moving=moving,
        in_few_halls=True,
    )
    return found.page[0].stretches if found.page else []


# --- What is asked, and when it is ----------------------------------------------------------------


def asked(
    windows: Sequence[Stretch],
    length: timedelta | None,
    near: tuple[float, float] | None,
    within_km: float | None,
) -> dict:
    return {
        "minutes": None if length is None else length // A_MINUTE,
        "windows": [Range(*window) for window in windows],
        "window_starts": [start for start, _end in windows],
        "lat": near and near[0],
        "lon": near and near[1],
        "within_km": within_km,
        "longest": LONGEST_BOOKING,
        "margin": MARGIN,
    }


def of_city(windows: Sequence[Stretch], now: datetime) -> dict:
    """Return what follows from the city's clocks and calendar."""
    today = local(now).date()
    first = local(min((start for start, _end in windows), default=now) - MARGIN).date()
    last = local(max((end for _start, end in windows), default=now) + MARGIN).date()
    return {
        "now": now,
        "clock": local(now).time(),
        "midnight": datetime(2000, 1, 1, tzinfo=CITY),
        "tz": CITY.key,
        "notice_in_time": earliest_starts(today),
        "notice_late": earliest_starts(today + A_DAY),
        **{when: allowed(when, first, last) for when in LIMITED},
    }


def first_and_last_start(space: Space, *, now: datetime) -> Stretch:
    """Return between which instants what is booked now may begin: how long before, and how far ahead."""
    here = local(now)
    first, last = now + timedelta(hours=space.notice_hours), now + timedelta(days=space.ahead_days)
    if space.notice_weekdays:
        today = here.date() if here.time() <= space.notice_by else here.date() + A_DAY
        first = max(first, earliest_starts(today)[space.notice_weekdays - 1])
    if space.ahead_until:
        last = min(last, exact(at(space.ahead_until + A_DAY)))
    return first, last


@lru_cache(maxsize=100)
def earliest_starts(day: date) -> list[datetime]:
    """Return the first instant that can still be booked on this day, by how many weekdays before."""
    calendar = city_calendar.calendar((), day, day + NOTICE_REACHES)
    days = (day + number * A_DAY for number in count())
    weekdays = (day for day in days if not is_weekend(day, calendar))
    return [exact(at(day + A_DAY)) for day in islice(weekdays, MOST_NOTICE_WEEKDAYS)]


@lru_cache(maxsize=300)
def allowed(when: str, first: date, last: date) -> str:
    """Return the time of these days in which a space for such times can be booked, as the database reads it:
    to write that takes longer than all else here.
    """
    calendar = city_calendar.calendar((), first - A_DAY, last)
    stretches = bookable_times(when, first, last, calendar)
    return "{" + ",".join(f"[{start.isoformat()},{end.isoformat()})" for start, end in stretches) + "}"


# --- Who asks -------------------------------------------------------------------------------------


def of_asker(asker: Asker, today: date) -> dict:
    """Return what decides what is offered to the asker. `of_age` has a year of age at each place."""
    return {
        "audiences": sorted(asker.audiences),
        "audiences_at_home": sorted(asker.audiences | {Audience.VENUE}),
        "user": asker.user_id,
        "organisation": asker.organisation_id,
        "of_age": None if asker.born_on is None else birthdays(asker.born_on),
        "seasons": [Range(at(first), at(last + A_DAY)) for first, last in seasons(today)],
        "counted_from": exact(at(min(season_of(today)[0], monday_of(today)))),
    }


@lru_cache(maxsize=1000)
def birthdays(born_on: date) -> list[datetime]:
    """Return from when on somebody is one year old, two, and so on."""
    return [exact(at(birthday(born_on, years))) for years in range(1, OLDEST + 1)]


def birthday(born_on: date, years: int) -> date:
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:  # born on 29 February
        return date(born_on.year + years, 3, 1)


def seasons(today: date) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each season in which a booking may begin."""
    day = today
    while day <= today + FARTHEST_BOOKING + A_DAY:
        yield season_of(day)
        day = season_of(day)[1] + A_DAY
