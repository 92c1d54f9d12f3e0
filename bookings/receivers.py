"""What follows from a fact about a booking: only rows, in the same transaction.

The job is a row too: a booking that is rolled back sends no mail.
"""

from django.dispatch import receiver

from . import signals
from .lifecycle import ANNOUNCEMENTS
from .models import Booking
from .tasks import tell

FACTS = {signal: str(status) for status, signal in ANNOUNCEMENTS.items()} | {signals.booking_moved: "moved"}


@receiver(list(FACTS))
def tell_people(signal, booking: Booking, **kwargs) -> None:
    tell.defer(booking_id=booking.pk, what=FACTS[signal])
