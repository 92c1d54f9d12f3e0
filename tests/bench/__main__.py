"""`make bench`: how fast search and booking are, each against a measure taken beside it in the same run.

    python -m tests.bench [--spaces 3000] [--history 365] [--rounds 15]

Measures with a tenth of the history, lets the history grow tenfold, and measures again. Runs on an embedded
cluster of its own, or in a database of its own on the server that DATABASE_URL names. An aim that is missed is
printed, not a failure; a wrong answer is one.
"""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"


def main() -> None:
    options = arguments()
    django.setup()
    with database():
        run(options)


def arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--spaces", type=int, default=3000)
    parser.add_argument("--history", type=int, default=365, help="days of history in the end")
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


@contextmanager
def database() -> Iterator[None]:
    """Have an empty, migrated database of our own, and leave nothing behind."""
    from django.conf import settings
    from django.db import connection

    from config import embedded

    is_embedded = "DATABASE_URL" not in os.environ
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    if is_embedded:
        embedded.start(settings.STATE_DIR)
        settings.DATABASES["default"]["HOST"] = embedded.connection(settings.STATE_DIR)["host"]
    try:
        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        yield
        connection.creation.destroy_test_db(name, verbosity=0)
    finally:
        connection.close()
        if is_embedded:
            embedded.stop(settings.STATE_DIR)


def run(options: Namespace) -> None:
    from venues.clock import CITY

    from . import city

    began = monotonic()
    here = city.City(options.spaces, datetime.now(CITY).date())
    tenth = options.history // 10

    say(f"A city of {options.spaces:,} spaces, with {tenth} days of history …")
    city.build(here, history_days=tenth)
    before, asked = measure(here, options)

    say(f"… with {options.history} days of history …")
    city.grow_history(here, from_days=tenth, to_days=options.history)
    after, asked_then = measure(here, options)

    report(before, after, asked, asked_then)
    say(f"\nTook {monotonic() - began:.0f} s.")


def measure(here, options: Namespace):
    from django.conf import settings

    from . import booking, search

    say(f"Search and trying in Python agree on {search.check(here):,} starts.")
    compared = [
        *search.measure(here, rounds=options.rounds),
        *booking.measure(here, rounds=options.rounds * 10, log=settings.STATE_DIR / "web.log"),
    ]
    return compared, booking.statements(here)


def report(before, after, asked: list[str], asked_then: list[str]) -> None:
    from .timing import table

    say("\nMedians; a ratio of 1 is as long as what it is measured by takes.\n")
    say(table(before, after))
    say(f"\nSQL statements of a booking: {len(asked)}, after the history grew: {len(asked_then)}")
    for statement in asked_then:
        say("  " + " ".join(statement.split())[:180])


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
