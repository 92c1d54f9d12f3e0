"""The policies of the kinds of venue that an import looks after, and the terms of use that they name."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from ..clock import at
from ..models import Policy, Space, Terms, TermsVersion
from ..terms_of_use import TEXTS
from .inventory import Record
from .stock import Key, Stock

DEFAULTS = Space()


class Policies(Stock):
    """What kinds say of booking. What a kind does not say is as good as the default of the space's column."""

    name = "policies"
    model = Policy
    links = frozenset({"terms"})
    others = frozenset({"terms"})
    together = ({"min_minutes", "max_minutes"},)

    def __init__(self) -> None:
        super().__init__()
        self.terms = {row.name_fi: row for row in Terms.objects.order_by("-pk")}

    def read(self) -> dict[Key, Policy]:
        return {(row.kind or "",): row for row in Policy.objects.exclude(kind=None).select_related("terms")}

    def built(self, record: Record) -> Policy:
        row = super().built(record)
        (row.kind,) = record.key
        return row

    def fact(self, row: Policy, name: str) -> Any:
        if name == "terms":
            return row.terms.name_fi if row.terms else None
        said = super().fact(row, name)
        return self.default(name) if said is None else said

    def default(self, name: str) -> Any:
        return getattr(DEFAULTS, name)

    def add(self, records: Sequence[Record]) -> None:
        rows = [self.built(record) for record in records]
        for row, record in zip(rows, records, strict=True):
            row.terms = self.terms.get(record.facts.get("terms", ""))
        Policy.objects.bulk_create(rows)
        self.rows |= {record.key: row for record, row in zip(records, rows, strict=True)}

    def change(self, row: Policy, changes: Mapping[str, Any], imported: Mapping[str, Any]) -> None:
        if "terms" in changes:
            row.terms = self.terms[changes["terms"]]
            row.save(update_fields=["terms"])
        super().change(row, changes, imported)


def add_terms(records: Iterable[Record], *, today: date) -> int:
    """Add the terms that are not there yet; what there is belongs to people. Returns how many were added."""
    known = set(Terms.objects.values_list("name_fi", flat=True))
    new = [record for record in records if record.key[0] not in known]
    for record in new:
        names = {name: value for name, value in record.facts.items() if name not in TEXTS}
        texts = {name: record.facts[name] for name in TEXTS}
        terms = Terms.objects.create(name_fi=record.key[0], **names)
        TermsVersion.objects.create(terms=terms, number=1, published_at=at(today), **texts)
    return len(new)
