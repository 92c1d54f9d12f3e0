"""What a kind of venue, a venue or a space inherits of its policy, and whether the layers agree.

`policy_layers` says the same in SQL, for many spaces at once; here it is told field by field.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.problems import Problem

from . import wording
from .clock import MINUTES_A_DAY
from .models import Policy, Space, Venue
from .models.spaces import (
    FARTHEST_BOOKING,
    HOUR,
    LONGEST_BOOKING,
    MINUTE,
    MOST_NOTICE_WEEKDAYS,
    START_STEPS,
)
from .policy_layers import POLICY_FIELDS

Owner = str | Venue | Space  # a kind by its code
Values = Mapping[str, Any]  # by field; terms by their id

SHORTEST_BOOKING = 5  # minutes
OLDEST = 99

COLUMNS = {name: field.attname for name, field in POLICY_FIELDS.items()}
DEFAULTS: Values = {
    field.name: field.get_default() for field in Space._meta.fields if field.name in POLICY_FIELDS
}


class Inherited(NamedTuple):
    """What holds for a field where the owner says nothing, and which layer says so; none: the default."""

    value: Any
    origin: Policy | None


def said_by(policy: Policy | None) -> dict[str, Any]:
    """Return what a layer says: the fields of which it says something."""
    values = {name: getattr(policy, column) for name, column in COLUMNS.items()} if policy else {}
    return {name: value for name, value in values.items() if value is not None}


def key_of(owner: Owner) -> dict[str, Any]:
    """Return by which column the owner's layer is found."""
    if isinstance(owner, Space):
        return {"space": owner}
    return {"venue": owner} if isinstance(owner, Venue) else {"kind": owner}


def layer_of(owner: Owner) -> dict[str, Any]:
    """Return what the owner itself says."""
    return said_by(Policy.objects.filter(**key_of(owner)).first())


def spaces_under(owner: Owner) -> QuerySet[Space]:
    """Return the spaces for which it matters what the owner says."""
    if isinstance(owner, Space):
        return Space.objects.filter(pk=owner.pk)
    return (
        Space.objects.filter(venue=owner)
        if isinstance(owner, Venue)
        else Space.objects.filter(venue__kind=owner)
    )


def above(owner: Owner, *, kind: str | None = None) -> list[Policy]:
    """Return the layers that hold where the owner says nothing, the farthest first.

    `kind` is that of the owner's venue, if it is about to become another.
    """
    if isinstance(owner, str):
        return []
    venue = owner.venue if isinstance(owner, Space) else owner
    wanted = Q(kind=kind or venue.kind)
    if isinstance(owner, Space):
        wanted |= Q(venue=venue)
    found = Policy.objects.filter(wanted).select_related("venue")
    return sorted(found, key=lambda policy: policy.venue_id is not None)


def inherited(owner: Owner) -> dict[str, Inherited]:
    """Return for each field what holds if the owner says nothing, and who says so. One query."""
    found = {name: Inherited(value, None) for name, value in DEFAULTS.items()}
    for policy in above(owner):
        found |= {name: Inherited(value, policy) for name, value in said_by(policy).items()}
    return found


# --- Do the layers agree? -------------------------------------------------------------------------


def disagreements(owner: Owner, *, kind: str | None = None) -> list[Problem]:
    """Return what is impossible in what the layers come to, at the owner and everywhere below it.

    A sentence names the place if that is not the owner itself. `kind` is that of the owner's venue, if it is
    about to become another. Three queries, however many places.
    """
    base = whole(*map(said_by, above(owner, kind=kind)), layer_of(owner))
    found = list(contradictions(base))
    for place, policy in layers_below(owner, base):
        found += [
            Problem(problem.code, f"{place}: {problem.message}", problem.field)
            for problem in contradictions(policy)
        ]
    return found


def layers_below(owner: Owner, base: Values) -> Iterator[tuple[Venue | Space, Values]]:
    """Yield each place below the owner that has a word of its own, and the policy that is in force there."""
    if isinstance(owner, Space):
        return
    venues = Q(venue__kind=owner) if isinstance(owner, str) else Q(pk=None)
    spaces = Q(space__venue__kind=owner) if isinstance(owner, str) else Q(space__venue=owner)
    at_venue: dict[int, Values] = {}
    layers = Policy.objects.filter(venues | spaces).select_related("venue", "space__venue")
    for layer in sorted(layers, key=lambda layer: layer.space_id is not None):
        if layer.venue:
            at_venue[layer.venue.pk] = whole(base, said_by(layer))
            yield layer.venue, at_venue[layer.venue.pk]
        elif layer.space:
            yield layer.space, whole(at_venue.get(layer.space.venue_id, base), said_by(layer))


def whole(*layers: Values) -> dict[str, Any]:
    """Return what layers come to, the farthest first."""
    policy = dict(DEFAULTS)
    for layer in layers:
        policy |= layer
    return policy


def contradictions(policy: Values) -> Iterator[Problem]:
    """Yield, field by field, why `space_policy_is_possible` would not let a policy in."""
    yield from of_starts(policy)
    shortest, longest = policy["min_minutes"], policy["max_minutes"]
    if shortest < SHORTEST_BOOKING:
        yield wrong("min_minutes", _("The shortest booking is at least 5 minutes."))
    if shortest > longest:
        yield wrong(
            "max_minutes",
            _("The longest booking (%(longest)s) is shorter than the shortest (%(shortest)s).")
            % {"longest": wording.minutes(longest), "shortest": wording.minutes(shortest)},
        )
    if longest > LONGEST_BOOKING // MINUTE:
        yield wrong("max_minutes", _("The longest booking is at most a week."))
    yield from of_limits(policy)
    if not policy["who_may_book"]:
        yield wrong("who_may_book", _("Say who may book."))


def of_starts(policy: Values) -> Iterator[Problem]:
    step, minute = policy["start_step"], policy["start_minute"]
    if policy["starts_from"] == Space.StartsFrom.OPENING:
        if not SHORTEST_BOOKING <= step <= MINUTES_A_DAY:
            yield wrong("start_step", _("From opening, starts are 5 minutes to a day apart."))
        if minute:
            yield wrong(
                "start_minute", _("Starts that are counted from opening have no minutes past the hour.")
            )
    elif step not in START_STEPS:
        steps = ", ".join(map(str, START_STEPS))
        yield wrong(
            "start_step",
            _("By the clock, starts are one of these minutes apart: %(steps)s.") % {"steps": steps},
        )
    elif minute >= step:
        yield wrong(
            "start_minute",
            ngettext(
                "With %(count)d minute between starts, the minutes past the hour are fewer.",
                "With %(count)d minutes between starts, the minutes past the hour are fewer.",
                step,
            )
            % {"count": step},
        )


def of_limits(policy: Values) -> Iterator[Problem]:
    for name, most in {
        "ahead_days": FARTHEST_BOOKING.days,
        "notice_hours": FARTHEST_BOOKING // HOUR,
        "notice_weekdays": MOST_NOTICE_WEEKDAYS,
        "min_age": OLDEST,
    }.items():
        if policy[name] > most:
            yield wrong(name, _("This is at most %(most)d.") % {"most": most})


def wrong(field: str, sentence: str) -> Problem:
    return Problem("policy_impossible", sentence, field)
