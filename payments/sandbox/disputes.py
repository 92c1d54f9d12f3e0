"""Disputes: the bank takes money back for its customer, or asks first, and decides in the end."""

from contextlib import suppress

from . import balance, returned
from .refusals import Refusal
from .world import Thing, World

DAY = 86_400
ANSWER_WITHIN = 14 * DAY
ENDED = {"won", "lost", "warning_closed"}


def begin(
    world: World, charge: str, *, is_inquiry: bool = False, reason: str = "product_not_received"
) -> Thing:
    """Let a payer complain to their bank. Of an inquiry only, no money is taken yet."""
    paid = world.get(charge, "charge")
    if paid["disputed"] or paid["status"] != "succeeded" or paid["refunded"]:
        raise Refusal(f"Charge {charge} cannot be disputed.")
    status = "warning_needs_response" if is_inquiry else "needs_response"
    due_by = world.now() + ANSWER_WITHIN
    dispute = world.add(returned.dispute(paid, status, reason, now=world.now(), due_by=due_by))
    paid |= {"disputed": True, "_charged_back": not is_inquiry}
    if is_inquiry:
        world.emit("charge.dispute.created", dispute)
        return dispute
    move(world, dispute, -dispute["amount"], "dispute", "Chargeback withdrawal", balance.DISPUTE_FEE)
    world.emit("charge.dispute.created", dispute)
    world.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def begin_in_time(world: World, charge: str) -> None:
    with suppress(Refusal):  # what has been refunded meanwhile, nobody complains of
        begin(world, charge)


def close(world: World, dispute: str, *, is_won: bool) -> Thing:
    """Let the bank decide: the money comes back, or it does not."""
    thing = world.get(dispute, "dispute")
    if thing["status"] in ENDED:
        raise Refusal(f"Dispute {dispute} has been closed already.")
    before = {"status": thing["status"]}
    if thing["status"].startswith("warning"):
        thing["status"] = "warning_closed"
    else:
        thing["status"] = "won" if is_won else "lost"
        if is_won:
            world.get(thing["charge"], "charge")["_charged_back"] = False
            move(world, thing, thing["amount"], "dispute_reversal", "Chargeback reversal")
    world.emit("charge.dispute.closed", thing, before)
    if thing["status"] == "won":
        world.emit("charge.dispute.funds_reinstated", thing)
    return thing


def move(world: World, dispute: Thing, cents: int, category: str, what: str, fee: int = 0) -> None:
    line = balance.enter(world, dispute, cents, "adjustment", category, what, fee)
    # Within a dispute Stripe shows its lines whole.
    dispute["balance_transactions"].append(dict(world.get(line, "balance_transaction")))
