"""How fast search, its page and booking are, each against a measure taken beside it in the same run.

Searches cities of several sizes, then measures everything in one of them, lets its history grow tenfold, and
measures again. Runs on an embedded cluster of its own, or in databases of its own on the server that
DATABASE_URL names.
A missed aim is printed and no failure; a wrong answer is one.
"""

import logging
import os
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.db import connection

from venues.clock import CITY

from . import city, closing, over_http, search, seasons, webhooks
from .city import City
from .timing import Compared, by_size, table


def main() -> None:
    options = arguments()
    logging.disable(logging.INFO)
    began = monotonic()
    today = datetime.now(CITY).date()
    with cluster():
        sizes = {spaces: of_one_size(City(spaces, today), options) for spaces in options.spaces}
        if sizes:
            say("\nSearch over the whole city, thirty evenings 17–21, two hours:\n")
            say(by_size(sizes))
        grown(City(options.grown, today), options)
    say(f"\nTook {monotonic() - began:.0f} s.")


def arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--spaces", type=int, nargs="*", default=[1000, 3000, 10_000])
    parser.add_argument("--grown", type=int, default=1000, help="spaces of the city whose history grows")
    parser.add_argument("--history", type=int, default=365, help="days, in the end")
    parser.add_argument("--rounds", type=int, default=11, help="of each search; ten times as many bookings")
    return parser.parse_args()


def of_one_size(here: City, options: Namespace) -> tuple[int, Compared]:
    """Return how many spaces match, and how fast they are found."""
    with database():
        days = options.history // 10
        say(f"A city of {here.spaces:,} spaces with {days} days of history, on {server()} …")
        city.build(here, history_days=days)
        agree(here)
        return search.matching(here), search.whole_city(here, rounds=options.rounds)


def grown(here: City, options: Namespace) -> None:
    """Measure everything before and after the history grows."""
    tenth = options.history // 10
    with database():
        say(f"\nA city of {here.spaces:,} spaces with {tenth} days of history …")
        city.build(here, history_days=tenth)
        before, first = measure(here, rounds=options.rounds)
        say(f"The same city with {options.history} days of history …")
        city.grow_history(here, from_days=tenth, to_days=options.history)
        agree(here)
        after, then = measure(here, rounds=options.rounds)
    report(before, after, first, then)


@contextmanager
def database() -> Iterator[None]:
    """Have an empty, migrated database of our own, and leave nothing behind."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


@contextmanager
def cluster() -> Iterator[None]:
    if "DATABASE_URL" in os.environ:
        yield
        return
    from config import embedded

    embedded.stop(settings.STATE_DIR)  # left by a run that was killed
    embedded.start(settings.STATE_DIR)
    connection.settings_dict["HOST"] = embedded.connection(settings.STATE_DIR)["host"]
    try:
        yield
    finally:
        connection.close()
        embedded.stop(settings.STATE_DIR)


def server() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select split_part(version(), ' on ', 1)")
        return cursor.fetchone()[0]


def agree(here: City) -> None:
    """Fail unless search finds what trying everything finds."""
    say(f"Search and trying everything in Python agree on {search.check(here):,} starts.")


def measure(here: City, *, rounds: int) -> tuple[list[Compared], list[str]]:
    compared = [
        *search.measure(here, rounds=rounds),
        *over_http.measure(here, rounds=rounds * 10, log=settings.STATE_DIR / "web.log"),
        *closing.measure(here, rounds=rounds, log=settings.STATE_DIR / "web.log"),
        *seasons.measure(here, rounds=rounds, log=settings.STATE_DIR / "web.log"),
        *webhooks.measure(here, rounds=rounds * 3, log=settings.STATE_DIR / "web.log"),
    ]
    return compared, over_http.statements(here)


def report(before: list[Compared], after: list[Compared], first: list[str], then: list[str]) -> None:
    say("\nMedians. A ratio is the product's time by its measure's; before: with a tenth of the history.\n")
    say(table(before, after))
    say(f"\nOne booking sends {len(then)} statements, {len(first)} before the history grew:")
    for statement in then:
        say(f"  {brief(statement)}")


def brief(statement: str) -> str:
    """Shorten a statement to one line: without its columns, and without who changed what for the history."""
    line = " ".join(statement.split())
    line = re.sub(r"^SELECT set_config\('pghistory.*?\); (?=INSERT|UPDATE)", "", line)
    return re.sub(r'^SELECT "[^()]*? FROM', "SELECT … FROM", line)[:105]


def say(text: str) -> None:
    print(text, flush=True)
