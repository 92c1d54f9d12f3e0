"""When a closure is, told in the reader's language as it was said."""

from datetime import datetime, time

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from venues.clock import last_day, local
from venues.hours_in_words import clock, closing, dates_in_words, every_so_many_weeks, without_weekday
from venues.wording import day, full_when

from .closed_times import WishedClosure
from .models import Closure


def sentence(closure: Closure | WishedClosure) -> str:
    """Return when: "ma 1.2.2027 – pe 5.2.2027", "Joka viikko ti, to 17.00–19.00, 2.2.2027–31.5.2027"."""
    starts, ends = local(closure.starts_at), local(closure.ends_at)
    if closure.repeats == Closure.Repeats.WEEKLY:
        return weekly(closure, starts, ends)
    if closure.repeats == Closure.Repeats.YEARLY:
        return yearly(closure, starts, ends)
    return days(starts, ends) if are_whole_days(starts, ends) else full_when(starts, ends)


def weekly(closure: Closure | WishedClosure, starts: datetime, ends: datetime) -> str:
    every = every_so_many_weeks(closure.every) if closure.every > 1 else _("every week")
    on = ", ".join(str(WEEKDAYS_ABBR[weekday - 1]) for weekday in closure.weekdays)
    at = _("all day") if are_whole_days(starts, ends) else f"{clock(starts.time())}–{closing(ends.time())}"
    return f"{every} {on} {at}, {dates_in_words(starts.date(), closure.until)}"


def yearly(closure: Closure | WishedClosure, starts: datetime, ends: datetime) -> str:
    first_and_last = starts.date(), last_day(ends)
    on = "–".join(
        dict.fromkeys(date_format(one, without_weekday("MONTH_DAY_FORMAT")) for one in first_and_last)
    )
    times = "" if are_whole_days(starts, ends) else f" {clock(starts.time())}–{closing(ends.time())}"
    return _("every year %(day)s%(times)s until %(year)s") % {
        "day": on,
        "times": times,
        "year": closure.until.year if closure.until else "",
    }


def days(starts: datetime, ends: datetime) -> str:
    return " – ".join(dict.fromkeys(day(one) for one in (starts.date(), last_day(ends))))


def are_whole_days(starts: datetime, ends: datetime) -> bool:
    return starts.time() == ends.time() == time.min
