"""The week grid: stretches of time laid out as the rows and cells of a table.

Columns are days of one space, or the spaces of a hall on one day. The rows are local wall-clock time: on
the night when clocks go back the doubled hour shares its rows, and the list beside the grid tells it exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.utils.formats import time_format

from venues.clock import MINUTES_A_DAY, local, minute_of_day


@dataclass(frozen=True)
class Stretch:
    """A piece of time and what is so about it.

    `kind` is free, busy, closed, wish (what somebody asks for) or past; `label` is the word in its cell.
    A free one that is the beginning of a longer time to book says in `books_until` when that would end.
    """

    kind: str
    starts_at: datetime
    ends_at: datetime
    label: str = ""
    books_until: datetime | None = None

    @property
    def period_ends_at(self) -> datetime:
        """When a booking that begins here would end."""
        return self.books_until or self.ends_at


@dataclass(frozen=True)
class Column:
    """A day of one space, or one space on a day. The stretches are in order and do not overlap."""

    heading: str
    day: date
    stretches: Sequence[Stretch]
    is_today: bool = False


@dataclass(frozen=True)
class Cell:
    """A stretch (or the nothing between two) in its column, `rows` rows high."""

    column: Column
    kind: str
    rows: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    label: str = ""
    period_ends_at: datetime | None = None


@dataclass
class Row:
    """One step of the clock. The row of a full hour names it, for itself and the steps after it."""

    hour: str = ""
    hour_rows: int = 0
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Grid:
    columns: Sequence[Column]
    rows: Sequence[Row]

    @property
    def kinds(self) -> set[str]:
        return {stretch.kind for column in self.columns for stretch in column.stretches}

    @property
    def has_closed(self) -> bool:
        return "closed" in self.kinds

    @property
    def has_wish(self) -> bool:
        return "wish" in self.kinds


def lay_out(columns: Sequence[Column], *, first_hour: int, last_hour: int, step: int = 30) -> Grid:
    """Return the table from the first hour to the last (at most 24), a row every `step` minutes.

    `step` divides an hour. A stretch that does not fall on a step is drawn from the step before to the
    step after, as far as its neighbours leave room.
    """
    steps = (last_hour - first_hour) * 60 // step
    rows = [Row() for _ in range(steps)]
    for index in range(0, steps, 60 // step):
        rows[index].hour = hour_label(first_hour + index * step // 60)
        rows[index].hour_rows = 60 // step
    for column in columns:
        for at, cell in cells_of(column, first_minute=first_hour * 60, steps=steps, step=step):
            rows[at].cells.append(cell)
    return Grid(columns, rows)


def hour_label(hour: int) -> str:
    return time_format(time(hour), "TIME_FORMAT")


def cells_of(column: Column, *, first_minute: int, steps: int, step: int) -> list[tuple[int, Cell]]:
    """Return the cells of a column with the row that each begins in. Together they fill the column."""
    cells: list[tuple[int, Cell]] = []
    filled = 0
    for stretch in column.stretches:
        begin = max(filled, (minute_of(stretch.starts_at, column.day) - first_minute) // step)
        end = min(steps, -((first_minute - minute_of(stretch.ends_at, column.day)) // step))
        if end <= begin:
            continue
        if begin > filled:
            cells.append((filled, Cell(column, "nothing", begin - filled)))
        cells.append((begin, cell_of(stretch, column, rows=end - begin)))
        filled = end
    if filled < steps:
        cells.append((filled, Cell(column, "nothing", steps - filled)))
    return cells


def cell_of(stretch: Stretch, column: Column, *, rows: int) -> Cell:
    return Cell(
        column, stretch.kind, rows, stretch.starts_at, stretch.ends_at, stretch.label, stretch.period_ends_at
    )


def minute_of(instant: datetime, day: date) -> int:
    """Return the minute of the day that the clocks show; of another day, its nearest edge or beyond."""
    here = local(instant)
    return (here.date() - day).days * MINUTES_A_DAY + minute_of_day(here.time())
