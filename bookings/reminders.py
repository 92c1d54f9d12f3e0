"""Of which dates people are reminded: what they booked well before, about a day before it begins."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet

from .models import Message, Occupancy, Status

# Who has booked within these days knows it still.
BOOKED_BEFORE = timedelta(days=2)


def due(*, now: datetime) -> QuerySet[Occupancy]:
    """Return the dates of which their customers are to be reminded now, and were not.

    Of a series only the first that it has: a club knows when its turns are.
    """
    earlier = Occupancy.objects.filter(
        booking__series=OuterRef("booking__series"),
        booking__status=Status.CONFIRMED,
        released_at=None,
        starts_at__lt=OuterRef("starts_at"),
    )
    told = Message.objects.filter(kind="reminder", created_at__gte=now - settings.REMIND_BEFORE)
    dates = Occupancy.objects.filter(
        booking__status=Status.CONFIRMED,
        booking__created_at__lte=F("starts_at") - BOOKED_BEFORE,
        released_at=None,
        starts_at__gt=now,
        starts_at__lte=now + settings.REMIND_BEFORE,
    )
    people = "booking__customer", "booking__organisation", "booking__space__venue", "space__venue"
    return (
        dates.exclude(Exists(earlier))
        .exclude(Exists(told.filter(booking=OuterRef("booking"))))
        .select_related(*people)
        .order_by("starts_at", "pk")
    )
