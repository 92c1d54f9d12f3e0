"""How the API is described: what every operation can answer beside what its view says."""

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from bookings.api.errors import ErrorSerializer
from bookings.api.idempotency import HEADER, KEY, REPLAYED

REFUSALS = {
    400: "Malformed input; the problems name the fields. Code `invalid`.",
    401: "No credentials, or none that are known.",
    403: "The caller has not the right to do this, or a session came without its CSRF token.",
    404: "There is no such thing, or the caller may not see it.",
    406: "The answer would be JSON, which the caller does not accept.",
    409: "Somebody was quicker, or the booking is no longer in a state from which this can be done.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The rules say no; the problems tell why, all of it. Or the idempotency key was used for another "
    "request.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
}


IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    pattern=f"^{KEY}$",
    description="Chosen by the caller, a new one for each thing to be done. Sent again with its key, the "
    "same request gets the same answer and is done only once. Kept for at least a day.",
)
IS_REPLAYED = OpenApiParameter(
    REPLAYED,
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 409, 422],
    enum=["true"],
    description="The answer was given before, to the same key.",
)


class ApiSchema(AutoSchema):
    """Adds the refusals that come with credentials, bodies, pages and throttles."""

    @property
    def is_public(self) -> bool:
        return not self.view.authentication_classes

    @property
    def writes(self) -> bool:
        return self.method in {"POST", "PATCH"}

    def get_override_parameters(self) -> list:
        parameters = super().get_override_parameters()
        return [*parameters, IDEMPOTENCY_KEY, IS_REPLAYED] if self.writes else parameters

    def _get_response_bodies(self, direction="response") -> dict:
        told = super()._get_response_bodies(direction)
        if getattr(self.view, "is_conditional", False):
            told["304"] = {"description": "What the caller has kept (`If-None-Match`) is still true."}
        for code in self.refusals():
            refusal = OpenApiResponse(ErrorSerializer, REFUSALS[code])
            told[str(code)] = self._get_response_for_code(refusal, str(code), direction=direction)
        return told

    def refusals(self) -> list[int]:
        codes = {406, 429}
        if self.writes or any(parameter["in"] == "query" for parameter in self._get_parameters()):
            codes |= {400}
        if self.writes:
            codes |= {403, 409, 413, 415, 422}
        if self.method == "DELETE":
            codes |= {403, 409}
        if not self.is_public:
            codes |= {401}
        if "{" in self.path or not self.writes:
            codes |= {404}
        return sorted(codes)
