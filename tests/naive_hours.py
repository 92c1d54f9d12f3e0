"""Opening hours once more, as plainly as can be said: every minute is asked whether it is open.

Nothing here is shared with `venues.opening_hours` but the words in which rules are said.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from venues.opening_hours import Calendar, Exceptional, Rule

MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
LEAP_YEAR = 2024  # a year in which every day of a season exists

# What holds in an open minute: for whom, and whether staff is there.
Minute = tuple[frozenset[str], bool]
# From when until when the city's clocks show that it is open.
Shown = tuple[datetime, datetime, Rule | Exceptional]


def open_minutes(
    rules: Sequence[Rule],
    exceptions: Sequence[Exceptional],
    calendar: Calendar,
    *,
    first: date,
    last: date,
    tz: ZoneInfo,
) -> dict[datetime, Minute]:
    """Return the open minutes of what begins on these days, by the latest time the clocks have shown."""
    shown = list(said_of(rules, exceptions, calendar, first, last))
    minute = datetime.combine(first - A_DAY, time.min, UTC)
    latest = datetime.combine(first - A_DAY, time.min)
    found = {}
    while minute.date() <= last + 2 * A_DAY:
        latest = max(latest, minute.astimezone(tz).replace(tzinfo=None))
        here = [said for opens, closes, said in shown if opens <= latest < closes]
        if here:
            found[minute] = whom(here), any(said.is_staffed for said in here)
        minute += MINUTE
    return found


def whom(here: Iterable[Rule | Exceptional]) -> frozenset[str]:
    everybody = {audience for said in here for audience in said.open_to}
    return frozenset(["everyone"] if "everyone" in everybody else everybody)


def said_of(
    rules: Sequence[Rule],
    exceptions: Sequence[Exceptional],
    calendar: Calendar,
    first: date,
    last: date,
) -> Iterator[Shown]:
    day = first
    while day <= last:
        exceptional = [said for said in exceptions if said.date == day]
        for said in exceptional or [rule for rule in rules if is_a_day_of(rule, day, calendar)]:
            if said.opens is not None and said.closes is not None:
                opens, closes = datetime.combine(day, said.opens), datetime.combine(day, said.closes)
                yield opens, closes if closes > opens else closes + A_DAY, said
        day += A_DAY


def is_a_day_of(rule: Rule, day: date, calendar: Calendar) -> bool:
    weekday = day.weekday() + 1
    if day in calendar.holidays and rule.on_holidays == "closed":
        return False
    if day in calendar.holidays and rule.on_holidays == "as_sunday":
        weekday = 7
    if weekday not in rule.weekdays:
        return False
    if rule.season and (day.month, day.day) not in set(days_of_the_season(*rule.season)):
        return False
    if rule.valid_from and day < rule.valid_from:
        return False
    if rule.valid_until and day > rule.valid_until:
        return False
    if rule.week_parity and int(day.strftime("%V")) % 2 != {"odd": 1, "even": 0}[rule.week_parity]:
        return False
    if rule.weeks_from and weeks_between(rule.weeks_from, day) % rule.every_weeks:
        return False
    in_term = any(a <= day <= b for a, b in calendar.terms) and not any(
        a <= day <= b for a, b in calendar.breaks
    )
    return {"": True, "in_term": in_term, "outside_term": not in_term}[rule.terms]


def days_of_the_season(first: int, last: int) -> Iterator[tuple[int, int]]:
    """Walk from the first day of a season to its last, over New Year if it must."""
    day = date(LEAP_YEAR, *divmod(first, 100))
    while (day.month, day.day) != divmod(last, 100):
        yield day.month, day.day
        day = day + A_DAY if (day.month, day.day) != (12, 31) else date(LEAP_YEAR, 1, 1)
    yield day.month, day.day


def weeks_between(one: date, other: date) -> int:
    """Count the Monday mornings that lie between two days."""
    one, other = sorted((one, other))
    return sum((one + n * A_DAY).weekday() == 0 for n in range(1, (other - one).days + 1))
