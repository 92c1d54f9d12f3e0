"""Was it changed by somebody else while a person had it open?"""

import json
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy as _

from .problems import Problem, Refused


class ChangedMeanwhile(Refused):
    """Somebody else changed it since this person looked at it."""

    def __init__(self):
        super().__init__(
            Problem("changed_meanwhile", _("Somebody else changed this meanwhile. Look at it again."))
        )


def version_of(facts: Any) -> str:
    """Return a mark of facts (lists, dicts, plain values) that is another as soon as one of them is."""
    return sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()[:16]


def refuse_other_version(seen: str | None, facts: Any) -> None:
    """Raise `ChangedMeanwhile` if somebody looked at another version. Without `seen`, nobody asks."""
    if seen is not None and seen != version_of(facts):
        raise ChangedMeanwhile
