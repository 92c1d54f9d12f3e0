"""The kinds of change that can hit bookings: how each is made, whom it hits, and how it is undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from accounts.models import User
from venues.models import OpeningRule, SchoolPeriod, Space, Timetable, Venue
from venues.opening_hours import Hours
from venues.problems import Problem

from .layout import Layout

if TYPE_CHECKING:
    from .closures import WishedClosure

# By the id of the date: why it cannot stay as it is.
Why = dict[int, list[Problem]]


@dataclass(frozen=True)
class Made:
    """A change that was made: the dates that it hits, and what its impact has to remember to undo it.

    One that `waits` could not be made yet, because of the dates that it hits.
    """

    hits: Why
    remembered: dict[str, Any]
    waits: bool = False


class Change(Protocol):
    """A change that a manager is about to make."""

    def hall_ids(self) -> set[int]:
        """Return the halls that must be locked first."""

    def make(self, *, by: User, now: datetime) -> Made:
        """Make the change. Needs the halls' locks. Raises `Refused`."""


@dataclass(frozen=True)
class NewClosure:
    """These spaces are closed at these times."""

    wished: "WishedClosure"


@dataclass(frozen=True)
class ChangedRules:
    """Other weekly rules take the place of a timetable's; `seen` is the version that the person looked at."""

    timetable: Timetable
    rules: Sequence[OpeningRule]
    seen: str | None = None


@dataclass(frozen=True)
class ChangedDays:
    """Other hours hold on these days: none means closed, None that the rules hold again."""

    timetable: Timetable
    days: Sequence[date]
    hours: Sequence[Hours] | None
    reason: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChangedPolicy:
    """A kind of venue, a venue or a space says something else of how it is booked."""

    owner: str | Venue | Space
    values: Mapping[str, Any]
    seen: str | None = None


@dataclass(frozen=True)
class ChangedTerms:
    """The city's schools have other terms and breaks: these, and no others."""

    periods: Sequence[SchoolPeriod]
    seen: str | None = None


@dataclass(frozen=True)
class Redrawn:
    """The floor of a hall is divided anew. Of two dates that would collide at least one must go."""

    hall: Space
    layout: Layout
    seen: str | None = None
