"""How instants and stretches are read from the database: an answer about free time has hundreds of them.

The driver takes each apart by patterns, and Django gives each instant its time zone once more. As Django's
sessions are in UTC, `fromisoformat` reads the same, in a fraction of the time.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.backends.signals import connection_created
from django.dispatch import receiver
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


@receiver(connection_created)
def read_quickly(connection: Any, **kwargs) -> None:
    adapters = connection.connection.adapters
    adapters.register_loader("timestamptz", InstantLoader)
    adapters.register_loader("tstzrange", StretchLoader)
