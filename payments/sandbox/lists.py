"""How objects are shown: one with what was asked to be expanded, many in pages."""

from typing import Any

from . import params
from .refusals import Invalid, no_such
from .world import Thing, World, public

MOST, USUAL = 100, 10
PAGING = {"limit", "starting_after", "ending_before"}
# By what a list can be narrowed.
FILTERS = {
    "balance_transaction": {"created", "currency", "source", "type"},
    "charge": {"created", "payment_intent"},
    "checkout.session": {"created", "payment_intent", "status"},
    "dispute": {"created", "charge", "payment_intent"},
    "event": {"created", "type"},
    "payment_intent": {"created"},
    "refund": {"created", "charge", "payment_intent"},
}
# What is an id, and whole when it is asked for.
EXPANDABLE = {
    "balance_transaction", "charge", "failure_balance_transaction", "latest_charge", "payment_intent",
    "source",
}  # fmt: skip


def listed(world: World, kind: str, told: Thing, path: str, expand: list[str]) -> Thing:
    """Return a page of objects of a kind, the newest first."""
    params.only(told, FILTERS[kind] | PAGING)
    limit = params.integer(told.get("limit", str(USUAL)), "limit", least=1)
    if limit > MOST:
        raise Invalid(f"This value must be less than or equal to {MOST}.", param="limit")
    found = [thing for thing in world.all(kind) if fits(thing, told, FILTERS[kind])]
    if after := told.get("starting_after"):
        found = found[position(found, after, kind, "starting_after") + 1 :]
        page = found[:limit]
    elif before := told.get("ending_before"):
        found = found[: position(found, before, kind, "ending_before")]
        page = found[-limit:]
    else:
        page = found[:limit]
    inner = [path.removeprefix("data.") for path in expand]
    data = [shown(world, thing, inner) for thing in page]
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": path}


def fits(thing: Thing, told: Thing, names: set[str]) -> bool:
    for name in names & told.keys():
        if name == "created":
            if not params.within_span(thing["created"], told[name]):
                return False
        elif thing[name] != told[name]:
            return False
    return True


def position(found: list[Thing], id: str, kind: str, param: str) -> int:
    for number, thing in enumerate(found):
        if thing["id"] == id:
            return number
    raise no_such(kind.split(".")[-1], id, param)


def shown(world: World, thing: Thing, expand: list[str]) -> Thing:
    """Return an object as Stripe answers it, with the objects in it that were asked for."""
    whole = public(thing)
    for path in expand:
        name, _, rest = path.partition(".")
        if name == "line_items" and "_items" in thing:
            whole[name] = items_of(thing)
            continue
        if name not in whole or name not in EXPANDABLE:
            raise Invalid(f"This property cannot be expanded ({name}).", param="expand")
        inner: Any = whole[name]
        if isinstance(inner, str):
            inner = public(world.shelves["object"][inner])
        if inner is not None:
            whole[name] = shown(world, inner, [rest] if rest else [])
    return whole


def items_of(session: Thing) -> Thing:
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return {"object": "list", "data": session["_items"], "has_more": False, "url": url}
