"""Until when, and what, a customer may give back. The venue's managers always may, until a date begins."""

from collections.abc import Collection
from datetime import datetime, timedelta

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
    """Whether the venue's rules of giving back hold: for series that were agreed, and not yet for requests."""
    return booking.series_id is not None and booking.status != Status.REQUESTED


def must_allow_all(booking: Booking, *, by: User, now: datetime) -> None:
    """Raise `Refused` if a booking may not be given back as a whole."""
    must_allow(dates_left(booking), {booking.pk: booking}, by=by, now=now)


def must_allow(
    dates: Collection[Occupancy], bookings: dict[int, Booking], *, by: User, now: datetime
) -> None:
    """Raise `Refused` if these dates of bookings, by id, may not be given back by this person in one go."""
    problems = []
    for booking in bookings.values():
        if not has_rules(booking) or permissions.can_decide(by, booking):
            continue
        theirs = [date for date in dates if date.booking_id == booking.pk]
        problems += [late for date in theirs if (late := too_late(date, booking, now=now))]
        if not booking.space.single_dates_go_back and leaves_some(booking, dates, now=now):
            problems.append(dates_stay())
    if problems:
        raise Refused(*dict.fromkeys(problems))


def too_late(date: Occupancy, booking: Booking, *, now: datetime) -> Problem | None:
    deadline = deadline_of(date, booking)
    if now <= deadline:
        return None
    message = _("This date could be given back until %(day)s %(time)s. Tell the venue that you do not come.")
    said = {"day": wording.day(deadline), "time": wording.clock_time(deadline)}
    return Problem("too_late_to_give_back", message % said)


def leaves_some(booking: Booking, dates: Collection[Occupancy], *, now: datetime) -> bool:
    """Whether dates to come of the booking's series would be left beside these."""
    coming = Occupancy.objects.filter(
        booking__series=booking.series_id,
        booking__status__in=AGREED_OR_ASKED,
        released_at=None,
        starts_at__gt=now,
    )
    return coming.exclude(pk__in=[date.pk for date in dates]).exists()


def dates_stay() -> Problem:
    return Problem(
        "dates_stay", _("Here single dates are not given back: only all the rest of the series at once.")
    )
