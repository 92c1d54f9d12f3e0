"""Onni closes a gym for repairs: sees who is hit, cancels with notice, undoes it, and does it after all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import User
from bookings import impacts
from bookings.models import Booking, Closure, Impact, Status
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_organisation,
    create_user,
)
from tests.journeys.browser import NARROWEST, PHONE, WIDE, axe, fits, sign_in, tab_to
from venues.clock import at
from venues.models import Space, Venue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST = MONDAY + timedelta(days=7)


@dataclass
class Gym:
    """A gym that two groups have booked for a week of evenings."""

    site: str
    onni: User
    hall: Space
    venue: Venue
    aino: User
    bookings: list[Booking]


@pytest.fixture
def gym(live_server) -> Iterator[Gym]:
    with time_machine.travel(NOW):
        whole, a, b, _ = create_gym()
        mikael, aino = create_user("Mikael Lindholm"), create_user("Aino Virtanen")
        club = create_organisation(mikael, name="Idän Sähly ry")
        training = [evening(a, day, customer=mikael, organisation=club) for day in range(4)]
        party = evening(b, 1, customer=aino, purpose="Syntymäpäivät")
        onni = create_manager(whole.venue, name="Onni Korhonen")
        yield Gym(live_server.url, onni, whole, whole.venue, aino, [*training, party])


def evening(space: Space, days: int, **facts) -> Booking:
    begins = at(FIRST + timedelta(days=days)) + timedelta(hours=18)
    return create_booking(space, begins, begins + timedelta(hours=1, minutes=30), **facts)


@pytest.fixture
def desk(page: Page, gym: Gym) -> Page:
    sign_in(page, gym.onni)
    return page


def write_closure(page: Page, gym: Gym) -> None:
    page.goto(f"{gym.site}/manage/venues/{gym.venue.pk}/closures/new/")
    page.get_by_label("Ensimmäinen päivä").fill(FIRST.isoformat())
    page.get_by_label("Viimeinen päivä").fill((FIRST + timedelta(days=6)).isoformat())
    page.get_by_label("Syy suomeksi").fill("Salin lattia uusitaan.")
    page.get_by_role("button", name="Katso, kenen varauksiin tämä osuu").click()
    expect(page.get_by_text("Muutos osuu 5 varaukseen.")).to_be_visible()


def statuses(gym: Gym) -> set[str]:
    return set(
        Booking.objects.filter(pk__in=[booking.pk for booking in gym.bookings]).values_list(
            "status", flat=True
        )
    )


def test_closed_undone_and_closed_again(desk, gym):
    desk.goto(f"{gym.site}/manage/venues/{gym.venue.pk}/closures/")
    expect(desk.get_by_text("Mitään ei ole suljettu, nyt eikä myöhemmin.")).to_be_visible()
    write_closure(desk, gym)
    expect(desk.locator(".hit p", has_text="Idän Sähly ry")).to_have_count(4)
    expect(desk.locator(".hit p", has_text="Aino Virtanen")).to_be_visible()
    expect(desk.get_by_role("button", name="Sulje Koko sali ja säilytä 5 varausta")).to_be_visible()

    desk.get_by_label("Peru kaikki").check()
    desk.get_by_role("button", name="Sulje Koko sali ja peru 5 varausta").click()
    expect(desk.get_by_role("heading", name="Ilmoitukset lähtevät")).to_be_visible()
    assert Closure.objects.in_force().exists()
    assert statuses(gym) == {Status.CONFIRMED}

    desk.goto(f"{gym.site}/manage/venues/{gym.venue.pk}/")
    desk.get_by_role("link", name="Katso ja kumoa").click()
    desk.get_by_role("button", name="Kumoa koko muutos").click()
    expect(desk.get_by_role("status")).to_contain_text("Kumottu. Kaikki on ennallaan")
    assert not Closure.objects.in_force().exists()

    write_closure(desk, gym)
    desk.get_by_label("Peru kaikki").check()
    desk.get_by_role("button", name="ja peru 5 varausta").click()
    expect(desk.get_by_role("heading", name="Ilmoitukset lähtevät")).to_be_visible()
    impact = Impact.objects.get(undone_at=None)
    impacts.carry_out(impact, now=impact.due_at)
    assert statuses(gym) == {Status.CANCELLED}

    sign_in(desk, gym.aino)
    desk.goto(gym.site + gym.bookings[-1].get_absolute_url())
    expect(desk.get_by_text("Toimipiste joutui perumaan tämän varauksen.")).to_be_visible()
    expect(desk.locator("blockquote")).to_have_text("Salin lattia uusitaan.")
    desk.locator(".time-chip").first.click()
    desk.wait_for_url("**/form/**")


def test_by_keyboard_alone(desk, gym):
    desk.goto(f"{gym.site}/manage/venues/{gym.venue.pk}/")
    tab_to(desk, desk.get_by_role("link", name="Sulut"))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=2, name="Sulut")).to_be_visible()
    tab_to(desk, desk.get_by_role("link", name="Sulje tiloja"))
    desk.keyboard.press("Enter")
    tab_to(desk, desk.get_by_label("Koko sali"))
    desk.keyboard.press("Space")
    tab_to(desk, desk.get_by_label("Lohko A", exact=True))
    desk.keyboard.press("Space")
    tab_to(desk, desk.get_by_label("Ensimmäinen päivä"))
    # The order of day and month is the browser's own, so the date is not typed key by key.
    desk.get_by_label("Ensimmäinen päivä").fill((FIRST + timedelta(days=1)).isoformat())
    tab_to(desk, desk.get_by_label("Syy suomeksi"))
    desk.keyboard.type("Verhot pestään.")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Muutos osuu 1 varaukseen.")).to_be_visible()
    tab_to(desk, desk.locator(".hit select"))
    desk.keyboard.type("Peru")
    tab_to(desk, desk.get_by_role("button", name="Sulje Lohko A ja tee varauksille, kuten valitsit"))
    desk.keyboard.press("Enter")

    expect(desk.get_by_role("heading", name="Ilmoitukset lähtevät")).to_be_visible()
    assert Impact.objects.get().hits.get().fate == "cancel"


def test_without_script(browser, gym):
    context = browser.new_context(java_script_enabled=False, locale="fi-FI")
    page = context.new_page()
    sign_in(page, gym.onni)

    write_closure(page, gym)
    page.get_by_label("Siirrä ne, jotka voi siirtää, ja peru muut").check()
    page.get_by_label("Syy varaajille").fill("Lattia uusitaan.")
    page.get_by_role("button", name="Sulje Koko sali, siirrä mitä voi, peru muut").click()

    expect(page.get_by_role("heading", name="Ilmoitukset lähtevät")).to_be_visible()
    context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_every_page_is_accessible_and_fits(desk, gym, size):
    def look() -> None:
        desk.set_viewport_size(size)
        axe(desk)
        fits(desk)
        desk.set_viewport_size(NARROWEST)
        fits(desk)
        desk.set_viewport_size(size)

    pages = f"{gym.site}/manage/venues/{gym.venue.pk}"
    for address in (f"{pages}/closures/", f"{pages}/closures/new/", f"{pages}/changes/"):
        desk.goto(address)
        look()
    desk.get_by_role("link", name="Sulut").click()
    desk.get_by_role("link", name="Sulje tiloja").click()
    desk.get_by_label("Joka viikko").check()
    look()
    desk.get_by_role("button", name="Katso, kenen varauksiin tämä osuu").click()
    expect(desk.locator(".problems")).to_be_focused()
    look()
    write_closure(desk, gym)
    look()
    desk.get_by_label("Peru kaikki").check()
    desk.get_by_label("Syy varaajille").fill("Remontti")
    desk.locator(".impact-button").click()
    expect(desk.get_by_role("button", name="Kumoa koko muutos")).to_be_visible()
    look()
    impact = Impact.objects.get()
    for address in (f"{pages}/", f"{pages}/closures/", f"{pages}/changes/"):
        desk.goto(address)
        look()
    impacts.carry_out(impact, now=impact.due_at)
    for address in (
        f"{gym.site}/manage/changes/{impact.pk}/",
        f"{gym.site}/manage/closures/{Closure.objects.get().pk}/lift/",
    ):
        desk.goto(address)
        look()
    sign_in(desk, gym.aino)
    desk.goto(gym.site + gym.bookings[-1].get_absolute_url())
    look()
