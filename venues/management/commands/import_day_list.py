from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils import timezone

from venues.importing import found_hours
from venues.importing.day_lists import read_day_list
from venues.importing.found_hours import RULES, Outcome
from venues.importing.tables import BrokenFiles


class Command(BaseCommand):
    help = "Find weekly rules and exceptions in a list of libraries' days, and give them to their venues."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and do nothing")

    def handle(self, *, file: Path, dry_run: bool = False, verbosity: int = 1, **options):
        try:
            branches = read_day_list(file)
            with transaction.atomic():
                report = found_hours.apply(branches, today=timezone.localdate())
                transaction.set_rollback(dry_run)
        except BrokenFiles as exc:
            raise CommandError(f"Nothing was imported:\n{exc}") from exc
        except DatabaseError as exc:
            raise CommandError(f"Nothing was imported; the database refused:\n{exc}") from exc
        if verbosity:
            for outcome in report.outcomes:
                self.tell(outcome)
            for stranger in report.strangers:
                self.stdout.write(str(stranger))
            if dry_run:
                self.stdout.write("Nothing was changed: this was a dry run.")

    def tell(self, outcome: Outcome) -> None:
        branch, found = outcome.branch, outcome.found
        days, odd = branch.days, found.odd_days
        unknown = (max(days) - min(days)).days + 1 - len(days)
        self.stdout.write(
            f"{branch.name}: {len(days)} days from {min(days)} to {max(days)}, {unknown} between them not"
            f" known. {len(found.rules)} rules, and exceptions on {odd} days ({100 * odd / len(days):.1f} %)."
        )
        if not found.is_pattern_of(len(days)):
            self.stdout.write("  The list has no weekly pattern: many days are exceptions.")
        if branch.repeated:
            self.stdout.write(f"  {branch.repeated} lines say again what others say.")
        if RULES in outcome.kept:
            self.stdout.write("  Nothing was changed: the opening hours stay as a person wrote them.")
        elif outcome.kept:
            self.stdout.write(f"  These days stay as a person wrote them: {', '.join(outcome.kept)}.")
        if not outcome.is_changed and not outcome.kept:
            self.stdout.write("  They are known already.")
