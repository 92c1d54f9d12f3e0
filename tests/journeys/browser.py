"""What the journeys need of a browser beside clicking: signing in, axe, the keyboard, the width."""

from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from tests.axe import findings

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
NARROWEST = {"width": 320, "height": 640}

MOST_TABS = 80


def sign_in(page: Page, user: User) -> None:
    """Sign somebody in without the e-mailed code. Journeys that are about signing in do it by hand."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([{**cookie, "domain": "localhost", "path": "/"}])


def axe(page: Page) -> None:
    """Fail with what axe finds on the page as it is now."""
    assert findings(page) == [], page.url


def fits(page: Page) -> None:
    """Fail if the page scrolls sideways."""
    assert page.viewport_size
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says these words, or is labelled by them."""
    told = """() => {
        const at = document.activeElement;
        const labels = [...(at.labels || [])].map((label) => label.textContent);
        return [at.textContent, at.getAttribute("aria-label"), ...labels].join(" ").replace(/\\s+/g, " ");
    }"""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        said = page.evaluate(told)
        if words in said and len(said) < len(words) + 200:
            return
    raise AssertionError(f"No way by keyboard to “{words}” on {page.url}")
