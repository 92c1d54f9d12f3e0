"""Every date of a season before it is booked: free or why not, and what else, in as many statements."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.problems import Refused
from bookings.ledger import ledger
from tests.bookings.seasons import (
    FIRST,
    NOW,
    TODAY,
    create_club,
    create_season_gym,
    day_of,
    on,
    tuesday,
    tuesdays,
)
from tests.factories import (
    create_booking,
    create_closure,
    create_space,
    create_user,
    create_venue,
    open_weekly,
)
from venues.models import Purpose

pytestmark = pytest.mark.django_db


def codes(book) -> list[list[str]]:
    return [[problem.code for problem in row.problems] for row in book.rows]


def test_every_date_of_the_season_is_judged_and_not_only_the_first_two():
    _whole, a, _b, _rest = create_season_gym()
    mikael, club = create_club()
    create_booking(a, tuesday(12), tuesday(12, "20:00"), now=NOW)

    found = ledger(tuesdays(a, organisation=club), customer=mikael, now=NOW)

    assert codes(found) == [[]] * 11 + [["time_taken"]]
    assert found.free == 11
    assert [day_of(row.turn.starts_at) for row in found.rows] == [
        FIRST + timedelta(weeks=n) for n in range(12)
    ]


def test_a_date_is_not_free_for_other_reasons_than_bookings_too():
    venue = create_venue()
    open_weekly(venue.timetable, range(1, 8), "08:00", "22:00", today=TODAY)
    _whole, a, _b, _rest = create_season_gym(venue=venue)
    create_closure(a, tuesday(2, "00:00"), tuesday(2, "23:00"), reason="Lattian lakkaus", now=NOW)
    asked = tuesdays(a, weekdays=[2, 7], weeks=15, without_holidays=True)

    found = ledger(asked, customer=create_user(), now=NOW)

    by_day = {day_of(row.turn.starts_at): row for row in found.rows if row.problems}
    assert set(by_day) == {FIRST + timedelta(weeks=1), date(2026, 12, 6)}
    closed, holiday = by_day[FIRST + timedelta(weeks=1)], by_day[date(2026, 12, 6)]
    assert "Lattian lakkaus" in str(closed.problems[0].message)
    assert (holiday.problems[0].code, holiday.is_left_out, holiday.alternatives) == (
        "public_holiday",
        True,
        (),
    )


def test_the_reason_of_a_closure_that_is_not_public_is_not_told():
    _whole, a, _b, _rest = create_season_gym()
    times = tuesday(1, "00:00"), tuesday(1, "23:00")
    create_closure(a, *times, reason="Murto", is_reason_public=False, now=NOW)

    (row, *_rows) = ledger(tuesdays(a), customer=create_user(), now=NOW).rows

    assert [problem.code for problem in row.problems] == ["closed"]
    assert "Murto" not in str(row.problems[0].message)


def test_what_is_free_instead_is_another_part_first_then_another_gym_then_another_time():
    _whole, a, b, _rest = create_season_gym()
    dance = create_space(venue=a.venue, name_fi="Tanssisali")
    create_booking(a, tuesday(3, "18:30"), tuesday(3, "19:30"), now=NOW)

    rows = ledger(tuesdays(a), customer=create_user(), now=NOW).rows

    offered = [(offer.space, offer.starts_at, offer.ends_at) for offer in rows[2].alternatives]
    assert offered == [
        (b, tuesday(3), tuesday(3, "20:00")),
        (dance, tuesday(3), tuesday(3, "20:00")),
        (a, tuesday(3, "16:30"), tuesday(3, "18:30")),
        (a, tuesday(3, "19:30"), tuesday(3, "21:30")),
    ]
    assert not rows[0].alternatives


def test_what_could_not_hold_it_is_not_offered():
    sports, meeting = (Purpose.objects.create(code=code, name_fi=code) for code in ("sports", "meeting"))
    whole, a, b, _rest = create_season_gym()
    room, small = (create_space(venue=a.venue, capacity=capacity) for capacity in (None, 5))
    for space, purpose in ((a, sports), (b, sports), (room, meeting), (small, sports)):
        space.purposes.add(purpose)
    create_booking(whole, tuesday(1, "00:00"), tuesday(1, "12:00"), now=NOW)
    create_booking(whole, tuesday(1, "12:00"), tuesday(1, "23:30"), now=NOW)

    (row, *_rows) = ledger(tuesdays(a, attendees=12), customer=create_user(), now=NOW).rows

    assert row.problems
    assert row.alternatives == []


def test_a_quota_counts_the_dates_of_the_series_itself():
    _whole, a, _b, _rest = create_season_gym(quota_week=1)
    found = ledger(tuesdays(a, weekdays=[2, 4], weeks=3), customer=create_user(), now=NOW)

    assert codes(found) == [[], ["quota_week"]] * 2 + [[]]


def test_what_is_offered_keeps_the_quota_beside_the_dates_of_the_series():
    _whole, a, _b, _rest = create_season_gym(quota_week=1)
    create_booking(a, on(FIRST + timedelta(days=2), "18:00"), on(FIRST + timedelta(days=2), "20:00"), now=NOW)

    found = ledger(tuesdays(a, weekdays=[2, 4], weeks=2), customer=create_user(), now=NOW)

    assert codes(found) == [[], ["time_taken", "quota_week"], []]
    assert found.rows[1].alternatives == []


def test_whatever_is_wrong_with_the_wish_itself_is_refused_at_once():
    _whole, a, _b, _rest = create_season_gym()

    with pytest.raises(Refused) as refused:
        ledger(tuesdays(a, weekdays=[], every_weeks=60), customer=create_user(), now=NOW)

    assert refused.value.codes == {"weekdays_missing", "every_out_of_range"}


def test_whether_the_venue_decides_is_said_before():
    _whole, a, _b, _rest = create_season_gym(approval_above=20)
    aino = create_user()

    assert not ledger(tuesdays(a, attendees=20), customer=aino, now=NOW).is_by_request
    assert ledger(tuesdays(a, attendees=21), customer=aino, now=NOW).is_by_request


def test_it_takes_as_many_statements_for_sixty_dates_of_three_parts_as_for_five():
    whole, a, *_rest = create_season_gym(quota_day=5)
    mikael, club = create_club()
    create_closure(whole, tuesday(2, "00:00"), tuesday(2, "23:00"), now=NOW)
    for week in (3, 4, 15, 25):
        create_booking(a, tuesday(week), tuesday(week, "20:00"), now=NOW)

    def statements(dates: int, weekdays) -> int:
        asked = tuesdays(a, weekdays=weekdays, last_on=None, count=dates, organisation=club)
        with CaptureQueriesContext(connection) as captured:
            assert len(ledger(asked, customer=mikael, now=NOW).rows) == dates
        return len(captured)

    # The space, bans, rivals, spaces, times, closures and which, quotas, other times.
    assert statements(60, [2, 5]) == statements(5, [2]) == 9
