"""What the journeys need of a browser beside clicking: signing in, axe, the keyboard, the width."""

import re
from datetime import date, timedelta

from django.core import mail
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from tests.axe import findings
from venues.clock import local

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
NARROWEST = {"width": 320, "height": 640}

MOST_TABS = 120


def sign_in(page: Page, user: User) -> None:
    """Sign somebody in without the e-mailed code. Journeys that are about signing in do it by hand."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([{**cookie, "domain": "localhost", "path": "/"}])


def code_sent_to(email: str) -> str:
    """Return the sign-in code of the last mail to an address."""
    last = [message for message in mail.outbox if message.to == [email]][-1]
    code = re.search(r"\d{4}-\d{4}", str(last.body))
    assert code
    return code.group()


def axe(page: Page) -> None:
    """Fail with what axe finds on the page as it is now, once it is there."""
    page.wait_for_load_state()
    assert findings(page) == [], page.url


def fits(page: Page) -> None:
    """Fail if the page scrolls sideways, once it is there."""
    page.wait_for_load_state()
    assert page.viewport_size
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, and see that it can be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            expect(target).to_be_in_viewport()
            return
    raise AssertionError(f"No way by keyboard to {target} on {page.url}")


def coming_saturday() -> date:
    """Return a Saturday that is at least two days ahead."""
    today = local(timezone.now()).date()
    return today + timedelta(days=2 + (5 - (today.weekday() + 2)) % 7)
