"""The page on which a person pays with no real money: what each button does, by keyboard, for everybody."""

import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests import axe

from .sandboxes import client, new_session

NAME = "Hilleri, kerhohuone: la 28.11. 10.00–13.00"


class DoNotFollow(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def send(url: str, **form: str) -> tuple[int, str, str]:
    """Send a form, or look if there is none; return status, text and where it leads."""
    data = urlencode(form).encode() if form else None
    try:
        with urllib.request.build_opener(DoNotFollow).open(url, data) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode(), answer.headers.get("Location", "")


def status(sandbox, session) -> tuple[str, str]:
    there = client(sandbox).v1.checkout.sessions.retrieve(session.id)
    return there.status, there.payment_status


def test_the_page_says_to_whom_how_much_and_for_what(sandbox):
    session = new_session(sandbox)

    code, page, _ = send(session.url)

    assert code == 200
    assert "Helsinki" in page
    assert NAME in page
    assert "20,34\xa0€" in page
    assert "Harjoittelumaksu" in page
    assert "<input" not in page


@pytest.mark.parametrize(("locale", "sum"), [("fi", "20,34\xa0€"), ("sv", "20,34\xa0€"), ("en", "€20.34")])
def test_the_page_speaks_the_language_of_the_session(sandbox, locale, sum):
    _, page, _ = send(new_session(sandbox, locale=locale).url)

    assert f'<html lang="{locale}">' in page
    assert sum in page


def test_who_pays_is_led_back_with_the_session(sandbox):
    session = new_session(sandbox)

    code, _, place = send(session.url, how="card")

    assert (code, place) == (303, f"http://testserver/paid/{session.id}")
    assert status(sandbox, session) == ("complete", "paid")


def test_who_presses_twice_pays_once(sandbox):
    session = new_session(sandbox)

    first, second = send(session.url, how="card"), send(session.url, how="card")

    assert first == second
    assert len(client(sandbox).v1.charges.list().data) == 1


def test_who_was_declined_reads_so_and_can_pay_then(sandbox):
    session = new_session(sandbox)

    _, _, place = send(session.url, how="declined")
    _, page, _ = send(sandbox.base + place)
    assert 'role="alert"' in page
    assert status(sandbox, session) == ("open", "unpaid")

    send(session.url, how="card")
    assert status(sandbox, session) == ("complete", "paid")


@pytest.mark.parametrize(("answer", "outcome"), [("confirm", "complete"), ("refuse", "open")])
def test_the_bank_asks_on_a_page_of_its_own(sandbox, answer, outcome):
    session = new_session(sandbox)

    _, _, place = send(session.url, how="3ds")
    assert place == f"/pay/{session.id}/bank"
    assert status(sandbox, session) == ("open", "unpaid")
    send(sandbox.base + place, answer=answer)

    assert status(sandbox, session)[0] == outcome


def test_a_session_that_expired_while_the_bank_asked_is_not_paid(sandbox):
    session = new_session(sandbox)
    _, _, place = send(session.url, how="3ds")
    client(sandbox).v1.checkout.sessions.expire(session.id)

    _, _, after = send(sandbox.base + place, answer="confirm")

    assert after == f"/pay/{session.id}"
    assert status(sandbox, session) == ("expired", "unpaid")
    assert "Mitään ei veloitettu" in send(session.url)[1]


def test_slow_money_leads_back_at_once(sandbox):
    session = new_session(sandbox)

    _, _, place = send(session.url, how="slow")

    assert place.endswith(session.id)
    assert status(sandbox, session) == ("complete", "unpaid")


@pytest.mark.parametrize(
    "path", ["/pay/cs_test_0", "/pay", "/", "/static/../pyproject.toml", "/static/none.css"]
)
def test_there_is_nothing_else(sandbox, path):
    assert send(sandbox.base + path)[0] == 404


def test_a_button_that_does_not_exist_does_nothing(sandbox):
    session = new_session(sandbox)

    send(session.url, how="gold")

    assert status(sandbox, session) == ("open", "unpaid")


# --- In a browser ---------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("locale", ["fi", "sv", "en"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_pages_are_accessible_and_fit(sandbox, page: Page, locale, width):
    page.set_viewport_size({"width": width, "height": 800})
    long = "Kaupunginosatalo, monitoimisali ja kerhohuoneyhdistelmä: 12 kertaa alkaen ti 1.12.2026 "
    items = [
        {
            "quantity": 1 + number,
            "price_data": {"currency": "eur", "unit_amount": 123456, "product_data": {"name": long * 2}},
        }
        for number in range(2)
    ]
    session = new_session(sandbox, locale=locale, line_items=items)
    look(page, session.url)
    send(session.url, how="declined")
    look(page, session.url)
    send(session.url, how="3ds")
    look(page, f"{session.url}/bank")
    send(f"{session.url}/bank", answer="refuse")
    client(sandbox).v1.checkout.sessions.expire(session.id)
    look(page, session.url)


def look(page: Page, url: str) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(url)
    assert axe.findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert errors == []


@pytest.mark.browser
def test_aino_pays_by_keyboard_after_a_declined_card(sandbox, page: Page):
    page.route("http://testserver/**", lambda route: route.fulfill(body="Kiitos!"))
    session = new_session(sandbox)
    page.goto(session.url)

    decline = page.get_by_role("button", name="Hylätty kortti")
    while not decline.evaluate("node => node === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Pankki hylkäsi kortin")

    page.get_by_role("button", name="Maksa 20,34").press("Enter")
    expect(page).to_have_url(f"http://testserver/paid/{session.id}")
    assert status(sandbox, session) == ("complete", "paid")


@pytest.mark.browser
def test_aino_goes_back_without_paying(sandbox, page: Page):
    page.route("http://testserver/**", lambda route: route.fulfill(body="Varaus"))
    session = new_session(sandbox)
    page.goto(session.url)

    page.get_by_role("link", name="Takaisin maksamatta").click()

    expect(page).to_have_url("http://testserver/bookings/1/")
    assert status(sandbox, session) == ("open", "unpaid")
