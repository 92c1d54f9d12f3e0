"""One wish, judged: everything that stands in its way, in one statement, and one more where a quota holds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db.models import BooleanField, Field, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from accounts.models import User
from accounts.problems import Problem
from venues import policies, quotas, terms_of_use
from venues.audiences import Asker
from venues.clock import CITY, local
from venues.fields import bounds
from venues.models import Opening, Purpose, Space
from venues.models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING
from venues.opening_hours import Stretch, merged, moment

from . import closures
from .models import AGREED_OR_ASKED, Occupancy
from .models.occupancies import OccupancyQuerySet
from .occupancies import taken
from .wishes import Wish

# After these, whether the time is open and free is not worth asking.
BEYOND_ASKING = {"ends_before_start", "in_the_past", "too_far", "too_long"}

# Both are asked of a row of venues_space. As expressions of the ORM they would take longer to put together
# than to answer, on the way of every booking.
#
# The time around the wish that is open to the asker, open to anybody, and staffed. The stretches open to the
# asker are whole where something is counted from the opening; elsewhere the wish's own time is enough.
OPEN_TIMES = """
(
    select array[(select range_agg(whole) from unnest(theirs) whole where whole && wished), anybodys, staffed]
    from (
        select wished,
               range_agg(period) filter (
                   where open_to && %s::varchar[]
                      or 'venue' = any(open_to) and venues_venue.run_by_id = %s
               ) as theirs,
               range_agg(period) filter (where period && wished) as anybodys,
               range_agg(period) filter (where period && wished and is_staffed) as staffed
        from venues_opening, tstzrange(%s, %s) wished
        where timetable_id = coalesce(venues_space.timetable_id, venues_venue.timetable_id)
          and period && case
              when venues_space.is_whole_day or venues_space.starts_from = 'opening' then '(,)'
              else wished
          end
        group by wished
    ) open
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


@dataclass(frozen=True)
class Judgement:
    """The space as it is now, everything that stands in the way, and whether staff is there throughout."""

    space: Space
    problems: list[Problem]
    is_staffed: bool = False


def judge(wish: Wish, *, asker: Asker, now: datetime, ignoring: int | None = None) -> Judgement:
    """Return the space as it is now, and everything that stands in the way of the wish.

    One statement, about the hall as it is drawn now, however long ago `wish.space` was read. The booking with
    the id `ignoring` is no obstacle. Under the hall's lock the answer stays true until the lock is given up;
    without it, it is only a friendly early word. Of quotas it is true under the locks of the customer.
    """
    starts_at, ends_at = wish.starts_at, wish.ends_at
    can_be_asked = is_conceivable(starts_at, ends_at, now=now)
    spaces = asked_of_time(wish, asker, ignoring) if can_be_asked else Space.objects.with_place()
    space = spaces.get(pk=wish.space.pk)
    problems = policies.problems_with(
        space, starts_at, ends_at, attendees=wish.attendees, asker=asker, now=now
    )
    if not can_be_asked or BEYOND_ASKING & {problem.code for problem in problems}:
        return Judgement(space, problems)
    theirs, anybodys, staffed = (stretches(times) for times in space.open_times or [None] * 3)
    if not covers(anybodys, wish):
        problems.append(closed())
    elif not covers(theirs, wish) and "not_for_you" not in {problem.code for problem in problems}:
        problems.append(not_open_to(asker, space, wish))
    stretch = next((one for one in theirs if one[0] <= starts_at < one[1]), None)
    problems += policies.problems_with_opening(space, starts_at, ends_at, stretch)
    if space.is_taken:
        problems.append(closures.problem_at(space, starts_at, ends_at) or taken())
    problems += over_quota(space, wish, asker, ignoring)
    return Judgement(space, problems, is_staffed=covers(staffed, wish))


def asked_of_time(wish: Wish, asker: Asker, ignoring: int | None) -> QuerySet[Any]:
    """Return spaces with their `open_times` around the wish, and whether its time `is_taken`."""
    starts_at, ends_at = wish.starts_at, wish.ends_at
    return Space.objects.with_place().annotate(
        open_times=RawSQL(
            OPEN_TIMES,
            [list(asker.audiences), asker.organisation_id, starts_at, ends_at],
            output_field=Field(),
        ),
        is_taken=RawSQL(
            IS_TAKEN,
            [ignoring or NO_BOOKING, starts_at, ends_at, starts_at, ends_at],
            output_field=BooleanField(),
        ),
    )


def is_conceivable(starts_at: datetime, ends_at: datetime, *, now: datetime) -> bool:
    """Whether any policy could allow the wish. Beyond that the database is not even asked."""
    return (
        now <= starts_at < ends_at
        and starts_at <= now + FARTHEST_BOOKING
        and ends_at - starts_at <= LONGEST_BOOKING
    )


def stretches(times: Multirange[datetime] | None) -> list[Stretch]:
    return [bounds(stretch) for stretch in times or ()]


def covers(times: Iterable[Stretch], wish: Wish) -> bool:
    return any(start <= wish.starts_at and wish.ends_at <= end for start, end in times)


def is_staffed(wish: Wish) -> bool:
    """Whether staff is there throughout the wish, where it matters: only then the database is asked."""
    if not wish.space.approval_unstaffed:
        return True
    wished = Range(wish.starts_at, wish.ends_at)
    openings = Opening.objects.filter(timetable=wish.space.timetable_in_force_id, is_staffed=True)
    staffed = openings.filter(period__overlap=wished).values_list("period", flat=True)
    return covers(merged(map(bounds, staffed)), wish)


def closed() -> Problem:
    return Problem("closed", _("The space is not open then. Look at its opening hours."), "starts_at")


def not_open_to(asker: Asker, space: Space, wish: Wish) -> Problem:
    """Say for whom the time is that is open, but not to the asker. Rare enough for a look of its own."""
    wished = Range(wish.starts_at, wish.ends_at)
    openings = Opening.objects.filter(timetable=space.timetable_in_force_id, period__overlap=wished)
    spans = openings.values_list("open_to", flat=True)
    others = {name for names in spans if not asker.belongs_to(names, space.venue.run_by_id) for name in names}
    return policies.not_for(others, asker)


def over_quota(space: Space, wish: Wish, asker: Asker, ignoring: int | None) -> Iterator[Problem]:
    """Judge the space's quotas, if it has any and somebody known asks. One statement then."""
    if not quotas.quotas_of(space) or asker.user_id is None:
        return
    day = local(wish.starts_at).date()
    since = moment(quotas.first_counted(space, day), time.min, CITY)
    booked = booked_by(asker).filter(space__venue=space.venue_id, starts_at__gte=since)
    begun = booked.exclude(booking=ignoring).values_list("starts_at", flat=True)
    yield from quotas.problems_with_quotas(space, day, begun)


def booked_by(asker: Asker) -> OccupancyQuerySet:
    """Return the dates that count for somebody's quota: the organisation's, or the person's own."""
    dates = Occupancy.objects.filter(booking__status__in=AGREED_OR_ASKED, released_at=None)
    if asker.organisation_id:
        return dates.filter(booking__organisation=asker.organisation_id)
    return dates.filter(booking__customer=asker.user_id, booking__organisation=None)


# --- What the form has to say ---------------------------------------------------------------------


def requirements(wish: Wish, *, customer: User, now: datetime) -> list[Problem]:
    """Return what the space's policy wants to be told before it is booked, and was not.

    Nobody is asked it who only looks for time, or keeps it while the form is open. Needs the space as it is.
    """
    return [
        *missing_purpose(wish),
        *missing_adult(wish),
        *missing_birth_date(wish.space, customer),
        *missing_terms(wish, now=now),
    ]


def missing_purpose(wish: Wish) -> Iterator[Problem]:
    if not wish.space.approval_purposes:
        return
    kinds = kinds_of_use(wish.space)
    if wish.main_purpose not in kinds and kinds:
        message = _("Choose the kind of use: some need the venue's approval.")
        yield Problem("purpose_missing", message, "main_purpose")


def kinds_of_use(space: Space) -> QuerySet[Purpose]:
    """Return from what a customer chooses: the space's purposes, and those that need approval."""
    return Purpose.objects.filter(Q(spaces=space) | Q(code__in=space.approval_purposes)).distinct()


def missing_adult(wish: Wish) -> Iterator[Problem]:
    if wish.space.needs_adult and not wish.adult_name.strip():
        message = _("Give the name of the adult who is in charge on the spot.")
        yield Problem("adult_missing", message, "adult_name")
    if wish.space.needs_adult and not wish.adult_phone.strip():
        message = _("Give a phone number at which the adult in charge answers.")
        yield Problem("adult_missing", message, "adult_phone")


def missing_birth_date(space: Space, customer: User) -> Iterator[Problem]:
    if space.min_age and customer.born_on is None:
        message = _("Give your date of birth: whoever books here must be at least %(age)d years old.")
        yield Problem("birth_date_missing", message % {"age": space.min_age}, "born_on")


def missing_terms(wish: Wish, *, now: datetime) -> Iterator[Problem]:
    version = terms_of_use.in_force(wish.space, now=now)
    if version is None or wish.accepted_terms == version:
        return
    if wish.accepted_terms and wish.accepted_terms.terms_id == version.terms_id:
        message = _("The terms of use have just changed. Read the new ones and accept them.")
        yield Problem("terms_changed", message, "accepted_terms")
    else:
        yield Problem("terms_not_accepted", _("Read the terms of use and accept them."), "accepted_terms")
