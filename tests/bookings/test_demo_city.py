"""The demo city: Helsinki's venues with people in them, loaded as often as the demo starts."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from bookings import demo_city
from bookings.models import Booking, Occupancy, Status
from tests.factories import NOW
from venues import openings
from venues.clock import CITY
from venues.models import Space, Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings, monkeypatch):
    settings.DEMO = True
    monkeypatch.setattr(openings, "DAYS_AHEAD", 40)


def load() -> None:
    call_command("load_demo_city", verbosity=0)


def test_demo_city_is_loaded_once_however_often_the_demo_starts(demo):
    load()
    before = counts()
    load()

    assert counts() == before
    assert Venue.objects.count() == 344
    assert Space.objects.filter(venue__kind="youth_house", is_demo=False).count() == 134

    onni = User.objects.get(email="onni@example.org")
    waiting = Booking.objects.in_care_of(onni).undecided()
    assert Venue.objects.looked_after_by(onni).filter(kind="school").count() == 6
    assert Venue.objects.looked_after_by(onni).filter(name_fi="Leikkipuisto Hilleri").exists()
    assert waiting.count() == 3
    assert_rivals(waiting.filter(competes=True))

    assert Booking.objects.filter(status=Status.CONFIRMED).count() == 14
    assert not Booking.objects.visible_to(User.objects.get(email="stranger@example.org")).exists()
    assert User.objects.get(email="admin@example.org").is_superuser


def counts() -> list[int]:
    return [model.objects.count() for model in (User, Venue, Space, Booking, Occupancy)]


def assert_rivals(bookings) -> None:
    """Two requests of two people for the same floor at the same time."""
    first, second = (booking.dates.get() for booking in bookings)
    assert first.booking.customer != second.booking.customer
    assert (
        Occupancy.objects.on_floor_of(first.space)
        .over(first.starts_at, first.ends_at)
        .filter(pk=second.pk)
        .exists()
    )


def test_demo_city_is_for_the_demo_only():
    with pytest.raises(CommandError, match="for the demo only"):
        load()

    assert not User.objects.exists()


def test_planned_days_begin_tomorrow():
    today = NOW.astimezone(CITY).date()  # a Monday

    assert [demo_city.nth(weekday, 0, after=today).day for weekday in (2, 7, 1)] == [2, 7, 8]
    assert demo_city.nth(2, 3, after=today).day == 23
