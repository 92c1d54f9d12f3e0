"""What follows from a fact about a booking or a space: only rows, in the same transaction.

The job is a row too: a booking that is rolled back sends no mail.
"""

from datetime import datetime

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Organisation
from accounts.signals import organisations_merged
from venues.models import Space

from . import closures, mergers, signals
from .models import Booking, Hit, Impact, Offer, Waiting
from .moves import ANNOUNCEMENTS
from .tasks import carry_out, lapse, offer_freed, tell, tell_of_failure

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


@receiver(signals.time_freed)
def offer_to_those_who_wait(signal, times: list[tuple[int, datetime, datetime]], **kwargs) -> None:
    halls = {hall_id for hall_id, _starts_at, _ends_at in times}
    awaited = Waiting.objects.open().filter(spaces__hall_id__in=halls)
    wanted = set(awaited.order_by().values_list("spaces__hall_id", flat=True))
    for hall_id, starts_at, ends_at in times:
        if hall_id in wanted:
            offer_freed.defer(hall_id=hall_id, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())


@receiver(signals.offer_made)
def let_it_lapse(signal, offer: Offer, **kwargs) -> None:
    lapse.configure(schedule_at=offer.expires_at).defer(offer_id=offer.pk)


@receiver(organisations_merged)
def bring_along_what_is_theirs(signal, organisation: Organisation, into: Organisation, **kwargs) -> None:
    mergers.follow(organisation, into)


@receiver(post_save, sender=Space)
def close_what_it_reaches(instance: Space, created: bool, **kwargs) -> None:
    """A new part may reach closed floor that could not be booked before, beside a booking that was kept."""
    if created and instance.part_of_id:
        closures.fill_halls([instance.part_of_id], now=timezone.now())
