"""Spaces of which the sources say no more than that they are there: made up, and marked as such."""

from collections.abc import Iterator, Mapping

from .inventory import Inventory, Record, SpaceRecord
from .places import NAMES
from .rules import Rules
from .tables import Fault, Row, Rows, Shape, whole_number, yes_or_no

SPACES = "demo_spaces.csv"
WORDS = ["purposes", "equipment"]
SIZES = ["capacity", "floor_area"]
ACCESSIBILITY = ["is_step_free", "has_accessible_toilet", "has_induction_loop"]
FILES = {
    SPACES: Shape(
        [
            "venue_key",
            "key",
            "part_of",
            "pieces",
            *NAMES,
            *SIZES,
            *WORDS,
            "supervision",
            *ACCESSIBILITY,
            "known",
        ],
        key=["venue_key", "key"],
    )
}
HIGHEST_PIECE = 99  # as many pieces as a hall may have when it is redrawn


def demo_spaces(rows: Rows, venues: Mapping[str, Record], rules: Rules) -> Iterator[SpaceRecord]:
    for row in rows[SPACES]:
        venue = venues.get(row.text("venue_key"))
        if venue is None:
            row.refuse(f"there is no venue {row.text('venue_key')}")
            continue
        made_up = [
            *facts_told(row),
            *(["opening_hours"] if "opening_hours" in venue.facts["demo_facts"] else []),
        ]
        yield SpaceRecord(
            row.place,
            (venue.key[0], row.text("key")),
            {
                **{name: row.text(name) for name in NAMES},
                **space_facts(row),
                **{name: row.read(name, yes_or_no) for name in ACCESSIBILITY},
                **rules.of_space(
                    venue.facts["kind"],
                    supervision=row.text("supervision"),
                    is_hall=not row.text("part_of"),
                ),
                "is_demo": True,
                "demo_facts": sorted({*made_up, "arrival"} - set(row.words("known"))),
            },
            hall=row.text("part_of") or None,
            pieces=pieces(row),
        )


def space_facts(row: Row) -> dict:
    """Return the facts that demo files give of made-up and of real spaces alike."""
    return {
        **{name: row.read(name, whole_number) for name in SIZES},
        **{name: sorted(set(row.words(name))) for name in WORDS},
        "supervision": row.text("supervision"),
    }


def facts_told(row: Row) -> list[str]:
    return [name for name in [*SIZES, *WORDS, "supervision", *ACCESSIBILITY] if row.text(name)]


def pieces(row: Row) -> tuple[int, ...]:
    numbers = [whole_number(word) for word in row.words("pieces") if word.isdigit()]
    if not numbers or len(numbers) != len(row.words("pieces")) or max(numbers) > HIGHEST_PIECE:
        row.refuse(f"pieces is “{row.text('pieces')}”: write numbers from 0 to {HIGHEST_PIECE}, like 0; 1")
    return tuple(sorted(set(numbers)))


def faults_in(found: Inventory) -> Iterator[Fault]:
    """Yield what is wrong with the spaces as a whole: their layout, their keys, their words."""
    words = {name: {record.key[0] for record in getattr(found, name)} for name in WORDS}
    seen: dict[tuple[str, ...], SpaceRecord] = {}
    for space in found.spaces:
        first = seen.setdefault(space.key, space)
        if first is not space:
            yield Fault(space.place, f"has the key of the space on {first.place}")
        for name in WORDS:
            if unknown := set(space.facts.get(name, ())) - words[name]:
                yield Fault(space.place, f"{name}: the vocabulary has no {', '.join(sorted(unknown))}")
    for space in found.spaces:
        if space.hall is not None and (wrong := wrong_with_part(space, seen.get((space.key[0], space.hall)))):
            yield Fault(space.place, wrong)


def wrong_with_part(part: SpaceRecord, hall: SpaceRecord | None) -> str:
    if hall is None:
        return f"is part of {part.hall}, which the venue has not"
    if hall.hall is not None:
        return f"is part of {part.hall}, which is itself a part"
    if outside := sorted(set(part.pieces) - set(hall.pieces)):
        return f"lies outside its hall {part.hall}: the hall has no piece {', '.join(map(str, outside))}"
    return ""
