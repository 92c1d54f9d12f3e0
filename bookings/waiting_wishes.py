"""For which times somebody wants to wait, and what is wrong with that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Organisation
from accounts.problems import Problem
from venues.clock import local
from venues.models import Space
from venues.models.spaces import FARTHEST_BOOKING, MINUTE
from venues.opening_hours import A_DAY, Stretch, days_from

from .models import Waiting
from .windows import windows

MOST_SPACES = 60


@dataclass(frozen=True)
class WishedWaiting:
    """What somebody waits for: time in any of the spaces, on such weekdays, within these clock times.

    Days are the city's, both included; a `latest` at or before `earliest` is on the next day.
    """

    spaces: Sequence[Space]
    weekdays: Sequence[int]
    earliest: time
    latest: time
    minutes: int
    first_on: date
    last_on: date
    attendees: int = 1
    purpose: str = ""
    organisation: Organisation | None = None

    def columns(self) -> dict[str, Any]:
        return {
            "organisation": self.organisation,
            "weekdays": sorted(set(self.weekdays)),
            "earliest": self.earliest,
            "latest": self.latest,
            "minutes": self.minutes,
            "first_on": self.first_on,
            "last_on": self.last_on,
            "attendees": self.attendees,
            "purpose": self.purpose,
        }

    def is_said_by(self, waiting: Waiting) -> bool:
        """Whether just this is waited for. Needs `spaces`."""
        return set(self.spaces) == set(waiting.spaces.all()) and all(
            getattr(waiting, name) == value for name, value in self.columns().items()
        )


def windows_of(waiting: Waiting, *, first: date | None = None, last: date | None = None) -> list[Stretch]:
    """Return the stretches in which a time would do, on these of the days only."""
    begin = max(waiting.first_on, first or waiting.first_on)
    until = min(waiting.last_on, last or waiting.last_on)
    return windows(begin, until, waiting.weekdays, waiting.earliest, waiting.latest)


def problems_with(asked: WishedWaiting, *, now: datetime) -> list[Problem]:
    """Return everything for which nobody could wait as asked."""
    return [*wrong_days(asked, local(now).date()), *wrong_hours(asked), *wrong_spaces(asked)]


def wrong_days(asked: WishedWaiting, today: date) -> Iterator[Problem]:
    if asked.last_on < asked.first_on:
        yield Problem("last_day_before_first", _("The last day is not before the first."), "last_on")
    elif asked.last_on < today:
        yield Problem("in_the_past", _("These days are over. Choose later ones."), "last_on")
    elif asked.last_on > today + FARTHEST_BOOKING:
        yield Problem("too_far", _("Nothing can be booked so far ahead yet."), "last_on")
    elif not any(day.isoweekday() in asked.weekdays for day in week_from(max(asked.first_on, today), asked)):
        yield Problem(
            "weekdays_missing", _("Choose the weekdays that would do, some of them in time."), "weekdays"
        )


def week_from(first: date, asked: WishedWaiting) -> Iterator[date]:
    yield from days_from(first, min(asked.last_on, first + 6 * A_DAY))


def wrong_hours(asked: WishedWaiting) -> Iterator[Problem]:
    room = minute_of(asked.latest) - minute_of(asked.earliest)
    if asked.minutes > (room if room > 0 else room + A_DAY // MINUTE):
        yield Problem("too_long", _("This is longer than the time of day that would do."), "minutes")


def minute_of(clock: time) -> int:
    return timedelta(hours=clock.hour, minutes=clock.minute) // MINUTE


def wrong_spaces(asked: WishedWaiting) -> Iterator[Problem]:
    bookable = [space for space in asked.spaces if space.is_bookable]
    if not bookable:
        yield Problem("not_bookable", _("This space cannot be booked. Choose another."), "spaces")
    elif len(bookable) > MOST_SPACES:
        message = _("These are %(count)d spaces. Wait for %(most)d at most: look for fewer first.")
        yield Problem("too_many_spaces", message % {"count": len(bookable), "most": MOST_SPACES}, "spaces")
    elif not any(lets_book(space, asked.minutes) for space in bookable):
        yield Problem("length", _("None of these spaces can be booked for so long or so short."), "minutes")
    elif not any(space.capacity is None or space.capacity >= asked.attendees for space in bookable):
        most = max(space.capacity or 0 for space in bookable)
        message = ngettext_lazy(
            "There is room for %(count)d person.", "There is room for %(count)d people.", most
        )
        yield Problem("too_many_people", message % {"count": most}, "attendees")


def lets_book(space: Space, minutes: int) -> bool:
    return space.is_whole_day or space.min_minutes <= minutes <= space.max_minutes
