"""Stripe's API: who asks, by which key, what; and the answer."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import happenings, lists, params, refunds, sessions
from .refusals import Refusal
from .world import Thing, World, new_id

KEYS_LAST = 86_400  # seconds
COLLECTIONS = {
    "balance_transactions": "balance_transaction",
    "charges": "charge",
    "checkout/sessions": "checkout.session",
    "disputes": "dispute",
    "events": "event",
    "payment_intents": "payment_intent",
    "refunds": "refund",
}


@dataclass
class Call:
    """What somebody asks."""

    method: str
    path: str
    form: str
    key: str = ""  # the secret one, as it came
    idempotency_key: str = ""
    version: str = ""


@dataclass
class Answer:
    status: int
    body: Thing
    headers: dict[str, str] = field(default_factory=dict)


class Api:
    """Answers calls. Each is carried out under the world's lock; the same idempotency key only once."""

    def __init__(self, world: World, *, key: str, base: str) -> None:
        self.world, self.key, self.base = world, key, base
        self.in_flight: set[str] = set()

    def answer(self, call: Call, before: Callable[[], None] = lambda: None) -> Answer:
        """Return the answer. `before` is called when the call is under way and has done nothing yet."""
        request = new_id("req")
        headers = {"Request-Id": request}
        if call.version:
            headers["Stripe-Version"] = call.version
        try:
            self.must_be_let_in(call.key)
            status, body = self.once(call, request, headers, before)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        return Answer(status, body, headers)

    def must_be_let_in(self, key: str) -> None:
        if not key:
            raise Refusal("You did not provide an API key.", status=401)
        if not hmac.compare_digest(key.encode(), self.key.encode()):
            raise Refusal(f"Invalid API Key provided: {key[:8]}****", status=401)

    # --- Once by each key -------------------------------------------------------------------------

    def once(self, call: Call, request: str, headers: dict[str, str], before: Callable[[], None]) -> Any:
        key = call.idempotency_key if call.method == "POST" else ""
        if not key:
            before()
            return self.carry_out(call, request)
        headers["Idempotency-Key"] = key
        asked = [call.method, call.path, call.form]
        with self.world.lock:
            if given := self.given(key, asked):
                headers["Idempotent-Replayed"] = "true"
                return given
            if key in self.in_flight:
                raise in_use(key)
            self.in_flight.add(key)
        try:
            before()
            return self.carry_out(call, request, asked)
        finally:
            self.in_flight.discard(key)

    def given(self, key: str, asked: list[str]) -> tuple[int, Thing] | None:
        """Return what was answered by a key. Raises Stripe's error if something else was asked by it."""
        answer = self.world.shelves["answer"].get(key)
        if answer is None or answer["at"] + KEYS_LAST < self.world.now():
            return None
        if answer["asked"] != asked:
            said = (
                "Keys for idempotent requests can only be used with the same parameters they were first used "
                f"with. Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise Refusal(said, type="idempotency_error")
        return answer["status"], answer["body"]

    def carry_out(self, call: Call, request: str, asked: list[str] | None = None) -> tuple[int, Thing]:
        """Do what is asked, and keep the answer if it was asked by a key and anything was begun."""
        with self.world.changing():
            happenings.let_time_pass(self.world)
            key = call.idempotency_key or None
            self.world.asked_by = {"id": request, "idempotency_key": key if asked else None}
            try:
                status, body = 200, self.route(call)
            except Refusal as refusal:
                if not refusal.is_of_the_deed:
                    raise
                status, body = refusal.status, refusal.body
            finally:
                self.world.asked_by = {"id": None, "idempotency_key": None}
            if asked:
                self.world.keep(
                    "answer",
                    call.idempotency_key,
                    {"asked": asked, "status": status, "body": body, "at": self.world.now()},
                )
            return status, body

    # --- What is asked ----------------------------------------------------------------------------

    def route(self, call: Call) -> Thing:
        told = params.decode(call.form)
        expand = told.pop("expand", [])
        for collection, kind in COLLECTIONS.items():
            start = f"/v1/{collection}"
            if call.path == start and call.method == "GET":
                return lists.listed(self.world, kind, told, call.path, expand)
            if call.path == start:
                thing = self.create(kind, told, call)
            elif call.path.startswith(f"{start}/"):
                thing = self.one(kind, call.path.removeprefix(f"{start}/"), told, call)
            else:
                continue
            return thing if thing["object"] == "list" else lists.shown(self.world, thing, expand)
        raise unrecognized(call)

    def create(self, kind: str, told: Thing, call: Call) -> Thing:
        if kind == "checkout.session":
            return sessions.create(self.world, told, self.base)
        if kind == "refund":
            return refunds.create(self.world, told)
        raise unrecognized(call)

    def one(self, kind: str, rest: str, told: Thing, call: Call) -> Thing:
        id, _, verb = rest.partition("/")
        if not verb and call.method == "GET":
            params.only(told, set())
            return self.world.get(id, kind)
        if kind == "checkout.session" and (call.method, verb) == ("POST", "expire"):
            params.only(told, set())
            return sessions.expire(self.world, self.world.get(id, kind))
        if kind == "checkout.session" and (call.method, verb) == ("GET", "line_items"):
            return lists.items_of(self.world.get(id, kind))
        raise unrecognized(call)


def in_use(key: str) -> Refusal:
    said = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        f"submitted twice, and the other request is still going through): {key}. Please try again later."
    )
    return Refusal(said, status=409, type="idempotency_error", code="idempotency_key_in_use")


def unrecognized(call: Call) -> Refusal:
    return Refusal(f"Unrecognized request URL ({call.method}: {call.path}).", status=404)
