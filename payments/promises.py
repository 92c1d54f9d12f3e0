"""What must hold of money, counted again by SQL of its own: `manage.py check_invariants` asks it too."""

from bookings.invariants import Promise

PROMISES = [
    Promise(
        "The sums of payment {0} are not those of the ledger.",
        """
        select payment.id from payments_payment payment
        left join payments_entry entry on entry.payment_id = payment.id
        group by payment.id
        having paid_cents <> coalesce(sum(entry.cents) filter (where entry.kind = 'paid'), 0)
            or refunded_cents <> coalesce(sum(entry.cents) filter (where entry.kind = 'refund'), 0)
                               - coalesce(sum(entry.cents) filter (where entry.kind = 'refund_failed'), 0)
        """,
    ),
    Promise(
        "Payment {0} is paid and has no money, or has money and is not paid.",
        """
        select id from payments_payment where (state = 'paid') <> (paid_cents = due_cents)
        """,
    ),
    Promise(
        "The parts of payment {0} do not add up to what is due.",
        """
        select payment.id from payments_payment payment
        join payments_paymentpart part on part.payment_id = payment.id
        group by payment.id having sum(part.cents) <> payment.due_cents
        """,
    ),
    Promise(
        "Document {0} does not add up to its lines.",
        """
        select document.id from payments_document document
        left join payments_documentline billed on billed.document_id = document.id
        left join bookings_priceline line on line.id = billed.price_line_id
        group by document.id
        having document.gross_cents <> coalesce(sum(line.gross_cents), 0)
            or document.net_cents <> coalesce(sum(line.net_cents), 0)
        """,
    ),
    Promise(
        "The numbers of {0} have a gap: the last is {1} of {2}.",
        """
        select kind, max(number), count(*) from payments_document group by kind
        having max(number) <> count(*) or min(number) <> 1
        """,
    ),
    Promise(
        "More has been paid for booking {0} than is owed, and nothing goes back.",
        """
        with owed as (
            select booking_id, greatest(sum(gross_cents), 0) as cents from bookings_priceline group by 1
        ),
        paid as (
            select part.booking_id, sum(part.cents) as cents
            from payments_paymentpart part
            join payments_payment payment on payment.id = part.payment_id and payment.state = 'paid'
            group by 1
        ),
        returned as (
            -- What has failed, a person sends back: it is decided all the same.
            select booking_id, sum(cents) as cents
            from payments_refund where booking_id is not null group by 1
        )
        select paid.booking_id from paid
        left join owed using (booking_id)
        left join returned using (booking_id)
        where paid.cents - coalesce(returned.cents, 0) > coalesce(owed.cents, 0)
          -- What a person sent back by hand of a payment for several bookings is none's of them.
          and not exists (
            select from payments_paymentpart part
            join payments_refund refund on refund.payment_id = part.payment_id and refund.booking_id is null
            where part.booking_id = paid.booking_id
          )
          and not exists (
            select from payments_paymentpart part
            join payments_entry entry on entry.payment_id = part.payment_id and entry.kind = 'dispute'
            where part.booking_id = paid.booking_id
          )
        """,
    ),
]
