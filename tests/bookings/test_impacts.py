"""A change is shown before it is made, decided, and then undone as if it had never been, or carried out."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from bookings import closures, hours, impacts, invariants, lifecycle, occupancies, policies, tasks
from bookings.changes import (
    ChangedDays,
    ChangedPolicy,
    ChangedRules,
    ChangedTerms,
    FollowedVenue,
    NewClosure,
)
from bookings.closed_times import WishedClosure
from bookings.impacts import Fate
from bookings.layout import layout_of
from bookings.models import Booking, Closure, Hit, Impact, Occupancy, Status
from bookings.redrawing import Redrawn
from bookings.wishes import date_of, wish_of
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_space,
    create_user,
    create_venue,
    hour,
    open_weekly,
    say_policy,
)
from venues.models import Opening, OpeningException, OpeningRule, Policy, Purpose, SchoolPeriod, Space
from venues.problems import Refused
from venues.versions import ChangedMeanwhile

pytestmark = pytest.mark.django_db

DUE = NOW + settings.GRACE
SATURDAY = hour("00:00")


@pytest.fixture(autouse=True)
def all_is_as_promised(request) -> Iterator[None]:
    yield
    assert list(invariants.findings(now=NOW)) == []


@pytest.fixture
def hall() -> Space:
    return create_space(capacity=100)


@pytest.fixture
def onni(hall) -> User:
    return create_manager(hall.venue)


def closing(*spaces: Space, start: str = "08:00", end: str = "20:00", **wish) -> NewClosure:
    wish = {"reason": {"reason_fi": "Remontti", "reason_sv": "Renovering"}} | wish
    return NewClosure(WishedClosure(spaces, hour(start), hour(end), **wish))


def status(booking: Booking) -> str:
    return Booking.objects.values_list("status", flat=True).get(pk=booking.pk)


def place(booking: Booking) -> tuple[Space, object, object]:
    date = Occupancy.objects.select_related("space").get(booking=booking)
    return date.space, date.starts_at, date.ends_at


def told() -> Counter:
    """Count what jobs will tell, by booking; only what follows from a change."""
    jobs = ProcrastinateJob.objects.filter(task_name="bookings.tasks.tell").values_list("args", flat=True)
    return Counter((job["booking_id"], job["what"]) for job in jobs if "hit_id" in job)


def everything() -> dict:
    """Return all rows that a change could touch."""
    models = (Booking, Closure, Hit, Impact, Occupancy, Opening, OpeningException, OpeningRule, Policy, Space)
    rows = {model: sorted(model.objects.values_list(), key=repr) for model in (*models, SchoolPeriod)}
    return rows | {"jobs": ProcrastinateJob.objects.count()}


# --- A closure ------------------------------------------------------------------------------------


def test_a_preview_names_who_is_hit_and_changes_nothing(hall, onni):
    inside = create_booking(hall, "10:00", "12:00")
    create_booking(hall, "20:00", "22:00")
    before = everything()

    found = impacts.preview(closing(hall), by=onni, now=NOW)

    assert [hit.date.booking for hit in found.hits] == [inside]
    assert found.total == 1
    assert "Remontti" in str(found.hits[0].problems[0].message)
    assert everything() == before


def test_what_hits_nobody_is_simply_made(hall, onni):
    assert impacts.decide(closing(hall), fates=Fate.KEEP, by=onni, now=NOW) is None

    assert Closure.objects.in_force().count() == 1
    assert not Impact.objects.exists()


def test_until_it_is_due_nothing_happens_to_a_booking_and_then_it_is_cancelled_with_one_mail(hall, onni):
    anna = create_user("Anna", language="sv")
    booking = create_booking(hall, customer=anna)

    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

    assert not impacts.carry_out(impact, now=DUE - timedelta(seconds=1))
    assert (status(booking), told()) == (Status.CONFIRMED, Counter())
    assert impacts.carry_out(impact, now=DUE)
    assert not impacts.carry_out(impact, now=DUE)
    booking.refresh_from_db()
    assert (booking.status, booking.reason, booking.cancelled_by) == (Status.CANCELLED, "Renovering", onni)
    assert told() == Counter([(booking.pk, "cancelled")])
    assert impact.hits.get().is_carried_out
    assert {date.closure for date in Occupancy.objects.holding()} == {impact.closure}


def test_a_kept_booking_makes_a_hole_and_is_told_nothing(hall, onni):
    booking = create_booking(hall)

    impact = impacts.decide(closing(hall), fates=Fate.KEEP, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert (status(booking), told()) == (Status.CONFIRMED, Counter())
    assert Occupancy.objects.filter(closure=impact.closure).count() == 2


def test_everything_can_be_undone_as_long_as_it_is_not_due(hall, onni):
    booking = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

    impacts.undo(impact, by=onni, now=DUE - timedelta(seconds=1))

    assert not impacts.carry_out(impact, now=DUE)
    assert (status(booking), told()) == (Status.CONFIRMED, Counter())
    assert not Closure.objects.in_force().exists()
    create_booking(hall, "12:00", "14:00")


@pytest.mark.parametrize("once_it_is", ["due", "carried out", "undone"])
def test_it_is_too_late_to_undo(hall, onni, once_it_is):
    create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)
    if once_it_is == "carried out":
        impacts.carry_out(impact, now=DUE)
    if once_it_is == "undone":
        impacts.undo(impact, by=onni, now=NOW)

    for too_late in (impacts.undo, impacts.let_be):
        with pytest.raises(Refused) as refusal:
            too_late(impact, by=onni, now=NOW if once_it_is == "undone" else DUE)
        assert refusal.value.codes == {"too_late"}


def test_bookings_may_be_spared_while_the_closure_stays(hall, onni):
    booking, moving = create_booking(hall), create_booking(hall, "13:00", "15:00")
    fates = {date_of(booking).pk: Fate.CANCEL, date_of(moving).pk: Fate.MOVE}
    impact = impacts.decide(closing(hall), fates=fates, by=onni, now=NOW)
    assert Occupancy.objects.filter(hit__impact=impact).count() == 1

    impacts.let_be(impact, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert [status(each) for each in (booking, moving)] == [Status.CONFIRMED] * 2
    assert told() == Counter()
    assert Closure.objects.in_force().exists()


def test_a_closure_that_was_lifted_meanwhile_costs_nobody_a_booking(hall, onni):
    booking = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

    closures.lift(impact.closure, by=onni, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        impacts.undo(impact, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert (status(booking), told()) == (Status.CONFIRMED, Counter())


def test_the_fate_of_each_date_can_be_said_and_others_follow_the_rest(hall, onni):
    bookings = [create_booking(hall, f"{clock:02}:00", f"{clock + 1:02}:00") for clock in (9, 11, 13)]
    fates = {date_of(bookings[0]).pk: Fate.CANCEL, date_of(bookings[1]).pk: Fate.MOVE}

    impact = impacts.decide(closing(hall), fates=fates, others=Fate.KEEP, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert [status(each) for each in bookings] == [Status.CANCELLED, Status.CONFIRMED, Status.CONFIRMED]
    assert told() == Counter([(bookings[0].pk, "cancelled"), (bookings[1].pk, "moved")])
    assert place(bookings[2])[1] == hour("13:00")


def test_whoever_books_between_preview_and_decision_is_not_decided_about_unseen(hall, onni):
    create_booking(hall)
    seen = impacts.preview(closing(hall), by=onni, now=NOW).version
    create_booking(hall, "13:00", "14:00")

    with pytest.raises(ChangedMeanwhile):
        impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW, seen=seen)

    assert not Closure.objects.exists()


def test_what_has_begun_is_kept_whatever_is_decided(hall, onni):
    running = create_booking(hall, "10:00", "12:00")
    later = create_booking(hall, "13:00", "14:00")
    now = hour("11:00")

    (first, second) = impacts.preview(closing(hall, start="11:00"), by=onni, now=now).hits
    impact = impacts.decide(closing(hall, start="11:00"), fates=Fate.CANCEL, by=onni, now=now)
    impacts.carry_out(impact, now=now + settings.GRACE)

    assert (first.has_begun, second.has_begun) == (True, False)
    assert [status(each) for each in (running, later)] == [Status.CONFIRMED, Status.CANCELLED]


def test_nobody_begins_before_what_was_decided_has_come_true(hall, onni):
    soon = create_booking(hall, "10:00", "12:00")
    now = hour("09:55")

    impact = impacts.decide(closing(hall, start="10:00"), fates=Fate.CANCEL, by=onni, now=now)

    assert impact.due_at == hour("10:00")
    assert impacts.carry_out(impact, now=hour("10:00"))
    assert status(soon) == Status.CANCELLED


def test_a_kept_booking_that_begins_soon_leaves_the_grace_time_whole(hall, onni):
    create_booking(hall, "10:00", "12:00")
    now = hour("09:55")

    impact = impacts.decide(closing(hall, start="10:00"), fates=Fate.KEEP, by=onni, now=now)

    assert impact.due_at == now + settings.GRACE


# --- Moving ---------------------------------------------------------------------------------------


def test_a_date_moves_to_another_space_of_the_venue_at_its_time_and_back_if_undone(hall, onni):
    other = create_space(venue=hall.venue, name_fi="Pikkusali")
    booking = create_booking(hall)

    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)

    assert place(booking)[0] == hall
    assert Occupancy.objects.get(hit__impact=impact).space == other
    with pytest.raises(Refused):
        create_booking(other)
    impacts.undo(impact, by=onni, now=NOW)
    create_booking(other)


def test_a_date_that_was_moved_is_told_once_and_its_booking_names_the_new_space(hall, onni):
    other = create_space(venue=hall.venue, name_fi="Pikkusali")
    booking = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)

    impacts.carry_out(impact, now=DUE)

    booking.refresh_from_db()
    assert booking.space == other
    assert place(booking) == (other, hour("10:00"), hour("12:00"))
    assert Occupancy.objects.get(booking=booking).original_starts_at == hour("10:00")
    assert told() == Counter([(booking.pk, "moved")])


def test_a_date_moves_to_the_nearest_time_where_no_other_space_is_free(hall, onni):
    booking = create_booking(hall, "10:00", "12:00")

    impact = impacts.decide(closing(hall, start="08:00", end="13:00"), fates=Fate.MOVE, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert place(booking) == (hall, hour("13:00"), hour("15:00"))


def test_two_dates_never_get_the_same_place(hall, onni):
    _whole, a, _b, _rest = create_gym(venue=hall.venue, setup_minutes=0, cleanup_minutes=30)
    hits = [create_booking(a, f"{clock}:00", f"{clock}:30") for clock in (10, 11, 12)]
    hits += [create_booking(hall, f"{clock}:00", f"{clock}:30") for clock in (10, 11, 12)]

    impact = impacts.decide(closing(hall, a, start="09:00", end="14:00"), fates=Fate.MOVE, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert told() == Counter((booking.pk, "moved") for booking in hits)
    assert len({place(booking)[:2] for booking in hits}) == 6


@pytest.mark.parametrize(("unmovable", "expected"), [(Fate.KEEP, "confirmed"), (Fate.CANCEL, "cancelled")])
def test_what_cannot_be_moved_gets_the_other_fate(onni, hall, unmovable, expected):
    say_policy(hall, ahead_days=6, max_minutes=24 * 60)
    whole_day = create_booking(hall, "00:00", "23:00")
    closure = NewClosure(
        WishedClosure([hall], NOW, NOW + timedelta(days=20), reason={"reason_fi": "Remontti"})
    )

    impact = impacts.decide(closure, fates=Fate.MOVE, unmovable=unmovable, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert status(whole_day) == expected


def test_nobody_is_moved_into_a_venue_that_others_look_after_but_it_is_offered(hall, onni):
    purpose = Purpose.objects.create(code="sports", name_fi="Liikunta")
    elsewhere = create_space(name_fi="Naapurin sali")
    for space in (hall, elsewhere):
        space.purposes.add(purpose)
    booking = create_booking(hall)

    (hit,) = impacts.preview(closing(hall), by=onni, now=NOW).hits
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert elsewhere in {alternative.space for alternative in hit.alternatives}
    assert place(booking)[0] == hall


def test_city_staff_move_to_the_nearest_other_venue(hall):
    purpose = Purpose.objects.create(code="sports", name_fi="Liikunta")
    elsewhere = create_space(name_fi="Naapurin sali")
    for space in (hall, elsewhere):
        space.purposes.add(purpose)
    booking = create_booking(hall)
    whole_month = NewClosure(
        WishedClosure([hall], NOW, NOW + timedelta(days=30), reason={"reason_fi": "Remontti"})
    )

    impact = impacts.decide(whole_month, fates=Fate.MOVE, by=create_user("Stina", is_staff=True), now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert place(booking) == (elsewhere, hour("10:00"), hour("12:00"))


# --- What customers do meanwhile ------------------------------------------------------------------


@pytest.mark.parametrize("fate", [Fate.CANCEL, Fate.MOVE])
def test_a_customer_who_cancels_meanwhile_is_told_nothing_more(hall, onni, fate):
    create_space(venue=hall.venue)
    aino = create_user()
    booking = create_booking(hall, customer=aino)
    impact = impacts.decide(closing(hall), fates=fate, by=onni, now=NOW)

    lifecycle.cancel(booking, by=aino, now=NOW)
    impacts.carry_out(impact, now=DUE)

    booking.refresh_from_db()
    assert (booking.status, booking.cancelled_by, booking.reason) == (Status.CANCELLED, aino, "")
    assert told() == Counter()
    assert not impact.hits.get().is_carried_out


@pytest.mark.parametrize("fate", [Fate.CANCEL, Fate.MOVE])
def test_a_customer_who_moves_meanwhile_stays_where_she_went(hall, onni, fate):
    create_space(venue=hall.venue)
    aino = create_user()
    booking = create_booking(hall, customer=aino)
    impact = impacts.decide(closing(hall), fates=fate, by=onni, now=NOW)

    there = replace(wish_of(booking), starts_at=hour("20:00"), ends_at=hour("22:00"))
    lifecycle.move(booking, there, by=aino, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert place(booking) == (hall, hour("20:00"), hour("22:00"))
    assert (status(booking), told()) == (Status.CONFIRMED, Counter())
    assert not Occupancy.objects.exclude(hit=None).exists()


def test_overlapping_closures_with_other_fates_each_do_what_was_decided(hall, onni):
    kept_by_one, kept_by_both = create_booking(hall, "10:00", "12:00"), create_booking(hall, "13:00", "14:00")
    first = impacts.decide(closing(hall), fates=Fate.KEEP, by=onni, now=NOW)
    fates = {date_of(kept_by_one).pk: Fate.CANCEL}
    second = impacts.decide(closing(hall, start="09:00", end="18:00"), fates=fates, by=onni, now=NOW)

    impacts.carry_out(first, now=DUE)
    impacts.carry_out(second, now=DUE)

    assert [status(each) for each in (kept_by_one, kept_by_both)] == [Status.CANCELLED, Status.CONFIRMED]
    assert told() == Counter([(kept_by_one.pk, "cancelled")])
    closures.lift(second.closure, by=onni, now=DUE)


@pytest.mark.parametrize("fate", [Fate.KEEP, Fate.CANCEL, Fate.MOVE])
def test_a_date_that_is_about_to_move_is_hit_where_it_will_be(hall, onni, fate):
    other, third = (create_space(venue=hall.venue) for _ in range(2))
    booking = create_booking(hall)
    first = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)

    (hit,) = impacts.preview(closing(other), by=onni, now=NOW).hits
    second = impacts.decide(closing(other), fates=fate, by=onni, now=NOW)
    impacts.carry_out(first, now=DUE)
    impacts.carry_out(second, now=DUE)

    assert (hit.date.booking, hit.date.space) == (booking, other)
    assert hit.alternatives[0].space == third
    assert status(booking) == ("cancelled" if fate == Fate.CANCEL else "confirmed")
    assert place(booking)[0] == (third if fate == Fate.MOVE else other)


def test_a_promised_place_is_closed_by_the_closure_around_it_when_it_is_given_back(hall, onni):
    other = create_space(venue=hall.venue)
    booking = create_booking(hall)
    first = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    second = impacts.decide(closing(other), fates=Fate.CANCEL, by=onni, now=NOW)

    impacts.undo(first, by=onni, now=NOW)
    impacts.carry_out(second, now=DUE)

    assert (status(booking), place(booking)[0]) == (Status.CONFIRMED, hall)
    with pytest.raises(Refused):
        create_booking(other)


def test_two_closures_cancel_a_booking_once(hall, onni):
    booking = create_booking(hall)
    both = [impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW) for _ in range(2)]

    for impact in both:
        impacts.carry_out(impact, now=DUE)

    assert told() == Counter([(booking.pk, "cancelled")])


# --- Opening hours --------------------------------------------------------------------------------


def rules_until(closes: str) -> list[OpeningRule]:
    return [
        OpeningRule(
            weekdays=[1, 2, 3, 4, 5, 6, 7],
            opens=hour("08:00").time(),
            closes=hour(closes).time(),
            on_holidays=OpeningRule.OnHolidays.NORMAL,
        )
    ]


@pytest.fixture
def evening(hall) -> Booking:
    return create_booking(hall, "18:00", "20:00")


def test_rules_that_close_earlier_hit_what_lay_within_the_old_ones(hall, onni, evening):
    change = ChangedRules(hall.venue.timetable, rules_until("19:00"))
    before = everything()
    found = impacts.preview(change, by=onni, now=NOW)
    assert everything() == before

    impact = impacts.decide(change, fates=Fate.MOVE, by=onni, now=NOW, seen=found.version)
    impacts.carry_out(impact, now=DUE)

    assert [hit.date.booking for hit in found.hits] == [evening]
    assert place(evening) == (hall, hour("16:00"), hour("18:00"))


def test_what_lay_outside_already_is_not_hit_again(hall, onni, evening):
    timetable = hall.venue.timetable
    impacts.decide(ChangedRules(timetable, rules_until("19:00")), fates=Fate.KEEP, by=onni, now=NOW)

    assert impacts.preview(ChangedRules(timetable, rules_until("17:00")), by=onni, now=NOW).total == 0


def test_undoing_restores_the_very_rules_and_openings(hall, onni, evening):
    timetable = hall.venue.timetable
    before = everything()
    impact = impacts.decide(
        ChangedRules(timetable, rules_until("19:00")), fates=Fate.CANCEL, by=onni, now=NOW
    )

    impacts.undo(impact, by=onni, now=NOW)

    after = everything()
    assert after[OpeningRule] == before[OpeningRule]
    assert sorted(row[2:] for row in after[Opening]) == sorted(row[2:] for row in before[Opening])
    assert status(evening) == Status.CONFIRMED


def test_rules_that_somebody_changed_since_are_not_undone_over_their_head(hall, onni, evening):
    timetable = hall.venue.timetable
    impact = impacts.decide(
        ChangedRules(timetable, rules_until("19:00")), fates=Fate.CANCEL, by=onni, now=NOW
    )
    hours.change_rules(timetable, rules_until("21:00"), now=NOW)

    with pytest.raises(ChangedMeanwhile):
        impacts.undo(impact, by=onni, now=NOW)

    assert not Impact.objects.get().undone_at
    impacts.let_be(impact, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)
    assert status(evening) == Status.CONFIRMED


@pytest.mark.parametrize("hours_of_the_day", [[], [(hour("08:00").time(), hour("19:00").time())]])
def test_a_day_with_other_hours_hits_its_bookings_and_is_forgotten_if_undone(
    hall, onni, evening, hours_of_the_day
):
    timetable, day = hall.venue.timetable, hour("00:00").date()
    change = ChangedDays(timetable, [day], hours_of_the_day, {"reason_fi": "Juhla"})

    impact = impacts.decide(change, fates=Fate.CANCEL, by=onni, now=NOW)

    assert impact.hits.get().date.booking == evening
    assert OpeningException.objects.get().reason_fi == "Juhla"
    impacts.undo(impact, by=onni, now=NOW)
    assert not OpeningException.objects.exists()


def test_a_day_that_is_forgotten_hits_what_only_it_had_opened(onni, hall):
    timetable, day = hall.venue.timetable, hour("00:00").date()
    hours.change_rules(timetable, rules_until("17:00"), now=NOW)
    hours.change_days(timetable, [day], [(hour("08:00").time(), hour("22:00").time())], reason={}, now=NOW)
    party = create_booking(hall, "18:00", "20:00")

    impact = impacts.decide(ChangedDays(timetable, [day], None), fates=Fate.CANCEL, by=onni, now=NOW)
    assert impact.hits.get().date.booking == party
    impacts.undo(impact, by=onni, now=NOW)

    assert timetable.exceptions.get().closes == hour("22:00").time()
    assert not hours.outside(timetable, now=NOW).exists()


def test_a_space_that_gives_up_its_own_hours_gets_them_back_if_undone(hall, onni):
    hours.change_rules(hall.venue.timetable, rules_until("17:00"), now=NOW)
    own = hours.give_own(hall, now=NOW)
    hours.change_rules(own, rules_until("22:00"), now=NOW)
    hours.change_days(own, [MONDAY], [], reason={"reason_fi": "Inventaario"}, now=NOW)
    evening, rules = create_booking(hall, "18:00", "20:00"), list(own.rules.all())
    elsewhere = create_space(venue=hall.venue)

    change = FollowedVenue(Space.objects.select_related("venue").get(pk=hall.pk))
    impact = impacts.decide(change, fates=Fate.MOVE, by=onni, now=NOW)

    assert impact.hits.get().date.booking == evening
    assert hours.outside(elsewhere.venue.timetable, now=NOW).get().booking == evening
    impacts.undo(impact, by=onni, now=NOW)
    hall.refresh_from_db()
    assert hall.timetable == own
    assert list(own.rules.all()) == rules
    assert own.exceptions.get().reason_fi == "Inventaario"
    assert not hours.outside(own, now=NOW).exists()


def test_terms_that_end_earlier_hit_the_schools_bookings_everywhere():
    stina = create_user("Stina", is_staff=True)
    term = SchoolPeriod.objects.create(
        kind="term", name_fi="Kevät", first=MONDAY - timedelta(weeks=4), last=MONDAY + timedelta(weeks=16)
    )
    bookings = []
    for _number in range(2):
        school = create_venue()
        open_weekly(school.timetable, range(1, 8), "08:00", "21:00", terms="in_term")
        bookings.append(create_booking(create_space(venue=school)))
    shorter = SchoolPeriod(
        pk=term.pk, kind="term", name_fi="Kevät", first=term.first, last=MONDAY + timedelta(days=2)
    )

    impact = impacts.decide(ChangedTerms([shorter]), fates=Fate.CANCEL, by=stina, now=NOW)

    assert [hit.date.booking for hit in impact.hits.order_by("pk")] == bookings
    impacts.undo(impact, by=stina, now=NOW)
    assert SchoolPeriod.objects.get() == term
    assert SchoolPeriod.objects.get().last == term.last
    assert not hours.outside(*(booking.space.venue.timetable for booking in bookings), now=NOW).exists()


# --- Policies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ({"max_minutes": 60}, "too_long"),
        ({"min_minutes": 180}, "too_short"),
        ({"start_minute": 15}, "off_step"),
        ({"bookable_when": "evenings"}, "not_at_this_time"),
        ({"who_may_book": ["associations"]}, "not_for_you"),
        ({"is_whole_day": True}, "not_a_whole_day"),
        ({"starts_from": "opening", "start_step": 13}, "off_step"),
    ],
)
def test_a_policy_hits_what_it_would_have_refused_and_comes_back_if_undone(hall, onni, policy, code):
    booking = create_booking(hall, "10:00", "12:00")
    before = everything()
    change = ChangedPolicy(hall, policy)

    (hit,) = impacts.preview(change, by=onni, now=NOW).hits
    assert everything() == before
    impact = impacts.decide(change, fates=Fate.CANCEL, by=onni, now=NOW)
    impacts.undo(impact, by=onni, now=NOW)

    assert (hit.date.booking, [problem.code for problem in hit.problems]) == (booking, [code])
    assert everything()[Policy] == before[Policy]
    assert everything()[Space] == before[Space]


@pytest.mark.parametrize(
    "policy", [{"notice_hours": 9000}, {"ahead_days": 1}, {"quota_day": 1, "quota_week": 1}, {"min_age": 99}]
)
def test_how_early_how_far_and_how_often_is_not_judged_again(hall, onni, policy):
    aino = create_user()
    create_booking(hall, "10:00", "11:00", customer=aino)
    create_booking(hall, "11:00", "12:00", customer=aino)

    assert impacts.decide(ChangedPolicy(hall, policy), fates=Fate.CANCEL, by=onni, now=NOW) is None


def test_the_word_of_a_kind_hits_only_where_no_nearer_word_holds():
    spaces = [create_space() for _ in range(2)]
    say_policy(spaces[0], max_minutes=240)
    bookings = [create_booking(space) for space in spaces]
    change = ChangedPolicy("school", {"max_minutes": 60})

    impact = impacts.decide(change, fates=Fate.CANCEL, by=create_user("Stina", is_staff=True), now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert [status(each) for each in bookings] == [Status.CONFIRMED, Status.CANCELLED]


def test_a_layer_with_days_times_and_lists_is_restored_as_it_was(hall, onni):
    said = {
        "notice_weekdays": 1,
        "notice_by": hour("12:00").time(),
        "ahead_until": MONDAY + timedelta(days=90),
        "who_may_book": ["everyone", "minors"],
    }
    say_policy(hall, **said)
    create_booking(hall)
    before = policies.version(hall)

    impact = impacts.decide(ChangedPolicy(hall, {"max_minutes": 60}), fates=Fate.CANCEL, by=onni, now=NOW)
    assert policies.version(hall) != before
    impacts.undo(impact, by=onni, now=NOW)

    assert policies.version(hall) == before
    hall.refresh_from_db()
    assert {name: getattr(hall, name) for name in said} == said


# --- Layout ---------------------------------------------------------------------------------------


@pytest.fixture
def gym() -> tuple[Space, Space, Space, Space]:
    return create_gym()


@pytest.fixture
def wider(gym) -> Redrawn:
    """Lohko B takes the floor of Lohko A as well."""
    whole, _a, b, _rest = gym
    return Redrawn(whole, layout_of(whole) | {b.pk: {0, 1}})


@pytest.fixture
def rivals(gym) -> list[Booking]:
    return [create_booking(space, "10:00", "12:00") for space in gym[1:3]]


def test_a_redraw_that_collides_waits_until_the_loser_has_gone(gym, wider, rivals):
    onni, before = create_manager(gym[0].venue), everything()
    found = impacts.preview(wider, by=onni, now=NOW)
    assert everything() == before
    assert [hit.date.booking for hit in found.hits] == rivals

    fates = {date_of(rivals[1]).pk: Fate.CANCEL}
    impact = impacts.decide(wider, fates=fates, by=onni, now=NOW, seen=found.version)
    assert layout_of(gym[0]) != wider.layout
    impacts.carry_out(impact, now=DUE)

    assert layout_of(gym[0]) == wider.layout
    assert [status(each) for each in rivals] == [Status.CONFIRMED, Status.CANCELLED]


def test_a_redraw_moves_the_loser_to_where_it_is_free_under_the_new_layout(gym, wider, rivals):
    onni = create_manager(gym[0].venue)

    impact = impacts.decide(wider, fates={date_of(rivals[0]).pk: Fate.MOVE}, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert layout_of(gym[0]) == wider.layout
    assert told() == Counter([(rivals[0].pk, "moved")])


def test_of_two_that_would_share_floor_one_must_go(gym, wider, rivals):
    with pytest.raises(Refused) as refusal:
        impacts.decide(wider, fates=Fate.KEEP, by=create_manager(gym[0].venue), now=NOW)

    assert refusal.value.codes == {"both_kept"}
    assert not Impact.objects.exists()


def test_a_redraw_that_still_collides_when_it_is_due_touches_nobody_and_its_maker_gets_a_mail(
    gym, wider, rivals, mailoutbox
):
    onni = create_manager(gym[0].venue)
    impact = impacts.decide(wider, fates={date_of(rivals[1]).pk: Fate.CANCEL}, by=onni, now=NOW)
    for space in gym[1:3]:
        create_booking(space, "14:00", "16:00")

    assert impacts.carry_out(impact, now=DUE)

    impact.refresh_from_db()
    assert impact.after["refused"] == ["redraw_collides"]
    assert layout_of(gym[0]) != wider.layout
    assert ([status(each) for each in rivals], told()) == ([Status.CONFIRMED] * 2, Counter())
    (job,) = ProcrastinateJob.objects.filter(task_name="bookings.tasks.tell_of_failure")
    tasks.tell_of_failure(**job.args)
    assert [each.to for each in mailoutbox] == [[onni.email]]


def test_a_redraw_can_be_undone_but_not_made_beside_its_bookings(gym, wider, rivals):
    onni = create_manager(gym[0].venue)
    impact = impacts.decide(wider, fates={date_of(rivals[1]).pk: Fate.CANCEL}, by=onni, now=NOW)

    with pytest.raises(Refused) as refusal:
        impacts.let_be(impact, by=onni, now=NOW)
    assert refusal.value.codes == {"cannot_be_kept"}

    impacts.undo(impact, by=onni, now=NOW)
    assert not impacts.carry_out(impact, now=DUE)
    assert [status(each) for each in rivals] == [Status.CONFIRMED] * 2


def test_a_redraw_over_what_is_past_is_refused_as_ever(gym, wider, rivals):
    with pytest.raises(Refused) as refusal:
        impacts.preview(wider, by=create_manager(gym[0].venue), now=hour("13:00"))

    assert refusal.value.codes == {"redraw_collides"}


# --- Many at once ---------------------------------------------------------------------------------


def book_many(space: Space, count: int) -> list[Booking]:
    """Book an hour of the space every two hours, for one customer after the other."""
    people = [create_user() for _ in range(3)]
    bookings = Booking.objects.bulk_create(
        Booking(space=space, customer=people[number % 3], status=Status.CONFIRMED, created_at=NOW)
        for number in range(count)
    )
    Occupancy.objects.bulk_create(
        Occupancy(
            booking=booking,
            booking_is_live=True,
            original_starts_at=start,
            **occupancies.place(space, start, start + timedelta(hours=1)),
        )
        for number, booking in enumerate(bookings)
        for start in [hour("00:00") + timedelta(hours=2 * number)]
    )
    return bookings


def a_month(*spaces: Space) -> NewClosure:
    return NewClosure(
        WishedClosure(
            spaces, hour("00:00"), hour("00:00") + timedelta(days=31), reason={"reason_fi": "Remontti"}
        )
    )


@contextmanager
def counting(statements: dict[str, int], name: str) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    statements[name] = len(captured)


def test_three_and_three_hundred_take_as_many_statements(hall, onni):
    """The look, the decision, its undoing; and one more for each who is told when it comes true."""
    create_space(venue=hall.venue)
    few, many = {}, {}
    for number, statements in [(3, few), (300, many)]:
        bookings = book_many(hall, number)
        for fate in (Fate.MOVE, Fate.CANCEL):
            with counting(statements, f"{fate}: preview"):
                impacts.preview(a_month(hall), by=onni, now=NOW, limit=300)
            with counting(statements, f"{fate}: decide"):
                impact = impacts.decide(a_month(hall), fates=fate, by=onni, now=NOW)
            assert impact.hits.filter(fate=fate).count() == number
            with counting(statements, f"{fate}: undo"):
                impacts.undo(impact, by=onni, now=NOW)
        impact = impacts.decide(a_month(hall), fates=Fate.CANCEL, by=onni, now=NOW)
        with counting(statements, "carry out"):
            impacts.carry_out(impact, now=DUE)
        statements["carry out"] -= number
        assert sum(told()[booking.pk, "cancelled"] for booking in bookings) == number
        closures.lift(impact.closure, by=onni, now=NOW)

    assert few == many


def test_a_page_of_a_preview_is_a_part_of_all_hits_in_order(hall, onni):
    bookings = book_many(hall, 7)

    found = impacts.preview(a_month(hall), by=onni, now=NOW, limit=3, offset=3)

    assert [hit.date.booking for hit in found.hits] == bookings[3:6]
    assert found.total == 7
