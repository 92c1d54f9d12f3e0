"""How spaces are booked and how one gets in, by kind of venue."""

from collections.abc import Iterable

from accounts.texts import in_all_languages

from ..models import Space
from ..models.spaces import START_STEPS
from ..terms_of_use import TEXTS
from .inventory import Record
from .places import KINDS, NAMES, VOCABULARY
from .tables import Row, Rows, Shape, one_of, whole_number, yes_or_no

POLICIES = "demo_policies.csv"
TERMS = "demo_terms.csv"
ARRIVALS = "demo_arrivals.csv"
NUMBERS = ["start_step", "min_minutes", "max_minutes", "notice_hours", "ahead_days"]
BUFFERS = ["setup_minutes", "cleanup_minutes"]
# What a kind need not say.
EXTRA_NUMBERS = ["notice_weekdays", "min_age", "quota_day", "quota_week", "approval_above"]
EXTRA_CLAIMS = ["needs_adult", "approval_unstaffed"]
EXTRAS = ["bookable_when", *EXTRA_NUMBERS, *EXTRA_CLAIMS, "approval_purposes", "terms"]
ARRIVAL = in_all_languages("arrival")
FILES = {
    POLICIES: Shape(["kind", "approval", "requests_compete", *NUMBERS, *BUFFERS, *EXTRAS], key=["kind"]),
    TERMS: Shape([*NAMES, *TEXTS], key=["name_fi"]),
    ARRIVALS: Shape(["kind", "supervision", *ARRIVAL], key=["kind", "supervision"]),
}


class Rules:
    """The rules of a folder, asked by kind of venue. Where a folder is silent, the model's defaults hold."""

    def __init__(self, rows: Rows):
        self.buffers = {row.text("kind"): numbers(row, BUFFERS) for row in rows[POLICIES]}
        self.arrivals = {
            (row.needed("kind", one_of(KINDS)), row.text("supervision")): row for row in rows[ARRIVALS]
        }

    def of_space(self, kind: str, *, supervision: str, is_hall: bool) -> dict:
        """Return the facts of a space that follow from its venue's kind."""
        row = self.arrivals.get((kind, supervision)) or self.arrivals.get((kind, ""))
        return {
            **({name: row.text(name) for name in ARRIVAL} if row else {}),
            **(dict.fromkeys(BUFFERS, 0) | self.buffers.get(kind, {}) if is_hall else {}),
        }


def policies(rows: Rows) -> list[Record]:
    """Return what each kind of venue says of booking."""
    purposes = [row.text("code") for row in rows[VOCABULARY] if row.text("list") == "purpose"]
    known = [row.text("name_fi") for row in rows[TERMS]]
    return [
        Record(row.place, (row.needed("kind", one_of(KINDS)) or "",), policy(row, purposes, known))
        for row in rows[POLICIES]
    ]


def policy(row: Row, purposes: Iterable[str], terms: Iterable[str]) -> dict:
    if unknown := sorted(set(row.words("approval_purposes")) - set(purposes)):
        row.refuse(f"approval_purposes: the vocabulary has no {', '.join(unknown)}")
    extras = {
        "bookable_when": row.read("bookable_when", one_of(Space.BookableWhen.values)),
        **{name: row.read(name, whole_number) for name in EXTRA_NUMBERS},
        **{name: row.read(name, yes_or_no) for name in EXTRA_CLAIMS},
        "approval_purposes": row.words("approval_purposes") or None,
        "terms": row.read("terms", one_of(list(terms))),
    }
    said = {
        "approval": row.needed("approval", one_of(["instant", "request"])),
        "requests_compete": row.needed("requests_compete", yes_or_no),
        **numbers(row, NUMBERS),
        **{name: value for name, value in extras.items() if value is not None},
    }
    if (said["min_minutes"] or 0) > (said["max_minutes"] or 0):
        row.refuse("the shortest booking is longer than the longest")
    if said["start_step"] not in START_STEPS:
        row.refuse(f"start_step: write one of {', '.join(map(str, START_STEPS))}")
    return said


def terms(rows: Rows) -> list[Record]:
    """Return the terms of use, in their first version."""
    found = []
    for row in rows[TERMS]:
        for name in ("name_fi", "text_fi"):
            row.needed(name, str)
        facts = {name: row.text(name) for name in [*NAMES[1:], *TEXTS]}
        found.append(Record(row.place, (row.text("name_fi"),), facts))
    return found


def numbers(row: Row, columns: Iterable[str]) -> dict:
    return {column: row.needed(column, whole_number) for column in columns}
