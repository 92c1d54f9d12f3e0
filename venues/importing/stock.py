"""The rows that an import looks after: how each kind of row is read, made and changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation

from ..models import District, OpeningRule, Timetable, Venue
from .inventory import Record, SpaceRecord, WeeklyHours
from .tables import Fault

Key = tuple[str, ...]


def told(record: Record) -> dict[str, Any]:
    """Return what a record says in the form in which a row remembers it as `imported`."""
    hours = {} if record.hours is None else {"hours": written(record.hours)}
    layout = {"layout": record.layout} if isinstance(record, SpaceRecord) else {}
    return record.facts | hours | layout


class Stock:
    """The stored rows of one kind, by key. Facts go by their names in the files."""

    name: str
    model: type[Any]
    links: frozenset[str] = frozenset()  # the model's fields that point at other rows
    others: frozenset[str] = frozenset()  # facts that are not fields of the row itself
    together: Sequence[set[str]] = ()  # facts that only make sense together

    def __init__(self) -> None:
        self.rows: dict[Key, Any] = self.read()

    def read(self) -> dict[Key, Any]:
        raise NotImplementedError

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
        self.hours = weekly_hours(row.timetable_id for row in self.rows.values())

    def read(self) -> dict[Key, Venue]:
        return {(row.key,): row for row in Venue.objects.select_related("district", "timetable")}

    def built(self, record: Record) -> Venue:
        row = super().built(record)
        (row.key,) = record.key
        return row

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
        write_hours({row.timetable: record.hours or () for row, record in zip(rows, records, strict=True)})
        Venue.objects.bulk_create(rows)
        self.rows |= {record.key: row for record, row in zip(records, rows, strict=True)}

    def change(self, row: Venue, changes: Mapping[str, Any], imported: Mapping[str, Any]) -> None:
        if "district" in changes:
            row.district = self.district(changes["district"])
            row.save(update_fields=["district"])
        if "hours" in changes:
            write_hours({row.timetable: read(changes["hours"])})
        super().change(row, changes, imported)

    def district(self, number: str | None) -> District | None:
        return self.districts.rows[number,] if number else None


# --- Weekly hours ---------------------------------------------------------------------------------


def weekly_hours(timetables: Iterable[int]) -> dict[int, list]:
    found: dict[int, list] = {pk: [] for pk in timetables}
    for row in OpeningRule.objects.filter(timetable__in=found).order_by("opens"):
        found[row.timetable_id] += written((weekday, row.opens, row.closes) for weekday in row.weekdays)
    return found


def write_hours(hours: Mapping[Timetable, WeeklyHours]) -> None:
    OpeningRule.objects.filter(timetable__in=hours).delete()
    OpeningRule.objects.bulk_create(
        OpeningRule(timetable=timetable, weekdays=[weekday], opens=opens, closes=closes)
        for timetable in hours
        for weekday, opens, closes in hours[timetable]
    )


def written(hours: Iterable[tuple[int, time, time]]) -> list:
    return [[weekday, f"{opens:%H:%M}", f"{closes:%H:%M}"] for weekday, opens, closes in hours]


def read(hours: Iterable[Sequence]) -> WeeklyHours:
    return tuple(
        (weekday, time.fromisoformat(opens), time.fromisoformat(closes)) for weekday, opens, closes in hours
    )
