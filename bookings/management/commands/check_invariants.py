from django.core.management.base import BaseCommand
from django.utils import timezone

from bookings import invariants


class Command(BaseCommand):
    help = "Count every promise again by independent SQL; exit with 1 and a sentence for each that is broken."

    def handle(self, **options) -> None:
        broken = list(invariants.findings(now=timezone.now()))
        for sentence in broken:
            self.stdout.write(sentence)
        if broken:
            self.stderr.write(f"{len(broken)} broken.")
            raise SystemExit(1)
        self.stdout.write("All is as promised.")
