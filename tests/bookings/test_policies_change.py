"""Booking rules are said in layers, and what the layers come to is always possible."""

from datetime import time

import pytest
from django.db import IntegrityError, transaction

from accounts.problems import Refused
from accounts.versions import ChangedMeanwhile
from bookings import policies
from tests.factories import create_space, create_venue
from venues import policy_layers
from venues.models import Policy, Space
from venues.policy_inheritance import contradictions, inherited, layer_of, whole

pytestmark = pytest.mark.django_db


def in_force(space: Space, *names: str) -> tuple:
    return Space.objects.values_list(*names).get(pk=space.pk)


def test_the_nearest_word_holds_and_a_word_taken_back_is_inherited_again():
    room = create_space(venue=create_venue())
    neighbour = create_space(venue=room.venue)

    policies.change_policy("school", {"min_minutes": 60, "approval": "request", "notice_by": time(10)})
    policies.change_policy(room.venue, {"min_minutes": 45})
    policies.change_policy(room, {"min_minutes": 90, "approval_purposes": []})
    said = "min_minutes", "approval", "notice_by"
    assert in_force(room, *said) == (90, "request", time(10))
    assert in_force(neighbour, *said) == (45, "request", time(10))

    policies.change_policy(room, {})
    policies.change_policy("school", {})
    assert in_force(room, *said) == (45, "instant", time(12))
    assert not Policy.objects.filter(space=room).exists()
    assert policy_layers.unsettled() == []


def test_another_kind_of_venue_is_left_alone():
    library = create_space(venue=create_venue(kind="library"))

    policies.change_policy("school", {"min_minutes": 60})

    assert in_force(library, "min_minutes") == (30,)


def test_what_is_inherited_is_told_with_whose_word_it_is():
    room = create_space(venue=create_venue())
    policies.change_policy("school", {"min_minutes": 60, "max_minutes": 240})
    policies.change_policy(room.venue, {"max_minutes": 180})

    found = inherited(room)

    assert found["max_minutes"] == (180, Policy.objects.get(venue=room.venue))
    assert found["min_minutes"] == (60, Policy.objects.get(kind="school"))
    assert found["start_step"] == (30, None)
    assert inherited(room.venue)["max_minutes"].value == 240
    assert inherited("school")["max_minutes"] == (720, None)


def test_a_word_that_contradicts_a_space_below_is_refused_and_names_it():
    room = create_space(venue=create_venue(), name_fi="Kerhohuone")
    policies.change_policy(room, {"max_minutes": 60})

    for owner in ("school", room.venue):
        with pytest.raises(Refused) as refusal:
            policies.change_policy(owner, {"min_minutes": 90})

        (problem,) = refusal.value.problems
        assert problem.field == "max_minutes"
        assert problem.message == "Kerhohuone: Pisin varaus (1 h) on lyhyempi kuin lyhin (1 h 30 min)."
    assert not Policy.objects.exclude(space=room).exists()
    assert in_force(room, "min_minutes", "max_minutes") == (30, 60)


def test_a_word_of_a_kind_must_suit_venues_without_any_spaces_too():
    venue = create_venue()
    policies.change_policy(venue, {"start_minute": 20})

    with pytest.raises(Refused):
        policies.change_policy("school", {"start_step": 15})


def test_what_another_person_said_meanwhile_is_not_overwritten():
    room = create_space(venue=create_venue())
    seen = policies.version(room.venue)
    policies.change_policy(room.venue, {"min_age": 18}, seen=seen)

    with pytest.raises(ChangedMeanwhile):
        policies.change_policy(room.venue, {}, seen=seen)

    assert layer_of(room.venue) == {"min_age": 18}


@pytest.mark.parametrize(
    "said",
    [
        {"start_step": 0},
        {"start_step": 25},
        {"start_step": 60, "start_minute": 59},
        {"start_step": 30, "start_minute": 30},
        {"starts_from": "opening", "start_step": 25},
        {"starts_from": "opening", "start_step": 1440},
        {"starts_from": "opening", "start_step": 1441},
        {"starts_from": "opening", "start_step": 4},
        {"starts_from": "opening", "start_minute": 15},
        {"min_minutes": 4},
        {"min_minutes": 5},
        {"min_minutes": 721},
        {"max_minutes": 7 * 1440},
        {"max_minutes": 7 * 1440 + 1},
        {"ahead_days": 390},
        {"ahead_days": 391},
        {"notice_hours": 390 * 24},
        {"notice_hours": 390 * 24 + 1},
        {"notice_weekdays": 10},
        {"notice_weekdays": 11},
        {"min_age": 99},
        {"min_age": 100},
        {"who_may_book": []},
        {"who_may_book": ["minors"]},
    ],
)
def test_sentences_stand_for_exactly_what_the_database_refuses(said):
    room = create_space(venue=create_venue())
    Policy.objects.create(space=room, **said)

    try:
        with transaction.atomic():
            policy_layers.settle(Space.objects.all())
        is_possible = True
    except IntegrityError:
        is_possible = False

    assert (not list(contradictions(whole(said)))) == is_possible
