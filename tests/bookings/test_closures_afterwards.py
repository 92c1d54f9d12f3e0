"""Closed time stays closed whatever becomes of the bookings in it, or of the layout of the hall."""

import pytest

from accounts.problems import Refused
from bookings import closures, layout, lifecycle
from bookings.models import Status
from bookings.wishes import Wish, wish_of
from tests.bookings.closing import dates, refusal_of
from tests.factories import (
    NOW,
    create_booking,
    create_closure,
    create_gym,
    create_space,
    create_user,
    hour,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("closed_as_promised")]


@pytest.fixture
def onni():
    return create_user("Onni")


def move(booking, space, start, end):
    wish = wish_of(booking)
    there = Wish(space, hour(start), hour(end), attendees=wish.attendees)
    return lifecycle.move(booking, there, by=booking.customer, now=NOW)


# --- Holes close again ----------------------------------------------------------------------------


def test_a_kept_booking_that_is_cancelled_leaves_no_hole():
    room = create_space()
    booking = create_booking(room, "10:00", "12:00")
    create_closure(room, hour("08:00"), hour("20:00"))

    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    assert refusal_of(room, "10:00", "12:00").codes == {"closed"}


def test_a_kept_request_that_is_declined_or_runs_out_leaves_no_hole(onni):
    room = create_space(approval="request")
    declined, forgotten = create_booking(room, "10:00", "11:00"), create_booking(room, "11:00", "12:00")
    create_closure(room, hour("08:00"), hour("20:00"))

    lifecycle.decline(declined, by=onni, reason="Remontti", now=NOW)
    lifecycle.expire(forgotten, now=forgotten.decide_by)

    assert refusal_of(room, "10:00", "12:00").codes == {"closed"}


def test_a_kept_booking_that_moves_away_leaves_no_hole():
    room, elsewhere = create_space(), create_space()
    booking = create_booking(room, "10:00", "12:00")
    create_closure(room, hour("08:00"), hour("20:00"))

    move(booking, elsewhere, "10:00", "12:00")

    assert refusal_of(room, "10:00", "12:00").codes == {"closed"}


def test_a_kept_booking_may_become_shorter_and_what_it_leaves_closes():
    room = create_space(setup_minutes=30)
    booking = create_booking(room, "10:00", "12:00")
    create_closure(room, hour("08:00"), hour("20:00"))

    move(booking, room, "10:00", "11:00")

    assert dates() == [("Liikuntasali", "08.00", "09.30"), ("Liikuntasali", "11.00", "20.00")]


def test_a_kept_booking_cannot_move_into_closed_time():
    room = create_space()
    booking = create_booking(room, "10:00", "12:00")
    create_closure(room, hour("08:00"), hour("20:00"))

    with pytest.raises(Refused) as refusal:
        move(booking, room, "11:00", "13:00")

    assert refusal.value.codes == {"closed"}


def test_who_sweeps_a_hold_that_has_run_out_finds_the_space_closed():
    room = create_space()
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=create_user(), now=NOW)
    create_closure(room, hour("08:00"), hour("20:00"))

    assert refusal_of(room, "10:00", "12:00", now=held.held_until).codes == {"closed"}


def test_a_hold_that_is_given_up_for_another_leaves_no_hole():
    room, elsewhere = create_space(), create_space()
    aino = create_user()
    lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=aino, now=NOW)
    create_closure(room, hour("08:00"), hour("20:00"))

    lifecycle.hold(Wish(elsewhere, hour("10:00"), hour("12:00")), customer=aino, now=NOW)

    assert refusal_of(room, "10:00", "12:00").codes == {"closed"}


def test_a_hold_that_becomes_a_request_that_competes_holds_its_time_no_more():
    room = create_space(approval="request", requests_compete=True)
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=create_user(), now=NOW)
    create_closure(room, hour("08:00"), hour("20:00"))

    request = lifecycle.submit(held, wish_of(held), customer=held.customer, now=NOW)

    assert request.status == Status.REQUESTED
    assert refusal_of(room, "10:00", "12:00").codes == {"closed"}


def test_the_buffer_of_one_booking_stays_a_hole_when_its_neighbour_ends():
    room = create_space(setup_minutes=30, cleanup_minutes=30)
    early, _late = create_booking(room, "10:00", "12:00"), create_booking(room, "12:30", "14:00")
    create_closure(room, hour("08:00"), hour("20:00"))

    lifecycle.cancel(early, by=early.customer, now=NOW)

    # From 12.00 on it is set up for the late one.
    assert dates() == [("Liikuntasali", "08.00", "12.00"), ("Liikuntasali", "14.30", "20.00")]


def test_a_booking_that_ends_where_nothing_is_closed_costs_two_statements(django_assert_num_queries):
    """Whether a closure wants its time, and whether somebody waits for it."""
    room = create_space()
    booking = create_booking(room, "10:00", "12:00")
    create_closure(room, hour("14:00"), hour("20:00"))

    with django_assert_num_queries(2):
        closures.freed_by(booking, now=NOW)
    with django_assert_num_queries(2):
        closures.freed(room.hall_id, hour("10:00"), hour("12:00"), now=NOW)


# --- Another layout -------------------------------------------------------------------------------


def test_a_closed_part_that_is_drawn_larger_is_closed_with_its_new_floor(onni):
    whole, a, b, _rest = create_gym()
    create_closure(a, hour("08:00"), hour("20:00"))

    layout.redraw(whole, layout.layout_of(whole) | {a.pk: {0, 1}}, by=onni, now=NOW)

    assert refusal_of(b).codes == {"closed"}


def test_floor_that_is_not_closed_any_more_is_open_again(onni):
    whole, _a, b, a_and_c = create_gym()
    create_booking(b, "08:00", "20:00")
    create_closure(whole, hour("08:00"), hour("20:00"))
    assert dates() == [("Lohkot A ja C", "08.00", "20.00")]

    layout.redraw(whole, layout.layout_of(whole) | {a_and_c.pk: {0}}, by=onni, now=NOW)

    assert dates() == [("Lohko A", "08.00", "20.00")]


def test_closures_that_come_to_share_floor_do_not_stand_in_the_way_of_a_new_layout(onni):
    whole, a, b, _rest = create_gym()
    create_closure(a, hour("08:00"), hour("14:00"))
    create_closure(b, hour("12:00"), hour("20:00"))

    layout.redraw(whole, layout.layout_of(whole) | {b.pk: {0}}, by=onni, now=NOW)

    assert [date[1:] for date in dates()] == [("08.00", "14.00"), ("14.00", "20.00")]


def test_a_booking_stays_where_a_closed_part_is_drawn_over_it(onni):
    whole, a, b, _rest = create_gym()
    create_booking(b, "10:00", "12:00")
    create_closure(a, hour("08:00"), hour("20:00"))

    layout.redraw(whole, layout.layout_of(whole) | {a.pk: {0, 1}}, by=onni, now=NOW)

    # A, with B's floor, cannot be closed then: its other piece is, with the floor of A and C.
    assert dates() == [
        ("Lohko A", "08.00", "10.00"),
        ("Lohkot A ja C", "10.00", "12.00"),
        ("Lohko A", "12.00", "20.00"),
    ]


def test_a_layout_that_collides_closes_as_before_and_names_bookings_only(onni):
    whole, a, b, _rest = create_gym()
    for part in (a, b):
        create_booking(part, "10:00", "12:00")
        create_closure(part, hour("08:00"), hour("20:00"))
    before = dates()

    with pytest.raises(layout.RedrawCollides) as refusal:
        layout.redraw(whole, layout.layout_of(whole) | {b.pk: {0}}, by=onni, now=NOW)

    assert refusal.value.total == 1
    assert dates() == before


def test_a_new_part_cannot_be_booked_at_closed_time():
    """Nothing reached piece 2 while A was booked."""
    whole, a, *_rest = create_gym()
    create_booking(a, "10:00", "12:00")
    create_closure(whole, hour("08:00"), hour("20:00"))

    c = create_space((2,), hall=whole, name_fi="Lohko C")

    assert refusal_of(c, "10:00", "12:00").codes == {"closed"}
