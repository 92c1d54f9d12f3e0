"""Holes in the layout of halls that the database itself refuses, whoever writes."""

import pytest

from tests.factories import (
    create_booking,
    create_gym,
    create_space,
    create_venue,
)
from tests.sql import execute, refused_by

pytestmark = pytest.mark.django_db


def test_floor_that_is_not_the_spaces():
    _whole, a, _b, _a_and_c = create_gym()
    date = create_booking(a).dates.get()

    with refused_by("occupancy_follows_layout"):
        execute("UPDATE bookings_occupancy SET footprint = '{[2,3)}' WHERE id = %s", date.pk)


def test_a_hall_that_is_not_the_spaces():
    date = create_booking(create_space()).dates.get()

    with refused_by("occupancy_follows_layout"):
        execute("UPDATE bookings_occupancy SET hall_id = %s WHERE id = %s", create_space().pk, date.pk)


def test_a_part_outside_its_hall():
    _whole, a, _b, _a_and_c = create_gym()

    with refused_by("space_lies_within_its_hall"):
        execute("UPDATE venues_space SET footprint = '{[0,1),[3,4)}' WHERE id = %s", a.pk)


def test_a_hall_that_shrinks_under_its_parts():
    whole, _a, _b, _a_and_c = create_gym()

    with refused_by("space_lies_within_its_hall"):
        execute("UPDATE venues_space SET footprint = '{[0,2)}' WHERE id = %s", whole.pk)


@pytest.mark.parametrize("lie", ["NULL", "'{[0,9)}'"])
def test_a_part_that_is_wrong_about_its_hall(lie):
    _whole, a, _b, _a_and_c = create_gym()

    with refused_by("space_knows_its_hall"):
        execute(f"UPDATE venues_space SET hall_footprint = {lie} WHERE id = %s", a.pk)


def test_a_part_of_a_part():
    _whole, a, _b, a_and_c = create_gym()

    with refused_by("space_part_of_a_hall"):
        execute(
            "UPDATE venues_space SET part_of_id = %s, hall_footprint = '{[0,1),[2,3)}' WHERE id = %s",
            a_and_c.pk, a.pk,
        )  # fmt: skip


def test_a_hall_with_parts_that_becomes_a_part():
    whole, _a, _b, _a_and_c = create_gym()
    other = create_space((0, 1, 2, 3), venue=whole.venue)

    with refused_by("space_part_of_a_hall"):
        execute(
            "UPDATE venues_space SET part_of_id = %s, hall_footprint = '{[0,4)}',"
            " setup_minutes = NULL, cleanup_minutes = NULL WHERE id = %s",
            other.pk, whole.pk,
        )  # fmt: skip


def test_a_part_of_itself():
    room = create_space()

    with refused_by("space_is_not_its_own_part"):
        execute(
            "UPDATE venues_space SET part_of_id = id, hall_footprint = footprint,"
            " setup_minutes = NULL, cleanup_minutes = NULL WHERE id = %s",
            room.pk,
        )


def test_a_part_at_another_venue():
    _whole, a, _b, _a_and_c = create_gym()

    with refused_by("space_part_at_the_same_venue"):
        execute("UPDATE venues_space SET venue_id = %s WHERE id = %s", create_venue().pk, a.pk)


def test_a_hall_that_goes_to_another_venue_takes_its_parts_along():
    whole, a, _b, _a_and_c = create_gym()
    elsewhere = create_venue()

    execute("UPDATE venues_space SET venue_id = %s WHERE id = %s", elsewhere.pk, whole.pk)

    a.refresh_from_db()
    assert a.venue == elsewhere


def test_a_hall_deleted_under_its_parts():
    whole, _a, _b, _a_and_c = create_gym()

    with refused_by("space_part_of_a_hall"):
        execute("DELETE FROM venues_space WHERE id = %s", whole.pk)


def test_a_space_deleted_under_its_bookings():
    room = create_space()
    create_booking(room)

    with refused_by("occupancy_follows_layout"):
        execute("DELETE FROM venues_space WHERE id = %s", room.pk)


@pytest.mark.parametrize(
    "buffers", ["setup_minutes = NULL", "cleanup_minutes = NULL", "setup_minutes = 1441"]
)
def test_a_hall_without_possible_buffers(buffers):
    create_space()

    with refused_by("space_buffers_are_the_halls"):
        execute(f"UPDATE venues_space SET {buffers}")


def test_a_part_with_buffers_of_its_own():
    _whole, a, _b, _a_and_c = create_gym()

    with refused_by("space_buffers_are_the_halls"):
        execute("UPDATE venues_space SET setup_minutes = 0 WHERE id = %s", a.pk)
