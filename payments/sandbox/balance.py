"""The account's balance: a line for whatever changes it, with Stripe's fee."""

from .returned import balance_transaction
from .world import Thing, World

DAY = 86_400
FEE_PER_MILLE, FEE_CENTS = 15, 25  # what a European card costs: 1.5 % and 25 cents
DISPUTE_FEE = 2000
SETTLED_AFTER = 3 * DAY


def enter(world: World, source: Thing, cents: int, type: str, category: str, what: str, fee: int = 0) -> str:
    """Add a line to the balance and return its id. In some days its money can be had."""
    now = world.now()
    line = balance_transaction(
        source,
        cents,
        fee,
        type=type,
        category=category,
        what=what,
        now=now,
        available_on=now + SETTLED_AFTER,
    )
    world.add(line)
    world.plan("make_available", line["available_on"], line=line["id"])
    return line["id"]


def fee_of(cents: int) -> int:
    return (cents * FEE_PER_MILLE + 500) // 1000 + FEE_CENTS


def make_available(world: World, line: str) -> None:
    world.get(line, "balance_transaction")["status"] = "available"
