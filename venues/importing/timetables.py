"""The opening rules that an import looks after: what is stored, and in what form a row remembers them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date, time
from json import dumps
from typing import Any

from ..models import OpeningRule, Timetable
from ..opening_hours import Rule

UNNARROWED = Rule(frozenset(), time.min, time.min)
ALWAYS_WRITTEN = {"weekdays", "opens", "closes"}
READERS: dict[str, Callable[[Any], Any]] = {
    "weekdays": frozenset,
    "open_to": frozenset,
    "opens": time.fromisoformat,
    "closes": time.fromisoformat,
    "season": tuple,
    "valid_from": date.fromisoformat,
    "valid_until": date.fromisoformat,
    "weeks_from": date.fromisoformat,
}


def stored_rules(timetables: Iterable[int]) -> dict[int, list[dict]]:
    """Return the rules of timetables as they would be written, whoever made them."""
    found: dict[int, list[Rule]] = {pk: [] for pk in timetables}
    for row in OpeningRule.objects.filter(timetable__in=found):
        found[row.timetable_id].append(row.plain)
    return {pk: written(rules) for pk, rules in found.items()}


def write_rules(rules: Mapping[Timetable, Iterable[Rule]]) -> None:
    """Put rules in the place of those that the timetables have."""
    OpeningRule.objects.filter(timetable__in=rules).delete()
    OpeningRule.objects.bulk_create(row(timetable, rule) for timetable in rules for rule in rules[timetable])


def row(timetable: Timetable, rule: Rule) -> OpeningRule:
    season_from, season_until = rule.season or (None, None)
    return OpeningRule(
        timetable=timetable,
        weekdays=sorted(rule.weekdays),
        open_to=sorted(rule.open_to),
        season_from=season_from,
        season_until=season_until,
        **{
            field.name: getattr(rule, field.name)
            for field in fields(rule)
            if field.name not in {"weekdays", "open_to", "season"}
        },
    )


def written(rules: Iterable[Rule]) -> list[dict]:
    """Return rules as plain values, in an order of their own: what is alike is written alike."""
    return sorted(map(write, rules), key=lambda rule: dumps(rule, sort_keys=True))


def write(rule: Rule) -> dict:
    names = [field.name for field in fields(rule)]
    return {
        name: plain(getattr(rule, name))
        for name in names
        if name in ALWAYS_WRITTEN or getattr(rule, name) != getattr(UNNARROWED, name)
    }


def plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def read(rules: Iterable[Mapping]) -> tuple[Rule, ...]:
    """Return what was written."""
    return tuple(
        Rule(**{name: READERS[name](value) if name in READERS else value for name, value in rule.items()})
        for rule in rules
    )
