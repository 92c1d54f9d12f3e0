"""Opening hours: from rules in local time to instants, and back into words."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import count, groupby
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format, time_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from psycopg.types.range import Range

from .clock import CITY
from .models import Opening, OpeningException, OpeningHours, Timetable
from .models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING
from .texts import text_of

# The longest booking that begins on the farthest day still ends within stored openings, even if nobody has
# brought them up to date for three days.
DAYS_AHEAD = (FARTHEST_BOOKING + LONGEST_BOOKING).days + 3

Stretch = tuple[datetime, datetime]
Hours = tuple[time, time]  # opens, closes
Weekly = tuple[int, time, time]  # weekday from 1, opens, closes
Exceptional = tuple[date, time | None, time | None]  # date, opens, closes; without times: closed
Rules = tuple[tuple[Weekly, ...], tuple[Exceptional, ...]]


# --- From rules to instants ----------------------------------------------------------------------


def openings(
    weekly: Iterable[Weekly], exceptions: Iterable[Exceptional], *, first: date, last: date, tz: ZoneInfo
) -> list[Stretch]:
    """Return the stretches that begin on the days from `first` to `last`, in order, in UTC.

    Exceptions stand for all weekly hours of their date. A closing time at or before the opening
    time is on the next day; a night belongs to the day on which it began. Stretches that touch or overlap
    become one.
    """
    by_weekday: dict[int, list[Hours]] = defaultdict(list)
    for weekday, opens, closes in weekly:
        by_weekday[weekday].append((opens, closes))
    by_date: dict[date, list[Hours]] = defaultdict(list)
    for day, from_time, until in exceptions:
        by_date[day] += [(from_time, until)] if from_time is not None and until is not None else []
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return merged(
        (moment(day, opens, tz), moment(day if opens < closes else day + timedelta(days=1), closes, tz))
        for day in days
        for opens, closes in (by_date[day] if day in by_date else by_weekday[day.isoweekday()])
    )


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


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the same time in as few stretches as will do, in order."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif start < end:  # a stretch within the hour that spring skips is none
            found.append((start, end))
    return found


# --- The stored openings -------------------------------------------------------------------------


def rebuild(timetable: Timetable, *, today: date) -> None:
    """Bring a timetable's openings up to date with its rules, from yesterday to `DAYS_AHEAD`.

    Whoever changes the rules locks the halls concerned first, and calls this in the same transaction.
    """
    rebuild_all([timetable], today=today)


@transaction.atomic
def rebuild_all(timetables: Iterable[Timetable], *, today: date) -> int:
    """Rebuild many timetables, touching only what differs. Returns how many were out of date."""
    first, last = today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD)
    locked = Timetable.objects.filter(pk__in=[timetable.pk for timetable in timetables])
    built_from = dict(locked.order_by("pk").select_for_update().values_list("pk", "built_from"))
    alike = defaultdict(list)
    for pk, rules in rules_of(list(built_from), first, last).items():
        if built_from[pk] != digest(*rules, first, last):
            alike[rules].append(pk)
    for (weekly, exceptions), pks in alike.items():
        replace(pks, openings(weekly, exceptions, first=first, last=last, tz=CITY))
        Timetable.objects.filter(pk__in=pks).update(built_from=digest(weekly, exceptions, first, last))
    return sum(map(len, alike.values()))


def rules_of(pks: Sequence[int], first: date, last: date) -> dict[int, Rules]:
    """Return each timetable's weekly hours and the exceptions that fall between the days."""
    weekly: dict[int, list[Weekly]] = defaultdict(list)
    for row in OpeningHours.objects.filter(timetable__in=pks):
        weekly[row.timetable_id].append((row.weekday, row.opens, row.closes))
    exceptions: dict[int, list[Exceptional]] = defaultdict(list)
    for dated in OpeningException.objects.filter(timetable__in=pks, date__range=(first, last)):
        exceptions[dated.timetable_id].append((dated.date, dated.opens, dated.closes))
    return {pk: (tuple(weekly[pk]), tuple(exceptions[pk])) for pk in pks}


def digest(weekly, exceptions, first: date, last: date) -> str:
    return sha256(repr((weekly, exceptions, first, last, CITY.key)).encode()).hexdigest()


def replace(pks: Sequence[int], stretches: Sequence[Stretch]) -> None:
    """Make these stretches, and no others, the openings of all these timetables."""
    wanted = set(stretches)
    stored, surplus = defaultdict(set), []
    for row, pk, period in Opening.objects.filter(timetable__in=pks).values_list("pk", "timetable", "period"):
        stretch = period.lower, period.upper
        if stretch in wanted:
            stored[pk].add(stretch)
        else:
            surplus.append(row)
    Opening.objects.filter(pk__in=surplus).delete()
    add((pk, stretch) for pk in pks for stretch in stretches if stretch not in stored[pk])


def add(rows: Iterable[tuple[int, Stretch]]) -> None:
    # A city has 170,000 of them. COPY takes less than half the time of INSERT.
    columns = "COPY venues_opening (timetable_id, period) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(columns) as copy:
        for pk, stretch in rows:
            copy.write_row((pk, Range(*stretch)))


# --- The rules in words --------------------------------------------------------------------------


def sentences(timetable: Timetable, *, since: date | None = None) -> list[str]:
    """Read the rules back in the reader's language: "Ma–pe 17.00–22.00, la–su 9.00–20.00".

    First the weekly hours, then a sentence for each exceptional date, from `since` on.
    """
    exceptions = [row for row in timetable.exceptions.all() if since is None or row.date >= since]
    return [
        weekly_sentence((row.weekday, row.opens, row.closes) for row in timetable.weekly_hours.all()),
        *(exception_sentence(day, list(rows)) for day, rows in groupby(exceptions, lambda row: row.date)),
    ]


def weekly_sentence(weekly: Iterable[Weekly]) -> str:
    hours: dict[int, list[tuple[time, time]]] = {day: [] for day in range(1, 8)}
    for weekday, opens, closes in sorted(weekly):
        hours[weekday].append((opens, closes))
    runs = [(list(days), times) for times, days in groupby(hours, hours.__getitem__) if times]
    said = ", ".join(f"{days_in_words(days)} {times_in_words(times)}" for days, times in runs)
    return capfirst(said or _("no regular opening hours"))


def days_in_words(days: Sequence[int]) -> str:
    if len(days) == 7:
        return _("every day")
    names = [str(WEEKDAYS_ABBR[day - 1]) for day in days]
    return names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}"


def times_in_words(times: Iterable[tuple[time, time]]) -> str:
    joint = _("and")
    return f" {joint} ".join(f"{clock(opens)}–{closing(closes)}" for opens, closes in times)


def clock(value: time) -> str:
    return time_format(value, "TIME_FORMAT")


def closing(value: time) -> str:
    """A day ends at 24.00 and begins at 0.00."""
    return clock(value) if value != time.min else clock(value).replace("0", "24", 1)


def exception_sentence(day: date, rows: Sequence[OpeningException]) -> str:
    times = sorted((row.opens, row.closes) for row in rows if row.opens and row.closes)
    said = times_in_words(times) if times else _("closed")
    reasons = ", ".join(dict.fromkeys(str(text_of(row, "reason")) for row in rows if row.reason_fi))
    return f"{capfirst(date_format(day, 'DATE_FORMAT'))}: {said}" + (f" ({reasons})" if reasons else "")
