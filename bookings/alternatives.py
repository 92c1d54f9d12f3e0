"""What is free instead of a refused wish: other times for the space, other spaces at the time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db.models import Q

from venues.models import Space
from venues.models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING, MINUTE
from venues.problems import Alternative, Refused

from .availability import free, free_stretches
from .wishes import Wish

P = ParamSpec("P")
R = TypeVar("R")

LOOK_AROUND = timedelta(days=14)
OFFERS = 3

# Problems that another time or another space would solve.
ABOUT_TIME = {"time_taken", "closed", "in_the_past", "too_soon", "too_far", "off_step"}
ABOUT_SPACE = {"time_taken", "closed", "too_many_people", "not_bookable"}


def offering_alternatives(function: Callable[P, R]) -> Callable[P, R]:
    """Let a refusal of the function's wish say what is free instead, after the locks are given up."""

    @wraps(function)
    def helpful(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Refused as refusal:
            wish = next(arg for arg in args if isinstance(arg, Wish))
            now = kwargs["now"]
            assert isinstance(now, datetime)
            offer_alternatives(
                refusal, wish.space, wish.starts_at, wish.ends_at, attendees=wish.attendees, now=now
            )
            raise

    return helpful


def offer_alternatives(
    refusal: Refused, space: Space, starts_at: datetime, ends_at: datetime, *, attendees: int, now: datetime
) -> None:
    """Add to a refusal's problems what is free instead: this space at the nearest times, then the nearest
    spaces at this time. Needs no lock; the offers are true when they are made.
    """
    length = -((starts_at - ends_at) // MINUTE) * MINUTE  # whole minutes, not fewer than were wished
    if not timedelta(0) < length <= LONGEST_BOOKING or any(
        problem.alternatives for problem in refusal.problems
    ):
        return
    space = Space.objects.with_place().get(pk=space.pk)  # by its rules as they are now
    codes = refusal.codes
    wish = max(min(starts_at, now + FARTHEST_BOOKING), now)
    times = other_times(space, wish, length, now=now) if codes & ABOUT_TIME else []
    spaces = []
    if codes & ABOUT_SPACE and wish == starts_at:
        spaces = other_spaces(space, wish, length, attendees=attendees, now=now)
    refusal.problems = [
        problem.with_alternatives(
            [
                *(times if problem.code in ABOUT_TIME else []),
                *(spaces if problem.code in ABOUT_SPACE else []),
            ]
        )
        for problem in refusal.problems
    ]


def other_times(
    space: Space, wish: datetime, length: timedelta, *, now: datetime, limit: int = OFFERS
) -> list[Alternative]:
    """Return the starts nearest to the wish at which this space is free, at most one from each stretch."""
    around = max(wish - LOOK_AROUND, now), wish + LOOK_AROUND
    step = timedelta(minutes=space.start_step)
    starts = [
        nearest_start(first, until - length, wish, step)
        for first, until in free_stretches(space, around, now=now, length=length)
    ]
    nearest = sorted(starts, key=lambda start: (abs(start - wish), start))[:limit]
    return [Alternative(space, start, start + length) for start in nearest]


def nearest_start(first: datetime, last: datetime, wish: datetime, step: timedelta) -> datetime:
    """Return the start between first and last, in whole steps from the first, that is nearest to the wish."""
    steps = round((min(max(wish, first), last) - first) / step)
    return first + min(steps, (last - first) // step) * step


def other_spaces(
    space: Space, wish: datetime, length: timedelta, *, attendees: int, now: datetime, limit: int = OFFERS
) -> list[Alternative]:
    """Return the nearest spaces with a common purpose and enough room that are free just then."""
    rivals = Space.objects.bookable().exclude(pk=space.pk).filter(purposes__in=space.purposes.all())
    roomy = rivals.filter(Q(capacity=None) | Q(capacity__gte=attendees))
    near = space.venue.point
    found = free(
        roomy,
        [(wish, wish + length)],
        now=now,
        length=length,
        near=near,
        order="distance" if near else "first_free",
        limit=limit,
    )
    rows = Space.objects.with_place().in_bulk([row.space_id for row in found.page])
    return [Alternative(rows[row.space_id], wish, wish + length) for row in found.page]
