"""All or nothing, in turn, tried again when the database chose us as the victim of a deadlock."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, models, transaction

P = ParamSpec("P")
R = TypeVar("R")

# deadlock_detected, serialization_failure: nothing was done, and the same again will do.
WORTH_ANOTHER_TRY = {"40P01", "40001"}
TRIES = 3


def in_one_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function in a transaction of its own, or as a part of the caller's.

    Only the outermost can try again, so inside another transaction the error passes on to whoever began it.
    """

    @wraps(function)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        for _try in range(TRIES - 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as exc:
                if getattr(exc.__cause__, "sqlstate", None) not in WORTH_ANOTHER_TRY:
                    raise
        with transaction.atomic():
            return function(*args, **kwargs)

    return whole


def lock(model: type[models.Model], pks: Iterable[int]) -> None:
    """Wait for our turn with these rows, in id order, until the transaction ends. Reads nothing.

    New rows may still point at them. Said in SQL: every booking comes by here twice, and to put a queryset
    together takes longer than to lock.
    """
    assert connection.in_atomic_block, "A lock outside a transaction is none."
    with connection.cursor() as cursor:
        cursor.execute(
            f"select from {model._meta.db_table} where id = any(%s) order by id for no key update",
            [list(set(pks))],
        )
