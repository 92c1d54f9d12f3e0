"""Read from the database what has hundreds of instants, such as an answer about free time.

The driver takes each apart by patterns, and Django gives each its time zone once more. As Django's sessions
are in UTC, `fromisoformat` reads the same, in a fraction of the time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.backends.utils import CursorWrapper
from psycopg.types.range import Range, TimestampTZRangeLoader


class InstantLoader(BaseTzLoader):
    """Reads what PostgreSQL writes for a `timestamptz`."""

    timezone = UTC

    def load(self, data):
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:  # none that Python knows: the driver says what is wrong with it
            return super().load(data)


class StretchLoader(TimestampTZRangeLoader):
    """Reads what PostgreSQL writes for a `tstzrange`, as a rule with both ends."""

    def load(self, data):
        text = bytes(data).decode()
        try:
            start, end = map(datetime.fromisoformat, text[2:-2].split('","'))
        except ValueError:
            return super().load(data)
        return Range(start, end, text[0] + text[-1])


@contextmanager
def quick_cursor() -> Iterator[CursorWrapper]:
    """Give a cursor like any other, which reads instants and stretches quickly."""
    with connection.cursor() as cursor:
        cursor.cursor.adapters.register_loader("timestamptz", InstantLoader)
        cursor.cursor.adapters.register_loader("tstzrange", StretchLoader)
        yield cursor
