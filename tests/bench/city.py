"""A city to measure in: halls and their parts, opening hours, and bookings that never overlap.

What is small is made by the models, what is large by SQL. Everything random follows from a row's own number,
so that every run measures the same city. There are half as many halls as spaces, every third with three
parts. In sixty days a hall has about a hundred stretches of taken time, most of them in the evening, among
them the weekly turns of clubs and now and then a closure; 12 % of all rows hold no time any more.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import User
from venues.fields import footprint
from venues.models import Purpose, Space, Timetable, Venue

from .rules import open_city, policy_of

HALLS_PER_VENUE = 4
HALLS_WITH_HOURS_OF_THEIR_OWN = 20  # every twentieth
CUSTOMERS_PER_SPACE = 2  # so that each has some forty bookings in three months
KINDS = [Venue.Kind.SCHOOL, Venue.Kind.PLAYPARK, Venue.Kind.YOUTH_HOUSE, Venue.Kind.SPORTS_HALL]
BUFFERS = [(0, 0), (0, 0), (0, 30), (15, 15)]  # minutes of setting up and cleaning up


@dataclass(frozen=True)
class City:
    """How large it is, and which day it is there."""

    spaces: int
    today: date

    @property
    def season_ends(self) -> date:
        return date(self.today.year + (self.today.month > 5), 5, 31)


def build(city: City, *, history_days: int) -> None:
    """Fill empty tables with places, and with time from that many days ago to sixty days ahead.

    Turns of clubs reach to the end of the season.
    """
    User.objects.bulk_create(
        User(
            email=f"person{number}@example.org",
            password="!",
            is_resident=True,
            born_on=date(1970 + number % 40, 1 + number % 12, 1 + number % 28),
        )
        for number in range(city.spaces * CUSTOMERS_PER_SPACE)
    )
    open_city(build_places(city), today=city.today)
    since, until = city.today - timedelta(days=history_days), city.today + timedelta(days=60)
    fill(since, until, turns_until=city.season_ends)


def grow_history(city: City, *, from_days: int, to_days: int) -> None:
    """Add older bookings of the same kind."""
    since, until = city.today - timedelta(days=to_days), city.today - timedelta(days=from_days)
    fill(since, until, turns_until=until)


def build_places(city: City) -> dict[Timetable, str]:
    """Make venues and spaces, and return their timetables with the kind of venue that each is for."""
    count = city.spaces // 2
    shared = ceil(count / HALLS_PER_VENUE)
    timetables = Timetable.objects.bulk_create(
        Timetable() for _number in range(shared + count // HALLS_WITH_HOURS_OF_THEIR_OWN)
    )
    venues = Venue.objects.bulk_create(
        Venue(
            key=f"venue-{number}",
            kind=KINDS[number % len(KINDS)],
            name_fi=f"Toimipiste {number}",
            lat=60.15 + number * 0.618 % 0.12,
            lon=24.85 + number * 0.414 % 0.35,
            point_quality=Venue.PointQuality.EXACT,
            timetable=timetables[number],
        )
        for number in range(shared)
    )
    hours = dict(zip(range(19, count, HALLS_WITH_HOURS_OF_THEIR_OWN), timetables[shared:], strict=True))
    halls = Space.objects.bulk_create(
        hall(
            number,
            venues[number // HALLS_PER_VENUE],
            hours.get(number),
            policy_of(number, today=city.today),
        )
        for number in range(count)
    )
    Space.objects.bulk_create(
        part(halls[number], piece, policy_of(number, today=city.today))
        for number in range(0, count, 3)
        for piece in range(3)
    )
    sports = Purpose.objects.create(code="sports", name_fi="Liikunta")
    sports.spaces.set(Space.objects.all())
    own = {timetable: venues[number // HALLS_PER_VENUE].kind for number, timetable in hours.items()}
    return {venue.timetable: venue.kind for venue in venues} | own


def hall(number: int, venue: Venue, hours: Timetable | None, policy: dict[str, Any]) -> Space:
    setup, cleanup = BUFFERS[number % len(BUFFERS)]
    return Space(
        venue=venue,
        key=f"hall-{number}",
        name_fi=f"Sali {number}",
        footprint=footprint((0, 1, 2)),
        capacity=10 + number * 7 % 90,
        timetable=hours,
        setup_minutes=setup,
        cleanup_minutes=cleanup,
        **policy,
    )


def part(of: Space, piece: int, policy: dict[str, Any]) -> Space:
    return Space(
        venue=of.venue,
        key=f"{of.key}-{piece}",
        name_fi=f"{of.name_fi}, lohko {'ABC'[piece]}",
        part_of=of,
        hall_footprint=of.footprint,
        footprint=footprint([piece]),
        capacity=10 + (of.capacity or 0) // 3,
        **policy,
    )


# --- Time, by SQL ---------------------------------------------------------------------------------

# A fraction of one that follows from a number; different throws of the same number differ.
DICE = """
create or replace function pg_temp.dice(number bigint, throw int) returns float
immutable language sql return (hashint8extended(number, throw) & 1048575) / 1048576.0
"""

# In every thirty days, one hall in fourteen is closed for two to fourteen days, from and until odd times.
CLOSED = """
create temp table closed as
select nextval(pg_get_serial_sequence('bookings_closure', 'id')) as id, hall.id as hall_id, footprint, since,
       since + 2 + floor(13 * pg_temp.dice(hall.id, turn + 1))::int as until
from venues_space hall,
     generate_series(0, %(until)s::date - %(since)s::date - 30, 30) turn,
     lateral (select %(since)s::date + turn + floor(15 * pg_temp.dice(hall.id, turn + 2))::int as since) start
where part_of_id is null and pg_temp.dice(hall.id, turn) < 1 / 14.0
"""

# A hall's day has seven places of two hours. Every fifth hall gives one of them to a club, a season long.
# Others are taken by chance, the evenings more often: by the whole hall, or by some of its parts.
TAKEN = """
create temp table taken as
with place as (
    select hall.id as hall_id, greatest(setup_minutes, cleanup_minutes) as slack, day, hour, number,
           hall.id %% 5 = 0 and hour = 18 and extract(isodow from day) = 1 + hall.id / 5 %% 5 as is_turn,
           exists (select from venues_space part where part.part_of_id = hall.id)
               and pg_temp.dice(number, 2) < 0.5 as by_parts
    from venues_space hall,
         generate_series(%(since)s::date, %(turns_until)s::date - 1, interval '1 day') day,
         unnest(array[8, 10, 12, 14, 16, 18, 20]) hour,
         lateral (
             select ((day::date - date '2000-01-01') * 100000::bigint + hall.id) * 24 + hour as number
         ) numbered
    where part_of_id is null
)
select number * 10 + piece as id,
       case when is_turn then min(number * 10) over season else number * 10 + piece end as booking_id,
       hall_id, space.id as space_id, space.footprint, starts_at,
       starts_at + interval '60 minutes' + interval '15 minutes'
           * floor(pg_temp.dice(number * 10 + piece, 5) * (5 - (late + slack) / 15)) as ends_at
from place
     join venues_space space using (hall_id),
     lateral (
         select case when space.part_of_id is null then 0 else lower(space.footprint) + 1 end as piece
     ) pieces,
     lateral (select case when pg_temp.dice(number, 4) < 0.4 then 30 else 0 end as late) shift,
     lateral (select (day + hour * interval '1 hour' + late * interval '1 minute') at time zone %(tz)s
                  as starts_at) start
where not exists (select from closed where closed.hall_id = place.hall_id and day >= since and day < until)
  and case when is_turn or not by_parts then part_of_id is null
           else part_of_id is not null and pg_temp.dice(number * 10 + piece, 3) < 0.6
      end
  and (is_turn or (
      day < %(until)s and pg_temp.dice(number, 1) < case when hour < 16 then 1 / 12.0 else 3 / 8.0 end
  ))
window season as (partition by hall_id, is_turn, extract(year from day - interval '7 months'))
"""

# Of a hundred rows twelve hold nothing: four in five are of a cancelled booking, the fifth was given back.
GIVEN_UP = """
insert into taken (id, booking_id, hall_id, space_id, footprint, starts_at, ends_at)
select id + 5, id + 5, hall_id, space_id, footprint, starts_at, ends_at
from taken where pg_temp.dice(id, 6) < 12 / 88.0
"""

BOOKINGS = """
insert into bookings_booking (
    id, space_id, customer_id, status, competes, purpose, attendees, note, adult_name, adult_phone, reason,
    add_ons, created_at, cancelled_at, cancelled_by_id
)
select booking_id, min(space_id), customer, case when is_cancelled then 'cancelled' else 'confirmed' end,
       false, 'Harjoitukset', 10, '', '', '', '', '{}',
       min(starts_at) - interval '20 days',
       case when is_cancelled then min(starts_at) - interval '5 days' end,
       case when is_cancelled then customer end
from taken,
     (select min(id) as first from accounts_user) people,
     lateral (select booking_id %% 10 >= 5 and pg_temp.dice(booking_id, 7) < 0.8 as is_cancelled,
                     first + booking_id / 10 %% %(customers)s as customer) fate
group by booking_id, customer, is_cancelled
order by booking_id
"""

DATES = """
insert into bookings_occupancy (
    space_id, hall_id, footprint, setup_at, starts_at, ends_at, clear_at, original_starts_at,
    booking_id, booking_is_live, released_at, is_exception
)
select taken.space_id, hall.id, taken.footprint,
       starts_at - make_interval(mins => hall.setup_minutes), starts_at,
       ends_at, ends_at + make_interval(mins => hall.cleanup_minutes), starts_at,
       booking_id, booking.is_live,
       case when taken.id %% 10 >= 5 and booking.is_live then starts_at - interval '5 days' end, false
from taken
     join venues_space hall on hall.id = taken.hall_id
     join bookings_booking booking on booking.id = booking_id
order by starts_at
"""

CLOSURES = """
with closed_from as (
    select id, hall_id, footprint, (since + time '06:40') at time zone %(tz)s as starts_at,
           (until - 1 + time '23:25') at time zone %(tz)s as ends_at
    from closed
),
closure as (
    insert into bookings_closure (
        id, starts_at, ends_at, repeats, every, weekdays, reason_fi, reason_sv, reason_en, is_reason_public,
        created_at, created_by_id
    )
    select id, starts_at, ends_at, '', 1, '{}', 'Remontti', '', '', true,
           now(), (select min(id) from accounts_user)
    from closed_from
)
insert into bookings_occupancy (
    space_id, hall_id, footprint, setup_at, starts_at, ends_at, clear_at, original_starts_at, closure_id,
    is_exception
)
select hall_id, hall_id, footprint, starts_at, starts_at, ends_at, ends_at, starts_at, id, false
from closed_from
"""


def fill(since: date, until: date, *, turns_until: date) -> None:
    """Take time in all halls, with every constraint in force.

    Only the history of changes is not written: it is added to and never read here.
    """
    span = {
        "since": since,
        "until": until,
        "turns_until": turns_until,
        "customers": User.objects.count(),
        "tz": settings.CITY_TIME_ZONE,
    }
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off")
        cursor.execute(DICE)
        for table in ("bookings_booking", "bookings_occupancy"):
            cursor.execute(f"alter table {table} disable trigger user")
        for statement in (CLOSED, TAKEN, GIVEN_UP, "analyze taken", BOOKINGS, DATES, CLOSURES):
            cursor.execute(statement, span)
        for table in ("bookings_booking", "bookings_occupancy"):
            cursor.execute(f"alter table {table} enable trigger user")
        cursor.execute("drop table taken, closed")
        cursor.execute(
            "select setval(pg_get_serial_sequence('bookings_booking', 'id'), max(id)) from bookings_booking"
        )
        cursor.execute("reset synchronous_commit")
        cursor.execute("vacuum (analyze)")
