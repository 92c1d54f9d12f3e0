"""Whatever damage gets past the database, `manage.py check_invariants` names."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from bookings import closures, invariants, occupancies
from bookings.models import Booking, Closure, Hit, Impact, Occupancy, Status
from tests.factories import (
    NOW,
    create_booking,
    create_closure,
    create_gym,
    create_organisation,
    create_series,
    create_space,
    create_user,
    hour,
)
from tests.sql import execute, rows
from venues.fields import footprint
from venues.models import Opening, Policy, Space

pytestmark = pytest.mark.django_db


def drop(*names: str, table: str = "bookings_occupancy") -> None:
    # Deferred checks have their say first: a table with pending events cannot be altered.
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    for name in names:
        execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def broken() -> list[str]:
    return [text for text in invariants.findings(now=NOW) if "constraint" not in text]


def test_a_city_in_order_is_as_promised():
    whole, a, b, _ = create_gym(setup_minutes=30, cleanup_minutes=15)
    create_booking(a, "10:00", "12:00")
    create_booking(b, "10:00", "12:00")
    create_booking(whole, "12:30", "14:00")

    assert list(invariants.findings(now=NOW)) == []


@pytest.mark.parametrize(
    ("column", "gap", "word"),
    [("setup_at", -5, "set-up"), ("clear_at", 5, "cleaning up"), (None, 0, "set-up")],
)
def test_two_on_one_floor_are_both_named(column, gap, word):
    whole, a, *_rest = create_gym()
    first = create_booking(a, "10:00", "12:00").dates.get()
    second = create_booking(whole, "12:00", "14:00").dates.get()
    drop("occupancy_respects_setup", "occupancy_respects_cleanup")

    if column == "setup_at":
        execute(
            "UPDATE bookings_occupancy SET setup_at = setup_at - interval '5 min' WHERE id = %s", second.pk
        )
    elif column == "clear_at":
        execute(
            "UPDATE bookings_occupancy SET clear_at = clear_at + interval '5 min' WHERE id = %s", first.pk
        )
    else:
        execute("UPDATE bookings_occupancy SET ends_at = clear_at + interval '1 h', clear_at = clear_at"
                " + interval '1 h' WHERE id = %s", first.pk)  # fmt: skip

    assert any(word in text and f"{first.pk} and {second.pk} " in text for text in broken())


def test_a_part_and_an_overlapping_combination_far_apart_in_the_list_are_found():
    _whole, a, b, a_and_c = create_gym()
    long = create_booking(a, "08:00", "20:00").dates.get()
    for start in ("09:00", "11:00", "13:00"):
        create_booking(b, start, f"{int(start[:2]) + 1:02}:00")
    drop("occupancy_respects_setup", "occupancy_respects_cleanup")
    late = create_booking(a_and_c, "20:00", "21:00").dates.get()
    execute("UPDATE bookings_occupancy SET setup_at = setup_at - interval '2 h', starts_at = starts_at"
            " - interval '2 h' WHERE id = %s", late.pk)  # fmt: skip

    assert {text.split(" hold")[0] for text in broken()} == {f"Dates {long.pk} and {late.pk}"}


@pytest.mark.parametrize(
    ("constraints", "damage", "sentence"),
    [
        (
            ["occupancy_follows_booking"],
            "UPDATE bookings_occupancy SET booking_is_live = false WHERE id = {date}",
            "Date {date} says of its booking {booking} that it is live: False. The booking is confirmed.",
        ),
        (
            ["occupancy_follows_booking"],
            "UPDATE bookings_booking SET status = 'cancelled' WHERE id = {booking}",
            "Date {date} says of its booking {booking} that it is live: True. The booking is cancelled.",
        ),
        (
            ["occupancy_follows_booking"],
            "UPDATE bookings_occupancy SET booking_id = 0 WHERE id = {date}",
            "Date {date} names booking 0, which does not exist.",
        ),
        (
            ["occupancy_follows_booking", "occupancy_has_one_reason"],
            "UPDATE bookings_occupancy SET booking_id = null, booking_is_live = null WHERE id = {date}",
            "Date {date} is taken for no reason, or for several.",
        ),
        (
            ["occupancy_follows_booking"],
            "UPDATE bookings_occupancy SET booking_is_live = null WHERE id = {date}",
            "Date {date} says of liveness what it cannot know.",
        ),
        (
            ["occupancy_times_in_order"],
            "UPDATE bookings_occupancy SET setup_at = starts_at + interval '1 min' WHERE id = {date}",
            "Date {date} has its times out of order, or without end.",
        ),
        (
            ["occupancy_times_are_finite"],
            "UPDATE bookings_occupancy SET clear_at = 'infinity' WHERE id = {date}",
            "Date {date} has its times out of order, or without end.",
        ),
        (
            ["occupancy_follows_layout"],
            "UPDATE bookings_occupancy SET footprint = '{{[7,8)}}' WHERE id = {date}",
            "Date {date} is drawn on other floor than its space {space}.",
        ),
        (
            [],
            "UPDATE bookings_booking SET space_id = (SELECT max(id) FROM venues_space) WHERE id = {booking}",
            "Booking {booking} is of space {other}. Its date {date} is in space {space}.",
        ),
        (
            ["occupancy_follows_layout"],
            "UPDATE venues_space SET footprint = '{{[0,)}}' WHERE id = {space}",
            "Space {space} covers no floor, or floor without end.",
        ),
        (
            [],
            "DELETE FROM bookings_occupancy WHERE id = {date}",
            "Booking {booking} has no date.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_a_damaged_date_is_named(constraints, damage, sentence):
    booking, other = create_booking(create_space()), create_space()
    names = {
        "booking": booking.pk,
        "date": booking.dates.get().pk,
        "space": booking.space_id,
        "other": other.pk,
    }
    drop(*constraints)

    execute(damage.format(**names))

    assert sentence.format(**names) in broken()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (
            "UPDATE bookings_occupancy SET space_id = {other}, hall_id = {other} WHERE id = {date}",
            "Booking {booking} is of space {space}. Its date {date} is in space {other}.",
        ),
        (
            "UPDATE bookings_booking SET series_id = null WHERE id = {booking}",
            "Booking {booking} has many dates, and belongs to no series.",
        ),
        (
            "UPDATE bookings_series SET customer_id = {stranger} WHERE id = {series}",
            "Booking {booking} belongs to series {series}, which somebody else asked for, or another"
            " organisation.",
        ),
        (
            "UPDATE bookings_booking SET organisation_id = {club} WHERE id = {booking}",
            "Booking {booking} belongs to series {series}, which somebody else asked for, or another"
            " organisation.",
        ),
        (
            "UPDATE bookings_occupancy SET released_at = now() WHERE id = {date}",
            "Date {date} was given back by nobody, or by None though it was not.",
        ),
        (
            "UPDATE bookings_occupancy SET released_at = now(), released_by_id = {stranger}"
            " WHERE booking_id = {booking}",
            "Booking {booking} is confirmed, but all its dates were given back before any was used.",
        ),
    ],
)
def test_a_damaged_series_is_named(damage, sentence):
    series, other = create_series(create_space()), create_space()
    booking = series.bookings.get()
    names = {
        "booking": booking.pk,
        "series": series.pk,
        "date": booking.dates.earliest("pk").pk,
        "space": booking.space_id,
        "other": other.pk,
        "club": create_organisation().pk,
        "stranger": create_user("Uuno").pk,
    }
    drop("occupancy_follows_layout")
    assert broken() == []

    execute(damage.format(**names))

    assert sentence.format(**names) in broken()


def test_a_generated_column_made_by_another_rule_is_noticed():
    booking = create_booking(create_space())
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE bookings_occupancy ALTER COLUMN holds_time DROP EXPRESSION")

    execute("UPDATE bookings_occupancy SET holds_time = false")

    date = booking.dates.get()
    assert broken() == [f"Date {date.pk} should hold its time: True. It is stored as: False."]


def test_liveness_made_by_another_rule_is_noticed():
    booking = create_booking(create_space())
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE bookings_booking ALTER COLUMN is_live DROP EXPRESSION")

    execute("UPDATE bookings_booking SET is_live = false")

    assert f"Booking {booking.pk} is confirmed. It is stored as live: False." in broken()


def test_a_hall_without_buffers_is_named():
    room = create_space()
    drop("space_buffers_are_the_halls", table="venues_space")

    execute("UPDATE venues_space SET setup_minutes = NULL")

    assert broken() == [
        f"Space {room.pk} does not say how long its hall is set up and cleaned up, or says it as a part."
    ]


@pytest.mark.parametrize(
    ("constraint", "damage"),
    [
        ("space_lies_within_its_hall", "UPDATE venues_space SET footprint = '{{[8,9)}}' WHERE id = {part}"),
        ("space_knows_its_hall", "UPDATE venues_space SET hall_footprint = '{{[0,9)}}' WHERE id = {part}"),
    ],
)
def test_a_part_outside_its_hall_is_named(constraint, damage):
    whole, a, *_rest = create_gym()
    drop(constraint, table="venues_space")

    execute(damage.format(part=a.pk))

    assert (
        f"Space {a.pk} lies outside its hall {whole.pk}, or at another venue, or is a part of a part."
        in broken()
    )


def test_a_booking_of_nobody_and_two_holds_of_one_are_named():
    room = create_space()
    first = create_booking(room, "10:00", "11:00")
    second = create_booking(room, "11:00", "12:00", customer=first.customer)
    orphan = create_booking(room, "12:00", "13:00")
    drop("booking_has_a_customer", table="bookings_booking")
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("DROP INDEX booking_one_hold_per_customer")

    execute("UPDATE bookings_booking SET customer_id = null WHERE id = %s", orphan.pk)
    execute("UPDATE bookings_booking SET status = 'held', held_until = now() WHERE id IN (%s, %s)",
            first.pk, second.pk)  # fmt: skip

    assert broken() == [
        f"Booking {orphan.pk} belongs to nobody.",
        f"Customer {first.customer_id} holds 2 times at once.",
    ]


def test_a_missing_constraint_is_noticed_before_it_is_missed():
    drop("occupancy_respects_setup")

    assert list(invariants.findings(now=NOW)) == [
        "The constraint occupancy_respects_setup is missing or not in force."
    ]


def test_a_missing_index_that_keeps_a_promise_is_noticed():
    execute("DROP INDEX booking_one_hold_per_customer")

    assert list(invariants.findings(now=NOW)) == [
        "The constraint booking_one_hold_per_customer is missing or not in force."
    ]


def test_a_constraint_that_does_not_look_at_old_rows_is_noticed():
    drop("occupancy_follows_booking")
    execute(
        "ALTER TABLE bookings_occupancy ADD CONSTRAINT occupancy_follows_booking"
        " FOREIGN KEY (booking_id, booking_is_live) REFERENCES bookings_booking (id, is_live)"
        " MATCH FULL ON UPDATE CASCADE NOT VALID"
    )

    assert list(invariants.findings(now=NOW)) == [
        "The constraint occupancy_follows_booking is missing or not in force."
    ]


def test_a_constraint_that_was_put_to_sleep_is_noticed():
    if rows("SHOW is_superuser") != [("on",)]:
        pytest.skip("Nobody but a superuser can do this damage.")
    execute("ALTER TABLE bookings_occupancy DISABLE TRIGGER ALL")

    assert set(invariants.findings(now=NOW)) == {
        "The constraint occupancy_follows_booking is missing or not in force.",
        "The constraint occupancy_follows_layout is missing or not in force.",
    }


def test_openings_that_are_not_what_the_rules_say_are_named():
    room = create_space()
    timetable = room.venue.timetable
    Opening.objects.filter(timetable=timetable).delete()

    assert broken() == [f"The openings of timetable {timetable.pk} are not what its rules say."]


# --- Closures, impacts, policies ------------------------------------------------------------------


def create_impact(closure=None, **facts) -> Impact:
    return Impact.objects.create(
        cause=Impact.Cause.CLOSURE,
        closure=closure,
        created_at=NOW,
        created_by=create_user("Onni"),
        due_at=NOW + timedelta(minutes=15),
        **facts,
    )


def create_target(date: Occupancy, impact: Impact) -> Occupancy:
    """Hold an hour later that day, to which an impact is about to move a date."""
    hit = impact.hits.create(
        date=date, fate=Hit.Fate.MOVE, space=date.space, starts_at=date.starts_at, ends_at=date.ends_at
    )
    there = occupancies.place(date.space, hour("18:00"), hour("19:00"))
    return Occupancy.objects.create(hit=hit, original_starts_at=hour("18:00"), **there)


def test_closures_and_a_change_that_waits_are_as_promised():
    whole, a, b, _ = create_gym(setup_minutes=30)
    date = create_booking(a, "10:00", "12:00").dates.get()
    lifted = create_closure(whole, hour("06:00"), hour("20:00"))
    create_closure(b, hour("08:00"), hour("22:00"))
    closures.lift(lifted, by=create_user("Onni"), now=hour("07:00"))
    create_target(date, create_impact())

    assert list(invariants.findings(now=hour("07:00"))) == []


def test_a_hole_that_nobody_needs_any_more_is_named_with_each_space_that_reaches_it():
    whole, a, b, a_and_c = create_gym()
    booking = create_booking(a, "10:00", "12:00")
    closure = create_closure(a_and_c, hour("08:00"), hour("20:00"))
    create_booking(b, "11:00", "12:00")

    Booking.objects.filter(pk=booking.pk).update(status=Status.CANCELLED)

    until_noon = "{[2027-02-06 08:00:00+00:00, 2027-02-06 10:00:00+00:00)}"
    until_eleven = "{[2027-02-06 08:00:00+00:00, 2027-02-06 09:00:00+00:00)}"
    assert broken() == [
        f"Space {space.pk} could be booked at times that closure {closure.pk} closes: {times}."
        for space, times in [(whole, until_eleven), (a, until_noon), (a_and_c, until_noon)]
    ]
    assert [text for text in invariants.findings(now=hour("12:00")) if "constraint" not in text] == []


def test_floor_that_a_new_space_makes_bookable_is_named():
    whole, a, *_rest = create_gym()
    create_booking(a, "10:00", "12:00")
    closure = create_closure(whole, hour("10:00"), hour("12:00"))

    (c,) = Space.objects.bulk_create(
        [Space(part_of=whole, venue=whole.venue, footprint=footprint([2]), hall_footprint=whole.footprint)]
    )

    assert [text.split(" at times")[0] for text in broken()] == [f"Space {c.pk} could be booked"]

    closures.fill_halls([whole.pk], now=NOW)

    assert broken() == []
    assert closure.dates.filter(space=c).exists()


def test_a_date_that_its_closure_does_not_say_is_named():
    closure = create_closure(create_space(), hour("10:00"), hour("12:00"))
    date = closure.dates.get()

    execute("UPDATE bookings_occupancy SET ends_at = ends_at + interval '1 h', clear_at = clear_at"
            " + interval '1 h' WHERE id = %s", date.pk)  # fmt: skip

    assert broken() == [
        f"Date {date.pk} is closed from 2027-02-06 08:00:00+00:00,"
        f" which its closure {closure.pk} does not say."
    ]


def test_a_lifted_closure_that_still_closes_is_named():
    closure = create_closure(create_space(), hour("10:00"), hour("12:00"))

    Closure.objects.filter(pk=closure.pk).update(lifted_at=hour("11:00"), lifted_by=closure.created_by)

    assert broken() == [
        f"Date {closure.dates.get().pk} is closed until 2027-02-06 10:00:00+00:00."
        f" Its closure {closure.pk} was lifted at 2027-02-06 09:00:00+00:00."
    ]


@pytest.mark.parametrize("what", ["times", "spaces"])
def test_a_closure_that_says_nothing_is_named(what):
    closure = create_closure(create_space(), hour("10:00"), hour("12:00"))
    closure.dates.all().delete()

    (closure.times.all().delete if what == "times" else closure.spaces.clear)()

    assert broken() == [f"Closure {closure.pk} says no time, or closes nothing."]


@pytest.mark.parametrize("end", [{"done_at": NOW}, {"undone_at": NOW}])
def test_time_that_is_held_for_a_change_that_waits_no_more_is_named(end):
    date = create_booking(create_space(), "10:00", "12:00").dates.get()
    impact = create_impact()
    target = create_target(date, impact)
    who = {"undone_by": impact.created_by} if "undone_at" in end else {}

    Impact.objects.filter(pk=impact.pk).update(**end, **who)

    assert broken() == [
        f"Date {target.pk} is held for a date that impact {impact.pk} does not move, or no longer."
    ]


def test_time_that_is_held_for_a_date_that_stays_is_named():
    date = create_booking(create_space(), "10:00", "12:00").dates.get()
    impact = create_impact()
    target = create_target(date, impact)

    impact.hits.update(fate=Hit.Fate.KEEP)

    assert broken() == [
        f"Date {target.pk} is held for a date that impact {impact.pk} does not move, or no longer."
    ]


def test_a_date_for_two_reasons_is_named():
    date = create_booking(create_space(), "10:00", "12:00").dates.get()
    target = create_target(date, create_impact())
    drop("occupancy_has_one_reason")

    execute("UPDATE bookings_occupancy SET closure_id = %s WHERE id = %s",
            create_closure(create_space(), hour("12:00"), hour("13:00")).pk, target.pk)  # fmt: skip

    assert f"Date {target.pk} is taken for no reason, or for several." in broken()


def test_a_policy_that_is_not_what_its_layers_say_is_named():
    room = create_space(max_minutes=120)

    Policy.objects.filter(space=room).update(max_minutes=90)

    assert broken() == [f"The policy of space {room.pk} is not what its layers come to."]


def test_the_command_exits_with_1_and_says_what_it_found(capsys):
    booking = create_booking(create_space())
    drop("occupancy_follows_booking")
    execute("UPDATE bookings_booking SET status = %s WHERE id = %s", Status.CANCELLED, booking.pk)

    with pytest.raises(SystemExit) as exit_:
        call_command("check_invariants")

    assert exit_.value.code == 1
    assert "The booking is cancelled." in capsys.readouterr().out
