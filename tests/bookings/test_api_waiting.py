"""The API of the waiting list: what the pages do, for programs; to strangers nothing is there."""

import pytest

from accounts.models import Membership
from bookings import waiting
from bookings.models import Booking, Offer, Status, Waiting
from tests.api import client_of, codes_of, fields_of
from tests.bookings.test_waiting import SATURDAY, freed, wished
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
)

pytestmark = pytest.mark.django_db

WAITING, OFFERS = "/api/v1/waiting/", "/api/v1/offers/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def aino():
    return create_user("Aino")


@pytest.fixture
def offered(hall, aino) -> Offer:
    return offer_to(hall, aino)


def offer_to(space, who, **facts) -> Offer:
    booking = create_booking(space)
    waiting.wait(wished(space, **facts), customer=who, now=NOW)
    (offer,) = freed(booking)
    return offer


def asked(*spaces, **facts) -> dict:
    defaults = {
        "spaces": [space.pk for space in spaces],
        "weekdays": [6],
        "earliest": "10:00",
        "latest": "12:00",
        "minutes": 120,
        "first_on": SATURDAY.isoformat(),
        "last_on": SATURDAY.isoformat(),
        "attendees": 12,
        "purpose": "Sählyä",
    }
    return defaults | facts


def test_to_wait_and_to_wait_no_more(hall, aino):
    client = client_of(aino)

    made = client.post(WAITING, asked(hall))
    listed = client.get(WAITING).json()["results"]
    gone = client.delete(f"{WAITING}{made.json()['id']}/")

    assert made.status_code == 201
    assert made.json()["spaces"] == [hall.pk]
    assert made.json()["ended_at"] is None
    assert listed == [made.json()]
    assert gone.status_code == 204
    assert client.get(WAITING).json()["results"][0]["ended_at"] is not None
    assert client.delete(f"{WAITING}{made.json()['id']}/").status_code == 204


def test_the_same_key_waits_once(hall, aino):
    client = client_of(aino)

    first = client.post(WAITING, asked(hall), HTTP_IDEMPOTENCY_KEY="k1")
    second = client.post(WAITING, asked(hall), HTTP_IDEMPOTENCY_KEY="k1")

    assert first.content == second.content
    assert Waiting.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("spaces", []),
        ("spaces", [999999]),
        ("spaces", "all"),
        ("weekdays", []),
        ("weekdays", [8]),
        ("earliest", "25:00"),
        ("earliest", 10),
        ("latest", "10:00:00+02:00"),
        ("minutes", "120"),
        ("minutes", 10**12),
        ("first_on", "someday"),
        ("attendees", 0),
        ("organisation", 999999),
    ],
)
def test_malformed_input_is_named(hall, aino, field, wrong):
    response = client_of(aino).post(WAITING, asked(hall, **{field: wrong}))

    assert response.status_code == 400
    assert {name.split(".")[0] for name in fields_of(response)} == {field}


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("too_long", {"minutes": 180}),
        ("too_far", {"last_on": "9999-12-31"}),
        ("in_the_past", {"first_on": "0001-01-01", "last_on": "0001-01-02"}),
        ("last_day_before_first", {"first_on": "9999-12-31"}),
        ("too_many_people", {"attendees": 101}),
    ],
)
def test_what_cannot_come_is_refused(hall, aino, code, wrong):
    response = client_of(aino).post(WAITING, asked(hall, **wrong))

    assert response.status_code == 422
    assert code in codes_of(response)


def test_somebody_may_have_waited_since_long_ago(hall, aino):
    assert client_of(aino).post(WAITING, asked(hall, first_on="0001-01-01")).status_code == 201

    assert len(waiting.offer_all(now=NOW)) == 1


def test_to_accept_is_to_book(offered, aino):
    client = client_of(aino)
    (told,) = client.get(OFFERS).json()["results"]
    assert (told["state"], told["booking"]) == ("open", None)

    accepted = client.post(f"{OFFERS}{offered.pk}/accept/", {}, HTTP_IDEMPOTENCY_KEY="k1")
    again = client.post(f"{OFFERS}{offered.pk}/accept/", {}, HTTP_IDEMPOTENCY_KEY="k1")
    late = client.post(f"{OFFERS}{offered.pk}/accept/", {})

    booking = Booking.objects.get(customer=aino)
    assert (accepted.status_code, accepted.json()["booking"]) == (200, booking.pk)
    assert again.content == accepted.content
    assert (late.status_code, late.json()["code"]) == (409, "offer_over")
    assert booking.status == Status.CONFIRMED


def test_to_decline_lets_others_have_it(offered, aino, hall):
    response = client_of(aino).post(f"{OFFERS}{offered.pk}/decline/", {})

    assert response.json()["state"] == "declined"
    create_booking(hall)


def test_what_the_policy_asks_for_is_named(aino):
    space = create_space(needs_adult=True)
    booking = create_booking(space, adult_name="Liisa", adult_phone="040")
    waiting.wait(wished(space), customer=aino, now=NOW)
    (offer,) = freed(booking)
    client = client_of(aino)

    refused = client.post(f"{OFFERS}{offer.pk}/accept/", {})
    made = client.post(f"{OFFERS}{offer.pk}/accept/", {"adult_name": "Liisa", "adult_phone": "040"})

    assert (refused.status_code, codes_of(refused)) == (422, {"adult_missing"})
    assert made.status_code == 200


def test_a_colleague_accepts_and_who_only_sees_does_not(hall, aino):
    mikael, veera = create_user("Mikael"), create_user("Veera")
    club = create_organisation(aino, mikael)
    Membership.objects.create(user=veera, organisation=club, role="viewer")
    offer = offer_to(hall, aino, organisation=club)

    seen = client_of(veera).get(OFFERS).json()["results"]
    assert [row["id"] for row in seen] == [offer.pk]
    for verb in ("accept", "decline"):
        assert client_of(veera).post(f"{OFFERS}{offer.pk}/{verb}/", {}).status_code == 403
    assert client_of(veera).delete(f"{WAITING}{offer.waiting_id}/").status_code == 403

    client_of(mikael).post(f"{OFFERS}{offer.pk}/accept/", {})

    assert Booking.objects.get(organisation=club).customer == mikael


@pytest.mark.parametrize("who", ["a stranger", "the venue's manager"])
def test_to_strangers_nothing_is_there(offered, hall, who):
    client = client_of(create_user() if who == "a stranger" else create_manager(hall.venue))

    assert client.get(WAITING).json()["results"] == []
    assert client.get(OFFERS).json()["results"] == []
    assert client.delete(f"{WAITING}{offered.waiting_id}/").status_code == 404
    for verb in ("accept", "decline"):
        assert client.post(f"{OFFERS}{offered.pk}/{verb}/", {}).status_code == 404
    offered.refresh_from_db()
    assert offered.state == "open"


def test_nobody_waits_in_the_name_of_others(hall, aino):
    others = create_organisation(create_user("Mikael"))

    response = client_of(aino).post(WAITING, asked(hall, organisation=others.pk))

    assert (response.status_code, fields_of(response)) == (400, {"organisation"})


def test_who_does_not_say_who_they_are_is_asked(offered):
    client = client_of()

    for path in (WAITING, OFFERS):
        assert client.get(path).status_code == 401
    assert client.post(f"{OFFERS}{offered.pk}/accept/", {}).status_code == 401
    assert client.delete(f"{WAITING}{offered.waiting_id}/").status_code == 401


def test_answers_are_kept_by_no_cache(aino):
    assert "no-store" in client_of(aino).get(OFFERS)["Cache-Control"]
