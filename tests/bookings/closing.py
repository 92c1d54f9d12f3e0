"""What tests of closures share: what is closed, and how it is refused."""

from collections import defaultdict

import pytest

from accounts.problems import Refused
from bookings.models import Occupancy
from tests.factories import (
    NOW,
    create_booking,
)
from venues.clock import local
from venues.opening_hours import merged


def dates() -> list[tuple[str, str, str]]:
    """Return what is closed: the space's name, from when to when by the city's clocks.

    Dates of a closure that touch are one to everybody who looks.
    """
    stretches = defaultdict(list)
    for row in Occupancy.objects.exclude(closure=None).select_related("space"):
        stretches[row.closure_id, row.space].append((row.starts_at, row.ends_at))
    found = [(stretch, space) for (_pk, space), those in stretches.items() for stretch in merged(those)]
    return [
        (space.name_fi, f"{local(start):%H.%M}", f"{local(end):%H.%M}")
        for (start, end), space in sorted(found, key=lambda each: (each[0], each[1].pk))
    ]


def refusal_of(space, start="12:00", end="13:00", *, now=NOW) -> Refused:
    with pytest.raises(Refused) as refusal:
        create_booking(space, start, end, now=now)
    return refusal.value
