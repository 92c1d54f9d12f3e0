"""Between a decision and its due time others change things too: nobody is wronged, no decision gets lost."""

from collections import Counter
from dataclasses import replace

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings import hours, impacts, lifecycle, policies, tasks
from bookings.changes import ChangedPolicy, ChangedRules, FollowedVenue
from bookings.copying import Copied
from bookings.impacts import Fate
from bookings.models import Booking, Occupancy, Status
from bookings.wishes import date_of, wish_of
from tests.bookings.changing import DUE, closing, place, status, told
from tests.factories import (
    NOW,
    create_booking,
    create_space,
    create_user,
    create_venue,
    hour,
    say_policy,
)
from tests.post import send_all
from venues.models import OpeningRule, Space, Venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]


@pytest.fixture
def other(hall) -> Space:
    return create_space(venue=hall.venue, name_fi="Pikkusali")


def rules_until(closes: str) -> list[OpeningRule]:
    return [
        OpeningRule(
            weekdays=[1, 2, 3, 4, 5, 6, 7],
            opens=hour("08:00").time(),
            closes=hour(closes).time(),
            on_holidays=OpeningRule.OnHolidays.NORMAL,
        )
    ]


# --- What cannot be carried out -------------------------------------------------------------------


def test_longer_cleaning_up_since_costs_nobody_the_place_that_was_promised(hall, onni, other):
    neighbour = create_booking(other, "12:00", "13:00")
    booking = create_booking(hall, "10:00", "12:00")
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    Space.objects.filter(pk=other.pk).update(cleanup_minutes=30)

    impacts.carry_out(impact, now=DUE)

    assert [place(each)[:2] for each in (booking, neighbour)] == [
        (other, hour("10:00")),
        (other, hour("12:00")),
    ]


def test_shorter_cleaning_up_since_leaves_no_gap_in_a_closure(hall, onni, other):
    Space.objects.filter(pk=other.pk).update(cleanup_minutes=60)
    create_booking(hall, "10:00", "12:00")
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    impacts.decide(closing(other), fates=Fate.KEEP, by=onni, now=NOW)
    Space.objects.filter(pk=other.pk).update(cleanup_minutes=0)

    impacts.carry_out(impact, now=DUE)  # and everything is as promised


def test_an_impact_that_fails_stops_no_other_but_its_job(hall, onni, other, time_machine, monkeypatch):
    bookings = [create_booking(space) for space in (hall, other)]
    broken, sound = (impacts.decide(closing(s), fates=Fate.CANCEL, by=onni, now=NOW) for s in (hall, other))
    carry_out = impacts.carry_out

    def fail_for_one(impact, *, now):
        if impact == broken:
            raise ZeroDivisionError
        return carry_out(impact, now=now)

    monkeypatch.setattr(impacts, "carry_out", fail_for_one)
    time_machine.move_to(DUE, tick=False)
    (_first, job) = ProcrastinateJob.objects.filter(task_name="bookings.tasks.carry_out").order_by("pk")

    with pytest.raises(ExceptionGroup):
        tasks.carry_out(**job.args)

    sound.refresh_from_db()
    assert sound.done_at == DUE
    assert [status(each) for each in bookings] == [Status.CONFIRMED, Status.CANCELLED]


# --- Time that has come meanwhile -----------------------------------------------------------------


def test_nobody_is_moved_to_a_time_that_begins_before_it_is_sure(hall, onni):
    booking = create_booking(hall, "11:00", "12:00")
    now = hour("09:50")

    impact = impacts.decide(closing(hall, start="11:00"), fates=Fate.MOVE, by=onni, now=now)
    impacts.carry_out(impact, now=impact.due_at)

    assert impact.due_at == hour("10:05")
    assert place(booking)[1] >= impact.due_at


def test_what_begins_soon_may_still_move_to_another_space_at_its_time(hall, onni, other):
    booking = create_booking(hall, "10:00", "12:00")

    shorter = ChangedPolicy(hall, {"max_minutes": 60})
    impact = impacts.decide(shorter, fates=Fate.MOVE, by=onni, now=hour("09:50"))
    impacts.carry_out(impact, now=hour("10:01"))

    assert place(booking) == (other, hour("10:00"), hour("12:00"))


@pytest.mark.parametrize("fate", [Fate.MOVE, Fate.CANCEL])
@pytest.mark.parametrize("late", ["12:30", "16:00"])
def test_a_worker_that_comes_too_late_leaves_alone_what_has_begun(hall, onni, other, fate, late):
    begun, later = create_booking(hall, "12:00", "14:00"), create_booking(hall, "18:00", "20:00")
    impact = impacts.decide(closing(hall, start="12:00"), fates=fate, by=onni, now=hour("09:00"))

    impacts.carry_out(impact, now=hour(late))

    assert (status(begun), place(begun)[0]) == (Status.CONFIRMED, hall)
    assert [hit.is_carried_out for hit in impact.hits.all()] == [False, True]
    assert told() == Counter([(later.pk, "moved" if fate == Fate.MOVE else "cancelled")])


def test_a_worker_that_comes_too_late_moves_nobody_into_the_past(hall, onni):
    booking = create_booking(hall, "12:00", "14:00")
    impact = impacts.decide(closing(hall, start="12:00"), fates=Fate.MOVE, by=onni, now=hour("09:00"))

    impacts.carry_out(impact, now=hour("11:30"))

    assert (place(booking)[1], told()) == (hour("12:00"), Counter())


def test_a_request_that_has_lapsed_hears_of_one_end_only(hall, onni):
    say_policy(hall, approval=Space.Approval.REQUEST)
    booking = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)
    Booking.objects.filter(pk=booking.pk).update(decide_by=DUE)

    impacts.carry_out(impact, now=DUE)
    lifecycle.expire(booking, now=DUE)

    assert (status(booking), told()) == (Status.EXPIRED, Counter())


# --- Two changes, one booking ---------------------------------------------------------------------


@pytest.mark.parametrize("take_back", [impacts.undo, impacts.let_be])
def test_a_date_that_does_not_move_after_all_is_cancelled_where_it_stays(hall, onni, other, take_back):
    booking = create_booking(hall)
    first = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    second = impacts.decide(closing(hall, other), fates=Fate.CANCEL, by=onni, now=NOW)

    take_back(first, by=onni, now=NOW)
    impacts.carry_out(second, now=DUE)

    assert (status(booking), told()) == (Status.CANCELLED, Counter([(booking.pk, "cancelled")]))


def test_a_date_that_does_not_move_after_all_is_not_hit_where_it_would_have_gone(hall, onni, other):
    third = create_space(venue=hall.venue)
    booking = create_booking(hall)
    first = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    second = impacts.decide(closing(other), fates=Fate.MOVE, by=onni, now=NOW)
    last = impacts.decide(closing(third), fates=Fate.CANCEL, by=onni, now=NOW)

    impacts.undo(first, by=onni, now=NOW)

    assert [impact.hits.count() for impact in (second, last)] == [0, 0]
    assert not Occupancy.objects.exclude(hit=None).exists()
    for impact in (second, last):
        impacts.carry_out(impact, now=DUE)
    assert (status(booking), place(booking)[0]) == (Status.CONFIRMED, hall)


def test_a_customer_who_moves_away_is_hit_neither_here_nor_there(hall, onni, other):
    booking = create_booking(hall, customer=create_user())
    first = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    second = impacts.decide(closing(hall, other), fates=Fate.CANCEL, by=onni, now=NOW)
    there = replace(wish_of(booking), starts_at=hour("20:00"), ends_at=hour("22:00"))
    lifecycle.move(booking, there, by=booking.customer, now=NOW)

    for impact in (first, second):
        impacts.carry_out(impact, now=DUE)

    assert (status(booking), place(booking)) == (Status.CONFIRMED, (hall, hour("20:00"), hour("22:00")))


def test_what_moves_a_date_comes_true_before_what_is_decided_about_it_there(hall, onni, other, time_machine):
    booking, soon = create_booking(hall, "12:00", "14:00"), create_booking(other, "10:00", "11:00")
    now = hour("09:50")
    impacts.decide(closing(hall, start="11:00"), fates=Fate.MOVE, by=onni, now=now)
    impacts.decide(closing(other, start="10:00"), fates=Fate.CANCEL, by=onni, now=now)

    time_machine.move_to(hour("10:00"), tick=False)
    tasks.carry_out_due(0)

    assert [status(each) for each in (booking, soon)] == [Status.CANCELLED] * 2


# --- Changed back by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(("closes", "becomes"), [("22:00", Status.CONFIRMED), ("18:00", Status.CANCELLED)])
def test_rules_that_were_changed_again_hit_whom_they_hit_when_it_comes_true(hall, onni, closes, becomes):
    timetable, booking = hall.venue.timetable, create_booking(hall, "18:00", "20:00")
    change = ChangedRules(timetable, rules_until("17:00"))
    impact = impacts.decide(change, fates=Fate.CANCEL, by=onni, now=NOW)

    hours.change_rules(timetable, rules_until(closes), now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert status(booking) == becomes


@pytest.mark.parametrize(("longest", "becomes"), [(180, Status.CONFIRMED), (90, Status.CANCELLED)])
def test_a_policy_that_was_changed_again_hits_whom_it_hits_when_it_comes_true(hall, onni, longest, becomes):
    booking = create_booking(hall, "18:00", "20:00")
    change = ChangedPolicy(hall, {"max_minutes": 60})
    impact = impacts.decide(change, fates=Fate.CANCEL, by=onni, now=NOW)

    policies.change_policy(hall, {"max_minutes": longest})
    impacts.carry_out(impact, now=DUE)

    assert status(booking) == becomes


# --- Where dates are about to go ------------------------------------------------------------------


@pytest.mark.parametrize("fate", [Fate.KEEP, Fate.MOVE, Fate.CANCEL])
@pytest.mark.parametrize("kind", ["rules", "policy", "following", "copy"])
def test_rules_and_policies_hit_a_date_where_it_is_about_to_go(hall, onni, other, kind, fate):
    third = create_space(venue=hall.venue)
    own = hours.give_own(other, now=NOW)
    booking = create_booking(hall, "10:00", "12:00")
    first = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    if kind == "following":
        hours.change_rules(hall.venue.timetable, rules_until("11:00"), now=NOW)
    change = {
        "rules": lambda: ChangedRules(own, rules_until("11:00")),
        "policy": lambda: ChangedPolicy(other, {"max_minutes": 60}),
        "following": lambda: FollowedVenue(Space.objects.select_related("venue").get(pk=other.pk)),
        "copy": lambda: Copied(with_shorter_bookings(), hall.venue, ["policy"]),
    }[kind]()

    (hit,) = impacts.preview(change, by=onni, now=NOW).hits
    second = impacts.decide(change, fates=fate, by=onni, now=NOW)
    for impact in (first, second):
        impacts.carry_out(impact, now=DUE)

    assert (hit.date.booking, hit.date.space) == (booking, other)
    assert status(booking) == ("cancelled" if fate == Fate.CANCEL else "confirmed")
    if fate == Fate.KEEP:
        assert place(booking)[0] == other
    if fate == Fate.MOVE and kind in ("rules", "policy"):
        assert place(booking)[0] == third


def with_shorter_bookings() -> Venue:
    source = create_venue()
    create_space(venue=source)
    policies.change_policy(source, {"max_minutes": 60})
    return source


def test_a_date_whose_new_space_is_booked_no_more_stays_and_whoever_decided_is_told(
    hall, onni, other, mailoutbox
):
    moving, going = create_booking(hall, "10:00", "12:00"), create_booking(hall, "13:00", "14:00")
    fates = {date_of(moving).pk: Fate.MOVE, date_of(going).pk: Fate.CANCEL}
    impact = impacts.decide(closing(hall), fates=fates, by=onni, now=NOW)
    Space.objects.filter(pk=other.pk).update(is_bookable=False)

    impacts.carry_out(impact, now=DUE)

    assert (place(moving)[0], status(going)) == (hall, Status.CANCELLED)
    assert told() == Counter([(going.pk, "cancelled")])
    assert [hit.fate for hit in impact.hits.all()] == [Fate.KEEP, Fate.CANCEL]
    (job,) = ProcrastinateJob.objects.filter(task_name="bookings.tasks.tell_of_failure")
    tasks.tell_of_failure(**job.args)
    send_all()
    assert [mail.to for mail in mailoutbox] == [[onni.email]]
    assert "1 varausta" in mailoutbox[0].body
