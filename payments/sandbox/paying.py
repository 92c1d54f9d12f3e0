"""How somebody pays a session on its page, and what comes of it: at once, or in some days."""

from . import balance, objects
from .refusals import Refusal, declined
from .world import Thing, World, public

DAY = 86_400
SLOW_TAKES = 3 * DAY
REFUND_FAILS_AFTER = 2 * DAY
DISPUTED_AFTER = 5 * DAY

# What can be paid with, and the number of Stripe's own test card that behaves like it.
CARDS = {
    "card": "4242",
    "declined": "0002",
    "3ds": "3155",
    "refund_pending": "7726",
    "refund_fails": "5126",
    "disputed": "0259",
}
SLOW = {"slow": True, "slow_fails": False}


def pay(world: World, session: Thing, how: str) -> Thing:
    """Pay a session and return its intent, which may now wait for the bank or for the money.

    Raises Stripe's errors: declined, or not open any more.
    """
    if session["status"] != "open":
        raise Refusal(f"This Checkout Session has a status of {session['status']}.", code="session_not_open")
    intent = intent_of(world, session)
    if how == "3ds":
        return ask_bank(world, intent)
    if how == "declined":
        raise decline(world, intent)
    if how in SLOW:
        return pay_slowly(world, session, intent, will_succeed=SLOW[how])
    return succeed(world, session, intent, how)


def intent_of(world: World, session: Thing) -> Thing:
    """Return a session's intent. It is made at the first try to pay."""
    if session["payment_intent"]:
        return world.get(session["payment_intent"], "payment_intent")
    intent = world.add(objects.intent(session, now=world.now()))
    session["payment_intent"] = intent["id"]
    world.emit("payment_intent.created", intent)
    return intent


# --- By card --------------------------------------------------------------------------------------


def succeed(world: World, session: Thing, intent: Thing, how: str) -> Thing:
    """Take the money at once."""
    charge = new_charge(world, intent, "succeeded", objects.card_details(CARDS[how]))
    charge["_refunds"] = {"refund_pending": "pending", "refund_fails": "fails"}.get(how, "succeeded")
    receive(world, intent, charge)
    complete(world, session, "paid")
    world.emit("checkout.session.completed", session)
    if how == "disputed":
        world.plan("dispute", world.now() + DISPUTED_AFTER, charge=charge["id"])
    return intent


def decline(world: World, intent: Thing) -> Refusal:
    """Write a try that the bank declined, and return the error that tells of it. The session stays open."""
    charge = new_charge(world, intent, "failed", objects.card_details(CARDS["declined"]))
    fail(world, intent, charge, "card_declined", "Your card was declined.")
    return declined(charge["id"], public(intent))


def ask_bank(world: World, intent: Thing) -> Thing:
    """Let the bank want to know whether it is its customer who pays (3-D Secure)."""
    intent |= {
        "status": "requires_action",
        "payment_method": objects.new_id("pm"),
        "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}},
    }
    world.emit("payment_intent.requires_action", intent)
    return intent


def answer_bank(world: World, session: Thing, *, is_confirmed: bool) -> Thing:
    """Tell the bank. Raises Stripe's errors: the session may have expired meanwhile."""
    intent = intent_of(world, session)
    if session["status"] != "open" or intent["status"] != "requires_action":
        raise Refusal("This payment does not wait for the bank.", code="payment_intent_unexpected_state")
    intent["next_action"] = None
    if is_confirmed:
        return succeed(world, session, intent, "3ds")
    charge = new_charge(world, intent, "failed", objects.card_details(CARDS["3ds"]))
    said = "We are unable to authenticate your payment method."
    fail(world, intent, charge, "payment_intent_authentication_failure", said)
    raise Refusal(said, code="payment_intent_authentication_failure")


# --- In some days ---------------------------------------------------------------------------------


def pay_slowly(world: World, session: Thing, intent: Thing, *, will_succeed: bool) -> Thing:
    """Let the payer have done their part, and the money be on its way: it comes, or it does not."""
    charge = new_charge(world, intent, "pending", objects.debit_details())
    intent["status"] = "processing"
    world.emit("charge.pending", charge)
    world.emit("payment_intent.processing", intent)
    complete(world, session, "unpaid")
    world.emit("checkout.session.completed", session)
    plan = {"intent": intent["id"], "succeeds": will_succeed}
    world.plan("settle", world.now() + SLOW_TAKES, **plan)
    return intent


def settle(world: World, intent: str, succeeds: bool) -> Thing:
    """Let slow money arrive, or not."""
    thing = world.get(intent, "payment_intent")
    if thing["status"] != "processing":
        return thing
    session = world.get(thing["_session"], "checkout.session")
    charge = world.get(thing["latest_charge"], "charge")
    if succeeds:
        receive(world, thing, charge)
        session["payment_status"] = "paid"
        world.emit("checkout.session.async_payment_succeeded", session)
    else:
        fail(world, thing, charge, "insufficient_funds", "The bank account has insufficient funds.")
        world.emit("checkout.session.async_payment_failed", session)
    return thing


# --- What all ways share --------------------------------------------------------------------------


def new_charge(world: World, intent: Thing, status: str, details: Thing) -> Thing:
    intent["payment_method"] = objects.new_id("pm")
    charge = world.add(objects.charge(intent, status, details, now=world.now()))
    intent["latest_charge"] = charge["id"]
    return charge


def receive(world: World, intent: Thing, charge: Thing) -> None:
    """Let a charge's money be there."""
    cents = charge["amount"]
    charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": cents}
    charge["balance_transaction"] = balance.enter(
        world, charge, cents, "charge", "charge", "Payment", balance.fee_of(cents)
    )
    intent |= {"status": "succeeded", "amount_received": cents, "last_payment_error": None}
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.succeeded", intent)


def fail(world: World, intent: Thing, charge: Thing, code: str, said: str) -> None:
    charge |= {"status": "failed", "paid": False, "failure_code": code, "failure_message": said}
    kind = "card_error" if code == "card_declined" else "invalid_request_error"
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": {"type": kind, "code": code, "message": said, "charge": charge["id"]},
    }
    world.emit("charge.failed", charge)
    world.emit("payment_intent.payment_failed", intent)


def complete(world: World, session: Thing, payment_status: str) -> None:
    who = {"address": None, "business_name": None, "email": session["customer_email"] or "payer@example.org"}
    who |= {"individual_name": None, "name": None, "phone": None, "tax_exempt": "none", "tax_ids": []}
    session |= {"status": "complete", "payment_status": payment_status, "url": None, "customer_details": who}


def cancel(world: World, intent: Thing) -> None:
    """Let nobody pay an intent any more, because its session has expired."""
    intent |= {"status": "canceled", "canceled_at": world.now(), "cancellation_reason": "expired"}
    intent["next_action"] = None
    world.emit("payment_intent.canceled", intent)
