"""Pages that show a price, in Finnish: axe clean, no sideways scroll, and the sum follows what is ticked."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.bookings.priced import WEEKEND, add_version, change_policy, create_list, create_priced_space
from tests.factories import NOW, create_booking, create_manager, create_user, create_venue, open_daily
from tests.journeys.browser import PHONE, WIDE, axe, fits, sign_in
from tests.prices import create_cancellation
from venues.models import Purpose, Space

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TUESDAYS = "weekdays=2&starts=18:00&ends=19:30&every_weeks=1&first_on=2027-02-09&until=count&count=4"


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def room() -> Space:
    """A room at a playpark: 20,34 an hour at weekends, 10 on other days, 50 for a party; cleaning besides."""
    venue = create_venue(name_fi="Leikkipuisto Hilleri", kind="playpark")
    open_daily(venue.timetable, "09:00", "21:00")
    party = Purpose.objects.create(code="party", name_fi="Juhla")
    prices = create_list()
    rows = {"cents": 5000, "purpose": party}, {"cents": 2034, **WEEKEND}, {"cents": 1000}
    cleaning = {"code": "cleaning", "name_fi": "Loppusiivous", "cents": 4000}
    add_version(prices, *rows, since=date(2026, 2, 1), add_ons=(cleaning,))
    room = create_priced_space(prices, venue=venue, name_fi="Kerhohuone")
    change_policy(room, cancellation=create_cancellation((48, 0)))
    Purpose.objects.create(code="club", name_fi="Kerho").spaces.add(room)
    return room


def looked_at(page: Page) -> None:
    for size in (WIDE, PHONE):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        axe(page)
        fits(page)


def test_the_price_is_seen_on_the_way_and_follows_what_is_ticked(page: Page, live_server, room) -> None:
    aino = create_user("Aino Virtanen")
    sign_in(page, aino)

    page.goto(f"{live_server.url}/?length=180&when=month&month=2027-02")
    expect(page.locator(".result").first).to_contain_text("30,00 € · 3 h")
    looked_at(page)
    page.goto(f"{live_server.url}/spaces/{room.pk}/?week=2027-02-06&length=180")
    expect(page.get_by_role("heading", name="Mitä se maksaa")).to_be_visible()
    looked_at(page)
    page.locator(".days .time-chip:visible").first.click()
    total = page.locator("#seen")
    expect(total).to_contain_text("Yhteensä")
    before = total.inner_text()
    page.get_by_label("Loppusiivous").check()
    expect(total).not_to_have_text(before)
    with_cleaning = total.inner_text()
    page.get_by_label("Käyttötarkoitus").select_option("Juhla")
    expect(total).to_contain_text("190,00 €")
    assert len({before, with_cleaning, total.inner_text()}) == 3
    looked_at(page)
    page.get_by_label("Mitä aiotte tehdä?").fill("Syntymäpäivät")
    page.get_by_label("Montako henkilöä?").fill("12")
    page.get_by_role("button", name="Varaa", exact=True).click()
    expect(page.get_by_role("heading", name="Hinta")).to_be_visible()
    expect(page.locator(".price-total")).to_contain_text("190,00 €")
    looked_at(page)
    page.get_by_role("link", name="Peru varaus").click()
    expect(page.locator("main")).to_contain_text("190,00 €")
    looked_at(page)


def test_a_season_and_a_move_show_their_prices(page: Page, live_server, room) -> None:
    mikael = create_user("Mikael", phone="040 123 4567")
    sign_in(page, mikael)

    page.goto(f"{live_server.url}/series/new/?space={room.pk}&{TUESDAYS}")
    expect(page.locator("#id_season_price")).to_contain_text("60,00 €")
    looked_at(page)
    page.get_by_label("Käyttötarkoitus").select_option("Juhla")
    expect(page.locator("#id_season_price")).to_contain_text("300,00 €")
    expect(page.locator("#ledger")).to_contain_text("75,00 €")
    expect(page.locator("#season-seen")).to_contain_text("300,00 €")
    page.get_by_label("Mitä aiotte tehdä?").fill("Kevätjuhlat")
    page.get_by_label("Montako henkilöä?").fill("15")
    page.get_by_role("button", name="Varaa kausi").click()
    expect(page.locator("main")).to_contain_text("300,00 € kaikilta kerroilta")
    looked_at(page)
    booking = create_booking(room, customer=mikael, main_purpose=Purpose.objects.get(code="club"))
    page.goto(live_server.url + reverse("bookings:move", args=[booking.pk]))
    page.get_by_label("Päivä", exact=True).fill("2027-02-05")
    page.get_by_role("button", name="Siirrä varaus").click()
    expect(page.get_by_role("heading", name="Uudella ajalla on eri hinta")).to_be_visible()
    looked_at(page)


def test_a_manager_reduces_a_price(page: Page, live_server, room) -> None:
    booking = create_booking(
        room, customer=create_user("Aino Virtanen"), main_purpose=Purpose.objects.get(code="club")
    )
    sign_in(page, create_manager(room.venue))

    page.goto(f"{live_server.url}/inbox/{booking.pk}/")
    page.get_by_role("link", name="Alenna hintaa").click()
    page.get_by_role("button", name="Alenna hintaa").click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked_at(page)
    page.get_by_label("Kuinka paljon").fill("10,68")
    page.get_by_label("Miksi?").fill("Talkoot")
    page.get_by_role("button", name="Alenna hintaa").click()
    expect(page.locator(".price-total")).to_contain_text("30,00 €")
    expect(page.locator(".price-rows")).to_contain_text("Talkoot")
    looked_at(page)
