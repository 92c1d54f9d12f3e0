"""From a list of days to rules and exceptions that say exactly the same, and are mostly rules."""

import csv
from collections import defaultdict
from datetime import date, time
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.helsinki import make_demo
from venues import opening_hours, rule_finding
from venues.city_calendar import calendar
from venues.clock import CITY
from venues.importing.day_lists import read_day_list
from venues.opening_hours import A_DAY, MOST_RULES, Calendar, Exceptional, Rule, days_from
from venues.rule_finding import Found, Hours

FOLDER = Path(make_demo.__file__).parent
SAMPLE = {branch.key: branch for branch in read_day_list(FOLDER / "library_opening_hours_sample.csv")}
MOST_ODD = 0.15
CLOSED = frozenset()


def stretch(text: str) -> Hours:
    """Read "8-20" as staffed, "8-20s" as self-service."""
    opens, closes = text.rstrip("s").split("-")
    return Hours(time(int(opens)), time(int(closes) % 24), is_staffed=not text.endswith("s"))


def hours(*texts: str) -> frozenset[Hours]:
    return frozenset(map(stretch, texts))


def city(days) -> Calendar:
    return calendar([], min(days), max(days))


def week(monday_to_friday=CLOSED, saturday=CLOSED, sunday=CLOSED) -> dict[int, frozenset[Hours]]:
    return dict.fromkeys(range(1, 6), monday_to_friday) | {6: saturday, 7: sunday}


def listed(first: date, last: date, on) -> dict[date, frozenset[Hours]]:
    return {day: on(day) for day in days_from(first, last)}


def find(days) -> Found:
    """Find the rules, having made sure that they say what the list says."""
    found = rule_finding.find(days, city(days))
    assert as_listed(found, days) == {day: frozenset(said) for day, said in days.items()}
    return found


def as_listed(found: Found, days) -> dict[date, frozenset[Hours]]:
    """Expand what was found, on the days of the list, row by row."""
    odd = defaultdict(set)
    for said in found.exceptions:
        odd[said.date] |= {Hours(said.opens, said.closes, said.is_staffed)} if said.opens else set()
    known = city(days)
    return {
        day: frozenset(odd[day]) if day in odd else rule_finding.hours_on(day, found.rules, known)
        for day in days
    }


# --- Real branches --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "known", "most_odd"),
    [
        ("kirkanta-84755", 519, 1),  # Myllypuro: summers, Christmas and holidays of their own
        ("kirkanta-84855", 330, 12),  # Pikku Huopalahti: closed from June until August
        ("kirkanta-84860", 519, 18),  # Kallio
        ("kirkanta-84871", 519, 5),  # Suomenlinna: another pattern every half year
        ("kirkanta-84911", 519, 24),  # Herttoniemi: closed on summer Saturdays, later in 2026
        ("kirkanta-86476", 519, 16),  # Oodi
    ],
)
def test_real_branch_comes_back_day_by_day_with_few_exceptions(key, known, most_odd):
    days = SAMPLE[key].hours
    found = find(days)

    assert len(days) == known
    assert found.odd_days <= most_odd < MOST_ODD * known


@pytest.mark.parametrize("branch", SAMPLE.values(), ids=SAMPLE)
def test_openings_of_what_was_found_are_those_of_the_list(branch):
    days = branch.hours
    found = find(days)
    first, last = min(days), max(days)

    opened = opening_hours.openings(
        found.rules, found.exceptions, city(days), first=first, last=last, tz=CITY
    )

    assert opened == opening_hours.disjoint(
        opening_hours.span(day, Exceptional(day, one.opens, one.closes, is_staffed=one.is_staffed), CITY)
        for day, said in days.items()
        for one in said
    )


def weekly_hours() -> dict[str, dict[int, frozenset[Hours]]]:
    """The commonest weeks of all libraries."""
    found = defaultdict(lambda: defaultdict(set))
    with (FOLDER / "library_weekly_hours.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["opens"]:
                times = (time.fromisoformat(row[name].replace("24:", "00:")) for name in ("opens", "closes"))
                found[row["kirkanta_id"]][int(row["iso_weekday"])].add(Hours(*times, row["status"] == "Open"))
    return {key: {day: frozenset(days[day]) for day in range(1, 8)} for key, days in found.items()}


@pytest.mark.parametrize(("key", "pattern"), weekly_hours().items())
def test_library_with_a_summer_and_odd_days_needs_no_more_exceptions_than_it_has_odd_days(key, pattern):
    first, last = date(2025, 9, 1), date(2026, 8, 31)
    summer = date(2026, 6, 8), date(2026, 8, 9)
    eves = {date(2025, 12, 23), date(2026, 4, 30), date(2026, 5, 13)}
    public = city([first, last])

    def on(day):
        if public.is_holiday(day) or day in eves:
            return CLOSED
        if summer[0] <= day <= summer[1]:
            return hours("10-18") if day.isoweekday() < 6 else CLOSED
        return pattern[day.isoweekday()]

    assert find(listed(first, last, on)).odd_days <= len(eves)


# --- What a list may be like ----------------------------------------------------------------------


def test_weekdays_that_are_alike_are_one_rule_from_the_first_day_on():
    pattern = week(hours("8-20"), hours("10-16"))
    found = find(listed(date(2026, 9, 7), date(2026, 11, 29), lambda day: pattern[day.isoweekday()]))

    assert found.exceptions == []
    assert [(sorted(rule.weekdays), rule.opens.hour, rule.closes.hour) for rule in found.rules] == [
        ([1, 2, 3, 4, 5], 8, 20),
        ([6], 10, 16),
    ]
    assert {(rule.valid_from, rule.valid_until) for rule in found.rules} == {(date(2026, 9, 7), None)}


def test_staffed_and_self_service_hours_that_touch_stay_apart():
    pattern = week(hours("8-12s", "12-15", "15-18s"))
    found = find(listed(date(2026, 9, 7), date(2026, 10, 4), lambda day: pattern[day.isoweekday()]))

    assert [(rule.opens.hour, rule.closes.hour, rule.is_staffed) for rule in found.rules] == [
        (8, 12, False),
        (12, 15, True),
        (15, 18, False),
    ]


def test_summer_is_a_period_and_what_goes_on_through_it_is_said_once():
    winter, summer = week(hours("8-20"), hours("10-16")), week(hours("8-20"))

    def on(day):
        return (summer if date(2026, 6, 1) <= day <= date(2026, 8, 9) else winter)[day.isoweekday()]

    found = find(listed(date(2026, 1, 12), date(2026, 11, 29), on))

    saturdays = [(rule.valid_from, rule.valid_until) for rule in found.rules if 6 in rule.weekdays]
    workdays = [(rule.valid_from, rule.valid_until) for rule in found.rules if 1 in rule.weekdays]
    assert workdays == [(date(2026, 1, 12), None)]
    assert [until and (until - date(2026, 5, 31)).days in range(6) for _, until in saturdays] == [True, None]


def test_months_of_renovation_are_a_period_without_rules():
    pattern = week(hours("8-20"))

    def on(day):
        return CLOSED if date(2026, 2, 2) <= day <= date(2026, 5, 31) else pattern[day.isoweekday()]

    found = find(listed(date(2025, 10, 6), date(2026, 8, 30), on))

    assert found.odd_days <= 1
    assert all(
        not rule_finding.hours_on(day, found.rules, Calendar())
        for day in days_from(date(2026, 2, 3), date(2026, 5, 29))
    )


@pytest.mark.parametrize(("every", "said"), [(2, "week_parity"), (3, "every_weeks"), (4, "every_weeks")])
def test_saturdays_of_some_weeks_only_are_a_rule(every, said):
    pattern, first = week(hours("8-20"), hours("10-16")), date(2026, 9, 7)

    def on(day):
        is_open = day.isoweekday() < 6 or (day - first).days // 7 % every == 0
        return pattern[day.isoweekday()] if is_open else CLOSED

    found = find(listed(first, date(2026, 12, 5), on))

    (saturdays,) = [rule for rule in found.rules if 6 in rule.weekdays]
    assert getattr(saturdays, said) == ("odd" if every == 2 else every)
    assert found.odd_days == 0


def test_every_other_week_goes_on_over_a_year_of_53_weeks():
    """Week 53 of 2026 and week 1 after it are both odd: parity would go wrong from there on."""
    first = date(2026, 10, 5)
    pattern = week(hours("8-20"))

    def on(day):
        return pattern[day.isoweekday()] if (day - first).days // 7 % 2 == 0 else CLOSED

    found = find(listed(first, date(2027, 3, 28), on))

    assert {rule.every_weeks for rule in found.rules} == {2}
    assert found.odd_days <= 1


@pytest.mark.parametrize("way", ["closed", "as_sunday", "normal"])
def test_public_holidays_are_a_rule(way):
    pattern = week(hours("8-20"), hours("10-16"), hours("12-16"))
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    public = city([first, last])

    def on(day):
        if public.is_holiday(day) and way != "normal":
            return CLOSED if way == "closed" else pattern[7]
        return pattern[day.isoweekday()]

    found = find(listed(first, last, on))

    assert {rule.on_holidays for rule in found.rules} == {way}
    assert found.exceptions == []


def test_what_holds_on_holidays_holds_in_a_period_that_has_none():
    winter, autumn = (
        week(hours("8-20"), hours("10-16"), hours("12-16")),
        week(hours("9-19"), CLOSED, hours("11-15")),
    )
    first, last = date(2026, 1, 1), date(2026, 9, 30)
    public = city([first, last])

    def on(day):
        return (winter if day < date(2026, 8, 3) else autumn)[
            7 if public.is_holiday(day) else day.isoweekday()
        ]

    assert {rule.on_holidays for rule in find(listed(first, last, on)).rules} == {"as_sunday"}


def test_thirty_days_are_enough():
    pattern = week(hours("8-20"), hours("10-16"))
    odd = {date(2026, 9, 16): hours("8-14"), date(2026, 9, 26): CLOSED}
    found = find(
        listed(date(2026, 9, 7), date(2026, 10, 6), lambda day: odd.get(day, pattern[day.isoweekday()]))
    )

    assert {said.date for said in found.exceptions} == set(odd)


def test_days_that_are_not_listed_are_not_closed():
    """Every third week is unknown; the rules open it as any other."""
    pattern = week(hours("8-20"))
    days = listed(date(2026, 9, 7), date(2026, 11, 22), lambda day: pattern[day.isoweekday()])
    unknown = [day for day in days if day.isocalendar().week % 3 == 0]
    for day in unknown:
        del days[day]

    found = find(days)

    assert found.exceptions == []
    assert rule_finding.hours_on(min(unknown), found.rules, Calendar()) == hours("8-20")


def test_list_of_closed_days_needs_neither_rules_nor_exceptions():
    assert find(listed(date(2026, 9, 7), date(2026, 10, 6), lambda day: CLOSED)) == ([], [])


def test_list_without_days_says_nothing():
    assert rule_finding.find({}, Calendar()) == ([], [])


def test_evening_past_midnight_and_one_until_midnight():
    pattern = week(hours("18-24")) | {5: hours("22-2"), 6: hours("18-24", "8-12")}
    found = find(listed(date(2026, 9, 7), date(2026, 10, 11), lambda day: pattern[day.isoweekday()]))

    assert found.exceptions == []
    assert {(rule.opens.hour, rule.closes.hour) for rule in found.rules} == {(18, 0), (22, 2), (8, 12)}


def test_christmas_midsummer_may_day_and_independence_day_on_a_weekday():
    """6 December 2027 is a Monday. Open on one of them, closed on the others."""
    pattern = week(hours("8-20"), hours("10-16"), hours("12-16"))
    first, last = date(2027, 1, 11), date(2028, 1, 5)
    public = city([first, last])
    assert {date(2027, 12, 24), date(2027, 6, 25), date(2027, 5, 1), date(2027, 12, 6)} <= public.holidays

    def on(day):
        if day == date(2027, 12, 6):
            return hours("12-14")
        return CLOSED if public.is_holiday(day) else pattern[day.isoweekday()]

    found = find(listed(first, last, on))

    assert [(said.date, said.opens) for said in found.exceptions] == [(date(2027, 12, 6), time(12))]


# --- Whatever the list ----------------------------------------------------------------------------

FIRST_DAYS = st.dates(date(2024, 1, 1), date(2029, 1, 1))
DAY = st.sampled_from(
    [CLOSED, hours("8-20"), hours("10-16"), hours("8-12s", "12-18"), hours("9-15", "15-21s"), hours("18-24")]
)


@given(first=FIRST_DAYS, days=st.lists(st.one_of(st.none(), DAY), max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_list_comes_back_exactly(first, days):
    known = {first + number * A_DAY: said for number, said in enumerate(days) if said is not None}
    if known:
        find(known)


RULES = st.builds(
    Rule,
    st.frozensets(st.integers(1, 7), min_size=1),
    st.sampled_from([time(8), time(9)]),
    st.sampled_from([time(12), time(0), time(2)]),
    season=st.sampled_from([None, (901, 531)]),
    every_weeks=st.sampled_from([1, 1, 2, 3]),
    weeks_from=st.just(date(2026, 1, 5)),
    week_parity=st.sampled_from(["", "", "odd", "even"]),
    on_holidays=st.sampled_from(["closed", "as_sunday", "normal"]),
    is_staffed=st.booleans(),
)


@given(
    rules=st.lists(RULES, max_size=3),
    first=FIRST_DAYS,
    odd=st.dictionaries(st.integers(0, 200), DAY, max_size=8),
)
@settings(max_examples=15, deadline=None)
def test_any_rules_with_any_exceptions_come_back_as_the_same_days(rules, first, odd):
    public = city([first, first + 200 * A_DAY])
    days = listed(first, first + 200 * A_DAY, lambda day: rule_finding.hours_on(day, rules, public))

    find(days | {first + number * A_DAY: said for number, said in odd.items()})


PATTERNS = st.builds(week, DAY, DAY, DAY)
WAYS = st.sampled_from(["closed", "as_sunday", "normal"])


@st.composite
def branches(draw) -> dict[date, frozenset[Hours]]:
    """A year or less of a branch as branches are: seasons, alternate Saturdays, holidays, 8 % odd days."""
    first, length = draw(FIRST_DAYS), draw(st.sampled_from([30, 90, 200, 400]))
    days = list(days_from(first, first + (length - 1) * A_DAY))
    public, way = city(days), draw(WAYS)
    seasons = draw(
        st.lists(st.tuples(st.integers(28, 150), PATTERNS, DAY, st.booleans()), min_size=1, max_size=4)
    )
    starts = [first + sum(season[0] for season in seasons[:number]) * A_DAY for number in range(len(seasons))]

    def on(day: date) -> frozenset[Hours]:
        _, pattern, saturday, alternates = seasons[max(n for n, start in enumerate(starts) if start <= day)]
        weekday = day.isoweekday()
        if public.is_holiday(day) and way != "normal":
            if way == "closed":
                return CLOSED
            weekday = 7
        return saturday if alternates and weekday == 6 and day.isocalendar().week % 2 else pattern[weekday]

    odd = draw(st.lists(st.sampled_from(days), max_size=len(days) * 8 // 100, unique=True))
    return {day: on(day) for day in days} | {day: draw(DAY) for day in odd}


@given(days=branches())
@settings(max_examples=25, deadline=None)
def test_branch_with_few_odd_days_has_few_exceptions(days):
    assert find(days).odd_days <= MOST_ODD * len(days)


def test_hours_that_change_all_the_time_are_found_in_a_while():
    """A year and a half without any pattern: exact, if not short."""
    kinds = [CLOSED, hours("8-20"), hours("10-16"), hours("8-12s", "12-18")]
    first = date(2025, 1, 6)
    days = {first + number * A_DAY: kinds[number * number % 11 % 4] for number in range(600)}

    find(days)

    # What takes time is the pairs of these.
    assert len(rule_finding.breaks(days, city(days))) <= rule_finding.MOST_BREAKS


def test_days_without_a_weekly_pattern_come_to_no_more_rules_than_a_page_of_rules_takes():
    """A rule for each week would leave few exceptions, and nobody could read it or save it again."""
    dice, first = Random(6), date(2026, 9, 1)
    days = {
        first + number * A_DAY: hours(f"{dice.randrange(7, 12)}-{dice.randrange(14, 23)}")
        for number in range(300)
    }

    found = find(days)

    assert len(found.rules) <= MOST_RULES
    assert not found.is_pattern_of(len(days))


def test_seasons_are_found_among_hundreds_of_odd_days():
    """Four years of summers and winters: of many breaks, those are looked at that last."""
    winter, summer = week(hours("8-20"), hours("10-16")), week(hours("10-18"))
    dice, first = Random(4), date(2025, 1, 6)

    def on(day):
        if dice.random() < 0.08:
            return hours("12-14")
        return (summer if (6, 1) <= (day.month, day.day) <= (8, 9) else winter)[day.isoweekday()]

    days = listed(first, first + 1399 * A_DAY, on)
    odd = sum(said == hours("12-14") for said in days.values())
    public = sum(city(days).is_holiday(day) for day in days)

    assert odd > 2 * rule_finding.MOST_BREAKS
    assert find(days).odd_days <= odd + public
