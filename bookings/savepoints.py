"""See what would be, and take it back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """Do it, see what comes of it, and leave everything as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
