"""What somebody asks for who wants a season in one go, and the turns that it means. Asks no database.

Of RFC 5545 what people need: every n weeks on some weekdays, until a last day or so many times, without
public holidays and school holidays. All steps are in local time: six o'clock stays six o'clock all year.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil import rrule
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from accounts.problems import Problem
from venues import city_calendar, wording
from venues.clock import CITY, at, exact, local
from venues.models import Purpose, Space, TermsVersion
from venues.models.spaces import FARTHEST_BOOKING
from venues.opening_hours import A_DAY, Calendar, Stretch, lies_in, moment
from venues.policies import season_of

from .wishes import Wish

MOST_TURNS = 400
MOST_WEEKS_BETWEEN = 52

# What the customer wanted to be left out. All else that stands in the way of a turn is against her will.
LEFT_OUT = {"public_holiday", "school_break"}


@dataclass(frozen=True)
class SeriesWish:
    """This space on these weekdays, every n weeks counted from the first, between two clock times.

    Weekdays are numbered from Monday, 1. `last_on` is the last day on which a turn may begin; instead of it,
    `count` says how many turns there are, those that fall on holidays among them. A turn that ends no later
    than it starts ends on the next day.
    """

    space: Space
    weekdays: Sequence[int]
    first_on: date
    starts: time
    ends: time
    last_on: date | None = None
    count: int | None = None
    every_weeks: int = 1
    without_holidays: bool = True
    without_breaks: bool = False
    purpose: str = ""
    attendees: int = 1
    note: str = ""
    organisation: Organisation | None = None
    main_purpose: Purpose | None = None
    adult_name: str = ""
    adult_phone: str = ""
    accepted_terms: TermsVersion | None = None
    add_ons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """One time of a series, in UTC. `skipped` says why it is none, whoever has booked what."""

    starts_at: datetime
    ends_at: datetime
    skipped: Problem | None = None

    @property
    def is_left_out(self) -> bool:
        """Whether it is skipped because the customer wanted it so."""
        return self.skipped is not None and self.skipped.code in LEFT_OUT


def wish_for(asked: SeriesWish, space: Space, starts_at: datetime, ends_at: datetime) -> Wish:
    """Return the wish for one date of a series."""
    return Wish(
        space=space,
        starts_at=starts_at,
        ends_at=ends_at,
        purpose=asked.purpose,
        attendees=asked.attendees,
        note=asked.note,
        organisation=asked.organisation,
        main_purpose=asked.main_purpose,
        adult_name=asked.adult_name,
        adult_phone=asked.adult_phone,
        accepted_terms=asked.accepted_terms,
        add_ons=asked.add_ons,
    )


# --- What is wrong with it ------------------------------------------------------------------------


def problems_with(asked: SeriesWish, *, today: date) -> list[Problem]:
    """Return everything that is wrong with the wish as such, whoever has booked what."""
    if found := [*missing(asked), *out_of_range(asked, today)]:
        return found
    last_on = last_day_of(asked)
    if last_on is None:
        message = _("It never comes: no such day is between the first and the last.")
        return [Problem("no_turns", message, "last_on")]
    return [*over(last_on, today), *longer_than_a_season(asked, last_on), *too_many(asked)]


def missing(asked: SeriesWish) -> Iterator[Problem]:
    if not asked.weekdays or not set(asked.weekdays) <= set(range(1, 8)):
        yield Problem("weekdays_missing", _("Choose the weekdays on which it comes again."), "weekdays")
    if asked.last_on is None and asked.count is None:
        yield Problem("last_day_missing", _("Say until which day it comes again, or how often."), "last_on")
    if asked.last_on is not None and asked.count is not None:
        yield Problem("last_day_or_count", _("Say either the last day or how often, not both."), "count")


def out_of_range(asked: SeriesWish, today: date) -> Iterator[Problem]:
    if not 1 <= asked.every_weeks <= MOST_WEEKS_BETWEEN:
        yield Problem("every_out_of_range", _("It comes again every 1 to 52 weeks."), "every_weeks")
    if asked.count is not None and not 1 <= asked.count <= MOST_TURNS:
        yield Problem("count_out_of_range", _("It comes 1 to 400 times."), "count")
    if asked.last_on is not None and asked.last_on < asked.first_on:
        yield Problem("last_day_before_first", _("The last day is not before the first."), "last_on")
    if asked.first_on > today + FARTHEST_BOOKING:
        yield Problem(
            "too_far", _("Nothing can be booked so far ahead yet. Choose an earlier day."), "first_on"
        )
    if asked.first_on < today - FARTHEST_BOOKING:
        yield Problem("in_the_past", _("This day is long over. Choose a later one."), "first_on")


def over(last_on: date, today: date) -> Iterator[Problem]:
    if last_on < today:
        yield Problem("in_the_past", _("All these days are over. Choose later ones."), "last_on")


def longer_than_a_season(asked: SeriesWish, last_on: date) -> Iterator[Problem]:
    until = season_of(asked.first_on)[1]
    if (asked.last_on or last_on) > until:
        message = _("A series lasts for a season at most: this one until %(day)s. Make another for the next.")
        field = "count" if asked.last_on is None else "last_on"
        yield Problem("longer_than_a_season", message % {"day": wording.day(until)}, field)


def too_many(asked: SeriesWish) -> Iterator[Problem]:
    if len(list(islice(days_of(asked), MOST_TURNS + 1))) > MOST_TURNS:
        yield Problem("too_many_turns", _("A series has at most 400 dates. Make several."), "last_on")


# --- Which turns it means -------------------------------------------------------------------------


def calendar_for(asked: SeriesWish) -> Calendar:
    """Return what the days of the series are. One query, if it asks for school holidays."""
    last_on = last_day_of(asked) or asked.first_on
    if asked.without_breaks:
        return city_calendar.between(asked.first_on, last_on)
    return city_calendar.calendar((), asked.first_on, last_on)


def last_day_of(asked: SeriesWish) -> date | None:
    """Return the day on which the last turn begins, if there is any. At most one more than there may be."""
    return max(islice(days_of(asked), MOST_TURNS + 1), default=None)


def days_of(asked: SeriesWish) -> Iterator[date]:
    """Yield the days on which a turn begins. Weeks begin on Monday, and are counted from the first one's."""
    rule = rrule.rrule(
        rrule.WEEKLY,
        dtstart=datetime.combine(asked.first_on, time.min),
        until=datetime.combine(asked.last_on, time.min) if asked.last_on else None,
        count=asked.count if asked.last_on is None else None,
        interval=asked.every_weeks,
        wkst=rrule.MO,
        byweekday=sorted({weekday - 1 for weekday in asked.weekdays}),
    )
    return (day.date() for day in rule)


def turns(asked: SeriesWish, calendar: Calendar) -> list[Turn]:
    """Return every turn of a wish without problems, in order: those that are none say why.

    Needs the space's `part_of` loaded: turns need its time for setting up and cleaning up between them.
    """
    gap = max(asked.space.setup, asked.space.cleanup)
    found: list[Turn] = []
    free_from: datetime | None = None
    for day in days_of(asked):
        turn = turn_on(day, asked, calendar)
        if turn.skipped is None:
            if free_from and turn.starts_at < free_from:
                turn = replace(turn, skipped=overlapping_itself())
            else:
                free_from = turn.ends_at + gap
        found.append(turn)
    return found


def turn_on(day: date, asked: SeriesWish, calendar: Calendar) -> Turn:
    if is_skipped_by_the_clocks(day, asked):
        return Turn(*as_without_the_change(day, asked), no_such_time())
    return Turn(*times_on(day, asked), not_on(day, asked, calendar))


def times_on(day: date, asked: SeriesWish) -> Stretch:
    """Return when the turn that begins on a day starts and ends, in UTC."""
    return moment(day, asked.starts, CITY), moment(last_day(day, asked), asked.ends, CITY)


def last_day(day: date, asked: SeriesWish) -> date:
    return day if asked.starts < asked.ends else day + A_DAY


def is_skipped_by_the_clocks(day: date, asked: SeriesWish) -> bool:
    """Whether the clocks never show the time at which the turn would start or end."""
    starts_at, ends_at = times_on(day, asked)
    shown = local(starts_at).replace(tzinfo=None), local(ends_at).replace(tzinfo=None)
    meant = datetime.combine(day, asked.starts), datetime.combine(last_day(day, asked), asked.ends)
    return tuple(each.replace(fold=0) for each in shown) != meant


def as_without_the_change(day: date, asked: SeriesWish) -> Stretch:
    starts_at = exact(at(day, asked.starts))
    length = datetime.combine(last_day(day, asked), asked.ends) - datetime.combine(day, asked.starts)
    return starts_at, starts_at + length


def not_on(day: date, asked: SeriesWish, calendar: Calendar) -> Problem | None:
    if asked.without_holidays and calendar.is_holiday(day):
        message = _("%(holiday)s: you left out public holidays.")
        return Problem("public_holiday", message % {"holiday": city_calendar.name_of(day)}, "starts_at")
    if asked.without_breaks and is_in_a_break(day, calendar):
        return Problem("school_break", _("School holidays: you left them out."), "starts_at")
    return None


def is_in_a_break(day: date, calendar: Calendar) -> bool:
    """Whether schools have holidays: in a break, and outside terms if those around are known."""
    if not calendar.terms:
        return lies_in(day, calendar.breaks)
    return not calendar.is_in_term(day)


def no_such_time() -> Problem:
    message = _("The clocks are changed then, and skip this time. Choose another for this day.")
    return Problem("no_such_time", message, "starts_at")


def overlapping_itself() -> Problem:
    message = _("This time overlaps an earlier one of the same series.")
    return Problem("overlaps_itself", message, "starts_at")


def length_of(asked: SeriesWish) -> timedelta:
    """Return how long a turn is by the clocks, on all days but those on which they are changed."""
    day = asked.first_on
    return datetime.combine(last_day(day, asked), asked.ends) - datetime.combine(day, asked.starts)
