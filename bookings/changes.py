"""The kinds of change that can hit bookings: how each is made, whom it hits, and how it is undone.

Each makes itself by the rule function that makes it anyway, and compares before with after: a date that did
not agree with the rules before is not hit by the change.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from django.core import serializers
from django.db import models
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem
from accounts.versions import ChangedMeanwhile, version_of
from venues import demo_facts, openings
from venues.clock import local
from venues.fields import pieces
from venues.models import OpeningException, OpeningRule, SchoolPeriod, Space, Timetable, Venue
from venues.opening_hours import Hours, Stretch
from venues.policy_inheritance import Owner, Values, layer_of, spaces_under

from . import closures, hours, policies, policy_hits, school_terms
from .closed_times import WishedClosure, times_of
from .models import Impact, Occupancy

# By the id of the date: why it cannot stay as it is.
Why = dict[int, list[Problem]]

Cause = Impact.Cause


@dataclass(frozen=True)
class Made:
    """A change that was made: the dates that it hits, and what its impact has to remember to undo it.

    `rivals` are pairs of dates of which only one can stay: then the change waits, and has not been made yet.
    `places` says where a date will be that is hit there: one that another impact is about to move.
    """

    hits: Why
    remembered: dict[str, Any]
    rivals: Sequence[tuple[int, int]] = ()
    places: Mapping[int, Occupancy] = field(default_factory=dict)


class Change(Protocol):
    """A change that a manager is about to make."""

    def halls(self) -> Collection[int]:
        """Return the halls that must be locked first."""

    def make(self, *, by: User, now: datetime) -> Made:
        """Make the change. Needs the halls' locks. Raises `Refused`."""


# --- Closures -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewClosure:
    """These spaces are closed at these times."""

    wished: WishedClosure

    def halls(self) -> set[int]:
        return {space.hall_id for space in self.wished.spaces}

    def make(self, *, by: User, now: datetime) -> Made:
        closures.must_be_news(self.wished)
        times = times_of(self.wished)
        hit = closures.hits_of(self.wished.spaces, times, now=now).values_list("pk", flat=True)
        promised = promised_within(self.wished.spaces, times, now=now)
        places = {there.hit.date_id: there for there in promised if there.hit}
        hits = {*hit.order_by(), *places}
        closure = closures.closed(self.wished, by=by, now=now)
        problem = Problem("closed", _("Closed then: %(reason)s") % {"reason": closure.reason})
        return Made(
            {pk: [problem] for pk in hits},
            {"cause": Cause.CLOSURE, "closure": closure, "venue": only_one(self.wished.spaces)},
            places=places,
        )


def promised_within(
    spaces: Iterable[Space], times: Sequence[Stretch], *, now: datetime
) -> Iterator[Occupancy]:
    """Yield the places in these spaces, at these times, to which other impacts are about to move dates."""
    closed = {space.hall_id: set[int]() for space in spaces}
    for space in spaces:
        closed[space.hall_id] |= pieces(space.footprint)
    held = Occupancy.objects.promised().filter(hall__in=closed, ends_at__gt=now)
    for there in with_their_hits(held):
        if closed[there.hall_id] & pieces(there.footprint) and any(
            max(start, now) < there.ends_at and there.starts_at < end for start, end in times if end > now
        ):
            yield there


def with_their_hits(held: models.QuerySet[Occupancy]) -> models.QuerySet[Occupancy]:
    """Return promised places with what is told of them."""
    return held.select_related("hit").prefetch_related(Prefetch("space", Space.objects.with_place()))


def by_date(why: Why, remembered: dict[str, Any]) -> Made:
    """Return a change that was made; `why` is by the id of what it hits: dates, and promised places."""
    held = {there.pk: there for there in with_their_hits(Occupancy.objects.promised().filter(pk__in=why))}
    places = {there.hit.date_id: there for there in held.values() if there.hit}
    hits = {pk: problems for pk, problems in why.items() if pk not in held}
    return Made(hits | {pk: why[there.pk] for pk, there in places.items()}, remembered, places=places)


def only_one(spaces: Iterable[Space]) -> Venue | None:
    """Return the venue of the spaces, if it is one and the same. Needs `venue` loaded."""
    venues = {space.venue for space in spaces}
    return venues.pop() if len(venues) == 1 else None


def undo_closure(impact: Impact, *, by: User, now: datetime) -> None:
    closure = impact.closure
    if closure is None or closure.lifted_at:
        raise ChangedMeanwhile
    closures.lift(closure, by=by, now=now)


# --- Opening hours --------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChangedRules:
    """Other rules take the place of a timetable's; `seen` is the version that the person looked at."""

    timetable: Timetable
    rules: Sequence[OpeningRule]
    seen: str | None = None

    def halls(self) -> set[int]:
        return halls_of(hours.venue_of(self.timetable).spaces.all())

    def make(self, *, by: User, now: datetime) -> Made:
        outside, before = outside_of([self.timetable], now=now), rows_of(self.timetable.rules.all())
        made_up = demo_facts.where_hours_are_made_up(self.timetable)
        hours.change_rules(self.timetable, self.rules, now=now, seen=self.seen)
        return by_date(
            newly(outside, outside_of([self.timetable], now=now)),
            {
                "cause": Cause.RULES,
                "timetable": self.timetable,
                "venue": hours.venue_of(self.timetable),
                "before": {"rules": before, "made_up": made_up},
                "after": {"version": version_of(words_of(self.timetable.rules.all()))},
            },
        )


@dataclass(frozen=True)
class ChangedDays:
    """Other hours hold on these days: none means closed, None that the rules hold again."""

    timetable: Timetable
    days: Sequence[date]
    hours: Sequence[Hours] | None
    reason: Mapping[str, str] = field(default_factory=dict)
    open_to: Sequence[str] | None = None
    is_staffed: bool = True

    def halls(self) -> set[int]:
        return halls_of(hours.venue_of(self.timetable).spaces.all())

    def make(self, *, by: User, now: datetime) -> Made:
        outside, before = outside_of([self.timetable], now=now), rows_of(self.said())
        if self.hours is None:
            for day in self.days:
                hours.forget_day(self.timetable, day, now=now)
        else:
            hours.change_days(
                self.timetable,
                self.days,
                self.hours,
                reason=self.reason,
                open_to=self.open_to,
                is_staffed=self.is_staffed,
                now=now,
            )
        return by_date(
            newly(outside, outside_of([self.timetable], now=now)),
            {
                "cause": Cause.RULES,
                "timetable": self.timetable,
                "venue": hours.venue_of(self.timetable),
                "before": {"days": [day.isoformat() for day in self.days], "exceptions": before},
                "after": {"version": version_of(words_of(self.said())), "reason": dict(self.reason)},
            },
        )

    def said(self) -> models.QuerySet[OpeningException]:
        return self.timetable.exceptions.filter(date__in=self.days)


@dataclass(frozen=True)
class FollowedVenue:
    """A space is open when its venue is; hours of its own are forgotten."""

    space: Space

    def halls(self) -> set[int]:
        return halls_of(self.space.venue.spaces.all())

    def make(self, *, by: User, now: datetime) -> Made:
        own, venue = Space.objects.get(pk=self.space.pk).timetable, self.space.venue
        if own is None:
            return Made({}, {})
        said = [own, *own.rules.all(), *own.exceptions.all()]
        of_own = list(Impact.objects.pending().filter(timetable=own).values_list("pk", flat=True))
        before, outside = rows_of(said), outside_of([own, venue.timetable], now=now)
        hours.follow_venue(self.space, now=now)
        return by_date(
            newly(outside, outside_of([venue.timetable], now=now)),
            {
                "cause": Cause.RULES,
                "venue": venue,
                "before": {"space": self.space.pk, "own": before, "impacts": of_own},
            },
        )


def undo_following(impact: Impact, *, by: User, now: datetime) -> None:
    """Give a space the hours again that were its own, and to earlier changes of them what they changed."""
    space = Space.objects.get(pk=impact.before["space"])
    if space.timetable_id:
        raise ChangedMeanwhile
    own, *said = instances(impact.before["own"])
    own.built_from = ""  # its openings have gone
    own.save(force_insert=True)
    OpeningRule.objects.bulk_create(row for row in said if isinstance(row, OpeningRule))
    OpeningException.objects.bulk_create(row for row in said if isinstance(row, OpeningException))
    Space.objects.filter(pk=space.pk).update(timetable=own)
    Impact.objects.filter(pk__in=impact.before["impacts"]).update(timetable=own)
    openings.rebuild(own, today=local(now).date())


def halls_of(spaces: models.QuerySet[Space]) -> set[int]:
    return set(spaces.order_by().values_list("hall_id", flat=True))


def outside_of(timetables: Iterable[Timetable], *, now: datetime) -> set[int]:
    """Return the dates, and the places to which others are about to move, outside these opening hours."""
    concerned = list(timetables)
    found = (hours.outside(*concerned, now=now), hours.promised_outside(*concerned, now=now))
    return {pk for rows in found for pk in rows.order_by().values_list("pk", flat=True)}


def newly(before: Collection[int], after: Collection[int]) -> Why:
    problem = Problem("closed", _("This would lie outside the opening hours."))
    return {pk: [problem] for pk in after if pk not in before}


def undo_hours(impact: Impact, *, by: User, now: datetime) -> None:
    timetable, before = impact.timetable, impact.before
    if "own" in before:
        return undo_following(impact, by=by, now=now)
    if timetable is None:
        raise ChangedMeanwhile
    said: models.QuerySet[Any] = timetable.rules.all()
    if "days" in before:
        said = timetable.exceptions.filter(date__in=before["days"])
    must_still_say(impact, words_of(said))
    with hours.changing(timetable, now=now):
        said.delete()
        said.model._default_manager.bulk_create(
            instances(before.get("rules") or before.get("exceptions", []))
        )
        demo_facts.hours_are_made_up(before.get("made_up", {}))


@dataclass(frozen=True)
class ChangedSchoolTerms:
    """The city's schools have other terms and breaks: these, and no others."""

    periods: Sequence[SchoolPeriod]
    seen: str | None = None

    def halls(self) -> set[int]:
        return school_terms.hall_ids()

    def make(self, *, by: User, now: datetime) -> Made:
        concerned = list(school_terms.timetables())
        outside, before = outside_of(concerned, now=now), rows_of(SchoolPeriod.objects.all())
        school_terms.change_terms(self.periods, now=now, seen=self.seen)
        return by_date(
            newly(outside, outside_of(concerned, now=now)),
            {
                "cause": Cause.TERMS,
                "before": {"periods": before},
                "after": {"version": school_terms.version()},
            },
        )


def undo_school_terms(impact: Impact, *, by: User, now: datetime) -> None:
    school_terms.change_terms(instances(impact.before["periods"]), now=now, seen=impact.after["version"])


# --- Policies -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChangedPolicy:
    """A kind of venue, a venue or a space says something else of how it is booked."""

    owner: Owner
    values: Values
    seen: str | None = None

    def halls(self) -> set[int]:
        return halls_of(spaces_under(self.owner))

    def make(self, *, by: User, now: datetime) -> Made:
        said, spaces = layer_of(self.owner), policy_hits.read(spaces_under(self.owner))
        policies.change_policy(self.owner, self.values, seen=self.seen)
        venue = self.owner.venue if isinstance(self.owner, Space) else self.owner
        why = policy_hits.violations(spaces, policy_hits.read(spaces_under(self.owner)), now=now)
        return by_date(
            why,
            {
                "cause": Cause.POLICY,
                "venue": venue if isinstance(venue, Venue) else None,
                "before": {**named(self.owner), "policy": policy_hits.json_of(said)},
                "after": {
                    "version": version_of(policy_hits.json_of(layer_of(self.owner))),
                    "codes": sorted({problem.code for problems in why.values() for problem in problems}),
                },
            },
        )


def named(owner: Owner) -> dict[str, Any]:
    if isinstance(owner, Space):
        return {"space": owner.pk}
    return {"venue": owner.pk} if isinstance(owner, Venue) else {"kind": owner}


def owner_of(said: Mapping[str, Any]) -> Owner:
    if "space" in said:
        return Space.objects.get(pk=said["space"])
    return Venue.objects.get(pk=said["venue"]) if "venue" in said else said["kind"]


def undo_policy(impact: Impact, *, by: User, now: datetime) -> None:
    owner = owner_of(impact.before)
    must_still_say(impact, policy_hits.json_of(layer_of(owner)))
    policies.change_policy(owner, policy_hits.values_of(impact.before["policy"]))


# --- Layout ---------------------------------------------------------------------------------------


def undo_layout(impact: Impact, *, by: User, now: datetime) -> None:
    """Nothing has been redrawn while its impact is pending: that comes last."""


# --- What is remembered, and undone ---------------------------------------------------------------


def undo(impact: Impact, *, by: User, now: datetime) -> None:
    """Restore what was before the change. Needs the halls' locks.

    Raises `ChangedMeanwhile` if what came instead has been changed again since.
    """
    undoing = {
        Cause.CLOSURE: undo_closure,
        Cause.RULES: undo_hours,
        Cause.TERMS: undo_school_terms,
        Cause.POLICY: undo_policy,
        Cause.LAYOUT: undo_layout,
    }
    for part in reversed(parts_of(impact)):
        undoing[Cause(part.cause)](part, by=by, now=now)


def parts_of(impact: Impact) -> list[Impact]:
    """Return the changes that were made in one go, in their order, as if each had been made alone."""
    return [Impact(**part) for part in impact.after.get("parts", [])] or [impact]


def must_still_say(impact: Impact, facts: Any) -> None:
    if impact.after["version"] != version_of(facts):
        raise ChangedMeanwhile


def rows_of(rows: Iterable[models.Model]) -> list[dict]:
    """Return rows as JSON can hold them."""
    return json.loads(serializers.serialize("json", rows))


def words_of(rows: Iterable[models.Model]) -> list[str]:
    """Return what rows say, whatever their ids and their order."""
    return sorted(json.dumps(row["fields"], sort_keys=True) for row in rows_of(rows))


def instances(rows: Iterable[dict]) -> list:
    """Return the rows again, with their ids."""
    return [each.object for each in serializers.deserialize("python", rows)]
