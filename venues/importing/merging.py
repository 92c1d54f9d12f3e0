"""What an import may change: a person's word is never overwritten."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Facts = Mapping[str, Any]


class Merged(NamedTuple):
    changes: dict[str, Any]
    kept: list[str]  # what a person said, where the file says otherwise


def merged(stored: Facts, left: Facts, told: Facts, *, together: Iterable[set[str]] = ()) -> Merged:
    """Compare what is stored, what the last import left there and what the file says now.

    A fact that is no longer as the last import left it was edited by a person, and one that no import
    ever left is a person's too. Facts that only make sense together are kept together.
    """
    edited = {name for name in told if name not in left or stored[name] != left[name]}
    edited.update(*(group for group in together if group & edited))
    differing = [name for name in told if stored[name] != told[name]]
    changes = {name: told[name] for name in differing if name not in edited}
    return Merged(changes, [name for name in differing if name in edited])
