"""Settings: an impossible one stops the start with a sentence that says what to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "x7Jq0-long-and-random-enough-for-a-server-that-people-trust-4f9",
    "SITE_URL": "https://varaukset.example.org",
    "ALLOWED_HOSTS": "varaukset.example.org",
    "DEFAULT_FROM_EMAIL": "varaukset@example.org",
    "DATABASE_URL": "postgresql://vuoro:secret@db.example.org/vuoro",
}


def run(*command: str, **changes: str | None) -> subprocess.CompletedProcess:
    environ = {key: value for key, value in (PRODUCTION | changes).items() if value is not None}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environ, capture_output=True, text=True)


def test_a_production_server_is_configured_by_five_settings():
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stderr


def test_with_a_server_of_its_own_the_embedded_one_is_not_imported():
    code = "import manage, sys; manage.main(['manage.py', 'check']); print('config.embedded' in sys.modules)"

    assert run("-c", code).stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS", "DEFAULT_FROM_EMAIL"])
def test_a_missing_setting_is_named(name):
    done = run("manage.py", "check", **{name: None})

    assert done.returncode == 1
    assert (
        done.stderr
        == f"Vuoro cannot start: {name} is not set. Set it in the environment; see docs/operate.md.\n"
    )


def test_the_demo_needs_no_setting(tmp_path):
    done = run(
        "manage.py",
        "check",
        DEMO="1",
        STATE_DIR=str(tmp_path),
        **dict.fromkeys(PRODUCTION, None) | {"PATH": os.environ["PATH"]},
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_gunicorn_stops_with_the_same_sentence():
    done = run("-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi", DATABASE_URL="no address")

    assert done.returncode == 1
    assert done.stderr.startswith("Vuoro cannot start: DATABASE_URL is not a PostgreSQL address.")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: environment.env_bool("X", False), "2"),
        (lambda: environment.env_bool("X", False), "yes"),
        (lambda: environment.env_int("X", 25, at_least=1), "abc"),
        (lambda: environment.env_int("X", 25, at_least=1), "0"),
        (lambda: environment.env_int("X", 25, at_least=1), "-1"),
        (lambda: environment.env_int("X", 25, at_least=1), "1.5"),
        (lambda: environment.env_int("X", 25, at_least=1), "٣"),
        (lambda: environment.env_int("X", 25, at_least=1), "9" * 5000),
        (lambda: environment.env_int("X", 25, at_most=65535), "65536"),
        (lambda: environment.env_list("X"), " , "),
        (lambda: environment.env_origin("X"), "varaukset.example.org"),
        (lambda: environment.env_origin("X"), "ftp://example.org"),
        (lambda: environment.env_origin("X"), "https://"),
        (lambda: environment.env_origin("X"), "https://example.org:port"),
        (lambda: environment.env_origin("X"), "https://example.org/path"),
        (lambda: environment.env_origin("X"), "https://[::1"),
        (lambda: environment.env_time_zone("X", "Europe/Helsinki"), "Europe/Nowhere"),
        (lambda: environment.env_time_zone("X", "Europe/Helsinki"), "../../etc/passwd"),
        (lambda: environment.env_time_zone("X", "Europe/Helsinki"), "/etc/localtime"),
        (lambda: environment.env_time_zone("X", "Europe/Helsinki"), "Europe"),
        (lambda: environment.env_area("X", "1,2,3,4"), "Helsinki"),
        (lambda: environment.env_area("X", "1,2,3,4"), "59.9,24.78,60.31"),
        (lambda: environment.env_area("X", "1,2,3,4"), "60.31,24.78,59.9,25.27"),
        (lambda: environment.env_area("X", "1,2,3,4"), "59.9,24.78,nan,25.27"),
        (lambda: environment.env_rate("X", "10/min"), "often"),
        (lambda: environment.env_rate("X", "10/min"), "10"),
        (lambda: environment.env_rate("X", "10/min"), "0/min"),
        (lambda: environment.env_rate("X", "10/min"), "10/fortnight"),
        (lambda: environment.tile_url("X"), "https://tiles.example.org"),
        (lambda: environment.tile_url("X"), "http://tiles.example.org/{z}/{x}/{y}.png"),
    ],
)  # fmt: skip
def test_an_impossible_value_is_named_with_what_to_set(monkeypatch, read, value):
    monkeypatch.setenv("X", value)

    with pytest.raises(ImproperlyConfigured, match=r"^X (is .*|names nothing)\. Set it to "):
        read()


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_setting_is_a_missing_one(monkeypatch, value):
    monkeypatch.setenv("X", value)

    assert environment.env_int("X", 25) == 25
    with pytest.raises(ImproperlyConfigured, match="X is not set"):
        environment.env("X")
