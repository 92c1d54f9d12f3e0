"""Why a wish cannot be met: a list of problems, each with a code, a sentence and a way on."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import Promise

if TYPE_CHECKING:
    from venues.models import Space


@dataclasses.dataclass(frozen=True)
class Alternative:
    """A time that is free and could be booked instead."""

    space: "Space"
    starts_at: datetime
    ends_at: datetime


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that stands in the way. `code` is for programs, `message` for people.

    `field` names the input it is about, if it is about one.
    """

    code: str
    message: str | Promise
    field: str = ""
    alternatives: tuple[Alternative, ...] = dataclasses.field(default=(), compare=False)

    def with_alternatives(self, alternatives: Sequence[Alternative]) -> "Problem":
        return dataclasses.replace(self, alternatives=tuple(alternatives))


class Refused(Exception):
    """What was asked cannot be done. Nothing was changed; `problems` says why, all of it."""

    def __init__(self, *problems: Problem):
        super().__init__("; ".join(problem.code for problem in problems))
        self.problems = list(problems)

    @property
    def codes(self) -> set[str]:
        return {problem.code for problem in self.problems}

    @property
    def message(self) -> str:
        return " ".join(str(problem.message) for problem in self.problems)
