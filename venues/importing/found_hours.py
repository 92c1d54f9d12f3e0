"""Giving libraries the rules and exceptions that were found in their day lists.

What a person says of a venue's opening hours is never overwritten: if the rules are not as an import left
them, nothing of the venue changes; if an exception is not, that date stays as it is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.db import connection, transaction

from accounts.texts import in_all_languages

from .. import city_calendar, demo_facts, openings, rule_finding
from ..models import OpeningException, Space, Timetable, Venue
from ..opening_hours import Exceptional
from ..rule_finding import Found
from .applying import ONE_IMPORT_AT_A_TIME
from .day_lists import Branch
from .merging import merged
from .stock import DAY_LIST
from .tables import Fault
from .timetables import read, stored_rules, write_rules, written

Facts = dict[str, Any]  # "rules" and, by its date, what is said of each exceptional day
RULES = "rules"
REASONS = in_all_languages("reason")


@dataclass
class Outcome:
    """What was found in a branch's days, and what became of it."""

    branch: Branch
    found: Found
    is_changed: bool = False
    kept: list[str] = field(default_factory=list)  # RULES, or dates, that stay as a person wrote them


@dataclass
class Report:
    outcomes: list[Outcome] = field(default_factory=list)
    strangers: list[Fault] = field(default_factory=list)  # branches that are no venues of ours


@transaction.atomic
def apply(branches: Sequence[Branch], *, today: date) -> Report:
    """Find the rules of each branch and store them, all or none. Openings follow; bookings stay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_IMPORT_AT_A_TIME])
    venues = {
        venue.key: venue
        for venue in Venue.objects.filter(key__in=[branch.key for branch in branches]).select_related(
            "timetable"
        )
    }
    # No booking may slip in beside a change of opening hours: halls first, in order of id.
    halls = Space.objects.filter(venue__in=venues.values(), part_of=None).order_by("pk")
    list(halls.select_for_update(no_key=True).values_list("pk"))
    report = Report()
    for branch in branches:
        if venue := venues.get(branch.key):
            report.outcomes.append(follow(venue, branch))
        else:
            report.strangers.append(
                Fault(branch.place, f"{branch.name} is not among the venues; its hours are not used")
            )
    openings.rebuild_all((venue.timetable for venue in venues.values()), today=today)
    return report


def follow(venue: Venue, branch: Branch) -> Outcome:
    """Give a venue the hours of its branch, but for what a person said of them."""
    days = branch.hours
    found = rule_finding.find(days, city_calendar.calendar([], min(days), max(days)))
    outcome, says = Outcome(branch, found), facts(found)
    stored, left = stored_facts(venue.timetable), facts_left(venue)
    silent: Facts = {name: [] for name in stored.keys() | left.keys() | says.keys()}
    changes, kept = merged(silent | stored, silent | left, silent | says)
    if RULES in kept:  # what is exceptional, is so beside other rules
        changes, kept = {}, [RULES]
    write(venue.timetable, changes)
    outcome.is_changed, outcome.kept = bool(changes), sorted(kept)
    venue.imported |= {DAY_LIST: says}
    venue.save(update_fields=["imported"])
    if changes:
        demo_facts.hours_were_said(venue.timetable)
    return outcome


def facts_left(venue: Venue) -> Facts:
    """Return what the last import left, of whichever list."""
    if DAY_LIST in venue.imported:
        return venue.imported[DAY_LIST]
    return {RULES: venue.imported.get("hours", [])}


def stored_facts(timetable: Timetable) -> Facts:
    found: Facts = defaultdict(list)
    for row in timetable.exceptions.all():
        found[row.date.isoformat()].append(
            said(row.plain) | {name: getattr(row, name) for name in REASONS if getattr(row, name)}
        )
    return {RULES: stored_rules([timetable.pk])[timetable.pk], **found}


def facts(found: Found) -> Facts:
    by_date: Facts = defaultdict(list)
    for exceptional in found.exceptions:
        by_date[exceptional.date.isoformat()].append(said(exceptional))
    return {RULES: written(found.rules), **by_date}


def said(exceptional: Exceptional) -> dict:
    """Return what holds on a date as plain values: no times, if it is closed."""
    if exceptional.opens is None or exceptional.closes is None:
        return {}
    return {
        "opens": f"{exceptional.opens:%H:%M}",
        "closes": f"{exceptional.closes:%H:%M}",
        "is_staffed": exceptional.is_staffed,
        "open_to": sorted(exceptional.open_to),
    }


def write(timetable: Timetable, changes: Mapping[str, Sequence[Mapping]]) -> None:
    if RULES in changes:
        write_rules({timetable: read(changes[RULES])})
    days = [name for name in changes if name != RULES]
    timetable.exceptions.filter(date__in=days).delete()
    OpeningException.objects.bulk_create(
        OpeningException(timetable=timetable, date=date.fromisoformat(day), **times(stretch))
        for day in days
        for stretch in changes[day]
    )


def times(stretch: Mapping[str, Any]) -> dict:
    clocks = {name: time.fromisoformat(stretch[name]) for name in ("opens", "closes") if name in stretch}
    return {**stretch, **clocks}
