"""How Stripe says no."""

from typing import Any


class Refusal(Exception):
    """An answer that is an error, in Stripe's shape. What was done before it stays done."""

    is_of_the_deed = True

    def __init__(
        self, message: str, *, status: int = 400, type: str = "invalid_request_error", **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": type, "message": message} | {k: v for k, v in more.items() if v is not None}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


class Invalid(Refusal):
    """Parameters that make no sense. Nothing was begun, so an idempotency key is not used up."""

    is_of_the_deed = False


def unknown(param: str) -> Invalid:
    return Invalid(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def missing(param: str) -> Invalid:
    return Invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)


def no_such(what: str, id: str, param: str = "id") -> Refusal:
    return Refusal(f"No such {what}: '{id}'", status=404, code="resource_missing", param=param)


def declined(charge: str, intent: dict[str, Any]) -> Refusal:
    return Refusal(
        "Your card was declined.",
        status=402,
        type="card_error",
        code="card_declined",
        decline_code="generic_decline",
        charge=charge,
        payment_intent=intent,
    )
