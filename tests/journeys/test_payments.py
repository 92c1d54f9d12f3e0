"""Aino pays for a room, and Mikael his club's invoice, on the pages of Stripe's understudy."""

from copy import deepcopy
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from bookings import lifecycle
from bookings.models import Booking, Status
from bookings.wishes import Wish
from payments import documents, refunds
from payments.models import Document, Payment, Refund
from tests.factories import create_organisation, create_user, create_venue, hour, open_daily
from tests.journeys.browser import PHONE, WIDE, axe, coming_saturday, fits, sign_in, tab_to
from tests.prices import create_price_list, create_priced_space
from venues.clock import local
from venues.models import Venue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def with_sandbox(sandbox, settings, live_server):
    """Let Stripe's understudy lead back to the pages of the test, and pages lead there."""
    cache.clear()
    settings.SITE_URL = live_server.url
    policy = deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = ["'self'", sandbox.base]
    settings.CONTENT_SECURITY_POLICY = policy
    return sandbox


def open_space(day: date, **facts):
    venue = create_venue(kind=Venue.Kind.PLAYPARK, name_fi="Leikkipuisto Hilleri")
    open_daily(venue.timetable, "08:00", "22:00", today=local(timezone.now()).date())
    return create_priced_space(venue=venue, name_fi="Kerhohuone", **facts)


def book(space, customer, day: date, **wish) -> Booking:
    asked = Wish(space, hour("10:00", day=day), hour("13:00", day=day), purpose="Kokous", **wish)
    return lifecycle.book(asked, customer=customer, now=timezone.now())


def printed(page: Page) -> bytes:
    return page.pdf(format="A4")


def test_aino_pays_after_a_declined_card_and_gets_it_back_when_she_cancels(page, sandbox):
    aino = create_user("Aino Virtanen", phone="040 1234567")
    booking = book(open_space(coming_saturday()), aino, coming_saturday())
    page.set_viewport_size(PHONE)
    sign_in(page, aino)
    page.goto(booking.get_absolute_url())
    axe(page)
    fits(page)

    pay = page.get_by_role("button", name="Maksa 61,02")
    tab_to(page, pay)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Maksa 61,02")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Hylätty kortti").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Maksa 61,02").click()

    expect(page.get_by_text("Kiitos. Maksu on saapunut.")).to_be_visible()
    axe(page)
    fits(page)
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED
    page.goto(Document.objects.get(kind="receipt").get_absolute_url())
    page.set_viewport_size(WIDE)
    axe(page)
    assert printed(page).startswith(b"%PDF")

    page.goto(booking.get_absolute_url())
    page.get_by_role("link", name="Peru varaus").click()
    expect(page.get_by_text("61,02").first).to_be_visible()
    page.get_by_role("button", name="Peru varaus").click()
    refund = Refund.objects.select_related("payment").get()
    refunds.send(refund, now=timezone.now())
    assert (refund.cents, Refund.objects.get().state) == (6102, Refund.State.SUCCEEDED)


def test_mikael_pays_his_clubs_invoice(page, sandbox):
    mikael = create_user("Mikael Korhonen")
    club = create_organisation(mikael, name="Idän Sähly ry", role="owner")
    prices = create_price_list({"cents": 2507}, percent="13.5", includes_vat=False)
    gym = open_space(coming_saturday(), payment="invoice", price_list=prices)
    for week in range(2):
        book(gym, mikael, coming_saturday() + timedelta(weeks=week), organisation=club)
    far = coming_saturday() + timedelta(weeks=5)
    invoice = documents.bill(club, until=far, now=timezone.now())
    assert invoice
    page.set_viewport_size(PHONE)
    sign_in(page, mikael)

    page.goto(club.get_absolute_url())
    page.get_by_role("link", name="Laskut ja maksut").click()
    axe(page)
    fits(page)
    page.get_by_role("link", name=f"Lasku {invoice.number}").click()
    axe(page)
    fits(page)
    assert printed(page).startswith(b"%PDF")
    page.get_by_role("button", name="Maksa kortilla").click()
    page.get_by_role("button", name="Maksa 170,7").first.click()
    expect(page.get_by_text("Kiitos. Maksu on saapunut.")).to_be_visible()

    assert Payment.objects.get().paid_cents == invoice.gross_cents
    page.goto(invoice.get_absolute_url())
    expect(page.get_by_text("Tämä lasku on maksettu.")).to_be_visible()
