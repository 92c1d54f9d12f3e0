"""How tests get their database and their browser; their settings are in tests/settings.py.

Without DATABASE_URL they run on an embedded cluster of their own below STATE_DIR, which lives as long as the
run. TZ and PGTZ say in which time zone the processes and that cluster live.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils import translation

from config import environment
from tests import browser

if TYPE_CHECKING:
    from payments.sandbox import Sandbox


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    if not environment.database_url():
        config.add_cleanup(start_cluster())


def start_cluster() -> Callable[[], None]:
    """Have the cluster to ourselves, waiting for another run to end; return what stops it."""
    from config import embedded

    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    lock = open(settings.STATE_DIR / "run.lock", "w")  # noqa: SIM115  # held until the run ends
    fcntl.flock(lock, fcntl.LOCK_EX)
    embedded.stop(settings.STATE_DIR)  # left by a run that was killed
    embedded.start(settings.STATE_DIR, durable=False, time_zone=os.environ.get("PGTZ", "UTC"))
    settings.DATABASES["default"]["HOST"] = embedded.connection(settings.STATE_DIR)["host"]

    def stop() -> None:
        embedded.stop(settings.STATE_DIR)
        lock.close()

    return stop


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args) -> dict:
    path = browser.find()
    if path is None:
        pytest.fail("No Chromium found. `make browser` installs one or says how.")
    return {**browser_type_launch_args, "executable_path": path, "args": browser.ARGUMENTS}


@pytest.fixture(autouse=True)
def in_finnish() -> Iterator[None]:
    """Begin every test in the city's language, whatever language the test before it ended in."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def sandbox(settings) -> Iterator["Sandbox"]:
    """Stripe's understudy, to which the product talks during the test.

    Its events wait to be taken (`sandbox.webhooks.take()`), unless the test says where to send them
    (`sandbox.webhooks.url`). What was asked and answered is as Stripe describes it, or the test fails.
    """
    from payments.sandbox import Sandbox
    from tests.payments import openapi

    sandbox = Sandbox(merchant="Helsinki").start()
    settings.STRIPE_API_BASE = sandbox.base
    settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_sandbox"
    yield sandbox
    sandbox.stop()
    objects = sandbox.do("state").values()
    assert openapi.complaints(sandbox.exchanges) + openapi.complaints_about(objects) == []
