"""The promises as the database itself knows them: a migration that drops or weakens one fails here.

Django's own `makemigrations --check` does not notice: dropping a generated column drops, silently, every
key and index that leans on it.
"""

import pytest
from django.db import connection

from tests.sql import rows

pytestmark = pytest.mark.django_db

CONSTRAINTS = {
    "occupancy_respects_setup": "EXCLUDE USING gist (hall_id WITH =, with_setup WITH &&,"
    " footprint WITH &&) WHERE (holds_time)",
    "occupancy_respects_cleanup": "EXCLUDE USING gist (hall_id WITH =, with_cleanup WITH &&,"
    " footprint WITH &&) WHERE (holds_time)",
    "occupancy_follows_layout": "FOREIGN KEY (space_id, hall_id, footprint)"
    " REFERENCES venues_space(id, hall_id, footprint) MATCH FULL ON UPDATE CASCADE",
    "occupancy_follows_booking": "FOREIGN KEY (booking_id, booking_is_live)"
    " REFERENCES bookings_booking(id, is_live) MATCH FULL ON UPDATE CASCADE",
    "occupancy_has_one_reason": "CHECK ((((booking_id IS NOT NULL) AND (closure_id IS NULL)"
    " AND (hit_id IS NULL) AND (offer_id IS NULL))"
    " OR ((booking_id IS NULL) AND (closure_id IS NOT NULL) AND (hit_id IS NULL) AND (offer_id IS NULL))"
    " OR ((booking_id IS NULL) AND (closure_id IS NULL) AND (hit_id IS NOT NULL) AND (offer_id IS NULL))"
    " OR ((booking_id IS NULL) AND (closure_id IS NULL) AND (hit_id IS NULL) AND (offer_id IS NOT NULL))))",
    "occupancy_came_or_not": "CHECK (((arrived_at IS NULL) OR (no_show_at IS NULL)))",
    "occupancy_times_in_order": "CHECK (((ends_at <= clear_at) AND (setup_at <= starts_at)"
    " AND (starts_at < ends_at)))",
    "occupancy_times_are_finite": "CHECK (((clear_at < 'infinity'::timestamp with time zone)"
    " AND (setup_at > '-infinity'::timestamp with time zone)))",
    "occupancy_has_floor": "CHECK ((NOT isempty(footprint)))",
    "closure_times_in_order": "CHECK ((starts_at < ends_at))",
    "closure_time_in_order": "CHECK ((starts_at < ends_at))",
    "closure_lifting_is_complete": "CHECK ((((lifted_at IS NULL) AND (lifted_by_id IS NULL))"
    " OR ((lifted_at IS NOT NULL) AND (lifted_by_id IS NOT NULL))))",
    "hit_once": "UNIQUE (impact_id, date_id)",
    "impact_is_done_or_undone": "CHECK (((done_at IS NULL) OR (undone_at IS NULL)))",
    "booking_liveness": "UNIQUE (id, is_live)",
    "booking_has_a_customer": "CHECK (((customer_id IS NOT NULL)"
    " OR (status = ANY (ARRAY['held'::text, 'expired'::text]))))",
    "space_layout": "UNIQUE (id, hall_id, footprint)",
    "space_floor": "UNIQUE (id, footprint)",
    "space_hall": "UNIQUE (id, hall_id)",
    "space_place": "UNIQUE (id, venue_id)",
    "space_part_of_a_hall": "FOREIGN KEY (part_of_id, hall_id) REFERENCES venues_space(id, hall_id)",
    "space_knows_its_hall": "FOREIGN KEY (part_of_id, hall_footprint)"
    " REFERENCES venues_space(id, footprint) MATCH FULL ON UPDATE CASCADE",
    "space_part_at_the_same_venue": "FOREIGN KEY (part_of_id, venue_id)"
    " REFERENCES venues_space(id, venue_id) ON UPDATE CASCADE",
    "space_lies_within_its_hall": "CHECK (((hall_footprint IS NULL) OR (footprint <@ hall_footprint)))",
    "space_is_not_its_own_part": "CHECK (((part_of_id IS NULL) OR (NOT ((part_of_id = id)"
    " AND (part_of_id IS NOT NULL)))))",
    "space_has_floor": "CHECK ((NOT isempty(footprint)))",
    "space_buffers_are_the_halls": "CHECK ((((cleanup_minutes IS NOT NULL) AND (cleanup_minutes <= 1440)"
    " AND (part_of_id IS NULL) AND (setup_minutes IS NOT NULL) AND (setup_minutes <= 1440))"
    " OR ((cleanup_minutes IS NULL) AND (part_of_id IS NOT NULL) AND (setup_minutes IS NULL))))",
    "opening_no_overlap": "EXCLUDE USING gist (timetable_id WITH =, period WITH &&)",
}
GENERATED = {
    ("venues_space", "hall_id"): "COALESCE(part_of_id, id)",
    ("bookings_booking", "is_live"): "((status = ANY (ARRAY['held'::text, 'awaiting_payment'::text,"
    " 'confirmed'::text])) OR ((NOT competes) AND (status = 'requested'::text)))",
    ("bookings_occupancy", "with_setup"): "tstzrange(setup_at, ends_at)",
    ("bookings_occupancy", "with_cleanup"): "tstzrange(starts_at, clear_at)",
    ("bookings_occupancy", "with_both"): "tstzrange(setup_at, clear_at)",
    ("bookings_occupancy", "holds_time"): "((booking_is_live OR (booking_is_live IS NULL))"
    " AND (released_at IS NULL))",
}


@pytest.mark.parametrize(("name", "definition"), CONSTRAINTS.items(), ids=CONSTRAINTS)
def test_a_constraint_says_what_it_should_at_once_and_of_every_row(name, definition):
    found = rows(
        "SELECT pg_get_constraintdef(oid), condeferrable, convalidated FROM pg_constraint WHERE conname = %s",
        name,
    )

    assert found == [(definition, False, True)]


@pytest.mark.parametrize(
    ("column", "expression"), GENERATED.items(), ids=[name for _table, name in GENERATED]
)
def test_a_column_is_made_by_the_database_and_stored(column, expression):
    table, name = column

    assert rows(
        "SELECT generation_expression, attgenerated::text FROM information_schema.columns"
        " JOIN pg_attribute ON attrelid = table_name::regclass AND attname = column_name"
        " WHERE table_schema = 'public' AND table_name = %s AND column_name = %s",
        table, name,
    ) == [(expression, "s")]  # fmt: skip


def test_nothing_of_an_occupancy_can_be_unknown_but_its_reason_and_what_became_of_it():
    nullable = rows(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = 'bookings_occupancy' AND table_schema = 'public' AND is_nullable = 'YES'"
    )

    unknown = {name for (name,) in nullable} - {"with_setup", "with_cleanup", "with_both", "holds_time"}
    reason = {"booking_id", "booking_is_live", "closure_id", "hit_id", "offer_id"}
    became = {f"{what}_{how}" for what in ("released", "arrived", "no_show") for how in ("at", "by_id")}
    assert unknown == reason | became


def test_one_hold_per_customer_is_an_index_of_holds_only():
    ((definition, is_unique, is_valid),) = rows(
        "SELECT pg_get_indexdef(indexrelid), indisunique, indisvalid FROM pg_index"
        " WHERE indexrelid = 'booking_one_hold_per_customer'::regclass"
    )

    assert definition.endswith("USING btree (customer_id) WHERE (status = 'held'::text)")
    assert is_unique
    assert is_valid


def test_the_server_is_one_that_we_support():
    assert connection.pg_version >= 150000
