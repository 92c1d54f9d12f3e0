"""The rows that an import looks after: how each kind of row is read, made and changed."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation

from ..models import District, Timetable, Venue
from .inventory import Record, SpaceRecord
from .tables import Fault
from .timetables import read, stored_rules, write_rules, written

Key = tuple[str, ...]
DAY_LIST = "day_list"  # what a venue's last day list left, beside what the folder's files say


def told(record: Record) -> dict[str, Any]:
    """Return what a record says in the form in which a row remembers it as `imported`."""
    hours = {} if record.hours is None else {"hours": written(record.hours)}
    layout = {"layout": record.layout} if isinstance(record, SpaceRecord) else {}
    return record.facts | hours | layout


class Stock(ABC):
    """The stored rows of one kind, by key. Facts go by their names in the files."""

    name: str
    model: type[Any]
    links: frozenset[str] = frozenset()  # the model's fields that point at other rows
    others: frozenset[str] = frozenset()  # facts that are not fields of the row itself
    together: Sequence[set[str]] = ()  # facts that only make sense together

    def __init__(self) -> None:
        self.rows: dict[Key, Any] = self.read()

    @abstractmethod
    def read(self) -> dict[Key, Any]:
        """Return the stored rows by their keys."""

    def says(self, record: Record, row: Any) -> dict[str, Any]:
        """Return what a record says of a row that is there."""
        return told(record)

    def built(self, record: Record) -> Any:
        """Return an unsaved row with a record's plain facts."""
        plain = {name: value for name, value in record.facts.items() if name not in self.others}
        return self.model(**plain, imported=told(record))

    def faults_in(self, record: Record) -> Iterator[Fault]:
        """Yield what the model has against a record's facts."""
        try:
            self.built(record).clean_fields(exclude=self.links)
        except ValidationError as exc:
            with translation.override("en"):
                for name, sentences in exc.message_dict.items():
                    yield Fault(record.place, f"{name}: {' '.join(sentences)}")

    def refused(self, records: Sequence[Any]) -> dict[Key, Fault]:
        """Return the records that cannot be followed, and why."""
        return {}

    def fact(self, row: Any, name: str) -> Any:
        """Return what is stored, in the terms of the files."""
        return getattr(row, name)

    def default(self, name: str) -> Any:
        """Return what a fact is as long as nobody says it."""
        return self.model._meta.get_field(name).get_default()

    def add(self, records: Sequence[Record]) -> None:
        rows = self.model.objects.bulk_create([self.built(record) for record in records])
        self.rows |= {record.key: row for record, row in zip(records, rows, strict=True)}

    def change(self, row: Any, changes: Mapping[str, Any], imported: Mapping[str, Any]) -> None:
        """Change what differs, and remember what the files say now."""
        plain = [name for name in changes if name not in self.others]
        for name in plain:
            setattr(row, name, changes[name])
        if row.imported != imported:
            row.imported = imported
            row.save(update_fields=[*plain, "imported"])


class Districts(Stock):
    name = "districts"
    model = District

    def read(self) -> dict[Key, District]:
        return {(row.number,): row for row in District.objects.all()}

    def built(self, record: Record) -> District:
        row = super().built(record)
        (row.number,) = record.key
        return row


class Venues(Stock):
    name = "venues"
    model = Venue
    links = frozenset({"district", "timetable"})
    others = frozenset({"district", "hours"})
    # A point that a person corrected must not get the quality of the file's point.
    together = ({"lat", "lon", "point_quality"},)

    def __init__(self, districts: Districts):
        self.districts = districts
        super().__init__()
        self.hours = stored_rules(row.timetable_id for row in self.rows.values())

    def read(self) -> dict[Key, Venue]:
        return {(row.key,): row for row in Venue.objects.select_related("district", "timetable")}

    def built(self, record: Record) -> Venue:
        row = super().built(record)
        (row.key,) = record.key
        return row

    def says(self, record: Record, row: Venue) -> dict[str, Any]:
        """A day list knows more of the hours than weekly ones do: where one was imported, it holds."""
        says = super().says(record, row)
        if DAY_LIST in row.imported:
            says.pop("hours", None)
        return says

    def fact(self, row: Venue, name: str) -> Any:
        if name == "district":
            return row.district and row.district.number
        return self.hours[row.timetable_id] if name == "hours" else super().fact(row, name)

    def default(self, name: str) -> Any:
        return [] if name == "hours" else super().default(name)

    def add(self, records: Sequence[Record]) -> None:
        timetables = Timetable.objects.bulk_create(Timetable() for _ in records)
        rows = [self.built(record) for record in records]
        for row, record, timetable in zip(rows, records, timetables, strict=True):
            row.timetable, row.district = timetable, self.district(record.facts["district"])
        write_rules({row.timetable: record.hours or () for row, record in zip(rows, records, strict=True)})
        Venue.objects.bulk_create(rows)
        self.rows |= {record.key: row for record, row in zip(records, rows, strict=True)}

    def change(self, row: Venue, changes: Mapping[str, Any], imported: Mapping[str, Any]) -> None:
        if "district" in changes:
            row.district = self.district(changes["district"])
            row.save(update_fields=["district"])
        if "hours" in changes:
            write_rules({row.timetable: read(changes["hours"])})
        super().change(row, changes, imported)

    def district(self, number: str | None) -> District | None:
        return self.districts.rows[number,] if number else None
