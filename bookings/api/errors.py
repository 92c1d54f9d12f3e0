"""The one shape of everything that goes wrong: {code, message, problems}."""

from collections.abc import Iterator

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accounts.problems import Problem, Refused
from venues.api.serializers import Texts

from .fields import Instant

# What would have been possible a moment earlier, or could be after another look.
CONFLICTS = {
    "answered_already",
    "changed_meanwhile",
    "move_not_allowed",
    "offer_over",
    "released_already",
    "time_taken",
}


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = _("The request is too large.")


# --- The shape ------------------------------------------------------------------------------------


@extend_schema_serializer(component_name="Alternative")
class AlternativeSerializer(serializers.Serializer):
    """A time that was free when the answer was given."""

    space = serializers.IntegerField(source="space.pk")
    name = Texts(source="space")
    venue_name = Texts("name", source="space.venue")
    starts_at = Instant()
    ends_at = Instant()


@extend_schema_serializer(component_name="Problem")
class ProblemSerializer(serializers.Serializer):
    """One thing that stands in the way."""

    code = serializers.CharField(help_text="For programs; stays the same.")
    message = serializers.CharField(help_text="For people, in the language that was asked for.")
    field = serializers.CharField(
        required=False, help_text="Which input it is about; dots lead to what lies within."
    )
    alternatives = AlternativeSerializer(
        many=True, required=False, help_text="What is free instead, nearest first."
    )

    def to_representation(self, problem: Problem) -> dict:
        told = super().to_representation(problem)
        return {name: value for name, value in told.items() if value or name in {"code", "message"}}


@extend_schema_serializer(component_name="Error")
class ErrorSerializer(serializers.Serializer):
    """Why a request was not done. Nothing was changed."""

    code = serializers.CharField(help_text="For programs; stays the same.")
    message = serializers.CharField(help_text="For people, in the language that was asked for.")
    problems = ProblemSerializer(many=True, help_text="Everything that stands in the way; may be empty.")


# --- From exceptions to the shape -----------------------------------------------------------------


def answer(exc: Exception, context: dict) -> Response | None:
    """Answer in the one shape, in the caller's language. What nobody expected crashes and is logged."""
    if isinstance(exc, Refused):
        return refused(exc)
    if isinstance(exc, RequestDataTooBig):
        exc = TooLarge()
    if isinstance(exc, Http404):
        exc = NotFound()  # Django's own words name the model, in English
    response = exception_handler(exc, context)
    if response is None:
        return None
    if response.status_code == 400:
        complaints = exc.detail if isinstance(exc, ValidationError) else response.data["detail"]
        problems = list(problems_in(complaints))
        response.data = error("invalid", _("Some of what was sent cannot be used."), problems)
    else:
        detail = response.data["detail"]
        response.data = error(detail.code, detail)
    return response


def refused(refusal: Refused) -> Response:
    """Answer that the rules say no: 409 where somebody was quicker, else 422."""
    conflicts = refusal.codes & CONFLICTS
    codes = conflicts or refusal.codes
    code = "refused" if len(codes) > 1 else next(iter(codes))
    return Response(error(code, refusal.message, refusal.problems), status=409 if conflicts else 422)


def error(code: str, message: str | Promise, problems: list[Problem] | None = None) -> dict:
    return ErrorSerializer({"code": code, "message": message, "problems": problems or []}).data


def problems_in(complaints, path: str = "") -> Iterator[Problem]:
    """Flatten what serializers and filters complain about, nested as the input was."""
    if isinstance(complaints, dict):
        for name, inner in complaints.items():
            within = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from problems_in(inner, within)
    elif isinstance(complaints, list):
        for inner in complaints:
            yield from problems_in(inner, path)
    else:
        yield Problem(complaints.code, str(complaints), path)
