"""A hall and its parts: who shares floor with whom, and what the pieces are called."""

from collections.abc import Iterable

from django.db.models import F
from django.utils.text import capfirst

from .fields import pieces
from .models import Space


def spaces_of_hall(hall_id: int) -> list[Space]:
    """Return the hall and then its parts, each with its venue and its hall."""
    spaces = Space.objects.filter(hall_id=hall_id).select_related("venue", "part_of")
    return list(spaces.order_by(F("part_of").asc(nulls_first=True), "footprint", "pk"))


def share_floor(one: Space, other: Space) -> bool:
    return not pieces(one.footprint).isdisjoint(pieces(other.footprint))


def blocked_by(wanted: Space, spaces: Iterable[Space]) -> list[Space]:
    """Return those of the hall's other spaces that cannot be used while this one is."""
    return [space for space in spaces if space != wanted and share_floor(space, wanted)]


def short_name(space: Space) -> str:
    """Return a part's name without its hall's, which stands beside it: "Lohko A" of "Sali, lohko A".

    Needs `part_of` loaded.
    """
    whole, hall = str(space.name), str(space.part_of.name) if space.part_of else ""
    return capfirst(whole.removeprefix(hall).lstrip(" ,–-") or whole) if hall else whole


def piece_names(spaces: Iterable[Space]) -> dict[int, str]:
    """Return the names of the single pieces of floor: of those that are a part by themselves."""
    return {
        piece: short_name(space)
        for space in spaces
        if not space.is_hall and len(pieces(space.footprint)) == 1
        for piece in pieces(space.footprint)
    }
