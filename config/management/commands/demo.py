"""`manage.py demo`: a whole demo city on this machine, until Ctrl-C."""

import fcntl
import http.client
import logging
import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections

from accounts.demo import PEOPLE, TO_BE, email_of
from config import environment, ports, supervisor
from config.supervisor import Child

HEALTHY_WITHIN_SECONDS = 60
# No real money: see `payments.sandbox`.
SANDBOX_KEYS = {"STRIPE_SECRET_KEY": "sk_test_sandbox", "STRIPE_WEBHOOK_SECRET": "whsec_sandbox"}
SANDBOX_IS_BEYOND = 100  # so far beyond the demo's own port, or the next that is free


class Command(BaseCommand):
    help = "Run the demo city: database, web server and job worker. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--stop-with-parent", action="store_true", help="stop when the process that started this is gone"
        )

    def handle(self, *, stop_with_parent: bool, **options) -> None:
        parent = os.getppid()
        logging.getLogger().setLevel(logging.WARNING)  # people read here; web and worker log to files
        signal.signal(signal.SIGTERM, interrupt)
        signal.signal(signal.SIGINT, interrupt)
        try:
            with only_demo_of(settings.STATE_DIR):
                self.run(until=lambda: stop_with_parent and os.getppid() != parent)
        except KeyboardInterrupt:
            return

    def run(self, until: Callable[[], bool]) -> None:
        """Start all of it, keep it running and, whatever happens, stop it."""
        host, port = environment.env("BIND", "127.0.0.1"), environment.port()
        children = [*sandbox(host, port), web(), worker()]
        try:
            start_database()  # again, if the demo that we waited for has just stopped it
            take_port(host, port)
            self.prepare()
            for child in children:
                child.start()
            wait_until_healthy(children[0], host, port)
            self.say(welcome())
            supervisor.keep_running(children, also=self.keep_database, until=until, say=self.say)
        finally:
            self.stop(children)

    def prepare(self) -> None:
        self.say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        self.say("Collecting static files …")
        call_command("collectstatic", interactive=False, verbosity=0)
        self.say("Loading the demo city …")
        call_command("load_demo_city")
        connections.close_all()

    def keep_database(self) -> None:
        if start_database():
            self.say("The database stopped. It was started again.")

    def stop(self, children: list[Child]) -> None:
        self.say("\nStopping …")
        connections.close_all()
        supervisor.stop(children)
        if not environment.database_url():
            from config import embedded

            embedded.stop(settings.STATE_DIR)
        self.say("Stopped.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def start_database() -> bool:
    """Have the embedded server answer; say whether it had to be started."""
    if environment.database_url():
        return False
    from config import embedded

    return not embedded.is_listening(settings.STATE_DIR) and embedded.start(settings.STATE_DIR)


def interrupt(*_: object) -> None:
    """Stop once: an impatient second Ctrl-C must not leave half of it running."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def only_demo_of(state_dir: Path) -> Iterator[None]:
    """Let one demo at a time use a state folder; one that is about to end is waited for."""
    deadline = time.monotonic() + supervisor.PATIENCE_SECONDS
    with open(state_dir / "demo.lock", "a+") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CommandError(already_running(file)) from None
                time.sleep(0.2)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def already_running(lock) -> str:
    lock.seek(0)
    return (
        f"A demo is already running in {settings.STATE_DIR} (process {lock.read()}). "
        "Stop it, or choose another folder: make demo STATE_DIR=… PORT=…"
    )


def take_port(host: str, port: int) -> None:
    """Have the port free, ending a web server that an earlier demo of this folder left behind."""
    if ports.is_free(host, port):
        return
    holders = ports.holders(port)
    ours = [pid for pid in holders if ports.environment_of(pid).get("VUORO_DEMO") == str(settings.STATE_DIR)]
    supervisor.end(ours)
    if not ports.is_free(host, port):
        others = ", ".join(ports.describe(pid) for pid in holders if pid not in ours) or "another program"
        raise CommandError(f"Port {port} is held by {others}. Choose another: make demo PORT={port + 1}")


def web() -> Child:
    os.environ["VUORO_DEMO"] = str(settings.STATE_DIR)  # how the next demo knows a process of ours
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
    return Child("web server", command, settings.STATE_DIR / "log" / "web.log")


def sandbox(host: str, port: int) -> list[Child]:
    """Return what answers instead of Stripe, unless a key of somebody's own leads to Stripe itself.

    Web and worker, which start after this, read from the environment where it is.
    """
    if environment.env("STRIPE_SECRET_KEY", ""):
        return []
    beside = next(number for number in count(port + SANDBOX_IS_BEYOND) if ports.is_free("127.0.0.1", number))
    os.environ |= SANDBOX_KEYS | {"STRIPE_API_BASE": f"http://127.0.0.1:{beside}"}
    here = "127.0.0.1" if host == "0.0.0.0" else host
    told = f"http://{here}:{port}/payments/stripe/"
    command = [sys.executable, "-m", "django", "sandbox", "--port", str(beside), "--webhook", told]
    return [Child("payment sandbox", command, settings.STATE_DIR / "log" / "sandbox.log")]


def worker() -> Child:
    # Not through manage.py, which would start the database too: that is for us to notice and to say.
    command = [sys.executable, "-m", "django", "procrastinate", "worker"]
    return Child("job worker", command, settings.STATE_DIR / "log" / "worker.log")


def wait_until_healthy(server: Child, host: str, port: int) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while not is_healthy(host, port):
        if server.has_died or time.monotonic() > deadline:
            raise CommandError(f"The web server does not answer. {server.log} may say why.")
        time.sleep(0.1)


def is_healthy(host: str, port: int) -> bool:
    try:
        call = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=5)
        call.request("GET", "/healthz")
        return call.getresponse().status == 200
    except OSError:
        return False


def welcome() -> str:
    people = "\n".join(f"  {email_of(name):<21} {PEOPLE[name].about}" for name in TO_BE)
    return f"""
Vuoro is running at {settings.SITE_URL}

Be one of these people with the switch at the top of every page:
{people}

Mails are shown on a page; logs are in {settings.STATE_DIR / "log"}.
Ctrl-C stops everything. What you did is kept in {settings.STATE_DIR} for the next start.
"""
