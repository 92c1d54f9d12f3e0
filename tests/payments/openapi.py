"""Stripe's published description of its API, and whether calls and answers are as it says.

`tests/vendor/stripe-openapi.json` is the part of it that payments need: what can be asked there, and every
schema that leads from it, without the prose. `python -m tests.payments.openapi SPEC3.JSON` makes it anew.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft4Validator

from payments.sandbox import params
from payments.sandbox.server import Exchange

FILE = Path(__file__).parents[1] / "vendor" / "stripe-openapi.json"
PATHS = [
    "/v1/balance_transactions",
    "/v1/balance_transactions/{id}",
    "/v1/charges",
    "/v1/charges/{charge}",
    "/v1/checkout/sessions",
    "/v1/checkout/sessions/{session}",
    "/v1/checkout/sessions/{session}/expire",
    "/v1/checkout/sessions/{session}/line_items",
    "/v1/disputes",
    "/v1/disputes/{dispute}",
    "/v1/events",
    "/v1/events/{id}",
    "/v1/payment_intents",
    "/v1/payment_intents/{intent}",
    "/v1/refunds",
    "/v1/refunds/{refund}",
]
FORM = "application/x-www-form-urlencoded"
SCHEMA = "#/components/schemas/"
NOTHING: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


# --- Whether something is as Stripe says ----------------------------------------------------------


def complaints(exchanges: Iterable[Exchange]) -> list[str]:
    """Return what Stripe's description has against calls and answers. Nothing is what one hopes for."""
    return [
        f"{exchange.method} {exchange.path}: {complaint}"
        for exchange in exchanges
        for complaint in complaints_of(exchange)
    ]


def complaints_of(exchange: Exchange) -> Iterator[str]:
    if exchange.status in {401, 404}:
        yield from against(f"{SCHEMA}error", exchange.answered)
        return
    operation = operation_of(exchange.method, exchange.path)
    if operation is None:
        yield "there is nothing of that name"
        return
    pointer, described = operation
    if exchange.status == 200:  # what was refused may have been wrong: the answer says so
        yield from ("asked: " + said for said in against_asked(pointer, params.decode(exchange.form)))
    kind = "200" if exchange.status == 200 else "default"
    schema = described["responses"][kind]["content"]["application/json"]["schema"]
    yield from ("answered: " + said for said in against_schema(json.dumps(schema), exchange.answered))
    yield from in_events(exchange.answered)


def complaints_about(things: Iterable[dict[str, Any]]) -> list[str]:
    """Return what Stripe's description has against objects, and against those that events tell of."""
    found = []
    for thing in things:
        found += [f"{thing['object']}: {said}" for said in against(SCHEMA + thing["object"], thing)]
        found += in_events(thing)
    return found


def in_events(answered: dict[str, Any]) -> Iterator[str]:
    events = answered.get("data") if answered.get("object") == "list" else [answered]
    for event in events or []:
        if event.get("object") == "event":
            thing = event["data"]["object"]
            yield from (f"{event['type']}: {said}" for said in against(SCHEMA + thing["object"], thing))


def against(pointer: str, value: Any) -> Iterator[str]:
    return against_schema(json.dumps({"$ref": pointer}), value)


def against_schema(schema: str, value: Any) -> Iterator[str]:
    for error in validator(schema).iter_errors(value):
        yield f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"


def against_asked(pointer: tuple[str, str], asked: dict[str, Any]) -> Iterator[str]:
    schema = asked_schema(pointer)
    return against_schema(json.dumps(schema), typed(asked, schema))


@cache
def description() -> dict[str, Any]:
    return json.loads(FILE.read_text())


@cache
def validator(schema: str) -> Draft4Validator:
    return Draft4Validator({"allOf": [json.loads(schema)], "components": description()["components"]})


def operation_of(method: str, path: str) -> tuple[tuple[str, str], dict[str, Any]] | None:
    """Return which operation a call is, and its description. The longest fitting path is meant."""
    for template in sorted(description()["paths"], key=lambda path: path.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            described = description()["paths"][template].get(method.lower())
            return ((template, method.lower()), described) if described else None
    return None


@cache
def asked_schema(pointer: tuple[str, str]) -> dict[str, Any]:
    """Return the schema of what can be asked: of a form, or of the parameters of an address."""
    path, method = pointer
    described = description()["paths"][path][method]
    if method == "post":
        return described["requestBody"]["content"].get(FORM, {}).get("schema", NOTHING)
    named = [one for one in described.get("parameters", []) if one["in"] == "query"]
    return {
        "type": "object",
        "properties": {one["name"]: one["schema"] for one in named},
        "additionalProperties": False,
    }


def typed(value: Any, schema: dict[str, Any]) -> Any:
    """Return what a form says as the schema means it: a form knows strings only."""
    for choice in schema.get("anyOf", []):
        meant = typed(value, choice)
        if not list(against_schema(json.dumps(choice), meant)):
            return meant
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        other = others if isinstance(others, dict) else {}
        return {name: typed(inner, known.get(name, other)) for name, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner, schema.get("items", {})) for inner in value]
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", str(value)):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


# --- Making the file ------------------------------------------------------------------------------


def part_of(whole: dict[str, Any]) -> dict[str, Any]:
    """Return what of the description leads from `PATHS`, as JSON Schema that allows no other fields."""
    paths = {path: plain(whole["paths"][path]) for path in PATHS}
    schemas, names = {}, set(named_in(paths)) | {"event"}
    while names - schemas.keys():
        for name in names - schemas.keys():
            schemas[name] = plain(whole["components"]["schemas"][name])
            names |= set(named_in(schemas[name]))
    info = {"version": whole["info"]["version"], "license": whole["info"].get("license", {})}
    return {"info": info, "paths": paths, "components": {"schemas": dict(sorted(schemas.items()))}}


PROSE = {"description", "title", "operationId", "summary", "deprecated"}
# Objects within objects that no answer to the product has: those it asks to be expanded are kept.
EXPANDED = {"payment_intent", "charge", "balance_transaction"}


def plain(value: Any, *, is_names: bool = False) -> Any:
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if is_names:  # of properties: one may be called "description"
        return {name: plain(one) for name, one in value.items()}
    kept = {
        name: plain(one, is_names=name in ("properties", "schemas"))
        for name, one in value.items()
        if name not in PROSE and not name.startswith("x-")
    }
    if "x-expansionResources" in value:
        kept["anyOf"] = [
            one for one in kept["anyOf"] if one.get("$ref", "").removeprefix(SCHEMA) in EXPANDED | {""}
        ]
    if "properties" in kept:
        kept.setdefault("additionalProperties", False)
    if kept.pop("nullable", False):
        return {"anyOf": [kept, {"type": "null"}]}
    return kept


def named_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(SCHEMA)
        for inner in value.values():
            yield from named_in(inner)
    if isinstance(value, list):
        for inner in value:
            yield from named_in(inner)


if __name__ == "__main__":
    part = part_of(json.loads(Path(sys.argv[1]).read_text()))
    FILE.write_text(json.dumps(part, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{FILE.name}: {len(part['components']['schemas'])} schemas of {part['info']['version']}")
