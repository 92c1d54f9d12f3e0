import pytest


@pytest.fixture(scope="session")
def base_url(live_server) -> str:
    """Where `page.goto("/inbox/")` leads."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args) -> dict:
    return {**browser_context_args, "locale": "fi-FI"}
