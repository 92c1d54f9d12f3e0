"""The log: one JSON object a line, tied together by a request id."""

import io
import json
import logging

import pytest

from config.logging import JsonFormatter
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def capture_lines():
    """What a logger wrote, as an operator would read it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda name: [
        line for line in map(json.loads, written.getvalue().splitlines()) if line["logger"] == name
    ]
    logging.getLogger().removeHandler(handler)


def test_a_request_leaves_one_line_without_its_query(client, capture_lines):
    client.get("/nowhere?name=Aino", headers={"x-request-id": "abc-12345678"})

    (line,) = capture_lines("vuoro.access")
    assert line.keys() == {
        "at",
        "level",
        "logger",
        "message",
        "request_id",
        "method",
        "path",
        "status",
        "ms",
        "user",
    }
    assert (line["method"], line["path"], line["status"]) == ("GET", "/nowhere", 404)
    assert (line["request_id"], line["user"]) == ("abc-12345678", None)
    assert "Aino" not in json.dumps(line)


def test_the_line_names_the_user_by_number(client, capture_lines):
    aino = factories.create_user()
    client.force_login(aino)

    client.get("/nowhere")

    assert capture_lines("vuoro.access")[0]["user"] == aino.pk


def test_a_sane_request_id_is_kept_and_any_other_replaced(client):
    def answered(given):
        return client.get("/nowhere", headers={"x-request-id": given})["X-Request-ID"]

    assert answered("lb-0123456789") == "lb-0123456789"
    for given in ["short", "x" * 500, 'spaces and "quotes"', "line\nbreak-line"]:
        made = answered(given)
        assert made != given
        assert len(made) == 32


def test_a_refusal_carries_the_id_of_its_request(client, capture_lines):
    response = client.get("/nowhere")

    (line,) = capture_lines("django.request")
    assert line["request_id"] == response["X-Request-ID"]


def test_an_exception_stays_on_one_line():
    try:
        raise ValueError("several\nlines")
    except ValueError as exc:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 1, "failed", (), (type(exc), exc, exc.__traceback__)
        )

    line = JsonFormatter().format(record)

    assert "\n" not in line
    assert "ValueError: several" in json.loads(line)["exception"]
