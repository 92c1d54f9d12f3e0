"""A hall's floor drawn from footprints: its pieces in a row, those of one space filled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

LEFT, WIDTH = 5.0, 470.0  # of the floor within the drawing


@dataclass(frozen=True)
class Box:
    """A stretch of floor in the drawing."""

    x: float
    width: float
    is_mine: bool = False
    name: str = ""

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Plan:
    """The drawing: every piece of the hall, and one frame round each unbroken run of the space's own."""

    pieces: list[Box]
    runs: list[Box]

    @property
    def total(self) -> int:
        return len(self.pieces)

    @property
    def mine(self) -> int:
        return sum(piece.is_mine for piece in self.pieces)

    @property
    def is_whole(self) -> bool:
        return self.mine == self.total


def draw(hall: Collection[int], space: Collection[int], names: Mapping[int, str]) -> Plan | None:
    """Return the drawing of a hall's numbered pieces, or nothing for a hall that is all one piece.

    `names` are those of single pieces; a piece without one is drawn without.
    """
    numbers = sorted(hall)
    if len(numbers) < 2:
        return None
    width = WIDTH / len(numbers)
    pieces = [
        Box(round(LEFT + place * width, 1), round(width, 1), number in space, names.get(number, ""))
        for place, number in enumerate(numbers)
    ]
    return Plan(pieces, runs_of(pieces))


def runs_of(pieces: list[Box]) -> list[Box]:
    runs: list[Box] = []
    for before, piece in zip([None, *pieces], pieces, strict=False):
        if not piece.is_mine:
            continue
        if before and before.is_mine:
            runs[-1] = Box(runs[-1].x, round(piece.x + piece.width - runs[-1].x, 1), True)
        else:
            runs.append(piece)
    return runs
