"""How tests call the API: as somebody with a token, or as nobody.

Every answer is held against the API's own description: its status is named there and its body is as it says.
"""

import re

import jsonschema
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from accounts.models import User
from config.api import described
from tests.factories import hour
from venues.models import Space

BOOKINGS = "/api/v1/bookings/"


class Client(APIClient):
    default_format = "json"

    def request(self, **kwargs):
        response = super().request(**kwargs)
        operation = described_operation(response.request)
        if operation and response.status_code not in BY_METHOD_ALONE:
            assert_as_described(response, operation)
        return response


# Our own failures, and methods that an address does not have, are no answers of an operation.
BY_METHOD_ALONE = {405, 500}


def described_operation(request: dict) -> dict | None:
    """Return the description of what was asked for, or None for an address that is not described."""
    for path, operations in described()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[0-9]+", path), request["PATH_INFO"]):
            return operations.get(request["REQUEST_METHOD"].lower())
    return None


def assert_as_described(response, operation: dict) -> None:
    answers = operation["responses"]
    assert str(response.status_code) in answers, f"{response.status_code} of {operation['operationId']}"
    content = answers[str(response.status_code)].get("content")
    if not content:
        assert response.content == b""
        return
    schema = content[response["Content-Type"]]["schema"]
    jsonschema.validate(
        response.json(),
        {**schema, "components": described()["components"]},
        jsonschema.Draft202012Validator,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def client_of(user: User | None = None, *, language: str = "en", **options) -> Client:
    client = Client(**options)
    client.credentials(
        HTTP_ACCEPT_LANGUAGE=language,
        **({"HTTP_AUTHORIZATION": f"Token {token_of(user)}"} if user else {}),
    )
    return client


def token_of(user: User) -> str:
    return Token.objects.get_or_create(user=user)[0].key


def wish(space: Space, start: str = "10:00", end: str = "12:00", **facts) -> dict:
    """Return what is sent to book a space on the usual Saturday."""
    times = {"starts_at": hour(start).isoformat(), "ends_at": hour(end).isoformat()}
    return {"space": space.pk, **times, **facts}


def codes_of(response) -> set[str]:
    return {problem["code"] for problem in response.json()["problems"]}


def fields_of(response) -> set[str]:
    return {problem["field"] for problem in response.json()["problems"]}
