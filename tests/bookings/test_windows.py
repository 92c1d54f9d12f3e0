"""When somebody would like to come, in local time."""

from datetime import date, time, timedelta

from bookings.windows import windows
from tests.factories import MONDAY, hour

SUNDAY = MONDAY + timedelta(days=6)


def test_weekends_from_ten_to_four():
    found = windows(MONDAY, SUNDAY, {6, 7}, time(10), time(16))

    assert found == [(hour("10:00"), hour("16:00")), (hour("10:00", day=SUNDAY), hour("16:00", day=SUNDAY))]


def test_midnight_to_midnight_is_the_whole_day():
    assert windows(MONDAY, MONDAY) == [
        (hour("00:00", day=MONDAY), hour("00:00", day=MONDAY + timedelta(days=1)))
    ]


def test_an_evening_past_midnight_ends_on_the_next_day():
    ((start, end),) = windows(MONDAY, MONDAY, time_from=time(22), time_to=time(2))

    assert end - start == timedelta(hours=4)


def test_the_night_of_a_clock_change_is_an_hour_longer_or_shorter():
    autumn, spring = date(2026, 10, 25), date(2027, 3, 28)

    ((start, end),) = windows(autumn, autumn, time_from=time(2), time_to=time(6))
    assert end - start == timedelta(hours=5)

    ((start, end),) = windows(spring, spring, time_from=time(2), time_to=time(6))
    assert end - start == timedelta(hours=3)


def test_a_window_within_the_hour_that_spring_skips_is_left_out():
    spring = date(2027, 3, 28)

    assert windows(spring, spring, time_from=time(3, 10), time_to=time(3, 50)) == []
