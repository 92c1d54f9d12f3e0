"""What becomes of a space's time: rows without gaps, and nothing that is nobody's business."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from bookings import timeline
from bookings.timeline import Kind
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_closure,
    create_gym,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues import openings
from venues.clock import at, exact, local
from venues.models import OpeningException, Space

pytestmark = pytest.mark.django_db
SATURDAY = MONDAY + timedelta(days=5)
MORROW = SATURDAY + timedelta(days=1)


def rows_of(*spaces: Space, day: date = SATURDAY, **asked) -> list[tuple]:
    """Return (kind, from, to) of one day, with the reason if there is one."""
    loaded = [Space.objects.with_place().get(pk=space.pk) for space in spaces]
    found = timeline.rows(loaded, at(day), at(day + timedelta(days=1)), now=NOW, **asked)
    return [
        (
            row.kind,
            f"{at_clock(row.starts_at)}-{at_clock(row.ends_at)}",
            *([row.reason] if row.reason else []),
        )
        for row in found
    ]


def at_clock(instant: datetime) -> str:
    return f"{local(instant):%H}"


def create_hall(opens: str = "09:00", closes: str = "21:00", **facts) -> Space:
    venue = create_venue()
    open_daily(venue.timetable, opens, closes)
    return create_space(venue=venue, **facts)


def test_a_day_is_closed_then_free_then_closed():
    assert rows_of(create_hall()) == [
        (Kind.CLOSED, "00-09"),
        (Kind.FREE, "09-21"),
        (Kind.CLOSED, "21-00"),
    ]


def test_taken_time_parts_what_is_free():
    hall = create_hall()
    create_booking(hall, "12:00", "14:00")

    assert rows_of(hall)[1:-1] == [(Kind.FREE, "09-12"), (Kind.BUSY, "12-14"), (Kind.FREE, "14-21")]


def test_what_lies_between_two_bookings_is_free_only_if_a_booking_fits():
    hall = create_hall()
    create_booking(hall, "10:00", "14:00")
    create_booking(hall, "15:00", "21:00")

    assert (Kind.FREE, "14-15") in rows_of(hall)
    assert (Kind.SPARE, "14-15") in rows_of(hall, length=timedelta(hours=2))
    assert (Kind.SPARE, "09-10") in rows_of(hall, length=timedelta(hours=2))


def test_time_for_setting_up_is_not_free():
    hall = create_hall(setup_minutes=60, cleanup_minutes=60)
    create_booking(hall, "12:00", "14:00")

    assert rows_of(hall)[1:-1] == [
        (Kind.FREE, "09-11"),
        (Kind.SPARE, "11-12"),
        (Kind.BUSY, "12-14"),
        (Kind.SPARE, "14-15"),
        (Kind.FREE, "15-21"),
    ]


def test_parts_of_a_hall_stand_in_each_others_way_only_where_they_share_floor():
    whole, a, b, a_and_c = create_gym()
    create_booking(a, "10:00", "12:00")

    assert (Kind.BUSY, "10-12") in rows_of(whole)
    assert (Kind.BUSY, "10-12") in rows_of(a_and_c)
    assert rows_of(b) == [(Kind.FREE, "00-00")]


def test_a_closed_day_says_why():
    hall = create_hall()
    OpeningException.objects.create(timetable=hall.venue.timetable, date=SATURDAY, reason_fi="Joulu")
    openings.rebuild(hall.venue.timetable, today=MONDAY)

    assert rows_of(hall) == [(Kind.CLOSED, "00-00", "Joulu")]


def test_a_closure_within_the_day_says_why():
    hall = create_hall()
    create_closure(hall, hour("10:00"), hour("12:00"), reason="Lattia lakataan")

    assert (Kind.CLOSED, "10-12", "Lattia lakataan") in rows_of(hall)


def test_what_has_begun_is_past_and_what_is_far_ahead_is_later():
    hall = create_hall(opens="00:00", closes="00:00", ahead_days=5)

    assert rows_of(hall, day=MONDAY) == [(Kind.PAST, "00-08"), (Kind.FREE, "08-00")]
    assert rows_of(hall)[-1][0] == Kind.LATER


def test_too_soon_is_past_too():
    hall = create_hall(opens="00:00", closes="00:00", notice_hours=12)

    assert rows_of(hall, day=MONDAY)[0] == (Kind.PAST, "00-20")


def test_days_too_soon_by_the_weekday_and_after_the_last_are_told_apart():
    hall = create_hall(opens="00:00", closes="00:00", notice_weekdays=1, ahead_until=date(2027, 2, 5))

    assert rows_of(hall, day=MONDAY) == [(Kind.PAST, "00-00")]
    assert rows_of(hall, day=date(2027, 2, 2))[0][0] == Kind.FREE
    assert rows_of(hall, day=date(2027, 2, 6)) == [(Kind.LATER, "00-00")]


def test_rows_have_no_gaps_even_on_the_nights_of_clock_change():
    spaces = list(create_gym())
    for day in (date(2027, 3, 28), date(2027, 10, 31)):
        start, end = exact(at(day)), exact(at(day + timedelta(days=1)))
        for space in spaces:
            loaded = Space.objects.with_place().get(pk=space.pk)
            rows = timeline.rows([loaded], start, end, now=NOW)

            assert rows[0].starts_at == start
            assert rows[-1].ends_at == end
            assert all(one.ends_at == two.starts_at for one, two in pairwise(rows))


def test_four_statements_however_many_spaces(django_assert_num_queries):
    spaces = [Space.objects.with_place().get(pk=space.pk) for space in create_gym()]

    with django_assert_num_queries(4):
        timeline.rows(spaces, at(SATURDAY), at(MORROW), now=NOW)


def test_who_has_the_time_is_told_only_where_the_city_shows_it():
    shown, hidden = create_hall(holder_is_public=True), create_hall()
    club = create_organisation(name="Idän Sähly ry")
    for hall in [shown, hidden]:
        create_booking(hall, "10:00", "12:00", organisation=club)
        create_booking(hall, "14:00", "15:00", customer=create_user("Aino"))

    assert (Kind.BUSY, "10-12", "Idän Sähly ry") in rows_of(shown)
    assert (Kind.BUSY, "14-15", "Aino") in rows_of(shown)
    assert (Kind.BUSY, "10-12") in rows_of(hidden)


def test_whose_time_it_is_that_is_not_agreed_yet_is_nobodys_business():
    hall = create_hall(holder_is_public=True, approval="request")
    create_booking(hall, "10:00", "12:00")

    assert (Kind.BUSY, "10-12") in rows_of(hall)
