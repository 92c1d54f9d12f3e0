"""A venue's year, day by day: when it is open, and what makes a day different from others."""

from calendar import Calendar as Months
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from venues import city_calendar, hours_in_words, wording
from venues.clock import CITY, at, last_day, local
from venues.models import OpeningException, SchoolPeriod, Space, Timetable, Venue
from venues.opening_hours import A_DAY, Calendar, Span, days_from, lies_in, openings

from .models import Closure, ClosureTime


@dataclass(frozen=True)
class Day:
    """One day of a venue: the time that is open and begins on it, and what is special about it."""

    date: date
    spans: list[Span]
    exceptions: list[OpeningException]
    closures: list[Closure]
    holiday: str
    school: str  # "term", "break" or nothing: neither is known

    @property
    def is_open(self) -> bool:
        return bool(self.spans)

    @property
    def marks(self) -> list[str]:
        """What the day is shown as: a class for each, and a sign for all that is out of the ordinary."""
        special = {"closure": self.closures, "exception": self.exceptions, "holiday": self.holiday}
        usual = "open" if self.is_open else "closed"
        return [usual, *(name for name, there in special.items() if there), *filter(None, [self.school])]

    @property
    def in_words(self) -> str:
        """Say in words what the marks show."""
        reasons = (str(row.reason) for row in self.closures)
        school = {"term": _("school term"), "break": _("school break")}
        return "; ".join(
            filter(
                None,
                [
                    ", ".join(span_in_words(span) for span in self.spans) or _("closed"),
                    _("not as usual") if self.exceptions else "",
                    *(_("closure: %(reason)s") % {"reason": reason} for reason in dict.fromkeys(reasons)),
                    self.holiday,
                    school.get(self.school, ""),
                ],
            )
        )


def span_in_words(span: Span) -> str:
    whom = hours_in_words.for_whom(span.open_to)
    return wording.times(span.starts_at, span.ends_at) + (f" ({whom})" if whom else "")


@dataclass(frozen=True)
class Year:
    """A year of a venue, or of a space of it that has opening hours of its own. Five statements."""

    number: int
    venue: Venue
    space: Space | None
    timetable: Timetable

    @property
    def first(self) -> date:
        return date(self.number, 1, 1)

    @property
    def last(self) -> date:
        return date(self.number, 12, 31)

    @cached_property
    def periods(self) -> list[SchoolPeriod]:
        return list(SchoolPeriod.objects.filter(first__lte=self.last, last__gte=self.first))

    @cached_property
    def calendar(self) -> Calendar:
        return city_calendar.calendar(self.periods, self.first, self.last)

    @property
    def holidays(self) -> list[tuple[date, str]]:
        return [(day, city_calendar.name_of(day)) for day in sorted(self.calendar.holidays)]

    @cached_property
    def exceptions(self) -> dict[date, list[OpeningException]]:
        found: dict[date, list[OpeningException]] = defaultdict(list)
        for row in self.timetable.exceptions.filter(date__range=(self.first, self.last)):
            found[row.date].append(row)
        return dict(found)

    @cached_property
    def closures(self) -> dict[Closure, list[ClosureTime]]:
        """Return what closes a space of the venue, or floor of this space, with its times in the year.

        Of a closure of several venues, the spaces are those of this one.
        """
        spaces = self.venue.spaces.all()
        if self.space:
            spaces = spaces.filter(hall_id=self.space.hall_id, footprint__shares_floor=self.space.footprint)
        times = ClosureTime.objects.filter(
            closure__in=Closure.objects.in_force().filter(spaces__in=spaces),
            starts_at__lt=at(self.last + A_DAY),
            ends_at__gt=at(self.first),
        )
        here = Prefetch("closure__spaces", spaces.order_by("hall_id", "pk"))
        found: dict[Closure, list[ClosureTime]] = defaultdict(list)
        for time in times.select_related("closure").prefetch_related(here):
            found[time.closure].append(time)
        return dict(found)

    @cached_property
    def days(self) -> dict[date, Day]:
        rules = [rule.plain for rule in self.timetable.rules.all()]
        closed = closures_by_day(self.closures, self.first, self.last)
        return {
            day: Day(
                date=day,
                spans=openings(
                    rules,
                    [row.plain for row in self.exceptions.get(day, [])],
                    self.calendar,
                    first=day,
                    last=day,
                    tz=CITY,
                ),
                exceptions=self.exceptions.get(day, []),
                closures=closed.get(day, []),
                holiday=city_calendar.name_of(day),
                school=school_on(day, self.calendar),
            )
            for day in days_from(self.first, self.last)
        }

    @property
    def months(self) -> Iterator[tuple[date, list[tuple[int, list[Day | None]]]]]:
        """Yield each month: its first day, and its weeks, each with its ISO number and seven days.

        A day of another month is None.
        """
        for month in range(1, 13):
            weeks = Months().monthdatescalendar(self.number, month)
            yield (
                date(self.number, month, 1),
                [(week[0].isocalendar().week, self.week(week, month)) for week in weeks],
            )

    def week(self, days: Sequence[date], month: int) -> list[Day | None]:
        return [self.days[day] if day.month == month else None for day in days]


def closures_by_day(
    closures: Mapping[Closure, Iterable[ClosureTime]], first: date, last: date
) -> dict[date, list[Closure]]:
    found: dict[date, list[Closure]] = defaultdict(list)
    for closure, times in closures.items():
        for time in times:
            for day in days_from(max(first, local(time.starts_at).date()), min(last, last_day(time.ends_at))):
                found[day].append(closure)
    return found


def school_on(day: date, calendar: Calendar) -> str:
    if calendar.is_in_term(day):
        return "term"
    return "break" if lies_in(day, calendar.breaks) else ""
