"""What money does to a booking: it waits for it, does not run out meanwhile, and is confirmed by it.

Called by `payments`, which knows whether the money has come. The locks are those of `bookings.lifecycle`.
"""

from datetime import datetime

from django.db import transaction

from . import charges, lifecycle, occupancies
from .models import Booking, Status
from .moves import announce, change, in_hand, must_be, must_be_in_time, set_status
from .transactions import in_one_transaction
from .wishes import dates_left


@in_one_transaction
def keep_while_paid(booking: Booking, *, now: datetime) -> None:
    """Let a booking that waits for its payment not run out while somebody pays. Raises `MoveNotAllowed`, and
    `Refused` if it has run out already.
    """
    booking = in_hand(booking)
    must_be(booking, Status.AWAITING_PAYMENT)
    must_be_in_time(booking, now=now)
    note_paying(booking, True)


@in_one_transaction
def stop_paying(booking: Booking, *, now: datetime) -> None:
    """Let a booking go its way again: nobody pays for it any more, or it is paid."""
    note_paying(in_hand(booking), False)


def note_paying(booking: Booking, is_being_paid: bool) -> None:
    booking.is_being_paid = is_being_paid
    booking.save(update_fields=["is_being_paid"])


@in_one_transaction
def pay(booking: Booking, *, now: datetime) -> Booking:
    """Confirm a booking whose money has come, be it a little late. Raises `MoveNotAllowed`."""
    booking = in_hand(booking)
    must_be(booking, Status.AWAITING_PAYMENT)
    change(booking, Status.CONFIRMED, now=now)
    return booking


@in_one_transaction
def confirm_late(booking: Booking, *, now: datetime) -> bool:
    """Confirm a booking that ran out before its money came, if all of its time is still free.

    Returns whether it was: the constraints decide. It costs what it did.
    """
    booking = in_hand(booking)
    dates = dates_left(booking)
    if booking.status != Status.EXPIRED or any(date.starts_at <= now for date in dates):
        return False
    lifecycle.sweep(booking.space.hall_id, now=now)
    try:
        with transaction.atomic(), occupancies.refused_as_time_taken():
            set_status(booking, Status.CONFIRMED)
            booking.save(update_fields=["status"])
    except occupancies.TimeTaken:
        return False
    charges.charge_again(booking, now=now)
    announce(booking, by=None)
    return True
