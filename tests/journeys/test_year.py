"""A year at a glance, school terms and copying in a browser: by keyboard, on a phone, on paper."""

from collections.abc import Iterator
from datetime import date, time

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.factories import (
    NOW,
    create_closure,
    create_manager,
    create_space,
    create_user,
    create_venue,
    open_daily,
    open_weekly,
)
from tests.journeys.browser import NARROWEST, PHONE, WIDE, axe, fits, sign_in, tab_to
from venues.clock import at
from venues.models import OpeningException, SchoolPeriod, Space, Venue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = [WIDE, PHONE, NARROWEST]
MARKET = date(2027, 2, 6)


@pytest.fixture
def gym(live_server) -> Iterator[Space]:
    """A school's gym with all that a year can hold."""
    with time_machine.travel(NOW):
        SchoolPeriod.objects.create(
            kind="term", name_fi="Kevätlukukausi", first=date(2027, 1, 7), last=date(2027, 6, 5), is_demo=True
        )
        SchoolPeriod.objects.create(
            kind="break", name_fi="Talviloma", first=date(2027, 2, 22), last=date(2027, 2, 26)
        )
        venue = create_venue(name_fi="Herttoniemenrannan yhtenäiskoulu")
        OpeningException.objects.create(
            timetable=venue.timetable, date=MARKET, opens=time(10), closes=time(16), reason_fi="Myyjäiset"
        )
        open_weekly(
            venue.timetable,
            range(1, 6),
            "17:00",
            "22:00",
            terms="in_term",
            on_holidays="closed",
            open_to=["minors"],
        )
        gym = create_space(venue=venue, key="sali")
        create_closure(gym, at(date(2027, 3, 8)), at(date(2027, 3, 13)), reason="Lattian lakkaus")
        yield gym


@pytest.fixture
def twin(gym) -> Venue:
    venue = create_venue(name_fi="Laajasalon peruskoulu")
    open_daily(venue.timetable)
    create_space(venue=venue, key="sali")
    return venue


def test_manager_reads_the_year_and_goes_to_a_day_that_is_different(page: Page, gym, live_server):
    sign_in(page, create_manager(gym.venue))
    page.goto(live_server.url + reverse("bookings:year", args=[gym.venue.pk, 2027]))
    expect(page.locator("table.month")).to_have_count(12)
    for size in SIZES:
        page.set_viewport_size(size)
        fits(page)
        axe(page)

    tab_to(page, page.locator("table.month a"))
    page.keyboard.press("Enter")

    expect(page).to_have_url(
        live_server.url + reverse("bookings:hours_day", args=[gym.venue.timetable_id, MARKET.isoformat()])
    )


def test_year_prints_on_one_sheet(page: Page, gym, live_server):
    sign_in(page, create_manager(gym.venue))
    page.goto(live_server.url + reverse("bookings:year", args=[gym.venue.pk, 2027]))

    paper = page.pdf(format="A4", print_background=True)

    assert paper.count(b"/Type /Page\n") == 1


def test_staff_keeps_the_terms(page: Page, gym, live_server):
    sign_in(page, create_user("Kerttu", is_staff=True))
    page.goto(live_server.url + reverse("bookings:school_terms"))
    for size in SIZES:
        page.set_viewport_size(size)
        fits(page)
        axe(page)

    page.get_by_role("link", name="Lisää lukukausi tai loma").click()
    axe(page)
    page.get_by_label("Lukukausi").check()
    page.get_by_label("Ensimmäinen päivä").fill("2027-08-11")
    page.get_by_label("Viimeinen päivä").fill("2027-12-22")
    page.get_by_label("Nimi suomeksi").fill("Syyslukukausi")
    page.get_by_role("button", name="Tallenna").click()

    expect(page.get_by_text("Lukukaudet tiedetään ke 22.12.2027 asti.")).to_be_visible()


def test_manager_copies_a_school_to_another(page: Page, gym, twin, live_server):
    sign_in(page, create_manager(gym.venue, twin))
    page.goto(live_server.url + reverse("bookings:copy", args=[gym.venue.pk]))
    axe(page)

    page.get_by_label("Mihin toimipisteeseen").select_option(label="Laajasalon peruskoulu")
    page.get_by_role("button", name="Näytä, mitä korvataan").click()
    expect(page.get_by_role("button", name="Kopioi")).to_be_visible()

    for size in SIZES:
        page.set_viewport_size(size)
        fits(page)
        axe(page)
    page.get_by_role("button", name="Kopioi").click()

    expect(
        page.get_by_text("Kopioitu: Herttoniemenrannan yhtenäiskoulu → Laajasalon peruskoulu.")
    ).to_be_visible()
    assert twin.timetable.rules.get().terms == "in_term"
