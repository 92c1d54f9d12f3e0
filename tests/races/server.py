"""The real web server, several processes of it, on the tests' own database."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from psycopg.conninfo import make_conninfo

from tests.config.demo import ROOT, free_port, wait_until

HOST = "127.0.0.1"
PROCESSES, THREADS = 4, 6


@contextmanager
def running(log: Path, **more: str) -> Iterator[int]:
    """Serve until the block ends; yield the port. `more` are settings."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
    with open(log, "wb") as said:
        server = subprocess.Popen(command, cwd=ROOT, env=environment(port) | more, stdout=said, stderr=said)
    try:
        wait_until(lambda: server.poll() is not None or is_healthy(port))
        assert server.poll() is None, log.read_text()
        yield port
    finally:
        server.terminate()
        server.wait()


def environment(port: int) -> dict[str, str]:
    """Return a production server's settings, with the database that the tests are connected to."""
    database = connection.settings_dict
    address = {
        "dbname": database["NAME"],
        "host": database["HOST"],
        "port": database["PORT"],
        "user": database["USER"],
        "password": database["PASSWORD"],
    }
    return os.environ | {
        "DATABASE_URL": make_conninfo(**{name: value for name, value in address.items() if value}),
        "ALLOWED_HOSTS": HOST,
        "PORT": str(port),
        "WEB_WORKERS": str(PROCESSES),
        "WEB_THREADS": str(THREADS),
    }


def is_healthy(port: int) -> bool:
    call = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        call.request("GET", "/healthz")
        return call.getresponse().status == 200
    except OSError:
        return False
    finally:
        call.close()
