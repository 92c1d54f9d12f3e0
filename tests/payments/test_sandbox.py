"""The sandbox does what Stripe does: sessions, payments, refunds, disputes, and what comes days later."""

import time

import pytest
import stripe

from payments.sandbox.world import API_VERSION

from .sandboxes import client, kinds, new_session, paid, sale, told

HOUR = 3600
DAY = 24 * HOUR


def test_a_session_is_made_and_paid(sandbox):
    stripe_client = client(sandbox)
    session = stripe_client.v1.checkout.sessions.create(sale(2034, customer_email="aino@example.org"))

    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 2034)
    assert session.url == f"{sandbox.base}/pay/{session.id}"
    assert session.payment_intent is None

    sandbox.do("pay", session=session.id)
    expand = {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]}
    session = stripe_client.v1.checkout.sessions.retrieve(session.id, expand)

    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert session.payment_intent.status == "succeeded"
    assert session.payment_intent.metadata.payment == "17"
    assert session.payment_intent.latest_charge.amount_captured == 2034
    assert session.payment_intent.latest_charge.balance_transaction.fee == 56  # 1.5 % and 25 cents
    assert session.line_items.data[0].amount_total == 2034


def test_what_happened_is_told_in_order_with_a_signature(sandbox):
    paid(sandbox)

    assert kinds(sandbox) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_events_are_of_the_version_that_the_library_speaks(sandbox):
    paid(sandbox)

    assert {event.api_version for event in told(sandbox)} == {API_VERSION}
    assert {exchange.version for exchange in sandbox.exchanges} == {API_VERSION}


def test_a_declined_card_leaves_the_session_open_for_another(sandbox):
    session = new_session(sandbox)

    answer = sandbox.do("pay", session=session.id, how="declined")
    assert answer["error"]["code"] == "card_declined"
    assert answer["session"]["status"] == "open"

    sandbox.do("pay", session=session.id)
    charges = client(sandbox).v1.charges.list({"payment_intent": answer["session"]["payment_intent"]})

    assert [charge.status for charge in charges.data] == ["succeeded", "failed"]


def test_a_session_can_be_expired_once(sandbox):
    session = new_session(sandbox)

    assert client(sandbox).v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match='"open"'):
        client(sandbox).v1.checkout.sessions.expire(session.id)
    assert "error" in sandbox.do("pay", session=session.id)


def test_a_paid_session_cannot_be_expired(sandbox):
    session = new_session(sandbox)
    sandbox.do("pay", session=session.id)

    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        client(sandbox).v1.checkout.sessions.expire(session.id)


def test_a_session_expires_when_its_time_has_come(sandbox):
    session = new_session(sandbox, expires_at=int(time.time()) + 35 * 60)

    sandbox.do("clock", advance=34 * 60)
    assert client(sandbox).v1.checkout.sessions.retrieve(session.id).status == "open"

    sandbox.do("clock", advance=2 * 60)
    assert client(sandbox).v1.checkout.sessions.retrieve(session.id).status == "expired"
    [event] = told(sandbox)
    assert (event.type, event.created) == ("checkout.session.expired", session.expires_at)


@pytest.mark.parametrize("seconds", [60, 28 * 60, 25 * HOUR])
def test_a_session_lasts_half_an_hour_to_a_day(sandbox, seconds):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        new_session(sandbox, expires_at=int(time.time()) + seconds)

    assert refusal.value.param == "expires_at"


def test_stripe_takes_no_sum_below_half_a_euro(sandbox):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        new_session(sandbox, 49)

    assert refusal.value.code == "amount_too_small"


def test_what_the_sandbox_does_not_model_is_refused(sandbox):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        new_session(sandbox, allow_promotion_codes=True)

    assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", "allow_promotion_codes")


@pytest.mark.parametrize("metadata", [{"k" * 41: "v"}, {"k": "v" * 501}, {str(n): "v" for n in range(51)}])
def test_metadata_is_kept_as_long_as_stripe_keeps_it(sandbox, metadata):
    with pytest.raises(stripe.InvalidRequestError):
        new_session(sandbox, metadata=metadata)


# --- Slow money -----------------------------------------------------------------------------------


def test_slow_money_arrives_in_three_days(sandbox):
    session = new_session(sandbox)
    sandbox.do("pay", session=session.id, how="slow")

    there = client(sandbox).v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (there.status, there.payment_status) == ("complete", "unpaid")
    assert there.payment_intent.status == "processing"
    told(sandbox)

    sandbox.do("clock", advance=3 * DAY)
    assert client(sandbox).v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert kinds(sandbox)[-1] == "checkout.session.async_payment_succeeded"


def test_slow_money_may_never_arrive(sandbox):
    session = new_session(sandbox)
    sandbox.do("pay", session=session.id, how="slow_fails")

    sandbox.do("clock", advance=3 * DAY)
    there = client(sandbox).v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})

    assert (there.status, there.payment_status) == ("complete", "unpaid")
    assert there.payment_intent.status == "requires_payment_method"
    assert kinds(sandbox)[-1] == "checkout.session.async_payment_failed"


def test_slow_money_can_be_hurried(sandbox):
    intent = paid(sandbox, how="slow")

    assert sandbox.do("settle", intent=intent.id, succeeds=True)["status"] == "succeeded"


# --- Refunds --------------------------------------------------------------------------------------


def test_a_payment_is_refunded_in_parts_and_no_further(sandbox):
    intent = paid(sandbox, 3000)
    refunds = client(sandbox).v1.refunds

    first = refunds.create({"payment_intent": intent.id, "amount": 1000, "metadata": {"refund": "1"}})
    assert (first.status, first.amount, first.metadata.refund) == ("succeeded", 1000, "1")
    with pytest.raises(stripe.InvalidRequestError, match=r"Refund amount \(2001 cents\)"):
        refunds.create({"payment_intent": intent.id, "amount": 2001})

    assert refunds.create({"charge": intent.latest_charge.id}).amount == 2000
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_already_refunded"
    assert client(sandbox).v1.charges.retrieve(intent.latest_charge.id).refunded
    assert [refund.amount for refund in refunds.list({"payment_intent": intent.id}).data] == [2000, 1000]


def test_what_was_not_paid_is_not_refunded(sandbox):
    intent = paid(sandbox, how="slow")

    with pytest.raises(stripe.InvalidRequestError):
        client(sandbox).v1.refunds.create({"payment_intent": intent.id})


def test_a_refund_fails_days_later_and_its_money_is_back_on_the_account(sandbox):
    intent = paid(sandbox, 3000, how="refund_fails")
    refund = client(sandbox).v1.refunds.create({"payment_intent": intent.id, "amount": 1200})
    assert refund.status == "succeeded"
    told(sandbox)

    sandbox.do("clock", advance=2 * DAY)

    there = client(sandbox).v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (there.status, there.failure_balance_transaction.amount) == ("failed", 1200)
    assert kinds(sandbox) == ["refund.updated", "charge.refund.updated", "refund.failed"]
    assert client(sandbox).v1.charges.retrieve(intent.latest_charge.id).amount_refunded == 0
    assert balance(sandbox) == 3000


def test_a_refund_may_be_pending(sandbox):
    intent = paid(sandbox, how="refund_pending")
    refund = client(sandbox).v1.refunds.create({"payment_intent": intent.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")

    sandbox.do("clock", advance=2 * DAY)

    assert client(sandbox).v1.refunds.retrieve(refund.id).status == "succeeded"


def test_somebody_refunds_on_stripes_own_pages(sandbox):
    intent = paid(sandbox)

    refund = sandbox.do("refund_by_hand", intent=intent.id, amount=500)

    assert (refund["amount"], refund["metadata"]) == (500, {})
    assert kinds(sandbox)[-2:] == ["refund.created", "charge.refunded"]


# --- Disputes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_won", "left"), [(True, 2034), (False, 0)])
def test_a_dispute_takes_the_money_and_gives_it_back_if_it_is_won(sandbox, is_won, left):
    intent = paid(sandbox)
    told(sandbox)

    dispute = sandbox.do("dispute", intent=intent.id)
    assert kinds(sandbox) == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert balance(sandbox) == 0
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client(sandbox).v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_disputed"

    sandbox.do("close_dispute", dispute=dispute["id"], is_won=is_won)
    there = client(sandbox).v1.disputes.retrieve(dispute["id"])
    assert there.status == ("won" if is_won else "lost")
    assert kinds(sandbox)[0] == "charge.dispute.closed"
    assert balance(sandbox) == left


def test_a_bank_that_only_asks_takes_nothing(sandbox):
    intent = paid(sandbox)

    dispute = sandbox.do("dispute", intent=intent.id, is_inquiry=True)
    assert dispute["status"] == "warning_needs_response"
    assert client(sandbox).v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"

    assert sandbox.do("close_dispute", dispute=dispute["id"], is_won=True)["status"] == "warning_closed"
    assert client(sandbox).v1.disputes.list({"payment_intent": intent.id}).data[0].id == dispute["id"]


def test_a_card_may_be_disputed_days_later(sandbox):
    intent = paid(sandbox, how="disputed")

    sandbox.do("clock", advance=5 * DAY)

    [dispute] = client(sandbox).v1.disputes.list({"payment_intent": intent.id}).data
    assert dispute.status == "needs_response"


def balance(sandbox) -> int:
    lines = client(sandbox).v1.balance_transactions.list({"limit": 100})
    return sum(line.amount for line in lines.auto_paging_iter())


# --- Lists ----------------------------------------------------------------------------------------


def test_lists_come_in_pages_the_newest_first(sandbox):
    intents = [paid(sandbox, 1000 + number).id for number in range(5)]
    stripe_client = client(sandbox)

    page = stripe_client.v1.payment_intents.list({"limit": 2})
    assert ([intent.id for intent in page.data], page.has_more) == (intents[:2:-1], True)
    assert [intent.id for intent in page.auto_paging_iter()] == intents[::-1]
    before = stripe_client.v1.payment_intents.list({"limit": 2, "ending_before": intents[0]})
    assert [intent.id for intent in before.data] == [intents[2], intents[1]]


def test_lists_can_be_narrowed_to_a_time(sandbox):
    paid(sandbox)
    sandbox.do("clock", advance=DAY)
    later = paid(sandbox)

    found = client(sandbox).v1.payment_intents.list({"created": {"gte": later.created - 60}})

    assert [intent.id for intent in found.data] == [later.id]


def test_events_can_be_read_again(sandbox):
    paid(sandbox)
    [event] = client(sandbox).v1.events.list({"type": "checkout.session.completed"}).data

    assert client(sandbox).v1.events.retrieve(event.id).data.object.status == "complete"


def test_what_another_application_sells_is_there_too(sandbox):
    answer = sandbox.do("foreign", amount=1500)

    there = client(sandbox).v1.checkout.sessions.retrieve(answer["session"]["id"])
    assert there.metadata.shop == "swimming hall"
    assert "checkout.session.completed" in kinds(sandbox)


def test_an_object_may_be_other_than_it_was_asked_for(sandbox):
    session = new_session(sandbox)

    sandbox.do("alter", kind="checkout.session", id=session.id, fields={"amount_total": 1, "currency": "sek"})

    there = client(sandbox).v1.checkout.sessions.retrieve(session.id)
    assert (there.amount_total, there.currency) == (1, "sek")
