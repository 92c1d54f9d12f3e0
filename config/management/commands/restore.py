from argparse import ArgumentParser
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from config import backups


class Command(BaseCommand):
    help = "Replace the whole database by a backup. If that fails, nothing has changed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="replace a database that holds something")

    def handle(self, *, file: Path, yes: bool, **options) -> None:
        if not yes and not backups.is_empty():
            raise CommandError("The database is not empty. Say --yes to replace all of it by the backup.")
        try:
            is_behind = backups.restore(file)
        except backups.BackupError as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"Restored {file}.")
        if is_behind:
            self.stdout.write("It is from an older release. Now run: manage.py migrate")
