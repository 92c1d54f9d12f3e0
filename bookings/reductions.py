"""What a manager takes off the price of a booking, with a reason that its customer reads."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from venues.money import euros

from . import charges, lifecycle
from .models import Booking, PriceLine
from .moves import in_hand, must_not_be_being_paid
from .transactions import in_one_transaction

LONGEST_REASON = 300


@in_one_transaction
def reduce(booking: Booking, cents: int, reason: str, *, by: User, now: datetime) -> Booking:
    """Take so many cents, VAT included, off what is owed for a booking; what was paid beyond it goes back.

    Of a booking with many dates each bears its part. Raises `Refused` without a reason, for more than is
    owed, and while somebody pays for it.
    """
    if not reason.strip():
        message = _("Give a reason for the reduction. The customer reads it.")
        raise Refused(Problem("reason_missing", message, "reason"))
    booking = in_hand(booking)
    must_not_be_being_paid(booking)
    dates = PriceLine.objects.filter(booking=booking).values_list("date", flat=True)
    standing = charges.standing(set(dates)).values()
    shares = [share for each in standing if each.booking_id == booking.pk for share in each.shares]
    owed = sum(share.gross_cents for share in shares)
    if not 0 < cents <= owed:
        message = _("A reduction is from one cent to what is owed: %(owed)s.")
        raise Refused(Problem("reduction_out_of_range", message % {"owed": euros(owed)}, "cents"))
    charges.add(charges.reductions(shares, cents, reason.strip(), by=by, now=now), now=now)
    lifecycle.confirm_if_free(booking, now=now)
    return booking
