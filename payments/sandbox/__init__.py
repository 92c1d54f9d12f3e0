"""Stripe's understudy for the demo and the tests: a server of its own on loopback, with no real money.

The product talks to it with Stripe's own library and knows nothing of it but its address. It answers the
parts of Stripe's API that the product uses, as Stripe answers them; it has the page on which a person pays,
and sends signed events. What the real world does to a network, to a bank and to time is ordered at
`/_sandbox/…` (`control`).

It refuses what it does not model, so that nothing works here which Stripe would take otherwise. That its
requests and objects are Stripe's is proved against Stripe's published description (`tests/payments/`).
"""

from .server import Sandbox

__all__ = ["Sandbox"]
