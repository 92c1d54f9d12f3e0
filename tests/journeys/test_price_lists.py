"""The price clerk's year, in Finnish: copy the list, raise the prices, look at real bookings, publish."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.bookings.priced import WEEKEND, create_list, create_paying_club, create_priced_space
from tests.factories import MONDAY, NOW, create_booking, create_user, hour, open_daily
from tests.journeys.browser import NARROWEST, PHONE, WIDE, axe, fits, sign_in
from venues.models import PriceListVersion

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SPRING = MONDAY + timedelta(weeks=4)


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def look(page: Page) -> None:
    """Fail unless the page is accessible and fits a desk, a phone and the narrowest phone."""
    for size in (WIDE, NARROWEST, PHONE):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        axe(page)
        fits(page)


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_prices_go_up_in_spring(page: Page, live_server):
    prices = create_list({"cents": 3000, **WEEKEND}, {"cents": 2000, "min_cents": 1000, "max_cents": 9000})
    space = create_priced_space(prices)
    open_daily(space.venue.timetable)
    create_booking(space, hour("10:00"), hour("12:00"), organisation=create_paying_club())
    sign_in(page, create_user("Paula", is_staff=True))

    page.goto(live_server.url + "/manage/")
    page.get_by_role("link", name="Hinnastot").click()
    look(page)
    page.get_by_role("link", name="Kopioi toiselle päivälle").click()
    look(page)
    page.get_by_label("Voimassa alkaen").fill(SPRING.isoformat())
    button(page, "Tee luonnos")
    look(page)

    page.get_by_role("link", name="Muuta prosentteina").click()
    page.get_by_label("Kuinka monta prosenttia").fill("paljon")
    button(page, "Muuta kaikki hinnat")
    look(page)
    page.get_by_label("Kuinka monta prosenttia").fill("2,5")
    button(page, "Muuta kaikki hinnat")
    expect(page.get_by_text("30,75 € tunnilta")).to_be_visible()

    page.get_by_role("link", name="Lisää hinta").click()
    look(page)
    button(page, "Tallenna")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.get_by_label("Hinnan peruste").select_option("hour")
    page.get_by_label("Hinta, €").fill("24,60")
    button(page, "Tallenna")
    expect(page.get_by_text("24,60 € tunnilta")).to_be_visible()
    button(page, "Julkaise")
    expect(page.get_by_role("alert")).to_contain_text("Riviä 3 ei koskaan käytetä")
    look(page)
    page.get_by_role("row", name="24,60").get_by_role("button", name="Poista").click()
    expect(page.get_by_text("24,60 € tunnilta")).to_be_hidden()

    page.get_by_role("link", name="Kokeile oikeisiin varauksiin").click()
    expect(page.get_by_role("row", name=space.name_fi)).to_contain_text("+1,50 €")
    look(page)
    page.get_by_role("link", name="Takaisin luonnokseen").click()
    button(page, "Julkaise")
    expect(page.get_by_text("Julkaistu, tulossa voimaan")).to_be_visible()
    look(page)
    assert PriceListVersion.objects.get(valid_from=SPRING).published_at

    page.get_by_role("link", name="Hinnastot").click()
    page.get_by_role("link", name="Alv-kannat").click()
    look(page)
