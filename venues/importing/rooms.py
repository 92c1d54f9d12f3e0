"""Rooms and their combinations: which floor does each space of a building cover, and what is a hall.

The youth-house list names spaces, not rooms: "Sali ja keittiö" is two rooms, "Kenttä 1, 2 ja 3" three,
"Koko talo" all of them. Read by what they contain, spaces share floor if and only if they share a room.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WHOLE_HOUSE = "koko talo"
Rooms = tuple[str, ...]


@dataclass(frozen=True)
class Laid:
    """A space's place in the layout: its pieces of floor, and its hall unless it is one itself."""

    name: str
    pieces: tuple[int, ...]
    hall: str | None = None
    is_listed: bool = True  # False for a hall that nobody listed, but that its parts need


def rooms_in(name: str) -> Rooms:
    """Return the rooms that a space's Finnish name lists, in small letters.

    A number alone takes the word before it: "Kenttä 1 ja 2" is kenttä 1 and kenttä 2.
    """
    rooms: list[str] = []
    for part in re.split(r",\s*|\s+ja\s+", name.strip().lower()):
        if part.isdigit() and rooms:
            part = f"{rooms[-1].rstrip('0123456789').strip()} {part}"
        rooms.append(part)
    return unique(rooms)


class UnknownRoom(LookupError):
    """A space is said to cover a space or room that its building has not."""

    def __init__(self, space: str, room: str):
        self.space, self.room = space, room
        super().__init__(f"{space}: {room}")


def rooms_of(
    names: Sequence[str], *, combines: Mapping[str, Iterable[str]], also_covers: Mapping[str, Iterable[str]]
) -> dict[str, Rooms]:
    """Return the rooms of every space of one building.

    `combines` says which other spaces a space consists of, `also_covers` what a review added because the
    names cannot tell. Both name spaces or rooms of the building; raises UnknownRoom for any other name.
    """
    parts = {name: parts_of(name, names, combines) for name in names}
    found = {name: () if parts[name] else rooms_in(name) for name in names}
    rooms = {room: (room,) for own in found.values() for room in own}
    spaces = {name.lower(): name for name in names}

    def covered_by(name: str, word: str) -> Rooms:
        if word.lower() not in spaces and word.lower() not in rooms:
            raise UnknownRoom(name, word)
        return found[spaces[word.lower()]] if word.lower() in spaces else rooms[word.lower()]

    for _ in names:  # a sum of sums is complete after as many rounds as there are spaces
        found = {
            name: unique(
                own, *(covered_by(name, word) for word in [*parts[name], *also_covers.get(name, ())])
            )
            for name, own in found.items()
        }
    return found


def parts_of(name: str, names: Sequence[str], combines: Mapping[str, Iterable[str]]) -> list[str]:
    others = [other for other in names if other != name]
    return [*combines.get(name, ()), *(others if name.lower() == WHOLE_HOUSE else ())]


def laid_out(rooms: Mapping[str, Rooms]) -> list[Laid]:
    """Number the floor of one building, and say which space is a hall and which a part of it.

    Spaces that share a room, directly or through others, are one hall. The hall is a space that covers
    all their floor; where none is listed, one is added before its parts.
    """
    return [laid for names in groups(rooms) for laid in hall_and_parts({name: rooms[name] for name in names})]


def groups(rooms: Mapping[str, Rooms]) -> list[list[str]]:
    """Return the names in groups that have no room in common with another group, in the order given."""
    found: list[list[str]] = []
    for name, own in rooms.items():
        touching = [group for group in found if any(set(rooms[other]) & set(own) for other in group)]
        found = [group for group in found if group not in touching]
        found.append([*(other for group in touching for other in group), name])
    order = list(rooms)
    return sorted(
        (sorted(group, key=order.index) for group in found), key=lambda group: order.index(group[0])
    )


def hall_and_parts(rooms: Mapping[str, Rooms]) -> list[Laid]:
    floor = unique(*rooms.values())
    covered = {name: tuple(sorted(map(floor.index, own))) for name, own in rooms.items()}
    whole = tuple(range(len(floor)))
    halls = sorted((n for n in rooms if covered[n] == whole), key=lambda n: n.lower() != WHOLE_HOUSE)
    hall = Laid(halls[0], whole) if halls else Laid(f"Koko tila ({', '.join(floor)})", whole, is_listed=False)
    return [hall, *(Laid(name, covered[name], hall.name) for name in rooms if name != hall.name)]


def unique(*many: Iterable[str]) -> Rooms:
    return tuple(dict.fromkeys(word for words in many for word in words))
