"""What a space's policy says about a wish. Plain values in, problems out; no database."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.problems import Problem

from . import city_calendar, wording
from .audiences import Asker, Audience
from .clock import CITY, exact, local
from .models import Space
from .models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING, MINUTE
from .opening_hours import A_DAY, Calendar, Stretch, days_from, merged, moment

NIGHT_ENDS = time(4)  # an evening or a weekend lasts until then on the morning after
SATURDAY = 6
# Ten weekdays before a day, whatever holidays lie between, are within so many days of it.
NOTICE_REACHES = timedelta(days=40)


# --- Days and times, as policies mean them --------------------------------------------------------


def bookable_times(when: str, first: date, last: date, calendar: Calendar) -> list[Stretch]:
    """Return the time of the days from `first` to `last` in which bookings may lie, in order, in UTC.

    The night before the first day and the one after the last are told whole: a stretch may begin earlier and
    end later. `calendar` knows the public holidays from the day before `first` on.
    """
    if when == Space.BookableWhen.ANY:
        return [(moment(first, time.min, CITY), moment(last + A_DAY, time.min, CITY))]
    evenings = when != Space.BookableWhen.WEEKENDS
    weekends = when != Space.BookableWhen.EVENINGS

    def stretches() -> Iterator[Stretch]:
        for day in days_from(first - A_DAY, last):
            until = moment(day + A_DAY, NIGHT_ENDS, CITY)
            if weekends and is_weekend(day, calendar):
                yield moment(day, time.min, CITY), until
            elif evenings:
                yield moment(day, settings.EVENING_FROM, CITY), until

    return merged(stretches())


def is_weekend(day: date, calendar: Calendar) -> bool:
    return day.isoweekday() >= SATURDAY or calendar.is_holiday(day)


def notice_deadline(day: date, weekdays: int, by: time, calendar: Calendar) -> datetime:
    """Return until when, that instant included, a start on the day can be booked.

    That is the time `by` on the `weekdays`th Monday to Friday before the day that is no public holiday.
    `calendar` knows the holidays of the forty days before.
    """
    for _number in range(weekdays):
        day -= A_DAY
        while is_weekend(day, calendar):
            day -= A_DAY
    return moment(day, by, CITY)


def season_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the season that a day lies in, both included."""
    years = range(day.year - 1, day.year + 2)
    starts = sorted(date(year, *month_and_day) for year in years for month_and_day in settings.SEASON_STARTS)
    first = max(start for start in starts if start <= day)
    return first, min(start for start in starts if start > day) - A_DAY


def age_on(day: date, born_on: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def needs_approval(space: Space, *, attendees: int, purpose_code: str | None, is_staffed: bool) -> bool:
    """Whether such a booking of the space waits for the venue's answer."""
    return (
        space.approval == Space.Approval.REQUEST
        or 0 < space.approval_above < attendees
        or purpose_code in space.approval_purposes
        or (space.approval_unstaffed and not is_staffed)
    )


def named(audiences: Iterable[str]) -> str:
    """Name for whom, within a sentence: "residents, clubs of minors"."""
    given = set(audiences)
    return ", ".join(str(label).lower() for value, label in Audience.choices if value in given)


# --- What stands in the way of a wish -------------------------------------------------------------


def problems_with(
    space: Space, starts_at: datetime, ends_at: datetime, *, attendees: int, asker: Asker, now: datetime
) -> list[Problem]:
    """Return everything that the space's policy has against the wish, never only the first.

    All instants are aware. Needs nothing but the space's own row and its venue. Whether the space is open and
    free then is for `bookings.judging` to say, and with it what is counted from its opening.
    """
    starts_at, ends_at, now = exact(starts_at), exact(ends_at), exact(now)
    if ends_at <= starts_at:
        return [Problem("ends_before_start", _("The end must be after the start."), "ends_at")]
    return [
        *problems_with_space(space, attendees),
        *problems_with_asker(space, asker, local(starts_at).date()),
        *problems_with_notice(space, starts_at, now),
        *problems_with_distance(space, starts_at, now),
        *problems_with_length(space, starts_at, ends_at),
        *problems_with_days(space, starts_at, ends_at, now),
    ]


def problems_with_space(space: Space, attendees: int) -> Iterator[Problem]:
    if not space.is_bookable:
        yield Problem("not_bookable", _("This space cannot be booked. Choose another."), "space")
    if space.capacity is not None and attendees > space.capacity:
        yield Problem(
            "too_many_people",
            ngettext_lazy(
                "There is room for %(count)d person.", "There is room for %(count)d people.", space.capacity
            )
            % {"count": space.capacity},
            "attendees",
        )


def problems_with_asker(space: Space, asker: Asker, day: date) -> Iterator[Problem]:
    if not asker.belongs_to(space.who_may_book, space.venue.run_by_id):
        yield not_for(space.who_may_book, asker)
    if asker.born_on and age_on(day, asker.born_on) < space.min_age:
        message = _("Whoever books must be at least %(age)d years old on the day. Ask an adult to book.")
        yield Problem("too_young", message % {"age": space.min_age}, "born_on")


def not_for(audiences: Iterable[str], asker: Asker) -> Problem:
    """Say that others may have the time, but not the asker, and how somebody shows to be one of them."""
    if asker.user_id is None:
        message = _("Only for: %(whom)s. If you are one of them, sign in first.")
    else:
        message = _(
            "Only for: %(whom)s."
            " If you are one of them, say so in your details, or book for your organisation."
        )
    return Problem("not_for_you", message % {"whom": named(audiences)}, "organisation")


def problems_with_notice(space: Space, starts_at: datetime, now: datetime) -> Iterator[Problem]:
    if starts_at < now:
        yield Problem("in_the_past", _("This time has already begun. Choose a later one."), "starts_at")
    elif starts_at < now + timedelta(hours=space.notice_hours):
        yield Problem(
            "too_soon",
            ngettext_lazy(
                "Book at least %(count)d hour before.",
                "Book at least %(count)d hours before.",
                space.notice_hours,
            )
            % {"count": space.notice_hours},
            "starts_at",
        )


def problems_with_distance(space: Space, starts_at: datetime, now: datetime) -> Iterator[Problem]:
    if starts_at > now + timedelta(days=space.ahead_days):
        yield Problem(
            "too_far",
            ngettext_lazy(
                "Bookings are open %(count)d day ahead.",
                "Bookings are open %(count)d days ahead.",
                space.ahead_days,
            )
            % {"count": space.ahead_days},
            "starts_at",
        )
    if space.ahead_until and local(starts_at).date() > space.ahead_until:
        message = _("Bookings are open until %(day)s only. Choose an earlier day.")
        yield Problem("too_far", message % {"day": wording.day(space.ahead_until)}, "starts_at")


def problems_with_length(space: Space, starts_at: datetime, ends_at: datetime) -> Iterator[Problem]:
    """Judge what is counted by the clock. A whole day has the length that the opening hours give it."""
    length = ends_at - starts_at
    longest = LONGEST_BOOKING if space.is_whole_day else timedelta(minutes=space.max_minutes)
    if not space.is_whole_day:
        if not starts_on_the_clock(space, starts_at) or not is_whole_minute(ends_at):
            yield off_step(space)
        if length < timedelta(minutes=space.min_minutes):
            yield Problem(
                "too_short",
                _("The shortest booking is %(minutes)d minutes.") % {"minutes": space.min_minutes},
                "ends_at",
            )
    if length > longest:
        yield Problem(
            "too_long",
            _("The longest booking is %(minutes)d minutes.") % {"minutes": longest // MINUTE},
            "ends_at",
        )


def starts_on_the_clock(space: Space, starts_at: datetime) -> bool:
    """Whether the city's clocks show a minute at which bookings begin, as far as the clock decides."""
    if space.starts_from == Space.StartsFrom.OPENING:
        return True
    return is_whole_minute(starts_at) and local(starts_at).minute % space.start_step == space.start_minute


def is_whole_minute(instant: datetime) -> bool:
    return instant.second == 0 and instant.microsecond == 0


def off_step(space: Space) -> Problem:
    if space.starts_from == Space.StartsFrom.OPENING:
        message = _("Bookings start every %(step)d minutes, counted from when the space opens.")
    elif space.start_minute:
        message = _("Bookings start every %(step)d minutes, counted from %(minute)d past the hour.")
    else:
        message = _("Bookings start every %(step)d minutes, counted from the full hour.")
    return Problem(
        "off_step", message % {"step": space.start_step, "minute": space.start_minute}, "starts_at"
    )


def problems_with_days(
    space: Space, starts_at: datetime, ends_at: datetime, now: datetime
) -> Iterator[Problem]:
    """Judge what depends on weekdays and public holidays."""
    if abs(starts_at - now) > FARTHEST_BOOKING:
        return  # no policy allows such a day, and nobody knows its holidays
    if space.notice_weekdays and starts_at >= now:
        day = local(starts_at).date()
        calendar = city_calendar.calendar((), day - NOTICE_REACHES, day)
        deadline = notice_deadline(day, space.notice_weekdays, space.notice_by, calendar)
        if now > deadline:
            message = _("This day could be booked until %(day)s at %(time)s. Choose a later day.")
            when = {"day": wording.short_day(deadline), "time": wording.clock_time(deadline)}
            yield Problem("too_soon", message % when, "starts_at")
    if not is_at_a_bookable_time(space, starts_at, ends_at):
        message = {
            Space.BookableWhen.EVENINGS: _(
                "This space is booked in the evenings only, from %(time)s. Choose a later time."
            ),
            Space.BookableWhen.WEEKENDS: _(
                "This space is booked on weekends and public holidays only. Choose one of them."
            ),
            Space.BookableWhen.BOTH: _(
                "This space is booked in the evenings, from %(time)s, and on weekends and public holidays"
                " only. Choose one of them."
            ),
        }[Space.BookableWhen(space.bookable_when)]
        evening = time_format(settings.EVENING_FROM, "TIME_FORMAT")
        yield Problem("not_at_this_time", message % {"time": evening}, "starts_at")


def is_at_a_bookable_time(space: Space, starts_at: datetime, ends_at: datetime) -> bool:
    if space.bookable_when == Space.BookableWhen.ANY:
        return True
    if ends_at - starts_at > LONGEST_BOOKING:
        return False  # no weekend is so long
    first, last = local(starts_at).date(), local(ends_at).date()
    calendar = city_calendar.calendar((), first - A_DAY, last)
    allowed = bookable_times(space.bookable_when, first, last, calendar)
    return any(start <= starts_at and ends_at <= until for start, until in allowed)


def problems_with_opening(
    space: Space, starts_at: datetime, ends_at: datetime, stretch: Stretch | None
) -> Iterator[Problem]:
    """Judge what is counted from the open stretch that the start lies in, None if it lies in none.

    The stretch is the whole one for the asker, however far it reaches beyond the wish.
    """
    if space.is_whole_day:
        if stretch != (starts_at, ends_at):
            yield not_a_whole_day(stretch)
    elif space.starts_from == Space.StartsFrom.OPENING and stretch:
        is_on_step = not (starts_at - stretch[0]) % timedelta(minutes=space.start_step)
        yield from [] if is_on_step else [off_step(space)]


def not_a_whole_day(stretch: Stretch | None) -> Problem:
    if stretch is None:
        said = str(_("This space is booked for its whole opening time only."))
    else:
        message = _("This space is booked for its whole opening time only: %(when)s.")
        said = message % {"when": wording.when(*stretch)}
    return Problem("not_a_whole_day", said, "starts_at")
