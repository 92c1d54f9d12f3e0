"""What a manager says is closed, and the times that it means."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.closed_times import MOST_TIMES, WishedClosure, problems_with, times_of, without
from tests.factories import MONDAY, NOW, hour
from venues.clock import local
from venues.models import Space

WEEKLY, YEARLY = "weekly", "yearly"
TUESDAY = MONDAY + timedelta(days=1)
SPACES = [Space(pk=number) for number in range(1, 1001)]
FAR = TUESDAY + timedelta(days=MOST_TIMES - 1)


def wish(start="18:00", end="20:00", *, day=TUESDAY, nights=0, **facts) -> WishedClosure:
    last = day + timedelta(days=nights)
    defaults = {"spaces": [Space(pk=1)], "reason": {"reason_fi": "Remontti"}}
    return WishedClosure(starts_at=hour(start, day=day), ends_at=hour(end, day=last), **defaults | facts)


def clocks(wished) -> list[str]:
    """Return the times as the city's clocks and calendar show them."""
    return [f"{local(start):%d.%m. %H.%M}–{local(end):%d.%m. %H.%M}" for start, end in times_of(wished)]


def codes(wished) -> set[str]:
    return {problem.code for problem in problems_with(wished, now=NOW)}


# --- When -----------------------------------------------------------------------------------------


def test_what_is_said_once_is_one_time_to_the_second():
    start = hour("10:00") + timedelta(seconds=1)

    once = times_of(WishedClosure([], start, hour("12:00")))

    assert once == [(start, hour("12:00"))]
    assert once[0][0].tzinfo is UTC


def test_a_weekly_time_comes_on_its_weekdays_until_its_last_day():
    every_tuesday = wish(repeats=WEEKLY, weekdays=[2, 4], until=TUESDAY + timedelta(days=7))

    assert clocks(every_tuesday) == [
        "02.02. 18.00–02.02. 20.00",
        "04.02. 18.00–04.02. 20.00",
        "09.02. 18.00–09.02. 20.00",
    ]


def test_every_other_week_counts_from_the_week_of_the_first_day():
    wished = wish(repeats=WEEKLY, every=2, weekdays=[1, 2], until=TUESDAY + timedelta(days=20))

    assert [local(start).date() for start, _end in times_of(wished)] == [
        TUESDAY,
        MONDAY + timedelta(days=14),
        TUESDAY + timedelta(days=14),
    ]


def test_the_first_day_need_not_be_one_of_the_weekdays():
    assert clocks(wish(day=MONDAY, repeats=WEEKLY, weekdays=[2], until=TUESDAY)) == [
        "02.02. 18.00–02.02. 20.00"
    ]


def test_tuesdays_from_18_to_20_stay_so_whatever_the_clocks_do():
    wished = wish(day=date(2027, 3, 23), repeats=WEEKLY, weekdays=[2], until=date(2027, 11, 2))

    times = times_of(wished)

    assert {(f"{local(start):%H.%M}", f"{local(end):%H.%M}") for start, end in times} == {("18.00", "20.00")}
    assert {start.hour for start, _end in times} == {15, 16}


def test_a_night_ends_on_the_next_day_and_is_an_hour_shorter_in_spring_and_longer_in_autumn():
    for day, hours in [(date(2027, 3, 27), 3), (date(2027, 4, 3), 4), (date(2027, 10, 30), 5)]:
        ((start, end),) = times_of(
            wish("22:00", "02:00", day=day, nights=1, repeats=WEEKLY, weekdays=[6], until=day)
        )
        assert end - start == timedelta(hours=4)  # the clocks change later at night
        ((start, end),) = times_of(wish("00:00", "04:00", day=day + timedelta(days=1), repeats=WEEKLY,
                                        weekdays=[7], until=day + timedelta(days=1)))  # fmt: skip
        assert end - start == timedelta(hours=hours)


def test_an_hour_that_spring_skips_is_no_time():
    sunday = date(2027, 3, 28)
    wished = wish("03:00", "04:00", day=sunday, repeats=WEEKLY, weekdays=[7], until=date(2027, 4, 4))

    assert clocks(wished) == ["04.04. 03.00–04.04. 04.00"]


def test_independence_day_is_closed_every_year_until_the_last_day_and_on_it():
    wished = wish("00:00", "00:00", day=date(2027, 12, 6), nights=1, repeats=YEARLY, until=date(2029, 12, 6))

    assert clocks(wished) == ["06.12. 00.00–07.12. 00.00"] * 3
    assert [start.year for start, _end in times_of(wished)] == [2027, 2028, 2029]


def test_the_leap_day_comes_in_leap_years_only():
    wished = wish(day=date(2028, 2, 29), repeats=YEARLY, until=date(2033, 1, 1))

    assert [start.year for start, _end in times_of(wished)] == [2028, 2032]


def test_days_that_touch_are_one_time():
    days = wish(
        "00:00", "00:00", nights=1, repeats=WEEKLY, weekdays=range(1, 8), until=TUESDAY + timedelta(days=6)
    )

    assert clocks(days) == ["02.02. 00.00–09.02. 00.00"]


# --- What is wrong with a wish --------------------------------------------------------------------


def test_a_wish_that_can_be_granted_has_no_problems():
    assert codes(wish()) == set()
    assert codes(wish(repeats=WEEKLY, weekdays=[2], until=date(2036, 12, 31))) == set()
    assert codes(wish(repeats=YEARLY, until=date(2036, 12, 31))) == set()


@pytest.mark.parametrize(
    ("wished", "expected"),
    [
        (wish(spaces=[]), {"no_spaces"}),
        (wish(reason={"reason_fi": " ", "reason_sv": "Renovering"}), {"reason_missing"}),
        (wish("20:00", "18:00"), {"ends_before_start"}),
        (wish("18:00", "18:00"), {"ends_before_start"}),
        (wish(repeats=YEARLY), {"last_day_missing"}),
        (wish(repeats=WEEKLY), {"last_day_missing", "weekdays_missing"}),
        (wish(repeats=WEEKLY, weekdays=[8], until=TUESDAY), {"weekdays_missing"}),
        (wish(repeats=WEEKLY, weekdays=[2], every=0, until=TUESDAY), {"every_out_of_range"}),
        (wish(repeats=WEEKLY, weekdays=[2], every=53, until=TUESDAY), {"every_out_of_range"}),
        (wish(repeats=WEEKLY, weekdays=[2], until=MONDAY), {"last_day_before_first"}),
        (wish(repeats=WEEKLY, weekdays=[3], until=TUESDAY), {"no_times"}),
        (wish(day=date(2038, 1, 1)), {"too_far"}),
        (wish(day=date(9999, 12, 31)), {"too_far"}),
        (wish(repeats=YEARLY, until=date(9999, 12, 31)), {"too_far"}),
        (wish(day=MONDAY - timedelta(days=1)), {"in_the_past"}),
        (wish("06:00", "08:00", day=MONDAY), {"in_the_past"}),
        (wish(nights=400), {"too_long"}),
        (wish("00:00", "12:00", repeats=WEEKLY, weekdays=range(1, 8), until=date(2029, 4, 30)), {"too_long"}),
        (wish(repeats=WEEKLY, weekdays=range(1, 8), until=date(2029, 12, 31)), {"too_many_times"}),
        (wish(spaces=SPACES[:21], repeats=WEEKLY, weekdays=range(1, 8), until=FAR), {"too_much"}),
        (wish("20:00", "18:00", spaces=[], reason={}), {"no_spaces", "reason_missing", "ends_before_start"}),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else "",
)
def test_everything_that_is_wrong_is_told_at_once(wished, expected):
    assert codes(wished) == expected


def test_as_many_times_as_may_be_and_as_long_as_may_be():
    assert codes(wish(repeats=WEEKLY, weekdays=range(1, 8), until=FAR)) == set()
    assert codes(wish("18:00", "18:00", nights=400, day=date(2027, 4, 1))) == set()


def test_all_the_citys_schools_can_be_closed_for_some_days_and_one_for_a_year_of_weeks():
    assert (
        codes(wish(spaces=SPACES, repeats=WEEKLY, weekdays=[2, 3], until=TUESDAY + timedelta(days=50)))
        == set()
    )
    assert codes(wish(spaces=SPACES[:100], repeats=WEEKLY, weekdays=[2], until=date(2028, 2, 1))) == set()


def test_what_has_begun_can_be_closed_for_the_rest():
    assert codes(wish("06:00", "09:00", day=MONDAY)) == set()


# --- Sets of time ---------------------------------------------------------------------------------


def minutes(*pairs):
    return [tuple(datetime(2027, 2, 1, tzinfo=UTC) + timedelta(minutes=n) for n in pair) for pair in pairs]


@pytest.mark.parametrize(
    ("stretches", "holes", "left"),
    [
        ([(0, 10)], [], [(0, 10)]),
        ([(0, 10)], [(0, 10)], []),
        ([(0, 10)], [(2, 4), (6, 8)], [(0, 2), (4, 6), (8, 10)]),
        ([(2, 4), (6, 8)], [(0, 10)], []),
        ([(0, 4), (6, 10)], [(3, 7)], [(0, 3), (7, 10)]),
        ([(2, 4)], [(0, 2), (4, 6)], [(2, 4)]),
        ([(2, 4), (5, 6)], [(0, 1), (3, 9)], [(2, 3)]),
    ],
)
def test_what_is_left_of_time_without_holes(stretches, holes, left):
    assert without(minutes(*stretches), minutes(*holes)) == minutes(*left)
