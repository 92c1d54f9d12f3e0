"""What is made up is marked as demo data until somebody says how it is."""

from collections.abc import Collection, Mapping

from django.db.models import F, Func, Value

from .models import Space, Timetable, Venue

HOURS = "opening_hours"
MARKED = {"venues": Venue, "spaces": Space}


def where_hours_are_made_up(timetable: Timetable) -> dict[str, list[int]]:
    """Return the ids of those whose hours by this timetable are marked, as JSON can hold them."""
    here = {"venues": Venue.objects.filter(timetable=timetable), "spaces": Space.objects.open_by(timetable)}
    return {
        name: list(rows.filter(demo_facts__contains=[HOURS]).values_list("pk", flat=True))
        for name, rows in here.items()
    }


def hours_were_said(timetable: Timetable) -> None:
    """Let opening hours not be demo data any more, wherever this timetable holds."""
    mark(where_hours_are_made_up(timetable), "array_remove")


def hours_are_made_up(where: Mapping[str, Collection[int]]) -> None:
    """Let them be demo data again, where they have been."""
    mark(where, "array_append")


def mark(where: Mapping[str, Collection[int]], function: str) -> None:
    facts = Func(F("demo_facts"), Value(HOURS), function=function)
    for name, pks in where.items():
        MARKED[name]._default_manager.filter(pk__in=pks).update(demo_facts=facts)
