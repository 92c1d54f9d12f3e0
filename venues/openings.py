"""The stored openings: what follows from the rules, kept ahead of time as instants."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import NamedTuple

from django.db import connection, transaction
from psycopg.types.range import Range

from . import city_calendar
from .clock import CITY
from .models import Opening, OpeningException, OpeningRule, Timetable
from .models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING
from .opening_hours import Calendar, Exceptional, Rule, Span, openings

# The longest booking that begins on the farthest day still ends within stored openings, even if nobody has
# brought them up to date for three days.
DAYS_AHEAD = (FARTHEST_BOOKING + LONGEST_BOOKING).days + 3


class Said(NamedTuple):
    """What is said of a timetable's hours between two days."""

    rules: tuple[Rule, ...]
    exceptions: tuple[Exceptional, ...]


def rebuild(timetable: Timetable, *, today: date) -> None:
    """Bring a timetable's openings up to date with its rules, from yesterday to `DAYS_AHEAD`.

    Whoever changes the rules locks the halls concerned first, and calls this in the same transaction.
    """
    rebuild_all([timetable], today=today)


@transaction.atomic
def rebuild_all(timetables: Iterable[Timetable], *, today: date) -> int:
    """Rebuild many timetables, touching only what differs. Returns how many were out of date."""
    first, last = horizon(today)
    locked = Timetable.objects.filter(pk__in=[timetable.pk for timetable in timetables])
    built_from = dict(locked.order_by("pk").select_for_update().values_list("pk", "built_from"))
    calendar = city_calendar.between(first, last)
    alike = defaultdict(list)
    for pk, said in what_is_said(list(built_from), first, last).items():
        if built_from[pk] != digest(said, calendar, first, last):
            alike[said].append(pk)
    for said, pks in alike.items():
        replace(pks, follow_from(said, calendar, first, last))
        Timetable.objects.filter(pk__in=pks).update(built_from=digest(said, calendar, first, last))
    return sum(map(len, alike.values()))


def horizon(today: date) -> tuple[date, date]:
    """Return the first and the last day of which openings are kept."""
    return today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD)


def what_is_said(pks: Sequence[int], first: date, last: date) -> dict[int, Said]:
    """Return each timetable's rules, and the exceptions that fall between the days."""
    rules: dict[int, list[Rule]] = defaultdict(list)
    for row in OpeningRule.objects.filter(timetable__in=pks):
        rules[row.timetable_id].append(row.plain)
    exceptions: dict[int, list[Exceptional]] = defaultdict(list)
    for dated in OpeningException.objects.filter(timetable__in=pks, date__range=(first, last)):
        exceptions[dated.timetable_id].append(dated.plain)
    return {pk: Said(tuple(rules[pk]), tuple(exceptions[pk])) for pk in pks}


def follow_from(said: Said, calendar: Calendar, first: date, last: date) -> list[Span]:
    """Return the openings that rules and exceptions come to."""
    return openings(said.rules, said.exceptions, calendar, first=first, last=last, tz=CITY)


def digest(said: Said, calendar: Calendar, first: date, last: date) -> str:
    """Return a mark of all that openings follow from; school terms count where a rule asks for them."""
    facts = [*map(fact, said.rules), *map(fact, said.exceptions)]
    asks_for_terms = any(rule.terms for rule in said.rules)
    days = sorted(calendar.holidays), asks_for_terms and (calendar.terms, calendar.breaks)
    return sha256(repr((facts, days, first, last, CITY.key)).encode()).hexdigest()


def fact(said: Rule | Exceptional) -> list:
    """Return what is said in the same words every time: a set has no order of its own."""
    return [sorted(value) if isinstance(value, frozenset) else value for value in vars(said).values()]


def replace(pks: Sequence[int], spans: Sequence[Span]) -> None:
    """Make these spans, and no others, the openings of all these timetables."""
    wanted = set(spans)
    stored, surplus = defaultdict(set), []
    rows = Opening.objects.filter(timetable__in=pks)
    for row, pk, period, open_to, is_staffed in rows.values_list(
        "pk", "timetable", "period", "open_to", "is_staffed"
    ):
        span = Span(period.lower, period.upper, frozenset(open_to), is_staffed)
        if span in wanted:
            stored[pk].add(span)
        else:
            surplus.append(row)
    Opening.objects.filter(pk__in=surplus).delete()
    add((pk, span) for pk in pks for span in spans if span not in stored[pk])


def add(rows: Iterable[tuple[int, Span]]) -> None:
    # A city has 170,000 of them. COPY takes less than half the time of INSERT.
    columns = "COPY venues_opening (timetable_id, period, open_to, is_staffed) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(columns) as copy:
        for pk, span in rows:
            copy.write_row((pk, Range(*span[:2]), sorted(span.open_to), span.is_staffed))
