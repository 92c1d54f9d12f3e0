"""From what people say of opening hours to the instants between which it is open. Plain values, no database.

Rules open weekdays, narrowed by season, weeks, school terms and public holidays; an exception stands for all
rules of its date. Local wall-clock times become instants here and nowhere else.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .audiences import Audience

Stretch = tuple[datetime, datetime]
Hours = tuple[time, time]  # opens, closes
Days = tuple[date, date]  # first and last, both included

EVERYONE = frozenset([str(Audience.EVERYONE)])
MOST_RULES = 99  # of one place: more are no weekly pattern, and no page for people
SUNDAY = 7
A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True)
class Rule:
    """Open on such days from `opens` to `closes`. What each field means: `models.OpeningRule`."""

    weekdays: frozenset[int]
    opens: time
    closes: time
    season: tuple[int, int] | None = None  # (901, 601): every year from 1 September until 1 June
    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: int = 1
    weeks_from: date | None = None
    week_parity: str = ""
    terms: str = ""
    on_holidays: str = "normal"
    open_to: frozenset[str] = EVERYONE
    is_staffed: bool = True


@dataclass(frozen=True)
class Exceptional:
    """Hours of one date, instead of what the rules say. Without times: closed."""

    date: date
    opens: time | None = None
    closes: time | None = None
    open_to: frozenset[str] = EVERYONE
    is_staffed: bool = True


@dataclass(frozen=True)
class Calendar:
    """What the days of a city are: public holidays, school terms and the breaks in them."""

    holidays: frozenset[date] = frozenset()
    terms: tuple[Days, ...] = ()
    breaks: tuple[Days, ...] = ()

    def is_holiday(self, day: date) -> bool:
        return day in self.holidays

    def is_in_term(self, day: date) -> bool:
        return lies_in(day, self.terms) and not lies_in(day, self.breaks)


class Span(NamedTuple):
    """A stretch of open time, in UTC: for whom, and whether staff is there."""

    starts_at: datetime
    ends_at: datetime
    open_to: frozenset[str] = EVERYONE
    is_staffed: bool = True


# --- Which days -----------------------------------------------------------------------------------


def applies(rule: Rule, day: date, calendar: Calendar) -> bool:
    """Whether the rule opens on the day. A night belongs to the day on which it begins."""
    return (
        is_on_its_weekday(rule, day, calendar)
        and is_in_season(rule, day)
        and (rule.valid_from is None or rule.valid_from <= day)
        and (rule.valid_until is None or day <= rule.valid_until)
        and is_in_its_weeks(rule, day)
        and (not rule.terms or calendar.is_in_term(day) == (rule.terms == "in_term"))
    )


def is_on_its_weekday(rule: Rule, day: date, calendar: Calendar) -> bool:
    if rule.on_holidays == "normal" or not calendar.is_holiday(day):
        return day.isoweekday() in rule.weekdays
    return rule.on_holidays == "as_sunday" and SUNDAY in rule.weekdays


def is_in_season(rule: Rule, day: date) -> bool:
    """Whether the day is in the season of the rule; one that ends before it begins lasts over New Year."""
    return rule.season is None or lies_in_season(day, *rule.season)


def lies_in_season(day: date, first: int, last: int) -> bool:
    """Whether the day is from 1 September until 1 June, for 901 and 601; every year."""
    today = day.month * 100 + day.day
    return first <= today <= last if first <= last else today >= first or today <= last


def is_in_its_weeks(rule: Rule, day: date) -> bool:
    """Whether it is a week of the rule: weeks begin on Monday, and parity is of the ISO week's number."""
    if rule.week_parity and (day.isocalendar().week % 2 == 1) != (rule.week_parity == "odd"):
        return False
    if rule.every_weeks == 1 or rule.weeks_from is None:
        return True
    return (monday_of(day) - monday_of(rule.weeks_from)) // A_WEEK % rule.every_weeks == 0


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def lies_in(day: date, periods: Iterable[Days]) -> bool:
    return any(first <= day <= last for first, last in periods)


# --- From days to instants ------------------------------------------------------------------------


def openings(
    rules: Sequence[Rule],
    exceptions: Iterable[Exceptional],
    calendar: Calendar,
    *,
    first: date,
    last: date,
    tz: ZoneInfo,
) -> list[Span]:
    """Return the time that is open, of what begins on the days from `first` to `last`, in order, in UTC.

    No two spans overlap: where rules do, the time is open to all whom one of them names, and staffed if one
    of them is. Spans that touch and are alike are one.
    """
    by_date: dict[date, list[Exceptional]] = defaultdict(list)
    for exceptional in exceptions:
        by_date[exceptional.date].append(exceptional)
    return disjoint(
        span(day, said, tz)
        for day in days_from(first, last)
        for said in (
            by_date[day] if day in by_date else [rule for rule in rules if applies(rule, day, calendar)]
        )
        if said.opens is not None and said.closes is not None
    )


def days_from(first: date, last: date) -> Iterator[date]:
    """Yield the days from the first to the last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def span(day: date, said: Rule | Exceptional, tz: ZoneInfo) -> Span:
    """Return the open time that begins on a day, which may end on the next."""
    assert said.opens is not None
    assert said.closes is not None
    until = day if said.opens < said.closes else day + A_DAY
    open_to = EVERYONE if said.open_to >= EVERYONE else said.open_to
    return Span(moment(day, said.opens, tz), moment(until, said.closes, tz), open_to, said.is_staffed)


def moment(day: date, clock: time, tz: ZoneInfo) -> datetime:
    """Return the instant at which the clocks reach this time on this day, in UTC.

    A time that the spring change skips is reached at the change itself; of a time that the autumn change
    doubles, the first pass counts.
    """
    wanted = datetime.combine(day, clock)
    instant = wanted.replace(tzinfo=tz).astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None, fold=0) == wanted:
        return instant
    before = wanted.replace(tzinfo=tz, fold=1, second=0, microsecond=0).astimezone(UTC)
    minutes = (before + timedelta(minutes=n) for n in count(1))
    return next(minute for minute in minutes if offset(minute, tz) != offset(before, tz))


def offset(instant: datetime, tz: ZoneInfo) -> timedelta | None:
    return instant.astimezone(tz).utcoffset()


# --- Sets of time ---------------------------------------------------------------------------------


def disjoint(spans: Iterable[Span]) -> list[Span]:
    """Return the same time cut so that no two spans overlap, those that touch and are alike made one."""
    found: list[Span] = []
    for cluster in clusters(spans):
        for piece in cut(cluster) if len(cluster) > 1 else cluster:
            if found and found[-1].ends_at == piece.starts_at and found[-1][2:] == piece[2:]:
                found[-1] = found[-1]._replace(ends_at=piece.ends_at)
            else:
                found.append(piece)
    return found


def clusters(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Yield spans in order, together with those that they overlap."""
    cluster: list[Span] = []
    until = None
    # A span within the hour that spring skips is none.
    for one in sorted((one for one in spans if one.starts_at < one.ends_at), key=lambda one: one[:2]):
        if until is not None and one.starts_at >= until:
            yield cluster
            cluster, until = [], None
        cluster.append(one)
        until = one.ends_at if until is None else max(until, one.ends_at)
    if cluster:
        yield cluster


def cut(cluster: Sequence[Span]) -> Iterator[Span]:
    """Yield the pieces between all ends of overlapping spans, each with what holds throughout it."""
    ends = sorted({instant for one in cluster for instant in one[:2]})
    for start, end in pairwise(ends):
        here = [one for one in cluster if one.starts_at <= start and end <= one.ends_at]
        if here:
            open_to = frozenset().union(*(one.open_to for one in here))
            is_staffed = any(one.is_staffed for one in here)
            yield Span(start, end, EVERYONE if open_to >= EVERYONE else open_to, is_staffed)


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the same time in as few stretches as will do, in order."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif start < end:
            found.append((start, end))
    return found
