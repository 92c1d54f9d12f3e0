"""How often one customer may book at a venue. Plain values, no database.

Bookings are counted by the local day on which they begin: in that day, in its ISO week, Monday to Sunday, and
in its season (`settings.SEASON_STARTS`). A quota of 0 is none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta

from django.utils.translation import ngettext

from accounts.problems import Problem

from . import wording
from .clock import local
from .models import Space
from .opening_hours import A_DAY, Days, monday_of
from .policies import season_of


def day_of(day: date) -> Days:
    return day, day


def week_of(day: date) -> Days:
    return monday_of(day), monday_of(day) + timedelta(days=6)


PERIODS: dict[str, Callable[[date], Days]] = {
    "quota_day": day_of,
    "quota_week": week_of,
    "quota_season": season_of,
}


def quotas_of(space: Space) -> dict[str, int]:
    """Return the quotas that the space has, by the name of their column, which is their problem's code."""
    quotas = {name: getattr(space, name) for name in PERIODS}
    return {name: quota for name, quota in quotas.items() if quota}


def first_counted(space: Space, day: date) -> date:
    """Return since which day bookings have to be known to judge one that begins on this day."""
    return min((PERIODS[name](day)[0] for name in quotas_of(space)), default=day)


def problems_with_quotas(space: Space, day: date, begun: Iterable[datetime]) -> Iterator[Problem]:
    """Judge one more booking on the day. `begun` says when the customer's bookings at the venue begin."""
    days = [local(start).date() for start in begun]
    for name, quota in quotas_of(space).items():
        period_of = PERIODS[name]
        booked = Counter(period_of(day)[0] for day in days)
        number = booked[period_of(day)[0]]
        if number >= quota:
            following = next_possible(day, period_of, booked, quota)
            message = sentence(name, number) % {"count": number, "day": wording.short_day(following)}
            yield Problem(name, message, "starts_at")


def next_possible(day: date, period_of: Callable[[date], Days], booked: Counter[date], quota: int) -> date:
    """Return the first day of the next period that is not used up."""
    first = period_of(day)[1] + A_DAY
    while booked[first] >= quota:
        first = period_of(first)[1] + A_DAY
    return first


def sentence(name: str, number: int) -> str:
    if name == "quota_day":
        return ngettext(
            "You already have %(count)d booking here on that day, and more are not possible."
            " The next possible day is %(day)s.",
            "You already have %(count)d bookings here on that day, and more are not possible."
            " The next possible day is %(day)s.",
            number,
        )
    if name == "quota_week":
        return ngettext(
            "You already have %(count)d booking here in that week, and more are not possible."
            " The next possible week begins on %(day)s.",
            "You already have %(count)d bookings here in that week, and more are not possible."
            " The next possible week begins on %(day)s.",
            number,
        )
    return ngettext(
        "You already have %(count)d booking here in that season, and more are not possible."
        " The next possible season begins on %(day)s.",
        "You already have %(count)d bookings here in that season, and more are not possible."
        " The next possible season begins on %(day)s.",
        number,
    )
