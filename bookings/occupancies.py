"""The one way to take time. Nothing else writes `Occupancy`.

Lock order everywhere: person, organisation, halls, bookings, dates. PostgreSQL writes the index entry before
it looks for conflicts, so without the hall's lock even two plain inserts can wait for each other.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import psycopg
from django.db import IntegrityError, connection
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Alternative, Problem, Refused
from venues.clock import exact
from venues.models import Space

from .models import Booking, Hit, Occupancy, Offer
from .transactions import lock

NO_OVERLAP = {"occupancy_respects_setup", "occupancy_respects_cleanup"}


class TimeTaken(Refused):
    """Somebody else has this time. Offer another."""

    def __init__(self):
        super().__init__(taken())


def taken() -> Problem:
    return Problem("time_taken", _("This time is already taken. Choose another."), "starts_at")


@contextmanager
def refused_as_time_taken() -> Iterator[None]:
    """Turn the database's refusal of an overlap into `TimeTaken`. All other errors pass.

    The transaction is lost: whoever wants to go on in it opens a savepoint inside.
    """
    try:
        yield
    except IntegrityError as exc:
        if violated_constraint(exc) in NO_OVERLAP:
            raise TimeTaken from exc
        raise


def violated_constraint(exc: IntegrityError) -> str | None:
    """Return the name of the constraint that the database would not let go."""
    cause = exc.__cause__
    return cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None


def lock_halls(hall_ids: Iterable[int]) -> None:
    """Wait for our turn at these halls. Whoever touches dates or opening hours calls this first."""
    lock(Space, hall_ids)


def claim(booking: Booking, space: Space, starts_at: datetime, ends_at: datetime) -> Occupancy:
    """Give a booking a date in a space as drawn now. Needs the hall's lock.

    Raises `TimeTaken`, and the transaction is lost.
    """
    with refused_as_time_taken():
        return Occupancy.objects.create(
            booking=booking,
            # A claim, not a copy: refused if the booking has died or come alive meanwhile.
            booking_is_live=booking.is_live,
            original_starts_at=starts_at,
            **place(space, starts_at, ends_at),
        )


def claim_all(dates: Iterable[tuple[Booking, Space, datetime, datetime]]) -> list[Occupancy]:
    """Give bookings dates in spaces as drawn now, in one statement. Needs the halls' locks.

    Raises `TimeTaken`, and the transaction is lost.
    """
    with refused_as_time_taken():
        return Occupancy.objects.bulk_create(
            Occupancy(
                booking=booking,
                booking_is_live=booking.is_live,
                original_starts_at=starts_at,
                **place(space, starts_at, ends_at),
            )
            for booking, space, starts_at, ends_at in dates
        )


def relocate(
    date: Occupancy,
    space: Space,
    starts_at: datetime,
    ends_at: datetime,
    *,
    alone: bool,
    into: Booking | None = None,
) -> None:
    """Move a date to another time or space, and if need be `into` another booking. Needs both halls' locks.

    One that moves `alone` is an exception in its series from then on. Raises `TimeTaken`, and the transaction
    is lost.
    """
    columns = place(space, starts_at, ends_at)
    if alone:
        columns |= {"is_exception": True}
    if into:
        columns |= {"booking": into, "booking_is_live": into.is_live}
    with refused_as_time_taken():
        Occupancy.objects.filter(pk=date.pk).update(**columns)


def make_exception(date_id: int, booking: Booking) -> None:
    """Note that a date has moved alone, and to which booking it belongs now. Needs both halls' locks."""
    Occupancy.objects.filter(pk=date_id).update(
        is_exception=True, booking=booking, booking_is_live=booking.is_live
    )


CHANGE_HANDS = """
update bookings_occupancy set booking_id = into_id, booking_is_live = true, is_exception = true
from unnest(%s::bigint[], %s::bigint[]) hands (date_id, into_id)
where id = date_id
"""


def change_hands(into: Mapping[int, int]) -> None:
    """Give live dates to other live bookings, by their ids; they stay when and where they are.

    Their time is free at no instant. Needs the halls' locks.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHANGE_HANDS, [list(into), list(into.values())])


def release(dates: Iterable[int], *, by: User, now: datetime) -> None:
    """Let dates hold their time no more: they were given back. Needs the halls' locks."""
    Occupancy.objects.filter(pk__in=list(dates)).update(released_at=now, released_by=by)


def take_again(date: Occupancy) -> None:
    """Let a date that was given back hold its time again. Needs the hall's lock.

    With the buffers of its hall as they are now. Raises `TimeTaken`, and the transaction is lost.
    """
    columns = place(date.space, date.starts_at, date.ends_at)
    with refused_as_time_taken():
        Occupancy.objects.filter(pk=date.pk).update(released_at=None, released_by=None, **columns)


def promise(places: Mapping[Hit, Alternative]) -> set[int]:
    """Hold the places to which impacts will move dates; return the ids of the hits whose places were free.

    Needs the halls' locks.
    """
    drawn_now = Space.objects.with_place().in_bulk({there.space.pk for there in places.values()})
    Occupancy.objects.bulk_create(
        (
            Occupancy(
                hit=hit,
                original_starts_at=there.starts_at,
                **place(drawn_now[there.space.pk], there.starts_at, there.ends_at),
            )
            for hit, there in places.items()
        ),
        ignore_conflicts=True,
    )
    return set(Occupancy.objects.filter(hit__in=places).values_list("hit", flat=True))


def set_aside(dates: Iterable[int], *, now: datetime) -> None:
    """Let dates hold their time no more, to see what is free without them. Whoever does takes it back."""
    Occupancy.objects.filter(pk__in=dates).update(released_at=now)


def reserve(offer: Offer, space: Space) -> Occupancy:
    """Hold the time of an offer in a space as drawn now. Needs the hall's lock.

    Raises `TimeTaken`, and the transaction is lost.
    """
    with refused_as_time_taken():
        return Occupancy.objects.create(
            offer=offer,
            original_starts_at=offer.starts_at,
            **place(space, offer.starts_at, offer.ends_at),
        )


def let_go(offers: Iterable[int]) -> list[Occupancy]:
    """Hold time for these offers no more; return what they held. Needs the halls' locks."""
    held = list(Occupancy.objects.filter(offer__in=offers))
    with connection.cursor() as cursor:
        cursor.execute("delete from bookings_occupancy where id = any(%s)", [[date.pk for date in held]])
    return held


def take_back(hits: Iterable[Hit]) -> None:
    """Give up the places that are held for hits. Needs the halls' locks."""
    with connection.cursor() as cursor:
        cursor.execute("delete from bookings_occupancy where hit_id = any(%s)", [[hit.pk for hit in hits]])


def take_up(hits: Collection[Hit]) -> dict[int, Occupancy]:
    """Let dates take the places that are held for their hits; return those places by the hit's id.

    With the buffers that were held: others may have been set since, for which there is no room. Needs the
    locks of the halls that they leave and of those that they come to. Raises `TimeTaken`, and the transaction
    is lost.
    """
    held = Occupancy.objects.filter(hit__in=hits).select_related("space__part_of", "space__venue")
    places = {there.hit_id: there for there in held if there.hit_id}
    take_back(hits)
    columns = ["space_id", "hall_id", "footprint", "setup_at", "starts_at", "ends_at", "clear_at"]
    with refused_as_time_taken():
        Occupancy.objects.bulk_update(
            [
                Occupancy(pk=hit.date_id, **{name: getattr(places[hit.pk], name) for name in columns})
                for hit in hits
            ],
            [name.removesuffix("_id") for name in columns],
        )
    return places


def place(space: Space, starts_at: datetime, ends_at: datetime) -> dict:
    """Return the columns that say where and when, buffers included. Needs `part_of` loaded."""
    starts_at, ends_at = exact(starts_at), exact(ends_at)
    return {
        "space": space,
        "hall_id": space.hall_id,
        "footprint": space.footprint,
        "setup_at": starts_at - space.setup,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "clear_at": ends_at + space.cleanup,
    }


class Closed(NamedTuple):
    """A date of a closure."""

    closure_id: int
    space_id: int
    starts_at: datetime
    ends_at: datetime


CLOSE_OFF = """
insert into bookings_occupancy (
    space_id, hall_id, footprint, setup_at, starts_at, ends_at, clear_at, original_starts_at, closure_id,
    is_exception
)
select space.id, hall_id, footprint, starts_at, starts_at, ends_at, ends_at, starts_at, closure_id, false
from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
    closed (closure_id, space_id, starts_at, ends_at)
join venues_space space on space.id = space_id
"""


def close_off(dates: Iterable[Closed]) -> None:
    """Give closures their dates, in spaces as drawn now. They have no buffers. Needs the halls' locks.

    Raises `TimeTaken`, and the transaction is lost.
    """
    columns = [list(column) for column in zip(*dates, strict=True)]
    if columns:
        with refused_as_time_taken(), connection.cursor() as cursor:
            cursor.execute(CLOSE_OFF, columns)


def open_up(pks: Iterable[int]) -> None:
    """Delete dates of closures. Needs the halls' locks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from bookings_occupancy where closure_id is not null and id = any(%s)", [list(pks)]
        )
