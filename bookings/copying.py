"""Copy what is said of one venue to another: opening hours, booking rules, closures still to come.

A copy is one change like any other (`bookings.changes`): it shows whom it hits before it is made, and is
undone as a whole. Spaces that have hours or rules of their own keep them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.texts import in_all_languages
from accounts.versions import ChangedMeanwhile, version_of
from venues.clock import local
from venues.models import OpeningException, Space, Timetable, Venue
from venues.policy_inheritance import layer_of

from . import hours, policies
from .changes import (
    ChangedPolicy,
    ChangedRules,
    Made,
    NewClosure,
    Why,
    by_date,
    halls_of,
    newly,
    outside_of,
    rows_of,
    words_of,
)
from .closed_times import WishedClosure
from .models import Closure, ClosureTime, Impact, Occupancy


class What(models.TextChoices):
    HOURS = "hours", _("Opening hours, and the days to come that are different")
    POLICY = "policy", _("Booking rules")
    CLOSURES = "closures", _("Closures still to come")


@dataclass(frozen=True)
class Copied:
    """What is said of the source comes to be said of the target. `seen` is the `version` that was shown."""

    source: Venue
    target: Venue
    what: Collection[str]
    seen: str | None = None

    def halls(self) -> set[int]:
        return halls_of(self.target.spaces.all())

    def make(self, *, by: User, now: datetime) -> Made:
        if self.seen is not None and self.seen != version(self.source, self.target, now=now):
            raise ChangedMeanwhile
        made: list[Made] = []
        if What.HOURS in self.what:
            made.append(take_over_hours(self.source.timetable, self.target.timetable, by=by, now=now))
        if What.POLICY in self.what:
            made.append(ChangedPolicy(self.target, layer_of(self.source)).make(by=by, now=now))
        if What.CLOSURES in self.what:
            made += [
                NewClosure(wished(matched)).make(by=by, now=now)
                for matched in closures_for(self.target, self.source, now=now)
                if matched.spaces
            ]
        return together(made, venue=self.target)


def version(source: Venue, target: Venue, *, now: datetime) -> str:
    """Return a mark of all that a copy reads and replaces."""
    return version_of(
        [
            [
                hours.version(venue.timetable),
                words_of(days_to_come(venue.timetable, now=now)),
                policies.version(venue),
                list(closures_to_come(venue, now=now).values_list("pk", flat=True)),
            ]
            for venue in (source, target)
        ]
    )


def together(made: Iterable[Made], *, venue: Venue | None = None) -> Made:
    """Return changes that were made one after the other as one."""
    parts: list[dict[str, Any]] = []
    found: Why = {}
    places: dict[int, Occupancy] = {}
    for one in made:
        places |= one.places
        parts += one.remembered.get("after", {}).get("parts") or [as_part(one.remembered)]
        for pk, problems in one.hits.items():
            found[pk] = [*found.get(pk, []), *problems]
    return Made(found, remembered_of(parts) | {"venue": venue}, places=places)


def remembered_of(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"cause": Impact.Cause.COPY, "after": {"parts": parts}}


def as_part(remembered: dict[str, Any]) -> dict[str, Any]:
    """Return what a change remembers as JSON can hold it, by the fields of an impact."""
    rows = {"timetable": remembered.get("timetable"), "closure": remembered.get("closure")}
    return {
        "cause": str(remembered["cause"]),
        "before": remembered.get("before", {}),
        "after": remembered.get("after", {}),
        **{f"{name}_id": row.pk for name, row in rows.items() if row},
    }


# --- Opening hours --------------------------------------------------------------------------------


def take_over_hours(source: Timetable, target: Timetable, *, by: User, now: datetime) -> Made:
    """Let the target have the source's rules, and its exceptions from today on instead of its own."""
    outside = outside_of([target], now=now)
    rules = ChangedRules(target, list(source.rules.all())).make(by=by, now=now)
    days = take_over_days(list(days_to_come(source, now=now)), target, now=now)
    parts = [as_part(one.remembered) for one in (rules, days)]
    return by_date(newly(outside, outside_of([target], now=now)), remembered_of(parts))


def take_over_days(rows: Sequence[OpeningException], target: Timetable, *, now: datetime) -> Made:
    theirs = days_to_come(target, now=now).values_list("date", flat=True)
    days: list[date] = sorted({row.date for row in rows} | set(theirs))
    said = target.exceptions.filter(date__in=days)
    before = rows_of(said)
    with hours.changing(target, now=now):
        said.delete()
        for row in rows:
            row.pk, row.timetable = None, target
        OpeningException.objects.bulk_create(rows)
    return Made(
        {},
        {
            "cause": Impact.Cause.RULES,
            "timetable": target,
            "before": {"days": [day.isoformat() for day in days], "exceptions": before},
            "after": {"version": version_of(words_of(said.all()))},
        },
    )


def days_to_come(timetable: Timetable, *, now: datetime) -> models.QuerySet[OpeningException]:
    return timetable.exceptions.filter(date__gte=local(now).date())


# --- Closures -------------------------------------------------------------------------------------


FACTS = ("starts_at", "ends_at", "repeats", "every", "until", "is_reason_public", *in_all_languages("reason"))


class Matched(NamedTuple):
    """A closure, and what it would close at the other venue: nothing, if no space there is like its own."""

    closure: Closure
    spaces: list[Space]


def closures_to_come(venue: Venue, *, now: datetime) -> models.QuerySet[Closure]:
    times = ClosureTime.objects.filter(closure=models.OuterRef("pk"), ends_at__gt=now)
    here = Closure.spaces.through.objects.filter(closure=models.OuterRef("pk"), space__venue=venue)
    return Closure.objects.in_force().filter(models.Exists(times), models.Exists(here))


def closures_for(target: Venue, source: Venue, *, now: datetime) -> list[Matched]:
    """Return the source's closures still to come that the target does not have, each with its match there.

    What closes the whole of one venue closes the whole of the other; what closes single spaces closes those
    with the same key.
    """
    has = {facts_of(*known) for known in closures_here(target, now=now)}
    halls = {space.pk for space in source.spaces.filter(part_of=None)}
    theirs = list(target.spaces.select_related("venue"))
    found = (
        Matched(closure, matching(spaces, halls, theirs))
        for closure, spaces in closures_here(source, now=now)
    )
    return [matched for matched in found if facts_of(*matched) not in has]


def closures_here(venue: Venue, *, now: datetime) -> list[tuple[Closure, list[Space]]]:
    """Return the venue's closures still to come, each with the venue's spaces that it closes."""
    here = models.Prefetch("spaces", venue.spaces.all(), to_attr="spaces_here")
    return [
        (closure, list(closure.spaces_here))
        for closure in closures_to_come(venue, now=now).prefetch_related(here)
    ]


def matching(closed: Iterable[Space], halls: set[int], theirs: Iterable[Space]) -> list[Space]:
    if halls <= {space.pk for space in closed}:
        return [space for space in theirs if space.is_hall]
    keys = {space.key for space in closed}
    return [space for space in theirs if space.key in keys]


def facts_of(closure: Closure, spaces: Iterable[Space]) -> tuple:
    """Return what, when and why, by which the same closure is known at another venue."""
    said = (getattr(closure, name) for name in FACTS)
    return frozenset(space.pk for space in spaces), tuple(closure.weekdays), *said


def wished(matched: Matched) -> WishedClosure:
    closure = matched.closure
    return WishedClosure(
        matched.spaces,
        closure.starts_at,
        closure.ends_at,
        repeats=closure.repeats,
        every=closure.every,
        weekdays=closure.weekdays,
        until=closure.until,
        reason={name: getattr(closure, name) for name in in_all_languages("reason")},
        is_reason_public=closure.is_reason_public,
    )
