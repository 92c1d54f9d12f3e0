"""What follows from a fact about a booking: only rows, in the same transaction.

The job is a row too: a booking that is rolled back sends no mail.
"""

from django.dispatch import receiver

from . import signals
from .models import Booking, Status
from .tasks import tell

FACTS = {
    signals.booking_requested: Status.REQUESTED,
    signals.booking_awaits_payment: Status.AWAITING_PAYMENT,
    signals.booking_confirmed: Status.CONFIRMED,
    signals.booking_declined: Status.DECLINED,
    signals.booking_cancelled: Status.CANCELLED,
    signals.booking_expired: Status.EXPIRED,
    signals.booking_moved: "moved",
}


@receiver(list(FACTS))
def tell_people(signal, booking: Booking, **kwargs) -> None:
    tell.defer(booking_id=booking.pk, what=str(FACTS[signal]))
