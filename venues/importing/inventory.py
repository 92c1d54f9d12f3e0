"""What an import wants the database to say, as plain values, each with the line that said it."""

from dataclasses import dataclass, field
from typing import Any

from ..models import SchoolPeriod
from ..opening_hours import Rule
from .tables import Fault, Place

Rules = tuple[Rule, ...]


@dataclass
class Record:
    """A row to be: what names it among its kind, and its facts by the model's field names."""

    place: Place
    key: tuple[str, ...]
    facts: dict[str, Any]
    hours: Rules | None = None  # None: it has no opening hours of its own


@dataclass
class SpaceRecord(Record):
    """A space: its key is (venue's key, own key). `hall` is the own key of its hall, for a part."""

    hall: str | None = None
    pieces: tuple[int, ...] = (0,)

    @property
    def layout(self) -> dict[str, Any]:
        return {"hall": self.hall, "pieces": list(self.pieces)}


@dataclass
class Inventory:
    """Everything that a folder says."""

    purposes: list[Record] = field(default_factory=list)
    equipment: list[Record] = field(default_factory=list)
    districts: list[Record] = field(default_factory=list)
    school_terms: list[SchoolPeriod] = field(default_factory=list)
    terms: list[Record] = field(default_factory=list)
    policies: list[Record] = field(default_factory=list)
    venues: list[Record] = field(default_factory=list)
    spaces: list[SpaceRecord] = field(default_factory=list)
    skipped: list[Fault] = field(default_factory=list)  # lines that could not be used, and why
    doubts: list[Fault] = field(default_factory=list)  # lines that were read with care, and how
