"""Until when, and what, a customer may give back. The venue's managers always may, until a date begins."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import chain

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from venues import wording

from . import permissions
from .models import AGREED_OR_ASKED, Booking, Occupancy, Status
from .wishes import dates_left


def deadline_of(date: Occupancy, booking: Booking) -> datetime:
    """Return until when the date can be given back by its customer. Needs the booking's `space` loaded."""
    if not has_rules(booking):
        return date.starts_at
    return date.starts_at - timedelta(hours=booking.space.give_back_hours)


def has_rules(booking: Booking) -> bool:
    """Whether the venue's rules of giving back hold: for series that were agreed to."""
    return booking.series_id is not None and booking.status != Status.REQUESTED


def must_allow_all(booking: Booking, *, by: User, now: datetime) -> None:
    """Raise `Refused` if a booking may not be given back as a whole."""
    must_allow(dates_left(booking), {booking.pk: booking}, by=by, now=now)


def must_allow(
    dates: Collection[Occupancy], bookings: Mapping[int, Booking], *, by: User, now: datetime
) -> None:
    """Raise `Refused` if these dates of bookings, by id, may not be given back by this person in one go."""
    found = problems_with(dates, bookings, by=by, now=now)
    if found:
        raise Refused(*dict.fromkeys(chain(*found.values())))


def problems_with(
    dates: Collection[Occupancy], bookings: Mapping[int, Booking], *, by: User, now: datetime
) -> dict[int, list[Problem]]:
    """Return what is against giving these dates back in one go, by the ids of those that may not be."""
    found: dict[int, list[Problem]] = defaultdict(list)
    for booking in bookings.values():
        if not has_rules(booking) or permissions.can_decide(by, booking):
            continue
        theirs = [date for date in dates if date.booking_id == booking.pk]
        stay = not booking.space.single_dates_go_back and leaves_some(booking, dates, now=now)
        for date in theirs:
            if stay:
                found[date.pk].append(dates_stay())
            elif problem := too_late(date, booking, now=now):
                found[date.pk].append(problem)
    return dict(found)


def too_late(date: Occupancy, booking: Booking, *, now: datetime) -> Problem | None:
    deadline = deadline_of(date, booking)
    if now <= deadline:
        return None
    message = _("This date could be given back until %(day)s %(time)s. Tell the venue that you do not come.")
    said = {"day": wording.day(deadline), "time": wording.clock_time(deadline)}
    return Problem("too_late_to_give_back", message % said)


def problem_with_moving(date: Occupancy, booking: Booking, *, by: User, now: datetime) -> Problem | None:
    """Say what keeps a customer from moving a date: whoever moves one late gives its time back late."""
    if not has_rules(booking) or permissions.can_decide(by, booking):
        return None
    return too_late(date, booking, now=now)


def must_allow_moving(date: Occupancy, booking: Booking, *, by: User, now: datetime) -> None:
    """Raise `Refused` if this person may not move a date any more."""
    if problem := problem_with_moving(date, booking, by=by, now=now):
        raise Refused(problem)


def leaves_some(booking: Booking, dates: Collection[Occupancy], *, now: datetime) -> bool:
    """Whether dates of the booking's series would be left beside these that could go back too."""
    coming = Occupancy.objects.filter(
        booking__series=booking.series_id,
        booking__status__in=AGREED_OR_ASKED,
        released_at=None,
        starts_at__gt=now,
    )
    others = coming.exclude(pk__in=[date.pk for date in dates]).select_related("booking__space")
    return any(now <= deadline_of(other, other.booking) for other in others if other.booking)


def dates_stay() -> Problem:
    return Problem(
        "dates_stay", _("Here single dates are not given back: only all the rest of the series at once.")
    )
