"""Work in the background: load by id, one rule call."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from accounts.models import Invitation, User
from venues import openings
from venues.clock import local
from venues.models import Timetable

from . import impacts, lifecycle, mailing, messages, reminders, swaps, waiting
from .models import Booking, Hit, Impact, KeptAnswer, Offer, Sanction, Series, Swap, Waiting

logger = logging.getLogger(__name__)


# --- Telling people: first what is said is written and kept, then it is sent ------------------------


@app.task(queue="mail", retry=5)
def tell(booking_id: int, what: str, hit_id: int | None = None, cause: str = "") -> None:
    """Tell the people concerned what became of a booking, and if a change hit it, of that."""
    booking = Booking.objects.with_place().get(pk=booking_id)
    cause = cause or f"{what} {booking_id}"  # jobs of before have none
    messages.tell(booking, what, hit=hit_of(hit_id), cause=cause, now=timezone.now())


@app.task(queue="mail", retry=5)
def tell_of_dates(
    booking_id: int,
    what: str,
    dates: list[int],
    cause: str,
    hit_id: int | None = None,
    by_id: int | None = None,
) -> None:
    """Tell the people concerned what became of some dates of a booking."""
    booking = Booking.objects.with_place().get(pk=booking_id)
    by = User.objects.filter(pk=by_id).first() if by_id else None
    messages.tell_of_dates(booking, what, dates, hit=hit_of(hit_id), by=by, cause=cause, now=timezone.now())


def hit_of(pk: int | None) -> Hit | None:
    hits = Hit.objects.select_related("impact__closure", "space__venue")
    return hits.get(pk=pk) if pk else None


@app.task(queue="mail", retry=5)
def tell_of_series(series_id: int, cause: str) -> None:
    """Tell whoever asked for a season what came of it."""
    series = Series.objects.select_related("customer", "organisation", "space__venue").get(pk=series_id)
    messages.tell_of_series(series, cause=cause, now=timezone.now())


@app.task(queue="mail", retry=5)
def tell_of_offer(offer_id: int, what: str) -> None:
    """Tell whoever waits of an offer that was "made" or "withdrawn"."""
    offers = Offer.objects.select_related("waiting__customer", "waiting__organisation", "space__venue")
    tell = messages.offer if what == "made" else messages.end_of_offer
    tell(offers.get(pk=offer_id), now=timezone.now())


@app.task(queue="mail", retry=5)
def tell_of_waiting(waiting_id: int, why: str) -> None:
    """Tell somebody that they wait no more."""
    rows = Waiting.objects.select_related("customer", "organisation")
    messages.end_of_waiting(rows.get(pk=waiting_id), why, now=timezone.now())


@app.task(queue="mail", retry=5)
def invite(invitation_id: int) -> None:
    """Write to whoever was invited, unless the invitation has been used or withdrawn meanwhile."""
    now = timezone.now()
    invitations = Invitation.objects.open(now).select_related("organisation", "invited_by")
    invitation = invitations.filter(pk=invitation_id).first()
    if invitation:
        messages.invite(invitation, now=now)


@app.task(queue="mail", retry=5)
def tell_of_sanction(sanction_id: int, what: str) -> None:
    """Tell those concerned of a warning or a ban."""
    rows = Sanction.objects.select_related("person", "organisation", "venue", "proposed_by")
    messages.tell_of_sanction(rows.get(pk=sanction_id), what, now=timezone.now())


@app.task(queue="mail", retry=5)
def tell_of_swap(swap_id: int, what: str) -> None:
    """Tell the two sides of a swap that was "proposed", or how it was answered."""
    told = [
        f"{side}__{what}"
        for side in ("offered", "wanted")
        for what in ("space__venue", "booking__customer", "booking__organisation")
    ]
    people = "proposed_by", "organisation", "asked", "asked_organisation"
    swap = Swap.objects.select_related(*told, *people).get(pk=swap_id)
    messages.tell_of_swap(swap, what, now=timezone.now())


@app.task(queue="mail", retry=5)
def tell_of_failure(impact_id: int) -> None:
    """Tell whoever decided that it could not be carried out."""
    impact = Impact.objects.select_related("venue", "created_by").get(pk=impact_id)
    messages.tell_of_failure(impact, now=timezone.now())


@app.task(
    queue="mail",
    retry=RetryStrategy(max_attempts=mailing.MOST_TRIES, exponential_wait=4),
    pass_context=True,
)
def send_message(context: JobContext, message_id: int) -> None:
    """Send what was written. The last try is about a day after the first."""
    is_last_try = context.job.attempts + 1 >= mailing.MOST_TRIES
    mailing.send(message_id, is_last_try=is_last_try, now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="remind")
def remind(timestamp: int) -> None:
    """Remind people of what they booked some days before, when it is about a day away."""
    now = timezone.now()
    for date in reminders.due(now=now):
        messages.remind(date, now=now)


# --- What happens by itself -----------------------------------------------------------------------


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
    """End the holds, requests, payments and proposals whose time is up."""
    now = timezone.now()
    for booking in Booking.objects.overdue(now):
        lifecycle.expire(booking, now=now)
    swaps.lapse_due(now=now)


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
