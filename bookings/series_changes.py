"""What becomes of a season afterwards: this date and later ones, or all, move, are shortened or go back.

Only what lies ahead changes: what is past or has begun, was given back, or was moved alone stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from accounts.models import User
from accounts.problems import Problem
from venues.models import Space

from .models import Occupancy, Series

Scope = Literal["one", "later", "all"]


@dataclass(frozen=True)
class Move:
    """Other clock times, other days (so many later, or earlier if negative) or another space.

    What is None stays. To shorten is to move the start or the end into the old time.
    """

    starts: time | None = None
    ends: time | None = None
    days: int = 0
    space: Space | None = None


@dataclass(frozen=True)
class Release:
    """Give the dates back."""


@dataclass(frozen=True)
class Texts:
    """Other words, of the bookings that the dates belong to, with all their dates. What is None stays."""

    purpose: str | None = None
    note: str | None = None
    adult_name: str | None = None
    adult_phone: str | None = None


@dataclass(frozen=True)
class NotDone:
    """A date that stays as it is, and why."""

    date: Occupancy
    problems: list[Problem]


@dataclass(frozen=True)
class Changed:
    """Which dates were changed, and which could not be."""

    done: list[Occupancy]
    refused: list[NotDone]


def change(
    series: Series,
    *,
    scope: Scope = "one",
    since: Occupancy | None = None,
    what: Move | Release | Texts,
    by: User,
    now: datetime,
) -> Changed:
    """Change one date, it and all later ones, or all of a season. `since` is that date.

    Each date is judged as a new wish. Raises `Refused` if nothing can be changed at all.
    """
    raise NotImplementedError
