"""What follows from a fact about a booking or a space: only rows, in the same transaction.

The job is a row too: a booking that is rolled back sends no mail.
"""

from datetime import datetime
from uuid import uuid4

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Invitation, Organisation, User
from accounts.signals import invitation_made, organisations_merged
from venues.models import Space

from . import closures, mergers, signals
from .models import Booking, Hit, Impact, Message, Occupancy, Offer, Sanction, Series, Swap, Waiting
from .moves import ANNOUNCEMENTS
from .tasks import (
    carry_out,
    invite,
    lapse,
    offer_freed,
    send_message,
    tell,
    tell_of_dates,
    tell_of_failure,
    tell_of_offer,
    tell_of_sanction,
    tell_of_series,
    tell_of_swap,
    tell_of_waiting,
)

FACTS = {signal: str(status) for status, signal in ANNOUNCEMENTS.items()} | {signals.booking_moved: "moved"}


def cause_of(what: str, pk: int) -> str:
    """Name one fact, so that a job that is tried again tells it once."""
    return f"{what} {pk} {uuid4().hex}"


@receiver(list(FACTS))
def tell_people(signal, booking: Booking, hit: Hit | None = None, **kwargs) -> None:
    what = FACTS[signal]
    because = {"hit_id": hit.pk} if hit else {}
    tell.defer(booking_id=booking.pk, what=what, cause=cause_of(what, booking.pk), **because)


@receiver(signals.dates_released)
def tell_what_went_back(
    signal, booking: Booking, dates: list[int], by: User | None = None, hit: Hit | None = None, **kwargs
) -> None:
    tell_dates("released", booking, dates, by, hit)


@receiver([signals.date_moved, signals.date_taken_again])
def tell_what_became_of_it(
    signal, booking: Booking, date: Occupancy, by: User | None = None, hit: Hit | None = None, **kwargs
) -> None:
    tell_dates("moved" if signal is signals.date_moved else "again", booking, [date.pk], by, hit)


@receiver(signals.series_changed)
def tell_what_was_moved(signal, series: Series, dates: list[int], what: str, by: User, **kwargs) -> None:
    if what != "moved":
        return
    for booking in Booking.objects.filter(dates__in=dates).distinct():
        theirs = booking.dates.filter(pk__in=dates).values_list("pk", flat=True)
        tell_dates("moved", booking, list(theirs), by, None)


def tell_dates(what: str, booking: Booking, dates: list[int], by: User | None, hit: Hit | None) -> None:
    tell_of_dates.defer(
        booking_id=booking.pk,
        what=what,
        dates=dates,
        cause=cause_of(f"dates {what}", booking.pk),
        hit_id=hit.pk if hit else None,
        by_id=by.pk if by else None,
    )


@receiver(signals.series_booked)
def tell_of_the_season(signal, series: Series, **kwargs) -> None:
    tell_of_series.defer(series_id=series.pk, cause=cause_of("series", series.pk))


@receiver(signals.message_kept)
def send_it(signal, message: Message, **kwargs) -> None:
    send_message.defer(message_id=message.pk)


@receiver(invitation_made)
def write_to_who_is_invited(signal, invitation: Invitation, **kwargs) -> None:
    invite.defer(invitation_id=invitation.pk)


@receiver(signals.swap_proposed)
def tell_whose_date_is_wanted(signal, swap: Swap, **kwargs) -> None:
    tell_of_swap.defer(swap_id=swap.pk, what="proposed")


@receiver(signals.swap_answered)
def tell_who_proposed(signal, swap: Swap, **kwargs) -> None:
    tell_of_swap.defer(swap_id=swap.pk, what=swap.state)


SANCTIONS = {
    signals.sanction_proposed: "proposed",
    signals.sanction_answered: "answered",
    signals.sanction_decided: "decided",
    signals.sanction_ended: "ended",
}


@receiver(list(SANCTIONS))
def tell_of_the_sanction(signal, sanction: Sanction, **kwargs) -> None:
    tell_of_sanction.defer(sanction_id=sanction.pk, what=SANCTIONS[signal])


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
def tell_and_let_it_lapse(signal, offer: Offer, **kwargs) -> None:
    tell_of_offer.defer(offer_id=offer.pk, what="made")
    lapse.configure(schedule_at=offer.expires_at).defer(offer_id=offer.pk)


@receiver(signals.offer_withdrawn)
def tell_that_it_is_gone(signal, offer: Offer, **kwargs) -> None:
    tell_of_offer.defer(offer_id=offer.pk, what="withdrawn")


@receiver(signals.waiting_ended)
def tell_that_they_wait_no_more(signal, waiting: Waiting, why: str, **kwargs) -> None:
    if why in {"over", "not_allowed"}:  # the rest is their own doing
        tell_of_waiting.defer(waiting_id=waiting.pk, why=why)


@receiver(organisations_merged)
def bring_along_what_is_theirs(signal, organisation: Organisation, into: Organisation, **kwargs) -> None:
    mergers.follow(organisation, into)


@receiver(post_save, sender=Space)
def close_what_it_reaches(instance: Space, created: bool, **kwargs) -> None:
    """A new part may reach closed floor that could not be booked before, beside a booking that was kept."""
    if created and instance.part_of_id:
        closures.fill_halls([instance.part_of_id], now=timezone.now())
