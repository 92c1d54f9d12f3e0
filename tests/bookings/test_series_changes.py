"""What becomes of a season afterwards: only what lies ahead changes, and exceptions survive."""

from datetime import date, time, timedelta

import pytest

from accounts.problems import Refused
from bookings import dates, invariants, lifecycle, series
from bookings.models import Booking, Occupancy, Status
from bookings.series_changes import Move, Release, Texts, change
from tests.bookings.seasons import NOW, create_season_gym, on, tuesday, tuesdays
from tests.factories import create_booking, create_manager, create_user, say_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def gym():
    return create_season_gym()


def booked(space, *, weeks: int = 6, mikael=None, **said) -> series.Booked:
    return series.book(
        tuesdays(space, weeks=weeks, **said), customer=mikael or create_user("Mikael"), now=NOW
    )


def all_of(season: series.Booked, what, *, now=NOW, by=None):
    by = by or season.series.customer
    return change(season.series, scope="all", what=what, by=by, now=now)


def later(season: series.Booked, number: int, what, *, now=NOW):
    return change(
        season.series,
        scope="later",
        since=season.made[number - 1],
        what=what,
        by=season.series.customer,
        now=now,
    )


def times_of(season: series.Booked) -> list:
    held = Occupancy.objects.filter(booking__series=season.series, released_at=None).order_by("starts_at")
    return list(held.values_list("starts_at", "ends_at"))


def weeks_of(refused) -> list:
    return [each.date.starts_at for each in refused]


def codes(refused) -> set[str]:
    return {problem.code for each in refused for problem in each.problems}


# --- Moving ---------------------------------------------------------------------------------------


def test_a_start_that_is_said_without_an_end_keeps_the_length(gym):
    season = booked(gym[0], weeks=2)

    all_of(season, Move(starts=time(9)))

    assert times_of(season) == [(tuesday(week, "09:00"), tuesday(week, "11:00")) for week in (1, 2)]


def test_a_night_that_is_moved_stays_a_night(gym):
    season = booked(gym[0], weeks=1, starts=time(22), ends=time(2))

    all_of(season, Move(starts=time(20)))

    assert times_of(season) == [(tuesday(1, "20:00"), on(date(2026, 9, 2), "00:00"))]


def test_nobody_gives_a_date_back_late_by_moving_it_first(gym):
    say_policy(gym[0], give_back_hours=24)
    season = booked(gym[0], weeks=3)
    late = tuesday(1) - timedelta(hours=2)
    mikael, first = season.series.customer, season.made[0]
    elsewhere = {"space": gym[0], "starts_at": tuesday(1, "20:00"), "ends_at": tuesday(1, "22:00")}

    with pytest.raises(Refused) as refusal:
        dates.move(first, **elsewhere, by=mikael, now=late)
    assert refusal.value.codes == {"too_late_to_give_back"}
    changed = all_of(season, Move(starts=time(20)), now=late)
    assert weeks_of(changed.refused) == [tuesday(1)]
    assert codes(changed.refused) == {"too_late_to_give_back"}

    onni = create_manager(gym[0].venue)
    dates.move(Occupancy.objects.get(pk=first.pk), **elsewhere, by=onni, now=late)


def test_this_and_later_dates_move_and_keep_who_they_are(gym):
    season = booked(gym[1])

    changed = later(season, 3, Move(starts=time(19), ends=time(21)))

    assert times_of(season) == [
        *[(tuesday(week), tuesday(week, "20:00")) for week in (1, 2)],
        *[(tuesday(week, "19:00"), tuesday(week, "21:00")) for week in (3, 4, 5, 6)],
    ]
    assert [date.pk for date in changed.done] == [date.pk for date in season.made[2:]]
    assert changed.refused == []
    assert not Occupancy.objects.filter(is_exception=True).exists()
    assert list(invariants.findings(now=NOW)) == []


def test_clock_times_stay_over_october(gym):
    season = booked(gym[1], weeks=10)

    all_of(season, Move(starts=time(9), ends=time(11)))

    assert times_of(season)[-1] == (tuesday(10, "09:00"), tuesday(10, "11:00"))


@pytest.mark.parametrize("days", [1, -1])
def test_a_series_of_days_on_end_moves_by_a_day_over_itself(gym, days):
    say_policy(gym[1], max_minutes=24 * 60)
    season = booked(gym[1], weekdays=range(1, 8), weeks=3, starts=time(10), ends=time(10))
    say = [start for start, _end in times_of(season)]

    changed = all_of(season, Move(days=days))

    assert changed.refused == []
    assert [start for start, _end in times_of(season)] == [start + timedelta(days=days) for start in say]


def test_what_cannot_move_stays_and_whatever_would_need_its_place_too(gym):
    _whole, a, *_rest = gym
    season = booked(a, weekdays=[2, 3, 4], weeks=1, last_on=date(2026, 9, 3))
    create_booking(a, on(date(2026, 9, 4), "18:00"), on(date(2026, 9, 4), "20:00"), now=NOW)
    before = times_of(season)

    with pytest.raises(Refused) as refusal:
        all_of(season, Move(days=1))

    assert refusal.value.codes == {"time_taken"}
    assert times_of(season) == before


def test_one_that_is_in_somebody_elses_way_is_refused_and_the_others_move(gym):
    _whole, a, *_rest = gym
    season = booked(a)
    create_booking(a, tuesday(4, "20:00"), tuesday(4, "22:00"), now=NOW)

    changed = all_of(season, Move(starts=time(19), ends=time(21)))

    assert weeks_of(changed.refused) == [tuesday(4)]
    assert codes(changed.refused) == {"time_taken"}
    assert times_of(season)[3] == (tuesday(4), tuesday(4, "20:00"))
    assert times_of(season)[4] == (tuesday(5, "19:00"), tuesday(5, "21:00"))


def test_past_and_begun_dates_stay_and_are_not_judged_anew(gym):
    _whole, a, *_rest = gym
    season = booked(a)
    say_policy(a, who_may_book=["everyone"], max_minutes=60)  # the past ones would be too long today
    during_the_second = tuesday(2, "18:30")

    changed = all_of(season, Move(ends=time(19)), now=during_the_second)

    assert changed.refused == []
    assert times_of(season) == [
        *[(tuesday(week), tuesday(week, "20:00")) for week in (1, 2)],
        *[(tuesday(week), tuesday(week, "19:00")) for week in (3, 4, 5, 6)],
    ]


def test_dates_that_were_given_back_stay_so_and_exceptions_survive(gym):
    a = gym[1]
    season = booked(a)
    mikael = season.series.customer
    dates.release([season.made[1]], by=mikael, now=NOW)
    dates.move(
        season.made[2],
        space=a,
        starts_at=tuesday(3, "12:00"),
        ends_at=tuesday(3, "14:00"),
        by=mikael,
        now=NOW,
    )

    all_of(season, Move(starts=time(16), ends=time(18)))

    given_back = Occupancy.objects.get(pk=season.made[1].pk)
    assert (given_back.starts_at, given_back.released_at) == (tuesday(2), NOW)
    assert times_of(season)[1] == (tuesday(3, "12:00"), tuesday(3, "14:00"))
    assert [start for start, _end in times_of(season)] == [
        tuesday(1, "16:00"),
        tuesday(3, "12:00"),
        *[tuesday(week, "16:00") for week in (4, 5, 6)],
    ]


def test_a_cancelled_booking_is_not_revived_by_a_move(gym):
    season = booked(gym[1])
    lifecycle.cancel(season.bookings[0], by=season.series.customer, now=NOW)

    with pytest.raises(Refused) as refusal:
        all_of(season, Move(starts=time(19), ends=time(21)))

    assert refusal.value.codes == {"nothing_ahead"}
    assert set(Booking.objects.values_list("status", flat=True)) == {Status.CANCELLED}


def test_other_peoples_requests_are_not_touched(gym):
    _whole, a, *_rest = gym
    say_policy(a, approval="request", requests_compete=True)
    theirs = create_booking(a, tuesday(2, "19:00"), tuesday(2, "21:00"), now=NOW)
    season = booked(a)

    changed = all_of(season, Move(starts=time(19), ends=time(21)))

    assert len(changed.done) == 6
    theirs.refresh_from_db()
    assert theirs.status == Status.REQUESTED


def test_a_quota_counts_each_date_once(gym):
    _whole, a, *_rest = gym
    for space in gym:
        say_policy(space, quota_week=1)
    season = booked(a)

    changed = all_of(season, Move(days=1))

    assert changed.refused == []


def test_what_lies_ahead_moves_to_another_part_and_the_past_stays_in_its_own(gym):
    _whole, a, b, _rest = gym
    season = booked(a)
    now = tuesday(2, "21:00")
    create_booking(b, tuesday(5), tuesday(5, "20:00"), now=now)

    changed = all_of(season, Move(space=b), now=now)

    assert weeks_of(changed.refused) == [tuesday(5)]
    there = {booking.space: booking for booking in season.series.bookings.all()}
    assert set(there) == {a, b}
    assert [date.starts_at for date in there[a].dates.all()] == [tuesday(1), tuesday(2), tuesday(5)]
    assert [date.starts_at for date in there[b].dates.all()] == [tuesday(week) for week in (3, 4, 6)]
    assert there[b].status == Status.CONFIRMED
    assert list(invariants.findings(now=NOW)) == []


def test_nobody_moves_past_the_venues_decision_but_shortens_without_asking(gym):
    _whole, a, *_rest = gym
    say_policy(a, approval="request")
    season = booked(a)
    onni = create_manager(a.venue)
    for booking in season.bookings:
        lifecycle.approve(booking, by=onni, now=NOW)

    with pytest.raises(Refused) as refusal:
        all_of(season, Move(starts=time(19), ends=time(21)))
    assert refusal.value.codes == {"needs_approval"}

    assert len(all_of(season, Move(ends=time(19))).done) == 6
    assert len(all_of(season, Move(starts=time(19), ends=time(21)), by=onni).done) == 6


def test_one_date_moves_alone_and_is_an_exception_from_then_on(gym):
    season = booked(gym[1])
    mikael = season.series.customer

    changed = change(season.series, scope="one", since=season.made[1], what=Move(days=1), by=mikael, now=NOW)

    (moved,) = changed.done
    assert (moved.starts_at, moved.is_exception) == (tuesday(2) + timedelta(days=1), True)


def test_the_hour_that_march_skips_is_no_place_to_move_to(gym):
    season = booked(gym[1], weekdays=[7], first_on=date(2027, 3, 14), last_on=date(2027, 4, 4), weeks=1)

    changed = all_of(season, Move(starts=time(3), ends=time(3, 30)))

    assert codes(changed.refused) == {"no_such_time"}
    assert len(changed.done) == 3


# --- Giving back, and words -----------------------------------------------------------------------


def test_the_rest_of_the_season_goes_back_and_the_past_stays(gym):
    season = booked(gym[1])
    now = tuesday(2, "21:00")

    changed = all_of(season, Release(), now=now)

    assert len(changed.done) == 4
    assert [start for start, _end in times_of(season)] == [tuesday(1), tuesday(2)]
    assert season.series.bookings.get().status == Status.CONFIRMED


def test_what_is_too_late_to_give_back_stays_and_says_so(gym):
    say_policy(gym[1], give_back_hours=48)
    season = booked(gym[1])

    changed = all_of(season, Release(), now=tuesday(1, "10:00"))

    assert weeks_of(changed.refused) == [tuesday(1)]
    assert codes(changed.refused) == {"too_late_to_give_back"}
    assert len(changed.done) == 5


def test_words_are_those_of_all_dates(gym):
    season = booked(gym[0])

    with pytest.raises(Refused) as refusal:
        later(season, 2, Texts(purpose="Säbä"))

    assert refusal.value.codes == {"for_all_dates"}


def test_other_words_for_all_dates(gym):
    season = booked(gym[1], purpose="Säbä")

    all_of(season, Texts(purpose=" Salibandy ", note="Avain on meillä."))

    booking = season.series.bookings.get()
    assert (booking.purpose, booking.note) == ("Salibandy", "Avain on meillä.")


def test_the_adult_in_charge_cannot_be_taken_away_where_one_is_needed(gym):
    say_policy(gym[1], needs_adult=True)
    season = booked(gym[1], adult_name="Aino", adult_phone="040")

    with pytest.raises(Refused) as refusal:
        all_of(season, Texts(adult_name=" "))

    assert refusal.value.codes == {"adult_missing"}
    assert season.series.bookings.get().adult_name == "Aino"


# --- The same again, and missed dates -------------------------------------------------------------


def test_the_same_as_last_season_is_on_the_same_weekday_a_year_later(gym):
    season = booked(gym[1], weeks=39, purpose="Säbä")

    wish = series.again(season.series, date(2027, 4, 1))

    assert (wish.first_on, wish.last_on) == (date(2027, 9, 1), date(2028, 5, 23))
    assert (wish.weekdays, wish.starts, wish.purpose, wish.space) == ([2], time(18), "Säbä", gym[1])


def test_the_same_as_a_season_long_ago_is_for_the_next_that_is_not_over(gym):
    season = booked(gym[1], weeks=20)

    assert series.again(season.series, date(2029, 7, 1)).first_on.year == 2029


def test_a_missed_date_that_came_free_is_taken_after_all_and_once_only(gym):
    _whole, a, b, _rest = gym
    in_the_way = create_booking(a, tuesday(3), tuesday(3, "20:00"), now=NOW)
    season = booked(a)
    (missed,) = season.missed
    mikael = season.series.customer
    place = {"space": a, "starts_at": tuesday(3), "ends_at": tuesday(3, "20:00")}
    with pytest.raises(Refused):
        series.take_missed(missed, **place, by=mikael, now=NOW)
    lifecycle.cancel(in_the_way, by=in_the_way.customer, now=NOW)

    date = series.take_missed(missed, **place, by=mikael, now=NOW)

    assert date.booking == season.bookings[0]
    with pytest.raises(Refused) as refusal:
        series.take_missed(missed, **place | {"space": b}, by=mikael, now=NOW)
    assert refusal.value.codes == {"made_up_already"}


def test_a_date_in_another_part_instead_of_a_missed_one_is_of_the_same_series(gym):
    _whole, a, b, _rest = gym
    create_booking(a, tuesday(3), tuesday(3, "20:00"), now=NOW)
    season = booked(a, purpose="Säbä")

    date = series.take_missed(
        season.missed[0],
        space=b,
        starts_at=tuesday(3),
        ends_at=tuesday(3, "20:00"),
        by=season.series.customer,
        now=NOW,
    )

    assert (date.booking.series, date.booking.space, date.booking.purpose) == (season.series, b, "Säbä")
