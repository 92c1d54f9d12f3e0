"""The search page and booking over HTTP, against answers that do nothing.

Same server, middleware, session, user and connection.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bookings import availability

from .city import City
from .search import noon, roomy, somebody
from .timing import Compared, side_by_side

PATIENCE_SECONDS = 30
CSRF = "c" * 32
HOUR = timedelta(hours=1)


@dataclass
class Caller:
    """Somebody signed in, on one connection that is kept alive."""

    http: HTTPConnection
    session: str

    def post(self, path: str, body: dict) -> str:
        return self.ask("POST", path, json.dumps(body), {"Content-Type": "application/json"})

    def post_form(self, path: str, form: dict) -> str:
        return self.ask("POST", path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})

    def get(self, path: str) -> str:
        return self.ask("GET", path, None, {})

    def ask(self, method: str, path: str, body: str | None, headers: dict) -> str:
        """Return what is answered. Raises `RuntimeError` if it is an error."""
        cookies = f"{settings.SESSION_COOKIE_NAME}={self.session}; {settings.CSRF_COOKIE_NAME}={CSRF}"
        self.http.request(method, path, body, headers | {"Cookie": cookies, "X-CSRFToken": CSRF})
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status not in {200, 201, 204, 302}:
            raise RuntimeError(f"{path} answered {answer.status}: {text[:500]!r}")
        return text.decode()


def measure(city: City, *, rounds: int, log: Path) -> list[Compared]:
    wishes = free_hours(city)
    with serving(log) as http:
        caller = Caller(http, sign_in().cookies[settings.SESSION_COOKIE_NAME].value)
        return [
            side_by_side(
                "first page of search, against an empty page",
                lambda: caller.get("/"),
                lambda: caller.get("/empty/"),
                rounds=rounds // 3,
                aim=3,
            ),
            side_by_side(
                "booking over HTTP, against an empty answer",
                lambda: caller.post("/api/v1/bookings/", next(wishes)),
                lambda: caller.post("/nothing/", next(wishes)),
                rounds=rounds,
                aim=4,
            ),
        ]


def statements(city: City) -> list[str]:
    """Return the SQL of one booking, all of the request's, in order."""
    client, wishes = sign_in(), free_hours(city)
    for _warm_up in range(2):
        with CaptureQueriesContext(connection) as captured:
            answer = client.post("/api/v1/bookings/", next(wishes), content_type="application/json")
        assert answer.status_code == 201, answer.content
    return [query["sql"] for query in captured.captured_queries]


def sign_in(user: User | None = None) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user or User.objects.earliest("pk"), settings.AUTHENTICATION_BACKENDS[0])
    return client


def free_hours(city: City) -> Iterator[dict]:
    """Return wishes that come true, no two in the same hall in a row."""
    first = noon(city) + timedelta(days=70)
    halls = roomy().filter(part_of=None, is_whole_day=False, quota_day=0)
    found = availability.free(
        halls, [(first, first + timedelta(days=5))], now=noon(city), asker=somebody(city), length=HOUR
    )
    for number in range(5):
        for space in found.page:
            if number < len(space.stretches):
                start = space.stretches[number][0]
                yield {
                    "space": space.space_id,
                    "starts_at": start.isoformat(),
                    "ends_at": (start + HOUR).isoformat(),
                    "purpose": "Harjoitukset",
                    "attendees": 12,
                }


# --- The server -----------------------------------------------------------------------------------


@contextmanager
def serving(log: Path) -> Iterator[HTTPConnection]:
    """Run the web server as in production, with one process, and talk to it on one connection."""
    port = free_port()
    environment = os.environ | {
        "PORT": str(port),
        "WEB_WORKERS": "1",
        "BENCH_DATABASE": connection.settings_dict["NAME"],
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
    with open(log, "w") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        wait_until_healthy(http, server, log)
        yield http
        http.close()
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(http: HTTPConnection, server: subprocess.Popen, log: Path) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            http.request("GET", "/healthz")
            answer = http.getresponse()
            answer.read()
            if answer.status == 200:
                return
        except OSError:
            http.close()
        if server.poll() is not None or monotonic() > deadline:
            raise RuntimeError(f"The web server does not answer. {log} may say why.")
        sleep(0.1)
