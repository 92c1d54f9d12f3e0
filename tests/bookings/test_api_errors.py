"""Whatever goes wrong is told in one shape, and bad input never becomes our failure."""

import json

import pytest
from django.test import Client as BrowserClient
from rest_framework.throttling import AnonRateThrottle

from bookings.models import Booking
from tests.api import BOOKINGS, client_of, fields_of, wish
from tests.factories import NOW, create_booking, create_manager, create_space, create_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def assert_told(answer, status: int, code: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert set(told) == {"code", "message", "problems"}
    assert told["message"]


# --- Bodies ---------------------------------------------------------------------------------------

WRONG = {
    "space": ["abc", "1", None, True, 1.5, -1, 0, 10**30, 999_999, [], {}, "\0", "\ud800"],
    "starts_at": [
        None, 5, True, [], {}, "", "soon", "2027-02-06", "2027-02-30T10:00", "2027-02-06T25:00+02:00",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "99999-01-01T00:00Z", "\0", "\ud800", "9" * 5000,
    ],
    "ends_at": [None, "", "0001-01-01T00:00", "9999-12-31T23:59:59-12:00"],
    "purpose": [None, 5, True, [], {}, "x" * 201, "a\0b", "\ud800"],
    "attendees": [None, "many", "3", True, 1.5, -1, 0, 2**40, 10**400, [], {}],
    "note": [None, 5, [], {}, "x" * 2001, "\0", "\udfff"],
    "organisation": ["abc", "1", True, 0, -1, 1, 10**30, [], {}],
}  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in WRONG for value in WRONG[field]])
def test_a_wrong_value_is_told_by_the_name_of_its_field(field, value):
    body = json.dumps(wish(create_space()) | {field: value})

    answer = client_of(create_user()).generic("POST", BOOKINGS, body, content_type="application/json")

    assert_told(answer, 400, "invalid")
    assert fields_of(answer) == {field}
    assert not Booking.objects.exists()


def test_everything_that_is_missing_is_told_at_once():
    answer = client_of(create_user()).post(BOOKINGS, {})

    assert_told(answer, 400, "invalid")
    assert fields_of(answer) == {"space", "starts_at", "ends_at"}


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "null", '"text"', "5", '{"space": NaN}', '{"space": Infinity}', '{"space": 1e999}',
        "[" * 100_000, '{"a":' * 100_000, '{"space": ' + "9" * 5000 + "}", b"\xff\xfe", "{'space': 1}",
    ],
)  # fmt: skip
def test_a_body_that_is_no_wish_is_malformed(body):
    answer = client_of(create_user()).generic("POST", BOOKINGS, body, content_type="application/json")

    assert_told(answer, 400, "invalid")


@pytest.mark.parametrize("charset", ["rot13", "base64", "utf-7", "made-up"])
def test_json_is_utf_8_whatever_else_is_said(charset):
    body = json.dumps(wish(create_space(), purpose="Synttärit"), ensure_ascii=False).encode()
    client = client_of(create_user())

    answer = client.generic("POST", BOOKINGS, body, content_type=f"application/json; charset={charset}")

    assert (answer.status_code, answer.json()["purpose"]) == (201, "Synttärit")


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read():
    client = client_of(create_user())

    for headers in ({}, {"HTTP_IDEMPOTENCY_KEY": "big"}):
        answer = client.post(BOOKINGS, {"purpose": "x" * 10_000_000}, **headers)
        assert_told(answer, 413, "too_large")


def test_other_times_are_told_by_the_rules():
    room, client = create_space(), client_of(create_user())

    past = client.post(
        BOOKINGS, wish(room) | {"starts_at": "1970-01-01T10:00", "ends_at": "1970-01-01T11:00"}
    )
    far = client.post(BOOKINGS, wish(room) | {"starts_at": "3027-02-06T10:00", "ends_at": "3027-02-06T11:00"})
    never = client.post(BOOKINGS, wish(room, "12:00", "12:00"))
    long = client.post(BOOKINGS, wish(room) | {"ends_at": "9990-02-06T11:00"})

    assert_told(past, 422, "in_the_past")
    assert_told(far, 422, "too_far")
    assert_told(never, 422, "ends_before_start")
    assert_told(long, 422, "too_long")


@pytest.mark.parametrize("act", ["approve", "decline", "cancel", "move", "settle"])
@pytest.mark.parametrize("body", ["[]", '{"reason": 5, "starts_at": [], "space": "x"}', "{"])
def test_what_is_done_to_a_booking_is_judged_alike(act, body):
    room = create_space(approval="request")
    booking, onni = create_booking(room), client_of(create_manager(room.venue))

    answer = onni.generic("POST", f"{BOOKINGS}{booking.pk}/{act}/", body, content_type="application/json")

    if act in {"approve", "settle"}:  # they ask for nothing, so nothing of it can be wrong
        assert answer.status_code in {200, 409}
    else:
        assert_told(answer, 400, "invalid")


# --- Addresses and questions ----------------------------------------------------------------------


@pytest.mark.parametrize("pk", ["0", "999999", str(10**30), "abc", "-1", "1.5", "%00", "1%0A"])
def test_what_is_not_there_is_not_found(pk):
    client = client_of(create_user())

    for path in ("bookings", "spaces", "venues", "districts"):
        assert_told(client.get(f"/api/v1/{path}/{pk}/"), 404, "not_found")
    assert_told(client.get(f"/api/v1/spaces/{pk}/availability/"), 404, "not_found")
    assert_told(client.post(f"{BOOKINGS}{pk}/cancel/", {}), 404, "not_found")


BAD_QUERIES = [
    ("bookings", "status", "lost"),
    ("bookings", "space", "abc"),
    ("bookings", "venue", "0"),
    ("bookings", "organisation", str(10**30)),
    ("bookings", "from", "yesterday"),
    ("bookings", "to", "9999-12-31"),
    ("bookings", "page", "abc"),
    ("bookings", "page", "-1"),
    ("bookings", "page_size", "1001"),
    ("spaces", "page_size", "0"),
    ("spaces", "page", str(10**30)),
    ("spaces", "kind", "castle"),
    ("spaces", "hall", "1.5"),
    ("spaces", "capacity_min", "many"),
    ("spaces", "capacity_min", str(10**30)),
    ("spaces", "is_bookable", "maybe"),
    ("spaces", "search", "\0"),
    ("spaces", "search", "x" * 101),
    ("venues", "district", "\0"),
    ("districts", "search", "a\0b"),
    ("availability", "from", "2027-02-30"),
    ("availability", "from", "0001-01-01"),
    ("availability", "to", "9999-12-31T23:59:59Z"),
    ("availability", "to", "1999-01-01"),
    ("availability", "duration", "0"),
    ("availability", "duration", "long"),
    ("availability", "time_from", "25:00"),
    ("availability", "time_to", "noon"),
    ("availability", "time_to", "\0"),
    ("availability", "weekday", "8"),
    ("availability", "weekday", "1,x"),
    ("availability", "near", "here"),
    ("availability", "near", "nan,nan"),
    ("availability", "near", "91,0"),
    ("availability", "near", "1,2,3"),
    ("availability", "within_km", "nan"),
    ("availability", "sort", "beauty"),
    ("availability", "capacity", "-3"),
]


@pytest.mark.parametrize(("path", "name", "value"), BAD_QUERIES)
def test_a_question_that_cannot_be_is_refused_by_name(path, name, value):
    answer = client_of(create_user()).get(f"/api/v1/{path}/", {name: value})

    assert_told(answer, 400, "invalid")
    assert {field.partition(".")[0] for field in fields_of(answer)} == {name}


@pytest.mark.parametrize("path", ["bookings", "spaces", "venues", "districts", "availability"])
@pytest.mark.parametrize("charset", ["utf-8", "rot13"])
def test_unknown_questions_are_ignored(path, charset):
    answer = client_of(create_user()).get(
        f"/api/v1/{path}/?colour=blue&format=xml&%FF=%00&kind=", CONTENT_TYPE=f"text/plain; charset={charset}"
    )

    assert answer.status_code == 200


def test_a_page_beyond_the_last_is_not_there():
    client = client_of(create_user())

    for path in ("bookings", "spaces", "availability"):
        assert_told(client.get(f"/api/v1/{path}/?page=2"), 404, "not_found")


# --- The manners of the web -----------------------------------------------------------------------


def test_unknown_addresses_methods_and_types_are_told_in_the_same_shape():
    client = client_of(create_user())

    assert_told(client.get("/api/v1/nothing/"), 404, "not_found")
    for path in (BOOKINGS, "/api/v1/spaces/", "/api/v1/availability/", "/api/v1/schema/"):
        assert_told(client.delete(path), 405, "method_not_allowed")
        assert_told(client.options(path), 405, "method_not_allowed")
    assert_told(client.get(BOOKINGS, HTTP_ACCEPT="text/html"), 406, "not_acceptable")
    answer = client.post(BOOKINGS, "space=1", content_type="application/x-www-form-urlencoded")
    assert_told(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("language", "message"), [("fi", "Ei löydy."), ("sv", "Hittades inte."), ("en", "Not found.")]
)
def test_errors_of_the_framework_speak_the_callers_language(language, message):
    answer = client_of(create_user(), language=language).get(f"{BOOKINGS}999999/")

    assert answer.json()["message"] == message


def test_a_session_needs_its_csrf_token():
    aino = create_user()
    browser = BrowserClient(enforce_csrf_checks=True)
    browser.force_login(aino)
    body = json.dumps(wish(create_space()))

    assert browser.get(BOOKINGS).status_code == 200
    answer = browser.post(BOOKINGS, body, content_type="application/json")
    assert_told(answer, 403, "csrf_failed")

    browser.cookies["csrftoken"] = "x" * 32
    answer = browser.post(BOOKINGS, body, content_type="application/json", HTTP_X_CSRFTOKEN="x" * 32)
    assert answer.status_code == 201


def test_whoever_asks_too_often_is_told_how_long_to_wait(monkeypatch):
    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "2/min", "user": "9/min"})
    nobody = client_of()
    nobody.credentials(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="198.51.100.1")

    answers = [nobody.get("/api/v1/districts/") for _number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_told(answers[2], 429, "throttled")
    assert int(answers[2]["Retry-After"]) > 0
    assert "public" not in answers[2].get("Cache-Control", "")
