"""Every promise, counted again by SQL of its own.

Nothing that the database made from other columns is believed here: liveness is the booking's status, floor
is the space's, buffers are the four instants. So a constraint that went missing, or a copy that drifted, is
seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from venues import city_calendar, openings, policy_layers
from venues.clock import at, local
from venues.fields import bounds
from venues.models import Opening, Timetable
from venues.opening_hours import Span, Stretch

# No space lets people book farther ahead.
FARTHEST_DAYS = 390
# Of whose models every constraint has to be in force. Apps above add theirs, and promises of their own.
APPS = ["venues", "bookings"]
# So long after its time an offer may wait for the worker that ends it.
LATE_MINUTES = 30

# Whether a `booking` is alive, by its status alone.
IS_LIVE = """(
    booking.status in ('held', 'awaiting_payment', 'confirmed')
    or booking.status = 'requested' and not booking.competes
)"""

# What holds time, and which pieces of floor, judged from what people and rules wrote alone.
HELD = f"""
    select date.id, date.booking_id, coalesce(space.part_of_id, space.id) as hall_id, piece,
           date.setup_at, date.starts_at, date.ends_at, date.clear_at
    from bookings_occupancy date
    join venues_space space on space.id = date.space_id
    left join bookings_booking booking on booking.id = date.booking_id
    cross join lateral unnest(space.footprint) stretch
    cross join lateral generate_series(lower(stretch), upper(stretch) - 1) piece
    where date.released_at is null
      and (date.booking_id is null or {IS_LIVE})
"""


def overlaps(start: str, end: str) -> str:
    """Return a question for the pairs that hold one piece of floor between these instants of theirs.

    Sorted by its beginning, a stretch overlaps an earlier one exactly when it begins before the latest end so
    far. Only those few look for their partner, so that millions of rows are sorted once and never compared.
    """
    return f"""
        with held as materialized ({HELD}),
        so_far as (
            select *, max({end}) over (
                partition by hall_id, piece order by {start}, id
                rows between unbounded preceding and 1 preceding
            ) as taken_until
            from held
        )
        select distinct earlier.id, later.id
        from so_far later
        join held earlier using (hall_id, piece)
        where later.{start} < later.taken_until
          and earlier.{start} < later.{end} and earlier.{end} > later.{start}
          and (earlier.{start}, earlier.id) < (later.{start}, later.id)
    """


# Where floor that is closed has no holder, buffers included, through some space that shares it. Closures that
# touch or overlap each answer for their own time.
OPEN_THOUGH_CLOSED = f"""
    with drawn as (
        select id, coalesce(part_of_id, id) as hall_id, footprint from venues_space
    ),
    held as materialized (
        select drawn.hall_id, drawn.footprint, tstzrange(date.setup_at, date.clear_at) as period
        from bookings_occupancy date
        join drawn on drawn.id = date.space_id
        left join bookings_booking booking on booking.id = date.booking_id
        where date.clear_at > %(now)s and date.released_at is null
          and (date.booking_id is null or {IS_LIVE})
    ),
    closed as (
        select closure.id as closure_id, touched.id as space_id, touched.hall_id, touched.footprint,
               range_agg(tstzrange(greatest(time.starts_at, %(now)s), time.ends_at)) as times
        from bookings_closure closure
        join bookings_closuretime time on time.closure_id = closure.id
        join bookings_closure_spaces chosen on chosen.closure_id = closure.id
        join drawn on drawn.id = chosen.space_id
        join drawn touched on touched.hall_id = drawn.hall_id and touched.footprint && drawn.footprint
        where closure.lifted_at is null and time.ends_at > %(now)s
        group by closure.id, touched.id, touched.hall_id, touched.footprint
    ),
    taken as (
        select closure_id, space_id, range_agg(period) as periods
        from closed
        join held on held.hall_id = closed.hall_id and held.footprint && closed.footprint
            and held.period && times
        group by closure_id, space_id
    )
    select closure_id, space_id, times - coalesce(periods, '{{}}')
    from closed left join taken using (closure_id, space_id)
    where not times <@ coalesce(periods, '{{}}')
    order by closure_id, space_id
"""


@dataclass(frozen=True)
class Promise:
    """What must always hold, and a question whose every answer breaks it."""

    broken: str  # the sentence for one answer, with {0}, {1} for its columns
    question: str


PROMISES = [
    Promise(
        "Dates {0} and {1} hold the same floor at the same time, set-up included.",
        overlaps("setup_at", "ends_at"),
    ),
    Promise(
        "Dates {0} and {1} hold the same floor at the same time, cleaning up included.",
        overlaps("starts_at", "clear_at"),
    ),
    Promise(
        "Date {0} says of its booking {1} that it is live: {2}. The booking is {3}.",
        f"""
        select date.id, booking.id, date.booking_is_live, booking.status
        from bookings_occupancy date join bookings_booking booking on booking.id = date.booking_id
        where date.booking_is_live is distinct from {IS_LIVE}
        """,
    ),
    Promise(
        "Booking {0} is {1}. It is stored as live: {2}.",
        f"""
        select id, status, is_live from bookings_booking booking where is_live is distinct from {IS_LIVE}
        """,
    ),
    Promise(
        "Date {0} should hold its time: {1}. It is stored as: {2}.",
        """
        select id, released_at is null and booking_is_live is not false, holds_time
        from bookings_occupancy
        where holds_time is distinct from (released_at is null and booking_is_live is not false)
        """,
    ),
    Promise(
        "Date {0} names booking {1}, which does not exist.",
        """
        select date.id, date.booking_id
        from bookings_occupancy date left join bookings_booking booking on booking.id = date.booking_id
        where date.booking_id is not null and booking.id is null
        """,
    ),
    Promise(
        "Booking {0} has no date.",
        """
        select id from bookings_booking booking
        where not exists (select from bookings_occupancy date where date.booking_id = booking.id)
        """,
    ),
    Promise(
        "Date {0} is taken for no reason, or for several.",
        "select id from bookings_occupancy where num_nonnulls(booking_id, closure_id, hit_id, offer_id) <> 1",
    ),
    Promise(
        "Date {0} says of liveness what it cannot know.",
        "select id from bookings_occupancy where (booking_id is null) <> (booking_is_live is null)",
    ),
    Promise(
        "Date {0} has its times out of order, or without end.",
        """
        select id from bookings_occupancy
        where not (setup_at <= starts_at and starts_at < ends_at and ends_at <= clear_at)
           or not isfinite(setup_at) or not isfinite(clear_at)
        """,
    ),
    Promise(
        "Date {0} keeps other periods than its times say.",
        """
        select id from bookings_occupancy
        where (with_setup, with_cleanup, with_both) is distinct from (
            tstzrange(setup_at, ends_at), tstzrange(starts_at, clear_at), tstzrange(setup_at, clear_at))
        """,
    ),
    Promise(
        "Date {0} is drawn on other floor than its space {1}.",
        """
        select date.id, date.space_id
        from bookings_occupancy date left join venues_space space on space.id = date.space_id
        where (date.hall_id, date.footprint)
            is distinct from (coalesce(space.part_of_id, space.id), space.footprint)
           or isempty(date.footprint)
        """,
    ),
    Promise(
        "Space {0} lies outside its hall {1}, or at another venue, or is a part of a part.",
        """
        select part.id, part.part_of_id
        from venues_space part left join venues_space hall on hall.id = part.part_of_id
        where part.part_of_id is not null
          and (hall.id is null or hall.part_of_id is not null or part.venue_id <> hall.venue_id
               or part.hall_footprint is distinct from hall.footprint
               or not part.footprint <@ hall.footprint)
        """,
    ),
    Promise(
        "Space {0} covers no floor, or floor without end.",
        """
        select id from venues_space
        where isempty(footprint) or lower_inf(footprint) or upper_inf(footprint)
        """,
    ),
    Promise(
        "Space {0} does not say how long its hall is set up and cleaned up, or says it as a part.",
        """
        select id from venues_space
        where num_nonnulls(setup_minutes, cleanup_minutes) <> case when part_of_id is null then 2 else 0 end
        """,
    ),
    Promise(
        "Space {0} counts as a space of hall {1}. It is one of {2}.",
        """
        select id, hall_id, coalesce(part_of_id, id) from venues_space
        where hall_id is distinct from coalesce(part_of_id, id)
        """,
    ),
    Promise(
        "Booking {0} is of space {1}. Its date {2} is in space {3}.",
        """
        select booking.id, booking.space_id, date.id, date.space_id
        from bookings_booking booking join bookings_occupancy date on date.booking_id = booking.id
        where date.space_id <> booking.space_id
        """,
    ),
    Promise(
        "Booking {0} has many dates, and belongs to no series.",
        """
        select booking.id
        from bookings_booking booking join bookings_occupancy date on date.booking_id = booking.id
        where booking.series_id is null
        group by booking.id having count(*) > 1
        """,
    ),
    Promise(
        "Booking {0} belongs to series {1}, which somebody else asked for, or another organisation.",
        """
        select booking.id, series.id
        from bookings_booking booking join bookings_series series on series.id = booking.series_id
        where booking.customer_id is distinct from series.customer_id
           or booking.organisation_id is distinct from series.organisation_id
        """,
    ),
    Promise(
        "Date {0} was given back by nobody, or by {1} though it was not.",
        """
        select id, released_by_id from bookings_occupancy
        where (released_at is null) <> (released_by_id is null)
        """,
    ),
    Promise(
        "Booking {0} is {1}, but all its dates were given back before any was used.",
        """
        select booking.id, booking.status
        from bookings_booking booking
        where booking.status in ('requested', 'awaiting_payment', 'confirmed') and not exists (
            select from bookings_occupancy date
            where date.booking_id = booking.id and date.released_at is null)
          and exists (select from bookings_occupancy date where date.booking_id = booking.id)
        """,
    ),
    Promise(
        "Booking {0} belongs to nobody.",
        """
        select id from bookings_booking where customer_id is null and status not in ('held', 'expired')
        """,
    ),
    Promise(
        "Customer {0} holds {1} times at once.",
        """
        select customer_id, count(*) from bookings_booking
        where status = 'held' and customer_id is not null group by customer_id having count(*) > 1
        """,
    ),
    Promise("Space {1} could be booked at times that closure {0} closes: {2}.", OPEN_THOUGH_CLOSED),
    Promise(
        "Date {0} is closed from {1}, which its closure {2} does not say.",
        """
        select date.id, date.starts_at, date.closure_id
        from bookings_occupancy date
        where date.closure_id is not null and not exists (
            select from bookings_closuretime time
            where time.closure_id = date.closure_id
              and time.starts_at <= date.starts_at and date.ends_at <= time.ends_at)
        """,
    ),
    Promise(
        "Date {0} is closed until {1}. Its closure {2} was lifted at {3}.",
        """
        select date.id, date.ends_at, closure.id, closure.lifted_at
        from bookings_occupancy date join bookings_closure closure on closure.id = date.closure_id
        where date.ends_at > closure.lifted_at
        """,
    ),
    Promise(
        "Closure {0} says no time, or closes nothing.",
        """
        select id from bookings_closure closure
        where not exists (select from bookings_closuretime where closure_id = closure.id)
           or not exists (select from bookings_closure_spaces where closure_id = closure.id)
        """,
    ),
    Promise(
        "Date {0} is held for a date that impact {1} does not move, or no longer.",
        """
        select date.id, impact.id
        from bookings_occupancy date
        join bookings_hit hit on hit.id = date.hit_id
        join bookings_impact impact on impact.id = hit.impact_id
        where hit.fate <> 'move' or hit.is_carried_out
           or impact.done_at is not null or impact.undone_at is not null
        """,
    ),
    Promise(
        "Offer {0} is open. Its time is not held, or another one is.",
        """
        select offer.id from bookings_offer offer
        where offer.state = 'open' and not exists (
            select from bookings_occupancy date
            where date.offer_id = offer.id and date.released_at is null and date.space_id = offer.space_id
              and (date.starts_at, date.ends_at) = (offer.starts_at, offer.ends_at))
        """,
    ),
    Promise(
        "Date {0} is held for offer {1}, which is {2}.",
        """
        select date.id, offer.id, offer.state
        from bookings_occupancy date join bookings_offer offer on offer.id = date.offer_id
        where offer.state <> 'open'
        """,
    ),
    Promise(
        "Offer {0} lapsed at {1}, and nobody has ended it.",
        f"""
        select id, expires_at from bookings_offer
        where state = 'open' and expires_at < %(now)s - interval '{LATE_MINUTES} minutes'
        """,
    ),
    Promise(
        "Offer {0} is open. Wait {1} ended at {2}.",
        """
        select offer.id, waiting.id, waiting.ended_at
        from bookings_offer offer join bookings_waiting waiting on waiting.id = offer.waiting_id
        where offer.state = 'open' and waiting.ended_at is not null
        """,
    ),
    Promise(
        "Booking {0} is {1}, but {2} cents are owed for it, or tax.",
        """
        select booking.id, booking.status, sum(gross_cents)
        from bookings_booking booking join bookings_priceline line on line.booking_id = booking.id
        where booking.status in ('held', 'declined', 'expired')
        group by booking.id having sum(gross_cents) <> 0 or sum(net_cents) <> 0 or sum(vat_cents) <> 0
        """,
    ),
    Promise(
        "Date {1} of booking {0} comes to less than nothing: {2} cents at {3} per cent of tax.",
        """
        select booking_id, date_id, sum(gross_cents), vat_percent from bookings_priceline
        group by booking_id, date_id, vat_percent
        having sum(gross_cents) < 0 or sum(net_cents) < 0 or sum(vat_cents) < 0
        """,
    ),
    Promise(
        "Date {0} is charged to several bookings: {1}.",
        """
        select date_id, string_agg(booking_id::text, ', ')
        from (
            select date_id, booking_id from bookings_priceline
            group by date_id, booking_id having sum(gross_cents) <> 0
        ) charged
        group by date_id having count(*) > 1
        """,
    ),
    Promise(
        "Line {0} does not add up.",
        "select id from bookings_priceline where gross_cents <> net_cents + vat_cents",
    ),
    # Without these the others would sooner or later be broken.
    Promise(
        "The constraint {0} is missing or not in force.",
        """
        select name from unnest(%(constraints)s::text[]) wanted (name)
        where not exists (
            select from pg_constraint promise
            where conname = name and convalidated and not condeferrable
              and not exists (
                  select from pg_trigger
                  where tgconstraint = promise.oid and tgenabled not in ('O', 'A')))
          and not exists (
            select from pg_index join pg_class on pg_class.oid = indexrelid
            where relname = name and indisunique and indisvalid
              and not exists (select from pg_constraint where conindid = indexrelid))
        """,
    ),
]


def findings(*, now: datetime) -> Iterator[str]:
    """Yield a sentence for everything that is not as promised; nothing if all is well."""
    with one_moment():
        params: dict[str, Any] = {"constraints": names_of_constraints(), "now": now}
        with connection.cursor() as cursor:
            for promise in PROMISES:
                cursor.execute(promise.question, params)
                for row in cursor.fetchall():
                    yield promise.broken.format(*row)
        yield from stale_openings(local(now).date())
        for space in policy_layers.unsettled():
            yield f"The policy of space {space} is not what its layers come to."


@contextmanager
def one_moment() -> Iterator[None]:
    """Look at everything as it was at one moment, while people go on booking."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def names_of_constraints() -> list[str]:
    """Return what the models of these apps promise. The database may know it as an index."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return sorted(constraint.name for model in models for constraint in model._meta.constraints)


def stale_openings(today: date) -> Iterator[str]:
    """Find timetables whose openings, as far ahead as people may book, are not what their rules say."""
    first, last = today - timedelta(days=1), today + timedelta(days=FARTHEST_DAYS)
    window = at(today), at(last)
    stored: dict[int, list[Span]] = defaultdict(list)
    for row in Opening.objects.order_by("period"):
        stored[row.timetable_id].append(Span(*bounds(row.period), frozenset(row.open_to), row.is_staffed))
    calendar = city_calendar.between(first, last)
    timetables = list(Timetable.objects.order_by("pk").values_list("pk", flat=True))
    for pk, said in openings.what_is_said(timetables, first, last).items():
        if within(window, stored[pk]) != within(window, follow_from(said, calendar, first, last)):
            yield f"The openings of timetable {pk} are not what its rules say."


follow_from = cache(openings.follow_from)


def within(window: Stretch, spans: Iterable[Span]) -> list[Span]:
    """Return what lies in the window of each span that reaches into it."""
    start, end = window
    cut = (
        span._replace(starts_at=max(start, span.starts_at), ends_at=min(end, span.ends_at)) for span in spans
    )
    return [span for span in cut if span.starts_at < span.ends_at]
