"""The moves of a booking from status to status, and the locks under which they are made.

The only writer of `status`. Which move is made when, and what else it takes, is for `lifecycle` to say.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from accounts.memberships import organisation_closed
from accounts.models import Organisation, User
from accounts.problems import Problem, Refused
from accounts.versions import ChangedMeanwhile
from venues.clock import local
from venues.models import Space

from . import charges, closures, giving_back, occupancies, sanctions, signals
from .models import ENDED, Booking, Hit, Occupancy, Status
from .wishes import dates_left

ALLOWED_MOVES = {
    Status.HELD: {
        Status.REQUESTED,
        Status.AWAITING_PAYMENT,
        Status.CONFIRMED,
        Status.CANCELLED,
        Status.EXPIRED,
    },
    Status.REQUESTED: {
        Status.AWAITING_PAYMENT,
        Status.CONFIRMED,
        Status.DECLINED,
        Status.CANCELLED,
        Status.EXPIRED,
    },
    Status.AWAITING_PAYMENT: {Status.CONFIRMED, Status.CANCELLED, Status.EXPIRED},
    Status.CONFIRMED: {Status.CANCELLED},
    # Paid too late, and the time is still free.
    Status.EXPIRED: {Status.CONFIRMED},
}
ANNOUNCEMENTS = {
    Status.REQUESTED: signals.booking_requested,
    Status.AWAITING_PAYMENT: signals.booking_awaits_payment,
    Status.CONFIRMED: signals.booking_confirmed,
    Status.DECLINED: signals.booking_declined,
    Status.CANCELLED: signals.booking_cancelled,
    Status.EXPIRED: signals.booking_expired,
}


class MoveNotAllowed(Refused):
    """The booking is not in a state from which this can be done."""

    def __init__(self, booking: Booking):
        super().__init__(
            Problem(
                "move_not_allowed",
                _("This cannot be done any more. The booking is now: %(status)s.")
                % {"status": Status(booking.status).label},
            )
        )


# --- The locks ------------------------------------------------------------------------------------


# All in one statement, and in this order: every booking comes by here.
LOCK_CUSTOMER = """
    select null::date, false from (select from accounts_user where id = %(person)s for no key update) person
    union all
    select null, closed_at is not null from (
        select closed_at from accounts_organisation where id = %(organisation)s for no key update
    ) organisation
    union all
    select until, false from bookings_sanction
    where (person_id = %(person)s or organisation_id = %(organisation)s)
      and (venue_id is null and %(is_to_book)s or venue_id = any(%(venues)s))
      and kind = 'ban' and decided_at is not null and dropped_at is null and lifted_at is null
      and until >= %(today)s
"""


def lock_customer(
    customer: User | None,
    organisation: Organisation | None,
    *,
    to_book_at: Iterable[int] = (),
    now: datetime | None = None,
) -> None:
    """Wait for our turn with this customer, so that a quota judges two requests at once in turn.

    The person first, then the organisation for which they book. Raises `Refused` if they are to book at
    venues, by id, and the organisation has ended, or one of the venues is closed to them by a ban: the
    condition is `Sanction.objects.in_force`.
    """
    if not customer:
        return
    venues = list(to_book_at)
    asked = {
        "person": customer.pk,
        "organisation": organisation.pk if organisation else None,
        "venues": venues,
        "is_to_book": bool(venues),
        "today": local(now).date() if now else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CUSTOMER, asked)
        found = cursor.fetchall()
    if venues and any(is_closed for _until, is_closed in found):
        raise Refused(organisation_closed())
    if bans := [until for until, _is_closed in found if until]:
        raise sanctions.banned(max(bans))


def lock_to_move(booking: Booking, to: Space, *, now: datetime) -> None:
    """Wait for our turn with a booking's customer, who is about to move to a space.

    What was booked before a ban may be moved where it is; at another venue it is a booking like a new one.
    """
    elsewhere = [to.venue_id] if to.venue_id != booking.space.venue_id else []
    lock_customer(booking.customer, booking.organisation, to_book_at=elsewhere, now=now)


def in_hand(booking: Booking, *, also: Iterable[int] = ()) -> Booking:
    """Lock the booking's halls, others named by id, and the booking. Return it as it is now.

    Raises `ChangedMeanwhile` if it has moved to a hall that we did not lock.
    """
    halls = {*halls_of(booking.pk), *also}
    occupancies.lock_halls(halls)
    (fresh,) = locked([booking.pk])
    if not halls_of(booking.pk) <= halls:
        raise ChangedMeanwhile
    return fresh


def halls_of(pk: int) -> set[int]:
    return set(Occupancy.objects.filter(booking=pk).values_list("hall_id", flat=True))


def locked(pks: Iterable[int]) -> list[Booking]:
    """Lock bookings in id order and return them as they are now, with their place."""
    bookings = Booking.objects.select_for_update(of=("self",)).filter(pk__in=pks)
    return list(
        bookings.select_related("space__venue", "space__part_of", "customer", "organisation").order_by("pk")
    )


# --- What has to be so ----------------------------------------------------------------------------


def must_be(booking: Booking, *statuses: Status) -> None:
    """Raise `MoveNotAllowed` unless the booking has one of the statuses."""
    if booking.status not in statuses:
        raise MoveNotAllowed(booking)


def must_allow(booking: Booking, status: Status) -> None:
    """Raise `MoveNotAllowed` unless the booking may go from its status to this one."""
    if status not in ALLOWED_MOVES.get(Status(booking.status), set()):
        raise MoveNotAllowed(booking)


def must_be_in_time(booking: Booking, *, now: datetime) -> None:
    """Raise `Refused` if the booking has run out, though nobody has ended it yet."""
    if booking.is_overdue(now):
        raise Refused(
            Problem("lapsed", _("The time to answer or to pay has run out. The customer can ask again."))
        )


def must_not_be_being_paid(booking: Booking) -> None:
    """Raise `Refused` while somebody pays for the booking: it stays what they pay for."""
    if booking.is_being_paid:
        message = _("Somebody is paying for this booking right now. Try again in a while.")
        raise Refused(Problem("being_paid", message))


def must_not_have_begun(dates: Iterable[Occupancy], *, now: datetime) -> None:
    """Raise `Refused` if one of the dates has begun: what has begun stays as it was."""
    if any(date.starts_at <= now for date in dates):
        raise already_begun()


def already_begun() -> Refused:
    return Refused(Problem("already_begun", _("This booking has already begun and cannot be changed.")))


# --- The moves themselves -------------------------------------------------------------------------


def set_status(booking: Booking, status: Status) -> None:
    """Go to another status, along `ALLOWED_MOVES` only. A new booking begins as a hold that is not saved."""
    must_allow(booking, status)
    booking.status = status


def change(
    booking: Booking, status: Status, *, by: User | None = None, also: Iterable[str] = (), now: datetime
) -> None:
    """Save a new status and announce it. The end of a hold is told to nobody: it was only a form.

    Time that it gives back closes again if it was a hole in a closure.
    """
    was, held_time = Status(booking.status), booking.is_live
    set_status(booking, status)
    booking.save(update_fields=["status", *also])
    if held_time and status in ENDED:
        closures.freed_by(booking, now=now)
    if was == Status.HELD:
        return
    if was == Status.CONFIRMED:
        giving_back.charge_less(dates_left(booking), booking, was, by=by, now=now)
    elif status in ENDED:
        charges.take_back_all(booking, by=by, now=now)
    announce(booking, by=by)


def end(booking: Booking, status: Status, *, by: User, reason: str, now: datetime) -> Booking:
    """End a booking by somebody's word."""
    booking.reason = reason
    if status == Status.DECLINED:
        booking.decided_at, booking.decided_by = now, by
    else:
        booking.cancelled_at, booking.cancelled_by = now, by
    also = ["reason", "decided_at", "decided_by", "cancelled_at", "cancelled_by"]
    change(booking, status, by=by, also=also, now=now)
    return booking


def end_quietly(booking: Booking, *, by: User, now: datetime) -> None:
    """Cancel a booking of which nothing is left but dates given back: nobody has to be told."""
    set_status(booking, Status.CANCELLED)
    booking.cancelled_at, booking.cancelled_by = now, by
    booking.save(update_fields=["status", "cancelled_at", "cancelled_by"])


def split_off(booking: Booking, space: Space) -> Booking:
    """Return the booking to which a date of this one belongs in another space: of the same series, with the
    same status and texts. Needs the locks of both halls.
    """
    if booking.series_id:
        others = Booking.objects.filter(series=booking.series_id, space=space, competes=booking.competes)
        if there := others.filter(status=booking.status).order_by("pk").first():
            return there
    copy = Booking.objects.get(pk=booking.pk)
    copy.pk, copy.space, copy._state.adding = None, space, True
    copy.save()
    return copy


def announce(booking: Booking, *, by: User | None, hit: Hit | None = None) -> None:
    ANNOUNCEMENTS[Status(booking.status)].send(Booking, booking=booking, by=by, hit=hit)
