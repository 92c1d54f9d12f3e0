"""`manage.py sandbox`: a process of its own, which forgets nothing when it is killed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stripe

from tests.payments.sandboxes import sale

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path) -> Iterator[Start]:
    """Start the command, with state of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "sandbox", *args],
            cwd=Path(__file__).parents[2],
            env=os.environ
            | {"DJANGO_SETTINGS_MODULE": "config.settings", "STATE_DIR": str(tmp_path), "DEMO": "1"}
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def base_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().split()[-1]


def test_it_answers_and_forgets_nothing_when_it_is_killed(start):
    process = start("--port", "0")
    base = base_of(process)
    client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": base})
    session = client.v1.checkout.sessions.create(sale(), {"idempotency_key": "a-key"})
    process.kill()
    process.wait()

    start_again = start("--port", base.rpartition(":")[2])
    assert base_of(start_again) == base

    assert client.v1.checkout.sessions.create(sale(), {"idempotency_key": "a-key"}).id == session.id
    start_again.terminate()
    assert start_again.wait(10) == 0


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DEMO": "0"}, "for the demo"),
        ({"STRIPE_SECRET_KEY": "sk_live_1"}, "never sees a live key"),
    ],
)
def test_it_is_for_the_demo_and_never_sees_a_live_key(start, environment, said):
    given = {"SECRET_KEY": "x" * 50, "SITE_URL": "http://testserver", "DEFAULT_FROM_EMAIL": "a@example.org"}
    process = start("--port", "0", **given, **environment)

    output, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert said in output
