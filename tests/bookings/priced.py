"""What tests of prices share: published price lists of a few rows, and who pays by which column."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.models import Organisation, PriceGroup, User
from accounts.problems import Refused
from bookings import invariants, lifecycle, quotes
from bookings.models import Booking
from bookings.recurrence import SeriesWish
from bookings.wishes import Wish
from tests.factories import MONDAY, NOW, create_organisation, create_space, hour, number, say_policy
from venues.models import PriceList, PriceListVersion, PriceRow, Space, VatCategory, VatRate

BEGINNING = date(2026, 1, 1)
SPORT = Decimal("13.5")
WEEKEND = {"weekdays": [6, 7]}
SATURDAY = MONDAY + timedelta(days=5)
HOURLY = 2034  # cents


def create_vat(code: str = "sport-rate", percent: Decimal = SPORT) -> VatCategory:
    category, _ = VatCategory.objects.get_or_create(code=code, defaults={"name_fi": code})
    VatRate.objects.get_or_create(category=category, valid_from=BEGINNING, defaults={"percent": percent})
    return category


def create_group(code: str = "associations") -> PriceGroup:
    group, _ = PriceGroup.objects.get_or_create(code=code, defaults={"name_fi": "Yhdistykset"})
    return group


def create_list(*rows: dict, **facts) -> PriceList:
    """Make a price list with one published version. A row says what an hour costs: `{"cents": 2034}`."""
    prices = PriceList.objects.create(name_fi=f"Hinnasto {next(number)}")
    add_version(prices, *rows, since=BEGINNING, **facts)
    return prices


def add_version(
    prices: PriceList, *rows: dict, since: date, now: datetime = NOW, add_ons: tuple[dict, ...] = ()
) -> PriceListVersion:
    """Publish the prices of a list from a day on."""
    version = PriceListVersion.objects.create(price_list=prices, valid_from=since, vat_category=create_vat())
    for position, row in enumerate(rows):
        version.rows.create(position=position, **{"unit": PriceRow.Unit.HOUR} | row)
    for add_on in add_ons:
        version.add_ons.create(**{"name_fi": add_on["code"]} | add_on)
    PriceListVersion.objects.filter(pk=version.pk).update(published_at=now - timedelta(minutes=1))
    return version


def create_priced_space(prices: PriceList, *, payment: str = "before", **facts) -> Space:
    """Make a space that costs what the list says, paid before use unless said otherwise."""
    return create_space(price_list=prices, payment=payment, **facts)


def change_policy(space: Space, **policy) -> None:
    """Let a space with a price list have another policy besides."""
    say_policy(space, **{"price_list": space.price_list, "payment": space.payment} | policy)


def create_paying_club(*members: User, **facts) -> Organisation:
    """Make an organisation that pays by the verified column of associations."""
    club = create_organisation(*members, **facts)
    club.price_group, club.price_group_verified_until = create_group(), date(2028, 12, 31)
    club.save()
    return club


def kinds(booking: Booking) -> list[tuple[str, int]]:
    return [(line.kind, line.gross_cents) for line in quotes.lines_of(Booking.objects.get(pk=booking.pk))]


def owed(booking: Booking) -> int:
    return quotes.owed(booking)


def state(booking: Booking) -> str:
    return Booking.objects.get(pk=booking.pk).status


def move(booking: Booking, start: str, end: str, *, by, now=NOW, **where) -> Booking:
    wish = Wish(where.get("space", booking.space), hour(start), hour(end))
    return lifecycle.move(booking, wish, by=by, now=now)


def codes(act, *args, **kwargs) -> set[str]:
    with pytest.raises(Refused) as refusal, transaction.atomic():
        act(*args, **kwargs)
    return refusal.value.codes


def all_is_well() -> bool:
    return list(invariants.findings(now=NOW)) == []


def season(space, *, weeks: int = 4, **wish) -> SeriesWish:
    return SeriesWish(
        space=space,
        weekdays=[6],
        first_on=SATURDAY,
        last_on=SATURDAY + timedelta(weeks=weeks - 1),
        starts=time(10),
        ends=time(12),
        without_holidays=False,
        **wish,
    )
