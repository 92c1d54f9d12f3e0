"""The API's description: complete, and true of whatever may be sent."""

from io import StringIO

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, assume, given, settings
from rest_framework.throttling import SimpleRateThrottle
from schemathesis import GenerationMode

from accounts.models import Organisation
from bookings.models import Booking
from config.api import described
from config.wsgi import application
from tests.api import client_of, token_of
from tests.factories import (
    NOW,
    create_booking,
    create_district,
    create_gym,
    create_manager,
    create_organisation,
    create_space,
    create_venue,
    hour,
    open_daily,
)
from venues.models import District, Space, Venue

pytestmark = pytest.mark.django_db

SCHEMA = "/api/v1/schema/"


def test_the_description_is_valid_and_leaves_nothing_to_guess():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_the_description_is_public_english_json():
    answer = client_of(language="fi").get(SCHEMA)

    told = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert told["components"]["schemas"]["Space"]["properties"]["capacity"]["title"] == "Number of people"
    assert "public" in answer["Cache-Control"]


def test_every_operation_says_what_it_does_and_how_it_can_fail():
    for operations in client_of().get(SCHEMA).json()["paths"].values():
        for method, operation in operations.items():
            assert operation["description"]
            assert {"406", "429"} <= operation["responses"].keys()
            if method == "post":
                assert "Idempotency-Key" in {given["name"] for given in operation["parameters"]}
                assert {"401", "403", "409", "413", "415", "422"} <= operation["responses"].keys()


# --- Whatever may be sent -------------------------------------------------------------------------


@pytest.fixture
def api(time_machine, monkeypatch):
    """The API of a small city at a known hour, to be called by a manager who books as well."""
    time_machine.move_to(NOW, tick=False)
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"anon": None, "user": None})
    venue = create_venue(district=create_district(), lat=60.2, lon=25.0, point_quality="exact")
    open_daily(venue.timetable)
    onni = create_manager(venue)
    create_organisation(onni)
    whole, _a, b, _a_and_c = create_gym(venue=venue, cleanup_minutes=15)
    asked = create_space(venue=venue, approval="request", requests_compete=True)
    paid = create_space(venue=venue, payment="before")
    for space in (whole, asked, paid):
        create_booking(space, customer=onni)
    create_booking(b, "14:00", "15:00")

    # As Django's own test client does: a request shall not close the test's connection.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    schema = schemathesis.openapi.from_wsgi(SCHEMA, application)
    schema.hook("map_case")(into_the_city)
    schema.token = token_of(onni)
    yield schema
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def into_the_city(context, case):
    """Turn half of all made-up ids and times into real ones, so that requests come as far as the rules."""
    number = case.path_parameters.get("id") if case.path_parameters else None
    if isinstance(number, int) and number % 2 == 0:
        case.path_parameters["id"] = one_of(THINGS[case.path.split("/")[3]], number)
    body = case.body if case.meta.generation.mode is GenerationMode.POSITIVE else None
    if isinstance(body, dict) and isinstance(body.get("space"), int) and body["space"] % 2 == 0:
        start = f"{body['space'] % 20:02}:00"
        body |= {"space": one_of(Space, body["space"]), "starts_at": hour(start).isoformat()}
        body["ends_at"] = hour(f"{body['space'] % 20 + 2:02}:00").isoformat()
    return case


THINGS = {
    "organisations": Organisation,
    "bookings": Booking,
    "spaces": Space,
    "venues": Venue,
    "districts": District,
}


def one_of(model, number: int) -> int:
    keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
    return keys[number % len(keys)]


OPERATIONS = [(path, method) for path, given in described()["paths"].items() for method in given]
every_operation = pytest.mark.parametrize(("path", "method"), OPERATIONS)
every_mode = pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)


# An empty question is none: forms send them for what was left open.
EMPTY = ("", None, [], {}, [""])


def try_out(api, path: str, method: str, mode: GenerationMode, **limits) -> None:
    """Send what the description allows, or what it forbids, and hold every answer against it."""

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **limits)
    @given(case=api[path][method].as_strategy(generation_mode=mode))
    def answers_as_described(case):
        asked = (case.query or {}).values()
        assume(not any(value in EMPTY for value in asked))
        # Of a parameter that is said twice the last word counts, so the first may be anything.
        assume(mode is not GenerationMode.NEGATIVE or not any(isinstance(value, list) for value in asked))
        case.call_and_validate(
            headers={"Authorization": f"Token {api.token}"},
            # What is well-formed may still be against the rules.
            excluded_checks=[schemathesis.checks.positive_data_acceptance],
        )

    answers_as_described()


@every_operation
@every_mode
def test_no_answer_is_undocumented(api, path, method, mode):
    try_out(api, path, method, mode, max_examples=15, derandomize=True)


@pytest.mark.proof
@every_operation
@every_mode
def test_no_answer_is_undocumented_however_long_one_tries(api, path, method, mode):
    try_out(api, path, method, mode, max_examples=100)
