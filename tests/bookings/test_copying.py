"""What is said of one venue is copied to another: hours, booking rules, closures still to come."""

from datetime import date, time, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from accounts.versions import ChangedMeanwhile
from bookings import copying, impacts
from bookings.copying import Copied, What
from bookings.models import Closure, Hit, Impact
from tests.bookings.pages import words
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_closure,
    create_manager,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
    open_weekly,
    say_policy,
)
from venues import openings, policy_layers
from venues.clock import at
from venues.models import OpeningException, Policy, Space, Timetable, Venue

pytestmark = pytest.mark.django_db

EVERYTHING = set(What.values)
SATURDAY = MONDAY + timedelta(days=5)
NEXT_MONDAY = MONDAY + timedelta(days=7)


def create_school(name: str, *keys: str) -> Venue:
    venue = create_venue(name_fi=name)
    for key in keys:
        create_space(venue=venue, key=key, name_fi=key.capitalize())
    return venue


@pytest.fixture
def model() -> Venue:
    """A school as all are to be: open on weekday evenings, closed next Monday, shortest booking an hour."""
    venue = create_school("Mallikoulu", "sali", "luokka")
    for day in (NEXT_MONDAY, MONDAY - timedelta(days=7)):
        OpeningException.objects.create(timetable=venue.timetable, date=day, reason_fi="Koe")
    open_weekly(venue.timetable, range(1, 6), "17:00", "22:00", on_holidays="closed")
    Policy.objects.create(venue=venue, min_minutes=60)
    policy_layers.settle(venue.spaces.all())
    return venue


@pytest.fixture
def other() -> Venue:
    """Another school, open around the clock, with an exception that the model has not."""
    venue = create_school("Toinen koulu", "sali", "keittio")
    OpeningException.objects.create(timetable=venue.timetable, date=SATURDAY, reason_fi="Myyjäiset")
    OpeningException.objects.create(timetable=venue.timetable, date=date(2026, 12, 5), reason_fi="Mennyttä")
    open_daily(venue.timetable)
    return venue


@pytest.fixture
def onni(model, other):
    return create_manager(model, other)


def copy(
    source: Venue, target: Venue, what=EVERYTHING, *, by, fate=Hit.Fate.KEEP, **decision
) -> Impact | None:
    return impacts.decide(Copied(source, target, what), fates=fate, by=by, now=NOW, **decision)


def gym_of(venue: Venue) -> Space:
    return venue.spaces.get(key="sali")


def told(venue: Venue) -> dict:
    """Return everything that a copy may change, without ids."""
    timetable = venue.timetable
    return {
        "rules": [(rule.weekdays, rule.opens, rule.on_holidays) for rule in timetable.rules.all()],
        "days": list(timetable.exceptions.values_list("date", "reason_fi")),
        "openings": sorted(timetable.openings.values_list("period", "open_to"), key=str),
        "policy": list(Policy.objects.filter(venue=venue).values_list("min_minutes", flat=True)),
        "shortest": set(venue.spaces.values_list("min_minutes", flat=True)),
        "closures": list(Closure.objects.in_force().filter(spaces__venue=venue).values_list("reason_fi")),
    }


def let_all_days_be_usual(venue: Venue) -> None:
    venue.timetable.exceptions.all().delete()
    openings.rebuild(venue.timetable, today=MONDAY)


# --- The rule -------------------------------------------------------------------------------------


def test_hours_and_days_to_come_are_copied_and_the_past_stays(model, other, onni):
    assert copy(model, other, {What.HOURS}, by=onni) is None  # it hit nothing

    assert told(other)["rules"] == told(model)["rules"]
    assert told(other)["days"] == [(date(2026, 12, 5), "Mennyttä"), (NEXT_MONDAY, "Koe")]
    assert told(other)["openings"] == told(model)["openings"]
    assert told(other)["policy"] == []


def test_booking_rules_are_copied_and_settled(model, other, onni):
    copy(model, other, {What.POLICY}, by=onni)

    assert told(other)["policy"] == [60]
    assert told(other)["shortest"] == {60}
    assert other.timetable.rules.get().opens == time(0)


def test_spaces_with_a_word_of_their_own_keep_it(model, other, onni):
    own = Timetable.objects.create()
    studio = create_space(venue=other, key="studio", timetable=own)
    open_weekly(own, [7], "10:00", "16:00")
    say_policy(studio, min_minutes=15)

    copy(model, other, by=onni)

    studio.refresh_from_db()
    assert studio.min_minutes == 15
    assert own.rules.get().weekdays == [7]


def test_closure_of_the_whole_venue_closes_the_whole_of_the_other(model, other, onni):
    closure = create_closure(gym_of(model), at(SATURDAY), at(SATURDAY, time(12)), reason="Vaalit")
    closure.spaces.set(model.spaces.all())

    copy(model, other, {What.CLOSURES}, by=onni)

    copied = Closure.objects.exclude(pk=closure.pk).get()
    assert {space.key for space in copied.spaces.all()} == {"sali", "keittio"}
    assert (copied.starts_at, copied.ends_at, copied.reason_fi) == (
        at(SATURDAY),
        at(SATURDAY, time(12)),
        "Vaalit",
    )


def test_closure_of_single_spaces_finds_those_that_are_like_them(model, other, onni):
    create_closure(gym_of(model), at(SATURDAY), at(SATURDAY, time(12)), reason="Lakkaus")
    create_closure(model.spaces.get(key="luokka"), at(SATURDAY), at(SATURDAY, time(9)), reason="Remontti")

    matched = copying.closures_for(other, model, now=NOW)
    copy(model, other, {What.CLOSURES}, by=onni)

    assert {str(closure): [space.key for space in spaces] for closure, spaces in matched} == {
        "Lakkaus": ["sali"],
        "Remontti": [],
    }
    assert told(other)["closures"] == [("Lakkaus",)]


def test_what_the_other_venue_has_already_is_not_copied_twice(model, other, onni):
    create_closure(gym_of(model), at(SATURDAY), at(SATURDAY, time(12)), reason="Lakkaus")

    copy(model, other, {What.CLOSURES}, by=onni)
    copy(model, other, {What.CLOSURES}, by=onni)

    assert told(other)["closures"] == [("Lakkaus",)]


def test_closures_that_look_alike_but_close_other_spaces_are_copied(model, other, onni):
    for venue in (model, other):
        create_space(venue=venue, key="studio", name_fi="Studio")
    saturday = at(SATURDAY), at(SATURDAY, time(12))
    for key in ("sali", "studio"):
        create_closure(model.spaces.get(key=key), *saturday)
    create_closure(gym_of(other), *saturday)

    copy(model, other, {What.CLOSURES}, by=onni)

    closed = other.spaces.filter(closures__isnull=False).values_list("key", flat=True)
    assert sorted(closed) == ["sali", "studio"]


def test_lifted_closures_are_not_copied(model, other, onni):
    closure = create_closure(gym_of(model), at(SATURDAY), at(SATURDAY, time(12)))
    Closure.objects.update(lifted_at=NOW, lifted_by=closure.created_by)

    copy(model, other, {What.CLOSURES}, by=onni)

    assert told(other)["closures"] == []


def test_each_booking_that_is_hit_is_hit_once_and_undo_restores_everything(model, other, onni):
    create_closure(gym_of(model), at(SATURDAY), at(SATURDAY, time(12)), reason="Lakkaus")
    let_all_days_be_usual(other)
    booking = create_booking(gym_of(other), "10:00", "10:30")  # closed, outside the hours, and too short
    before = told(other)
    change = Copied(model, other, EVERYTHING)

    found = impacts.preview(change, by=onni, now=NOW)
    impact = copy(model, other, by=onni, fate=Hit.Fate.CANCEL, reason="Yhteiset ajat")

    assert found.total == 1
    assert {problem.code for problem in found.hits[0].problems} >= {"closed"}
    assert impact is not None
    assert [hit.date for hit in impact.hits.all()] == [booking.dates.get()]
    assert told(other) != before

    impacts.undo(impact, by=onni, now=NOW + timedelta(minutes=5))

    assert told(other) == before
    with time_machine.travel(NOW):
        call_command("check_invariants", verbosity=0)


def test_hours_that_an_exception_opens_hit_nobody(model, other, onni):
    OpeningException.objects.create(
        timetable=model.timetable, date=SATURDAY, opens=time(10), closes=time(14), reason_fi="Myyjäiset"
    )
    let_all_days_be_usual(other)
    create_booking(gym_of(other), "10:00", "12:00")

    assert copy(model, other, {What.HOURS}, by=onni) is None


def test_what_somebody_changed_meanwhile_is_not_copied_unseen(model, other, onni):
    seen = copying.version(model, other, now=NOW)
    Policy.objects.filter(venue=model).update(min_minutes=90)

    with pytest.raises(ChangedMeanwhile):
        impacts.decide(Copied(model, other, EVERYTHING, seen=seen), fates=Hit.Fate.KEEP, by=onni, now=NOW)

    assert told(other)["policy"] == []


# --- The page -------------------------------------------------------------------------------------


@pytest.fixture
def desk(client, onni):
    with time_machine.travel(NOW):
        client.force_login(onni)
        yield client


def address(venue: Venue) -> str:
    return reverse("bookings:copy", args=[venue.pk])


def test_page_shows_what_is_replaced_before_it_copies(desk, model, other):
    asked = {"to": other.pk, "what": ["hours", "policy", "closures"]}
    create_closure(model.spaces.get(key="luokka"), at(SATURDAY), at(SATURDAY, time(9)), reason="Remontti")

    shown = desk.get(address(model), asked)

    said = words(shown)
    assert "Joka päivä 0.00–24.00" in said
    assert "Ma–pe 17.00–22.00; pyhäpäivinä suljettu" in said
    assert "La 6.2.2027: suljettu (Myyjäiset)" in said
    assert "Ei kopioida" in said
    assert told(other)["policy"] == []

    response = desk.post(address(model), asked | {"version": shown.context["version"]})

    assert response.status_code == 302
    assert response.url == reverse("bookings:hours", args=[other.timetable_id])
    assert told(other)["rules"] == told(model)["rules"]


def test_page_shows_whom_it_hits(desk, model, other):
    let_all_days_be_usual(other)
    create_booking(gym_of(other), hour("10:00"), hour("12:00"), customer=create_user("Aino Virtanen"))
    asked = {"to": other.pk, "what": ["hours"]}
    version = desk.get(address(model), asked).context["version"]

    response = desk.post(address(model), asked | {"version": version})

    assert response.status_code == 200
    assert "Aino Virtanen" in words(response)
    assert told(other)["rules"] != told(model)["rules"]


def test_one_closure_of_a_copy_that_can_be_undone_is_not_lifted_alone(desk, model, other):
    let_all_days_be_usual(other)
    create_closure(gym_of(model), at(SATURDAY), at(SATURDAY, time(12)))
    create_booking(gym_of(other), at(SATURDAY, time(10)), at(SATURDAY, time(11)))
    impact = copy(model, other, {What.CLOSURES}, by=create_manager(model, other))
    copied = gym_of(other).closures.get()

    answer = desk.post(f"/manage/closures/{copied.pk}/lift/")

    assert answer.url == f"/manage/changes/{impact.pk}/"
    copied.refresh_from_db()
    assert not copied.lifted_at


def test_page_refuses_what_was_changed_meanwhile(desk, model, other):
    asked = {"to": other.pk, "what": ["policy"]}
    version = desk.get(address(model), asked).context["version"]
    Policy.objects.filter(venue=model).update(min_minutes=90)

    response = desk.post(address(model), asked | {"version": version})

    assert response.status_code == 409
    assert told(other)["policy"] == []


def test_venues_of_others_are_neither_source_nor_target(desk, model):
    foreign = create_school("Vieras koulu", "sali")

    assert desk.get(address(foreign)).status_code == 404
    response = desk.post(address(model), {"to": foreign.pk, "what": ["policy"]})

    assert response.status_code == 422
    assert told(foreign)["policy"] == []


def test_who_looks_after_one_venue_only_is_told_so(client, model):
    client.force_login(create_manager(model))

    assert "vain yhdestä toimipisteestä" in words(client.get(address(model)))


def test_copying_is_for_the_venues_managers(client, model):
    assert client.get(address(model)).status_code == 302
    client.force_login(create_user("Aino"))
    assert client.get(address(model)).status_code == 404
