"""What tests of pages share: a quiet Monday morning, and how a free time is pressed."""

from datetime import datetime

from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import User
from bookings.models import Booking
from tests.factories import hour
from venues.models import Space


def signed_in(user: User) -> Client:
    """Return a browser, set to English, of somebody who is signed in."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def period(start: str | datetime = "10:00", end: str | datetime = "12:00") -> str:
    """Return what a time chip posts."""
    starts_at = hour(start) if isinstance(start, str) else start
    ends_at = hour(end) if isinstance(end, str) else end
    return f"{starts_at.isoformat()}/{ends_at.isoformat()}"


def press(client: Client, space: Space, start: str | datetime = "10:00", end: str | datetime = "12:00"):
    """Press a free time of a space, as it stands on a page."""
    return client.post(reverse("bookings:hold", args=[space.pk]), {"period": period(start, end)})


def pressed(client: Client, space: Space, start="10:00", end="12:00") -> Booking:
    """Press a time that is free, and return the hold."""
    response = press(client, space, start, end)
    assert response.status_code == 302, response.content.decode()
    return Booking.objects.latest("pk")


def words(response) -> str:
    """Return what a page says, without its tags."""
    return " ".join(strip_tags(response.content.decode()).split())
