"""From a list of days and their hours to the weekly rules and exceptions that say the same. No database.

The days are divided into periods, each with one weekly pattern, and what does not fit its pattern is an
exception. Of all divisions the one that needs least is taken: an exception counts one, a new period and a
weekday that differs from week to week a little more, so that neither comes of a slip of two days. A list
without a weekly pattern comes to few rules, and many exceptions. What comes out is expanded again and
compared with the list, so that it says exactly the same on every day of it. A day that is not in the list is
not known: rules may open it or not.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise
from typing import NamedTuple

from .opening_hours import (
    A_DAY,
    A_WEEK,
    MOST_RULES,
    SUNDAY,
    Calendar,
    Exceptional,
    Rule,
    applies,
    monday_of,
)

MOST_ODD_PERCENT = 15
# What a new period costs, in exceptions: the next is tried if too many days stay odd, or rules are too many.
# At the last there is only one period.
PRICES = (3.0, 1.5, 0.5, 12.0, 9999.0)
WEEK_PRICE = 1.5  # what a weekday costs whose hours are others in some weeks
SHORTEST_PERIOD = A_WEEK  # a rule for less is an exception
MOST_BREAKS = 48  # at which a period may begin: all pairs of them are looked at
LASTING = 28  # so many days before and after a break say whether it lasts
ON_HOLIDAYS = ("closed", "as_sunday", "normal")


class Hours(NamedTuple):
    """A stretch of one day, local time; a closing time at or before the opening time is on the next day."""

    opens: time
    closes: time
    is_staffed: bool = True


Day = frozenset[Hours]  # all stretches of a day; none: closed
CLOSED: Day = frozenset()


class Found(NamedTuple):
    """Rules and exceptions that say what a list of days says."""

    rules: list[Rule]
    exceptions: list[Exceptional]

    @property
    def odd_days(self) -> int:
        return len({exceptional.date for exceptional in self.exceptions})

    def is_pattern_of(self, days: int) -> bool:
        """Whether the rules are what is usual on so many days: few of them are odd."""
        return self.odd_days * 100 <= MOST_ODD_PERCENT * days


def find(days: Mapping[date, Collection[Hours]], calendar: Calendar) -> Found:
    """Return rules and exceptions that come to exactly these hours on each of these days.

    The rules hold from the first day on, those of the last period without an end. They are never more than
    MOST_RULES: without a weekly pattern the exceptions may be many. `calendar` has at least the public
    holidays between the first day and the last.
    """
    if not days:
        return Found([], [])
    known = {day: frozenset(days[day]) for day in sorted(days)}
    costs = costs_of_periods(known, calendar)
    best = Found([], exceptions_to([], known, calendar))
    for price in PRICES:
        rules = rules_of(cheapest(list(known), costs, price))
        if len(rules) > MOST_RULES:
            continue
        found = Found(rules, exceptions_to(rules, known, calendar))
        if found.is_pattern_of(len(known)):
            return found
        best = min(best, found, key=lambda either: either.odd_days)
    return best


def hours_on(day: date, rules: Iterable[Rule], calendar: Calendar) -> Day:
    """Return what the rules come to on a day, each stretch as its rule says it."""
    return frozenset(
        Hours(rule.opens, rule.closes, rule.is_staffed) for rule in rules if applies(rule, day, calendar)
    )


def exceptions_to(rules: Sequence[Rule], known: Mapping[date, Day], calendar: Calendar) -> list[Exceptional]:
    return [
        exceptional
        for day, hours in known.items()
        if hours != hours_on(day, rules, calendar)
        for exceptional in (
            [Exceptional(day, one.opens, one.closes, is_staffed=one.is_staffed) for one in sorted(hours)]
            or [Exceptional(day)]
        )
    ]


# --- The pattern of a period ----------------------------------------------------------------------


@dataclass(frozen=True)
class Weeks:
    """How weeks are told apart: not at all, as odd and even, or as every n-th from a Monday on."""

    every: int = 1
    since: date | None = None  # without it, two weeks are told apart by the ISO week's number

    def turn(self, day: date) -> int:
        """Return which of the weeks the day's week is, from 0."""
        if self.since is None:
            return day.isocalendar().week % self.every
        return (monday_of(day) - self.since) // A_WEEK % self.every

    def condition(self, turn: int) -> dict:
        """Return what a rule says that holds in these weeks only."""
        if self.since is None:
            return {"week_parity": ("even", "odd")[turn]}
        return {"every_weeks": self.every, "weeks_from": self.since + turn * A_WEEK}


Slot = tuple[int, int]  # weekday from 1, turn of its week


@dataclass(frozen=True)
class Pattern:
    weeks: Weeks
    on_holidays: str
    hours: Mapping[Slot, Day]

    def on(self, weekday: int, day: date) -> Day:
        return self.hours.get((weekday, self.weeks.turn(day)), CLOSED)


class Period(NamedTuple):
    first: date
    last: date | None  # None: open-ended
    pattern: Pattern


@dataclass
class Tally:
    """Which hours held how often on the weekdays of a period, its weeks told apart in one way."""

    weeks: Weeks
    seen: dict[Slot, Counter[Day]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, day: date, hours: Day) -> None:
        self.seen[day.isoweekday(), self.weeks.turn(day)][hours] += 1

    def pattern(self) -> tuple[float, dict[Slot, Day]]:
        """Return what the pattern costs that fits best, and its hours."""
        cost, chosen = 0.0, {}
        for weekday in range(1, SUNDAY + 1):
            slots = [(weekday, turn) for turn in range(self.weeks.every) if (weekday, turn) in self.seen]
            if not slots:
                continue
            usual = most_common(self.seen[slots[0]] if len(slots) == 1 else self.sum(slots))
            for slot in slots:
                counts = self.seen[slot]
                own = most_common(counts)
                is_apart = counts[own] - counts[usual] > WEEK_PRICE
                chosen[slot] = own if is_apart else usual
                cost += counts.total() - counts[chosen[slot]] + (WEEK_PRICE if is_apart else 0)
            if len(slots) < self.weeks.every:  # the list is too short to say more of this weekday
                chosen |= {
                    (weekday, turn): usual
                    for turn in range(self.weeks.every)
                    if (weekday, turn) not in chosen
                }
        return cost, chosen

    def sum(self, slots: Iterable[Slot]) -> Counter[Day]:
        counts: Counter[Day] = Counter()
        for slot in slots:
            counts.update(self.seen[slot])
        return counts


def most_common(counts: Counter[Day]) -> Day:
    return max(counts, key=counts.__getitem__)


@dataclass
class Ledger:
    """The days of a period so far. Public holidays are kept apart: no pattern follows from them."""

    tallies: list[Tally]
    ways_on_holidays: Sequence[str] = ON_HOLIDAYS  # the usual one first: it holds if no holiday is known
    holidays: list[tuple[date, Day]] = field(default_factory=list)

    def add(self, day: date, hours: Day, calendar: Calendar) -> None:
        if calendar.is_holiday(day):
            self.holidays.append((day, hours))
            return
        for tally in self.tallies:
            tally.add(day, hours)

    def best(self) -> tuple[float, Pattern]:
        """Return the pattern that costs least. Of equals, the first and simplest."""
        candidates = []
        for tally in self.tallies:
            cost, hours = tally.pattern()
            for on_holidays in self.ways_on_holidays:
                pattern = Pattern(tally.weeks, on_holidays, hours)
                odd = sum(said != on_holiday(day, pattern) for day, said in self.holidays)
                candidates.append((cost + odd, pattern))
        return min(candidates, key=lambda candidate: candidate[0])


def on_holiday(day: date, pattern: Pattern) -> Day:
    if pattern.on_holidays == "closed":
        return CLOSED
    return pattern.on(SUNDAY if pattern.on_holidays == "as_sunday" else day.isoweekday(), day)


# --- The division into periods --------------------------------------------------------------------

Costs = dict[tuple[int, int], tuple[float, Pattern]]  # from a known day's number until before another's


def costs_of_periods(known: Mapping[date, Day], calendar: Calendar) -> Costs:
    """Return what each period costs that may be one, with its pattern."""
    days = list(known)
    since = monday_of(days[0])
    ways = [Weeks(), Weeks(2), *(Weeks(every, since) for every in (2, 3, 4))]
    ends = [*breaks(known, calendar), len(days)]
    usual = usual_on_holidays(known, calendar)
    ways_on_holidays = sorted(ON_HOLIDAYS, key=lambda way: way != usual)
    costs: Costs = {}
    for start in [0, *ends[:-1]]:
        ledger, done = Ledger([Tally(weeks) for weeks in ways], ways_on_holidays), start
        for end in (end for end in ends if end > start):
            for day in days[done:end]:
                ledger.add(day, known[day], calendar)
            done = end
            if start == 0 or end == len(days) or days[end] - days[start] >= SHORTEST_PERIOD:
                costs[start, end] = ledger.best()
    return costs


def usual_on_holidays(known: Mapping[date, Day], calendar: Calendar) -> str:
    """Return what holds on the public holidays of the whole list."""
    ledger = Ledger([Tally(Weeks())])
    for day, hours in known.items():
        ledger.add(day, hours, calendar)
    return ledger.best()[1].on_holidays


def breaks(known: Mapping[date, Day], calendar: Calendar) -> list[int]:
    """Return where a period may begin: at days that are other than the same weekday before them.

    A period that began elsewhere could begin later, at such a day, and cost no more.
    """
    last_seen: dict[int, Day] = {}
    found = []
    for number, (day, hours) in enumerate(known.items()):
        if calendar.is_holiday(day):
            continue
        if last_seen.setdefault(day.isoweekday(), hours) != hours:
            found.append(number)
        last_seen[day.isoweekday()] = hours
    return found if len(found) <= MOST_BREAKS else strongest(found, known)


def strongest(breaks: Sequence[int], known: Mapping[date, Day]) -> list[int]:
    """Return the breaks at which most changes for longer: one a week at most, and as many as will do."""
    days = list(known.items())

    def change(number: int) -> int:
        before, after = (
            Counter((day.isoweekday(), hours) for day, hours in some)
            for some in (days[max(number - LASTING, 0) : number], days[number : number + LASTING])
        )
        return min((before - after).total(), (after - before).total())

    by_week: dict[date, int] = {}
    for number in sorted(breaks, key=change):
        by_week[monday_of(days[number][0])] = number
    return sorted(sorted(by_week.values(), key=change)[-MOST_BREAKS:])


def cheapest(days: Sequence[date], costs: Costs, price: float) -> list[Period]:
    """Return the periods that cost least together, if each costs `price` beside its own cost."""
    ways: dict[int, tuple[float, int]] = {0: (0.0, 0)}  # to get as far as this: cost, and where from
    for (start, end), (cost, _) in sorted(costs.items(), key=lambda item: item[0]):
        if start in ways:
            total = ways[start][0] + price + cost
            if end not in ways or total < ways[end][0]:
                ways[end] = total, start
    stops = [len(days)]
    while stops[-1] > 0:
        stops.append(ways[stops[-1]][1])
    return [
        Period(days[start], days[end] - A_DAY if end < len(days) else None, costs[start, end][1])
        for start, end in pairwise(reversed(stops))
    ]


# --- From patterns to rules -----------------------------------------------------------------------


def rules_of(periods: Sequence[Period]) -> list[Rule]:
    """Return the rules that say the patterns of the periods; what does not change is said once."""
    spells: dict[tuple, list[int]] = defaultdict(list)  # in which periods what is said of a weekday holds
    for number, period in enumerate(periods):
        for weekday, said in said_of_weekdays(period.pattern):
            spells[weekday, said].append(number)
    weekdays: dict[tuple, set[int]] = defaultdict(set)
    for (weekday, said), numbers in spells.items():
        for first, last in runs(numbers):
            weekdays[said, periods[first].first, periods[last].last].add(weekday)
    rules = [
        Rule(
            frozenset(days),
            hours.opens,
            hours.closes,
            valid_from=first,
            valid_until=last,
            on_holidays=on_holidays,
            is_staffed=hours.is_staffed,
            **dict(condition),
        )
        for ((hours, on_holidays, condition), first, last), days in weekdays.items()
    ]
    return sorted(
        rules, key=lambda rule: (rule.valid_from or date.min, sorted(rule.weekdays), rule.opens, rule.closes)
    )


def said_of_weekdays(pattern: Pattern) -> Iterator[tuple[int, tuple]]:
    """Yield each weekday with what a rule says that holds on it."""
    turns: dict[tuple[int, Hours], list[int]] = defaultdict(list)
    for (weekday, turn), day in pattern.hours.items():
        for hours in day:
            turns[weekday, hours].append(turn)
    for (weekday, hours), found in turns.items():
        if len(found) == pattern.weeks.every:
            yield weekday, (hours, pattern.on_holidays, ())
        else:
            for turn in found:
                yield weekday, (hours, pattern.on_holidays, tuple(pattern.weeks.condition(turn).items()))


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of neighbouring numbers."""
    start = numbers[0]
    for one, other in pairwise(numbers):
        if other != one + 1:
            yield start, one
            start = other
    yield start, numbers[-1]
