"""What follows from a fact about a booking: only rows, in the same transaction.

The job is a row too: a booking that is rolled back sends no mail.
"""

from django.dispatch import receiver

from . import signals
from .lifecycle import ANNOUNCEMENTS
from .models import Booking, Hit, Impact
from .tasks import carry_out, tell, tell_of_failure

FACTS = {signal: str(status) for status, signal in ANNOUNCEMENTS.items()} | {signals.booking_moved: "moved"}


@receiver(list(FACTS))
def tell_people(signal, booking: Booking, hit: Hit | None = None, **kwargs) -> None:
    because = {"hit_id": hit.pk} if hit else {}
    tell.defer(booking_id=booking.pk, what=FACTS[signal], **because)


@receiver(signals.impact_decided)
def see_it_through(signal, impact: Impact, **kwargs) -> None:
    carry_out.configure(schedule_at=impact.due_at).defer(impact_id=impact.pk)


@receiver(signals.impact_failed)
def tell_who_decided(signal, impact: Impact, **kwargs) -> None:
    tell_of_failure.defer(impact_id=impact.pk)
