"""Reading CSV files, and saying by file and line what is wrong with them."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import NamedTuple, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file's name and the number of a line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong, and where."""

    place: Place
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class BrokenFiles(Exception):
    """The files cannot be imported. Says everything that is wrong with them, not only the first thing."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Shape(NamedTuple):
    """The columns that a file must have, and those in which no two rows may agree."""

    columns: list[str]
    key: list[str]


class NotUsable(ValueError):
    """A cell does not hold what its column asks for. The message says what it should hold."""


@dataclass
class Row:
    """A line of a table. Reading a cell that is wrong notes a fault and gives None."""

    place: Place
    cells: dict[str, str]
    faults: list[Fault]

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def words(self, column: str) -> list[str]:
        """Return the parts of a cell that lists several things, divided by semicolons."""
        return [word.strip() for word in self.text(column).split(";") if word.strip()]

    def read(self, column: str, reader: Callable[[str], Value]) -> Value | None:
        """Return what the reader makes of a cell, and None for an empty one."""
        text = self.text(column)
        try:
            return reader(text) if text else None
        except NotUsable as exc:
            self.refuse(f"{column} is “{text}”: {exc}")
            return None

    def needed(self, column: str, reader: Callable[[str], Value]) -> Value | None:
        """Read a cell that must not be empty."""
        if not self.text(column):
            self.refuse(f"{column} is empty")
        return self.read(column, reader)

    def refuse(self, reason: str) -> None:
        self.faults.append(Fault(self.place, reason))


Rows = dict[str, list[Row]]  # by the file's name


def read_table(path: Path, shape: Shape, faults: list[Fault]) -> list[Row]:
    """Read a CSV file that has at least its shape's columns, in any order. What is wrong goes to `faults`."""
    known = len(faults)
    try:
        lines = list(records(path, faults))
    except OSError as exc:
        lines, reason = [], f"cannot be read: {exc.strerror}"
        faults.append(Fault(Place(path.name, 1), reason))
    if len(faults) > known:
        return []
    header = [name.strip() for name in lines[0][1]] if lines else []
    if wrong := wrong_with_header(header, shape.columns):
        faults.append(Fault(Place(path.name, 1), wrong))
        return []
    rows = [
        Row(Place(path.name, line), dict(zip(header, map(str.strip, cells), strict=False)), faults)
        for line, cells in lines[1:]
    ]
    for row, (_, cells) in zip(rows, lines[1:], strict=True):
        if len(cells) != len(header):
            row.refuse(f"has {len(cells)} cells where the first line has {len(header)}")
    refuse_repeated(rows, shape.key)
    return rows


def wrong_with_header(header: list[str], columns: Iterable[str]) -> str:
    if missing := [column for column in columns if column not in header]:
        return f"has no column {', '.join(missing)}"
    if twice := sorted({name for name in header if header.count(name) > 1}):
        return f"has the column {', '.join(twice)} twice"
    return ""


def records(path: Path, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) for every line that is not empty."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        faults.append(Fault(Place(path.name, line), "is not UTF-8; save the file as UTF-8"))
        return
    if "\0" in text:
        faults.append(Fault(Place(path.name, text.count("\n", 0, text.index("\0")) + 1), "is not text"))
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as exc:
        faults.append(Fault(Place(path.name, reader.line_num), f"is not CSV: {exc}"))


def refuse_repeated(rows: Iterable[Row], key: Sequence[str]) -> None:
    seen: dict[tuple[str, ...], Row] = {}
    for row in rows if key else ():
        first = seen.setdefault(tuple(map(row.text, key)), row)
        if first is not row:
            row.refuse(f"{' and '.join(key)} are those of line {first.place.line} already")


# --- What a cell may hold ------------------------------------------------------------------------


def whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotUsable("write a whole number")
    return int(text)


def coordinate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise NotUsable("write a number with a point, like 60.17")
    return value


def weekday(text: str) -> int:
    if text not in set("1234567"):
        raise NotUsable("write 1 for Monday to 7 for Sunday")
    return int(text)


def weekdays(text: str) -> list[int]:
    """Read 6 as Saturday, 1-5 as Monday to Friday."""
    first, _, last = text.partition("-")
    return list(range(weekday(first), weekday(last or first) + 1))


def clock(text: str) -> time:
    """24:00 is midnight at the end of the day."""
    try:
        hour, minute = (whole_number(part) for part in text.split(":"))
        return time(0 if (hour, minute) == (24, 0) else hour, minute)
    except ValueError as exc:  # NotUsable is one
        raise NotUsable("write a time like 09:00") from exc


def calendar_day(text: str) -> date:
    """Read 2026-12-24, and nothing else that might be a day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or not 1900 <= day.year < 2200:
        raise NotUsable("write a day like 2026-12-24")
    return day


def yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise NotUsable("write yes or no")
    return text == "yes"


def one_of(choices: Iterable[str]) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if text not in choices:
            raise NotUsable(f"write one of {', '.join(choices)}")
        return text

    return reader
