"""Closing a hall for a month in which three hundred bookings are in the way, as its manager does it."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from bookings import impacts, occupancies
from bookings.models import Booking, Impact, Occupancy, Status
from bookings.transactions import in_one_transaction
from venues.clock import at
from venues.models import Space, VenueRole

from .city import City
from .over_http import Caller, serving, sign_in
from .timing import WARM_UP, Compared

DAYS, HOURS = 30, [8, 9, 11, 13, 14, 16, 17, 18, 20, 21]  # ten a day, some of them one after the other
HOUR = timedelta(hours=1)
VERSION = re.compile('name="impact-version" value="([^"]+)"')


def measure(city: City, *, rounds: int, log: Path) -> list[Compared]:
    hall = Space.objects.filter(part_of=None, parts=None, setup_minutes=0, cleanup_minutes=0).earliest("pk")
    manager = User.objects.latest("pk")
    VenueRole.objects.get_or_create(user=manager, venue=hall.venue, role=VenueRole.Role.MANAGER)
    book_up(hall, city)
    took: tuple[list[float], list[float]] = ([], [])
    with serving(log) as http:
        caller = Caller(http, sign_in(manager).cookies[settings.SESSION_COOKIE_NAME].value)
        for number in range(WARM_UP + rounds):
            times = timed(lambda: close(caller, hall, city)), timed(lambda: caller.get("/empty/"))
            impacts.undo(Impact.objects.latest("pk"), by=manager, now=timezone.now())
            tidy_up()
            if number >= WARM_UP:
                for each, spent in zip(took, times, strict=True):
                    each.append(spent)
    name = "a month closed over 300 bookings, over HTTP"
    return [Compared(name, median(took[0]), median(took[1]), aim=20)]


def tidy_up() -> None:
    """Clear away what was undone, as the database does by itself between one manager and the next."""
    with connection.cursor() as cursor:
        cursor.execute("vacuum bookings_occupancy, bookings_hit")


def timed(action: Callable[[], object]) -> float:
    began = perf_counter()
    action()
    return (perf_counter() - began) * 1000


@in_one_transaction
def book_up(hall: Space, city: City) -> None:
    """Let three hundred bookings of many people, and nothing else, be in a hall from the fifth day on."""
    occupancies.lock_halls([hall.pk])
    Occupancy.objects.filter(hall=hall).delete()
    people = User.objects.order_by("pk")[:DAYS]
    for day in range(DAYS):
        for hour in HOURS:
            booking = Booking.objects.create(
                space=hall,
                customer=people[(day + hour) % DAYS],
                status=Status.CONFIRMED,
                purpose="Harjoitukset",
                attendees=10,
                created_at=timezone.now(),
            )
            start = at(city.today + timedelta(days=5 + day), time(hour))
            occupancies.claim(booking, hall, start, start + HOUR)


def close(caller: Caller, hall: Space, city: City) -> None:
    """Look at whom it hits, and cancel them all."""
    address = reverse("bookings:new_closure", args=[hall.venue_id])
    form = {
        "spaces": hall.pk,
        "first": city.today + timedelta(days=3),
        "last": city.today + timedelta(days=8 + DAYS),
        "reason_fi": "Remontti",
        "is_reason_public": "on",
    }
    shown = caller.post_form(address, form)
    version = VERSION.search(shown)
    assert version, shown[:500]
    decision = {
        "impact-choice": "cancel",
        "impact-reason": "Remontti",
        "impact-version": version[1],
        "impact-decide": "yes",
    }
    caller.post_form(address, form | decision)
