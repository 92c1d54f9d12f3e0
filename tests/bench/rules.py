"""The bench's opening rules and policies: every kind that there is, in a mix like a city's."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from venues import openings
from venues.models import OpeningException, OpeningRule, SchoolPeriod, Space, Timetable, Venue

Rules = list[dict[str, Any]]

WEEKDAYS, WEEKEND, ALL_DAYS = [1, 2, 3, 4, 5], [6, 7], [1, 2, 3, 4, 5, 6, 7]
IN_TERM = {"terms": OpeningRule.Terms.IN_TERM}
OUTSIDE_TERM = {"terms": OpeningRule.Terms.OUTSIDE_TERM}
AS_SUNDAY = {"on_holidays": OpeningRule.OnHolidays.AS_SUNDAY}
VARIANTS = 3  # of each kind's hours
DAYS_OFF = 5  # every fifth timetable has some of its own


def rule(weekdays: list[int], opens: int, closes: int, **conditions) -> dict[str, Any]:
    return {"weekdays": weekdays, "opens": time(opens), "closes": time(closes % 24), **conditions}


def rules_of(kind: str, variant: int) -> Rules:
    """Return a kind's rules; variants close an hour or two earlier."""
    late = 22 - variant % 2
    return {
        Venue.Kind.SCHOOL: [
            rule(WEEKDAYS, 8, 16, open_to=["venue"], **IN_TERM),
            rule(WEEKDAYS, 16, 18, open_to=["minors", "associations"], **IN_TERM),
            rule(WEEKDAYS, 18, late, is_staffed=False, **IN_TERM),
            rule(WEEKDAYS, 10, late, **OUTSIDE_TERM),
            rule(WEEKEND, 9, 20),
        ],
        Venue.Kind.PLAYPARK: [
            rule(WEEKDAYS, 9, 17, season_from=901, season_until=601),
            rule(WEEKDAYS, 8, 16, season_from=602, season_until=831),
            rule(ALL_DAYS, 16, late, open_to=["residents"], is_staffed=False),
        ],
        Venue.Kind.YOUTH_HOUSE: [
            rule([2, 3, 4, 5], 14, 17, open_to=["minors"]),
            rule([2, 3, 4, 5, 6], 17, late),
            rule([7], 12, 20, week_parity=OpeningRule.WeekParity.EVEN),
            rule([1], 17, 21, every_weeks=2, weeks_from=date(2026, 1, 5)),
        ],
        Venue.Kind.SPORTS_HALL: [
            rule(WEEKDAYS, 7, late, **AS_SUNDAY),
            rule(WEEKEND, 9, late - 1, **AS_SUNDAY),
            rule(WEEKDAYS, 6, 7, open_to=["associations"], is_staffed=False),
        ],
    }[Venue.Kind(kind)]


def open_city(timetables: dict[Timetable, str], *, today: date) -> None:
    """Give each timetable the rules of its kind and some days off, and make openings as the product does."""
    SchoolPeriod.objects.bulk_create(terms_around(today))
    OpeningRule.objects.bulk_create(
        OpeningRule(timetable=timetable, **said)
        for number, (timetable, kind) in enumerate(timetables.items())
        for said in rules_of(kind, number % VARIANTS)
    )
    OpeningException.objects.bulk_create(
        OpeningException(timetable=timetable, date=today + timedelta(days=day), reason_fi="Suljettu")
        for number, timetable in enumerate(timetables)
        if number % DAYS_OFF == 0
        for day in range(number % 40, 400, 40)
    )
    openings.rebuild_all(timetables, today=today)


def terms_around(today: date) -> Iterator[SchoolPeriod]:
    for year in (today.year - 1, today.year, today.year + 1, today.year + 2):
        yield SchoolPeriod(kind="term", name_fi="Kevät", first=date(year, 1, 8), last=date(year, 5, 30))
        yield SchoolPeriod(kind="break", name_fi="Hiihto", first=date(year, 2, 16), last=date(year, 2, 22))
        yield SchoolPeriod(kind="term", name_fi="Syksy", first=date(year, 8, 11), last=date(year, 12, 20))
        yield SchoolPeriod(
            kind="break", name_fi="Syysloma", first=date(year, 10, 12), last=date(year, 10, 18)
        )


def policy_of(number: int, *, today: date) -> dict[str, Any]:
    """Return what is in force in a hall and its parts.

    Of a hundred halls 5 count starts from their opening, 3 are booked for whole days, 20 each have weekdays'
    notice, only some times, and quotas, and 10 each are for some people only or have an age limit.
    """
    policy: dict[str, Any] = {}
    if number % 20 == 0:
        policy |= {"starts_from": Space.StartsFrom.OPENING, "start_step": 45}
    elif number % 33 == 7:
        policy |= {"is_whole_day": True}
    elif number % 4 == 1:
        policy |= {"start_step": 60, "start_minute": number % 2 * 30}
    if number % 5 == 1:
        policy |= {"notice_weekdays": 1 + number % 3, "notice_by": time(10 + number % 4)}
    elif number % 5 == 2:
        times = [Space.BookableWhen.EVENINGS, Space.BookableWhen.WEEKENDS, Space.BookableWhen.BOTH]
        policy |= {"bookable_when": times[number // 5 % 3]}
    elif number % 5 == 3:
        policy |= {"quota_day": 1, "quota_week": 1 + number % 2, "quota_season": 5 + number % 7}
    if number % 10 == 4:
        policy |= {"who_may_book": [["residents"], ["associations"]][number // 10 % 2]}
    elif number % 10 == 6:
        policy |= {"min_age": 18}
    elif number % 10 == 8:
        policy |= {"ahead_until": today + timedelta(days=20 + number % 7)}
    return policy
