"""A season before it is booked: every date with its verdict, and what could be had instead."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from accounts.problems import Alternative, Problem

from .recurrence import SeriesWish, Turn


@dataclass(frozen=True)
class Row:
    """A turn, everything that stands in its way, and what is free instead, the nearest first.

    `is_left_out`: it is skipped because the customer wanted it so.
    """

    turn: Turn
    problems: Sequence[Problem] = ()
    alternatives: Sequence[Alternative] = ()

    @property
    def is_free(self) -> bool:
        return not self.problems

    @property
    def is_left_out(self) -> bool:
        return self.turn.is_left_out


@dataclass(frozen=True)
class Ledger:
    """The dates of a season in order. `is_by_request`: the venue decides on them."""

    rows: Sequence[Row] = field(default_factory=list)
    is_by_request: bool = False

    @property
    def free(self) -> int:
        """How many dates could be booked."""
        return sum(row.is_free for row in self.rows)


def ledger(asked: SeriesWish, *, customer: User, now: datetime) -> Ledger:
    """Return every date of a season with its verdict. So many statements, whatever the number of dates.

    Raises `Refused` with everything that is wrong with the wish as such. What is said to be free is so at the
    moment; the quotas count the series' own dates.
    """
    raise NotImplementedError
