from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bookings import demo_city
from venues.importing import prices


class Command(BaseCommand):
    help = "Load the demo: Helsinki's venues, a few people, and what they have booked. Changes nothing twice."

    def handle(self, *, verbosity: int = 1, **options):
        if not settings.DEMO:
            raise CommandError("The demo city is for the demo only. Set DEMO=1 if this is one.")
        folder = settings.BASE_DIR / "fixtures" / "helsinki"
        call_command("import_venues", folder, verbosity=0, stdout=self.stdout)
        now = timezone.now()
        prices.load(folder / "prices", now=now)
        prices.say_of_kinds(folder / "prices")
        demo_city.load(folder / "demo_bookings.csv", now=now)
