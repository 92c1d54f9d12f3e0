"""A week of one space: starts that can be pressed, as a grid and as a list."""

from datetime import date, timedelta

import pytest

from bookings import week
from tests.factories import MONDAY, NOW, create_booking, create_space, create_venue, hour, open_daily
from venues.clock import local
from venues.models import Space

pytestmark = pytest.mark.django_db
SATURDAY = MONDAY + timedelta(days=5)
TWO_HOURS = timedelta(hours=2)


def create_hall(opens: str = "09:00", closes: str = "21:00", **facts) -> Space:
    venue = create_venue()
    open_daily(venue.timetable, opens, closes)
    return Space.objects.with_place().get(pk=create_space(venue=venue, **facts).pk)


def week_of(space: Space, *, length: timedelta = TWO_HOURS, monday: date = MONDAY, mine: int | None = None):
    return week.of(space, monday, length=length, now=NOW, mine=mine)


def starts(shown: week.Week, day: date = SATURDAY) -> list[str]:
    return [
        f"{local(start.starts_at):%H:%M}"
        for found in shown.coming_days
        if found.day == day
        for start in found.starts
    ]


def pressable(shown: week.Week, day: date = SATURDAY) -> list[str]:
    cells = [cell for row in shown.grid.rows for cell in row.cells if cell.column.day == day]
    return [f"{local(cell.starts_at):%H:%M}" for cell in cells if cell.kind == "free"]


def test_every_start_from_which_the_whole_length_is_free_is_offered_and_no_other():
    hall = create_hall(closes="13:00")

    assert starts(week_of(hall)) == ["09:00", "09:30", "10:00", "10:30", "11:00"]
    assert starts(week_of(hall, length=timedelta(hours=4))) == ["09:00"]
    assert starts(week_of(hall, length=timedelta(hours=5))) == []


def test_grid_and_list_offer_the_same():
    hall = create_hall()
    create_booking(hall, "12:00", "14:30")
    shown = week_of(hall)

    assert pressable(shown) == starts(shown)


def test_a_start_books_as_long_as_was_asked():
    shown = week_of(create_hall())

    first = next(day for day in shown.coming_days if day.day == SATURDAY).starts[0]
    assert (first.starts_at, first.period_ends_at) == (hour("09:00"), hour("11:00"))


def test_a_space_that_begins_on_the_hour_offers_hours():
    assert starts(week_of(create_hall(closes="13:00", start_step=60))) == ["09:00", "10:00", "11:00"]


def test_an_odd_end_of_somebody_elses_time_offers_that_minute_and_then_half_hours():
    hall = create_hall(closes="13:00", start_step=5)
    create_booking(hall, "09:00", "10:10")

    assert starts(week_of(hall)) == ["10:10", "10:30", "11:00"]


def test_a_booking_may_begin_on_sunday_and_end_on_monday():
    hall = create_hall(opens="00:00", closes="00:00")

    assert starts(week_of(hall), SATURDAY + timedelta(days=1))[-1] == "23:30"


def test_the_week_shows_the_hours_in_which_it_is_open():
    grid = week_of(create_hall(opens="16:00", closes="20:30")).grid

    assert grid.rows[0].hour == "16.00"
    assert len(grid.rows) == (21 - 16) * 2


def test_days_that_are_over_are_not_in_the_list():
    shown = week.of(
        create_hall(), MONDAY, length=TWO_HOURS, now=hour("08:00", day=MONDAY + timedelta(days=2))
    )

    assert [day.day for day in shown.coming_days] == [
        MONDAY + timedelta(days=number) for number in range(2, 7)
    ]


def test_taken_time_is_told_and_ones_own_is_told_apart():
    hall = create_hall()
    booking = create_booking(hall, "10:00", "12:00")

    def told(**asked) -> list[str]:
        return [
            text for day in week_of(hall, **asked).coming_days if day.day == SATURDAY for text in day.told
        ]

    assert told() == ["Varattu 10.00–12.00"]
    assert told(mine=booking.pk) == ["Sinun 10.00–12.00"]


def test_a_day_without_free_time_says_why_once():
    venue = create_venue()
    shown = week_of(Space.objects.with_place().get(pk=create_space(venue=venue).pk))

    assert [list(day.told) for day in shown.coming_days] == [["Suljettu"]] * 7
    assert shown.first_free_day is None


@pytest.mark.parametrize("monday", [date(2027, 3, 22), date(2027, 10, 25)])
def test_the_nights_of_clock_change_offer_only_starts_that_can_be_booked(monday):
    hall = create_hall(opens="00:00", closes="00:00")
    sunday = monday + timedelta(days=6)
    shown = week_of(hall, monday=monday, length=timedelta(minutes=30))

    (day,) = [day for day in shown.coming_days if day.day == sunday]
    lengths = {start.period_ends_at - start.starts_at for start in day.starts}
    assert lengths == {timedelta(minutes=30)}
    assert len(day.starts) == (46 if monday.month == 3 else 50)
