"""What happened to a booking, from the rows that triggers leave at every change."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

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
    events = [*changes_of_status(booking, reader), *changes_of_dates(booking, reader)]
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


def changes_of_dates(booking: Booking, reader: User) -> Iterator[Event]:
    """Yield what happened to single dates: they moved, were given back, or taken again.

    What happened to several in one act is one event.
    """
    doers: dict[tuple, list[str]] = defaultdict(list)
    for what, row, detail in steps_of(booking):
        by = row.released_by_id if what == _("Given back") else signed_in(row)
        doers[row.pgh_created_at, what, by].append(detail)
    for (at, what, by), details in doers.items():
        yield Event(what, at, who(by, booking, reader), "; ".join(details))


def steps_of(booking: Booking) -> Iterator[tuple[str, Any, str]]:
    """Yield what was done to each date that is, or was, the booking's: what, the row, and where it is."""
    events = apps.get_model("bookings", "OccupancyEvent").objects
    theirs = events.filter(booking=booking).order_by().values("pgh_obj")
    rows = (
        events.filter(pgh_obj__in=theirs).select_related("pgh_context", "space").order_by("pgh_obj", "pgh_id")
    )
    for _date, of_one in groupby(rows, key=lambda row: row.pgh_obj_id):
        for before, row in pairwise(of_one):
            if booking.pk not in {before.booking_id, row.booking_id}:
                continue  # it was another's by then
            if place_of(before) != place_of(row):
                there = f"{row.space.name.text}, {wording.full_when(row.starts_at, row.ends_at)}"
                yield _("Moved"), row, there
            if before.released_at is None and row.released_at:
                yield _("Given back"), row, wording.full_when(row.starts_at, row.ends_at)
            if before.released_at and row.released_at is None:
                yield _("Taken again"), row, wording.full_when(row.starts_at, row.ends_at)


def place_of(row) -> tuple:
    return row.space_id, row.starts_at, row.ends_at


def who(pk: int | None, booking: Booking, reader: User) -> str:
    if pk is None:
        return ""
    if pk == reader.pk:
        return _("you")
    if pk == booking.customer_id or permissions.can_decide(reader, booking):
        return str(User.objects.get(pk=pk))
    return _("the venue")
