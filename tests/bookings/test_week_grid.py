"""The week grid: whatever the stretches, every column is filled from top to bottom, once."""

from datetime import UTC, date, datetime, timedelta

from bookings.week_grid import Column, Stretch, lay_out
from tests.factories import MONDAY, hour

SATURDAY = MONDAY + timedelta(days=5)


def busy(begins: str, ends: str) -> Stretch:
    return Stretch("busy", hour(begins), hour(ends), "Varattu")


def laid_out(*stretches: Stretch, day: date = SATURDAY, first_hour: int = 8, last_hour: int = 12):
    return lay_out([Column("la", day, stretches)], first_hour=first_hour, last_hour=last_hour)


def cells(grid) -> list[tuple[int, str, int]]:
    """Return (row, kind, rows) of every cell."""
    return [(at, cell.kind, cell.rows) for at, row in enumerate(grid.rows) for cell in row.cells]


def test_a_stretch_stands_at_its_hour_as_high_as_it_is_long():
    grid = laid_out(busy("09:00", "10:30"))

    assert cells(grid) == [(0, "nothing", 2), (2, "busy", 3), (5, "nothing", 3)]


def test_a_full_hour_names_itself_for_both_its_rows():
    grid = laid_out()

    assert [row.hour for row in grid.rows] == ["8.00", "", "9.00", "", "10.00", "", "11.00", ""]
    assert grid.rows[0].hour_rows == 2


def test_neighbours_leave_nothing_between_them():
    grid = laid_out(busy("08:00", "10:00"), busy("10:00", "12:00"))

    assert cells(grid) == [(0, "busy", 4), (4, "busy", 4)]


def test_what_does_not_fall_on_a_step_is_drawn_to_the_next_but_never_over_its_neighbour():
    grid = laid_out(busy("08:00", "09:10"), busy("09:10", "10:00"))

    assert cells(grid) == [(0, "busy", 3), (3, "busy", 1), (4, "nothing", 4)]


def test_what_reaches_over_the_edge_is_cut_there():
    yesterday = Stretch("busy", hour("20:00") - timedelta(days=1), hour("09:00"))

    assert cells(laid_out(yesterday, busy("11:00", "23:00"))) == [
        (0, "busy", 2),
        (2, "nothing", 4),
        (6, "busy", 2),
    ]


def test_what_lies_outside_is_not_drawn():
    assert cells(laid_out(busy("06:00", "07:30"), busy("13:00", "14:00"))) == [(0, "nothing", 8)]


def test_a_day_can_end_at_midnight():
    until_midnight = Stretch("busy", hour("23:00"), hour("00:00") + timedelta(days=1))

    assert cells(laid_out(until_midnight, first_hour=22, last_hour=24)) == [(0, "nothing", 2), (2, "busy", 2)]


def test_the_doubled_hour_of_autumn_shares_its_rows():
    begins = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # three o'clock in summer time
    first = Stretch("busy", begins, begins + timedelta(hours=1))
    second = Stretch("busy", begins + timedelta(hours=1), begins + timedelta(hours=2))

    grid = laid_out(first, second, day=date(2026, 10, 25), first_hour=2, last_hour=5)

    assert sum(rows for _at, _kind, rows in cells(grid)) == 6


def test_a_free_start_books_a_longer_time_than_its_cell_is_high():
    start = Stretch("free", hour("09:00"), hour("09:30"), books_until=hour("11:00"))

    [cell] = [cell for row in laid_out(start).rows for cell in row.cells if cell.kind == "free"]

    assert cell.rows == 1
    assert cell.period_ends_at == hour("11:00")
