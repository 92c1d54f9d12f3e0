"""A season of sixty dates in one of three parts of a hall: looked at, and booked, against one booking."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import PriceGroup, User
from accounts.problems import Refused
from bookings import availability, ledger, occupancies
from bookings.models import Booking, MissedDate, Occupancy, PriceLine, Series, Status
from bookings.recurrence import SeriesWish
from bookings.transactions import in_one_transaction
from venues.audiences import asker
from venues.clock import at
from venues.models import PriceList, PriceListVersion, PriceRow, Space, VatCategory, VatRate
from venues.policies import season_of

from .city import City
from .over_http import Caller, serving, sign_in
from .timing import WARM_UP, Compared

WEEKDAYS, WEEKS, TAKEN = [1, 2, 3, 4, 5], 12, 10
STARTS, ENDS = time(18), time(20)
A_WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
PRICES = "Vertailu"


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
    took: dict[str, list[float]] = {"ledger": [], "season": [], "one": [], "quote": [], "priced": []}
    with serving(log) as http:
        caller = Caller(http, sign_in(customer).cookies[settings.SESSION_COOKIE_NAME].value)
        singles = single_hours(part, city, customer)
        for number in range(WARM_UP + rounds):
            began = timezone.now()
            spent = {
                "ledger": timed(lambda: caller.post("/api/v1/series/ledger/", season)),
                "season": timed(lambda: caller.post("/api/v1/series/", season)),
                "one": timed(lambda: caller.post("/api/v1/bookings/", next(singles))),
            }
            tidy_up(began)
            if number >= WARM_UP:
                for name, each in spent.items():
                    took[name].append(each)
        give_prices(part)
        for number in range(WARM_UP + rounds):
            spent = {
                "quote": timed(lambda: caller.post("/api/v1/quotes/series/", season)),
                "priced": timed(lambda: caller.post("/api/v1/series/ledger/", season)),
            }
            if number >= WARM_UP:
                for name, each in spent.items():
                    took[name].append(each)
        take_prices(part)
    one = median(took["one"])
    return [
        Compared("ledger of 60 dates, against one booking", median(took["ledger"]), one, aim=6),
        Compared("booking 60 dates, against one booking", median(took["season"]), one, aim=6),
        Compared(
            "quote of 60 dates, against their ledger", median(took["quote"]), median(took["ledger"]), aim=2
        ),
        Compared(
            "ledger of 60 dates with prices, against one without",
            median(took["priced"]),
            median(took["ledger"]),
            aim=3,
        ),
    ]


def give_prices(part: Space) -> None:
    prices = PriceList.objects.filter(name_fi=PRICES).first() or make_prices()
    Space.objects.filter(pk=part.pk).update(price_list=prices, payment=Space.Payment.INVOICE)


def make_prices() -> PriceList:
    """Make a list as long as the city's own: by group, day and time of day."""
    category = VatCategory.objects.create(code="bench", name_fi=PRICES)
    VatRate.objects.create(category=category, percent="13.5", valid_from=date(2026, 1, 1))
    prices = PriceList.objects.create(name_fi=PRICES)
    version = PriceListVersion.objects.create(
        price_list=prices, valid_from=date(2026, 1, 1), vat_category=category
    )
    groups = [PriceGroup.objects.create(code=f"bench-{number}", name_fi="Ryhmä") for number in range(6)]
    conditions = [
        {"price_group": group, "weekdays": days, "from_time": begins, "until_time": ends}
        for group in [*groups, None]
        for days in (WEEKDAYS, [6, 7])
        for begins, ends in ((time(0), time(16)), (time(16), time(19)), (time(19), time(0)))
    ]
    PriceRow.objects.bulk_create(
        PriceRow(version=version, position=number, unit=PriceRow.Unit.HOUR, cents=2034, **condition)
        for number, condition in enumerate(conditions)
    )
    version.published_at = timezone.now()
    version.save(update_fields=["published_at"])
    return prices


def take_prices(part: Space) -> None:
    Space.objects.filter(pk=part.pk).update(price_list=None, payment=Space.Payment.FREE)


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
    charged = PriceLine.objects.values("date__hall")  # dates with a price stay
    parts = Space.objects.with_place().exclude(part_of=None).exclude(hall_id__in=charged)
    for part in parts.filter(capacity__gte=5).order_by("pk"):
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


def single_hours(part: Space, city: City, customer: User) -> Iterator[dict]:
    """Yield bookings of the same part on weekends, again and again."""
    saturdays = [at(first_day(city) + week * A_WEEK + timedelta(days=5)) for week in range(WEEKS)]
    found = availability.free(
        Space.objects.filter(pk=part.pk),
        [(saturday, saturday + timedelta(days=2)) for saturday in saturdays],
        now=timezone.now(),
        asker=asker(customer, None, today=city.today),
        length=HOUR,
    )
    for start, _end in cycle(found.page[0].stretches):
        yield {
            "space": part.pk,
            "starts_at": start.isoformat(),
            "ends_at": (start + HOUR).isoformat(),
            "attendees": 5,
        }


def tidy_up(since: datetime) -> None:
    """Take away what was booked, and clear up as the database does by itself between two clubs."""
    made = Booking.objects.filter(created_at__gte=since)
    Occupancy.objects.filter(booking__in=made).delete()
    made.delete()
    MissedDate.objects.filter(series__created_at__gte=since).delete()
    Series.objects.filter(created_at__gte=since).delete()
    with connection.cursor() as cursor:
        cursor.execute("vacuum bookings_occupancy, bookings_booking")
