"""What somebody could book, looked at minute by minute: opening hours, policies and what is taken.

Plain lists of minutes since the world began, no database and no sets of ranges; nothing here is shared with
the statement of search, nor with the rules that judge a wish.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby

from tests.naive import DAY, Space, Stretch, World
from tests.naive_hours import A_DAY, said_of
from venues.clock import CITY
from venues.opening_hours import Calendar, Exceptional, Rule

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Person:
    """Who asks: `customer` is whose bookings count, the organisation's or one's own."""

    audiences: frozenset[str] = frozenset(["everyone"])
    customer: str | None = None
    organisation: int | None = None
    born_on: date | None = None


@dataclass(eq=False)
class Room(Space):
    """A space with all that can be said of it. `open_to` says for whom it is open, minute by minute."""

    venue: str = ""
    run_by: int | None = None
    open_to: list[frozenset[str]] = field(default_factory=list)
    starts_from_opening: bool = False
    start_minute: int = 0
    is_whole_day: bool = False
    bookable_when: str = "any"
    notice_weekdays: int = 0
    notice_by: time = time(12)
    ahead_until: date | None = None
    who_may_book: frozenset[str] = frozenset(["everyone"])
    min_age: int = 0
    quota_day: int = 0
    quota_week: int = 0
    quota_season: int = 0

    def is_for(self, asker: Person, whom: frozenset[str]) -> bool:
        if "venue" in whom and self.run_by is not None and self.run_by == asker.organisation:
            return True
        return bool(whom & asker.audiences)


@cache
def clocks(began: datetime, minutes: int) -> list[datetime]:
    """Return what the city's clocks show, minute by minute."""
    first = began.astimezone(UTC)
    return [
        (first + timedelta(minutes=minute)).astimezone(CITY).replace(tzinfo=None) for minute in range(minutes)
    ]


@dataclass
class Days(World):
    """Some days of a city whose calendar is known."""

    calendar: Calendar = field(default_factory=Calendar)

    @property
    def shown(self) -> list[datetime]:
        return clocks(self.began, self.minutes)

    def opened(self, rules: Sequence[Rule], exceptions: Sequence[Exceptional]) -> list[frozenset[str]]:
        """Return for whom each minute is open. What is over when the clocks go back stays over."""
        first, last = self.shown[0].date(), self.shown[-1].date()
        said = list(said_of(rules, exceptions, self.calendar, first, last))
        near = {
            day: [one for one in said if one[0].date() in {day, day - A_DAY}] for day in days(first, last)
        }
        latest, found = self.shown[0], []
        for shown in self.shown:
            latest = max(latest, shown)
            here = [one.open_to for opens, closes, one in near[latest.date()] if opens <= latest < closes]
            found.append(NOBODY.union(*here))
        return found

    # --- What could be booked ------------------------------------------------------------------

    def bookable(
        self, room: Room, windows: Sequence[Stretch], asker: Person, length: int | None
    ) -> set[Stretch]:
        """Return every booking of the length that the asker could make in one of the windows.

        Of a room for whole days, every whole day that overlaps a window by so much.
        """
        is_open = bytearray(room.is_for(asker, whom) for whom in room.open_to)
        is_asked = bytearray(self.minutes)
        for first, last in windows:
            is_asked[first:last] = b"\1" * (last - first)
        if room.is_whole_day:
            found = [
                (first, last)
                for first, last in runs(is_open)
                if longest_run(is_asked[first:last]) >= (length or 1) and last - first <= 7 * DAY
            ]
        else:
            length = length or room.shortest
            begins = begin_of_each(is_open)
            found = [
                (start, start + length)
                for first, last in runs(is_asked)
                for start in range(first, last - length + 1)
                if room.shortest <= length <= room.longest
                and all(is_open[start : start + length])
                and self.is_a_start(room, start, begins[start])
            ]
        return {wish for wish in found if not any(self.objections(room, *wish, asker))}

    def is_a_start(self, room: Room, start: int, opened: int) -> bool:
        if room.starts_from_opening:
            return (start - opened) % room.step == 0
        return self.shown[start].minute % room.step == room.start_minute

    def objections(self, room: Room, start: int, end: int, asker: Person) -> Iterator[bool]:
        day = self.shown[start].date()
        yield not room.is_for(asker, room.who_may_book)
        yield start < self.now + room.notice
        yield start > self.now + room.ahead
        yield room.ahead_until is not None and day > room.ahead_until
        yield room.notice_weekdays > 0 and self.shown[self.now] > self.last_word(room, day)
        yield asker.born_on is not None and years_old(asker.born_on, day) < room.min_age
        yield not all(self.is_allowed(room, minute) for minute in range(start, end))
        yield asker.customer is not None and any(self.used_up(room, day, asker.customer))
        yield not self.is_free(self.wish(room, start, end, customer=asker.customer))

    def last_word(self, room: Room, day: date) -> datetime:
        for _number in range(room.notice_weekdays):
            day -= A_DAY
            while self.is_day_off(day):
                day -= A_DAY
        return datetime.combine(day, room.notice_by)

    def is_day_off(self, day: date) -> bool:
        return day.strftime("%a") in {"Sat", "Sun"} or day in self.calendar.holidays

    def is_allowed(self, room: Room, minute: int) -> bool:
        shown = self.shown[minute]
        is_night = shown.hour < 4
        is_evening = shown.hour >= 17 or is_night
        is_off = self.is_day_off(shown.date()) or (is_night and self.is_day_off(shown.date() - A_DAY))
        return {
            "any": True,
            "evenings": is_evening,
            "weekends": is_off,
            "both": is_evening or is_off,
        }[room.bookable_when]

    def used_up(self, room: Room, day: date, customer: str) -> Iterator[bool]:
        mine = [one for one in self.bookings if one.customer == customer and one.status == "confirmed"]
        booked = [self.shown[one.start].date() for one in mine if one.space.venue == room.venue]
        for quota, period in ((room.quota_day, same), (room.quota_week, week), (room.quota_season, season)):
            if quota:
                yield len([one for one in booked if period(one) == period(day)]) >= quota


def same(day: date) -> date:
    return day


def week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def season(day: date) -> tuple[int, str]:
    if (6, 2) <= (day.month, day.day) < (9, 1):
        return day.year, "summer"
    return day.year - (day.month < 9), "winter"


def years_old(born_on: date, day: date) -> int:
    years = 0
    while (born_on.year + years + 1, born_on.month, born_on.day) <= (day.year, day.month, day.day):
        years += 1
    return years


def days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += A_DAY


def runs(minutes: bytearray) -> Iterator[Stretch]:
    first = 0
    for is_so, same in groupby(minutes):
        last = first + len(list(same))
        if is_so:
            yield first, last
        first = last


def longest_run(minutes: bytearray) -> int:
    return max((last - first for first, last in runs(minutes)), default=0)


def begin_of_each(minutes: bytearray) -> list[int]:
    """Return where the run began that each minute lies in."""
    begins = list(range(len(minutes)))
    for first, last in runs(minutes):
        begins[first:last] = [first] * (last - first)
    return begins
