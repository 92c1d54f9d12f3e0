"""The spaces that an import looks after, with their layout, their words and their own hours."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..fields import footprint, pieces
from ..models import Equipment, Purpose, Space, Timetable
from .inventory import Record, SpaceRecord
from .stock import Key, Stock, Venues
from .tables import Fault
from .timetables import read, stored_rules, write_rules

WORDS: dict[str, type[Purpose] | type[Equipment]] = {"purposes": Purpose, "equipment": Equipment}


class Spaces(Stock):
    name = "spaces"
    model = Space
    links = frozenset({"venue", "part_of", "timetable", "footprint", "hall_footprint"})
    others = frozenset({"hours", "layout", *WORDS})

    def __init__(self, venues: Venues):
        self.venues = venues
        super().__init__()
        self.hours = stored_rules(row.timetable_id for row in self.rows.values() if row.timetable_id)
        self.codes = {name: words_by_space(name) for name in WORDS}
        self.words = {name: {word.code: word.pk for word in WORDS[name].objects.all()} for name in WORDS}

    def read(self) -> dict[Key, Space]:
        return {
            (row.venue.key, row.key): row
            for row in Space.objects.select_related("venue", "part_of", "timetable")
        }

    def built(self, record: Record) -> Space:
        row = super().built(record)
        row.key = record.key[1]
        return row

    def fact(self, row: Space, name: str) -> Any:
        if name == "hours":
            return self.hours.get(row.timetable_id) if row.timetable_id else None
        if name == "layout":
            return {"hall": row.part_of and row.part_of.key, "pieces": sorted(pieces(row.footprint))}
        return self.codes[name][row.pk] if name in WORDS else super().fact(row, name)

    def default(self, name: str) -> Any:
        if name in WORDS:
            return []
        return None if name in {"hours", "layout"} else super().default(name)

    def refused(self, records: Sequence[SpaceRecord]) -> dict[Key, Fault]:
        """Return the records that would redraw a hall, or add to one that is drawn otherwise."""
        by_hall = defaultdict(list)
        for record in records:
            by_hall[record.key[0], record.hall or record.key[1]].append(record)
        return {
            record.key: Fault(record.place, f"{record.facts['name_fi']}: {reason}")
            for group in by_hall.values()
            for record, reason in self.against(group)
        }

    def against(self, group: Sequence[SpaceRecord]) -> Iterator[tuple[SpaceRecord, str]]:
        """Yield the records of one hall that would not fit the hall as it is drawn."""
        known = [record for record in group if record.key in self.rows]
        if all(self.fact(self.rows[record.key], "layout") == record.layout for record in known):
            return
        for record in group:
            if record not in known:
                yield record, "its hall is drawn otherwise than here; add it on the hall's page"
            elif self.rows[record.key].imported.get("layout") != record.layout:
                yield record, "covers other floor than before; redraw the hall on its page"

    def add(self, records: Sequence[Record]) -> None:
        spaces = [record for record in records if isinstance(record, SpaceRecord)]
        self.add_rows([space for space in spaces if space.hall is None])
        self.add_rows([space for space in spaces if space.hall is not None])

    def add_rows(self, records: Sequence[SpaceRecord]) -> None:
        rows = {record.key: self.placed(record) for record in records}
        hours = [(rows[record.key], record.hours) for record in records if record.hours is not None]
        timetables = Timetable.objects.bulk_create(Timetable() for _ in hours)
        for (row, _), timetable in zip(hours, timetables, strict=True):
            row.timetable = timetable
        write_rules({row.timetable: own for row, own in hours if row.timetable})
        Space.objects.bulk_create(rows.values())
        self.rows |= rows
        for name in WORDS:
            self.link(name, {rows[record.key].pk: record.facts.get(name, []) for record in records})

    def placed(self, record: SpaceRecord) -> Space:
        """Return an unsaved row that knows its venue and its hall."""
        row = self.built(record)
        row.venue, row.footprint = self.venues.rows[record.key[:1]], footprint(record.pieces)
        if record.hall is not None:
            row.part_of = self.rows[record.key[0], record.hall]
            row.hall_footprint = row.part_of.footprint
        return row

    def link(self, name: str, codes: Mapping[int, Iterable[str]]) -> None:
        """Give spaces these purposes, or this equipment."""
        through = getattr(Space, name).through
        column = f"{WORDS[name]._meta.model_name}_id"
        through.objects.bulk_create(
            through(**{"space_id": pk, column: self.words[name][code]}) for pk in codes for code in codes[pk]
        )

    def change(self, row: Space, changes: Mapping[str, Any], imported: Mapping[str, Any]) -> None:
        for name in WORDS:
            if name in changes:
                getattr(row, name).set(self.words[name][code] for code in changes[name])
        if "hours" in changes:
            row.timetable = row.timetable or Timetable.objects.create()
            row.save(update_fields=["timetable"])
            write_rules({row.timetable: read(changes["hours"])})
        super().change(row, changes, imported)


def words_by_space(name: str) -> dict[int, list[str]]:
    found = defaultdict(list)
    through = getattr(Space, name).through
    for pk, code in through.objects.values_list("space_id", f"{WORDS[name]._meta.model_name}__code"):
        found[pk].append(code)
    return defaultdict(list, {pk: sorted(codes) for pk, codes in found.items()})


def add_words(name: str, records: Iterable[Record]) -> int:
    """Add the purposes or the equipment that are not there yet; what there is belongs to people."""
    model = WORDS[name]
    known = set(model.objects.values_list("code", flat=True))
    new = [record for record in records if record.key[0] not in known]
    for record in new:
        model.objects.create(code=record.key[0], **record.facts)
    return len(new)
