"""Every page of clubs, in Finnish, as each reader sees it: axe clean, no sideways scroll, usable by keyboard.

One fill of the database and one page of the browser for each reader. On every page the main button is reached
by Tab and pressed by Enter; what comes of it, often the form with its mistakes, is looked at as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time, timedelta

import pytest
import time_machine
from playwright.sync_api import Locator, Page

from accounts import invitations
from accounts.models import Invitation, Organisation, User
from bookings import lifecycle, messages, sanctions, swaps, waiting
from bookings.models import Booking, Message, Occupancy, Offer, Sanction, Series
from bookings.waiting_wishes import WishedWaiting
from tests.axe import findings
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_organisation,
    create_series,
    create_user,
    create_venue,
    hour,
    open_daily,
    say_policy,
)
from tests.journeys.browser import PHONE, WIDE, sign_in, tab_to
from venues.models import Space

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SATURDAY = MONDAY + timedelta(days=5)
SUNDAY = MONDAY + timedelta(days=6)
TUESDAYS = "weekdays=2&starts=18:00&ends=19:30&every_weeks=1&first_on=2027-02-09&until=count&count=4"


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@dataclass(frozen=True)
class City:
    """A school with a gym, two clubs that use it, and what lies between them and the school."""

    gym: Space
    mikael: User
    invited: User
    onni: User
    staff: User
    stranger: User
    club: Organisation
    invitation: Invitation
    season: Series
    booking: Booking
    given: Occupancy
    offer: Offer
    over: Offer
    sanction: Sanction
    heard: Sanction
    message: Message


@pytest.fixture
def city() -> City:
    school = create_venue(name_fi="Hertsikan ala-aste")
    open_daily(school.timetable, "08:00", "22:00")
    whole, *parts = create_gym(venue=school, capacity=60)
    gym = parts[0]
    for space in (whole, *parts):
        say_policy(space, approval="instant", give_back_hours=48, can_be_swapped=True)
    mikael, sari = create_user("Mikael", phone="040 123 4567"), create_user("Sari")
    invited, onni = create_user("Aino"), create_manager(school, name="Onni")
    club = create_organisation(mikael, name="Idän Sähly ry", role="owner")
    create_organisation(sari, name="Voimisteluseura Notkea ry", role="owner")
    season = create_series(gym, customer=mikael, organisation=club, purpose="Salibandy", attendees=15)
    dates = list(Occupancy.objects.filter(booking__series=season).order_by("starts_at"))
    theirs = create_booking(gym, hour("18:00", day=SUNDAY), hour("20:00", day=SUNDAY), customer=sari)
    swaps.propose(theirs.dates.get(), dates[1], "Sopisiko vaihto?", by=sari, now=NOW)
    create_booking(gym, hour("08:30", day=MONDAY), hour("10:00", day=MONDAY), customer=sari)
    messages.tell(theirs, "confirmed", cause="confirmed", now=NOW)
    over = offered(gym, "14:00", "16:00", mikael, club)
    waiting.decline(over, by=mikael, now=NOW)
    warning = {"organisation": club, "venue": school, "by": onni, "now": NOW}
    heard = sanctions.propose(Sanction.Kind.WARNING, reason="Pallot jäivät lattialle.", **warning)
    sanctions.answer(heard, "Korjaamme tapamme.", by=mikael, now=NOW)
    return City(
        gym=gym,
        mikael=mikael,
        invited=invited,
        onni=onni,
        staff=create_user("Katri", is_staff=True),
        stranger=create_user("Vieno"),
        club=club,
        invitation=invitations.invite(club, invited.email, "booker", by=mikael, now=NOW),
        season=season,
        booking=season.bookings.get(),
        given=dates[2],
        offer=offered(gym, "17:00", "19:00", mikael, club),
        over=over,
        sanction=sanctions.propose(Sanction.Kind.WARNING, reason="Ovi jäi auki.", **warning),
        heard=heard,
        message=Message.objects.earliest("pk"),
    )


def offered(gym: Space, start: str, end: str, mikael: User, club: Organisation) -> Offer:
    """Let somebody cancel a Saturday for which the club waits."""
    booking = create_booking(gym, start, end)
    (date,) = booking.dates.all()
    hours = {"earliest": time.fromisoformat(start), "latest": time.fromisoformat(end), "minutes": 120}
    days = {"weekdays": [6], "first_on": SATURDAY, "last_on": SATURDAY + timedelta(weeks=8)}
    asked = WishedWaiting([gym], **hours, **days, purpose="Salibandy", organisation=club)
    waiting.wait(asked, customer=mikael, now=NOW)
    lifecycle.cancel(booking, by=booking.customer, now=NOW)
    (offer,) = waiting.offer_freed(date.hall_id, date.setup_at, date.clear_at, now=NOW)
    return offer


# The address of a page, filled in from the city, and the name of its main button or link. The order matters
# where a press changes what a later page would show.
PAGES = {
    "mikael": [
        ("/organisations/", "Lisää organisaatio"),
        ("/organisations/{club.pk}/", "Lähetä kutsu"),
        ("/organisations/{club.pk}/leave/", "Jää"),
        ("/waiting/", "Vastaa tarjoukseen"),
        ("/waiting/new/?space={gym.pk}", "Jää jonottamaan"),
        ("/offers/{over.token}/", "Katso jonotuslista"),
        ("/offers/{offer.token}/", "Ota vuoro vastaan"),
        ("/swaps/", "Vaihda"),
        ("/bookings/dates/{given.pk}/swap/", "Ehdota vaihtoa"),
        ("/sanctions/{sanction.pk}/", "Lähetä vastaus"),
        ("/bookings/", "Palauta tämä kerta"),
        ("/series/new/?space={gym.pk}", "Näytä kerrat"),
        (f"/series/new/?space={{gym.pk}}&{TUESDAYS}", "Varaa kausi"),
        ("/series/", "Joka lauantai"),
        ("/series/{season.pk}/booked/", "Kauden kaikki kerrat"),
        ("/series/{season.pk}/change/", "Katso, miten kerroille käy"),
        ("/series/{season.pk}/texts/", "Tallenna"),
        ("/series/{season.pk}/", "Palauta valitut"),
        ("/series/{season.pk}/release/", "Katso, mitä se tarkoittaa"),
        ("/series/{season.pk}/release/?rest=1", "Palauta"),
    ],
    "invited": [("/invitations/{invitation.token}/", "Hyväksy kutsu")],
    "nobody": [
        ("/invitations/{invitation.token}/", "Kirjaudu ja palaa tähän"),
        ("/offers/{over.token}/", "Katso jonotuslista"),
    ],
    "stranger": [
        ("/bookings/", "Hae tilaa"),
        ("/series/", "Hae viikoittainen aika"),
        ("/waiting/", "Hae tilaa"),
        ("/swaps/", "Valitse varaus"),
        ("/organisations/", "Lisää organisaatio"),
        ("/invitations/{invitation.token}/", ""),
    ],
    "onni": [
        ("/manage/bookings/{booking.pk}/sanction/", "Pyydä vastaus"),
        ("/manage/sanctions/", "Huomautus: Idän Sähly ry"),
        ("/sanctions/{heard.pk}/", "Anna huomautus"),
        ("/manage/day/?day=2027-02-06", "Tänään"),
        ("/manage/day/", "Paikalla"),
    ],
    "staff": [
        ("/manage/organisations/", "Hae"),
        ("/manage/organisations/new/", "Tallenna"),
        ("/manage/organisations/{club.pk}/", "Tallenna"),
        ("/manage/organisations/{club.pk}/merge/", "Jatka"),
        ("/manage/messages/", "Kaupungin omat tekstit viesteissä"),
        ("/manage/messages/{message.pk}/", ""),
        ("/manage/messages/texts/", "Muistutus"),
        ("/manage/messages/texts/reminder/", "Tallenna"),
    ],
}


def button(page: Page, name: str) -> Locator:
    """Return the button or link of the page itself that is called so."""
    main = page.get_by_role("main")
    return main.get_by_role("button", name=name).or_(main.get_by_role("link", name=name)).first


def wrong_with(page: Page) -> Iterator[str]:
    """Yield what is wrong with the page as it is now, on a wide screen and on a phone."""
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            yield f"{page.url} scrolls sideways at {size['width']} px"
    page.set_viewport_size(WIDE)
    yield from (f"{page.url} {finding}" for finding in findings(page))


def press_by_keyboard(page: Page, target: Locator) -> None:
    tab_to(page, target)
    with page.expect_event("load"):
        page.keyboard.press("Enter")


@pytest.mark.parametrize("reader", PAGES)
def test_pages_of_clubs(page: Page, city: City, reader: str):
    if reader != "nobody":
        sign_in(page, getattr(city, reader))
    wrong: list[str] = []
    for address, main_button in PAGES[reader]:
        answer = page.goto(address.format_map(vars(city)))
        assert answer, address
        assert answer.status == 200, f"{address}: {answer.status}"
        wrong += wrong_with(page)
        if main_button:
            press_by_keyboard(page, button(page, main_button))
            wrong += wrong_with(page)

    assert wrong == []
