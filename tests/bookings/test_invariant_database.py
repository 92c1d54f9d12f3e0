"""Holes that the database itself refuses, whoever writes: one raw statement each."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, ProgrammingError, connection, transaction

from accounts.problems import Refused
from bookings import lifecycle
from bookings.models import Closure, Hit, Impact, Occupancy, Status
from bookings.wishes import Wish
from tests.factories import (
    NOW,
    create_booking,
    create_gym,
    create_space,
    create_user,
    hour,
)
from tests.sql import execute, insert_like, refused_by
from venues.fields import footprint

pytestmark = pytest.mark.django_db

TAKEN = "occupancy_respects_setup"


def date_of(booking) -> Occupancy:
    return booking.dates.get()


def cancelled(booking):
    return lifecycle.cancel(booking, by=booking.customer, now=NOW)


def create_closure() -> Closure:
    return Closure.objects.create(
        starts_at=hour("12:00"),
        ends_at=hour("13:00"),
        reason_fi="Remontti",
        created_at=NOW,
        created_by=create_user(),
    )


def create_hit(date: Occupancy) -> Hit:
    impact = Impact.objects.create(
        cause=Impact.Cause.CLOSURE, created_at=NOW, created_by=create_user(), due_at=NOW
    )
    return impact.hits.create(
        date=date, fate=Hit.Fate.MOVE, space=date.space, starts_at=date.starts_at, ends_at=date.ends_at
    )


def request_of(room):
    return create_booking(room, customer=create_user())


# --- Time that is taken --------------------------------------------------------------------------


def test_overlap_by_insert():
    date = date_of(create_booking(create_space()))
    other = create_booking(create_space())

    with refused_by(TAKEN):
        insert_like(date, booking_id=other.pk, starts_at=hour("11:00"), ends_at=hour("13:00"),
                    clear_at=hour("13:00"))  # fmt: skip


def test_overlap_by_copying_a_row():
    date = date_of(create_booking(create_space()))

    with refused_by(TAKEN):
        insert_like(date)


def test_overlap_by_a_closure():
    date = date_of(create_booking(create_space()))

    with refused_by(TAKEN):
        insert_like(date, booking_id=None, booking_is_live=None, closure_id=create_closure().pk)


def test_overlap_by_another_time():
    room = create_space()
    create_booking(room, "10:00", "12:00")
    later = date_of(create_booking(room, "12:00", "13:00"))

    with refused_by(TAKEN):
        execute(
            "UPDATE bookings_occupancy SET setup_at = %s, starts_at = %s WHERE id = %s",
            hour("11:59"), hour("11:59"), later.pk,
        )  # fmt: skip


def test_overlap_within_the_gap_before():
    room = create_space(setup_minutes=30)
    create_booking(room, "10:00", "12:00")
    later = date_of(create_booking(room, "12:30", "13:00"))

    with refused_by("occupancy_respects_setup"):
        execute(
            "UPDATE bookings_occupancy SET setup_at = setup_at - interval '1 second' WHERE id = %s", later.pk
        )


def test_overlap_within_the_gap_after():
    room = create_space(cleanup_minutes=30)
    earlier = date_of(create_booking(room, "10:00", "12:00"))
    create_booking(room, "12:30", "13:00")

    with refused_by("occupancy_respects_cleanup"):
        execute(
            "UPDATE bookings_occupancy SET clear_at = clear_at + interval '1 second' WHERE id = %s",
            earlier.pk,
        )


def test_overlap_by_reviving_a_cancelled_booking():
    room = create_space()
    first = cancelled(create_booking(room))
    create_booking(room)

    with refused_by(TAKEN):
        execute("UPDATE bookings_booking SET status = 'confirmed' WHERE id = %s", first.pk)


def test_overlap_by_reviving_all_bookings_at_once():
    room = create_space()
    for _time in range(3):
        cancelled(create_booking(room))

    with refused_by(TAKEN):
        execute("UPDATE bookings_booking SET status = 'confirmed'")


def test_overlap_by_ending_a_competition():
    room = create_space(approval="request", requests_compete=True)
    request_of(room)
    request_of(room)

    with refused_by(TAKEN):
        execute("UPDATE bookings_booking SET competes = false")


def test_overlap_by_taking_a_released_date_back():
    room = create_space()
    released = date_of(create_booking(room))
    execute("UPDATE bookings_occupancy SET released_at = %s WHERE id = %s", NOW, released.pk)
    create_booking(room)

    with refused_by(TAKEN):
        execute("UPDATE bookings_occupancy SET released_at = NULL WHERE id = %s", released.pk)


def test_overlap_by_redrawing_the_hall():
    _whole, a, b, _a_and_c = create_gym()
    create_booking(a)
    create_booking(b)

    with refused_by(TAKEN):
        execute("UPDATE venues_space SET footprint = '{[0,2)}' WHERE id = %s", b.pk)


def test_overlap_by_moving_to_another_space():
    _whole, a, b, _a_and_c = create_gym()
    create_booking(a)
    beside = date_of(create_booking(b))

    with refused_by(TAKEN):
        execute(
            "UPDATE bookings_occupancy SET space_id = %s, footprint = '{[0,1)}' WHERE id = %s",
            a.pk,
            beside.pk,
        )


def test_overlap_by_joining_two_halls():
    hall = create_space((0, 1))
    room = create_space((1,), venue=hall.venue)
    create_booking(hall)
    create_booking(room)

    with refused_by(TAKEN):
        execute(JOIN, hall.pk, room.pk)


JOIN = """
    UPDATE venues_space SET part_of_id = %s, hall_footprint = '{[0,2)}',
        setup_minutes = NULL, cleanup_minutes = NULL WHERE id = %s
"""


def test_moving_the_space_alone():
    _whole, a, b, _a_and_c = create_gym()
    date = date_of(create_booking(a))

    with refused_by("occupancy_follows_layout"):
        execute("UPDATE bookings_occupancy SET space_id = %s WHERE id = %s", b.pk, date.pk)


# --- Half rows -----------------------------------------------------------------------------------


def test_a_row_without_floor():
    date = date_of(create_booking(create_space()))

    with refused_by("occupancy_has_floor"):
        execute("UPDATE bookings_occupancy SET footprint = '{}' WHERE id = %s", date.pk)


def test_a_space_without_floor():
    room = create_space()

    with refused_by("space_has_floor"):
        execute("UPDATE venues_space SET footprint = '{}' WHERE id = %s", room.pk)


@pytest.mark.parametrize(
    "instants",
    [
        "ends_at = starts_at, clear_at = starts_at",
        "ends_at = starts_at - interval '1 second', setup_at = starts_at - interval '1 hour'",
        "setup_at = starts_at + interval '1 second'",
        "clear_at = ends_at - interval '1 second'",
    ],
)
def test_instants_out_of_order(instants):
    date = date_of(create_booking(create_space()))

    with refused_by("occupancy_times_in_order"):
        execute(f"UPDATE bookings_occupancy SET {instants} WHERE id = %s", date.pk)


def test_a_row_that_ends_before_it_begins():
    create_booking(create_space())

    with pytest.raises(DataError, match="range lower bound"), transaction.atomic():
        execute("UPDATE bookings_occupancy SET setup_at = clear_at, clear_at = setup_at")


@pytest.mark.parametrize(
    "instants",
    [
        "setup_at = '-infinity'",
        "setup_at = '-infinity', starts_at = '-infinity'",
        "clear_at = 'infinity'",
        "ends_at = 'infinity', clear_at = 'infinity'",
    ],
)
def test_instants_without_end(instants):
    date = date_of(create_booking(create_space()))

    with refused_by("occupancy_times_are_finite"):
        execute(f"UPDATE bookings_occupancy SET {instants} WHERE id = %s", date.pk)


def test_no_reason():
    date = date_of(create_booking(create_space()))

    with refused_by("occupancy_has_one_reason"):
        execute(
            "UPDATE bookings_occupancy SET booking_id = NULL, booking_is_live = NULL WHERE id = %s", date.pk
        )


def test_two_reasons():
    date = date_of(create_booking(create_space()))

    with refused_by("occupancy_has_one_reason"):
        execute("UPDATE bookings_occupancy SET closure_id = %s WHERE id = %s", create_closure().pk, date.pk)


def test_a_booking_that_is_the_new_time_of_another_as_well():
    date = date_of(create_booking(create_space()))

    with refused_by("occupancy_has_one_reason"):
        execute("UPDATE bookings_occupancy SET hit_id = %s WHERE id = %s", create_hit(date).pk, date.pk)


def test_a_closure_that_is_the_new_time_of_a_booking_as_well():
    date = date_of(create_booking(create_space()))
    later = {"starts_at": hour("12:00"), "setup_at": hour("12:00"), "ends_at": hour("13:00")}

    with refused_by("occupancy_has_one_reason"):
        insert_like(
            date, booking_id=None, booking_is_live=None, closure_id=create_closure().pk,
            hit_id=create_hit(date).pk, clear_at=hour("13:00"), **later,
        )  # fmt: skip


def test_overlap_by_the_new_time_of_another():
    date = date_of(create_booking(create_space()))

    with refused_by(TAKEN):
        insert_like(date, booking_id=None, booking_is_live=None, hit_id=create_hit(date).pk)


def test_a_closure_that_ends_before_it_begins():
    closure = create_closure()

    with refused_by("closure_times_in_order"):
        execute("UPDATE bookings_closure SET ends_at = starts_at WHERE id = %s", closure.pk)


def test_a_time_of_a_closure_that_ends_before_it_begins():
    closure = create_closure()

    with refused_by("closure_time_in_order"):
        closure.times.create(starts_at=hour("12:00"), ends_at=hour("12:00"))


def test_a_closure_lifted_by_nobody():
    closure = create_closure()

    with refused_by("closure_lifting_is_complete"):
        execute("UPDATE bookings_closure SET lifted_at = now() WHERE id = %s", closure.pk)


def test_an_impact_both_done_and_undone():
    hit = create_hit(date_of(create_booking(create_space())))

    with refused_by("impact_is_done_or_undone"):
        execute(
            "UPDATE bookings_impact SET done_at = now(), undone_at = now(), undone_by_id = created_by_id"
            " WHERE id = %s", hit.impact_id,
        )  # fmt: skip


@pytest.mark.parametrize("claim", [None, False])
def test_a_live_booking_whose_date_does_not_say_so(claim):
    date = date_of(create_booking(create_space()))

    with refused_by("occupancy_follows_booking"):
        execute("UPDATE bookings_occupancy SET booking_is_live = %s WHERE id = %s", claim, date.pk)


@pytest.mark.parametrize("claim", [None, True])
def test_a_dead_booking_whose_date_claims_the_time(claim):
    date = date_of(cancelled(create_booking(create_space())))

    with refused_by("occupancy_follows_booking"):
        execute("UPDATE bookings_occupancy SET booking_is_live = %s WHERE id = %s", claim, date.pk)


def test_a_new_date_of_a_dead_booking_that_claims_the_time():
    date = date_of(cancelled(create_booking(create_space())))

    with refused_by("occupancy_follows_booking"):
        insert_like(date, booking_is_live=True)


def test_liveness_without_a_booking():
    date = date_of(create_booking(create_space()))

    with refused_by("occupancy_follows_booking"):
        insert_like(
            date, booking_id=None, booking_is_live=False, closure_id=create_closure().pk,
            ends_at=hour("13:00"), clear_at=hour("13:00"), starts_at=hour("12:00"), setup_at=hour("12:00"),
        )  # fmt: skip


@pytest.mark.parametrize(
    "column", ["holds_time = false", "with_setup = 'empty'", "with_cleanup = 'empty'", "with_both = 'empty'"]
)
def test_what_the_database_makes_is_nobodys_to_write(column):
    create_booking(create_space())

    with pytest.raises(ProgrammingError, match="can only be updated to DEFAULT"), transaction.atomic():
        execute(f"UPDATE bookings_occupancy SET {column}")


def test_liveness_is_nobodys_to_write():
    create_booking(create_space())

    with pytest.raises(ProgrammingError, match="can only be updated to DEFAULT"), transaction.atomic():
        execute("UPDATE bookings_booking SET is_live = false")


# --- Bookings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [lambda booking: booking, cancelled])
def test_a_booking_deleted_under_its_date(end):
    booking = end(create_booking(create_space()))

    with refused_by("occupancy_follows_booking"):
        execute("DELETE FROM bookings_booking WHERE id = %s", booking.pk)


def test_a_closure_deleted_under_its_time():
    date = date_of(create_booking(create_space()))
    closure = create_closure()
    later = {"starts_at": hour("12:00"), "setup_at": hour("12:00"), "ends_at": hour("13:00")}
    insert_like(
        date, booking_id=None, booking_is_live=None, closure_id=closure.pk, clear_at=hour("13:00"), **later
    )
    key = Occupancy._meta.get_field("closure")

    with refused_by(constraint_of(key)):
        execute("DELETE FROM bookings_closure WHERE id = %s", closure.pk)
        execute("SET CONSTRAINTS ALL IMMEDIATE")


def constraint_of(field) -> str:
    """Return the name that Django gave a foreign key of its own."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, field.model._meta.db_table)
    (name,) = (
        name for name, facts in found.items() if facts["columns"] == [field.column] and facts["foreign_key"]
    )
    return name


def test_two_holds_of_one_customer():
    aino = create_user()
    lifecycle.hold(Wish(create_space(), hour("10:00"), hour("12:00")), customer=aino, now=NOW)
    visitors = lifecycle.hold(Wish(create_space(), hour("10:00"), hour("12:00")), customer=None, now=NOW)

    with refused_by("booking_one_hold_per_customer"):
        execute("UPDATE bookings_booking SET customer_id = %s WHERE id = %s", aino.pk, visitors.pk)


@pytest.mark.parametrize("status", ["requested", "awaiting_payment", "confirmed", "declined", "cancelled"])
def test_a_booking_that_is_nobodys(status):
    held = lifecycle.hold(Wish(create_space(), hour("10:00"), hour("12:00")), customer=None, now=NOW)

    with refused_by("booking_has_a_customer"):
        execute(
            "UPDATE bookings_booking SET status = %s, decide_by = %s, payment_due_at = %s WHERE id = %s",
            status, NOW, NOW, held.pk,
        )  # fmt: skip


@pytest.mark.parametrize("status", ["held", "requested", "awaiting_payment"])
def test_a_wait_without_end(status):
    booking = create_booking(create_space())

    with refused_by("booking_deadline_is_set"):
        execute("UPDATE bookings_booking SET status = %s WHERE id = %s", status, booking.pk)


def test_an_unknown_status():
    booking = create_booking(create_space())

    with refused_by("booking_status_is_known"):
        execute("UPDATE bookings_booking SET status = 'completed' WHERE id = %s", booking.pk)


# --- What follows by itself ----------------------------------------------------------------------


def test_cancelling_by_bulk_sql_frees_the_time():
    room = create_space()
    booking = create_booking(room)

    execute("UPDATE bookings_booking SET status = 'cancelled' WHERE id = %s", booking.pk)

    assert not date_of(booking).holds_time
    create_booking(room)


def test_reviving_by_bulk_sql_takes_the_time_if_it_is_free():
    room = create_space()
    booking = cancelled(create_booking(room))

    execute("UPDATE bookings_booking SET status = 'confirmed' WHERE id = %s", booking.pk)

    assert date_of(booking).holds_time
    with pytest.raises(Refused):
        create_booking(room)


def test_redrawing_by_bulk_sql_carries_the_bookings_along():
    _whole, a, b, a_and_c = create_gym()
    booking = create_booking(b)

    execute("UPDATE venues_space SET footprint = '{[2,3)}' WHERE id = %s", b.pk)

    assert date_of(booking).footprint == footprint([2])
    create_booking(a)
    with pytest.raises(Refused):
        create_booking(a_and_c)


def test_a_room_that_becomes_a_part_takes_its_bookings_along():
    hall = create_space((0, 1))
    room = create_space((1,), venue=hall.venue)
    booking = create_booking(room)

    execute(JOIN, hall.pk, room.pk)

    assert date_of(booking).hall_id == hall.pk
    with pytest.raises(Refused):
        create_booking(hall)


def test_ranges_are_half_open_and_follow_the_instants():
    room = create_space(setup_minutes=60, cleanup_minutes=30)
    date = date_of(create_booking(room, "10:00", "12:00"))

    periods = [date.with_setup, date.with_cleanup, date.with_both]

    day = datetime(2027, 2, 6, tzinfo=UTC)
    hours = [(7, 10), (8, 10.5), (7, 10.5)]
    assert [(p.lower, p.upper) for p in periods] == [
        (day + timedelta(hours=start), day + timedelta(hours=end)) for start, end in hours
    ]
    assert {period.bounds for period in periods} == {"[)"}


def test_every_status_says_whether_it_holds_time():
    booking = create_booking(create_space())
    deadlines = "held_until = now(), decide_by = now(), payment_due_at = now()"
    holding = set()

    for status in Status.values:
        for competes in (True, False):
            execute(f"UPDATE bookings_booking SET status = %s, competes = %s, {deadlines}", status, competes)
            if date_of(booking).holds_time:
                holding.add((status, competes))

    assert holding == {
        ("held", True), ("held", False), ("awaiting_payment", True), ("awaiting_payment", False),
        ("confirmed", True), ("confirmed", False), ("requested", False),
    }  # fmt: skip
