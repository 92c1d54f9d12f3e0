"""What tests of the sandbox share: a client as the product has one, and something to sell."""

from typing import Any

import stripe

from payments.sandbox import Sandbox


def client(sandbox: Sandbox, *, key: str = "sk_test_sandbox", **more: Any) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": sandbox.base}, max_network_retries=0, **more)


def sale(cents: int = 2034, **more: Any) -> dict[str, Any]:
    """Return what a Checkout Session is asked for with."""
    product = {"name": "Hilleri, kerhohuone: la 28.11. 10.00–13.00"}
    price = {"currency": "eur", "unit_amount": cents, "product_data": product}
    return {
        "mode": "payment",
        "client_reference_id": "17",
        "metadata": {"payment": "17"},
        "payment_intent_data": {"metadata": {"payment": "17"}},
        "locale": "fi",
        "success_url": "http://testserver/paid/{CHECKOUT_SESSION_ID}",
        "cancel_url": "http://testserver/bookings/1/",
        "line_items": [{"quantity": 1, "price_data": price}],
        **more,
    }


def new_session(sandbox: Sandbox, cents: int = 2034, **more: Any) -> Any:
    return client(sandbox).v1.checkout.sessions.create(sale(cents, **more))


def paid(sandbox: Sandbox, cents: int = 2034, how: str = "card") -> Any:
    """Return the intent of a session that has been paid."""
    session = new_session(sandbox, cents)
    sandbox.do("pay", session=session.id, how=how)
    expand = {"expand": ["payment_intent.latest_charge"]}
    return client(sandbox).v1.checkout.sessions.retrieve(session.id, expand).payment_intent


def told(sandbox: Sandbox) -> list[Any]:
    """Take the events that wait, and return them as the product understands them."""
    return [
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_sandbox")
        for body, headers in sandbox.webhooks.take()
    ]


def kinds(sandbox: Sandbox) -> list[str]:
    return [event.type for event in told(sandbox)]
