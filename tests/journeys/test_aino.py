"""Aino's journey: she finds a playpark building that is free on Saturday, and books it."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from bookings import lifecycle
from bookings.models import Booking, Status
from bookings.wishes import Wish
from tests.factories import (
    create_district,
    create_gym,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from tests.journeys.browser import PHONE, axe, code_sent_to, coming_saturday, fits, sign_in, tab_to
from venues import wording
from venues.clock import local
from venues.models import Equipment, Purpose, Space, Venue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def forgotten_limits() -> None:
    """So many sign-in codes a minute are sent to one address, whichever test asks."""
    cache.clear()


@pytest.fixture
def saturday() -> date:
    return coming_saturday()


@pytest.fixture
def room(saturday) -> Space:
    """A playpark's club room by request, and a school gym at once, both free on Saturday from 9 to 21."""
    party = Purpose.objects.create(code="party", name_fi="Juhlat", name_sv="Fest")
    herttoniemi = create_district(contact_email="stadiluotsi@example.org")
    venue = create_venue(
        kind=Venue.Kind.PLAYPARK,
        name_fi="Leikkipuisto Hilleri",
        address_fi="Hillerikuja 6",
        postcode="00800",
        city="Helsinki",
        district=herttoniemi,
        lat=60.20965,
        lon=25.044352,
        point_quality="exact",
    )
    open_daily(venue.timetable, "09:00", "21:00", today=local(timezone.now()).date())
    room = create_space(
        venue=venue,
        name_fi="Kerhohuone",
        capacity=25,
        approval="request",
        is_step_free=True,
        arrival_fi="Ovikoodi 1234. Ovi pihan puolella.",
        is_demo=True,
    )
    room.purposes.add(party)
    room.equipment.add(Equipment.objects.create(code="kitchen", name_fi="Keittiö"))
    school = create_venue(
        name_fi="Pohjois-Haagan yhteiskoulun ja Kannelmäen peruskoulun yhteinen liikuntasali",
        district=herttoniemi,
        lat=60.21,
        lon=25.05,
        point_quality="approximate",
    )
    open_daily(school.timetable, "09:00", "21:00", today=local(timezone.now()).date())
    for part in create_gym(venue=school, capacity=120):
        part.purposes.add(party)
    return Space.objects.with_place().get(pk=room.pk)


def when(saturday: date, start: str = "10:00", end: str = "12:00") -> str:
    return wording.when(hour(start, day=saturday), hour(end, day=saturday))


def rival_takes(space: Space, saturday: date, start: str, end: str) -> Booking:
    wish = Wish(space, hour(start, day=saturday), hour(end, day=saturday), purpose="Kilpailija")
    return lifecycle.book(wish, customer=create_user("Rival"), now=timezone.now())


def find_the_room(page: Page, saturday: date) -> None:
    page.goto("/")
    page.get_by_label("Mitä?").select_option("Juhlat")
    page.get_by_label("Missä?").fill("Hilleri")
    page.get_by_text("Valitse päivät").click()
    page.get_by_label("Ensimmäinen päivä").fill(saturday.isoformat())
    page.get_by_label("Henkilöitä").fill("20")
    page.get_by_label("Henkilöitä").press("Tab")
    expect(page.get_by_role("heading", name="1 tila vapaana")).to_be_visible()


def sign_up(page: Page, email: str) -> None:
    page.get_by_label("Sähköposti").fill(email)
    page.get_by_role("button", name="Lähetä koodi").click()
    expect(page.get_by_label("Koodi")).to_be_visible()
    page.get_by_label("Koodi").fill(code_sent_to(email))
    page.get_by_role("button", name="Kirjaudu").click()


@pytest.fixture
def phone(browser: Browser, browser_context_args) -> Page:
    return browser.new_context(**browser_context_args | {"viewport": PHONE}, has_touch=True).new_page()


# --- The journey ------------------------------------------------------------------------------------


def test_by_mouse(page, room, saturday):
    find_the_room(page, saturday)
    page.get_by_role("button", name=f"Kerhohuone, {when(saturday, '09:00', '11:00')}").click()

    expect(page.get_by_text("Pidämme aikaa sinulle klo")).to_be_visible()
    sign_up(page, "aino@example.org")
    page.get_by_label("Nimesi").fill("Aino Virtanen")
    page.get_by_label("Mitä aiotte tehdä?").fill("Syntymäpäivät")
    expect(page.get_by_label("Montako henkilöä?")).to_have_value("20")
    page.get_by_role("button", name="Lähetä pyyntö").click()

    expect(page.get_by_text("Pyyntösi on lähetetty.")).to_be_visible()
    expect(page.get_by_text("Toimipiste vastaa viimeistään")).to_be_visible()
    page.get_by_role("link", name="Omat varaukset").first.click()
    expect(page.get_by_role("heading", name="Seuraava")).to_be_visible()
    expect(page.get_by_text("Odottaa päätöstä")).to_be_visible()
    booking = Booking.objects.get()
    assert (booking.status, booking.customer.name) == (Status.REQUESTED, "Aino Virtanen")


def test_by_keyboard_alone(page, room):
    page.goto("/")
    tab_to(page, page.get_by_label("Missä?"))
    page.keyboard.type("Hilleri")
    tab_to(page, page.get_by_label("Viikonloppuna"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="1 tila vapaana")).to_be_visible()
    expect(page.get_by_label("7 päivän sisällä")).to_be_focused()
    first_time = page.locator(".result .time-chip").first
    tab_to(page, first_time)
    page.keyboard.press("Enter")

    tab_to(page, page.get_by_label("Sähköposti"))
    page.keyboard.type("aino@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Katso sähköpostisi")).to_be_visible()
    tab_to(page, page.get_by_label("Koodi"))
    page.keyboard.type(code_sent_to("aino@example.org"))
    page.keyboard.press("Enter")

    expect(page.get_by_label("Nimesi")).to_be_visible()
    for label, text in {
        "Nimesi": "Aino Virtanen",
        "Mitä aiotte tehdä?": "Syntymäpäivät",
        "Montako henkilöä?": "12",
    }.items():
        tab_to(page, page.get_by_label(label))
        page.keyboard.type(text)
    tab_to(page, page.get_by_role("button", name="Lähetä pyyntö"))
    page.keyboard.press("Enter")

    expect(page.get_by_text("Pyyntösi on lähetetty.")).to_be_visible()
    assert Booking.objects.get().attendees == 12


def test_on_a_phone_from_the_week_of_the_space(phone, room, saturday):
    phone.goto(f"/spaces/{room.pk}/?week={saturday}&length=180")
    fits(phone)
    expect(phone.locator(".week-grid")).to_be_hidden()
    phone.locator("summary", has_text=wording.short_day(saturday)).tap()
    fits(phone)
    phone.get_by_role("button", name=when(saturday, "10:00", "13:00")).tap()

    phone.wait_for_url("**/form/**")
    fits(phone)
    sign_up(phone, "aino@example.org")
    fits(phone)
    phone.get_by_label("Nimesi").fill("Aino Virtanen")
    phone.get_by_label("Mitä aiotte tehdä?").fill("Syntymäpäivät")
    phone.get_by_label("Montako henkilöä?").fill("12")
    phone.get_by_role("button", name="Lähetä pyyntö").tap()

    expect(phone.get_by_text("Pyyntösi on lähetetty.")).to_be_visible()
    fits(phone)
    assert Booking.objects.get().dates.get().starts_at == hour("10:00", day=saturday)


def test_without_script(browser, browser_context_args, room, saturday):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Missä?").fill("Hilleri")
    page.get_by_text("Valitse päivät").click()
    page.get_by_label("Ensimmäinen päivä").fill(saturday.isoformat())
    page.get_by_role("button", name="Hae").click()
    expect(page.get_by_role("heading", name="1 tila vapaana")).to_be_visible()
    page.get_by_role("link", name="Kerhohuone").first.click()
    page.locator(f"button[value^='{hour('14:00', day=saturday).isoformat()}']:visible").first.click()

    sign_up(page, "aino@example.org")
    page.get_by_role("button", name="Lähetä pyyntö").click()
    expect(page.get_by_role("heading", name="Tarkista nämä")).to_be_visible()
    page.get_by_label("Nimesi").fill("Aino Virtanen")
    page.get_by_label("Mitä aiotte tehdä?").fill("Syntymäpäivät")
    page.get_by_label("Montako henkilöä?").fill("12")
    page.get_by_role("button", name="Lähetä pyyntö").click()

    expect(page.get_by_text("Pyyntösi on lähetetty.")).to_be_visible()
    assert Booking.objects.get().dates.get().starts_at == hour("14:00", day=saturday)


def test_a_rival_is_a_second_earlier(page, room, saturday):
    find_the_room(page, saturday)
    rival_takes(room, saturday, "09:00", "11:00")

    page.get_by_role("button", name=f"Kerhohuone, {when(saturday, '09:00', '11:00')}").click()

    expect(page.get_by_role("heading", name="Joku ehti ensin")).to_be_visible()
    expect(page.get_by_text("Aika on jo varattu.")).to_be_visible()
    page.get_by_role("button", name=when(saturday, "11:00", "13:00")).click()
    expect(page.get_by_text("Pidämme aikaa sinulle klo")).to_be_visible()
    assert Booking.objects.get(status=Status.HELD).dates.get().starts_at == hour("11:00", day=saturday)


def test_a_rival_takes_what_a_slow_form_no_longer_keeps(page, room, saturday):
    aino = create_user("Aino Virtanen")
    sign_in(page, aino)
    page.goto(f"/spaces/{room.pk}/?week={saturday}")
    page.locator(f"button[value^='{hour('10:00', day=saturday).isoformat()}']:visible").first.click()
    page.get_by_label("Mitä aiotte tehdä?").fill("Syntymäpäivät")
    page.get_by_label("Montako henkilöä?").fill("12")
    Booking.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    rival_takes(room, saturday, "10:00", "12:00")

    page.get_by_role("button", name="Lähetä pyyntö").click()

    expect(page.get_by_text("Aika on jo varattu.")).to_be_visible()
    page.get_by_role("button", name=when(saturday, "12:00", "14:00")).click()
    expect(page.get_by_label("Mitä aiotte tehdä?")).to_have_value("Syntymäpäivät")
    page.get_by_role("button", name="Lähetä pyyntö").click()
    expect(page.get_by_text("Pyyntösi on lähetetty.")).to_be_visible()


def test_the_booking_is_moved_and_given_back(page, room, saturday):
    aino = create_user("Aino Virtanen")
    wish = Wish(room, hour("10:00", day=saturday), hour("12:00", day=saturday), purpose="Juhlat")
    booking = lifecycle.book(wish, customer=aino, now=timezone.now())
    sign_in(page, aino)
    page.goto("/bookings/")
    page.get_by_role("link", name=wording.day(saturday)).click()
    page.get_by_role("link", name="Siirrä toiseen aikaan").click()
    page.locator(f"button[value^='{hour('14:00', day=saturday).isoformat()}']:visible").first.click()
    expect(page.get_by_text("Siirretty. Uusi aika on sinun.")).to_be_visible()
    assert booking.dates.get().starts_at == hour("14:00", day=saturday)

    page.get_by_role("link", name="Peru varaus").click()
    page.get_by_role("button", name="Peru varaus").click()
    expect(page.get_by_text("Peruttu. Aika on taas vapaa muille.")).to_be_visible()
    booking.refresh_from_db()
    assert booking.status == Status.CANCELLED


# --- Search with script ---------------------------------------------------------------------------


def test_results_follow_the_conditions_and_the_address_can_be_shared(page, room, saturday):
    page.goto(f"/?when=dates&first={saturday}")
    expect(page.get_by_role("heading", name="5 tilaa vapaana")).to_be_visible()

    page.get_by_label("Henkilöitä").fill("100")
    page.get_by_label("Henkilöitä").press("Tab")

    expect(page.get_by_role("heading", name="4 tilaa vapaana")).to_be_visible()
    assert "people=100" in page.url
    assert "where=" not in page.url
    page.goto(page.url)
    expect(page.get_by_role("heading", name="4 tilaa vapaana")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="5 tilaa vapaana")).to_be_visible()


def test_a_condition_that_makes_no_sense_is_told_at_once(page, room, saturday):
    page.goto(f"/?when=dates&first={saturday}")

    page.get_by_label("Henkilöitä").fill("-1")
    page.get_by_label("Henkilöitä").press("Tab")

    expect(page.get_by_role("heading", name="Korjaa nämä")).to_be_visible()
    expect(page.locator("#question .errorlist")).to_have_text("Vähintään 1.")
    axe(page)
    page.get_by_label("Henkilöitä").fill("10")
    page.get_by_label("Henkilöitä").press("Tab")
    expect(page.get_by_role("heading", name="5 tilaa vapaana")).to_be_visible()
    expect(page.locator(".errorlist")).to_have_count(0)


def test_what_is_being_written_is_never_lost_to_an_answer(page, room, saturday):
    page.goto(f"/?when=dates&first={saturday}")
    page.route("**/?*", lambda route: page.wait_for_timeout(300) or route.continue_())

    page.get_by_label("Mitä?").select_option("Juhlat")
    page.get_by_label("Missä?").type("Hilleri")
    page.get_by_label("Missä?").press("Tab")

    expect(page.get_by_role("heading", name="1 tila vapaana")).to_be_visible()
    expect(page.get_by_label("Missä?")).to_have_value("Hilleri")


def test_near_me(browser, browser_context_args, room, saturday):
    context = browser.new_context(
        **browser_context_args,
        geolocation={"latitude": 60.2097, "longitude": 25.0444},
        permissions=["geolocation"],
    )
    page = context.new_page()
    page.goto(f"/?when=dates&first={saturday}")

    page.get_by_role("button", name="Lähelläni").click()

    expect(page.get_by_label("Järjestys")).to_have_value("distance")
    expect(page.locator(".result").first).to_contain_text("Leikkipuisto Hilleri")
    assert "near=60.210%2C25.044" in page.url


def test_pins_are_the_list(page, room, saturday):
    page.goto(f"/?when=dates&first={saturday}")

    expect(page.locator(".map-pin")).to_have_count(5)
    expect(page.locator(".map-pin-near")).to_have_count(4)
    page.get_by_label("Missä?").fill("Hilleri")
    page.get_by_label("Missä?").press("Enter")
    expect(page.locator(".map-pin")).to_have_count(1)


# --- Everybody can use it ---------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(browser, browser_context_args, room, saturday, width, settings, tmp_path):
    settings.DEMO, settings.OUTBOX_DIR = True, tmp_path
    aino = create_user("Aino Virtanen", email="aino@example.org")
    create_organisation(aino)
    size = {"viewport": {"width": width, "height": 900}}
    visitor = browser.new_context(**browser_context_args | size).new_page()
    for path in everybodys_pages(room, saturday):
        visitor.goto(path)
        axe(visitor)
        fits(visitor)
    visitor.goto(f"/spaces/{room.pk}/?week={saturday}")
    visitor.locator("button[name=period]:visible").first.click()
    axe(visitor)
    visitor.get_by_label("Sähköposti").fill("x")
    visitor.get_by_role("button", name="Lähetä koodi").click()
    axe(visitor)
    visitor.get_by_label("Sähköposti").fill("uusi@example.org")
    visitor.get_by_role("button", name="Lähetä koodi").click()
    axe(visitor)
    visitor.get_by_label("Koodi").fill("1")
    visitor.get_by_role("button", name="Kirjaudu").click()
    axe(visitor)

    sign_in(visitor, aino)
    for path in ainos_pages(aino, room, saturday):
        visitor.goto(path)
        axe(visitor)
        fits(visitor)


def everybodys_pages(room: Space, saturday: date) -> list[str]:
    asked = f"when=dates&first={saturday}"
    return [
        f"/?{asked}",
        f"/?{asked}&view=map&near=60.2,25.04",
        f"/?{asked}&people=5000",
        f"/?{asked}&where=Hilleri&people=-1&time_from=99",
        f"/spaces/{room.pk}/?week={saturday}",
        reverse("bookings:space", args=[Space.objects.filter(name_fi="Lohkot A ja C").get().pk]),
        f"/venues/{room.venue_id}/",
        "/account/login/",
        "/demo/outbox/",
    ]


def ainos_pages(aino, room: Space, saturday: date) -> list[str]:
    """Her pages with a request, a booking that is over, and a form that is open."""
    wish = Wish(
        room, hour("10:00", day=saturday), hour("12:00", day=saturday), purpose="Juhlat", note="Kakku"
    )
    booking = lifecycle.book(wish, customer=aino, now=timezone.now())
    cancelled = lifecycle.book(
        Wish(room, hour("18:00", day=saturday), hour("20:00", day=saturday)),
        customer=aino,
        now=timezone.now(),
    )
    lifecycle.cancel(cancelled, by=aino, reason="Sairastuimme.", now=timezone.now())
    held = lifecycle.hold(
        Wish(room, hour("14:00", day=saturday), hour("16:00", day=saturday)),
        customer=aino,
        now=timezone.now(),
    )
    return [
        "/bookings/",
        "/bookings/?show=past",
        "/bookings/?show=over",
        f"/bookings/{booking.pk}/",
        f"/bookings/{cancelled.pk}/",
        f"/bookings/{booking.pk}/move/?week={saturday}",
        f"/bookings/{booking.pk}/cancel/",
        f"/bookings/{held.pk}/form/",
        "/account/",
        "/account/logout/",
    ]


def test_axe_finds_nothing_where_a_time_is_taken(page, room, saturday):
    aino = create_user("Aino Virtanen")
    rival_takes(room, saturday, "10:00", "12:00")
    sign_in(page, aino)
    page.goto(f"/spaces/{room.pk}/?week={saturday}")
    axe(page)
    stale = page.locator("button[name=period]:visible").first
    rival_takes(room, saturday, "12:00", "21:00")
    stale.evaluate(
        "(button, period) => { button.value = period }",
        "/".join(hour(clock, day=saturday).isoformat() for clock in ("12:00", "14:00")),
    )

    stale.click()

    expect(page.get_by_role("heading", name="Joku ehti ensin")).to_be_visible()
    axe(page)


def test_nothing_is_changed_by_following_a_link(room, saturday):
    """No page of ours changes anything when it is only looked at."""
    aino = create_user("Aino Virtanen")
    wish = Wish(room, hour("10:00", day=saturday), hour("12:00", day=saturday), purpose="Juhlat")
    booking = lifecycle.book(wish, customer=aino, now=timezone.now())
    client = Client()
    client.force_login(aino)

    for name in ("cancel", "move", "booking"):
        client.get(reverse(f"bookings:{name}", args=[booking.pk]))

    booking.refresh_from_db()
    assert booking.status == Status.REQUESTED
