"""Work in the background: load by id, one rule call."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from venues import openings
from venues.clock import local
from venues.models import Timetable

from . import impacts, lifecycle, messages, waiting
from .models import Booking, Hit, Impact, KeptAnswer, Offer

logger = logging.getLogger(__name__)


@app.task(queue="mail", retry=5)
def tell(booking_id: int, what: str, hit_id: int | None = None) -> None:
    """Tell the people concerned what became of a booking, and if a change hit it, of that."""
    causes = Hit.objects.select_related("impact__closure", "space__venue")
    hit = causes.get(pk=hit_id) if hit_id else None
    messages.tell(Booking.objects.with_place().get(pk=booking_id), what, hit=hit)


@app.task(queue="mail", retry=5)
def tell_of_failure(impact_id: int) -> None:
    """Tell whoever decided that it could not be carried out."""
    messages.tell_of_failure(Impact.objects.select_related("venue", "created_by").get(pk=impact_id))


@app.task(retry=5)
def carry_out(impact_id: int) -> None:
    """Carry out what was decided, if nobody has undone it, as soon as it is due; what is older goes first."""
    now = timezone.now()
    carry_out_each(Impact.objects.due(now).filter(pk__lte=impact_id), now=now)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="carry_out_due")
def carry_out_due(timestamp: int) -> None:
    """Carry out what is due and was missed: no decision is forgotten because a worker died."""
    now = timezone.now()
    carry_out_each(Impact.objects.due(now), now=now)


def carry_out_each(due: Iterable[Impact], *, now: datetime) -> None:
    """Carry out one after the other. One that fails stops no other, but the job fails in the end."""
    failures = []
    for impact in due:
        try:
            impacts.carry_out(impact, now=now)
        except Exception as exc:
            logger.exception("Impact %s could not be carried out.", impact.pk)
            failures.append(exc)
    if failures:
        raise ExceptionGroup("Impacts could not be carried out.", failures)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="expire_due")
def expire_due(timestamp: int) -> None:
    """End the holds, requests and payments whose time is up."""
    now = timezone.now()
    for booking in Booking.objects.overdue(now):
        lifecycle.expire(booking, now=now)


@app.task(retry=5)
def offer_freed(hall_id: int, starts_at: str, ends_at: str) -> None:
    """Offer time that came free to those who wait for it."""
    stretch = datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)
    waiting.offer_freed(hall_id, *stretch, now=timezone.now())


@app.task(retry=5)
def lapse(offer_id: int) -> None:
    """End an offer whose time to answer is over. One that was answered stays as it is."""
    waiting.lapse(Offer.objects.with_place().get(pk=offer_id), now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="keep_offering")
def keep_offering(timestamp: int) -> None:
    """End what is over on the waiting list, and offer what came free without a word: nothing is missed."""
    now = timezone.now()
    waiting.put_in_order(now=now)
    waiting.offer_all(now=now)


@app.periodic(cron="10 3 * * *")
@app.task(queueing_lock="extend_openings")
def extend_openings(timestamp: int) -> None:
    """Keep the openings known as far ahead as people may book."""
    openings.rebuild_all(Timetable.objects.all(), today=local(timezone.now()).date())


@app.periodic(cron="40 3 * * *")
@app.task(queueing_lock="forget_answers")
def forget_answers(timestamp: int) -> None:
    """Forget what idempotency keys were answered more than a day ago."""
    KeptAnswer.objects.outdated(timezone.now()).delete()
