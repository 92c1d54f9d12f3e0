"""Opening hours are changed by a manager; what has been promised stays promised."""

import threading
from datetime import date, time, timedelta

import pytest
from django.db import connections

from accounts.models import Organisation
from accounts.problems import Refused
from accounts.versions import ChangedMeanwhile
from bookings import hours, lifecycle
from bookings.availability import free_stretches
from bookings.models import Booking
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues.audiences import Audience, asker
from venues.clock import local
from venues.models import Opening, OpeningRule, Space, Timetable, Venue

pytestmark = pytest.mark.django_db

SATURDAY = MONDAY + timedelta(days=5)


def rule(weekdays: list[int], opens: int, closes: int, **conditions) -> OpeningRule:
    conditions.setdefault("on_holidays", "normal")
    return OpeningRule(weekdays=weekdays, opens=time(opens), closes=time(closes % 24), **conditions)


EVENINGS = [rule([1, 2, 3, 4, 5, 6, 7], 17, 21)]
NO_REASON = {"reason_fi": "", "reason_sv": "", "reason_en": ""}


def free_on(space: Space, day: date) -> list[str]:
    """Return the clock times at which the free stretches of a day begin."""
    space = Space.objects.with_place().get(pk=space.pk)
    window = hour("00:00", day=day), hour("00:00", day=day + timedelta(days=1))
    return [f"{local(start):%H:%M}" for start, _end in free_stretches(space, window, now=NOW)]


def test_new_weekly_hours_are_what_can_be_booked_from_then_on():
    room = create_space()

    hours.change_rules(room.venue.timetable, EVENINGS, now=NOW)

    assert free_on(room, SATURDAY) == ["17:00"]
    with pytest.raises(Refused) as refusal:
        create_booking(room, "10:00", "12:00")
    assert refusal.value.codes == {"closed"}


def test_a_booking_that_falls_outside_new_hours_is_kept_and_listed():
    room = create_space()
    kept = create_booking(room, "10:00", "12:00")
    create_booking(room, "18:00", "19:00")
    lifecycle.cancel(create_booking(room, "12:00", "13:00"), by=create_user(), now=NOW)

    hours.change_rules(room.venue.timetable, EVENINGS, now=NOW)

    assert [date.booking for date in hours.outside(room.venue.timetable, now=NOW)] == [kept]
    assert Booking.objects.live().count() == 2
    assert not hours.outside(room.venue.timetable, now=hour("12:00")).exists()


def test_a_request_outside_new_hours_is_listed_too_though_it_holds_no_time():
    room = create_space(approval="request", requests_compete=True)
    asked = create_booking(room, "10:00", "12:00")

    hours.change_rules(room.venue.timetable, EVENINGS, now=NOW)

    assert hours.outside(room.venue.timetable, now=NOW).get().booking == asked


def test_hours_that_a_person_has_said_are_no_longer_made_up():
    room = create_space(demo_facts=["capacity", "opening_hours"])
    Venue.objects.update(demo_facts=["opening_hours"])

    hours.change_rules(room.venue.timetable, EVENINGS, now=NOW)

    room.refresh_from_db()
    room.venue.refresh_from_db()
    assert (room.demo_facts, room.venue.demo_facts) == (["capacity"], [])


def test_rules_keep_every_condition_and_a_copy_has_them_all():
    room = create_space(venue=create_venue())
    said = OpeningRule(
        weekdays=[1, 3],
        opens=time(18),
        closes=time(2),
        season_from=901,
        season_until=229,
        valid_from=date(2027, 1, 1),
        valid_until=date(2028, 12, 31),
        every_weeks=3,
        weeks_from=date(2027, 1, 6),
        week_parity="odd",
        terms="in_term",
        on_holidays="as_sunday",
        open_to=["minors", "residents"],
        is_staffed=False,
    )

    hours.change_rules(room.venue.timetable, [said], now=NOW)
    own = hours.give_own(room, now=NOW)

    for timetable in (room.venue.timetable, own):
        assert hours.facts_of(timetable.rules.get()) == hours.facts_of(said)


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("run_by_them", [True, False])
@pytest.mark.parametrize(
    "club",
    [
        None,
        {"kind": "association"},
        {"kind": "club", "minors_percent": 80, "minors_verified_until": MONDAY},
        {"kind": "club", "minors_percent": 80, "minors_verified_until": MONDAY - timedelta(days=1)},
        {"kind": "company", "minors_percent": 5, "minors_verified_until": MONDAY},
    ],
)
def test_a_booking_is_outside_if_it_is_not_open_to_whoever_booked(resident, club, run_by_them):
    """In SQL the same people are let in as by the word of `venues.audiences`."""
    room, person = create_space(), create_user(is_resident=resident)
    organisation = club and create_organisation(person)
    if organisation:
        Organisation.objects.filter(pk=organisation.pk).update(**club)
        organisation.refresh_from_db()
        Venue.objects.update(run_by=organisation if run_by_them else None)
    booked = create_booking(room, "18:00", "20:00", customer=person, organisation=organisation)
    room.venue.refresh_from_db()
    asks = asker(person, organisation, today=MONDAY)

    for audience in Audience:
        hours.change_rules(room.venue.timetable, [rule([6], 17, 21, open_to=[audience])], now=NOW)

        is_outside = hours.outside(room.venue.timetable, now=NOW).filter(booking=booked).exists()
        assert is_outside != asks.belongs_to([audience], room.venue.run_by_id), audience


def test_hours_that_change_hands_under_a_booking_hold_as_long_as_one_is_let_in_throughout():
    room, person = create_space(), create_user(is_resident=True)
    create_booking(room, "18:00", "20:00", customer=person)
    afternoon = rule([6], 12, 19, open_to=["residents"], is_staffed=True)

    hours.change_rules(room.venue.timetable, [afternoon, rule([6], 19, 22, is_staffed=False)], now=NOW)
    assert not hours.outside(room.venue.timetable, now=NOW).exists()

    hours.change_rules(room.venue.timetable, [afternoon, rule([6], 19, 22, open_to=["minors"])], now=NOW)
    assert hours.outside(room.venue.timetable, now=NOW).exists()


def test_an_exceptional_day_beats_the_week_in_both_directions():
    room = create_space()
    timetable = room.venue.timetable
    hours.change_rules(timetable, EVENINGS, now=NOW)

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
    hours.change_rules(room.venue.timetable, EVENINGS, now=NOW)

    own = hours.give_own(room, now=NOW)

    assert free_on(room, SATURDAY) == ["17:00"]
    hours.change_rules(own, [rule([6], 9, 12)], now=NOW)
    assert free_on(room, SATURDAY) == ["09:00"]
    assert free_on(neighbour, SATURDAY) == ["17:00"]
    assert hours.venue_of(own) == room.venue


def test_asking_twice_for_own_hours_gives_one_set():
    room = create_space()

    assert hours.give_own(room, now=NOW) == hours.give_own(Space.objects.get(pk=room.pk), now=NOW)


def test_a_space_that_gives_up_its_own_hours_follows_the_venue_again():
    room = create_space()
    own = hours.give_own(room, now=NOW)
    hours.change_rules(own, EVENINGS, now=NOW)

    hours.follow_venue(room, now=NOW)

    assert free_on(room, SATURDAY) == ["00:00"]
    assert not Timetable.objects.filter(pk=own.pk).exists()
    assert not Opening.objects.filter(timetable=own.pk).exists()


def test_what_another_manager_saved_meanwhile_is_not_overwritten():
    timetable = create_space().venue.timetable
    seen = hours.version(timetable)
    hours.change_rules(timetable, EVENINGS, seen=seen, now=NOW)

    with pytest.raises(ChangedMeanwhile):
        hours.change_rules(timetable, [], seen=seen, now=NOW)

    assert hours.said_by(timetable.rules.all()) == hours.said_by(EVENINGS)


def test_a_venue_without_spaces_has_hours_too():
    venue = create_venue()
    open_daily(venue.timetable)

    hours.change_rules(venue.timetable, [], now=NOW)

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

    listed: list[int] = []

    def close_mornings():
        hours.change_rules(timetable, EVENINGS, now=NOW)
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
