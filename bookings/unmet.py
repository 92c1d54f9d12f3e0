"""Wishes that nothing met, kept as counts: where, when and how big, and never who."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Sum

from .models import UnmetWish


@dataclass(frozen=True)
class Unmet:
    """What somebody looked for in vain. The columns are those of `UnmetWish`."""

    asked_on: date
    hour: int
    people: int
    district_id: int | None = None
    kind: str = ""
    purpose_id: int | None = None
    weekday: int | None = None
    minutes: int | None = None


def count(wish: Unmet) -> None:
    """Count a wish once more. One statement, whoever else counts the same at the same time."""
    columns = asdict(wish)
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into bookings_unmetwish as known ({names}, count) values ({places}, 1)"
            f" on conflict ({names}) do update set count = known.count + 1",
            list(columns.values()),
        )


def most_wanted(*, since: date, limit: int = 100) -> list[dict[str, Any]]:
    """Return what was looked for in vain most often since a day, the most wanted first."""
    asked = ["district", "kind", "purpose", "weekday", "hour", "minutes", "people"]
    counted = UnmetWish.objects.filter(asked_on__gte=since).values(*asked)
    return list(counted.annotate(times=Sum("count")).order_by("-times", *asked)[:limit])
