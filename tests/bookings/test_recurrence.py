"""Which turns a series means: the last day, clock changes, holidays, weeks, and a series in its own way."""

from datetime import date, time, timedelta
from itertools import pairwise

import pytest

from bookings import recurrence
from bookings.recurrence import SeriesWish
from venues import city_calendar
from venues.clock import at, local
from venues.fields import footprint
from venues.models import SchoolPeriod, Space

TODAY = date(2026, 8, 3)
TUESDAY = date(2026, 8, 4)


def gym(**facts) -> Space:
    return Space(footprint=footprint((0,)), **{"setup_minutes": 0, "cleanup_minutes": 0} | facts)


def series(**said) -> SeriesWish:
    defaults = {
        "space": gym(),
        "weekdays": [2],
        "first_on": TUESDAY,
        "last_on": date(2026, 8, 25),
        "starts": time(18),
        "ends": time(20),
    }
    return SeriesWish(**defaults | said)


def turns(asked: SeriesWish, *periods: SchoolPeriod) -> list[recurrence.Turn]:
    last = recurrence.last_day_of(asked)
    return recurrence.turns(asked, city_calendar.calendar(periods, asked.first_on, last))


def days(asked: SeriesWish, *periods: SchoolPeriod) -> list[date]:
    return [local(turn.starts_at).date() for turn in turns(asked, *periods) if not turn.skipped]


def codes(asked: SeriesWish, *, today: date = TODAY) -> set[str]:
    return {problem.code for problem in recurrence.problems_with(asked, today=today)}


# --- Which days -----------------------------------------------------------------------------------


def test_the_last_day_is_one_of_them():
    assert days(series(last_on=date(2026, 8, 25))) == [date(2026, 8, day) for day in (4, 11, 18, 25)]
    assert days(series(last_on=date(2026, 8, 24))) == [date(2026, 8, day) for day in (4, 11, 18)]
    assert days(series(last_on=TUESDAY)) == [TUESDAY]


def test_a_late_evening_on_the_last_day_ends_on_the_day_after():
    last = turns(series(starts=time(23), ends=time(1)))[-1]

    assert (last.starts_at, last.ends_at) == (at(date(2026, 8, 25), time(23)), at(date(2026, 8, 26), time(1)))


def test_a_first_day_that_is_another_weekday_is_none_of_them():
    assert days(series(first_on=date(2026, 8, 5)))[0] == date(2026, 8, 11)


def test_several_weekdays_come_in_order_and_each_once():
    asked = series(weekdays=[4, 2, 2], last_on=date(2026, 8, 13))

    assert days(asked) == [date(2026, 8, day) for day in (4, 6, 11, 13)]


def test_every_other_week_is_counted_from_the_week_of_the_first_day():
    # From a Wednesday on: the Monday of that week is over, and the next week is none.
    asked = series(weekdays=[1, 5], first_on=date(2026, 8, 5), every_weeks=2, last_on=date(2026, 8, 31))

    assert days(asked) == [date(2026, 8, day) for day in (7, 17, 21, 31)]


def test_so_many_times():
    assert days(series(last_on=None, count=3)) == [date(2026, 8, day) for day in (4, 11, 18)]


# --- Clocks ---------------------------------------------------------------------------------------


def test_six_oclock_stays_six_oclock_over_october():
    asked = series(weekdays=[7], first_on=date(2026, 10, 18), last_on=date(2026, 11, 1))

    shown = [(local(turn.starts_at).time(), local(turn.ends_at).time()) for turn in turns(asked)]
    assert shown == [(time(18), time(20))] * 3
    lengths = {turn.ends_at - turn.starts_at for turn in turns(asked)}
    assert lengths == {timedelta(hours=2)}
    steps = [turn.starts_at - before.starts_at for before, turn in pairwise(turns(asked))]
    assert steps == [timedelta(days=7, hours=1), timedelta(days=7)]


def test_a_night_of_october_has_an_hour_more():
    asked = series(
        weekdays=[6], first_on=date(2026, 10, 24), last_on=date(2026, 10, 24), starts=time(22), ends=time(6)
    )

    (night,) = turns(asked)
    assert night.ends_at - night.starts_at == timedelta(hours=9)


def test_the_hour_that_march_skips_is_no_time_and_the_weeks_around_it_are():
    asked = series(
        weekdays=[7],
        first_on=date(2027, 3, 14),
        last_on=date(2027, 4, 4),
        starts=time(3),
        ends=time(3, 30),
        without_holidays=False,
    )

    found = turns(asked)
    assert [turn.skipped and turn.skipped.code for turn in found] == [None, None, "no_such_time", None]
    assert all(turn.starts_at < turn.ends_at for turn in found)


def test_a_turn_that_would_end_in_the_hour_that_march_skips_is_none_either():
    asked = series(
        weekdays=[7],
        first_on=date(2027, 3, 21),
        last_on=date(2027, 3, 28),
        starts=time(2),
        ends=time(3, 30),
        without_holidays=False,
    )

    assert [turn.skipped and turn.skipped.code for turn in turns(asked)] == [None, "no_such_time"]


# --- Odd days -------------------------------------------------------------------------------------


def test_the_leap_day_is_a_day_like_others():
    asked = series(first_on=date(2028, 2, 22), last_on=date(2028, 3, 7))

    assert days(asked) == [date(2028, 2, 22), date(2028, 2, 29), date(2028, 3, 7)]


def test_every_other_week_goes_on_over_a_year_with_fifty_three_weeks():
    assert date(2026, 12, 29).isocalendar().week == 53
    asked = series(first_on=date(2026, 12, 15), last_on=date(2027, 1, 26), every_weeks=2)

    assert days(asked) == [date(2026, 12, 15), date(2026, 12, 29), date(2027, 1, 12), date(2027, 1, 26)]


def test_the_night_of_new_year_belongs_to_the_day_on_which_it_begins():
    asked = series(
        weekdays=[4],
        first_on=date(2026, 12, 31),
        last_on=date(2026, 12, 31),
        starts=time(22),
        ends=time(2),
        without_holidays=True,
    )

    (night,) = turns(asked)
    assert not night.skipped
    assert (night.starts_at, night.ends_at) == (
        at(date(2026, 12, 31), time(22)),
        at(date(2027, 1, 1), time(2)),
    )


@pytest.mark.parametrize(
    ("first", "hours"),
    [
        (date(2026, 10, 17), [5, 6, 5]),  # the clocks go back in the second night
        (date(2027, 3, 20), [5, 4, 5]),  # and forward
    ],
)
def test_nights_end_when_the_clocks_say_so_on_both_nights_of_change(first, hours):
    last = first + timedelta(days=14)
    asked = series(
        weekdays=[6], first_on=first, last_on=last, starts=time(23), ends=time(4), without_holidays=False
    )

    assert [(turn.ends_at - turn.starts_at) / timedelta(hours=1) for turn in turns(asked)] == hours


# --- Holidays -------------------------------------------------------------------------------------


def test_public_holidays_are_left_out_by_name_and_only_if_one_wants_that():
    asked = series(weekdays=[7, 2], first_on=date(2026, 12, 1), last_on=date(2026, 12, 8))

    (independence,) = [turn for turn in turns(asked) if turn.skipped]
    assert local(independence.starts_at).date() == date(2026, 12, 6)
    assert independence.skipped.code == "public_holiday"
    assert "Itsenäisyyspäivä" in str(independence.skipped.message)
    assert independence.is_left_out
    assert date(2026, 12, 6) in days(series(**vars(asked) | {"without_holidays": False}))


def test_school_holidays_are_breaks_and_what_lies_outside_known_terms():
    term = SchoolPeriod(kind="term", first=date(2026, 8, 11), last=date(2026, 12, 19))
    autumn = SchoolPeriod(kind="break", first=date(2026, 10, 12), last=date(2026, 10, 16))
    asked = series(last_on=date(2026, 10, 20), without_breaks=True)

    left_out = set(days(series(**vars(asked) | {"without_breaks": False}))) - set(days(asked, term, autumn))
    assert left_out == {TUESDAY, date(2026, 10, 13)}
    assert TUESDAY in days(asked, autumn), "Where no term is known, only breaks are holidays."


# --- In its own way -------------------------------------------------------------------------------


def test_days_and_nights_on_end_do_not_overlap():
    asked = series(weekdays=range(1, 8), starts=time(10), ends=time(10))

    assert len(days(asked)) == 22


def test_a_series_that_needs_time_between_its_turns_overlaps_itself_and_every_other_turn_says_so():
    asked = series(
        space=gym(cleanup_minutes=30),
        weekdays=range(1, 8),
        last_on=date(2026, 8, 7),
        starts=time(10),
        ends=time(10),
    )

    assert [turn.skipped and turn.skipped.code for turn in turns(asked)] == [
        None,
        "overlaps_itself",
        None,
        "overlaps_itself",
    ]


# --- What is wrong with it ------------------------------------------------------------------------


def test_everything_that_is_wrong_is_told_and_not_only_the_first():
    asked = series(weekdays=[], every_weeks=0, last_on=date(2026, 8, 3))

    assert codes(asked) == {"weekdays_missing", "every_out_of_range", "last_day_before_first"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"last_on": None}, "last_day_missing"),
        ({"count": 3}, "last_day_or_count"),
        ({"last_on": None, "count": 401}, "count_out_of_range"),
        ({"weekdays": [8]}, "weekdays_missing"),
        ({"last_on": TUESDAY, "weekdays": [3]}, "no_turns"),
        ({"first_on": date(2028, 1, 1), "last_on": date(2028, 2, 1)}, "too_far"),
        ({"first_on": date(2026, 7, 1), "last_on": date(2026, 7, 31)}, "in_the_past"),
        ({"first_on": date(1, 1, 1)}, "in_the_past"),
        ({"first_on": date(9999, 12, 1), "last_on": date(9999, 12, 31)}, "too_far"),
    ],
)
def test_what_is_no_series(said, code):
    assert codes(series(**said)) == {code}


def test_a_season_at_a_time_its_last_day_included():
    first = date(2026, 9, 1)

    assert codes(series(first_on=first, last_on=date(2027, 6, 1))) == set()
    (problem,) = recurrence.problems_with(series(first_on=first, last_on=date(2027, 6, 2)), today=TODAY)
    assert (problem.code, problem.field) == ("longer_than_a_season", "last_on")
    assert "1.6.2027" in str(problem.message)
    assert codes(series(first_on=first, last_on=None, count=60)) == {"longer_than_a_season"}
