from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from payments import audit, gateway


class Command(BaseCommand):
    help = "Compare our ledger with Stripe's, and print every difference; exit with 1 if there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how many days back to look (30)")

    def handle(self, *, days: int, **options) -> None:
        if not gateway.is_set_up():
            raise CommandError("STRIPE_SECRET_KEY is not set: there is nothing to compare with.")
        if not 0 < days <= 3660:
            raise CommandError("Look at least one day back, and at most ten years.")
        try:
            found = list(audit.differences(timezone.now() - timedelta(days=days)))
        except gateway.Unreachable as exc:
            raise CommandError("Stripe does not answer. Try again later.") from exc
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise SystemExit(1)
        self.stdout.write("Our ledger and Stripe's agree.")
