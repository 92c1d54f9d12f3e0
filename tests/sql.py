"""Speak to the database without the house: what any writer could do, and what it then refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from bookings.models import Booking, Occupancy

# The columns that a person may write; the database makes the others from them.
WRITTEN = [
    "space_id", "hall_id", "footprint", "setup_at", "starts_at", "ends_at", "clear_at", "original_starts_at",
    "booking_id", "booking_is_live", "closure_id", "hit_id", "offer_id", "released_at", "is_exception",
]  # fmt: skip


def execute(sql: str, *params) -> int:
    """Run one statement, and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def rows(sql: str, *params) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def insert_like(date: Occupancy, **columns) -> int:
    """Insert a row like this one but for some columns, and return how many were inserted."""
    values = ", ".join("%s" if name in columns else name for name in WRITTEN)
    return execute(
        f"INSERT INTO bookings_occupancy ({', '.join(WRITTEN)})"
        f" SELECT {values} FROM bookings_occupancy WHERE id = %s",
        *(columns[name] for name in WRITTEN if name in columns),
        date.pk,
    )


@contextmanager
def refused_by(name: str) -> Iterator[None]:
    """Expect the database to refuse what happens inside, by the constraint of this name."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        yield
    cause = refusal.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert cause.diag.constraint_name == name, cause


def overlapping_pairs() -> list[tuple]:
    """Return the pairs of rows that hold one floor at one time, judged from what was written alone.

    Neither generated columns nor copies are believed: liveness is the booking's status, floor and hall are
    the space's, and the gap between neighbours is the longer of clean-up and set-up.
    """
    return rows("""
        with held as (
            select o.id, o.setup_at, o.starts_at, o.ends_at, o.clear_at, s.footprint,
                   coalesce(s.part_of_id, s.id) as hall
            from bookings_occupancy o
            join venues_space s on s.id = o.space_id
            left join bookings_booking b on b.id = o.booking_id
            where o.released_at is null
              and (b.id is null or b.status in ('held', 'awaiting_payment', 'confirmed')
                   or b.status = 'requested' and not b.competes)
        )
        select one.id, other.id
        from held one join held other on one.hall = other.hall and one.id < other.id
        where one.footprint && other.footprint
          and (one.setup_at < other.ends_at and other.setup_at < one.ends_at
               or one.starts_at < other.clear_at and other.starts_at < one.clear_at)
    """)


def assert_nobody_was_given_taken_time() -> None:
    """The invariant itself, and that every live booking holds the times that it did not give back,
    while no dead one does."""
    assert overlapping_pairs() == []
    for booking in Booking.objects.prefetch_related("dates"):
        for date in booking.dates.all():
            assert date.holds_time == (booking.is_live and date.released_at is None), booking
