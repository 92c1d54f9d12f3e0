#!/usr/bin/env python
"""Run Vuoro's commands; `manage.py help` lists them."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from config import environment

# Commands that read and write files only; every other one finds the database running.
WITHOUT_DATABASE = {"check", "collectstatic", "help", "spectacular", "version"}


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = arguments[1] if len(arguments) > 1 else "help"
    try:
        if command == "demo":
            os.environ["DEMO"] = "1"
        if not environment.database_url() and command not in WITHOUT_DATABASE:
            start_embedded_database()
        django.setup()
    except ImproperlyConfigured as exc:
        sys.exit(f"Vuoro cannot start: {exc}")
    execute_from_command_line(arguments)


def start_embedded_database() -> None:
    """Have the database answer before settings ask where it is."""
    from config import embedded

    try:
        embedded.start(environment.state_dir())
    except embedded.EmbeddedError as exc:
        sys.exit(f"Vuoro cannot start: {exc}")


if __name__ == "__main__":
    main(sys.argv)
