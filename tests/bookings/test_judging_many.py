"""Many wishes judged in one statement are judged as each of them alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bookings import judging
from bookings.wishes import Wish
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_closure,
    create_gym,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_weekly,
)
from venues.audiences import STRANGER, Asker, asker

pytestmark = pytest.mark.django_db
SATURDAY = MONDAY + timedelta(days=5)


def codes(judgements) -> list[list[str]]:
    return [sorted(problem.code for problem in judgement.problems) for judgement in judgements]


def one_by_one(wishes, who: Asker, **facts) -> list[list[str]]:
    return codes(judging.judge(wish, asker=who, now=NOW, **facts) for wish in wishes)


def a_city_of_obstacles():
    """Return wishes for all that can stand in the way, and who asks for them."""
    aino = create_user()
    venue = create_venue()
    open_weekly(venue.timetable, range(1, 7), "08:00", "22:00")
    open_weekly(venue.timetable, [7], "08:00", "22:00", open_to=["minors"], is_staffed=False)
    gym = create_gym(venue=venue, cleanup_minutes=30, quota_day=1, capacity=20)
    whole, a, b, _rest = gym
    day_room = create_space(venue=venue, is_whole_day=True)
    by_opening = create_space(venue=venue, starts_from="opening", start_step=50)
    create_booking(a, "10:00", "12:00", customer=aino)
    create_booking(b, "14:00", "16:00")
    create_closure(whole, hour("18:00"), hour("20:00"))
    spaces = [*gym, day_room, by_opening]
    times = [
        (
            hour(f"{start:02}:00", day=SATURDAY + timedelta(days=n)),
            hour(f"{start + 2:02}:00", day=SATURDAY + timedelta(days=n)),
        )
        for start in (6, 8, 12, 13, 15, 18, 21)
        for n in (-9, 0, 1, 7, 400)
    ]
    return [Wish(space, *time, attendees=12) for space in spaces for time in times], aino


@pytest.mark.parametrize("whose", ["nobody", "aino", "club"])
def test_many_are_judged_as_each_alone(whose):
    wishes, aino = a_city_of_obstacles()
    who = {
        "nobody": STRANGER,
        "aino": asker(aino, None, today=MONDAY),
        "club": asker(aino, create_organisation(aino), today=MONDAY),
    }[whose]

    together = judging.judge_all(wishes, asker=who, now=NOW)

    assert codes(together) == one_by_one(wishes, who)
    alone = [judging.judge(wish, asker=who, now=NOW) for wish in wishes]
    assert [judgement.is_staffed for judgement in together] == [judgement.is_staffed for judgement in alone]
    said = [[str(problem.message) for problem in judgement.problems] for judgement in together]
    assert said == [[str(problem.message) for problem in judgement.problems] for judgement in alone]


def test_it_takes_as_many_statements_for_many_as_for_few():
    wishes, aino = a_city_of_obstacles()
    who = asker(aino, None, today=MONDAY)

    def statements(asked) -> int:
        with CaptureQueriesContext(connection) as captured:
            judging.judge_all(asked, asker=who, now=NOW)
        return len(captured)

    # Spaces, times, what is closed by which closures, whom the time is for, quotas.
    assert statements(wishes) == statements(wishes[:70]) == 6


def test_several_bookings_and_dates_are_no_obstacle():
    room = create_space(quota_week=1)
    aino = create_user()
    who = asker(aino, None, today=MONDAY)
    first, second = (
        create_booking(room, *times, customer=person)
        for times, person in ((("10:00", "12:00"), aino), (("12:00", "14:00"), create_user()))
    )
    wish = Wish(room, hour("11:00"), hour("13:00"))

    def judged(**facts):
        return codes(judging.judge_all([wish], asker=who, now=NOW, **facts))[0]

    assert judged() == ["quota_week", "time_taken"]
    assert judged(ignoring=[first.pk]) == ["time_taken"]
    assert judged(ignoring=[first.pk, second.pk]) == []
    assert judged(leaving=[first.dates.get().pk], ignoring=[second.pk]) == []


def test_what_is_made_in_turn_counts_for_the_quota_of_what_follows_and_of_what_is_beside_it():
    room, aino = create_space(quota_week=2), create_user()
    who = asker(aino, None, today=MONDAY)
    days = [MONDAY + timedelta(days=n) for n in (1, 2, 3, 8)]
    wishes = [Wish(room, hour("10:00", day=day), hour("11:00", day=day)) for day in days]
    beside = Wish(room, hour("20:00", day=days[0]), hour("21:00", day=days[0]))

    judged = judging.judge_all([*wishes, beside], asker=who, now=NOW, in_turn=4)

    assert codes(judged) == [[], [], ["quota_week"], [], ["quota_week"]]


def test_what_is_made_in_turn_holds_its_floor_with_the_gap_it_needs():
    whole, a, b, _rest = create_gym(cleanup_minutes=30)
    wishes = [
        Wish(a, hour("10:00"), hour("12:00")),
        Wish(b, hour("10:00"), hour("12:00")),
        Wish(whole, hour("12:00"), hour("13:00")),
        Wish(whole, hour("12:30"), hour("13:00")),
    ]

    judged = judging.judge_all(wishes, asker=STRANGER, now=NOW, in_turn=4)

    assert codes(judged) == [[], [], ["overlaps_itself"], []]


def test_what_was_seen_once_is_said_in_every_language():
    room = create_space(capacity=4)
    create_closure(room, hour("10:00"), hour("12:00"), reason="Remontti")
    seen = judging.look([Wish(room, hour("10:00"), hour("12:00"), attendees=5)], asker=STRANGER, now=NOW)

    with CaptureQueriesContext(connection) as captured:
        for language in ("fi", "en"):
            with translation.override(language):
                (judgement,) = seen.judgements()
                said = " ".join(str(problem.message) for problem in judgement.problems)
                assert "Remontti" in said
                assert ("There is room" in said) == (language == "en")
    assert len(captured) == 0
