"""From rules, exceptions and calendar to open time: odd days, odd weeks, and both nights of clock change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import naive_hours
from venues import opening_hours
from venues.opening_hours import Calendar, Exceptional, Rule

HELSINKI = ZoneInfo("Europe/Helsinki")
A_DAY, A_WEEK, MINUTE = timedelta(days=1), timedelta(weeks=1), timedelta(minutes=1)
MONDAY_TO_FRIDAY, EVERY_DAY = range(1, 6), range(1, 8)

SATURDAY = date(2026, 11, 28)
SPRING_CHANGE = date(2026, 3, 29)  # 03.00 becomes 04.00
AUTUMN_CHANGE = date(2026, 10, 25)  # 04.00 becomes 03.00
MAY_DAY = date(2026, 5, 1)  # a Friday
MIDSUMMER_EVE = date(2026, 6, 19)  # a Friday
INDEPENDENCE_DAY = date(2027, 12, 6)  # a Monday
CHRISTMAS = [date(2026, 12, day) for day in (24, 25, 26)]
CITY_DAYS = Calendar(
    holidays=frozenset([MAY_DAY, MIDSUMMER_EVE, INDEPENDENCE_DAY, *CHRISTMAS]),
    terms=((date(2026, 8, 12), date(2026, 12, 22)), (date(2027, 1, 7), date(2027, 6, 5))),
    breaks=((date(2026, 10, 12), date(2026, 10, 16)),),
)


def clock(text: str) -> time:
    return time.fromisoformat(text)


def rule(weekdays, times: str, **conditions) -> Rule:
    opens, closes = times.split("–")
    numbers = [weekdays] if isinstance(weekdays, int) else weekdays
    return Rule(frozenset(numbers), clock(opens), clock(closes), **conditions)


def exceptional(day: date, times: str = "", **facts) -> Exceptional:
    """Say that other hours hold on a day, or none."""
    opens, closes = map(clock, times.split("–")) if times else (None, None)
    return Exceptional(day, opens, closes, **facts)


def spans(rules=(), exceptions=(), *, first=SATURDAY, last=None, calendar=CITY_DAYS):
    return opening_hours.openings(rules, exceptions, calendar, first=first, last=last or first, tz=HELSINKI)


def expand(*rules, exceptions=(), first=SATURDAY, last=None) -> list[str]:
    """Return the open time as text: local times with their offset from UTC."""
    return [
        f"{shown(span.starts_at)}–{shown(span.ends_at)}"
        for span in spans(rules, exceptions, first=first, last=last)
    ]


def shown(instant: datetime) -> str:
    here = instant.astimezone(HELSINKI)
    return f"{here:%d.%m. %H:%M}+{here.utcoffset().seconds // 3600}"


def days(*rules, first: date, last: date, calendar=CITY_DAYS) -> list[date]:
    """Return the days on which something begins."""
    found = spans(rules, first=first, last=last, calendar=calendar)
    return [span.starts_at.astimezone(HELSINKI).date() for span in found]


# --- A week, and days that are different ----------------------------------------------------------


def test_a_rule_opens_its_weekdays_only():
    assert expand(rule(6, "10:00–16:00"), last=SATURDAY + 6 * A_DAY) == ["28.11. 10:00+2–28.11. 16:00+2"]


def test_same_clock_time_is_another_instant_in_summer():
    assert expand(rule(6, "10:00–16:00"), first=date(2026, 7, 4)) == ["04.07. 10:00+3–04.07. 16:00+3"]


def test_closing_at_24_ends_the_day():
    assert expand(rule(6, "18:00–00:00")) == ["28.11. 18:00+2–29.11. 00:00+2"]


def test_evening_from_22_to_02_goes_on_into_the_next_day():
    assert expand(rule(6, "22:00–02:00")) == ["28.11. 22:00+2–29.11. 02:00+2"]


def test_same_time_twice_is_a_whole_day():
    assert expand(rule(6, "09:00–09:00")) == ["28.11. 09:00+2–29.11. 09:00+2"]


def test_open_round_the_clock_is_one_stretch():
    always = rule(EVERY_DAY, "00:00–00:00")

    assert expand(always, last=SATURDAY + 6 * A_DAY) == ["28.11. 00:00+2–05.12. 00:00+2"]


def test_neighbours_become_one_stretch_and_a_gap_stays():
    rules = [rule(6, times) for times in ("12:00–15:00", "09:00–12:00", "14:00–16:00", "17:00–18:00")]

    assert expand(*rules) == ["28.11. 09:00+2–28.11. 16:00+2", "28.11. 17:00+2–28.11. 18:00+2"]


def test_closed_day_beats_the_rules():
    assert expand(rule(6, "10:00–16:00"), exceptions=[exceptional(SATURDAY)]) == []


def test_short_day_beats_the_rules():
    short = exceptional(SATURDAY, "10:00–12:00")

    assert expand(rule(6, "10:00–16:00"), exceptions=[short]) == ["28.11. 10:00+2–28.11. 12:00+2"]


def test_extra_opening_on_a_closed_weekday():
    extra = exceptional(SATURDAY, "12:00–14:00")

    assert expand(rule(7, "10:00–16:00"), exceptions=[extra]) == ["28.11. 12:00+2–28.11. 14:00+2"]


def test_exception_stands_for_all_rules_of_its_day():
    rules = rule(6, "10:00–12:00"), rule(6, "18:00–20:00")

    assert expand(*rules, exceptions=[exceptional(SATURDAY, "13:00–14:00")]) == [
        "28.11. 13:00+2–28.11. 14:00+2"
    ]


def test_exception_may_have_several_stretches():
    exceptions = [exceptional(SATURDAY, "13:00–14:00"), exceptional(SATURDAY, "18:00–20:00")]

    assert expand(rule(6, "10:00–16:00"), exceptions=exceptions) == [
        "28.11. 13:00+2–28.11. 14:00+2",
        "28.11. 18:00+2–28.11. 20:00+2",
    ]


def test_night_belongs_to_the_day_on_which_it_began():
    rules = rule(5, "22:00–02:00"), rule(6, "10:00–16:00")

    assert expand(*rules, exceptions=[exceptional(SATURDAY)], first=SATURDAY - A_DAY, last=SATURDAY) == [
        "27.11. 22:00+2–28.11. 02:00+2"
    ]


# --- The two nights when clocks change ------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("00:00–00:00", "29.03. 00:00+2–30.03. 00:00+3"),  # 23 hours
        ("01:00–05:00", "29.03. 01:00+2–29.03. 05:00+3"),  # 3 hours
        ("03:30–06:00", "29.03. 04:00+3–29.03. 06:00+3"),  # opens at a time that does not exist
        ("01:00–03:30", "29.03. 01:00+2–29.03. 04:00+3"),  # closes at one
        ("03:00–04:00", None),  # all of it is skipped
    ],
)
def test_night_when_spring_skips_an_hour(said, meant):
    assert expand(rule(7, said), first=SPRING_CHANGE) == ([meant] if meant else [])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("00:00–00:00", "25.10. 00:00+3–26.10. 00:00+2"),  # 25 hours
        ("01:00–05:00", "25.10. 01:00+3–25.10. 05:00+2"),  # 5 hours
        ("03:30–06:00", "25.10. 03:30+3–25.10. 06:00+2"),  # opens on the first pass
        ("01:00–03:30", "25.10. 01:00+3–25.10. 03:30+3"),  # closes on the first pass
        ("03:15–03:45", "25.10. 03:15+3–25.10. 03:45+3"),
        ("03:30–04:00", "25.10. 03:30+3–25.10. 04:00+2"),
    ],
)
def test_night_when_autumn_doubles_an_hour(said, meant):
    assert expand(rule(7, said), first=AUTUMN_CHANGE) == [meant]


def test_evening_before_a_change_goes_on_through_it():
    assert expand(rule(6, "22:00–05:00"), first=AUTUMN_CHANGE - A_DAY) == ["24.10. 22:00+3–25.10. 05:00+2"]
    assert expand(rule(6, "22:00–05:00"), first=SPRING_CHANGE - A_DAY) == ["28.03. 22:00+2–29.03. 05:00+3"]


# --- Public holidays ------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [MAY_DAY, MIDSUMMER_EVE, INDEPENDENCE_DAY, *CHRISTMAS[:2]])
def test_public_holiday_on_a_weekday(day):
    weekdays = rule(MONDAY_TO_FRIDAY, "17:00–22:00", on_holidays="closed")
    sundays = rule(7, "12:00–16:00", on_holidays="as_sunday")
    regardless = rule(MONDAY_TO_FRIDAY, "08:00–09:00", on_holidays="normal")

    assert days(weekdays, first=day, last=day) == []
    assert days(sundays, first=day, last=day) == [day]
    assert days(regardless, first=day, last=day) == [day]


def test_as_sunday_keeps_the_weekday_of_the_rule_closed():
    weekdays = rule(MONDAY_TO_FRIDAY, "17:00–22:00", on_holidays="as_sunday")

    assert days(weekdays, first=INDEPENDENCE_DAY, last=INDEPENDENCE_DAY + 6 * A_DAY) == [
        INDEPENDENCE_DAY + n * A_DAY for n in range(1, 5)
    ]


def test_every_holiday_rule_is_silent_on_other_days():
    rules = [
        rule(6, "08:00–09:00", on_holidays="closed"),
        rule(6, "10:00–11:00", on_holidays="as_sunday"),
        rule(6, "12:00–13:00", on_holidays="normal"),
    ]

    assert len(spans(rules)) == 3


def test_christmas_is_opened_by_an_exception():
    closed = rule(EVERY_DAY, "10:00–18:00", on_holidays="closed")
    mass = exceptional(CHRISTMAS[0], "21:00–01:00")

    assert expand(closed, exceptions=[mass], first=CHRISTMAS[0], last=date(2026, 12, 27)) == [
        "24.12. 21:00+2–25.12. 01:00+2",
        "27.12. 10:00+2–27.12. 18:00+2",
    ]


# --- Seasons --------------------------------------------------------------------------------------


def test_recurring_season_over_new_year_has_both_its_ends():
    winter = rule(EVERY_DAY, "10:00–11:00", season=(901, 601))

    found = days(winter, first=date(2026, 8, 30), last=date(2028, 6, 3))

    assert found[0] == date(2026, 9, 1)
    assert date(2026, 12, 31) in found
    assert date(2027, 1, 1) in found
    assert date(2027, 6, 1) in found
    assert not any(date(2027, 6, 2) <= day <= date(2027, 8, 31) for day in found)
    assert found[-1] == date(2028, 6, 1)


def test_recurring_season_within_a_year():
    summer = rule(EVERY_DAY, "10:00–11:00", season=(602, 831))

    found = days(summer, first=date(2027, 1, 1), last=date(2027, 12, 31))

    assert (found[0], found[-1], len(found)) == (date(2027, 6, 2), date(2027, 8, 31), 91)


@pytest.mark.parametrize(
    ("season", "in_2027", "in_2028"),
    [
        ((101, 229), date(2027, 2, 28), date(2028, 2, 29)),  # ends on a day that most years lack
        ((229, 229), None, date(2028, 2, 29)),
    ],
)
def test_season_until_29_february(season, in_2027, in_2028):
    february = rule(EVERY_DAY, "10:00–11:00", season=season)

    for year, last in [(2027, in_2027), (2028, in_2028)]:
        found = days(february, first=date(year, 2, 1), last=date(year, 3, 31))
        assert (found or [None])[-1] == last


def test_season_from_29_february_begins_on_1_march_in_most_years():
    spring = rule(EVERY_DAY, "10:00–11:00", season=(229, 430))

    assert days(spring, first=date(2027, 2, 1), last=date(2027, 4, 1))[0] == date(2027, 3, 1)


def test_dated_season_has_both_its_ends():
    autumn = rule(6, "10:00–11:00", valid_from=SATURDAY, valid_until=SATURDAY + 2 * A_WEEK)

    assert days(autumn, first=SATURDAY - 4 * A_WEEK, last=SATURDAY + 4 * A_WEEK) == [
        SATURDAY,
        SATURDAY + A_WEEK,
        SATURDAY + 2 * A_WEEK,
    ]


def test_dated_season_may_be_open_at_one_end():
    since = rule(6, "10:00–11:00", valid_from=SATURDAY)
    until = rule(6, "10:00–11:00", valid_until=SATURDAY)

    assert days(since, first=SATURDAY - A_WEEK, last=SATURDAY + A_WEEK) == [SATURDAY, SATURDAY + A_WEEK]
    assert days(until, first=SATURDAY - A_WEEK, last=SATURDAY + A_WEEK) == [SATURDAY - A_WEEK, SATURDAY]


# --- Weeks ----------------------------------------------------------------------------------------


def test_every_third_week_is_counted_from_any_day_of_its_first():
    tuesday = date(2026, 12, 1)
    third = rule([2, 7], "10:00–11:00", every_weeks=3, weeks_from=tuesday + 3 * A_DAY)

    assert days(third, first=tuesday - 4 * A_WEEK, last=tuesday + 4 * A_WEEK) == [
        tuesday - 3 * A_WEEK,
        tuesday - 3 * A_WEEK + 5 * A_DAY,
        tuesday,
        tuesday + 5 * A_DAY,
        tuesday + 3 * A_WEEK,
        tuesday + 3 * A_WEEK + 5 * A_DAY,
    ]


def test_weeks_begin_on_monday():
    sunday = date(2026, 12, 6)
    other = rule([1, 7], "10:00–11:00", every_weeks=2, weeks_from=sunday)

    assert days(other, first=sunday - 6 * A_DAY, last=sunday + A_DAY, calendar=Calendar()) == [
        sunday - 6 * A_DAY,
        sunday,
    ]


def test_odd_week_53_is_followed_by_odd_week_1():
    odd = rule(3, "10:00–11:00", week_parity="odd")
    even = rule(3, "10:00–11:00", week_parity="even")
    about_new_year = {"first": date(2026, 12, 14), "last": date(2027, 1, 17)}

    assert [day.isocalendar().week for day in days(odd, **about_new_year)] == [51, 53, 1]
    assert [day.isocalendar().week for day in days(even, **about_new_year)] == [52, 2]


def test_first_of_january_belongs_to_the_week_that_began_in_december():
    odd = rule(5, "10:00–11:00", week_parity="odd")

    assert days(odd, first=date(2027, 1, 1), last=date(2027, 1, 8)) == [date(2027, 1, 1), date(2027, 1, 8)]


# --- School terms ---------------------------------------------------------------------------------


def test_only_in_term_leaves_out_breaks_and_the_time_between_terms():
    in_term = rule(1, "17:00–22:00", terms="in_term")

    found = days(in_term, first=date(2026, 8, 1), last=date(2027, 8, 31))

    assert found[0] == date(2026, 8, 17)
    assert date(2026, 10, 12) not in found  # the autumn break
    assert date(2026, 10, 19) in found
    assert [day for day in found if date(2026, 12, 15) < day < date(2027, 1, 15)] == [
        date(2026, 12, 21),
        date(2027, 1, 11),
    ]
    assert found[-1] == date(2027, 5, 31)


def test_only_outside_term_is_all_the_rest():
    during = rule(EVERY_DAY, "17:00–22:00", terms="in_term")
    outside = rule(EVERY_DAY, "17:00–22:00", terms="outside_term")
    about_a_year = {"first": date(2026, 8, 1), "last": date(2027, 8, 31)}

    in_term, out_of_term = days(during, **about_a_year), days(outside, **about_a_year)

    assert not set(in_term) & set(out_of_term)
    assert len(in_term) + len(out_of_term) == 396
    assert {date(2026, 10, 12), date(2026, 12, 23), date(2027, 1, 6), date(2027, 6, 6)} < set(out_of_term)


# --- For whom, and who is there -------------------------------------------------------------------

MINORS, RESIDENTS, EVERYONE = (frozenset([word]) for word in ("minors", "residents", "everyone"))


def told(*rules, exceptions=()) -> list[tuple[str, list[str], bool]]:
    return [
        (f"{span.starts_at:%H}–{span.ends_at:%H}", sorted(span.open_to), span.is_staffed)
        for span in spans(rules, exceptions)
    ]


def test_where_rules_overlap_it_is_open_to_all_whom_they_name():
    assert told(
        rule(6, "10:00–14:00", open_to=MINORS, is_staffed=False), rule(6, "12:00–16:00", open_to=RESIDENTS)
    ) == [
        ("08–10", ["minors"], False),
        ("10–12", ["minors", "residents"], True),
        ("12–14", ["residents"], True),
    ]


def test_everyone_needs_no_others():
    assert told(
        rule(6, "10:00–14:00", open_to=MINORS), rule(6, "10:00–14:00", open_to=EVERYONE | RESIDENTS)
    ) == [("08–12", ["everyone"], True)]


def test_unlike_neighbours_stay_apart_and_alike_ones_are_one():
    assert told(
        rule(6, "10:00–12:00", open_to=MINORS),
        rule(6, "12:00–14:00", open_to=MINORS),
        rule(6, "14:00–16:00"),
        rule(6, "16:00–18:00", is_staffed=False),
    ) == [("08–12", ["minors"], True), ("12–14", ["everyone"], True), ("14–16", ["everyone"], False)]


def test_exception_says_for_whom_it_is():
    hours = exceptional(SATURDAY, "12:00–14:00", open_to=RESIDENTS, is_staffed=False)

    assert told(rule(6, "10:00–16:00"), exceptions=[hours]) == [("10–12", ["residents"], False)]


# --- Sets of time ---------------------------------------------------------------------------------


def test_merged_time_is_in_as_few_stretches_as_will_do():
    start = datetime(2026, 11, 28, 10, tzinfo=UTC)
    at = [start + timedelta(hours=n) for n in range(6)]

    assert opening_hours.merged([(at[3], at[4]), (at[0], at[2]), (at[1], at[3]), (at[5], at[5])]) == [
        (at[0], at[4])
    ]


# --- Against a model that looks at every minute ---------------------------------------------------

around = st.sampled_from(
    [SPRING_CHANGE, AUTUMN_CHANGE, SATURDAY, MIDSUMMER_EVE, date(2027, 1, 1), date(2028, 2, 29)]
)
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30, 59]))
audiences = st.frozensets(st.sampled_from(["everyone", "residents", "minors", "venue"]), min_size=1)
seasons = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: day.month * 100 + day.day)


def near(day: date) -> st.SearchStrategy[date]:
    return st.integers(-4, 8).map(lambda n: day + n * A_DAY)


@st.composite
def rules_near(draw, day: date) -> Rule:
    """Draw a rule, most often one with few conditions: with all of them little would ever be open."""
    conditions = {
        "season": st.tuples(seasons, seasons),
        "valid_from": near(day),
        "valid_until": near(day),
        "week_parity": st.sampled_from(["odd", "even"]),
        "terms": st.sampled_from(["in_term", "outside_term"]),
        "on_holidays": st.sampled_from(["closed", "as_sunday"]),
        "open_to": audiences,
        "is_staffed": st.just(False),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(conditions)), max_size=3))
    facts = {name: draw(conditions[name]) for name in sorted(chosen)}
    if draw(st.booleans()):
        weeks = st.integers(-60, 60).map(lambda n: day + n * A_DAY)
        facts |= {"every_weeks": draw(st.integers(2, 5)), "weeks_from": draw(weeks)}
    return Rule(draw(st.frozensets(st.integers(1, 7), min_size=1)), draw(times), draw(times), **facts)


@st.composite
def periods_near(draw, day: date) -> tuple[date, date]:
    first, last = sorted([draw(near(day)), draw(near(day))])
    return first, last


@st.composite
def questions(draw):
    first = draw(around) - 2 * A_DAY
    closed = st.builds(Exceptional, near(first))
    open_then = st.builds(Exceptional, near(first), times, times, audiences, st.booleans())
    calendar = Calendar(
        holidays=frozenset(draw(st.sets(near(first), max_size=4))),
        terms=tuple(draw(st.lists(periods_near(first), max_size=2))),
        breaks=tuple(draw(st.lists(periods_near(first), max_size=2))),
    )
    rules = draw(st.lists(rules_near(first), max_size=6))
    return rules, draw(st.lists(closed | open_then, max_size=3)), calendar, first


@settings(max_examples=150, deadline=None)
@given(questions())
def test_every_minute_agrees_with_the_model(question):
    rules, exceptions, calendar, first = question
    last = first + 4 * A_DAY

    found = opening_hours.openings(rules, exceptions, calendar, first=first, last=last, tz=HELSINKI)

    assert {
        span.starts_at + n * MINUTE: (span.open_to, span.is_staffed)
        for span in found
        for n in range((span.ends_at - span.starts_at) // MINUTE)
    } == naive_hours.open_minutes(rules, exceptions, calendar, first=first, last=last, tz=HELSINKI)
    assert all(span.starts_at < span.ends_at for span in found)
    assert all(
        one.ends_at < other.starts_at or (one.ends_at == other.starts_at and one[2:] != other[2:])
        for one, other in pairwise(found)
    )
