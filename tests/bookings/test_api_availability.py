"""Free time by API: what is told as free can be booked."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api import BOOKINGS, client_of
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_district,
    create_gym,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
    open_weekly,
)
from venues.models import Purpose, Space, Venue

pytestmark = pytest.mark.django_db

AVAILABILITY = "/api/v1/availability/"
SATURDAY, SUNDAY = "2027-02-06", "2027-02-07"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def free_time_of(space: Space, **query) -> list[tuple[str, str]]:
    answer = client_of().get(f"/api/v1/spaces/{space.pk}/availability/", query)
    assert answer.status_code == 200, answer.json()
    return [(stretch["starts_at"], stretch["ends_at"]) for stretch in answer.json()["free"]]


def search(**query) -> dict[int, list[tuple[str, str]]]:
    answer = client_of().get(AVAILABILITY, query)
    assert answer.status_code == 200, answer.json()
    return {
        row["space"]: [(stretch["starts_at"], stretch["ends_at"]) for stretch in row["free"]]
        for row in answer.json()["results"]
    }


def day_of(start: str, end: str, *, day: date = date(2027, 2, 6)) -> tuple[str, str]:
    return hour(start, day=day).isoformat(), hour(end, day=day).isoformat()


def create_open_space(opens: str = "08:00", closes: str = "22:00", *, today: date = MONDAY, **facts) -> Space:
    venue = facts.pop("venue", None) or create_venue()
    if not venue.timetable.rules.exists():
        open_daily(venue.timetable, opens, closes, today=today)
    return create_space(venue=venue, **facts)


# --- One space ------------------------------------------------------------------------------------


def test_a_space_is_free_between_its_bookings():
    room = create_open_space()
    create_booking(room, "10:00", "12:00")

    assert free_time_of(room, **{"from": SATURDAY, "to": SATURDAY}) == [
        ("2027-02-06T08:00:00+02:00", "2027-02-06T10:00:00+02:00"),
        ("2027-02-06T12:00:00+02:00", "2027-02-06T22:00:00+02:00"),
    ]


def test_the_last_day_is_included_and_an_instant_is_exact():
    room = create_open_space()

    days = free_time_of(room, **{"from": SATURDAY, "to": SUNDAY})
    hours = free_time_of(room, **{"from": "2027-02-06T09:00:00+02:00", "to": "2027-02-06T11:00"})

    assert [start[:10] for start, _end in days] == [SATURDAY, SUNDAY]
    assert hours == [day_of("09:00", "11:00")]


def test_without_days_the_coming_week_is_told():
    days = [start[:10] for start, _end in free_time_of(create_open_space())]

    assert (days[0], days[-1], len(days)) == ("2027-02-01", "2027-02-07", 7)


def test_a_gap_too_short_for_the_booking_is_not_free():
    room = create_open_space()
    create_booking(room, "09:00", "21:00")

    assert free_time_of(room, **{"from": SATURDAY, "to": SATURDAY, "duration": 90}) == []
    assert len(free_time_of(room, **{"from": SATURDAY, "to": SATURDAY, "duration": 60})) == 2


def test_a_booked_part_takes_the_whole_and_leaves_the_other_part():
    whole, a, b, _a_and_c = create_gym()
    create_booking(a, "10:00", "12:00")
    noon = {"from": hour("10:00").isoformat(), "to": hour("12:00").isoformat()}

    assert free_time_of(whole, **noon) == []
    assert free_time_of(b, **noon) == [day_of("10:00", "12:00")]


def test_what_cannot_be_booked_is_never_free():
    assert free_time_of(create_open_space(is_bookable=False)) == []


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 3, 28)])
def test_clock_change_days_are_told_with_both_offsets(day, time_machine):
    time_machine.move_to(hour("12:00", day=day - timedelta(days=3)))
    room = create_open_space("00:00", "00:00", today=day - timedelta(days=3))

    ((start, end),) = free_time_of(room, **{"from": day.isoformat(), "to": day.isoformat()})

    assert {start[-6:], end[-6:]} == {"+02:00", "+03:00"}
    length = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    assert length == timedelta(hours=25 if day.month == 10 else 23)


def test_what_is_told_as_free_can_be_booked_and_is_then_no_longer_free():
    room = create_open_space()
    ((start, _end),) = free_time_of(room, **{"from": SATURDAY, "to": SATURDAY, "duration": 60})
    ends_at = datetime.fromisoformat(start) + timedelta(hours=1)
    body = {"space": room.pk, "starts_at": start, "ends_at": ends_at.isoformat()}

    answer = client_of(create_user()).post(BOOKINGS, body)

    assert answer.status_code == 201
    assert free_time_of(room, **{"from": SATURDAY, "to": SATURDAY}) == [day_of("09:00", "22:00")]


# --- The whole city -------------------------------------------------------------------------------


def test_a_weekend_evening_is_searched_in_the_whole_city():
    free, busy, closed = create_open_space(), create_open_space(), create_open_space("08:00", "16:00")
    create_booking(busy, "17:00", "21:00")

    found = search(
        **{"from": SATURDAY, "to": SUNDAY}, weekday=6, time_from="17:00", time_to="21:00", duration=120
    )

    assert found == {free.pk: [day_of("17:00", "21:00")]}
    assert closed.pk not in found


@pytest.mark.parametrize("weekday", ["6,7", ["6", "7"]])
def test_weekdays_are_repeated_or_listed(weekday):
    room = create_open_space()

    found = search(**{"from": "2027-02-01", "to": "2027-02-14"}, weekday=weekday)

    assert [start[:10] for start, _end in found[room.pk]] == [
        "2027-02-06", "2027-02-07", "2027-02-13", "2027-02-14",
    ]  # fmt: skip


def test_a_night_belongs_to_the_day_on_which_it_begins():
    room = create_open_space("00:00", "00:00")
    nights = {"time_from": "22:00", "time_to": "02:00"}

    by_day = search(**{"from": SATURDAY, "to": SATURDAY}, **nights)
    by_instant = search(**{"from": "2027-02-06T00:30+02:00", "to": "2027-02-06T23:00+02:00"}, **nights)

    assert by_day[room.pk] == [("2027-02-06T22:00:00+02:00", "2027-02-07T02:00:00+02:00")]
    assert by_instant[room.pk] == [day_of("00:30", "02:00"), day_of("22:00", "23:00")]


def test_midnight_may_be_called_twenty_four():
    room = create_open_space()

    found = search(**{"from": SATURDAY, "to": SATURDAY}, time_from="20:00", time_to="24:00")

    assert found[room.pk] == [day_of("20:00", "22:00")]


def test_spaces_are_searched_by_what_they_are():
    herttoniemi = create_district()
    school = create_venue(district=herttoniemi)
    library = create_venue(kind=Venue.Kind.LIBRARY)
    small = create_open_space(venue=school, capacity=10)
    large = create_open_space(venue=library, capacity=50)
    unknown = create_open_space(venue=library, capacity=None)
    small.purposes.add(Purpose.objects.create(code="meeting", name_fi="Kokous"))

    assert search().keys() == {small.pk, large.pk, unknown.pk}
    assert search(kind="library").keys() == {large.pk, unknown.pk}
    assert search(district=herttoniemi.pk).keys() == {small.pk}
    assert search(venue=library.pk, capacity=20).keys() == {large.pk, unknown.pk}
    assert search(purpose="meeting").keys() == {small.pk}
    assert search(purpose="unknown").keys() == set()


def test_the_nearest_come_first_and_unknown_places_last():
    far = create_open_space(venue=create_venue(lat=60.25, lon=25.0, point_quality="exact"))
    nowhere = create_open_space(venue=create_venue())
    near = create_open_space(venue=create_venue(lat=60.18, lon=24.95, point_quality="approximate"))
    here = "60.17,24.94"

    answer = client_of().get(AVAILABILITY, {"near": here, "sort": "distance"}).json()

    assert [row["space"] for row in answer["results"]] == [near.pk, far.pk, nowhere.pk]
    assert [row["distance_km"] for row in answer["results"]] == [1.24, 9.49, None]
    assert search(near=here, within_km=5).keys() == {near.pk}


def test_distance_needs_a_place_to_measure_from():
    for query in ({"sort": "distance"}, {"within_km": 5}):
        answer = client_of().get(AVAILABILITY, query)
        assert answer.status_code == 400
        assert answer.json()["problems"][0]["field"] == "near"


def test_a_row_names_the_space_and_its_venue():
    room = create_open_space(name_sv="Gymnastiksal", capacity=25)

    (row,) = client_of().get(AVAILABILITY, {"from": SATURDAY, "to": SATURDAY}).json()["results"]

    assert row == {
        "space": room.pk,
        "name": {"fi": "Liikuntasali", "sv": "Gymnastiksal", "en": None},
        "venue": room.venue_id,
        "venue_name": {"fi": "Keskuskoulu", "sv": None, "en": None},
        "capacity": 25,
        "distance_km": None,
        "is_whole_day": False,
        "free": [{"starts_at": "2027-02-06T08:00:00+02:00", "ends_at": "2027-02-06T22:00:00+02:00"}],
    }


def test_pages_tell_how_many_are_free_in_all():
    venue = create_venue()
    for _number in range(5):
        create_open_space(venue=venue)

    first = client_of().get(AVAILABILITY, {"page_size": 3}).json()
    second = client_of().get(first["next"]).json()

    assert (first["count"], second["count"]) == (5, 5)
    assert (len(first["results"]), len(second["results"]), second["next"]) == (3, 2, None)


def test_at_most_ninety_two_days_are_asked_about_autumn_included():
    room = create_open_space()
    path = f"/api/v1/spaces/{room.pk}/availability/"

    def status(first: str, last: str) -> int:
        return client_of().get(path, {"from": first, "to": last}).status_code

    assert status("2027-02-01", "2027-05-03") == 200
    assert status("2027-02-01", "2027-05-04") == 400
    assert status("2027-09-01", "2027-12-01") == 200


def test_the_whole_city_is_one_statement_and_one_to_describe_it():
    venue = create_venue()
    for _number in range(10):
        create_open_space(venue=venue)

    with CaptureQueriesContext(connection) as taken:
        answer = client_of().get(AVAILABILITY, {"near": "60.17,24.94", "sort": "distance", "kind": "school"})

    assert (len(answer.json()["results"]), len(taken)) == (10, 2)


def test_free_time_is_asked_for_anew_every_time_and_sent_only_when_it_changed():
    room = create_open_space()
    query = {"from": SATURDAY, "to": SATURDAY}
    before = client_of().get(AVAILABILITY, query)

    same = client_of().get(AVAILABILITY, query, HTTP_IF_NONE_MATCH=before["ETag"])
    create_booking(room)
    after = client_of().get(AVAILABILITY, query, HTTP_IF_NONE_MATCH=before["ETag"])

    assert before["Cache-Control"] == "no-cache"
    assert (same.status_code, after.status_code) == (304, 200)


# --- For whom, and every week ---------------------------------------------------------------------


def test_what_is_open_to_associations_is_offered_to_who_asks_for_one():
    member = create_user("Mikael")
    club = create_organisation(member)
    venue = create_venue()
    open_weekly(venue.timetable, [6], "10:00", "12:00", open_to=["associations"])
    space = create_space(venue=venue)
    asked = {"from": "2027-02-06", "to": "2027-02-06"}

    for_herself = client_of(member).get(AVAILABILITY, asked)
    for_the_club = client_of(member).get(AVAILABILITY, asked | {"organisation": club.pk})

    assert for_herself.json()["count"] == 0
    assert [row["space"] for row in for_the_club.json()["results"]] == [space.pk]


@pytest.mark.parametrize("who", ["a stranger", "nobody"])
def test_an_organisation_of_others_is_unknown(who):
    club = create_organisation(create_user("Mikael"))
    asker = create_user("Vieras") if who == "a stranger" else None

    answer = client_of(asker).get(AVAILABILITY, {"organisation": club.pk})

    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["problems"]] == ["organisation"]


@pytest.mark.parametrize("organisation", ["x", "0", "9" * 40, "-1"])
def test_an_organisation_that_cannot_be_is_refused(organisation):
    assert client_of(create_user()).get(AVAILABILITY, {"organisation": organisation}).status_code == 400


def test_every_tuesday_until_may():
    venue = create_venue()
    open_daily(venue.timetable, "18:00", "19:30")
    space = create_space(venue=venue)
    create_booking(space, hour("18:00", day=date(2027, 2, 9)), hour("19:00", day=date(2027, 2, 9)))
    asked = {"from": "2027-02-02", "to": "2027-05-25", "weekday": 2, "begins": "18:00", "duration": 90}

    answer = client_of().get(AVAILABILITY, asked | {"sort": "coverage"})

    (row,) = answer.json()["results"]
    assert len(row["free"]) == 16
    assert row["is_whole_day"] is False


def test_how_long_it_lasts_must_be_said_of_what_begins_every_week():
    answer = client_of().get(AVAILABILITY, {"begins": "18:00"})

    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["problems"]] == ["duration"]
