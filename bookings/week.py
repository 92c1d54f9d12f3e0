"""A week of one space as everybody sees it: when a booking could begin, and why not otherwise."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from venues import wording
from venues.audiences import STRANGER, Asker
from venues.clock import at, exact, local
from venues.models import Space

from . import timeline
from .timeline import Kind, Row
from .week_grid import Column, Grid, Stretch, lay_out

DAYS = 7
QUIET_HOURS = (8, 20)  # what a week shows in which nothing is open
GRID_STEP = 30  # minutes: a row of the grid, and the least between two starts on offer


@dataclass(frozen=True)
class Day:
    """A day told as a list: the starts that can be booked, and what else is so, in words."""

    day: date
    starts: Sequence[Stretch]
    told: Sequence[str]


@dataclass(frozen=True)
class Week:
    """Both pictures of one week, made of the same rows. The list leaves out days that are over."""

    monday: date
    grid: Grid
    coming_days: Sequence[Day]

    @property
    def first_free_day(self) -> Day | None:
        return next((day for day in self.coming_days if day.starts), None)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=DAYS - 1)

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week


def of(
    space: Space,
    monday: date,
    *,
    length: timedelta,
    now: datetime,
    mine: int | None = None,
    asker: Asker = STRANGER,
) -> Week:
    """Return the week in which a booking of this length could begin at the starts that are free to the asker.

    The booking with the id `mine` is the reader's own, and shown as such. Needs `venue` loaded.
    """
    days = [monday + timedelta(days=number) for number in range(DAYS)]
    start, end = exact(at(days[0])), exact(at(days[-1] + timedelta(days=1)))
    # A booking that begins on Sunday night may end on Monday. A whole day is as long as it is.
    asked = None if space.is_whole_day else length
    rows = timeline.rows([space], start, end + length, now=now, asker=asker, length=asked, moving=mine)
    stretches = [
        stretch for row in rows for stretch in drawn(row, space, length, mine) if stretch.starts_at < end
    ]
    today = local(now).date()
    columns = [column(day, stretches, today=today) for day in days]
    first, last = hours_shown(columns)
    return Week(
        monday,
        lay_out(columns, first_hour=first, last_hour=last, step=GRID_STEP),
        [told(column) for column in columns if column.day >= today],
    )


def drawn(row: Row, space: Space, length: timedelta, mine: int | None) -> Iterator[Stretch]:
    """Return how a row is drawn: free time as the starts within it, the rest as one piece with its word."""
    if row.kind == Kind.FREE:
        yield from starts_in(row, space, length)
    elif row.booking_id is not None and row.booking_id == mine:
        yield Stretch("wish", row.starts_at, row.ends_at, _("Yours"))
    elif row.kind == Kind.BUSY:
        yield Stretch("busy", row.starts_at, row.ends_at, row.reason or _("Taken"))
    elif row.kind == Kind.CLOSED:
        yield Stretch("closed", row.starts_at, row.ends_at, row.reason or _("Closed"))
    elif row.kind == Kind.LATER:
        yield Stretch("past", row.starts_at, row.ends_at, _("Not yet bookable"))
    else:
        yield Stretch("past" if row.kind == Kind.PAST else "spare", row.starts_at, row.ends_at)


def starts_in(row: Row, space: Space, length: timedelta) -> Iterator[Stretch]:
    """Offer each start from which the whole length is free, then what is left over.

    A space that begins every five minutes offers half hours: fewer buttons, and none that are hard to hit.
    """
    assert row.of is not None
    first, until = row.of
    if space.is_whole_day:
        is_its_beginning = row.starts_at == first
        yield Stretch("free" if is_its_beginning else "spare", row.starts_at, row.ends_at, books_until=until)
        return
    start = first
    while start + length <= until and start < row.ends_at:
        following = next_start(space, start)
        if start >= row.starts_at:
            yield Stretch("free", start, min(following, row.ends_at), books_until=start + length)
        start = following
    if start < row.ends_at:
        yield Stretch("spare", max(start, row.starts_at), row.ends_at)


def next_start(space: Space, start: datetime) -> datetime:
    """Return the next start to offer: the next half hour of the clock, or as many steps as are as long."""
    if counts_half_hours(space):
        return next_on_step(start, timedelta(minutes=GRID_STEP))
    step = timedelta(minutes=space.start_step)
    return start + -(-timedelta(minutes=GRID_STEP) // step) * step


def counts_half_hours(space: Space) -> bool:
    """Whether every half hour of the clock is a start."""
    by_the_clock = space.starts_from == Space.StartsFrom.CLOCK and space.start_minute == 0
    return by_the_clock and GRID_STEP % space.start_step == 0


def next_on_step(start: datetime, step: timedelta) -> datetime:
    """Return the next instant at which the clocks show a multiple of the step; it divides an hour."""
    past_the_hour = timedelta(minutes=local(start).minute)
    return start + step - past_the_hour % step


def column(day: date, stretches: Iterable[Stretch], *, today: date) -> Column:
    begins, ends = exact(at(day)), exact(at(day + timedelta(days=1)))
    of_the_day = [cut for stretch in stretches if (cut := within(stretch, begins, ends))]
    return Column(wording.short_day(day), day, of_the_day, is_today=day == today)


def within(stretch: Stretch, begins: datetime, ends: datetime) -> Stretch | None:
    """Cut a stretch to a day. A start belongs to the day on which it lies."""
    start, end = max(stretch.starts_at, begins), min(stretch.ends_at, ends)
    if start >= end or (stretch.kind == "free" and start > stretch.starts_at):
        return None
    return Stretch(stretch.kind, start, end, stretch.label, stretch.books_until)


def hours_shown(columns: Iterable[Column]) -> tuple[int, int]:
    """Return the hours from the week's first opening to its last closing."""
    edges = [
        (local(stretch.starts_at).hour, hour_after(stretch.ends_at, column.day))
        for column in columns
        for stretch in column.stretches
        if stretch.kind != "closed"
    ]
    return (min(edge[0] for edge in edges), max(edge[1] for edge in edges)) if edges else QUIET_HOURS


def hour_after(instant: datetime, day: date) -> int:
    here = local(instant)
    return 24 if here.date() > day else here.hour + (here.minute > 0)


def told(column: Column) -> Day:
    """Tell a day: taken time and one's own by the hour; why it is closed only if nothing is free."""
    starts = [stretch for stretch in column.stretches if stretch.kind == "free"]
    by_the_hour = [
        f"{stretch.label} {wording.times(stretch.starts_at, stretch.ends_at)}"
        for stretch in column.stretches
        if stretch.kind in {"busy", "wish"}
    ]
    why = dict.fromkeys(stretch.label for stretch in column.stretches if stretch.label)
    return Day(column.day, starts, by_the_hour or ([] if starts else list(why)))
