"""Single dates of a series are given back, taken again and moved alone. The others stay as they were."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import translation

from accounts.problems import Refused
from bookings import dates, lifecycle, permissions, signals
from bookings.models import Booking, Occupancy, Status
from bookings.moves import MoveNotAllowed
from bookings.wishes import dates_left, dates_of, next_date, wish_of
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_closure,
    create_manager,
    create_organisation,
    create_series,
    create_space,
    create_user,
    hour,
    say_policy,
)
from venues.models import Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]

SATURDAY = MONDAY + timedelta(days=5)


def booking_of(series) -> Booking:
    return series.bookings.get()


@contextmanager
def hearing(*names: str) -> Iterator[list]:
    """Listen to these signals: what was said, in its order."""
    heard: list = []

    def listener(name):
        def hear(sender, **said):
            heard.append((name, said))

        return hear

    listeners = [(getattr(signals, name), listener(name)) for name in names]
    for signal, hear in listeners:
        signal.connect(hear)
    try:
        yield heard
    finally:
        for signal, hear in listeners:
            signal.disconnect(hear)


# --- Giving back ----------------------------------------------------------------------------------


def test_one_date_goes_back_and_is_free_for_others(hall, onni):
    booking = booking_of(create_series(hall))
    second = dates_of(booking)[1]

    with hearing("dates_released", "booking_cancelled", "time_freed") as heard:
        dates.release([second], by=booking.customer, now=NOW)

    assert [name for name, _said in heard] == ["dates_released", "time_freed"]
    assert heard[0][1]["dates"] == [second.pk]
    assert heard[1][1]["times"] == [(hall.pk, second.starts_at, second.ends_at)]
    assert [date.released_at for date in dates_of(booking)] == [None, NOW, None, None]
    assert Booking.objects.get(pk=booking.pk).status == Status.CONFIRMED
    create_booking(hall, second.starts_at, second.ends_at)


def test_several_dates_go_back_in_one_act_and_are_told_once(hall):
    booking = booking_of(create_series(hall))

    with hearing("dates_released") as heard:
        dates.release(dates_of(booking)[:3], by=booking.customer, now=NOW)

    assert len(heard) == 1
    assert len(heard[0][1]["dates"]) == 3


def test_what_was_given_back_already_is_given_back_once(hall):
    booking = booking_of(create_series(hall))
    first, second, *_others = dates_of(booking)
    dates.release([first], by=booking.customer, now=NOW)

    assert dates.release([first, second], by=booking.customer, now=NOW) == [second]

    with pytest.raises(Refused) as refusal:
        dates.release([first, second], by=booking.customer, now=NOW)
    assert refusal.value.codes == {"released_already"}


def test_with_its_last_date_the_booking_is_cancelled(hall):
    booking = booking_of(create_series(hall, weeks=2))
    first, last = dates_of(booking)
    dates.release([first], by=booking.customer, now=NOW)

    with hearing("dates_released", "booking_cancelled") as heard:
        dates.release([last], by=booking.customer, now=NOW)

    assert [name for name, _said in heard] == ["booking_cancelled"]
    booking.refresh_from_db()
    assert (booking.status, booking.cancelled_by) == (Status.CANCELLED, booking.customer)


def test_a_series_of_which_a_date_was_used_stays_agreed_when_the_rest_goes_back(hall):
    booking = booking_of(create_series(hall))
    after_the_first = hour("13:00")
    used, *rest = dates_of(booking)

    dates.release(rest, by=booking.customer, now=after_the_first)

    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED
    assert dates_left(booking) == [used]


def test_what_has_begun_is_not_given_back(hall):
    booking = booking_of(create_series(hall))

    for clock in ("10:00", "11:00", "13:00"):
        with pytest.raises(Refused) as refusal:
            dates.release([dates_of(booking)[0]], by=booking.customer, now=hour(clock))
        assert refusal.value.codes == {"already_begun"}


def test_a_series_that_has_begun_is_not_cancelled_as_a_whole(hall):
    booking = booking_of(create_series(hall))

    with pytest.raises(Refused) as refusal:
        lifecycle.cancel(booking, by=booking.customer, now=hour("11:00"))

    assert refusal.value.codes == {"already_begun"}


def test_the_venue_says_until_when_dates_go_back(hall, onni):
    say_policy(hall, give_back_hours=24)
    booking = booking_of(create_series(hall))
    first = dates_of(booking)[0]
    deadline = first.starts_at - timedelta(hours=24)

    too_late = dates.effects([first], by=booking.customer, now=deadline + timedelta(seconds=1))[0]
    assert not too_late.is_in_time
    assert too_late.deadline == deadline
    with pytest.raises(Refused) as refusal:
        dates.release([first], by=booking.customer, now=deadline + timedelta(seconds=1))
    assert refusal.value.codes == {"too_late_to_give_back"}
    assert dates.effects([first], by=booking.customer, now=deadline)[0].is_in_time
    dates.release([first], by=onni, now=deadline + timedelta(hours=23))


def test_where_dates_stay_only_the_whole_rest_goes_back_at_once(hall, onni):
    say_policy(hall, single_dates_go_back=False)
    booking = booking_of(create_series(hall))
    first, *others = dates_of(booking)

    with pytest.raises(Refused) as refusal:
        dates.release([first], by=booking.customer, now=NOW)
    assert refusal.value.codes == {"dates_stay"}
    dates.release([first], by=onni, now=NOW)
    dates.release(others, by=booking.customer, now=NOW)

    assert Booking.objects.get(pk=booking.pk).status == Status.CANCELLED


def test_where_dates_stay_what_can_still_go_back_is_the_rest(hall):
    say_policy(hall, single_dates_go_back=False, give_back_hours=24)
    booking = booking_of(create_series(hall))
    first, *others = dates_of(booking)

    dates.release(others, by=booking.customer, now=first.starts_at - timedelta(hours=2))

    assert [date.released_at is None for date in dates_of(Booking.objects.get(pk=booking.pk))] == [
        True,
        *(False for _other in others),
    ]


def test_where_dates_stay_the_rest_is_that_of_the_whole_series(gym):
    _whole, a, b, _a_and_c = gym
    for space in (a, b):
        say_policy(space, single_dates_go_back=False)
    series = create_series(a, b, weeks=2)
    one, other = series.bookings.order_by("pk")

    for whole in (dates_of(one), dates_of(other)):
        with pytest.raises(Refused) as refusal:
            dates.release(whole, by=series.customer, now=NOW)
        assert refusal.value.codes == {"dates_stay"}
    with hearing("booking_cancelled") as heard:
        dates.release([*dates_of(one), *dates_of(other)], by=series.customer, now=NOW)

    assert len(heard) == 2


def test_a_request_is_not_bound_to_what_was_never_agreed():
    room = create_space(approval=Space.Approval.REQUEST, single_dates_go_back=False, give_back_hours=500)
    booking = booking_of(create_series(room))

    dates.release([dates_of(booking)[2]], by=booking.customer, now=NOW)

    assert Booking.objects.get(pk=booking.pk).status == Status.REQUESTED


def test_what_it_means_for_the_price_is_said_before(hall):
    paid = create_space(payment=Space.Payment.BEFORE)

    for space, said in ((hall, "costs nothing"), (paid, "not charged")):
        booking = booking_of(create_series(space))
        (effect,) = dates.effects(dates_of(booking)[:1], by=booking.customer, now=NOW)
        with translation.override("en"):
            assert said in str(effect.sentence)


def test_a_date_given_back_within_a_closure_closes(hall, onni):
    booking = booking_of(create_series(hall))
    second = dates_of(booking)[1]
    create_closure(hall, second.starts_at - timedelta(hours=2), second.ends_at + timedelta(hours=2))

    dates.release([second], by=booking.customer, now=NOW)

    with pytest.raises(Refused) as refusal:
        create_booking(hall, second.starts_at, second.ends_at)
    assert refusal.value.codes == {"closed"}


# --- Taking again ---------------------------------------------------------------------------------


def test_a_date_that_is_still_free_is_taken_again(hall):
    booking = booking_of(create_series(hall))
    second = dates_of(booking)[1]
    dates.release([second], by=booking.customer, now=NOW)

    with hearing("date_taken_again") as heard:
        dates.take_again(second, by=booking.customer, now=NOW)

    assert len(heard) == 1
    assert len(dates_left(booking)) == 4


def test_a_date_that_somebody_else_has_now_is_not(hall):
    booking = booking_of(create_series(hall))
    second = dates_of(booking)[1]
    dates.release([second], by=booking.customer, now=NOW)
    create_booking(hall, second.starts_at, second.ends_at)

    with pytest.raises(Refused) as refusal:
        dates.take_again(second, by=booking.customer, now=NOW)

    assert refusal.value.codes == {"time_taken"}


def test_what_the_venue_took_back_the_customer_does_not_take_again(hall, onni):
    booking = create_series(hall).bookings.get()
    date = dates_of(booking)[0]
    dates.release([date], by=onni, now=NOW)

    with pytest.raises(Refused) as refusal:
        dates.take_again(date, by=booking.customer, now=NOW)
    assert refusal.value.codes == {"taken_back_by_venue"}
    assert dates.take_again(date, by=onni, now=NOW).released_at is None


def test_a_cancelled_booking_gets_no_date_again(hall):
    booking = booking_of(create_series(hall, weeks=1))
    (only,) = dates_of(booking)
    dates.release([only], by=booking.customer, now=NOW)

    with pytest.raises(MoveNotAllowed):
        dates.take_again(only, by=booking.customer, now=NOW)


def test_a_quota_counts_the_other_dates_of_the_series(hall):
    booking = booking_of(create_series(hall, weeks=4))
    second = dates_of(booking)[1]
    dates.release([second], by=booking.customer, now=NOW)
    say_policy(hall, quota_season=3)

    with pytest.raises(Refused) as refusal:
        dates.take_again(second, by=booking.customer, now=NOW)

    assert refusal.value.codes == {"quota_season"}


# --- Moving alone ---------------------------------------------------------------------------------


def move(date, start="14:00", end="16:00", *, by, space=None, day=None, now=NOW):
    day = day or date.starts_at.date()
    there = {"starts_at": hour(start, day=day), "ends_at": hour(end, day=day)}
    return dates.move(date, space=space or date.space, by=by, now=now, **there)


def test_a_date_moves_alone_and_is_an_exception(hall):
    booking = booking_of(create_series(hall))
    second = dates_of(booking)[1]

    with hearing("date_moved", "booking_moved", "time_freed") as heard:
        moved = move(second, by=booking.customer)

    assert [name for name, _said in heard] == ["time_freed", "date_moved"]
    assert (moved.pk, moved.is_exception, moved.booking) == (second.pk, True, booking)
    assert [date.is_exception for date in dates_of(booking)] == [False, True, False, False]
    create_booking(hall, second.starts_at, second.ends_at)


def test_a_date_may_move_into_its_own_time(hall):
    booking = booking_of(create_series(hall))

    moved = move(dates_of(booking)[1], "11:00", "13:00", by=booking.customer)

    assert moved.starts_at == hour("11:00", day=SATURDAY + timedelta(weeks=1))


def test_a_date_does_not_move_onto_another_of_its_own_series(hall):
    booking = booking_of(create_series(hall))
    _first, second, *_others = dates_of(booking)

    with pytest.raises(Refused) as refusal:
        move(second, "11:00", "13:00", day=SATURDAY, by=booking.customer)

    assert refusal.value.codes == {"time_taken"}


def test_a_date_that_moves_to_another_part_is_split_off(gym):
    _whole, a, b, _a_and_c = gym
    series = create_series(a)
    booking = booking_of(series)
    second, third = dates_of(booking)[1:3]

    moved = move(second, "10:00", "12:00", space=b, by=series.customer)
    again = move(third, "10:00", "12:00", space=b, by=series.customer)

    assert moved.booking != booking
    assert moved.booking == again.booking
    assert (moved.booking.series, moved.booking.space, moved.booking.status) == (series, b, Status.CONFIRMED)
    assert len(dates_left(booking)) == 2


def test_the_last_date_that_moves_leaves_no_empty_booking(gym):
    _whole, a, b, _a_and_c = gym
    series = create_series(a, weeks=2)
    booking = booking_of(series)
    first, second = dates_of(booking)
    dates.release([first], by=series.customer, now=NOW)

    moved = move(second, space=b, by=series.customer)

    assert moved.booking.status == Status.CONFIRMED
    assert Booking.objects.get(pk=booking.pk).status == Status.CANCELLED


def test_a_date_given_back_or_of_a_cancelled_booking_is_not_revived_by_a_move(hall):
    booking = booking_of(create_series(hall))
    first, second, *_others = dates_of(booking)
    dates.release([first], by=booking.customer, now=NOW)

    with pytest.raises(Refused) as refusal:
        move(first, by=booking.customer)
    assert refusal.value.codes == {"released_already"}

    lifecycle.cancel(booking, by=booking.customer, now=NOW)
    cancelled = Occupancy.objects.get(pk=second.pk)
    with pytest.raises(MoveNotAllowed):
        move(cancelled, by=booking.customer)
    assert not Occupancy.objects.holding().filter(booking=booking).exists()


def test_a_booking_with_many_dates_is_not_moved_as_if_it_had_one(hall):
    booking = booking_of(create_series(hall))
    with pytest.raises(Refused) as refusal:
        lifecycle.move(booking, wish_of(booking, dates_of(booking)[0]), by=booking.customer, now=NOW)

    assert refusal.value.codes == {"many_dates"}


def test_a_date_is_not_judged_by_the_others(hall):
    """The first date is over, and the rules have become stricter since: neither matters to the second."""
    booking = booking_of(create_series(hall))
    say_policy(hall, max_minutes=60)

    moved = move(dates_of(booking)[1], "14:00", "15:00", by=booking.customer, now=hour("13:00"))

    assert moved.is_exception
    assert dates_of(booking)[0].ends_at - dates_of(booking)[0].starts_at == timedelta(hours=2)


def test_a_customer_moves_no_date_past_the_venues_decision():
    room = create_space(approval=Space.Approval.REQUEST)
    onni = create_manager(room.venue)
    booking = booking_of(create_series(room))
    lifecycle.approve(booking, by=onni, now=NOW)
    second = dates_of(Booking.objects.get(pk=booking.pk))[1]

    with pytest.raises(Refused) as refusal:
        move(second, by=booking.customer)
    assert refusal.value.codes == {"needs_approval"}
    assert move(second, by=onni).is_exception


# --- As a whole -----------------------------------------------------------------------------------


@pytest.fixture
def competing() -> Space:
    return create_space(approval=Space.Approval.REQUEST, requests_compete=True)


def test_a_competing_request_is_approved_with_all_its_dates_or_refused_with_those_that_are_gone(competing):
    onni = create_manager(competing.venue)
    booking = booking_of(create_series(competing))
    second, fourth = dates_of(booking)[1], dates_of(booking)[3]
    for date in (second, fourth):
        other = create_booking(competing, date.starts_at, date.ends_at)
        lifecycle.approve(Booking.objects.get(pk=other.pk), by=onni, now=NOW)

    # Approving the first rival has declined the series; a new request asks for the same.
    booking = booking_of(create_series(competing))
    with pytest.raises(Refused) as refusal:
        lifecycle.approve(booking, by=onni, now=NOW)

    assert refusal.value.codes == {"time_taken"}
    assert refusal.value.message.count("10") >= 2
    dates.release([dates_of(booking)[1], dates_of(booking)[3]], by=onni, now=NOW)
    assert lifecycle.approve(booking, by=onni, now=NOW).status == Status.CONFIRMED
    assert Occupancy.objects.holding().filter(booking=booking).count() == 2


def test_who_wants_any_of_the_dates_is_declined_when_all_are_given_to_another(competing):
    onni = create_manager(competing.venue)
    booking = booking_of(create_series(competing))
    last = dates_of(booking)[-1]
    rival = create_booking(competing, last.starts_at, last.ends_at)

    lifecycle.approve(booking, by=onni, now=NOW)

    assert Booking.objects.get(pk=rival.pk).status == Status.DECLINED


def test_a_request_expires_before_its_first_date_and_frees_them_all():
    room = create_space(approval=Space.Approval.REQUEST)
    booking = booking_of(create_series(room))

    assert booking.decide_by <= dates_of(booking)[0].starts_at
    with hearing("time_freed") as heard:
        lifecycle.expire(booking, now=booking.decide_by)

    assert [len(said["times"]) for _name, said in heard] == [4]


def test_a_series_that_lives_is_not_ended_for_its_age(hall):
    """What sweeps by age looks at deadlines, and those are over when a series is agreed."""
    booking = booking_of(create_series(hall, weeks=20))
    months_later = NOW + timedelta(weeks=15)

    assert booking not in Booking.objects.overdue(months_later)
    assert not lifecycle.expire(booking, now=months_later)
    assert next_date(booking, months_later) == dates_of(booking)[15]


def test_a_member_who_only_sees_is_no_stranger_but_changes_nothing(hall):
    owner, viewer, stranger = create_user(), create_user(), create_user()
    club = create_organisation(owner)
    club.memberships.create(user=viewer, role="viewer")
    booking = booking_of(create_series(hall, customer=owner, organisation=club))

    seen_by = Counter(
        name
        for name, person in {"owner": owner, "viewer": viewer, "stranger": stranger}.items()
        if Booking.objects.visible_to(person).filter(pk=booking.pk).exists()
    )
    assert seen_by == {"owner": 1, "viewer": 1}
    assert permissions.can_change(owner, booking)
    assert not permissions.can_change(viewer, booking)
