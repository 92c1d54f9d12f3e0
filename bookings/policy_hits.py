"""Which bookings a change of policy would have refused, had it been in force when they were made.

What a customer has agreed to stays agreed: notice, how far ahead and quotas are not judged again, and what
was against the old policy already is no fault of the new one.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.problems import Problem
from venues.audiences import Asker, asker
from venues.clock import local
from venues.fields import bounds
from venues.models import Opening, Space
from venues.opening_hours import Stretch, merged
from venues.policies import problems_with, problems_with_opening
from venues.policy_layers import POLICY_FIELDS

from .models import AGREED_OR_ASKED, Occupancy

JUDGED_AGAIN = {
    "off_step",
    "too_short",
    "too_long",
    "not_a_whole_day",
    "not_at_this_time",
    "not_for_you",
}
# The columns of a policy on which these depend.
COLUMNS = [
    "start_step",
    "starts_from",
    "start_minute",
    "min_minutes",
    "max_minutes",
    "is_whole_day",
    "bookable_when",
    "who_may_book",
]


def read(spaces: QuerySet[Space]) -> dict[int, Space]:
    """Return spaces by id, with the policies now in force in them."""
    return {space.pk: space for space in spaces.select_related("venue")}


def violations(
    before: Mapping[int, Space], after: Mapping[int, Space], *, now: datetime
) -> dict[int, list[Problem]]:
    """Return the dates still to come that the policy was content with before, and is not after.

    Among them are places to which impacts are about to move dates.
    """
    changed = [pk for pk, space in after.items() if pk in before and differ(space, before[pk])]
    ahead = Occupancy.objects.filter(space__in=changed, starts_at__gt=now)
    booked = ahead.filter(booking__status__in=AGREED_OR_ASKED, released_at=None)
    promised = ahead.promised()
    openings = openings_of([*before.values(), *after.values()], now=now) if changed else {}
    found = {}
    for date in chain(
        booked.select_related("booking__customer", "booking__organisation"),
        promised.select_related("hit__date__booking__customer", "hit__date__booking__organisation"),
    ):
        if problems := problems_of(date, after[date.space_id], openings, now):
            known = {problem.code for problem in problems_of(date, before[date.space_id], openings, now)}
            if new := [problem for problem in problems if problem.code not in known]:
                found[date.pk] = new
    return found


def problems_today(dates: Sequence[Occupancy], *, now: datetime) -> dict[int, set[str]]:
    """Return what the policies in force have against dates, by code. Each needs its booking, customer and
    organisation loaded.
    """
    spaces = read(Space.objects.filter(pk__in={date.space_id for date in dates}))
    openings = openings_of(spaces.values(), now=now)
    return {
        date.pk: {problem.code for problem in problems_of(date, spaces[date.space_id], openings, now)}
        for date in dates
    }


def differ(one: Space, other: Space) -> bool:
    return any(getattr(one, column) != getattr(other, column) for column in COLUMNS)


def problems_of(
    date: Occupancy, space: Space, openings: Mapping[int, list[Opening]], now: datetime
) -> list[Problem]:
    booking = date.hit.booking if date.hit else date.booking
    assert booking is not None
    who = asker(booking.customer, booking.organisation, today=local(now).date())
    problems = problems_with(
        space, date.starts_at, date.ends_at, attendees=booking.attendees, asker=who, now=now
    )
    if depends_on_opening(space):
        stretch = open_around(date, space, who, openings[space.timetable_in_force_id])
        problems += problems_with_opening(space, date.starts_at, date.ends_at, stretch)
    return [for_managers(problem) for problem in problems if problem.code in JUDGED_AGAIN]


def for_managers(problem: Problem) -> Problem:
    """Say of somebody else what is said to whoever books."""
    if problem.code != "not_for_you":
        return problem
    return replace(problem, message=_("Whoever booked it is not among those who may book."))


def depends_on_opening(space: Space) -> bool:
    return space.is_whole_day or space.starts_from == Space.StartsFrom.OPENING


def openings_of(spaces: Iterable[Space], *, now: datetime) -> dict[int, list[Opening]]:
    """Return the openings to come of the timetables on which the policies depend."""
    timetables = {space.timetable_in_force_id for space in spaces if depends_on_opening(space)}
    found: dict[int, list[Opening]] = defaultdict(list)
    for opening in Opening.objects.filter(timetable__in=timetables, period__endswith__gt=now):
        found[opening.timetable_id].append(opening)
    return found


def open_around(date: Occupancy, space: Space, who: Asker, openings: Iterable[Opening]) -> Stretch | None:
    """Return the whole stretch, open to whoever asks, in which the date begins."""

    def open_to_them() -> Iterator[Stretch]:
        for opening in openings:
            if who.belongs_to(opening.open_to, space.venue.run_by_id):
                yield bounds(opening.period)

    stretches = merged(open_to_them())
    return next((each for each in stretches if each[0] <= date.starts_at < each[1]), None)


# --- What a layer said, as an impact remembers it -------------------------------------------------


def json_of(values: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder))


def values_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `json_of` has noted as `change_policy` takes it."""
    return {name: POLICY_FIELDS[name].to_python(value) for name, value in said.items()}
