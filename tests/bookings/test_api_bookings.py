"""Bookings by API: what programs can do, and what they are told when they cannot."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import lifecycle
from bookings.models import Booking, Status
from bookings.wishes import Wish
from tests.api import BOOKINGS, client_of, codes_of, wish
from tests.factories import (
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    hour,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def of(booking: Booking, what: str = "") -> str:
    return f"{BOOKINGS}{booking.pk}/{what}"


# --- Booking --------------------------------------------------------------------------------------


def test_a_free_space_is_booked():
    room, aino = create_space(name_sv="Gymnastiksal"), create_user()

    answer = client_of(aino).post(BOOKINGS, wish(room, purpose="Synttärit", attendees=12))

    assert answer.status_code == 201
    told = answer.json()
    assert told["status"] == "confirmed"
    assert told["space"] == room.pk
    assert told["space_name"] == {"fi": "Liikuntasali", "sv": "Gymnastiksal", "en": None}
    assert told["customer"] == {"id": aino.pk, "name": "Aino"}
    assert (told["starts_at"], told["ends_at"]) == ("2027-02-06T10:00:00+02:00", "2027-02-06T12:00:00+02:00")
    assert (told["purpose"], told["attendees"]) == ("Synttärit", 12)
    assert room.bookings.get().pk == told["id"]


def test_a_space_by_request_is_asked_for():
    room = create_space(approval="request", requests_compete=True)

    told = client_of(create_user()).post(BOOKINGS, wish(room)).json()

    assert (told["status"], told["competes"]) == ("requested", True)
    assert told["decide_by"] == "2027-02-06T10:00:00+02:00"


def test_somebody_books_for_their_organisation():
    room, aino = create_space(), create_user()
    association = create_organisation(aino)

    told = client_of(aino).post(BOOKINGS, wish(room, organisation=association.pk)).json()

    assert told["organisation"] == {"id": association.pk, "name": "Hertsikan yhdistys", "kind": "association"}


@pytest.mark.parametrize("role", [None, "viewer"])
def test_nobody_books_for_an_organisation_that_is_not_theirs_to_book_for(role):
    room, aino = create_space(), create_user()
    organisation = create_organisation(*([aino] if role else []), role=role or "booker")

    answer = client_of(aino).post(BOOKINGS, wish(room, organisation=organisation.pk))

    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    assert (problem["field"], problem["code"]) == ("organisation", "does_not_exist")
    assert not Booking.objects.exists()


def test_a_time_without_an_offset_is_the_citys():
    room = create_space()
    body = wish(room) | {"starts_at": "2027-02-06T10:00", "ends_at": "2027-02-06T12:00:00"}

    told = client_of(create_user()).post(BOOKINGS, body).json()

    assert told["starts_at"] == hour("10:00").isoformat()


def test_the_spring_night_is_measured_by_what_passes_not_by_the_clocks():
    room = create_space(max_minutes=120)
    body = wish(room) | {"starts_at": "2027-03-28T01:00", "ends_at": "2027-03-28T04:00"}

    answer = client_of(create_user()).post(BOOKINGS, body)

    assert answer.status_code == 201
    assert (answer.json()["starts_at"], answer.json()["ends_at"]) == (
        "2027-03-28T01:00:00+02:00",
        "2027-03-28T04:00:00+03:00",
    )


def test_a_taken_time_is_a_conflict_that_says_what_is_free_instead():
    whole, a, _b, _a_and_c = create_gym()
    create_booking(a, "10:00", "12:00")

    answer = client_of(create_user()).post(BOOKINGS, wish(whole, "11:00", "13:00"))

    assert answer.status_code == 409
    told = answer.json()
    assert told["code"] == "time_taken"
    assert told["message"] == "This time is already taken. Choose another."
    (problem,) = told["problems"]
    assert (problem["code"], problem["field"]) == ("time_taken", "starts_at")
    assert problem["alternatives"][0] == {
        "space": whole.pk,
        "name": {"fi": "Koko sali", "sv": None, "en": None},
        "venue_name": {"fi": "Keskuskoulu", "sv": None, "en": None},
        "starts_at": "2027-02-06T12:00:00+02:00",
        "ends_at": "2027-02-06T14:00:00+02:00",
    }
    assert whole.bookings.count() == 0


def test_everything_that_is_wrong_is_told_at_once_and_a_lost_race_names_it_all():
    room = create_space(capacity=10, max_minutes=60)
    create_booking(room, "10:00", "11:00")
    client = client_of(create_user())

    lost = client.post(BOOKINGS, wish(room, "10:00", "11:00", attendees=40))
    refused = client.post(BOOKINGS, wish(room, "12:10", "14:00", attendees=40))

    assert (lost.status_code, lost.json()["code"]) == (409, "time_taken")
    assert codes_of(lost) == {"time_taken", "too_many_people"}
    assert (refused.status_code, refused.json()["code"]) == (422, "refused")
    assert codes_of(refused) == {"off_step", "too_long", "too_many_people"}


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("fi", "Loppuajan on oltava alkuajan jälkeen."),
        ("sv", "Sluttiden måste vara efter starttiden."),
        ("en", "The end must be after the start."),
    ],
)
def test_refusals_speak_the_callers_language(language, message):
    client = client_of(create_user(), language=language)

    answer = client.post(BOOKINGS, wish(create_space(), "12:00", "10:00"))

    assert (answer.status_code, answer.json()["code"]) == (422, "ends_before_start")
    assert answer.json()["message"] == message


# --- Reading --------------------------------------------------------------------------------------


def test_people_see_their_own_bookings_and_managers_those_of_their_venues():
    room, elsewhere = create_space(), create_space()
    aino, mikael, onni = create_user(), create_user("Mikael"), create_manager(room.venue)
    hers = create_booking(room, "10:00", "12:00", customer=aino)
    his = create_booking(room, "12:00", "13:00", customer=mikael)
    create_booking(elsewhere, customer=mikael)

    def seen_by(user):
        return [row["id"] for row in client_of(user).get(BOOKINGS).json()["results"]]

    assert seen_by(aino) == [hers.pk]
    assert seen_by(onni) == [his.pk, hers.pk]
    assert seen_by(create_user("Stranger")) == []


def test_somebody_elses_booking_is_not_there():
    booking = create_booking(create_space())
    stranger = client_of(create_user("Stranger"))

    assert stranger.get(of(booking)).status_code == 404
    for act in ("approve", "decline", "cancel", "move", "settle"):
        answer = stranger.post(of(booking, f"{act}/"), {})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_form_that_is_open_is_no_booking_yet():
    aino = create_user()
    held = lifecycle.hold(Wish(create_space(), hour("10:00"), hour("12:00")), customer=aino, now=NOW)

    assert client_of(aino).get(BOOKINGS).json()["results"] == []
    assert client_of(aino).get(of(held)).status_code == 404


def test_what_concerns_one_person_is_kept_by_no_cache():
    answer = client_of(create_user()).get(BOOKINGS)

    assert set(answer["Cache-Control"].split(", ")) == {"private", "no-store"}


def test_without_credentials_nothing_is_told():
    booking = create_booking(create_space())
    nobody = client_of()

    answers = [
        nobody.get(BOOKINGS),
        nobody.get(of(booking)),
        nobody.post(BOOKINGS, wish(booking.space)),
        nobody.post(of(booking, "cancel/"), {}),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "Token"


def test_an_unknown_token_is_told_so():
    nobody = client_of()
    nobody.credentials(HTTP_AUTHORIZATION="Token made-up")

    answer = nobody.get(BOOKINGS)

    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")


def test_bookings_are_found_by_state_place_and_time():
    room, other = create_space(), create_space(approval="request")
    aino = create_user()
    early = create_booking(room, "08:00", "10:00", customer=aino)
    late = create_booking(room, "18:00", "20:00", customer=aino)
    request = create_booking(other, "12:00", "13:00", customer=aino)
    client = client_of(aino)

    def found(**query):
        return {row["id"] for row in client.get(BOOKINGS, query).json()["results"]}

    assert found(status=["requested", "declined"]) == {request.pk}
    assert found(space=room.pk) == {early.pk, late.pk}
    assert found(venue=other.venue_id) == {request.pk}
    assert found(**{"from": hour("10:00").isoformat(), "to": hour("18:00").isoformat()}) == {request.pk}
    assert found(**{"from": "2027-02-06", "to": "2027-02-06"}) == {early.pk, late.pk, request.pk}
    assert found(**{"from": "2027-02-07"}) == set()
    assert found(organisation=999999) == set()


def test_how_to_get_in_is_for_confirmed_bookings_and_managers_and_for_nobody_in_lists():
    room = create_space(approval="request", arrival_fi="Ovi B, soita.")
    aino, onni = create_user(), create_manager(room.venue)
    booking = create_booking(room, customer=aino)
    told = {"fi": "Ovi B, soita.", "sv": None, "en": None}

    assert client_of(aino).get(of(booking)).json()["arrival"] is None
    assert client_of(onni).get(of(booking)).json()["arrival"] == told
    lifecycle.approve(booking, by=onni, now=NOW)
    assert client_of(aino).get(of(booking)).json()["arrival"] == told
    assert "arrival" not in client_of(aino).get(BOOKINGS).json()["results"][0]


# --- Deciding -------------------------------------------------------------------------------------


def test_a_manager_approves():
    room = create_space(approval="request")
    booking = create_booking(room)

    answer = client_of(create_manager(room.venue)).post(of(booking, "approve/"))

    assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")


def test_a_manager_declines_with_a_reason():
    room = create_space(approval="request")
    booking, onni = create_booking(room), client_of(create_manager(room.venue))

    assert onni.post(of(booking, "decline/"), {}).json()["problems"][0]["field"] == "reason"
    silent = onni.post(of(booking, "decline/"), {"reason": "  "})
    assert (silent.status_code, silent.json()["code"]) == (422, "reason_missing")
    told = onni.post(of(booking, "decline/"), {"reason": "Remontti."}).json()
    assert (told["status"], told["reason"]) == ("declined", "Remontti.")


def test_a_manager_settles_a_payment():
    room = create_space(payment="before")
    booking = create_booking(room)

    told = client_of(create_manager(room.venue)).post(of(booking, "settle/")).json()

    assert told["status"] == "confirmed"


def test_a_customer_cancels_and_the_reason_is_kept():
    aino = create_user()
    booking = create_booking(create_space(), customer=aino)

    told = client_of(aino).post(of(booking, "cancel/"), {"reason": "Sairastuin."}).json()

    assert (told["status"], told["reason"]) == ("cancelled", "Sairastuin.")


@pytest.mark.parametrize("act", ["approve", "decline", "settle"])
def test_a_customer_does_not_decide(act):
    aino = create_user()
    booking = create_booking(create_space(approval="request"), customer=aino)

    answer = client_of(aino).post(of(booking, f"{act}/"), {"reason": "Minun!"})

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    booking.refresh_from_db()
    assert booking.status == Status.REQUESTED


def test_whoever_only_watches_for_an_organisation_changes_nothing():
    aino, watcher = create_user(), create_user("Watcher")
    association = create_organisation(aino)
    association.memberships.create(user=watcher, role="viewer")
    booking = create_booking(create_space(), customer=aino, organisation=association)
    client = client_of(watcher)

    assert client.get(of(booking)).status_code == 200
    assert client.post(of(booking, "cancel/"), {}).status_code == 403
    assert client.post(of(booking, "move/"), wish(booking.space)).status_code == 403


def test_what_is_over_stays_over():
    room = create_space(approval="request")
    booking, onni = create_booking(room), client_of(create_manager(room.venue))
    onni.post(of(booking, "approve/"))

    again = onni.post(of(booking, "approve/"))

    assert (again.status_code, again.json()["code"]) == (409, "move_not_allowed")


def test_a_request_whose_time_has_gone_is_not_approved():
    room = create_space(approval="request", requests_compete=True)
    request, onni = create_booking(room), client_of(create_manager(room.venue))
    room.approval = "instant"
    room.save()
    create_booking(room)

    answer = onni.post(of(request, "approve/"))

    assert (answer.status_code, answer.json()["code"]) == (409, "time_taken")


def test_a_booking_moves_in_time_and_to_another_space():
    whole, a, *_rest = create_gym()
    aino = create_user()
    booking = create_booking(whole, customer=aino)

    later = client_of(aino).post(of(booking, "move/"), wish(whole, "14:00", "15:00")).json()
    smaller = client_of(aino).post(of(booking, "move/"), wish(a, "14:00", "16:00")).json()

    assert later["starts_at"] == "2027-02-06T14:00:00+02:00"
    assert (smaller["space"], smaller["ends_at"]) == (a.pk, "2027-02-06T16:00:00+02:00")


def test_a_move_onto_taken_time_is_a_conflict():
    room, aino = create_space(), create_user()
    create_booking(room, "10:00", "12:00")
    booking = create_booking(room, "14:00", "15:00", customer=aino)

    answer = client_of(aino).post(of(booking, "move/"), wish(room, "11:00", "12:00"))

    assert (answer.status_code, answer.json()["code"]) == (409, "time_taken")
    assert answer.json()["problems"][0]["alternatives"]


def test_an_approved_booking_is_not_moved_past_the_manager():
    room = create_space(approval="request")
    aino, onni = create_user(), create_manager(room.venue)
    booking = create_booking(room, customer=aino)
    lifecycle.approve(booking, by=onni, now=NOW)

    answer = client_of(aino).post(of(booking, "move/"), wish(room, "14:00", "15:00"))

    assert answer.status_code == 403


def test_what_has_begun_is_left_alone(time_machine):
    aino = create_user()
    booking = create_booking(create_space(), customer=aino)
    time_machine.move_to(hour("10:00"), tick=False)

    answer = client_of(aino).post(of(booking, "cancel/"), {})

    assert (answer.status_code, answer.json()["code"]) == (422, "already_begun")


def test_history_knows_who_did_it():
    aino = create_user()

    told = client_of(aino).post(BOOKINGS, wish(create_space())).json()

    event = Booking.objects.get(pk=told["id"]).events.get()
    assert event.pgh_context.metadata["user"] == aino.pk


# --- What it costs --------------------------------------------------------------------------------


def statements_of_a_booking(client, room, start: str, end: str) -> int:
    with CaptureQueriesContext(connection) as found:
        answer = client.post(BOOKINGS, wish(room, start, end), HTTP_IDEMPOTENCY_KEY=start)
    assert answer.status_code == 201
    return len(found)


def test_booking_takes_as_many_statements_with_a_long_history_as_on_the_first_day():
    room, aino = create_space(), create_user()
    client = client_of(aino)
    first = statements_of_a_booking(client, room, "10:00", "12:00")

    for days in range(1, 60):
        booked = create_booking(
            room, hour("10:00") + timedelta(days=days), hour("12:00") + timedelta(days=days), customer=aino
        )
        if days % 3 == 0:
            lifecycle.cancel(booked, by=aino, now=NOW)
    after = statements_of_a_booking(client, room, "14:00", "15:00")

    assert after == first <= 16


def test_a_long_list_takes_no_more_statements_than_a_short_one():
    room, aino = create_space(), create_user()
    client = client_of(aino)

    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(BOOKINGS).status_code == 200
        return len(found)

    create_booking(room, "08:00", "09:00", customer=aino)
    few = statements()
    for start in range(9, 20):
        create_booking(room, f"{start:02}:00", f"{start + 1}:00", customer=aino)

    assert statements() == few
