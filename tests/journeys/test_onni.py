"""Onni, who looks after a school's gym, decides in the morning what others asked for overnight."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import User
from bookings.models import Booking, Status
from tests.factories import (
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_organisation,
    create_user,
)
from tests.journeys.browser import PHONE, axe, fits, sign_in, tab_to
from venues.models import Equipment, OpeningException, Purpose, Space, Venue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE = {"width": 1280, "height": 900}
NARROWEST = {"width": 320, "height": 640}


@dataclass
class Morning:
    """Three requests: two want section A at the same time, the third wants section B."""

    site: str
    onni: User
    gym: Space
    venue: Venue
    floorball: Booking
    party: Booking
    gymnastics: Booking


@pytest.fixture
def morning(live_server) -> Iterator[Morning]:
    with time_machine.travel(NOW):
        whole, a, b, _ = create_gym(approval="request", requests_compete=True)
        mikael, aino = create_user("Mikael Lindholm"), create_user("Aino Virtanen")
        club = create_organisation(mikael, name="Idän Sähly ry")
        yield Morning(
            site=live_server.url,
            onni=create_manager(whole.venue, name="Onni Korhonen"),
            gym=whole,
            venue=whole.venue,
            floorball=create_booking(
                a, "10:00", "12:00", customer=mikael, organisation=club, purpose="D-juniorit", attendees=18
            ),
            party=create_booking(whole, "11:00", "14:00", customer=aino, purpose="Syntymäpäivät"),
            gymnastics=create_booking(b, "16:00", "17:00", customer=aino, purpose="Jumppa"),
        )


@pytest.fixture
def desk(page: Page, morning: Morning) -> Page:
    sign_in(page, morning.onni)
    return page


def assert_decided(morning: Morning) -> None:
    for booking, status in [
        (morning.floorball, Status.CONFIRMED),
        (morning.party, Status.DECLINED),
        (morning.gymnastics, Status.DECLINED),
    ]:
        booking.refresh_from_db()
        assert booking.status == status


def test_by_mouse(desk, morning):
    desk.goto(f"{morning.site}/inbox/")
    expect(desk.locator(".inbox-item")).to_have_count(3)

    desk.get_by_role("link", name="Idän Sähly ry").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Idän Sähly ry")
    expect(desk.get_by_text("Nämä tilat jakavat saman lattian")).to_be_visible()
    expect(desk.locator(".facts-line").get_by_text("Koko sali")).to_be_visible()
    expect(desk.get_by_role("heading", name="1 muu pyytää samaa aikaa")).to_be_visible()
    expect(desk.locator(".rival")).to_have_count(2)

    desk.get_by_role("button", name="Hyväksy").click()
    expect(desk.get_by_role("status")).to_contain_text("Hyväksytty: la 6.2. 10.00–12.00, Lohko A")
    expect(desk.get_by_role("status")).to_contain_text("Samaa aikaa pyysi Aino Virtanen")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Aino Virtanen")

    desk.get_by_role("link", name="Hylkää…").click()
    dialog = desk.get_by_role("dialog", name="Miksi pyyntö hylätään?")
    dialog.get_by_label("Syy").select_option(label="Valvontaa ei saada järjestettyä tuohon aikaan.")
    dialog.get_by_role("button", name="Hylkää pyyntö").click()

    expect(desk.get_by_text("Mikään ei odota päätöstäsi.")).to_be_visible()
    assert_decided(morning)
    assert morning.gymnastics.reason == "Valvontaa ei saada järjestettyä tuohon aikaan."


def test_by_keyboard_alone(desk, morning):
    desk.goto(f"{morning.site}/inbox/")
    tab_to(desk, desk.get_by_role("link", name="Idän Sähly ry").first)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/inbox/{morning.floorball.pk}/")
    tab_to(desk, desk.get_by_role("button", name="Hyväksy"))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_contain_text("Hyväksytty")

    tab_to(desk, desk.get_by_role("link", name="Hylkää…"))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("dialog")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_be_hidden()
    desk.keyboard.press("Enter")
    desk.get_by_role("dialog").get_by_label("Syy").wait_for()
    tab_to(desk, desk.get_by_label("Omin sanoin"))
    desk.keyboard.press("Shift+Tab")
    desk.keyboard.type("Muu")
    desk.keyboard.press("Tab")
    desk.keyboard.type("Salissa on remontti.")
    tab_to(desk, desk.get_by_role("button", name="Hylkää pyyntö"))
    desk.keyboard.press("Enter")

    expect(desk.get_by_text("Mikään ei odota päätöstäsi.")).to_be_visible()
    assert_decided(morning)
    assert morning.gymnastics.reason == "Salissa on remontti."


def test_on_a_phone(desk, morning):
    desk.set_viewport_size(PHONE)
    desk.goto(f"{morning.site}/inbox/")
    expect(desk.get_by_role("button", name="Hyväksy")).to_be_hidden()
    fits(desk)

    desk.get_by_role("link", name="Idän Sähly ry").click()
    expect(desk.locator(".inbox-list")).to_be_hidden()
    expect(desk.locator(".week-grid")).to_be_hidden()
    expect(desk.locator(".week-list").get_by_text("Tämä pyyntö")).to_be_visible()
    fits(desk)
    desk.get_by_role("link", name="Kaikki odottavat").click()
    expect(desk.locator(".inbox-item")).to_have_count(3)

    desk.get_by_role("link", name="Idän Sähly ry").click()
    desk.get_by_role("button", name="Hyväksy").click()
    expect(desk.get_by_role("status")).to_contain_text("Hyväksytty")
    fits(desk)
    desk.get_by_role("link", name="Hylkää…").click()
    fits(desk)
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Syy").select_option(label="Tila ei sovi tähän käyttöön.")
    dialog.get_by_role("button", name="Hylkää pyyntö").click()

    expect(desk.get_by_text("Mikään ei odota päätöstäsi.")).to_be_visible()
    assert_decided(morning)


def test_without_script(browser, morning):
    context = browser.new_context(java_script_enabled=False, locale="fi-FI")
    page = context.new_page()
    sign_in(page, morning.onni)

    page.goto(f"{morning.site}/inbox/{morning.gymnastics.pk}/")
    page.get_by_role("link", name="Hylkää…").click()
    page.get_by_role("button", name="Hylkää pyyntö").click()
    expect(page.get_by_text("Valitse perustelu. Hakija lukee sen.").first).to_be_visible()
    page.get_by_label("Syy").select_option(label="Tila ei sovi tähän käyttöön.")
    page.get_by_role("button", name="Hylkää pyyntö").click()

    expect(page.get_by_role("status")).to_contain_text("Hylätty")
    context.close()


def test_two_managers_decide_at_once(desk, browser, morning):
    desk.goto(f"{morning.site}/inbox/{morning.floorball.pk}/")
    context = browser.new_context(locale="fi-FI")
    other = context.new_page()
    sign_in(other, create_manager(morning.venue, name="Kaisa Laine"))
    other.goto(f"{morning.site}/inbox/{morning.floorball.pk}/")
    other.get_by_role("button", name="Hyväksy").click()
    expect(other.get_by_role("status")).to_contain_text("Hyväksytty")
    context.close()

    desk.get_by_role("button", name="Hyväksy").click()

    expect(desk.get_by_text("Tätä ei voi enää tehdä")).to_be_visible()
    expect(desk.get_by_text("Kaisa Laine hyväksyi tämän")).to_be_visible()


def test_a_gym_is_closed_for_a_day_by_keyboard(desk, morning):
    desk.goto(f"{morning.site}/manage/")
    tab_to(desk, desk.get_by_role("link", name="Keskuskoulu"))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("link", name="Lisää lohko")).to_be_visible()
    tab_to(desk, desk.get_by_role("link", name="Aukiolo ja säännöt"))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Milloin on auki")).to_be_visible()
    tab_to(desk, desk.get_by_role("link", name="Lisää poikkeusaukiolo"))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Poikkeusaukiolo", exact=True)).to_be_visible()
    tab_to(desk, desk.get_by_label("Ensimmäinen päivä"))
    # The order of day and month is the browser's own, so the date is not typed key by key.
    desk.get_by_label("Ensimmäinen päivä").fill("2027-02-06")
    tab_to(desk, desk.get_by_label("Syy suomeksi"))
    desk.keyboard.type("Vesivahinko")
    desk.keyboard.press("Enter")

    expect(desk.locator(".hits > li")).to_have_count(3)
    assert not OpeningException.objects.exists()
    tab_to(desk, desk.locator("[name=impact-decide]"))
    desk.keyboard.press("Enter")

    desk.wait_for_url("**/manage/changes/*/")
    assert OpeningException.objects.get().reason_fi == "Vesivahinko"
    assert Booking.objects.undecided().count() == 3


def test_a_hall_is_redrawn_by_keyboard(desk, morning):
    desk.goto(f"{morning.site}/manage/halls/{morning.gym.pk}/layout/")

    tab_to(desk, desk.get_by_label("Lohko B: pala 3"))
    desk.keyboard.press("Space")
    tab_to(desk, desk.get_by_role("button", name="Tallenna pohja"))
    desk.keyboard.press("Enter")

    expect(desk.get_by_role("status")).to_contain_text("Salin pohja on muutettu.")


def addresses(morning: Morning) -> list[str]:
    venue, gym = morning.venue, morning.gym
    part = gym.parts.first()
    assert part
    return [
        "/inbox/",
        "/inbox/unpaid/",
        f"/inbox/{morning.floorball.pk}/",
        f"/inbox/{morning.floorball.pk}/decline/",
        f"/inbox/{morning.floorball.pk}/cancel/",
        "/manage/",
        "/manage/venues/new/",
        f"/manage/venues/{venue.pk}/",
        f"/manage/venues/{venue.pk}/edit/",
        f"/manage/venues/{venue.pk}/people/",
        f"/manage/venues/{venue.pk}/spaces/new/",
        f"/manage/spaces/{gym.pk}/",
        f"/manage/spaces/{part.pk}/",
        f"/manage/spaces/{gym.pk}/parts/new/",
        f"/manage/hours/{venue.timetable_id}/",
        f"/manage/hours/{venue.timetable_id}/days/",
        f"/manage/halls/{gym.pk}/layout/",
        "/manage/districts/",
        "/manage/districts/new/",
        "/manage/equipment/",
    ]


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_every_page_is_accessible_and_fits(page, morning, size):
    Purpose.objects.create(code="sport", name_fi="Liikunta")
    Equipment.objects.create(code="goals", name_fi="Salibandymaalit")
    sign_in(page, create_user("Katri", is_staff=True))
    page.set_viewport_size(size)

    for address in addresses(morning):
        page.goto(morning.site + address)
        axe(page)
        fits(page)
        page.set_viewport_size(NARROWEST)
        fits(page)
        page.set_viewport_size(size)


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_what_went_wrong_is_accessible_and_fits(desk, morning, size):
    desk.set_viewport_size(size)

    desk.goto(f"{morning.site}/inbox/{morning.party.pk}/")
    desk.get_by_role("link", name="Hylkää…").click()
    desk.get_by_role("button", name="Hylkää pyyntö").click()
    expect(desk.locator(".problems")).to_be_focused()
    axe(desk)
    fits(desk)

    desk.goto(f"{morning.site}/manage/hours/{morning.venue.timetable_id}/")
    desk.locator("#rule-0 > summary").click()
    desk.get_by_label("Auki", exact=True).fill("aamusta iltaan")
    desk.locator(".decision").get_by_role("button", name="Tallenna").click()
    expect(desk.locator(".problems")).to_be_focused()
    axe(desk)
    fits(desk)

    desk.goto(f"{morning.site}/manage/spaces/{morning.gym.pk}/")
    Space.objects.filter(pk=morning.gym.pk).update(capacity=70)
    desk.get_by_label("Henkilömäärä").fill("50")
    desk.get_by_role("button", name="Tallenna").click()
    expect(desk.get_by_role("cell", name="70")).to_be_visible()
    axe(desk)
    fits(desk)
