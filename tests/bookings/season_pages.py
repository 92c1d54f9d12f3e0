"""What tests of the pages of a season share: what a browser sends, and what others have."""

from datetime import date, timedelta

from django.test import Client
from django.urls import reverse

from bookings.models import Booking, Series
from tests.bookings.pages import words
from tests.factories import (
    create_booking,
    hour,
)
from venues.models import Space

TUESDAY = date(2027, 2, 2)


def turns(space: Space, **facts) -> dict:
    """What the question sends: by default ten Tuesday evenings."""
    return {
        "space": space.pk,
        "weekdays": ["2"],
        "starts": "18:00",
        "ends": "19:30",
        "every_weeks": "1",
        "first_on": TUESDAY.isoformat(),
        "until": "day",
        "last_on": (TUESDAY + timedelta(weeks=9)).isoformat(),
        "without_holidays": "on",
    } | facts


def look(desktop: Client, space: Space, **facts):
    return desktop.get(reverse("bookings:new_series"), turns(space, **facts))


def book(desktop: Client, space: Space, *, seen: dict | None = None, **facts):
    """Look at the dates and press the main button."""
    asked = turns(space, **facts)
    shown = desktop.get(reverse("bookings:new_series"), seen or asked)
    details = {"purpose": "Salibandy", "attendees": "15"} | facts
    sent = asked | details | {"book": "1", "seen": shown.context["turns"].query()}
    return desktop.post(reverse("bookings:new_series"), sent)


def booked(desktop: Client, space: Space, **facts) -> Series:
    answer = book(desktop, space, **facts)
    assert answer.status_code == 302, words(answer)
    return Series.objects.latest("pk")


def take(space: Space, day: date, start: str = "18:00", end: str = "20:00") -> Booking:
    return create_booking(space, hour(start, day=day), hour(end, day=day))


def name_of(day: date) -> str:
    return f"turn-{hour('18:00', day=day).astimezone().isoformat()}"
