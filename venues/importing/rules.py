"""How spaces are booked and how one gets in, by kind of venue."""

from collections.abc import Iterable

from .places import KINDS
from .tables import Row, Rows, Shape, one_of, whole_number, yes_or_no

POLICIES = "demo_policies.csv"
ARRIVALS = "demo_arrivals.csv"
NUMBERS = ["start_step", "min_minutes", "max_minutes", "notice_hours", "ahead_days"]
BUFFERS = ["setup_minutes", "cleanup_minutes"]
ARRIVAL = ["arrival_fi", "arrival_sv", "arrival_en"]
FILES = {
    POLICIES: Shape(["kind", "approval", "requests_compete", *NUMBERS, *BUFFERS], key=["kind"]),
    ARRIVALS: Shape(["kind", "supervision", *ARRIVAL], key=["kind", "supervision"]),
}


class Rules:
    """The rules of a folder, asked by kind of venue. Where a folder is silent, the model's defaults hold."""

    def __init__(self, rows: Rows):
        self.policies = {row.needed("kind", one_of(KINDS)): policy(row) for row in rows[POLICIES]}
        self.buffers = {row.text("kind"): numbers(row, BUFFERS) for row in rows[POLICIES]}
        self.arrivals = {
            (row.needed("kind", one_of(KINDS)), row.text("supervision")): row for row in rows[ARRIVALS]
        }

    def of_space(self, kind: str, *, supervision: str, is_hall: bool) -> dict:
        """Return the facts of a space that follow from its venue's kind."""
        row = self.arrivals.get((kind, supervision)) or self.arrivals.get((kind, ""))
        return {
            **self.policies.get(kind, {}),
            **({name: row.text(name) for name in ARRIVAL} if row else {}),
            **(dict.fromkeys(BUFFERS, 0) | self.buffers.get(kind, {}) if is_hall else {}),
        }


def policy(row: Row) -> dict:
    facts = {
        "approval": row.needed("approval", one_of(["instant", "request"])),
        "requests_compete": row.needed("requests_compete", yes_or_no),
        **numbers(row, NUMBERS),
    }
    if (facts["min_minutes"] or 0) > (facts["max_minutes"] or 0):
        row.refuse("the shortest booking is longer than the longest")
    return facts


def numbers(row: Row, columns: Iterable[str]) -> dict:
    return {column: row.needed(column, whole_number) for column in columns}
