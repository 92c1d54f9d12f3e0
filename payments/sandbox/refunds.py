"""Money that goes back: at once, in some days, or after all not."""

from . import balance, params, returned
from .paying import REFUND_FAILS_AFTER
from .refusals import Invalid, Refusal, missing, no_such
from .world import Thing, World

KNOWN = {"amount", "charge", "metadata", "payment_intent", "reason"}
REASONS = {"duplicate", "fraudulent", "requested_by_customer"}


def create(world: World, told: Thing) -> Thing:
    """Send back a charge or a part of it. Raises Stripe's errors."""
    params.only(told, KNOWN)
    metadata = params.metadata(told.get("metadata"))
    amount = params.integer(told["amount"], "amount", least=1) if "amount" in told else None
    if told.get("reason") not in REASONS | {None}:
        raise Invalid("Invalid reason", param="reason")
    charge = charge_of(world, told)
    left = charge["amount_captured"] - charge["amount_refunded"]
    must_be_refundable(charge, left, amount)
    cents = left if amount is None else amount
    outcome = charge.get("_refunds", "succeeded")
    wish = {"metadata": metadata, "reason": told.get("reason")}
    status = "pending" if outcome == "pending" else "succeeded"
    refund = world.add(returned.refund(charge, cents, wish, status, now=world.now()))
    refund["balance_transaction"] = balance.enter(world, refund, -cents, "refund", "refund", "Refund")
    charge["amount_refunded"] += cents
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    world.emit("refund.created", refund)
    world.emit("charge.refunded", charge)
    if outcome != "succeeded":
        verb = "succeed_refund" if outcome == "pending" else "fail_refund"
        world.plan(verb, world.now() + REFUND_FAILS_AFTER, refund=refund["id"])
    return refund


def charge_of(world: World, told: Thing) -> Thing:
    if "payment_intent" in told:
        intent = world.get(told["payment_intent"], "payment_intent", "payment_intent")
        if intent["status"] != "succeeded":
            said = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise Refusal(said, code="payment_intent_unexpected_state")
        return world.get(intent["latest_charge"], "charge")
    if "charge" not in told:
        raise missing("payment_intent")
    return world.get(told["charge"], "charge", "charge")


def must_be_refundable(charge: Thing, left: int, amount: int | None) -> None:
    if charge["status"] != "succeeded":
        raise no_such("charge", charge["id"], "charge")
    if charge.get("_charged_back"):
        said = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise Refusal(said, code="charge_disputed")
    if left <= 0:
        raise Refusal(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount is not None and amount > left:
        said = f"Refund amount ({amount} cents) is greater than unrefunded amount on charge ({left} cents)"
        raise Refusal(said, param="amount")


def succeed(world: World, refund: str) -> Thing:
    """Let a refund that was on its way arrive."""
    thing = world.get(refund, "refund")
    if thing["status"] == "pending":
        thing["status"] = "succeeded"
        thing.pop("pending_reason", None)
        told(world, thing, {"status": "pending"})
    return thing


def fail(world: World, refund: str) -> Thing:
    """Let the bank send a refund back: its money is on the account again."""
    thing = world.get(refund, "refund")
    if thing["status"] in {"failed", "canceled"}:
        return thing
    before = {"status": thing["status"]}
    thing.pop("pending_reason", None)
    line = balance.enter(world, thing, thing["amount"], "refund_failure", "refund_failure", "REFUND FAILURE")
    thing |= {
        "status": "failed",
        "failure_reason": "lost_or_stolen_card",
        "failure_balance_transaction": line,
    }
    charge = world.get(thing["charge"], "charge")
    charge["amount_refunded"] -= thing["amount"]
    charge["refunded"] = False
    told(world, thing, before)
    world.emit("refund.failed", thing)
    return thing


def told(world: World, refund: Thing, before: Thing) -> None:
    world.emit("refund.updated", refund, before)
    world.emit("charge.refund.updated", refund, before)
