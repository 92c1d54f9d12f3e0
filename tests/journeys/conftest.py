import pytest


@pytest.fixture(scope="session")
def base_url(live_server) -> str:
    """Where `page.goto("/inbox/")` leads."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args, base_url) -> dict:
    # The address is said again: the inherited arguments may be those of a test elsewhere.
    return {**browser_context_args, "base_url": base_url, "locale": "fi-FI"}
