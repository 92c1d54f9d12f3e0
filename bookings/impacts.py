"""What a manager's change does to bookings: shown before it is made, decided, and undone or carried out.

    preview ──► decide ──► (nothing hit: the change is simply made)
                  └──► Impact, pending ──► undone (as if it had never been)
                                       └─► carried out when it is due (mails go out, dead stays dead)

Between decision and due time nothing happens to any booking: their times stay held, nobody is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from venues.problems import Alternative, Problem

from .changes import Change
from .models import Hit, Impact, Occupancy

Fate = Hit.Fate

HITS_A_PAGE = 50


@dataclass(frozen=True)
class PreviewedHit:
    """A date that a change would hit: why, and what is free instead for the same customer.

    The date comes with its booking, customer, organisation, space and venue. One that has begun can only be
    kept.
    """

    date: Occupancy
    problems: list[Problem]
    alternatives: list[Alternative]
    has_begun: bool = False


@dataclass(frozen=True)
class Preview:
    """One page of the dates that a change would hit, soonest first, and how many there are in all.

    `version` marks the dates that are hit; `decide` takes it as `seen`.
    """

    hits: list[PreviewedHit]
    total: int
    version: str


def preview(change: Change, *, by: User, now: datetime, limit: int = HITS_A_PAGE, offset: int = 0) -> Preview:
    """Return whom a change would hit, and what is free instead once it is made. Nothing is changed.

    The change is made within a savepoint, under its locks, and taken back. Raises `Refused` for what cannot
    be done at all.
    """
    raise NotImplementedError


def decide(
    change: Change,
    *,
    fates: Fate | Mapping[int, Fate],
    others: Fate = Fate.KEEP,
    unmovable: Fate = Fate.KEEP,
    reason: str = "",
    by: User,
    now: datetime,
    seen: str | None = None,
) -> Impact | None:
    """Make a change, and settle what is to become of the dates that it hits. None: it hit nothing.

    `fates` is one for all, or by the id of the date; dates that it does not name get `others`, and dates that
    were to be moved but cannot be get `unmovable`, keep or cancel. What has begun is kept in any case.
    `reason` is what the customers read; a closure's own public reason stands in for it. `seen` is the
    preview's version: raises `ChangedMeanwhile` if other dates are hit by now.
    """
    raise NotImplementedError


def undo(impact: Impact, *, by: User, now: datetime) -> None:
    """Take a change back as if it had never been. Raises `Refused` once it is due, `ChangedMeanwhile` if
    somebody has changed the same rules again since.
    """
    raise NotImplementedError


def let_be(impact: Impact, *, by: User, now: datetime) -> None:
    """Spare the bookings that were to be moved or cancelled, while the change stays. Raises `Refused` once
    it is due.
    """
    raise NotImplementedError


def carry_out(impact: Impact, *, now: datetime) -> bool:
    """Move and cancel what was decided, if it is due, and tell those concerned. Returns whether it was.

    Whoever has cancelled or moved meanwhile is left alone. As often as it is called, it happens once.
    """
    raise NotImplementedError
