"""Do several things at the same instant, each on a database connection of its own."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from django.db import connections

from accounts.problems import Refused

PATIENCE_SECONDS = 120  # with a busy machine; a deadlock is ended by the database within a second


def at_once(*deeds: Callable[[], object]) -> list:
    """Start all deeds together, and return what came of each: its result, or the refusal it met.

    Any other exception is raised here.
    """
    start = threading.Barrier(len(deeds))
    outcomes: list = [None] * len(deeds)

    def do(number: int, deed: Callable[[], object]) -> None:
        try:
            connections["default"].ensure_connection()
            start.wait(PATIENCE_SECONDS)
            outcomes[number] = deed()
        except Exception as exc:
            outcomes[number] = exc
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=each, daemon=True) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "Somebody still waits."
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, Refused):
            raise outcome
    return outcomes


def winners(outcomes: Sequence) -> list:
    return [outcome for outcome in outcomes if not isinstance(outcome, Refused)]


def refusals(outcomes: Sequence) -> Counter:
    """Count the refusals by their codes, such as "closed time_taken"."""
    return Counter(" ".join(sorted(each.codes)) for each in outcomes if isinstance(each, Refused))
