"""More of Stripe's objects: money that goes back, and the account's balance."""

from .world import Thing, new_id


def refund(charge: Thing, cents: int, told: Thing, status: str, *, now: int) -> Thing:
    thing = {
        "id": new_id("re"),
        "object": "refund",
        "amount": cents,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "customer": None,
        "metadata": told.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": told.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
    return thing | ({"pending_reason": "processing"} if status == "pending" else {})


def dispute(charge: Thing, status: str, reason: str, *, now: int, due_by: int) -> Thing:
    """Return a dispute, of which the bank waits to hear our side."""
    is_inquiry = status.startswith("warning")
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": status,
    }


EVIDENCE = [
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt",
    "refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date",
    "service_documentation", "shipping_address", "shipping_carrier", "shipping_date",
    "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
]  # fmt: skip


def balance_transaction(
    source: Thing, cents: int, fee: int, *, type: str, category: str, what: str, now: int, available_on: int
) -> Thing:
    """Return a line of the account's balance: what came, what Stripe keeps of it, and when it can be had."""
    charged = {"amount": fee, "application": None, "currency": source["currency"], "description": what}
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": cents,
        "available_on": available_on,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": what,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [charged | {"type": "stripe_fee"}] if fee else [],
        "net": cents - fee,
        "reporting_category": category,
        "source": source["id"],
        "status": "pending",
        "type": type,
    }
