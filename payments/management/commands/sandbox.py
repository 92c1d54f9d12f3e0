"""`manage.py sandbox`: Stripe's understudy on this machine, until it is told to stop."""

import signal
import threading
from argparse import ArgumentParser

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from payments.sandbox import Sandbox

FILE = "sandbox.sqlite3"


class Command(BaseCommand):
    help = "Answer instead of Stripe, with no real money: for the demo. State is kept in STATE_DIR."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=12111, help="where to listen, on loopback")
        parser.add_argument("--webhook", default="", metavar="URL", help="where to send events")

    def handle(self, *, port: int, webhook: str, **options) -> None:
        if not settings.DEMO:
            raise CommandError("The sandbox is for the demo. Without DEMO=1 payments go to Stripe itself.")
        if "_live_" in settings.STRIPE_SECRET_KEY:
            raise CommandError("The sandbox never sees a live key. Set STRIPE_SECRET_KEY to a test key.")
        given = {"key": settings.STRIPE_SECRET_KEY, "webhook_secret": settings.STRIPE_WEBHOOK_SECRET}
        sandbox = Sandbox(
            port=port,
            webhook_url=webhook,
            merchant=settings.SELLER["name"],
            file=settings.STATE_DIR / FILE,
            **{name: value for name, value in given.items() if value},
        ).start()
        self.stdout.write(f"The sandbox answers at {sandbox.base}")
        self.stdout.flush()
        told_to_stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told_to_stop.set())
        told_to_stop.wait()
        sandbox.stop()
