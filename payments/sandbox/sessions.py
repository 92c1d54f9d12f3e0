"""Checkout Sessions: made, expired, paid on the page."""

from typing import Any

from . import objects, params, paying
from .refusals import Invalid, Refusal
from .world import Thing, World

HOUR = 3600
SHORTEST, LONGEST = HOUR // 2, 24 * HOUR
LEEWAY = 60  # seconds on the way to Stripe
LEAST_CENTS = 50
MOST_ITEMS = 100
LOCALES = {"auto", "da", "de", "en", "et", "fi", "fr", "nb", "ru", "sv"}
KNOWN = {
    "cancel_url", "client_reference_id", "customer_email", "expires_at", "line_items", "locale", "metadata",
    "mode", "payment_intent_data", "payment_method_types", "success_url",
}  # fmt: skip


def create(world: World, told: Thing, base: str) -> Thing:
    """Make a session. Raises Stripe's errors for what it would not take."""
    params.only(told, KNOWN)
    if params.need(told, "mode") != "payment":
        raise Invalid("The sandbox knows sessions for payments only.", param="mode")
    for url in ("success_url", "cancel_url"):
        must_be_url(params.need(told, url) if url == "success_url" else told.get(url), url)
    if told.get("locale", "auto") not in LOCALES:
        raise Invalid("Invalid locale", param="locale")
    if len(told.get("client_reference_id", "")) > 200:
        raise Invalid("Invalid string: too long", param="client_reference_id")
    now = world.now()
    items = items_of(params.need(told, "line_items"), now=now)
    wish = told | {
        "expires_at": expiry(told.get("expires_at"), now=now),
        "metadata": params.metadata(told.get("metadata")),
        "payment_intent_data": intent_data(told.get("payment_intent_data", {})),
        "payment_method_types": told.get("payment_method_types", ["card", "sepa_debit"]),
    }
    session = world.add(objects.session(wish, items, base=base, now=now))
    world.plan("expire_session", session["expires_at"], session=session["id"])
    return session


def must_be_url(url: str | None, param: str) -> None:
    if url is not None and not url.startswith(("http://", "https://")):
        raise Invalid("Not a valid URL", code="url_invalid", param=param)


def expiry(value: str | None, *, now: int) -> int:
    at = params.integer(value, "expires_at") if value else now + LONGEST
    if at < now + SHORTEST - LEEWAY:
        said = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise Invalid(said, param="expires_at")
    if at > now + LONGEST + LEEWAY:
        said = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise Invalid(said, param="expires_at")
    return at


def items_of(told: Any, *, now: int) -> list[Thing]:
    """Return the lines of a session. All are of one currency, and their sum is not too small."""
    if not isinstance(told, list) or len(told) > MOST_ITEMS:
        raise Invalid("Invalid array", param="line_items")
    items = [item_of(line, f"line_items[{number}]", now=now) for number, line in enumerate(told)]
    if len({item["currency"] for item in items}) > 1:
        raise Invalid("All line items must have the same currency.", param="line_items")
    if sum(item["amount_total"] for item in items) < LEAST_CENTS:
        said = "The Checkout Session's total amount must convert to at least 50 cents."
        raise Invalid(said, code="amount_too_small", param="line_items")
    return items


def item_of(told: Any, at: str, *, now: int) -> Thing:
    params.only(told, {"price_data", "quantity"}, at)
    at_price = f"{at}[price_data]"
    price = params.only(
        params.need(told, "price_data", at), {"currency", "unit_amount", "product_data"}, at_price
    )
    product = params.only(
        params.need(price, "product_data", at_price), {"name", "description"}, f"{at_price}[product_data]"
    )
    cents = params.integer(params.need(price, "unit_amount", at_price), f"{at_price}[unit_amount]", least=0)
    quantity = params.integer(params.need(told, "quantity", at), f"{at}[quantity]", least=1)
    name = params.need(product, "name", f"{at_price}[product_data]")
    return objects.item(name, cents, quantity, params.need(price, "currency", at_price).lower(), now=now)


def intent_data(told: Any) -> Thing:
    at = "payment_intent_data"
    params.only(told, {"description", "metadata"}, at)
    return told | {"metadata": params.metadata(told.get("metadata"), f"{at}[metadata]")}


def expire(world: World, session: Thing) -> Thing:
    """End a session that nobody has paid. Raises Stripe's error if it is not open."""
    if session["status"] != "open":
        raise Refusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}."
        )
    session |= {"status": "expired", "url": None}
    if session["payment_intent"]:
        paying.cancel(world, world.get(session["payment_intent"], "payment_intent"))
    world.emit("checkout.session.expired", session)
    return session


def expire_in_time(world: World, session: str) -> None:
    thing = world.get(session, "checkout.session")
    if thing["status"] == "open":
        expire(world, thing)
