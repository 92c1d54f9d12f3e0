"""Requests that compete for the same time: one of them gets it, and what others hold can go to none."""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from venues import wording

from .models import Booking, BookingQuerySet, Occupancy, Status
from .models.occupancies import OccupancyQuerySet


def of(booking: Booking) -> BookingQuerySet:
    """Competing requests that cannot be approved beside this one."""
    if not booking.competes:
        return Booking.objects.none()
    wanting = in_the_way_of(booking).filter(booking__status=Status.REQUESTED, booking__competes=True)
    return Booking.objects.filter(pk__in=wanting.values("booking")).exclude(pk=booking.pk)


def in_the_way_of(booking: Booking) -> OccupancyQuerySet:
    """Return what cannot stand beside the dates of a booking, their buffers included, and they themselves."""
    mine = Occupancy.objects.filter(
        Q(with_setup__overlap=OuterRef("with_setup")) | Q(with_cleanup__overlap=OuterRef("with_cleanup")),
        booking=booking,
        released_at=None,
    )
    return Occupancy.objects.on_floor_of(booking.space).filter(Exists(mine), released_at=None)


def must_leave_free(booking: Booking, dates: Sequence[Occupancy]) -> None:
    """Raise `Refused` if others hold the time of dates of a competing request, with the times if it has many.

    What closures hold is for `making_way` to say.
    """
    others = in_the_way_of(booking).holding().filter(closure=None).exclude(booking=booking)
    held = list(others) if len(dates) > 1 else []  # of one date the database itself says so
    gone = [date for date in dates if any(overlap(date, other) for other in held)]
    if gone:
        times = ", ".join(wording.when(date.starts_at, date.ends_at) for date in gone)
        message = _("These dates have gone to somebody else: %(times)s.") % {"times": times}
        raise Refused(Problem("time_taken", message, "starts_at"))


def overlap(one: Occupancy, other: Occupancy) -> bool:
    """Whether two dates on the same floor cannot stand beside each other."""
    return (one.setup_at < other.ends_at and other.setup_at < one.ends_at) or (
        one.starts_at < other.clear_at and other.starts_at < one.clear_at
    )


def given_to_another(customer: User | None) -> str:
    with translation.override(customer.language if customer else settings.LANGUAGE_CODE):
        return str(_("The time was given to another applicant."))
