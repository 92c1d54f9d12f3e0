"""What tests and people order of the world: `POST /_sandbox/<verb>` with JSON, or `Sandbox.do(verb)`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import disputes, happenings, paying, refunds, sessions, webhooks
from .faults import Fault
from .refusals import Refusal
from .world import Thing, public

if TYPE_CHECKING:
    from .server import Sandbox


# --- The network ----------------------------------------------------------------------------------


def fault(sandbox: "Sandbox", **fault: Any) -> Thing:
    """Let the next calls go wrong: see `Fault`."""
    sandbox.faults.order(Fault(**fault))
    return {}


def mend(sandbox: "Sandbox") -> Thing:
    sandbox.faults.mend()
    return {}


def clock(sandbox: "Sandbox", advance: int) -> Thing:
    """Move Stripe's clock by seconds, and let happen what is due. Backwards, nothing is undone."""
    happenings.let_time_pass(sandbox.world, advance)
    return {"now": sandbox.world.now()}


# --- Events ---------------------------------------------------------------------------------------


def events(sandbox: "Sandbox", mode: str) -> Thing:
    """Send events from now on, hold them back, send each twice at the same moment, or drop them."""
    if mode not in webhooks.MODES:
        raise ValueError(f"mode is one of {', '.join(sorted(webhooks.MODES))}")
    sandbox.webhooks.mode = mode
    return {}


def replay(sandbox: "Sandbox", event: str, times: int = 1) -> Thing:
    """Send an event once more, or some times at the same moment."""
    signed = sandbox.webhooks.signed(sandbox.world.get(event, "event"))
    return {"status": sandbox.webhooks.post_at_once(signed, times)}


def forge(sandbox: "Sandbox", how: str, event: str = "") -> Thing:
    """Send an event, or the last one, forged: see `Webhooks.forged`."""
    real = sandbox.world.get(event, "event") if event else sandbox.world.all("event")[0]
    return {"status": sandbox.webhooks.post(*sandbox.webhooks.forged(real, how))}


def deliver(sandbox: "Sandbox", order: str = "first", times: int = 1) -> Thing:
    """Send all that waits, now: first (the oldest first), reverse, shuffle; each some times at once."""
    return {"heard": sandbox.webhooks.deliver_all(order, times)}


def take(sandbox: "Sandbox") -> Thing:
    """Take all events that wait, signed, instead of having them sent."""
    return {"events": webhooks.headers_as_json(sandbox.webhooks.take())}


# --- People and banks -----------------------------------------------------------------------------


def pay(sandbox: "Sandbox", session: str, how: str = "card") -> Thing:
    """Pay a session as its page does: with what of `paying.CARDS` or `paying.SLOW`."""
    world = sandbox.world
    thing = world.get(session, "checkout.session")
    try:
        paying.pay(world, thing, how)
        if how == "3ds":
            paying.answer_bank(world, thing, is_confirmed=True)
    except Refusal as refusal:
        return {"session": public(thing), **refusal.body}
    return {"session": public(thing)}


def settle(sandbox: "Sandbox", intent: str, succeeds: bool = True) -> Thing:
    """Let slow money arrive now, or not."""
    return public(paying.settle(sandbox.world, intent, succeeds))


def refunds_of(sandbox: "Sandbox", intent: str, outcome: str) -> Thing:
    """Say how refunds of a payment are going to go: succeeded, pending (arrives later), fails (later)."""
    charge = sandbox.world.get(intent, "payment_intent")["latest_charge"]
    sandbox.world.get(charge, "charge")["_refunds"] = outcome
    return {}


def refund_by_hand(sandbox: "Sandbox", intent: str, amount: int | None = None) -> Thing:
    """Refund as somebody does on Stripe's own pages: the product has not asked for it."""
    told = {"payment_intent": intent} | ({} if amount is None else {"amount": str(amount)})
    return public(refunds.create(sandbox.world, told))


def succeed_refund(sandbox: "Sandbox", refund: str) -> Thing:
    return public(refunds.succeed(sandbox.world, refund))


def fail_refund(sandbox: "Sandbox", refund: str) -> Thing:
    return public(refunds.fail(sandbox.world, refund))


def dispute(sandbox: "Sandbox", intent: str, is_inquiry: bool = False) -> Thing:
    charge = sandbox.world.get(intent, "payment_intent")["latest_charge"]
    return public(disputes.begin(sandbox.world, charge, is_inquiry=is_inquiry))


def close_dispute(sandbox: "Sandbox", dispute: str, is_won: bool) -> Thing:
    return public(disputes.close(sandbox.world, dispute, is_won=is_won))


def foreign(
    sandbox: "Sandbox", amount: int = 1000, how: str = "card", metadata: Thing | None = None
) -> Thing:
    """Let another application on the same account sell something: its session, paid, with its events."""
    told = {
        "mode": "payment",
        "success_url": "https://shop.example.org/thanks",
        "client_reference_id": "basket-17",
        "metadata": metadata or {"shop": "swimming hall"},
        "line_items": [
            {
                "quantity": "1",
                "price_data": {
                    "currency": "eur",
                    "unit_amount": str(amount),
                    "product_data": {"name": "Ten swims"},
                },
            }
        ],
    }
    session = sessions.create(sandbox.world, told, sandbox.base)
    return pay(sandbox, session["id"], how)


def alter(sandbox: "Sandbox", kind: str, id: str, fields: Thing) -> Thing:
    """Let an object be other than it was asked for: of another amount, another currency."""
    thing = sandbox.world.get(id, kind)
    thing |= fields
    return public(thing)


# --- Looking --------------------------------------------------------------------------------------


def state(sandbox: "Sandbox") -> Thing:
    """Return every object, by id."""
    return {id: public(thing) for id, thing in sandbox.world.shelves["object"].items()}


def exchanges(sandbox: "Sandbox") -> Thing:
    """Return what was asked and answered so far."""
    return {"exchanges": [vars(exchange) for exchange in sandbox.exchanges]}


VERBS: dict[str, Callable[..., Thing]] = {
    verb.__name__: verb
    for verb in (
        fault, mend, clock, events, replay, forge, deliver, take, pay, settle, refunds_of, refund_by_hand,
        succeed_refund, fail_refund, dispute, close_dispute, foreign, alter, state, exchanges,
    )
}  # fmt: skip
# These wait for the product's answer, which may have to ask us something first.
UNLOCKED = {"replay", "forge", "deliver"}
