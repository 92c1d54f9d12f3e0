"""`make bench`: `python -m tests.bench --help` tells what can be varied."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
django.setup()

from tests.bench import run  # noqa: E402  needs the settings

run.main()
