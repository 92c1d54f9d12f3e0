"""Facts about payments, past tense, sent inside the transaction. Receivers only write rows."""

from django.dispatch import Signal

payment_ended = Signal()  # carries `payment`: paid, failed or not paid; its state says which
refund_decided = Signal()  # carries `refund`: it is to be sent
refund_ended = Signal()  # carries `refund`: returned or failed
invoice_overdue = Signal()  # carries `invoice` and the `number` of the reminder
document_issued = Signal()  # carries `document`
