"""A season of sixty dates in one of three parts of a hall: looked at, and booked, against one booking."""

from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.problems import Refused
from bookings import ledger, occupancies
from bookings.models import Booking, MissedDate, Occupancy, Series, Status
from bookings.recurrence import SeriesWish
from bookings.transactions import in_one_transaction
from venues.clock import at
from venues.models import Space
from venues.policies import season_of

from .city import City
from .over_http import Caller, serving, sign_in
from .timing import WARM_UP, Compared

WEEKDAYS, WEEKS, TAKEN = [1, 2, 3, 4, 5], 12, 10
STARTS, ENDS = time(18), time(20)
A_WEEK = timedelta(weeks=1)


def measure(city: City, *, rounds: int, log: Path) -> list[Compared]:
    customer = User.objects.earliest("pk")
    part = hall_with_room(city, customer)
    season = {
        "space": part.pk,
        "weekdays": WEEKDAYS,
        "first_on": first_day(city).isoformat(),
        "count": len(WEEKDAYS) * WEEKS,
        "starts": STARTS.isoformat("minutes"),
        "ends": ENDS.isoformat("minutes"),
        "without_holidays": False,
        "attendees": 5,
    }
    took: dict[str, list[float]] = {"ledger": [], "season": [], "one": []}
    with serving(log) as http:
        caller = Caller(http, sign_in(customer).cookies[settings.SESSION_COOKIE_NAME].value)
        singles = single_hours(part, city)
        for number in range(WARM_UP + rounds):
            spent = {
                "ledger": timed(lambda: caller.post("/api/v1/series/ledger/", season)),
                "season": timed(lambda: caller.post("/api/v1/series/", season)),
                "one": timed(lambda: caller.post("/api/v1/bookings/", next(singles))),
            }
            tidy_up()
            if number >= WARM_UP:
                for name, each in spent.items():
                    took[name].append(each)
    one = median(took["one"])
    return [
        Compared("ledger of 60 dates, against one booking", median(took["ledger"]), one, aim=6),
        Compared("booking 60 dates, against one booking", median(took["season"]), one, aim=6),
    ]


def timed(action: Callable[[], object]) -> float:
    began = perf_counter()
    action()
    return (perf_counter() - began) * 1000


def first_day(city: City) -> date:
    """Return a Monday from which on so many weeks lie within one season."""
    day = city.today + timedelta(days=7 - city.today.weekday())
    end = season_of(day)[1]
    if end < day + (WEEKS + 1) * A_WEEK:
        day = end + timedelta(days=7 - end.weekday())
    return day


def hall_with_room(city: City, customer: User) -> Space:
    """Return a part of a hall that is free but for ten dates, so that others and other times are offered."""
    for part in Space.objects.with_place().exclude(part_of=None).filter(capacity__gte=5).order_by("pk"):
        Occupancy.objects.filter(hall=part.hall_id, ends_at__gt=timezone.now()).delete()
        asked = SeriesWish(
            part,
            WEEKDAYS,
            first_day(city),
            STARTS,
            ENDS,
            count=len(WEEKDAYS) * WEEKS,
            without_holidays=False,
            attendees=5,
        )
        try:
            free = ledger.ledger(asked, customer=customer, now=timezone.now()).free
        except Refused:
            continue
        if free > 50 and part.approval == Space.Approval.INSTANT and part.payment == Space.Payment.FREE:
            take_some(part, city, customer)
            return part
    raise RuntimeError("No hall of the city is open and free for a season.")


@in_one_transaction
def take_some(part: Space, city: City, customer: User) -> None:
    occupancies.lock_halls([part.hall_id])
    for week in range(TAKEN):
        booking = Booking.objects.create(
            space=part, customer=customer, status=Status.CONFIRMED, created_at=timezone.now()
        )
        day = first_day(city) + week * A_WEEK
        occupancies.claim(booking, part, at(day, STARTS), at(day, ENDS))


def single_hours(part: Space, city: City) -> Iterator[dict]:
    """Return bookings of the same part on the Mondays, earlier in the evening, again and again."""
    while True:
        for week in range(WEEKS):
            day = first_day(city) + week * A_WEEK + timedelta(days=1)
            yield {
                "space": part.pk,
                "starts_at": at(day, time(20)).isoformat(),
                "ends_at": at(day, time(21)).isoformat(),
                "attendees": 5,
            }


def tidy_up() -> None:
    """Take away what was booked, and clear up as the database does by itself between two clubs."""
    newest = Series.objects.latest("pk")
    Booking.objects.filter(pk=Booking.objects.latest("pk").pk).delete()
    Booking.objects.filter(series=newest).delete()
    MissedDate.objects.filter(series=newest).delete()
    newest.delete()
    with connection.cursor() as cursor:
        cursor.execute("vacuum bookings_occupancy, bookings_booking")
