from argparse import ArgumentParser
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from config import backups


class Command(BaseCommand):
    help = "Write the whole database to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options) -> None:
        try:
            backups.back_up(file)
        except backups.BackupError as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"Wrote {file} ({file.stat().st_size / 1e6:.1f} MB).")
