"""Opening hours are changed by a manager; what has been promised stays promised."""

import threading
from datetime import date, time, timedelta

import pytest
from django.db import connections

from bookings import hours, lifecycle
from bookings.availability import free_stretches
from bookings.models import Booking
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues.clock import local
from venues.models import Opening, Space, Timetable, Venue
from venues.problems import Refused
from venues.versions import ChangedMeanwhile

pytestmark = pytest.mark.django_db

SATURDAY = MONDAY + timedelta(days=5)
EVENINGS = [(weekday, time(17), time(21)) for weekday in range(1, 8)]
NO_REASON = {"reason_fi": "", "reason_sv": "", "reason_en": ""}


def free_on(space: Space, day: date) -> list[str]:
    """Return the clock times at which the free stretches of a day begin."""
    space = Space.objects.with_place().get(pk=space.pk)
    window = hour("00:00", day=day), hour("00:00", day=day + timedelta(days=1))
    return [f"{local(start):%H:%M}" for start, _end in free_stretches(space, window, now=NOW)]


def test_new_weekly_hours_are_what_can_be_booked_from_then_on():
    room = create_space()

    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    assert free_on(room, SATURDAY) == ["17:00"]
    with pytest.raises(Refused) as refusal:
        create_booking(room, "10:00", "12:00")
    assert refusal.value.codes == {"closed"}


def test_a_booking_that_falls_outside_new_hours_is_kept_and_listed():
    room = create_space()
    kept = create_booking(room, "10:00", "12:00")
    create_booking(room, "18:00", "19:00")
    lifecycle.cancel(create_booking(room, "12:00", "13:00"), by=create_user(), now=NOW)

    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    assert [date.booking for date in hours.outside(room.venue.timetable, now=NOW)] == [kept]
    assert Booking.objects.live().count() == 2
    assert not hours.outside(room.venue.timetable, now=hour("12:00")).exists()


def test_a_request_outside_new_hours_is_listed_too_though_it_holds_no_time():
    room = create_space(approval="request", requests_compete=True)
    asked = create_booking(room, "10:00", "12:00")

    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    assert hours.outside(room.venue.timetable, now=NOW).get().booking == asked


def test_hours_that_a_person_has_said_are_no_longer_made_up():
    room = create_space(demo_facts=["capacity", "opening_hours"])
    Venue.objects.update(demo_facts=["opening_hours"])

    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    room.refresh_from_db()
    room.venue.refresh_from_db()
    assert (room.demo_facts, room.venue.demo_facts) == (["capacity"], [])


def test_an_exceptional_day_beats_the_week_in_both_directions():
    room = create_space()
    timetable = room.venue.timetable
    hours.change_weekly(timetable, EVENINGS, now=NOW)

    hours.change_days(timetable, [SATURDAY], [], reason=NO_REASON | {"reason_fi": "Remontti"}, now=NOW)
    hours.change_days(
        timetable, [SATURDAY + timedelta(days=1)], [(time(9), time(12))], reason=NO_REASON, now=NOW
    )

    assert free_on(room, SATURDAY) == []
    assert free_on(room, SATURDAY + timedelta(days=1)) == ["09:00"]

    hours.forget_day(timetable, SATURDAY, now=NOW)

    assert free_on(room, SATURDAY) == ["17:00"]


def test_saying_a_day_again_replaces_what_was_said():
    timetable = create_space().venue.timetable
    for opens in (8, 10):
        hours.change_days(
            timetable,
            [SATURDAY],
            [(time(opens), time(12)), (time(13), time(14))],
            reason=NO_REASON,
            now=NOW,
        )

    assert [row.opens for row in timetable.exceptions.all()] == [time(10), time(13)]


def test_a_space_gets_hours_of_its_own_that_begin_as_its_venues():
    room = create_space()
    neighbour = create_space(venue=room.venue)
    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    own = hours.give_own(room, now=NOW)

    assert free_on(room, SATURDAY) == ["17:00"]
    hours.change_weekly(own, [(6, time(9), time(12))], now=NOW)
    assert free_on(room, SATURDAY) == ["09:00"]
    assert free_on(neighbour, SATURDAY) == ["17:00"]
    assert hours.venue_of(own) == room.venue


def test_asking_twice_for_own_hours_gives_one_set():
    room = create_space()

    assert hours.give_own(room, now=NOW) == hours.give_own(Space.objects.get(pk=room.pk), now=NOW)


def test_a_space_that_gives_up_its_own_hours_follows_the_venue_again():
    room = create_space()
    own = hours.give_own(room, now=NOW)
    hours.change_weekly(own, EVENINGS, now=NOW)

    hours.follow_venue(room, now=NOW)

    assert free_on(room, SATURDAY) == ["00:00"]
    assert not Timetable.objects.filter(pk=own.pk).exists()
    assert not Opening.objects.filter(timetable=own.pk).exists()


def test_what_another_manager_saved_meanwhile_is_not_overwritten():
    timetable = create_space().venue.timetable
    seen = hours.version(timetable)
    hours.change_weekly(timetable, EVENINGS, seen=seen, now=NOW)

    with pytest.raises(ChangedMeanwhile):
        hours.change_weekly(timetable, [], seen=seen, now=NOW)

    assert hours.weekly_of(timetable) == EVENINGS


def test_a_venue_without_spaces_has_hours_too():
    venue = create_venue()
    open_daily(venue.timetable)

    hours.change_weekly(venue.timetable, [], now=NOW)

    assert not venue.timetable.openings.exists()


@pytest.mark.django_db(transaction=True)
def test_no_booking_slips_in_beside_a_change_of_hours():
    """Whoever books while the hours change is either refused, or listed as outside the new hours."""
    whole, a, b, _ = create_gym()
    timetable = whole.venue.timetable
    refused: list[set[str]] = []
    surprises: list[Exception] = []

    def book_mornings(space):
        for clock in range(8, 14):
            try:
                create_booking(space, f"{clock:02}:00", f"{clock + 1:02}:00", customer=create_user())
            except Refused as refusal:
                refused.append(refusal.codes)

    def run(work, *args):
        try:
            work(*args)
        except Exception as exc:
            surprises.append(exc)
        finally:
            connections.close_all()

    listed = []

    def close_mornings():
        hours.change_weekly(timetable, EVENINGS, now=NOW)
        listed.extend(hours.outside(timetable, now=NOW).values_list("booking", flat=True))

    threads = [
        threading.Thread(target=run, args=args)
        for args in [(book_mornings, a), (book_mornings, b), (close_mornings,)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert surprises == []
    assert all(codes == {"closed"} for codes in refused)
    assert sorted(listed) == sorted(Booking.objects.live().values_list("pk", flat=True))
    assert len(refused) + len(listed) == 12
