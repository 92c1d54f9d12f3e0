import pytest
from stripe import _http_client

from payments.sandbox import Sandbox


@pytest.fixture
def hasty(sandbox, monkeypatch) -> Sandbox:
    """The sandbox, and a client that does not wait before it asks again."""
    monkeypatch.setattr(_http_client.HTTPClient, "INITIAL_DELAY", 0)
    monkeypatch.setattr(_http_client.HTTPClient, "MAX_DELAY", 0)
    return sandbox
