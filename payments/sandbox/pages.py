"""The page on which a person pays with no real money, and the bank's page that asks whether it is them.

Both work without script. There is no field for a card anywhere: what happens is what the button says.
"""

import mimetypes
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

from . import happenings, paying
from .refusals import Refusal
from .world import Thing

if TYPE_CHECKING:
    from .server import Sandbox

LANGUAGES = {"fi", "sv", "en"}
DECLINED, NOT_CONFIRMED = "card_declined", "payment_intent_authentication_failure"


@dataclass
class Page:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def answer(sandbox: "Sandbox", method: str, path: str, query: str, form: str) -> Page:
    """Return a page, a file that pages need, or where to go next."""
    told = {name: values[-1] for name, values in parse_qs(form).items()}
    if path.startswith(settings.STATIC_URL):
        return file_of(path.removeprefix(settings.STATIC_URL))
    match path.strip("/").split("/"):
        case ["pay", id]:
            pass
        case ["pay", id, "bank"]:
            told |= {"at": "bank"}
        case _:
            return not_found()
    with sandbox.world.changing():
        happenings.let_time_pass(sandbox.world)
        try:
            session = sandbox.world.get(id, "checkout.session")
        except Refusal:
            return not_found()
        page = (act if method == "POST" else show)(sandbox, session, told)
    sandbox.webhooks.wakened.set()
    return page


# --- What somebody presses ------------------------------------------------------------------------


def act(sandbox: "Sandbox", session: Thing, told: dict[str, str]) -> Page:
    """Do what the button says, and lead on. Who presses twice comes to the same place."""
    try:
        intent = press(sandbox, session, told)
    except Refusal:
        return to_page(session)  # the intent says what was wrong, and the page with it
    if intent["status"] == "requires_action":
        return see(f"/pay/{session['id']}/bank")
    return see(back_to_shop(session))


def press(sandbox: "Sandbox", session: Thing, told: dict[str, str]) -> Thing:
    if session["status"] == "complete":
        return paying.intent_of(sandbox.world, session)
    if told.get("at") == "bank":
        is_confirmed = told.get("answer") == "confirm"
        return paying.answer_bank(sandbox.world, session, is_confirmed=is_confirmed)
    how = told.get("how", "")
    if how not in paying.CARDS | paying.SLOW:
        raise Refusal("There is no such button.")
    return paying.pay(sandbox.world, session, how)


def back_to_shop(session: Thing) -> str:
    return session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])


# --- What somebody sees ---------------------------------------------------------------------------


def show(sandbox: "Sandbox", session: Thing, told: dict[str, str]) -> Page:
    intent: Thing = {}
    if session["payment_intent"]:
        intent = sandbox.world.get(session["payment_intent"], "payment_intent")
    waits_for_bank = session["status"] == "open" and intent.get("status") == "requires_action"
    if told.get("at") == "bank" and not waits_for_bank:
        return to_page(session)
    template = "bank" if told.get("at") == "bank" else session["status"]
    context = {
        "session": session,
        "items": session["_items"],
        "merchant": sandbox.merchant,
        "expires_at": datetime.fromtimestamp(session["expires_at"], UTC),
        "shop": back_to_shop(session),
        "error": (intent.get("last_payment_error") or {}).get("code"),
        "DECLINED": DECLINED,
        "NOT_CONFIRMED": NOT_CONFIRMED,
    }
    return rendered(template, context, session)


def rendered(template: str, context: dict[str, Any], session: Thing) -> Page:
    language = session["locale"] if session["locale"] in LANGUAGES else settings.LANGUAGE_CODE
    with translation.override(language):
        html = render_to_string(f"payments/sandbox/{template}.html", context)
    shops = {origin_of(url) for url in (session["success_url"], session["cancel_url"]) if url}
    policy = (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {' '.join(sorted(shops))}"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    return Page(HTTPStatus.OK, html.encode(), headers | {"Cache-Control": "no-store"})


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def see(url: str) -> Page:
    return Page(HTTPStatus.SEE_OTHER, headers={"Location": url})


def to_page(session: Thing) -> Page:
    return see(f"/pay/{session['id']}")


def not_found() -> Page:
    return Page(HTTPStatus.NOT_FOUND, b"Not found", {"Content-Type": "text/plain"})


# --- Files ----------------------------------------------------------------------------------------


def file_of(name: str) -> Page:
    """Return one of the product's own static files, collected or not."""
    collected = (settings.STATIC_ROOT / name).resolve()
    if collected.is_relative_to(settings.STATIC_ROOT) and collected.is_file():
        path = collected
    elif (found := found_by_finders(name)) and found.is_file():
        path = found
    else:
        return not_found()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Page(HTTPStatus.OK, path.read_bytes(), {"Content-Type": kind, "Cache-Control": "max-age=3600"})


def found_by_finders(name: str) -> Path | None:
    if ".." in name.split("/"):
        return None
    found = finders.find(name)
    return Path(found) if isinstance(found, str) else None
