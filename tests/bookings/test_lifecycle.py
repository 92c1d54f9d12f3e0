"""How a booking lives, told by the people who use it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.problems import Refused
from accounts.versions import ChangedMeanwhile
from bookings import layout, lifecycle, signals
from bookings.models import Booking, Occupancy, Status
from bookings.moves import MoveNotAllowed
from bookings.occupancies import TimeTaken
from bookings.wishes import Wish, wish_of
from tests.factories import (
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_space,
    create_user,
    hour,
)
from venues.fields import footprint
from venues.models import Space

pytestmark = pytest.mark.django_db


def test_a_free_space_is_booked_at_once():
    room = create_space()

    booking = create_booking(room, "10:00", "12:00")

    assert booking.status == Status.CONFIRMED
    assert room.occupancies.holding().count() == 1


def test_second_booking_of_the_same_hour_is_refused_with_what_is_free_instead():
    room = create_space()
    create_booking(room, "10:00", "12:00")

    with pytest.raises(Refused) as refusal:
        create_booking(room, "11:00", "13:00")

    assert refusal.value.codes == {"time_taken"}
    starts = [offer.starts_at for offer in refusal.value.problems[0].alternatives]
    assert starts == [hour("12:00"), hour("08:00")]
    assert room.bookings.live().count() == 1


def test_a_refusal_names_every_problem_not_only_the_first():
    room = create_space(capacity=10, notice_hours=48, max_minutes=120)

    with pytest.raises(Refused) as refusal:
        lifecycle.book(
            Wish(room, NOW + timedelta(hours=1, minutes=7), NOW + timedelta(hours=6), attendees=40),
            customer=create_user(),
            now=NOW,
        )

    assert refusal.value.codes == {"too_soon", "off_step", "too_long", "too_many_people"}


def test_the_whole_hall_and_its_parts_exclude_each_other():
    whole, a, b, a_and_c = create_gym()
    create_booking(a, "10:00", "12:00")

    create_booking(b, "10:00", "12:00")

    for space in (whole, a, b, a_and_c):
        with pytest.raises(Refused):
            create_booking(space, "11:00", "13:00")


def test_a_request_waits_for_the_manager_and_holds_the_time():
    room = create_space(approval="request")
    onni = create_manager(room.venue)

    booking = create_booking(room)

    assert booking.status == Status.REQUESTED
    with pytest.raises(Refused):
        create_booking(room)
    approved = lifecycle.approve(booking, by=onni, now=NOW)
    assert (approved.status, approved.decided_by) == (Status.CONFIRMED, onni)


def test_competing_requests_stand_side_by_side_until_one_is_approved():
    room = create_space(approval="request", requests_compete=True)
    onni = create_manager(room.venue)
    first, second = create_booking(room), create_booking(room, "11:00", "13:00")
    elsewhere = create_booking(room, "13:00", "14:00")

    lifecycle.approve(second, by=onni, now=NOW)

    first.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (first.status, first.reason) == (Status.DECLINED, "Aika annettiin toiselle hakijalle.")
    assert elsewhere.status == Status.REQUESTED
    with pytest.raises(MoveNotAllowed):
        lifecycle.approve(first, by=onni, now=NOW)


def test_a_competing_request_cannot_be_approved_over_a_booking_made_meanwhile():
    room = create_space(approval="request", requests_compete=True)
    request = create_booking(room)
    room.approval = "instant"
    room.save()
    create_booking(room)

    with pytest.raises(TimeTaken):
        lifecycle.approve(request, by=create_manager(room.venue), now=NOW)

    request.refresh_from_db()
    assert request.status == Status.REQUESTED


def test_a_hold_keeps_the_time_while_the_form_is_open_and_no_longer():
    room = create_space()
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=None, now=NOW)

    with pytest.raises(Refused):
        create_booking(room, now=NOW + timedelta(minutes=9))
    create_booking(room, now=NOW + timedelta(minutes=10))

    held.refresh_from_db()
    assert held.status == Status.EXPIRED


def test_a_visitor_signs_in_on_the_way_and_the_hold_becomes_the_booking():
    room = create_space()
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=None, now=NOW)
    aino = create_user()

    booking = lifecycle.submit(
        held, replace(wish_of(held), purpose="Synttärit", attendees=12), customer=aino, now=NOW
    )

    assert booking == held
    assert (booking.status, booking.customer, booking.attendees) == (Status.CONFIRMED, aino, 12)


def test_a_hold_that_ran_out_is_taken_anew_if_the_time_is_still_free():
    room = create_space()
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=None, now=NOW)

    later = NOW + timedelta(hours=1)
    booking = lifecycle.submit(held, wish_of(held), customer=create_user(), now=later)

    held.refresh_from_db()
    assert booking != held
    assert (held.status, booking.status) == (Status.EXPIRED, Status.CONFIRMED)


def test_a_customer_has_one_hold_at_a_time():
    room, aino = create_space(), create_user()
    first = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=aino, now=NOW)

    lifecycle.hold(Wish(room, hour("11:00"), hour("13:00")), customer=aino, now=NOW)

    first.refresh_from_db()
    assert first.status == Status.EXPIRED
    assert room.occupancies.holding().count() == 1


def test_at_most_three_requests_wait_for_an_answer():
    room, aino = create_space(approval="request"), create_user()
    for start in ("10:00", "12:00", "14:00"):
        create_booking(room, start, hour(start) + timedelta(hours=1), customer=aino)

    with pytest.raises(Refused) as refusal:
        create_booking(room, "16:00", "17:00", customer=aino)

    assert refusal.value.codes == {"too_many_requests"}


def test_a_moved_booking_frees_its_old_time_and_remembers_where_it_began():
    whole, a, *_rest = create_gym()
    onni = create_manager(whole.venue)
    booking = create_booking(whole)

    lifecycle.move(booking, replace(wish_of(booking), space=a, starts_at=hour("11:00")), by=onni, now=NOW)

    date = Occupancy.objects.get(booking=booking)
    assert (date.space, date.starts_at, date.original_starts_at) == (a, hour("11:00"), hour("10:00"))
    create_booking(whole, "10:00", "11:00")


def test_a_move_onto_taken_time_changes_nothing():
    room = create_space()
    create_booking(room, "10:00", "12:00")
    booking = create_booking(room, "14:00", "15:00")

    with pytest.raises(Refused) as refusal:
        lifecycle.move(
            booking,
            replace(wish_of(booking), starts_at=hour("11:00"), ends_at=hour("13:00")),
            by=booking.customer,
            now=NOW,
        )

    assert refusal.value.codes == {"time_taken"}
    assert booking.dates.get().starts_at == hour("14:00")


def test_what_has_begun_is_neither_moved_nor_cancelled():
    booking = create_booking(create_space())

    for change in (
        lambda: lifecycle.cancel(booking, by=booking.customer, now=hour("10:00")),
        lambda: lifecycle.move(booking, wish_of(booking), by=booking.customer, now=hour("10:00")),
    ):
        with pytest.raises(Refused) as refusal:
            change()
        assert refusal.value.codes == {"already_begun"}


def test_cancelling_frees_the_time_and_the_dead_stay_dead():
    room = create_space()
    booking = create_booking(room)

    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    create_booking(room)
    with pytest.raises(MoveNotAllowed):
        lifecycle.cancel(booking, by=booking.customer, now=NOW)
    with pytest.raises(IntegrityError, match="occupancy_respects"), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(status=Status.CONFIRMED)


def test_a_request_nobody_decided_lapses():
    room = create_space(approval="request")
    request = create_booking(room)

    assert not lifecycle.expire(request, now=NOW)
    with pytest.raises(Refused) as refusal:
        lifecycle.approve(request, by=create_manager(room.venue), now=request.decide_by)
    assert refusal.value.codes == {"lapsed"}
    assert lifecycle.expire(request, now=request.decide_by)

    request.refresh_from_db()
    assert request.status == Status.EXPIRED


def test_a_lapsed_request_makes_way_for_whoever_wants_its_time():
    room = create_space(approval="request")
    request = create_booking(room)

    create_booking(room, now=request.decide_by)

    request.refresh_from_db()
    assert request.status == Status.EXPIRED


def test_a_paid_space_is_confirmed_when_the_payment_is_seen():
    room = create_space(payment="before")
    booking = create_booking(room)
    assert booking.status == Status.AWAITING_PAYMENT
    assert booking.payment_due_at == NOW + timedelta(days=3)

    settled = lifecycle.settle(booking, by=create_manager(room.venue), now=NOW)

    assert settled.status == Status.CONFIRMED


def test_money_is_never_asked_before_approval():
    room = create_space(payment="before", approval="request")
    request = create_booking(room)
    assert (request.status, request.payment_due_at) == (Status.REQUESTED, None)

    approved = lifecycle.approve(request, by=create_manager(room.venue), now=NOW)

    assert approved.status == Status.AWAITING_PAYMENT
    assert lifecycle.expire(approved, now=approved.payment_due_at)


def test_an_invoiced_space_is_confirmed_at_once():
    assert create_booking(create_space(payment="invoice")).status == Status.CONFIRMED


def test_a_manager_declines_with_a_reason_only():
    room = create_space(approval="request")
    request, onni = create_booking(room), create_manager(room.venue)

    with pytest.raises(Refused) as refusal:
        lifecycle.decline(request, by=onni, reason="  ", now=NOW)
    assert refusal.value.codes == {"reason_missing"}

    declined = lifecycle.decline(request, by=onni, reason="Sali on remontissa.", now=NOW)
    assert (declined.status, declined.reason) == (Status.DECLINED, "Sali on remontissa.")
    create_booking(room)


def test_neighbours_keep_the_longer_of_the_two_buffers():
    room = create_space(setup_minutes=30, cleanup_minutes=15)
    create_booking(room, "10:00", "12:00")

    with pytest.raises(Refused):
        create_booking(room, "12:00", "13:00")

    create_booking(room, "12:30", "13:00")


def test_an_approval_declines_those_in_its_way_and_not_those_who_keep_the_gap():
    room = create_space(approval="request", requests_compete=True, start_step=15, setup_minutes=30)
    chosen = create_booking(room, "10:00", "12:00")
    too_near, near_enough = create_booking(room, "12:15", "13:30"), create_booking(room, "12:30", "13:30")

    lifecycle.approve(chosen, by=create_manager(room.venue), now=NOW)

    too_near.refresh_from_db()
    near_enough.refresh_from_db()
    assert (too_near.status, near_enough.status) == (Status.DECLINED, Status.REQUESTED)


def test_an_approval_may_have_the_time_of_a_hold_that_ran_out():
    room = create_space(approval="request", requests_compete=True)
    request = create_booking(room)
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=None, now=NOW)

    approved = lifecycle.approve(request, by=create_manager(room.venue), now=NOW + timedelta(minutes=10))

    held.refresh_from_db()
    assert (approved.status, held.status) == (Status.CONFIRMED, Status.EXPIRED)


def test_a_lapsed_request_is_not_moved_back_to_life():
    room = create_space(approval="request")
    request = create_booking(room)

    with pytest.raises(Refused) as refusal:
        lifecycle.move(
            request,
            replace(wish_of(request), starts_at=hour("14:00"), ends_at=hour("15:00")),
            by=request.customer,
            now=request.decide_by,
        )

    assert refusal.value.codes == {"lapsed"}
    assert request.dates.get().starts_at == hour("10:00")


def test_a_payment_that_is_seen_too_late_confirms_nothing():
    room = create_space(payment="before")
    booking = create_booking(room)

    with pytest.raises(Refused) as refusal:
        lifecycle.settle(booking, by=create_manager(room.venue), now=booking.payment_due_at)

    assert refusal.value.codes == {"lapsed"}
    booking.refresh_from_db()
    assert booking.status == Status.AWAITING_PAYMENT


def test_a_visitors_hold_runs_out_and_is_nobodys_to_cancel():
    room = create_space()
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=None, now=NOW)

    with pytest.raises(MoveNotAllowed):
        lifecycle.cancel(held, by=create_manager(room.venue), now=NOW)

    assert lifecycle.expire(held, now=held.held_until)


def test_nobody_is_told_of_a_form_that_was_left():
    room, aino = create_space(), create_user()
    told = []
    signals.booking_expired.connect(told.append)
    signals.booking_cancelled.connect(told.append)

    lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=aino, now=NOW)
    second = lifecycle.hold(Wish(room, hour("11:00"), hour("13:00")), customer=aino, now=NOW)
    lifecycle.cancel(second, by=aino, now=NOW)

    assert told == []


def test_the_space_is_judged_as_it_is_now_and_not_as_the_page_knew_it():
    room = create_space(max_minutes=60)
    room.venue.timetable.openings.all().delete()
    Space.objects.filter(pk=room.pk).update(max_minutes=600)

    with pytest.raises(Refused) as refusal:
        create_booking(room, "10:00", "12:00")

    assert refusal.value.codes == {"closed"}


def test_a_booking_of_a_part_that_was_redrawn_meanwhile_follows_the_new_layout():
    whole, a, b, _a_and_c = create_gym()
    create_booking(b)
    layout.redraw(whole, layout.layout_of(whole) | {a.pk: {2}, b.pk: {0}}, by=create_user(), now=NOW)

    create_booking(a, "10:00", "12:00")

    assert a.occupancies.get().footprint == footprint([2])


def test_what_was_never_asked_for_is_not_approved():
    room = create_space(approval="request")
    onni = create_manager(room.venue)
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=create_user(), now=NOW)
    unpaid = create_booking(create_space(venue=room.venue, payment="before"))
    Space.objects.update(payment="free")

    for booking in (held, unpaid):
        with pytest.raises(MoveNotAllowed):
            lifecycle.approve(booking, by=onni, now=NOW)


def test_a_customer_who_moves_a_request_does_not_move_what_was_approved_meanwhile():
    room = create_space(approval="request")
    request = create_booking(room)
    as_aino_sees_it = Booking.objects.get(pk=request.pk)
    lifecycle.approve(request, by=create_manager(room.venue), now=NOW)

    with pytest.raises(ChangedMeanwhile):
        lifecycle.move(
            as_aino_sees_it,
            replace(wish_of(request), starts_at=hour("14:00"), ends_at=hour("15:00")),
            by=request.customer,
            now=NOW,
        )
