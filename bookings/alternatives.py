"""What is free instead of a refused wish: other times for the space, other spaces at the time."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db.models import Q

from accounts.models import User
from accounts.problems import Alternative, Refused
from venues import quotas
from venues.audiences import Asker, asker
from venues.clock import local
from venues.models import Space
from venues.models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING, MINUTE

from .availability import free, free_stretches
from .models import Booking
from .wishes import Wish

P = ParamSpec("P")
R = TypeVar("R")

LOOK_AROUND = timedelta(days=14)
OFFERS = 3

# Problems that another time or another space would solve.
FOR_OTHERS_OR_OFTEN_ENOUGH = {"not_for_you", *quotas.PERIODS}
ABOUT_TIME = {
    "time_taken",
    "closed",
    "in_the_past",
    "too_soon",
    "too_far",
    "off_step",
    "not_a_whole_day",
    "not_at_this_time",
    *FOR_OTHERS_OR_OFTEN_ENOUGH,
}
ABOUT_SPACE = {
    "time_taken",
    "closed",
    "too_many_people",
    "not_bookable",
    "not_at_this_time",
    *FOR_OTHERS_OR_OFTEN_ENOUGH,
}


def offering_alternatives(function: Callable[P, R]) -> Callable[P, R]:
    """Let a refusal of the function's wish say what is free instead, after the locks are given up."""

    @wraps(function)
    def helpful(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Refused as refusal:
            wish = next(arg for arg in args if isinstance(arg, Wish))
            customer = kwargs.get("customer") or customer_of(args)
            now = kwargs["now"]
            assert isinstance(now, datetime)
            assert customer is None or isinstance(customer, User)
            whose = asker(customer, wish.organisation, today=local(now).date())
            booking = booking_of(args)
            offer_alternatives(refusal, wish, asker=whose, now=now, moving=booking.pk if booking else None)
            raise

    return helpful


def customer_of(args: Sequence[object]) -> User | None:
    """Return whose booking is changed, if one is among the arguments."""
    booking = booking_of(args)
    return booking.customer if booking else None


def booking_of(args: Sequence[object]) -> Booking | None:
    return next((arg for arg in args if isinstance(arg, Booking)), None)


def offer_alternatives(
    refusal: Refused, wish: Wish, *, asker: Asker, now: datetime, moving: int | None = None
) -> None:
    """Add to a refusal's problems what the asker could have instead, for a booking that is to be moved.

    That is this space at the nearest times, then the nearest spaces at this time. Needs no lock; the offers
    are true when they are made.
    """
    # Whole minutes, not fewer than were wished.
    length = -((wish.starts_at - wish.ends_at) // MINUTE) * MINUTE
    if not timedelta(0) < length <= LONGEST_BOOKING or any(
        problem.alternatives for problem in refusal.problems
    ):
        return
    space = Space.objects.with_place().get(pk=wish.space.pk)  # by its rules as they are now
    codes = refusal.codes
    near = max(min(wish.starts_at, now + FARTHEST_BOOKING), now)
    times = []
    if codes & ABOUT_TIME:
        times = other_times(space, near, length, asker=asker, now=now, moving=moving)
    spaces = []
    if codes & ABOUT_SPACE and near == wish.starts_at:
        spaces = other_spaces(
            space, near, length, attendees=wish.attendees, asker=asker, now=now, moving=moving
        )
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
    space: Space,
    wish: datetime,
    length: timedelta,
    *,
    asker: Asker,
    now: datetime,
    moving: int | None = None,
    limit: int = OFFERS,
) -> list[Alternative]:
    """Return the starts nearest to the wish at which this space is free, at most one from each stretch."""
    around = max(wish - LOOK_AROUND, now), wish + LOOK_AROUND
    if space.is_whole_day:
        days = free_stretches(space, around, asker=asker, now=now, moving=moving)
        days.sort(key=lambda day: (abs(day[0] - wish), day))
        return [Alternative(space, start, end) for start, end in days[:limit]]
    step = timedelta(minutes=space.start_step)
    starts = [
        nearest_start(first, until - length, wish, step)
        for first, until in free_stretches(space, around, asker=asker, now=now, length=length, moving=moving)
    ]
    nearest = sorted(starts, key=lambda start: (abs(start - wish), start))[:limit]
    return [Alternative(space, start, start + length) for start in nearest]


def nearest_start(first: datetime, last: datetime, wish: datetime, step: timedelta) -> datetime:
    """Return the start between first and last, in whole steps from the first, that is nearest to the wish."""
    steps = round((min(max(wish, first), last) - first) / step)
    return first + min(steps, (last - first) // step) * step


def other_spaces(
    space: Space,
    wish: datetime,
    length: timedelta,
    *,
    attendees: int,
    asker: Asker,
    now: datetime,
    moving: int | None = None,
    limit: int = OFFERS,
) -> list[Alternative]:
    """Return the nearest spaces with a common purpose and enough room that are free just then."""
    rivals = Space.objects.bookable().exclude(pk=space.pk).filter(purposes__in=space.purposes.all())
    roomy = rivals.filter(Q(capacity=None) | Q(capacity__gte=attendees))
    near = space.venue.point
    found = free(
        roomy,
        [(wish, wish + length)],
        asker=asker,
        now=now,
        length=length,
        moving=moving,
        near=near,
        order="distance" if near else "first_free",
        limit=limit,
    )
    rows = Space.objects.with_place().in_bulk([row.space_id for row in found.page])
    return [
        Alternative(rows[row.space_id], *(row.stretches[0] if row.is_whole_day else (wish, wish + length)))
        for row in found.page
    ]
