"""Stripe's parameters: nested by brackets in a form, and strings all of them."""

import re
from typing import Any
from urllib.parse import parse_qsl

from .refusals import Invalid, missing, unknown

LONGEST = {"key": 40, "value": 500}  # of metadata
MOST_KEYS = 50


def decode(form: str) -> dict[str, Any]:
    """Return what a form says: `a[b]=c` is a dict in a dict, `a[0]=b` and `a[]=b` are lists."""
    told: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *outer, last = re.findall(r"[^\[\]]+|\[\]", name)
        place = told
        for part in outer:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise Invalid(f"Invalid parameter: {name}", param=name)
        place[str(len(place)) if last == "[]" else last] = value
    return with_lists(told)


def with_lists(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    told = {name: with_lists(value) for name, value in told.items()}
    if told and all(name.isdecimal() for name in told):
        return [told[name] for name in sorted(told, key=int)]
    return told


def only(told: Any, known: set[str], within: str = "") -> dict[str, Any]:
    """Return a dict of parameters. Raises `Invalid` for one that the sandbox does not model."""
    if not isinstance(told, dict):
        raise Invalid("Invalid object", param=within)
    for name in told:
        if name not in known:
            raise unknown(inside(within, name))
    return told


def need(told: dict[str, Any], name: str, within: str = "") -> Any:
    if told.get(name) in (None, ""):
        raise missing(inside(within, name))
    return told[name]


def inside(within: str, name: str) -> str:
    return f"{within}[{name}]" if within else name


def integer(value: str, param: str, *, least: int | None = None) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", str(value)):
        raise Invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
    number = int(value)
    if least is not None and number < least:
        said = f"This value must be greater than or equal to {least}."
        raise Invalid(said, code="parameter_invalid_integer", param=param)
    return number


def metadata(told: Any, param: str = "metadata") -> dict[str, str]:
    """Return metadata. Raises `Invalid` for more, or for longer, than Stripe keeps."""
    if told in (None, ""):
        return {}
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise Invalid("Invalid object", param=param)
    if len(told) > MOST_KEYS:
        raise Invalid(f"You can have at most {MOST_KEYS} metadata keys.", param=param)
    for key, value in told.items():
        if len(key) > LONGEST["key"] or len(value) > LONGEST["value"]:
            raise Invalid(f"Metadata is too long: {key}", param=inside(param, key))
    return told


def within_span(value: int, span: Any) -> bool:
    """Whether an instant is as `created` asks: exactly it, or by gt, gte, lt and lte."""
    if not isinstance(span, dict):
        return value == integer(span, "created")
    only(span, {"gt", "gte", "lt", "lte"}, "created")
    limits = {name: integer(limit, f"created[{name}]") for name, limit in span.items()}
    return (
        value > limits.get("gt", -1)
        and value >= limits.get("gte", 0)
        and value < limits.get("lt", value + 1)
        and value <= limits.get("lte", value)
    )
