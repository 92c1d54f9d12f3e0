"""The way to Stripe. Never called inside a transaction: what is slow or lost out there holds no lock here."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import stripe
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from accounts.problems import Problem, Refused

logger = logging.getLogger(__name__)

CONNECT_SECONDS, ANSWER_SECONDS = 3.05, 20
RETRIES = 2
# After these it is not known whether Stripe has done what it was asked: the same key has to ask again.
OUTCOME_UNKNOWN = (
    stripe.APIConnectionError,
    stripe.APIError,
    stripe.RateLimitError,
    stripe.IdempotencyError,  # the same question is being answered at this moment
    # Nothing has been done; the same question will be answered once the key is in order.
    stripe.AuthenticationError,
    stripe.PermissionError,
)


class Unreachable(Refused):
    """Stripe has not answered. What was asked may have been done all the same."""

    def __init__(self) -> None:
        message = _("The payment service does not answer. Nothing is lost: try again in a minute.")
        super().__init__(Problem("payment_service_unreachable", message))


@contextmanager
def reached() -> Iterator[None]:
    """Ask Stripe within. Raises `Unreachable` if it is not known what came of it."""
    try:
        yield
    except OUTCOME_UNKNOWN as exc:
        # Without its words: they may tell parts of the key.
        logger.warning("Stripe has not answered what it was asked: %s.", type(exc).__name__)
        raise Unreachable from exc


def is_set_up() -> bool:
    """Whether people can pay by card here."""
    return bool(settings.STRIPE_SECRET_KEY)


def is_sandbox() -> bool:
    """Whether payments go to a sandbox of our own, with no real money."""
    return bool(settings.STRIPE_API_BASE)


def is_live() -> bool:
    """Whether the key moves real money."""
    return "_live_" in settings.STRIPE_SECRET_KEY


def client() -> stripe.StripeClient:
    """Return the client for the key. Raises `ImproperlyConfigured` for a sandbox with a live key."""
    if is_sandbox() and is_live():
        raise ImproperlyConfigured("STRIPE_API_BASE is for the sandbox: it never sees a live key.")
    return client_of(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def client_of(key: str, base: str) -> stripe.StripeClient:
    """One client for each process: it keeps its connections."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else {},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS)),
    )
