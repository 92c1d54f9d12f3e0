"""Work in the background: load by id, one rule call."""

from django.utils import timezone
from procrastinate.contrib.django import app

from venues import openings
from venues.clock import local
from venues.models import Timetable

from . import lifecycle, messages
from .models import Booking, KeptAnswer


@app.task(queue="mail", retry=5)
def tell(booking_id: int, what: str) -> None:
    """Tell the people concerned what became of a booking."""
    messages.tell(Booking.objects.with_place().get(pk=booking_id), what)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="expire_due")
def expire_due(timestamp: int) -> None:
    """End the holds, requests and payments whose time is up."""
    now = timezone.now()
    for booking in Booking.objects.overdue(now):
        lifecycle.expire(booking, now=now)


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
