"""Mikael's journey: his club asks for its season in half a gym, and lives with it."""

from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest
import time_machine
from django.utils import timezone
from django.utils.http import urlencode
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.models import User
from bookings import lifecycle, swaps, waiting
from bookings.models import Booking, Occupancy, Series
from tests.factories import (
    create_booking,
    create_gym,
    create_organisation,
    create_user,
    create_venue,
    hour,
    open_daily,
    say_policy,
)
from tests.journeys.browser import PHONE, axe, fits, sign_in, tab_to
from venues import wording
from venues.clock import at
from venues.models import SchoolPeriod, Space

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SUMMER = at(date(2027, 8, 16), time(9))
TUESDAY = date(2027, 9, 7)
WEEKS = 39  # until 30 May, of which four are school holidays
HOLIDAYS = [
    (date(2027, 10, 18), date(2027, 10, 22)),
    (date(2027, 12, 20), date(2028, 1, 2)),
    (date(2028, 2, 21), date(2028, 2, 25)),
]
TAKEN = TUESDAY + timedelta(weeks=10)
AWAY = TUESDAY + timedelta(weeks=3)
SWAPPED = TUESDAY + timedelta(weeks=5)
THURSDAY = TUESDAY + timedelta(weeks=7, days=2)


@pytest.fixture(autouse=True)
def summer() -> Iterator[None]:
    """It is August: the season is ahead, and its Tuesdays are the same whenever this is told."""
    with time_machine.travel(SUMMER, tick=True):
        yield


@pytest.fixture
def half() -> Space:
    """Half a gym of a school that is open in the evenings, and taken on one Tuesday in November."""
    school = create_venue(name_fi="Hertsikan ala-aste")
    open_daily(school.timetable, "16:00", "22:00", today=SUMMER.date())
    gym = create_gym(venue=school, capacity=60)
    for space in gym:
        say_policy(space, approval="instant", give_back_hours=48, can_be_swapped=True)
    for first, last in HOLIDAYS:
        SchoolPeriod.objects.create(kind=SchoolPeriod.Kind.BREAK, first=first, last=last)
    create_booking(gym[1], hour("17:00", day=TAKEN), hour("20:00", day=TAKEN), now=SUMMER)
    return gym[1]


@pytest.fixture
def mikael() -> User:
    mikael = create_user("Mikael Lindholm")
    create_organisation(mikael, name="Idän Sähly ry", role="owner")
    return mikael


def others_have(half: Space, day: date) -> Booking:
    """Let somebody else have the same evening hours on a day."""
    return create_booking(half, hour("18:00", day=day), hour("19:30", day=day), now=timezone.now())


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def write(page: Page, target: Locator, text: str) -> None:
    """Reach a field by keyboard and fill it in: how keys write a date is for each browser to say."""
    tab_to(page, target)
    target.fill(text)


# --- The parts of the story -----------------------------------------------------------------------


def asks_for_tuesdays(page: Page, half: Space) -> None:
    page.goto(f"/spaces/{half.pk}/")
    press(page, page.get_by_role("link", name="Varaa kausi"))
    expect(page.get_by_role("heading", name="Varaa kausi")).to_be_visible()
    axe(page)
    press(page, page.get_by_label("Minulle itselleni"), "ArrowDown")
    expect(page.get_by_label("Idän Sähly ry")).to_be_checked()
    press(page, page.get_by_label("Ti", exact=True), "Space")
    write(page, page.get_by_label("Alkaa klo"), "18:00")
    write(page, page.get_by_label("Päättyy klo"), "19:30")
    write(page, page.get_by_label("Ensimmäinen päivä"), TUESDAY.isoformat())
    press(page, page.get_by_label("Kauden loppuun"), "ArrowUp")
    expect(page.get_by_label("Tietty määrä kertoja")).to_be_checked()
    write(page, page.get_by_label("Montako kertaa?"), str(WEEKS))
    press(page, page.get_by_label("Ei koulujen loma-aikoina"), "Space")


def understands_each_date(page: Page) -> None:
    expect(page.get_by_role("heading", name="34 / 35 vapaana")).to_be_visible()
    expect(page.get_by_text("Joka tiistai 18.00–19.30, 7.9.2027–30.5.2028, ei pyhäpäivinä")).to_be_visible()
    expect(page.get_by_text("4 päivää jää väliin, kuten toivoit.")).to_be_visible()
    expect(page.locator(".line-free")).to_have_count(34)
    expect(page.locator(".line-left-out")).to_have_count(4)
    unfree = page.locator(".line-unfree")
    expect(unfree).to_contain_text("Aika on jo varattu.")
    axe(page)
    press(page, unfree.get_by_label("Jätä väliin"), "ArrowDown")
    expect(unfree.get_by_label("Lohko B")).to_be_checked()


def books_them(page: Page) -> None:
    write(page, page.get_by_label("Mitä aiotte tehdä?"), "Salibandy, P13")
    write(page, page.get_by_label("Montako henkilöä?"), "15")
    press(page, page.get_by_role("button", name="Varaa kausi"))
    expect(page.get_by_role("heading", name="35 kertaa varattu")).to_be_visible()
    expect(page.get_by_text("Idän Sähly ry, Mikael Lindholm")).to_be_visible()
    axe(page)
    press(page, page.get_by_role("link", name="Kauden kaikki kerrat"))
    expect(page.get_by_role("heading", name="Seuraava")).to_be_visible()
    axe(page)


def gives_one_back(page: Page) -> None:
    press(page, page.get_by_label(wording.short_day(AWAY)), "Space")
    press(page, page.get_by_role("button", name="Palauta valitut"))
    expect(page.get_by_role("heading", name="Haluatko palauttaa 1 kerran?")).to_be_visible()
    expect(page.get_by_text("Palautettavissa su 26.9.2027 klo 18.00 asti.")).to_be_visible()
    axe(page)
    press(page, page.get_by_role("button", name="Palauta"))
    expect(page.get_by_text("1 kerta palautettu. Aika on taas vapaa muille.")).to_be_visible()


def swaps_one(page: Page, rival: Booking) -> None:
    """Another club proposes its Wednesday for one of the Tuesdays, and Mikael agrees."""
    wanted = Occupancy.objects.get(starts_at=hour("18:00", day=SWAPPED), booking__series__isnull=False)
    swaps.propose(rival.dates.get(), wanted, "Sopisiko vaihto?", by=rival.customer, now=timezone.now())
    page.goto("/swaps/")
    expect(page.get_by_text("Sopisiko vaihto?")).to_be_visible()
    axe(page)
    press(page, page.locator("form[action$='/agree/'] button"))
    expect(page.locator(".notification-success")).to_be_visible()


def accepts_what_comes_free(page: Page, half: Space, rival: Booking) -> None:
    """He waits for a Thursday that somebody else has, and gets it in one press when they cancel."""
    (date,) = rival.dates.all()
    asked = {"space": half.pk, "period": f"{date.starts_at.isoformat()}/{date.ends_at.isoformat()}"}
    page.goto(f"/waiting/new/?{urlencode(asked)}")
    press(page, page.get_by_label("Minulle itselleni"), "ArrowDown")
    write(page, page.get_by_label("Mitä aiotte tehdä?"), "Salibandy, P13")
    write(page, page.get_by_label("Montako henkilöä?"), "15")
    press(page, page.get_by_role("button", name="Jää jonottamaan"))
    expect(page.get_by_role("heading", name="Jonotuslista")).to_be_visible()
    lifecycle.cancel(rival, by=rival.customer, now=timezone.now())
    waiting.offer_freed(date.hall_id, date.setup_at, date.clear_at, now=timezone.now())
    page.reload()
    expect(page.get_by_role("link", name="Vastaa tarjoukseen")).to_be_visible()
    axe(page)
    press(page, page.get_by_role("link", name="Vastaa tarjoukseen"))
    accept = page.get_by_role("button", name="Ota vuoro vastaan")
    expect(accept).to_be_visible()
    axe(page)
    press(page, accept)
    expect(page.get_by_role("heading", name=wording.day(THURSDAY))).to_be_visible()


# --- The journey ----------------------------------------------------------------------------------


def test_a_season_by_keyboard(page, half, mikael):
    sign_in(page, mikael)

    asks_for_tuesdays(page, half)
    understands_each_date(page)
    books_them(page)
    gives_one_back(page)
    swaps_one(page, others_have(half, SWAPPED + timedelta(days=1)))
    accepts_what_comes_free(page, half, others_have(half, THURSDAY))

    series = Series.objects.get()
    dates = Occupancy.objects.filter(booking__series=series)
    assert dates.count() == 35
    assert hour("18:00", day=SWAPPED + timedelta(days=1)) in dates.values_list("starts_at", flat=True)
    assert [str(booking.space) for booking in series.bookings.order_by("pk")] == ["Lohko A", "Lohko B"]
    assert dates.get(released_at__isnull=False).starts_at == hour("18:00", day=AWAY)
    offered = Booking.objects.get(organisation__isnull=False, series=None)
    assert offered.dates.get().starts_at == hour("18:00", day=THURSDAY)


def test_without_script(browser: Browser, browser_context_args, half, mikael):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, mikael)
    page.goto(f"/series/new/?space={half.pk}")
    page.get_by_text("Ti", exact=True).click()
    page.get_by_label("Alkaa klo").fill("18:00")
    page.get_by_label("Päättyy klo").fill("19:30")
    page.get_by_label("Ensimmäinen päivä").fill(TUESDAY.isoformat())
    page.get_by_role("button", name="Näytä kerrat").click()
    expect(page.get_by_role("heading", name="vapaana")).to_be_visible()
    page.get_by_label("Kaikki kerrat tai ei mitään").check()
    page.get_by_label("Mitä aiotte tehdä?").fill("Salibandy")
    page.get_by_label("Montako henkilöä?").fill("15")

    page.get_by_role("button", name="Varaa kausi").click()

    expect(page.get_by_role("heading", name="Mitään ei varattu.")).to_be_visible()
    expect(page.get_by_label("Mitä aiotte tehdä?")).to_have_value("Salibandy")
    page.get_by_label("Vapaat kerrat ja tilalle valitsemani").check()
    page.get_by_role("button", name="Varaa kausi").click()
    expect(page.get_by_role("heading", name="kertaa varattu")).to_be_visible()
    assert Booking.objects.filter(series__isnull=False).count() == 1


def test_nothing_scrolls_sideways_on_a_phone(browser: Browser, browser_context_args, half, mikael):
    page = browser.new_context(**browser_context_args | {"viewport": PHONE}, has_touch=True).new_page()
    sign_in(page, mikael)
    asked = (
        f"space={half.pk}&weekdays=2&starts=18:00&ends=19:30&every_weeks=1"
        f"&first_on={TUESDAY}&until=season&without_holidays=on"
    )
    page.goto(f"/series/new/?{asked}")
    fits(page)
    axe(page)
    page.get_by_label("Mitä aiotte tehdä?").fill("Salibandy")
    page.get_by_label("Montako henkilöä?").fill("15")
    page.get_by_role("button", name="Varaa kausi").tap()
    expect(page.get_by_role("heading", name="kertaa varattu")).to_be_visible()
    fits(page)
    series = Series.objects.get()
    for name in ("", "release/", "release/?rest=1", "change/", "texts/"):
        page.goto(f"/series/{series.pk}/{name}")
        fits(page)
        axe(page)
    page.goto("/series/")
    fits(page)
    axe(page)
