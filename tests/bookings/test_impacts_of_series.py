"""A change of a manager's hits single dates of a series. The others stay as they were."""

from datetime import timedelta

import pytest

from bookings import dates, impacts, lifecycle
from bookings.changes import ChangedPolicy, NewClosure
from bookings.closed_times import WishedClosure
from bookings.impacts import Fate
from bookings.models import Booking, Impact, Occupancy, Status
from bookings.wishes import dates_left, dates_of
from tests.bookings.changing import DUE, closing, everything
from tests.bookings.test_dates import booking_of, hearing
from tests.factories import MONDAY, NOW, create_booking, create_series, create_user, hour, say_policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]

SATURDAY = MONDAY + timedelta(days=5)


def decided(change, fates, by, **rest) -> Impact:
    impact = impacts.decide(change, fates=fates, by=by, now=NOW, **rest)
    assert impact is not None
    return impact


def closing_weeks(*spaces, weeks: int = 2) -> NewClosure:
    """Close the Saturdays of so many weeks."""
    last = SATURDAY + timedelta(weeks=weeks - 1)
    reason = {"reason_fi": "Remontti"}
    return NewClosure(
        WishedClosure(
            spaces, hour("08:00"), hour("20:00"), repeats="weekly", weekdays=[6], until=last, reason=reason
        )
    )


def test_a_closure_cancels_only_the_date_that_it_hits(hall, onni):
    booking = booking_of(create_series(hall))
    first = dates_of(booking)[0]

    impact = decided(closing(hall), Fate.CANCEL, onni, reason="Katto vuotaa")
    with hearing("dates_released", "booking_cancelled") as heard:
        assert impacts.carry_out(impact, now=DUE)

    assert [name for name, _said in heard] == ["dates_released"]
    assert heard[0][1]["dates"] == [first.pk]
    assert heard[0][1]["hit"].impact.reason == "Katto vuotaa"
    first.refresh_from_db()
    assert (first.released_at, first.released_by) == (DUE, onni)
    assert len(dates_left(booking)) == 3
    assert Booking.objects.get(pk=booking.pk).status == Status.CONFIRMED


def test_two_dates_of_one_booking_are_told_in_one_message(hall, onni):
    booking = booking_of(create_series(hall))

    impact = decided(closing_weeks(hall), Fate.CANCEL, onni)
    with hearing("dates_released") as heard:
        impacts.carry_out(impact, now=DUE)

    assert [len(said["dates"]) for _name, said in heard] == [2]
    assert len(dates_left(booking)) == 2


def test_a_series_that_loses_every_date_is_cancelled(hall, onni):
    booking = booking_of(create_series(hall, weeks=2))

    impact = decided(closing_weeks(hall), Fate.CANCEL, onni, reason="Katto vuotaa")
    with hearing("dates_released", "booking_cancelled") as heard:
        impacts.carry_out(impact, now=DUE)

    assert [name for name, _said in heard] == ["booking_cancelled"]
    booking.refresh_from_db()
    assert (booking.status, booking.reason) == (Status.CANCELLED, "Katto vuotaa")


def test_a_date_that_is_moved_to_another_part_is_split_off(gym, venue, desk):
    _whole, a, b, _a_and_c = gym
    onni = venue.roles.get().user
    booking = booking_of(create_series(a))
    first = dates_of(booking)[0]

    impact = decided(closing(a), Fate.MOVE, onni)
    with hearing("date_moved", "booking_moved") as heard:
        impacts.carry_out(impact, now=DUE)

    assert [(name, said["hit"].impact) for name, said in heard] == [("date_moved", impact)]
    first.refresh_from_db()
    assert (first.space, first.is_exception) == (b, True)
    assert first.booking != booking
    assert (first.booking.series, first.booking.space) == (booking.series, b)
    assert [date.space for date in dates_of(booking)] == [a, a, a]


def test_two_dates_of_one_booking_move_to_one_other_booking(gym, venue, desk):
    _whole, a, b, _a_and_c = gym
    onni = venue.roles.get().user
    booking = booking_of(create_series(a))

    impacts.carry_out(decided(closing_weeks(a), Fate.MOVE, onni), now=DUE)

    assert [each.space for each in booking.series.bookings.order_by("pk")] == [a, b]
    assert [len(dates_of(each)) for each in booking.series.bookings.order_by("pk")] == [2, 2]


def test_a_whole_series_that_is_moved_leaves_no_empty_booking(gym, venue, desk):
    _whole, a, b, _a_and_c = gym
    onni = venue.roles.get().user
    series = create_series(a, weeks=2)

    impacts.carry_out(decided(closing_weeks(a), Fate.MOVE, onni), now=DUE)

    left = Occupancy.objects.filter(booking__series=series, released_at=None)
    assert {date.space for date in left} == {b}
    assert left.count() == 2


def test_dates_of_one_booking_have_fates_of_their_own(hall, onni):
    booking = booking_of(create_series(hall, weeks=3))
    first, second, third = dates_of(booking)

    fates = {first.pk: Fate.KEEP, second.pk: Fate.CANCEL}
    impacts.carry_out(decided(closing_weeks(hall), fates, onni), now=DUE)

    assert dates_left(booking) == [first, third]


def test_undoing_leaves_a_series_as_it_was(gym, venue, desk):
    _whole, a, _b, _a_and_c = gym
    onni = venue.roles.get().user
    create_series(a)
    before = everything()[Occupancy]

    impact = decided(closing_weeks(a), Fate.MOVE, onni)
    impacts.undo(impact, by=onni, now=NOW)

    assert everything()[Occupancy] == before
    assert not impacts.carry_out(impact, now=DUE)


def test_a_date_given_back_while_its_change_waits_is_left_alone(hall, onni):
    booking = booking_of(create_series(hall))
    first, second, *_others = dates_of(booking)
    impact = decided(closing_weeks(hall), Fate.CANCEL, onni)
    dates.release([first], by=booking.customer, now=NOW)

    impacts.carry_out(impact, now=DUE)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.released_by, second.released_by) == (booking.customer, onni)


def test_a_date_moved_while_its_change_waits_is_left_alone(hall, onni):
    booking = booking_of(create_series(hall))
    first = dates_of(booking)[0]
    impact = decided(closing(hall), Fate.CANCEL, onni)
    dates.move(
        first, space=hall, starts_at=hour("20:00"), ends_at=hour("22:00"), by=booking.customer, now=NOW
    )

    impacts.carry_out(impact, now=DUE)

    assert len(dates_left(booking)) == 4


def test_a_policy_hits_the_dates_to_come_and_not_the_past_ones(hall, onni):
    booking = booking_of(create_series(hall))
    after_the_first = hour("13:00")
    dates.release([dates_of(booking)[1]], by=booking.customer, now=after_the_first)

    found = impacts.preview(ChangedPolicy(hall, {"max_minutes": 60}), by=onni, now=after_the_first)

    assert [hit.date for hit in found.hits] == dates_of(booking)[2:]


def test_a_closure_keeps_a_request_for_many_dates_and_the_venue_approves_it(onni, hall):
    say_policy(hall, approval="request", requests_compete=True)
    booking = booking_of(create_series(hall, customer=create_user("Mikael")))
    impacts.decide(closing_weeks(hall), fates=Fate.KEEP, by=onni, now=NOW)

    approved = lifecycle.approve(booking, by=onni, now=NOW)

    assert approved.status == Status.CONFIRMED
    assert Occupancy.objects.holding().filter(booking=booking).count() == 4


def test_single_bookings_beside_a_series_are_cancelled_as_before(hall, onni):
    single = create_booking(hall, "14:00", "16:00")
    series = booking_of(create_series(hall))

    impact = decided(closing(hall), Fate.CANCEL, onni)
    with hearing("dates_released", "booking_cancelled") as heard:
        impacts.carry_out(impact, now=DUE)

    assert sorted((name, said["booking"]) for name, said in heard) == [
        ("booking_cancelled", single),
        ("dates_released", series),
    ]
