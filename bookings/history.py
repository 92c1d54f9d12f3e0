"""What happened to a booking, from the rows that triggers leave at every change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.utils.translation import gettext as _

from accounts.models import User
from venues import wording

from . import permissions
from .models import Booking, Status


@dataclass(frozen=True)
class Event:
    what: str
    at: datetime
    by: str = ""
    detail: str = ""


def of(booking: Booking, *, reader: User) -> list[Event]:
    """Return what happened, newest first. Colleagues at the venue have names only for each other."""
    events = [*changes_of_status(booking, reader), *moves(booking, reader)]
    return sorted(events, key=lambda event: event.at, reverse=True)


def changes_of_status(booking: Booking, reader: User) -> Iterator[Event]:
    before = None
    events = apps.get_model("bookings", "BookingEvent").objects.select_related("pgh_context")
    for row in events.filter(pgh_obj=booking).order_by("pgh_id"):
        if row.status not in {before, Status.HELD}:
            yield Event(
                said(row.status), row.pgh_created_at, who(doer(row, before), booking, reader), row.reason
            )
        before = row.status


def said(status: str) -> str:
    return {
        Status.REQUESTED: _("Request sent"),
        Status.AWAITING_PAYMENT: _("Accepted, waiting for payment"),
        Status.CONFIRMED: _("Confirmed"),
        Status.DECLINED: _("Declined"),
        Status.CANCELLED: _("Cancelled"),
        Status.EXPIRED: _("Expired"),
    }[Status(status)]


def doer(row, before: str | None) -> int | None:
    """Return whose doing a change of status was; a deadline is nobody's."""
    if row.status == Status.CANCELLED:
        return row.cancelled_by_id
    if row.status == Status.EXPIRED:
        return None
    if before == Status.AWAITING_PAYMENT:
        return signed_in(row)
    return row.decided_by_id or row.customer_id


def signed_in(row) -> int | None:
    """Return who was signed in when the row was written, if anybody."""
    return row.pgh_context.metadata.get("user") if row.pgh_context else None


def moves(booking: Booking, reader: User) -> Iterator[Event]:
    events = apps.get_model("bookings", "OccupancyEvent").objects.select_related("pgh_context", "space")
    for date in booking.dates.all():
        before = None
        for row in events.filter(pgh_obj=date).order_by("pgh_id"):
            place_and_time = row.space_id, row.starts_at, row.ends_at
            if before not in {None, place_and_time}:
                yield Event(
                    _("Moved"),
                    row.pgh_created_at,
                    who(signed_in(row), booking, reader),
                    f"{row.space.name.text}, {wording.full_when(row.starts_at, row.ends_at)}",
                )
            before = place_and_time


def who(pk: int | None, booking: Booking, reader: User) -> str:
    if pk is None:
        return ""
    if pk == reader.pk:
        return _("you")
    if pk == booking.customer_id or permissions.can_decide(reader, booking):
        return str(User.objects.get(pk=pk))
    return _("the venue")
