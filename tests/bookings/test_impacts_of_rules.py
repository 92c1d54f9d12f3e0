"""Other hours, terms and booking rules hit what agreed with the old ones, and come back if undone."""

from datetime import timedelta

import pytest

from accounts.versions import ChangedMeanwhile
from bookings import hours, impacts, policies
from bookings.changes import ChangedDays, ChangedPolicy, ChangedRules, ChangedSchoolTerms, FollowedVenue
from bookings.impacts import Fate
from bookings.models import Booking, Impact, Status
from tests.bookings.changing import DUE, everything, place, status
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_space,
    create_user,
    create_venue,
    hour,
    open_weekly,
    say_policy,
)
from venues.models import Opening, OpeningException, OpeningRule, Policy, SchoolPeriod, Space, Venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]


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


def test_undoing_lets_made_up_hours_be_made_up_again(hall, onni, evening):
    known = create_space(venue=hall.venue)
    Venue.objects.update(demo_facts=["address", "opening_hours"])
    Space.objects.filter(pk=hall.pk).update(demo_facts=["opening_hours"])
    change = ChangedRules(hall.venue.timetable, rules_until("19:00"))
    impact = impacts.decide(change, fates=Fate.CANCEL, by=onni, now=NOW)
    assert set(Venue.objects.values_list("demo_facts__0", "demo_facts__len")) == {("address", 1)}

    impacts.undo(impact, by=onni, now=NOW)

    assert Venue.objects.get().demo_facts == ["address", "opening_hours"]
    assert Space.objects.get(pk=hall.pk).demo_facts == ["opening_hours"]
    assert Space.objects.get(pk=known.pk).demo_facts == []


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


def test_own_hours_that_were_changed_and_then_given_up_are_undone_step_by_step(hall, onni):
    own = hours.give_own(hall, now=NOW)
    said = hours.version(own)
    create_booking(hall, "18:00", "20:00")
    create_booking(hall, "22:00", "23:00")
    changed = impacts.decide(ChangedRules(own, rules_until("22:00")), fates=Fate.CANCEL, by=onni, now=NOW)
    hours.change_rules(hall.venue.timetable, rules_until("17:00"), now=NOW)
    following = FollowedVenue(Space.objects.select_related("venue").get(pk=hall.pk))
    given_up = impacts.decide(following, fates=Fate.CANCEL, by=onni, now=NOW)

    for impact in (given_up, changed):
        impacts.undo(impact, by=onni, now=NOW)

    hall.refresh_from_db()
    assert hall.timetable == own
    assert hours.version(own) == said


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

    impact = impacts.decide(ChangedSchoolTerms([shorter]), fates=Fate.CANCEL, by=stina, now=NOW)

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


def test_whoever_loses_a_booking_to_an_exceptional_day_reads_its_reason_in_their_own_language(hall, onni):
    booking = create_booking(hall, customer=create_user(language="sv"))
    reason = {"reason_fi": "Vaalit", "reason_sv": "Val"}
    change = ChangedDays(hall.venue.timetable, [hour("00:00").date()], [], reason)
    impact = impacts.decide(change, fates=Fate.CANCEL, by=onni, now=NOW)

    impacts.carry_out(impact, now=DUE)

    booking.refresh_from_db()
    assert booking.reason == "Val"
