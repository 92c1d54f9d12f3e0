"""A season booked in one go: what is free, all or none, or with replacements; nobody without a reason."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.problems import Refused
from bookings import dates, invariants, lifecycle, series
from bookings.models import Booking, MissedDate, Occupancy, Sanction, Series, Status
from bookings.series_changes import Move, change
from bookings.wishes import Wish
from tests.bookings.seasons import (
    FIRST,
    NOW,
    create_club,
    create_season_gym,
    day_of,
    on,
    tuesday,
    tuesdays,
)
from tests.factories import create_booking, create_closure, create_manager, create_user
from tests.sql import execute

pytestmark = pytest.mark.django_db


def book(asked, *, customer=None, now=NOW, **how) -> series.Booked:
    return series.book(asked, customer=customer or create_user("Mikael"), now=now, **how)


def refused(asked, **how) -> Refused:
    with pytest.raises(Refused) as refusal:
        book(asked, **how)
    return refusal.value


def starts(dates) -> list:
    return [date.starts_at for date in dates]


# --- The free ones --------------------------------------------------------------------------------


def test_mikael_books_thirty_five_tuesdays_in_one_go():
    _whole, a, _b, _rest = create_season_gym()
    mikael, club = create_club()

    booked = book(tuesdays(a, weeks=35, organisation=club, purpose="Säbä"), customer=mikael)

    assert starts(booked.made) == [tuesday(week) for week in range(1, 36)]
    assert booked.missed == []
    (booking,) = booked.bookings
    assert (booking.status, booking.organisation, booking.purpose) == (Status.CONFIRMED, club, "Säbä")
    assert booking.series == booked.series
    assert (booked.series.space, booked.series.first_on) == (a, FIRST)
    assert set(Occupancy.objects.values_list("booking", flat=True)) == {booking.pk}
    assert list(invariants.findings(now=NOW)) == []


def test_the_hour_does_not_drift_over_october_and_the_last_day_is_one_of_them():
    _whole, a, _b, _rest = create_season_gym()

    book(tuesdays(a, weekdays=[7], first_on=date(2026, 10, 18), last_on=date(2026, 11, 1)))

    assert starts(Occupancy.objects.order_by("starts_at")) == [
        on(day, "18:00") for day in (date(2026, 10, 18), date(2026, 10, 25), date(2026, 11, 1))
    ]


def test_a_conflict_in_week_twelve_is_missed_with_its_reason_in_three_languages():
    _whole, a, _b, _rest = create_season_gym()
    create_booking(a, tuesday(12, "19:00"), tuesday(12, "21:00"), now=NOW)

    booked = book(tuesdays(a, weeks=13))

    assert starts(booked.made) == [tuesday(week) for week in range(1, 14) if week != 12]
    missed = MissedDate.objects.get()
    assert (missed.series, missed.space, missed.starts_at) == (booked.series, a, tuesday(12))
    (problem,) = missed.problems
    assert problem["code"] == "time_taken"
    assert problem["en"] == "This time is already taken. Choose another."
    assert len({problem[language] for language in ("fi", "sv", "en")}) == 3


def test_dates_are_missed_for_other_reasons_than_bookings_too():
    _whole, a, _b, _rest = create_season_gym(quota_week=1)
    create_closure(a, tuesday(2, "00:00"), tuesday(2, "23:00"), reason="Lattian lakkaus", now=NOW)
    asked = tuesdays(a, weeks=14, weekdays=[2, 7], without_holidays=True)

    book(asked)

    reasons = {
        day_of(missed.starts_at): [problem["code"] for problem in missed.problems]
        for missed in MissedDate.objects.all()
    }
    sundays = {FIRST + timedelta(weeks=n, days=5) for n in range(13) if n != 1}
    closed = {FIRST + timedelta(weeks=1): ["closed"]}
    assert reasons == closed | {day: ["quota_week"] for day in sundays}
    assert "Lattian lakkaus" in MissedDate.objects.get(starts_at=tuesday(2)).problems[0]["sv"]


def test_a_holiday_that_was_left_out_is_told_by_its_name_in_each_language():
    _whole, a, _b, _rest = create_season_gym()

    booked = book(
        tuesdays(
            a, weekdays=[7], first_on=date(2026, 11, 29), last_on=date(2026, 12, 13), without_holidays=True
        )
    )

    (missed,) = booked.missed
    (problem,) = missed.problems
    assert problem["code"] == "public_holiday"
    assert problem["fi"].startswith("Itsenäisyyspäivä")
    assert problem["sv"].startswith("Självständighetsdagen")
    assert problem["en"].startswith("Independence Day")


def test_a_series_in_its_own_way_gets_every_other_turn_and_a_reason_for_the_rest():
    _whole, a, _b, _rest = create_season_gym(cleanup_minutes=30, max_minutes=24 * 60)
    asked = tuesdays(a, weekdays=[1, 2, 3, 4], weeks=1, last_on=FIRST + timedelta(days=2))
    asked = series.replace(asked, starts=on(FIRST, "10:00").time(), ends=on(FIRST, "10:00").time())

    booked = book(asked)

    assert [day_of(date.starts_at) for date in booked.made] == [FIRST, FIRST + timedelta(days=2)]
    assert booked.missed[0].problems[0]["code"] == "overlaps_itself"


def test_if_nothing_is_free_nothing_is_written():
    whole, a, _b, _rest = create_season_gym()
    create_closure(whole, tuesday(1, "00:00"), tuesday(3, "23:00"), now=NOW)

    refusal = refused(tuesdays(a, weeks=3))

    assert isinstance(refusal, series.NotAllFree)
    assert refusal.codes == {"nothing_free", "closed"}
    assert "ti 8.9." in refusal.message
    assert not Series.objects.exists()


# --- All or none, and replacements ----------------------------------------------------------------


def test_all_or_none_is_none_if_one_date_is_taken_and_says_which():
    _whole, a, _b, _rest = create_season_gym()
    create_booking(a, tuesday(5), tuesday(5, "20:00"), now=NOW)

    refusal = refused(tuesdays(a, weeks=12), mode="all")

    assert refusal.codes == {"not_all_free", "time_taken"}
    assert [day_of(row.turn.starts_at) for row in refusal.rows if row.problems] == [
        FIRST + timedelta(weeks=4)
    ]
    assert not Series.objects.exists()
    assert Booking.objects.count() == 1


def test_holidays_that_were_left_out_do_not_keep_all_from_being_had():
    _whole, a, _b, _rest = create_season_gym()

    booked = book(tuesdays(a, weekdays=[7], weeks=15, without_holidays=True), mode="all")

    assert [day_of(missed.starts_at) for missed in booked.missed] == [date(2026, 12, 6)]


def test_another_part_and_another_time_replace_what_is_taken():
    _whole, a, b, _rest = create_season_gym()
    for week in (2, 3):
        create_booking(a, tuesday(week), tuesday(week, "20:00"), now=NOW)
    instead = {
        tuesday(2): (b, tuesday(2), tuesday(2, "20:00")),
        tuesday(3): (a, tuesday(3, "20:00"), tuesday(3, "21:30")),
    }

    booked = book(tuesdays(a, weeks=4), mode="all", replacements=instead)

    assert [(date.space, date.starts_at) for date in booked.made] == [
        (a, tuesday(1)),
        (b, tuesday(2)),
        (a, tuesday(3, "20:00")),
        (a, tuesday(4)),
    ]
    assert {booking.space: booking.dates.count() for booking in booked.bookings} == {a: 3, b: 1}
    assert {booking.series for booking in booked.bookings} == {booked.series}


def test_a_replacement_that_is_taken_is_missed_with_its_reason():
    _whole, a, b, _rest = create_season_gym()
    for space in (a, b):
        create_booking(space, tuesday(2), tuesday(2, "20:00"), now=NOW)

    booked = book(tuesdays(a, weeks=3), replacements={tuesday(2): (b, tuesday(2), tuesday(2, "20:00"))})

    assert starts(booked.made) == [tuesday(1), tuesday(3)]
    assert [problem["code"] for problem in booked.missed[0].problems] == ["time_taken"]


def test_replacements_are_not_in_each_others_way():
    whole, a, b, _rest = create_season_gym()
    instead = {
        tuesday(1): (whole, tuesday(3), tuesday(3, "20:00")),
        tuesday(2): (b, tuesday(3), tuesday(3, "20:00")),
    }

    booked = book(tuesdays(a, weeks=3), replacements=instead)

    assert starts(booked.made) == [tuesday(3)]
    assert [missed.problems[0]["code"] for missed in booked.missed] == ["overlaps_itself"] * 2


def test_what_replaces_no_date_is_refused():
    _whole, a, b, _rest = create_season_gym()

    refusal = refused(tuesdays(a), replacements={tuesday(1, "17:00"): (b, tuesday(1), tuesday(1, "20:00"))})

    assert refusal.codes == {"no_such_turn"}


# --- By request, requirements, holds --------------------------------------------------------------


def test_by_request_where_the_venue_decides_until_before_the_first_date():
    _whole, a, _b, _rest = create_season_gym(approval="request", requests_compete=True)
    soon = tuesday(1) - timedelta(days=2)

    (booking,) = book(tuesdays(a, weeks=3), now=soon).bookings

    assert (booking.status, booking.competes, booking.decide_by) == (Status.REQUESTED, True, tuesday(1))
    assert not booking.is_live
    assert create_booking(a, tuesday(2), tuesday(2, "20:00"), now=soon).status == Status.REQUESTED


def test_nobody_waits_for_more_answers_than_one_may():
    _whole, a, b, _rest = create_season_gym(approval="request")
    mikael = create_user("Mikael")
    for week in range(3):
        create_booking(b, tuesday(week + 1), tuesday(week + 1, "20:00"), customer=mikael, now=NOW)

    assert refused(tuesdays(a), customer=mikael).codes == {"too_many_requests"}


def test_what_the_policy_wants_to_be_told_is_asked_once_and_not_for_each_date():
    _whole, a, _b, _rest = create_season_gym(needs_adult=True)

    refusal = refused(tuesdays(a))

    assert [problem.field for problem in refusal.problems] == ["adult_name", "adult_phone"]
    assert book(tuesdays(a, adult_name="Aino", adult_phone="040")).bookings[0].adult_name == "Aino"


def test_a_hold_that_has_run_out_is_no_obstacle_nor_is_ones_own():
    _whole, a, _b, _rest = create_season_gym()
    mikael = create_user("Mikael")
    lifecycle.hold(Wish(a, tuesday(1), tuesday(1, "20:00")), customer=create_user(), now=NOW)
    later = NOW + timedelta(hours=1)
    lifecycle.hold(Wish(a, tuesday(2), tuesday(2, "20:00")), customer=mikael, now=later)

    booked = book(tuesdays(a, weeks=3), customer=mikael, now=later)

    assert starts(booked.made) == [tuesday(1), tuesday(2), tuesday(3)]


def test_who_is_banned_books_no_season():
    _whole, a, _b, _rest = create_season_gym()
    mikael, onni = create_user("Mikael"), create_manager(a.venue)
    Sanction.objects.create(
        kind="ban",
        person=mikael,
        venue=a.venue,
        reason="Sotku",
        until=date(2027, 1, 1),
        proposed_at=NOW,
        proposed_by=onni,
        answer_by=NOW,
        decided_at=NOW,
        decided_by=onni,
    )

    assert refused(tuesdays(a), customer=mikael).codes == {"banned"}


# --- One transaction ------------------------------------------------------------------------------


def test_the_same_again_is_what_it_had_become():
    whole, a, *_others = create_season_gym()
    made = book(tuesdays(whole, weeks=6))
    mikael = made.series.customer
    later = {"scope": "later", "since": made.made[2], "by": mikael, "now": NOW}
    change(made.series, what=Move(starts=time(19), ends=time(21), space=a), **later)
    dates.move(
        Occupancy.objects.get(pk=made.made[5].pk),
        space=a,
        starts_at=tuesday(6, "08:00"),
        ends_at=tuesday(6, "09:00"),
        by=mikael,
        now=NOW,
    )

    wish = series.again(made.series, FIRST)

    assert (wish.space, wish.starts, wish.ends) == (a, time(19), time(21))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["bookings_occupancy", "bookings_misseddate"])
def test_an_error_of_the_database_in_the_middle_leaves_nothing(table):
    _whole, a, _b, _rest = create_season_gym()
    create_booking(a, tuesday(9), tuesday(9, "20:00"), now=NOW)
    execute(
        "create function fail() returns trigger language plpgsql as $$ begin"
        " if new.starts_at >= '2026-10-20' then raise 'broken'; end if; return new; end $$"
    )
    execute(f"create trigger fail before insert on {table} for each row execute function fail()")
    try:
        with pytest.raises(Exception, match="broken"):
            book(tuesdays(a))
    finally:
        execute(f"drop trigger fail on {table}")
        execute("drop function fail")

    assert not Series.objects.exists()
    assert (Booking.objects.count(), Occupancy.objects.count(), MissedDate.objects.count()) == (1, 1, 0)


def test_it_takes_as_many_statements_for_sixty_dates_as_for_five():
    _whole, a, *_rest = create_season_gym(quota_day=5)
    for week in (3, 20):
        create_booking(a, tuesday(week), tuesday(week, "20:00"), now=NOW)

    def statements(dates: int, weekdays) -> int:
        mikael, club = create_club()
        asked = tuesdays(a, weekdays=weekdays, last_on=None, count=dates, organisation=club)
        with CaptureQueriesContext(connection) as captured:
            booked = series.book(asked, customer=mikael, now=NOW)
        assert len(booked.made) + len(booked.missed) == dates
        return len([query for query in captured if "SAVEPOINT" not in query["sql"]])

    few = statements(5, [2])
    Occupancy.objects.filter(booking__series__isnull=False).delete()
    assert statements(60, [2, 5]) == few <= 20
