"""The components in a real browser: findable, pressable and readable by everybody, at every width."""

import pytest
from playwright.sync_api import Page, expect

from tests import axe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
NARROWEST = {"width": 320, "height": 640}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args) -> dict:
    return {**browser_context_args, "locale": "fi-FI"}


@pytest.fixture
def guide(page: Page, live_server, settings) -> Page:
    settings.DEMO = True
    page.goto(f"{live_server.url}/styleguide/")
    return page


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_axe_finds_nothing(guide, size):
    guide.set_viewport_size(size)

    assert axe.findings(guide) == []


def test_axe_would_find_something(guide):
    guide.evaluate("document.querySelector('html').removeAttribute('lang')")

    assert axe.findings(guide) != []


@pytest.mark.parametrize("size", [WIDE, {"width": 640, "height": 450}, PHONE, NARROWEST])
def test_nothing_scrolls_sideways(guide, size):
    """640 pixels are a screen of 1280 at 200 % zoom."""
    guide.set_viewport_size(size)

    assert guide.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_nothing_is_refused_by_the_content_security_policy(page, live_server, settings):
    settings.DEMO = True
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    page.goto(f"{live_server.url}/styleguide/")
    expect(page.locator(".map-pin")).to_have_count(3)

    assert complaints == []


def test_the_first_key_leads_past_the_menu(page, live_server):
    page.goto(f"{live_server.url}/no-such-page/")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_problems_take_the_focus_and_lead_to_their_field(guide):
    expect(guide.locator(".problems").first).to_be_focused()

    guide.locator(".problems a[href='#id_group']").click()

    expect(guide.locator("#id_group")).to_be_focused()


def test_a_menu_opens_by_keyboard_and_closes_on_escape(guide):
    menu = guide.locator(".site-header details.menu").first
    menu.locator("summary").focus()

    guide.keyboard.press("Enter")
    expect(menu.locator("button[value=sv]")).to_be_visible()

    guide.keyboard.press("Escape")
    expect(menu.locator("button[value=sv]")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_the_weekday_follows_the_date(guide):
    guide.locator("#id_day").first.fill("2026-11-29")

    expect(guide.locator("#id_day_weekday")).to_have_text("sunnuntai")


def test_card_and_pin_light_each_other(guide):
    pin = guide.locator(".map-pin", has_text="2")

    guide.locator("#result-2").hover()
    expect(pin).to_have_class("leaflet-marker-icon map-pin leaflet-zoom-animated leaflet-interactive is-lit")

    guide.locator("#result-1 h3 a").focus()
    guide.mouse.move(0, 0)
    expect(guide.locator(".result.is-lit")).to_have_count(1)


def test_on_a_phone_the_week_is_a_list(guide):
    guide.set_viewport_size(PHONE)

    expect(guide.locator("#week-grid table")).to_be_hidden()
    expect(guide.locator("#week-grid .week-list")).to_be_visible()


def test_without_script_the_list_has_the_page_to_itself(browser, live_server, settings):
    settings.DEMO = True
    page = browser.new_page(java_script_enabled=False, viewport=PHONE)

    page.goto(f"{live_server.url}/styleguide/?view=map")

    expect(page.locator("#result-1")).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
    page.close()
