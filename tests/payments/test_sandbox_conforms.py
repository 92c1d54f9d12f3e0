"""The sandbox against Stripe's published description: that it is held to it, and that this bites."""

from copy import deepcopy

import pytest
import stripe

from payments.sandbox.server import Exchange

from . import openapi
from .sandboxes import client, new_session, paid, sale


@pytest.fixture
def exchanges(sandbox) -> list[Exchange]:
    """Calls of every kind, and their answers."""
    stripe_client = client(sandbox)
    intent = paid(sandbox)
    refund = stripe_client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    dispute = sandbox.do("dispute", intent=intent.id)
    sandbox.do("fail_refund", refund=refund.id)
    for service in (
        stripe_client.v1.checkout.sessions,
        stripe_client.v1.payment_intents,
        stripe_client.v1.charges,
        stripe_client.v1.refunds,
        stripe_client.v1.disputes,
        stripe_client.v1.balance_transactions,
        stripe_client.v1.events,
    ):
        [first, *_rest] = service.list({"limit": 100}).data
        service.retrieve(first.id)
    stripe_client.v1.checkout.sessions.line_items.list(new_session(sandbox).id)
    stripe_client.v1.disputes.retrieve(dispute["id"], {"expand": ["charge", "payment_intent"]})
    with pytest.raises(stripe.InvalidRequestError):
        stripe_client.v1.refunds.create({"payment_intent": intent.id})
    return deepcopy(list(sandbox.exchanges))


def test_every_call_that_the_product_makes_is_one_of_stripes(exchanges):
    assert len(exchanges) > 20
    assert openapi.complaints(exchanges) == []


def test_every_object_that_the_sandbox_knows_is_one_of_stripes(sandbox, exchanges):
    objects = list(sandbox.do("state").values())

    assert {thing["object"] for thing in objects} == {
        "balance_transaction", "charge", "checkout.session", "dispute", "event", "payment_intent", "refund",
    }  # fmt: skip
    assert openapi.complaints_about(objects) == []


@pytest.mark.parametrize(
    ("object", "field", "wrong"),
    [
        ("checkout.session", "status", "closed"),
        ("checkout.session", "amount_total", "20,34"),
        ("payment_intent", "status", "paid"),
        ("charge", "captured", "yes"),
        ("refund", "amount", None),
        ("dispute", "balance_transactions", "txn_1"),
        ("balance_transaction", "type", "income"),
        ("event", "livemode", "no"),
        ("charge", "a_field_of_ours", 1),
    ],
)
def test_a_wrong_field_is_found(sandbox, exchanges, object, field, wrong):
    [thing, *_rest] = [thing for thing in sandbox.do("state").values() if thing["object"] == object]

    assert openapi.complaints_about([thing]) == []
    assert openapi.complaints_about([thing | {field: wrong}]) != []


def test_a_missing_field_is_found(sandbox):
    paid(sandbox)
    [charge] = [thing for thing in sandbox.do("state").values() if thing["object"] == "charge"]

    assert openapi.complaints_about([{name: charge[name] for name in charge if name != "paid"}]) != []


def test_a_wrong_object_within_an_event_is_found(sandbox):
    paid(sandbox)
    event = sandbox.world.all("event")[0]
    event = event | {"data": {"object": event["data"]["object"] | {"status": "closed"}}}

    assert openapi.complaints_about([event]) != []


@pytest.mark.parametrize(
    "change",
    [
        "client_reference=17",
        "expires_at=soon",
        "line_items[0][price][amount]=1",
        "line_items[0][quantity]=one",
        "payment_intent_data[statement]=x",
        "locale=fi-FI",
        "mode=pay",
    ],
)
def test_a_wrong_call_is_found(sandbox, change):
    new_session(sandbox)
    right = sandbox.exchanges[-1]
    wrong = Exchange(**vars(right) | {"form": f"{right.form}&{change}"})

    assert openapi.complaints([right]) == []
    assert openapi.complaints([wrong]) != []


def test_a_call_that_does_not_exist_is_found(sandbox):
    new_session(sandbox)
    wrong = Exchange(**vars(sandbox.exchanges[-1]) | {"path": "/v1/checkout/baskets"})

    assert openapi.complaints([wrong]) == ["POST /v1/checkout/baskets: there is nothing of that name"]


def test_a_wrong_answer_is_found(sandbox):
    client(sandbox).v1.checkout.sessions.create(sale())
    right = sandbox.exchanges[-1]

    assert openapi.complaints([Exchange(**vars(right) | {"answered": right.answered | {"id": 7}})]) != []
    assert openapi.complaints([Exchange(**vars(right) | {"status": 400})]) != []
