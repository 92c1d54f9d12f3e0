"""Seasons by API: looked at, booked, listed and changed, and nothing of them for strangers."""

from datetime import timedelta

import pytest

from bookings.models import MissedDate, Occupancy, Series
from tests.api import client_of, codes_of, fields_of
from tests.bookings.seasons import FIRST, NOW, create_club, create_season_gym, tuesday
from tests.factories import create_booking, create_manager, create_user

pytestmark = pytest.mark.django_db
SERIES = "/api/v1/series/"
LEDGER = f"{SERIES}ledger/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def gym():
    return create_season_gym()


def season(space, *, weeks: int = 4, **said) -> dict:
    defaults = {
        "space": space.pk,
        "weekdays": [2],
        "first_on": FIRST.isoformat(),
        "last_on": (FIRST + timedelta(weeks=weeks - 1)).isoformat(),
        "starts": "18:00",
        "ends": "20:00",
        "without_holidays": False,
    }
    return defaults | said


def starts(rows) -> list[str]:
    return [row["starts_at"] for row in rows]


def test_the_ledger_tells_of_every_date_and_books_nothing(gym):
    _whole, a, b, _rest = gym
    create_booking(a, tuesday(3), tuesday(3, "20:00"), now=NOW)

    told = client_of(create_user()).post(LEDGER, season(a)).json()

    assert (told["free"], told["is_by_request"]) == (3, False)
    assert [row["is_free"] for row in told["rows"]] == [True, True, False, True]
    (problem,) = told["rows"][2]["problems"]
    assert problem["code"] == "time_taken"
    assert told["rows"][2]["alternatives"][0]["space"] == b.pk
    assert not Series.objects.exists()


def test_what_was_made_and_what_was_missed_and_why(gym):
    a = gym[1]
    mikael, club = create_club()
    create_booking(a, tuesday(3), tuesday(3, "20:00"), now=NOW)

    answer = client_of(mikael).post(SERIES, season(a, organisation=club.pk))

    told = answer.json()
    assert answer.status_code == 201
    assert starts(told["made"]) == [tuesday(week).isoformat() for week in (1, 2, 4)]
    assert {row["status"] for row in told["made"]} == {"confirmed"}
    (missed,) = told["missed"]
    assert missed["starts_at"] == tuesday(3).isoformat()
    assert missed["problems"] == [
        {"code": "time_taken", "message": "This time is already taken. Choose another."}
    ]
    assert told["organisation"]["id"] == club.pk


def test_all_or_none_with_what_replaces_the_taken(gym):
    _whole, a, b, _rest = gym
    create_booking(a, tuesday(3), tuesday(3, "20:00"), now=NOW)
    client = client_of(create_user())

    refusal = client.post(SERIES, season(a, mode="all"))
    assert (refusal.status_code, refusal.json()["code"]) == (409, "time_taken")
    assert codes_of(refusal) == {"not_all_free", "time_taken"}
    instead = {
        "instead_of": tuesday(3).isoformat(),
        "space": b.pk,
        "starts_at": tuesday(3).isoformat(),
        "ends_at": tuesday(3, "20:00").isoformat(),
    }
    told = client.post(SERIES, season(a, mode="all", replacements=[instead])).json()

    assert [row["space"] for row in told["made"]] == [a.pk, a.pk, b.pk, a.pk]


def test_whoever_sends_it_again_under_its_key_books_one_season(gym):
    client = client_of(create_user())

    first, again = (
        client.post(SERIES, season(gym[1]), headers={"Idempotency-Key": "syksy"}) for _n in range(2)
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert Series.objects.count() == 1


def test_what_is_wrong_with_the_season_names_its_field(gym):
    client = client_of(create_user())

    assert fields_of(client.post(LEDGER, season(gym[1], last_on="2027-09-30"))) == {"last_on"}
    assert fields_of(client.post(LEDGER, season(gym[1], weekdays=[8]))) == {"weekdays.0"}
    assert fields_of(client.post(LEDGER, season(gym[1], starts="25:00"))) == {"starts"}
    assert fields_of(client.post(LEDGER, season(gym[1], count=3))) == {"count"}


def test_this_and_later_dates_are_moved_and_the_others_named(gym):
    a = gym[1]
    mikael = create_user("Mikael")
    client = client_of(mikael)
    told = client.post(SERIES, season(a)).json()
    create_booking(a, tuesday(4, "20:00"), tuesday(4, "22:00"), now=NOW)

    asked = {
        "what": "move",
        "scope": "later",
        "since": told["made"][1]["id"],
        "starts": "19:00",
        "ends": "21:00",
    }
    changed = client.patch(f"{SERIES}{told['id']}/", asked).json()

    assert starts(changed["done"]) == [tuesday(week, "19:00").isoformat() for week in (2, 3)]
    (refused,) = changed["refused"]
    assert refused["date"]["starts_at"] == tuesday(4).isoformat()
    assert refused["problems"][0]["code"] == "time_taken"


def test_one_date_goes_back(gym):
    client = client_of(create_user())
    told = client.post(SERIES, season(gym[1])).json()

    asked = {"what": "release", "scope": "one", "since": told["made"][0]["id"]}
    assert client.patch(f"{SERIES}{told['id']}/", asked).status_code == 200

    made = client.get(f"{SERIES}{told['id']}/").json()["made"]
    assert [row["released_at"] is not None for row in made] == [True, False, False, False]


def test_words_are_changed_and_a_date_of_another_series_is_none(gym):
    _whole, a, b, _rest = gym
    client = client_of(create_user())
    told, other = (client.post(SERIES, season(space)).json() for space in (a, b))

    assert client.patch(
        f"{SERIES}{told['id']}/", {"what": "texts", "scope": "all", "purpose": "Säbä"}
    ).json()["done"]
    asked = {"what": "release", "scope": "one", "since": other["made"][0]["id"]}
    assert fields_of(client.patch(f"{SERIES}{told['id']}/", asked)) == {"since"}
    assert not Occupancy.objects.exclude(released_at=None).exists()


# --- Who sees and does what -----------------------------------------------------------------------


def test_strangers_see_nothing_of_a_season_and_change_nothing(gym):
    mikael, club = create_club()
    told = client_of(mikael).post(SERIES, season(gym[1], organisation=club.pk)).json()
    address, change = f"{SERIES}{told['id']}/", {"what": "release", "scope": "all"}
    stranger = client_of(create_user("Vieras"))

    assert stranger.get(SERIES).json()["results"] == []
    assert stranger.get(address).status_code == 404
    assert stranger.patch(address, change).status_code == 404
    assert stranger.post(SERIES, season(gym[2], organisation=club.pk)).status_code == 400
    assert client_of().get(address).status_code == 401
    assert client_of().patch(address, change).status_code == 401


def test_who_only_looks_sees_the_season_and_changes_nothing(gym):
    mikael, club = create_club()
    told = client_of(mikael).post(SERIES, season(gym[1], organisation=club.pk)).json()
    viewer = create_user("Katsoja")
    club.memberships.create(user=viewer, role="viewer")

    assert client_of(viewer).get(f"{SERIES}{told['id']}/").json()["made"]
    change = {"what": "release", "scope": "all"}
    assert client_of(viewer).patch(f"{SERIES}{told['id']}/", change).status_code == 403


def test_a_manager_sees_and_changes_of_a_season_what_is_at_her_venue(gym):
    a, elsewhere = gym[1], create_season_gym()[1]
    create_booking(a, tuesday(2), tuesday(2, "20:00"), now=NOW)
    instead = {
        "instead_of": tuesday(2).isoformat(),
        "space": elsewhere.pk,
        "starts_at": tuesday(2).isoformat(),
        "ends_at": tuesday(2, "20:00").isoformat(),
    }
    told = client_of(create_user()).post(SERIES, season(a, replacements=[instead])).json()
    onni = client_of(create_manager(elsewhere.venue))

    assert [row["space"] for row in onni.get(f"{SERIES}{told['id']}/").json()["made"]] == [elsewhere.pk]
    changed = onni.patch(
        f"{SERIES}{told['id']}/", {"what": "move", "scope": "all", "starts": "19:00", "ends": "20:00"}
    )

    assert [row["space"] for row in changed.json()["done"]] == [elsewhere.pk]
    assert Occupancy.objects.filter(space=a, starts_at=tuesday(1)).exists()
    assert not MissedDate.objects.exists()
