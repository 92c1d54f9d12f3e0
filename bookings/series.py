"""Seasons booked in one go, and missed dates made up for. Changes to them: `bookings.series_changes`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from accounts.models import User
from accounts.problems import Problem, Refused
from venues.models import Space

from .ledger import Row
from .models import Booking, MissedDate, Occupancy, Series
from .recurrence import SeriesWish

Mode = Literal["free", "all"]
Place = tuple[Space, datetime, datetime]


class NotAllFree(Refused):
    """Some of the dates cannot be had: `rows` says which and why. Nothing was booked."""

    def __init__(self, problem: Problem, rows: Sequence[Row]):
        super().__init__(problem)
        self.rows = rows


@dataclass(frozen=True)
class Booked:
    """What came of a wish: a booking for each space, and the dates that were missed, with every reason."""

    series: Series
    bookings: list[Booking]
    made: list[Occupancy]
    missed: list[MissedDate]


def book(
    asked: SeriesWish,
    *,
    customer: User,
    now: datetime,
    mode: Mode = "free",
    replacements: Mapping[datetime, Place] | None = None,
) -> Booked:
    """Book, or request, the free dates of a season, or "all" or none, in one transaction.

    `replacements` says what is taken instead of a turn, by its start: a space and from when to when. Dates
    that cannot be had are kept as missed. Raises `NotAllFree` if one of "all" cannot be had, or of the free
    none is left; `Refused` with everything else that stands in the way of the whole.
    """
    raise NotImplementedError


def again(series: Series, today: date) -> SeriesWish:
    """Return the wish for the same in the next season that is not over: on the same weekdays."""
    raise NotImplementedError


def take_missed(
    missed: MissedDate, *, space: Space, starts_at: datetime, ends_at: datetime, by: User, now: datetime
) -> Occupancy:
    """Book a missed date that came free, or another time instead of it. Raises `Refused`."""
    raise NotImplementedError
