"""One wish, judged: everything that stands in its way, in one statement."""

from datetime import datetime

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from venues.clock import exact
from venues.models import Space
from venues.models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING
from venues.policies import problems_with
from venues.problems import Problem

from .occupancies import taken

# After these, whether the time is open and free is not worth asking.
BEYOND_ASKING = {"ends_before_start", "in_the_past", "too_far", "too_long"}

# Both are asked of a row of venues_space. As expressions of the ORM they would take longer to put together
# than to answer, on the way of every booking.
IS_OPEN = """
exists (
    select from venues_opening
    where timetable_id = coalesce(venues_space.timetable_id, venues_venue.timetable_id)
      and period @> tstzrange(%s, %s)
)
"""
# What the two exclusion constraints would say.
IS_TAKEN = """
exists (
    select from bookings_occupancy taken
    join venues_space hall on hall.id = taken.hall_id
    where holds_time
      and taken.hall_id = venues_space.hall_id
      and taken.footprint && venues_space.footprint
      and booking_id is distinct from %s
      and (
          with_setup && tstzrange(%s::timestamptz - make_interval(mins => hall.setup_minutes), %s)
          or with_cleanup && tstzrange(%s, %s::timestamptz + make_interval(mins => hall.cleanup_minutes))
      )
)
"""
NO_BOOKING = 0  # not null: time without a booking is distinct from this one too


def judge(
    space: Space,
    starts_at: datetime,
    ends_at: datetime,
    *,
    attendees: int = 1,
    now: datetime,
    ignoring: int | None = None,
) -> tuple[Space, list[Problem]]:
    """Return the space as it is now, and everything that stands in the way of the wish.

    One statement, about the hall as it is drawn now, however long ago `space` was read. The booking with the
    id `ignoring` is no obstacle. Under the hall's lock the answer stays true until the lock is given up;
    without it, it is only a friendly early word.
    """
    starts_at, ends_at = exact(starts_at), exact(ends_at)
    can_be_asked = is_conceivable(starts_at, ends_at, now=now)
    spaces = Space.objects.with_place()
    if can_be_asked:
        spaces = spaces.annotate(
            is_open=RawSQL(IS_OPEN, [starts_at, ends_at], output_field=BooleanField()),
            is_taken=RawSQL(
                IS_TAKEN,
                [ignoring or NO_BOOKING, starts_at, ends_at, starts_at, ends_at],
                output_field=BooleanField(),
            ),
        )
    fresh = spaces.get(pk=space.pk)
    problems = problems_with(fresh, starts_at, ends_at, attendees=attendees, now=now)
    if not can_be_asked or BEYOND_ASKING & {problem.code for problem in problems}:
        return fresh, problems
    if not fresh.is_open:
        problems.append(closed())
    if fresh.is_taken:
        problems.append(taken())
    return fresh, problems


def is_conceivable(starts_at: datetime, ends_at: datetime, *, now: datetime) -> bool:
    """Whether any policy could allow the wish. Beyond that the database is not even asked."""
    return (
        now <= starts_at < ends_at
        and starts_at <= now + FARTHEST_BOOKING
        and ends_at - starts_at <= LONGEST_BOOKING
    )


def closed() -> Problem:
    return Problem("closed", _("The space is not open then. Look at its opening hours."), "starts_at")
