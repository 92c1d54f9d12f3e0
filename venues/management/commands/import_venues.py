from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from venues.importing import applying, prices
from venues.importing.folder import read_folder
from venues.importing.places import Area
from venues.importing.tables import BrokenFiles


class Command(BaseCommand):
    help = (
        "Bring districts, venues and spaces up to what the CSV files of a folder say, and add the price lists"
        " of its folder “prices” that are not there yet."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, verbosity: int = 1, **options):
        try:
            found = read_folder(folder, area=Area(*settings.CITY_AREA))
            report = applying.apply(found, today=timezone.localdate())
            if (folder / "prices").is_dir():
                prices.load(folder / "prices", now=timezone.now())
        except BrokenFiles as exc:
            raise CommandError(f"Nothing was imported:\n{exc}") from exc
        except DatabaseError as exc:
            raise CommandError(f"Nothing was imported; the database refused:\n{exc}") from exc
        if verbosity:
            self.tell(report, found)

    def tell(self, report: applying.Report, found) -> None:
        for name, count in report.counts.items():
            said = ", ".join(
                f"{count[word]} {word}" for word in ("created", "updated", "unchanged", "refused")
            )
            self.stdout.write(f"{name}: {said}")
        self.list("Refused:", [*report.refused, *found.skipped])
        self.list("Kept as people edited it:", report.kept)
        self.list("No longer in the files, and kept:", report.missing)
        self.list("Opening hours in doubt, read as closed:", found.doubts)

    def list(self, heading: str, lines) -> None:
        if lines:
            self.stdout.write("\n".join(["", heading, *(f"  {line}" for line in lines)]))
