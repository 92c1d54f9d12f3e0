from collections.abc import Iterator

import pytest
from stripe import _http_client

from payments.sandbox import Sandbox
from tests.payments import openapi


@pytest.fixture
def sandbox(settings) -> Iterator[Sandbox]:
    """Stripe's understudy, to which the product talks during the test.

    Its events wait to be taken (`sandbox.webhooks.take()`), unless the test says where to send them
    (`sandbox.webhooks.url`). What was asked and answered is as Stripe describes it, or the test fails.
    """
    sandbox = Sandbox(merchant="Helsinki").start()
    settings.STRIPE_API_BASE = sandbox.base
    settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_sandbox"
    yield sandbox
    sandbox.stop()
    objects = sandbox.do("state").values()
    assert openapi.complaints(sandbox.exchanges) + openapi.complaints_about(objects) == []


@pytest.fixture
def hasty(sandbox, monkeypatch) -> Sandbox:
    """The sandbox, and a client that does not wait before it asks again."""
    monkeypatch.setattr(_http_client.HTTPClient, "INITIAL_DELAY", 0)
    monkeypatch.setattr(_http_client.HTTPClient, "MAX_DELAY", 0)
    return sandbox
