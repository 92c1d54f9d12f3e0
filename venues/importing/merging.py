"""What an import may change: a person's word is never overwritten."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Facts = Mapping[str, Any]


class Merged(NamedTuple):
    changes: dict[str, Any]
    kept: list[str]  # what a person said, where the file says otherwise


def merged(stored: Facts, left: Facts, told: Facts) -> Merged:
    """Compare what is stored, what the last import left there and what the file says now.

    A fact that is no longer as the last import left it was edited by a person, and one that no import
    ever left is a person's too.
    """
    differing = [name for name in told if stored[name] != told[name]]
    untouched = [name for name in differing if name in left and stored[name] == left[name]]
    return Merged(
        {name: told[name] for name in untouched}, [name for name in differing if name not in untouched]
    )
