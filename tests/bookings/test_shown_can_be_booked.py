"""The times that a page shows as buttons can be had by pressing them."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client

from accounts.problems import Refused
from bookings import lifecycle
from bookings.wishes import Wish
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues.models import Purpose, Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture(autouse=True)
def signed_in(client):
    """Whoever signs in keeps one time, and may look as often as they like."""
    client.force_login(create_user())


def create_room(opens: str, closes: str, **facts) -> Space:
    venue = create_venue()
    open_daily(venue.timetable, opens, closes)
    return create_space(venue=venue, **facts)


def buttons(page) -> list[tuple[str, str]]:
    """Return where each time on the page is posted to, and the time."""
    forms = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    found = [(action, time) for action, form in forms for time in re.findall(r'value="([^"]+/2[^"]+)"', form)]
    return list(dict.fromkeys((unescape(action), unescape(time)) for action, time in found))


def refused(client: Client, page) -> list[str]:
    """Press about a dozen of the page's times, the first and the last among them, and return what is refused.

    Each gives up the one before.
    """
    found = buttons(page)
    assert found
    pressed = [*found[:: 1 + len(found) // 10], found[-1]]
    return [time for action, time in pressed if client.post(action, {"period": time}).status_code != 302]


@pytest.mark.parametrize(("opens", "closes"), [("22:00", "06:00"), ("12:00", "13:00"), ("08:00", "22:00")])
def test_whole_days_are_shown_as_they_are_booked(client, opens, closes):
    room = create_room(opens, closes, is_whole_day=True)

    assert refused(client, client.get(f"/spaces/{room.pk}/?week=2027-02-09")) == []


def test_a_whole_day_that_is_wanted_every_week(client):
    create_room("16:00", "22:00", is_whole_day=True)
    asked = {"when": "every", "weekdays": "2", "begins": "18:00", "length": "90"}

    page = client.get("/", asked | {"first": "2027-02-02", "last": "2027-03-30"})

    assert refused(client, page) == []


@pytest.mark.parametrize(
    "policy",
    [
        {"start_step": 60, "start_minute": 15},
        {"start_step": 20},
        {"start_step": 90, "starts_from": "opening"},
        {"start_step": 30, "min_minutes": 45, "max_minutes": 45},
        {"bookable_when": "evenings"},
        {"bookable_when": "weekends"},
        {"notice_weekdays": 2},
        {"ahead_until": date(2027, 2, 10)},
    ],
)
def test_times_keep_to_the_policy(client, policy):
    room = create_room("07:50", "21:10", **policy)

    assert refused(client, client.get("/", {"when": "week", "length": "any"})) == []
    assert refused(client, client.get(f"/spaces/{room.pk}/")) == []


def test_a_booking_longer_than_the_day_whose_quota_is_used_up(client):
    customer = create_user()
    used = create_space(max_minutes=4 * 24 * 60, quota_day=1)
    tuesday = MONDAY + timedelta(days=8)
    create_booking(used, hour("10:00", day=tuesday), hour("12:00", day=tuesday), customer=customer)
    other = create_space(venue=used.venue, max_minutes=4 * 24 * 60, quota_day=1)
    client.force_login(customer)

    page = client.get(f"/spaces/{other.pk}/?week=2027-02-09&length=2880")

    assert refused(client, page) == []


def test_a_booking_may_move_within_the_week_whose_quota_it_uses(client):
    customer = create_user()
    room = create_space(quota_week=1)
    booking = create_booking(room, "10:00", "12:00", customer=customer)
    client.force_login(customer)

    page = client.get(f"/bookings/{booking.pk}/move/?week=2027-02-01")

    assert any(time.startswith("2027-02-06") for _action, time in buttons(page))


def test_a_whole_day_is_offered_as_a_whole_instead():
    room = create_room("08:00", "22:00")
    whole = create_space(venue=room.venue, is_whole_day=True)
    sports = Purpose.objects.create(code="sports", name_fi="Liikunta")
    sports.spaces.set([room, whole])
    create_booking(room, "10:00", "12:00")

    with pytest.raises(Refused) as refusal:
        lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=create_user(), now=NOW)

    offers = [offer for problem in refusal.value.problems for offer in problem.alternatives]
    assert whole in {offer.space for offer in offers}
    for offer in offers:
        wish = Wish(offer.space, offer.starts_at, offer.ends_at)
        assert lifecycle.hold(wish, customer=create_user(), now=NOW).is_live


def test_the_map_and_the_list_ask_the_same_of_every_weekday(client):
    create_space()

    page = client.get("/?when=week&weekdays=2&weekdays=4&length=90")

    links = [unescape(link) for link in re.findall(r'href="([^"]*view=map[^"]*)"', page.text)]
    assert links
    assert all("weekdays=2&weekdays=4" in link for link in links)
