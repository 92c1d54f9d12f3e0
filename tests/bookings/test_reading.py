"""Instants and stretches are read quickly, and as they were written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError
from psycopg.types.range import Range

from bookings.reading import quick_cursor

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
A_MICROSECOND = timedelta(microseconds=1)


def read(expression: str):
    with quick_cursor() as cursor:
        cursor.execute(f"select {expression}")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("instant", [NOON, NOON + A_MICROSECOND, datetime(1, 1, 1, tzinfo=UTC)])
def test_an_instant_is_read_in_utc(instant):
    found = read(f"'{instant.isoformat()}'::timestamptz")

    assert (found, found.tzinfo) == (instant, UTC)


def test_many_instants_are_read_like_one():
    assert read("array['2026-06-01 15:00 Europe/Helsinki'::timestamptz, null]") == [NOON, None]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("[2026-06-01 12:00Z, 2026-06-01 12:00:00.000001Z)", Range(NOON, NOON + A_MICROSECOND)),
        ("(2026-06-01 12:00Z, 2026-06-01 12:00:00.000001Z]", Range(NOON, NOON + A_MICROSECOND, "(]")),
        ("[2026-06-01 12:00Z,)", Range(NOON, None)),
        ("(,2026-06-01 12:00Z)", Range(None, NOON, "()")),
        ("(,)", Range(None, None, "()")),
        ("empty", Range(empty=True)),
    ],
)
def test_a_stretch_is_read_with_its_ends_as_they_are(written, meant):
    assert read(f"'{written}'::tstzrange") == meant


def test_stretches_in_one_are_read_alike():
    (stretch,) = read("'{[2026-06-01 12:00Z, 2026-06-01 12:00:00.000001Z)}'::tstzmultirange")

    assert stretch == Range(NOON, NOON + A_MICROSECOND)


@pytest.mark.parametrize("what", ["'infinity'::timestamptz", "tstzrange(now(), 'infinity')"])
def test_what_is_no_instant_in_python_is_refused(what):
    with pytest.raises(DataError):
        read(what)
