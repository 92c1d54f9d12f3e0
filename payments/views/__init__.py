"""Pages of money: paying, documents, the city's clerks, and what Stripe tells us."""

from .clerk import answer, invoices, ledger, overview, revenue, transfers
from .papers import document, of_organisation, pay_invoice
from .paying import done, leave, mine, pay, payment
from .webhook import webhook

__all__ = [
    "answer",
    "document",
    "done",
    "invoices",
    "leave",
    "ledger",
    "mine",
    "of_organisation",
    "overview",
    "pay",
    "pay_invoice",
    "payment",
    "revenue",
    "transfers",
    "webhook",
]
