"""Paying by card: one payment, one Checkout Session at Stripe, one key until it is known that it is there.

What is written here and what Stripe is asked are apart: first the payment is written, with all that Stripe
will be asked; then Stripe is asked, outside any transaction, again and again with the same key if need be.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import stripe
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from bookings import moves, paying, quotes
from bookings.models import Booking, Occupancy, Status
from bookings.occupancies import lock_halls
from bookings.transactions import in_one_transaction
from bookings.wishes import next_date
from venues import wording
from venues.money import euros

from . import endings, gateway
from .documents import outstanding
from .models import CURRENCY, Document, Payment, PaymentPart

# Stripe lets a session live for half an hour at least, counted when it gets to know of it.
SESSION_LASTS = timedelta(minutes=35)
SMALLEST_CENTS = 50  # that Stripe takes in euros
MOST_AT_ONCE = 20  # bookings in one payment
LONGEST_NAME = 250
PRODUCT = "vuoro"  # what tells our sessions from those of others on the same account


# --- Beginning ------------------------------------------------------------------------------------


def start(bookings: Sequence[Booking], *, payer: User, now: datetime) -> Payment:
    """Begin to pay for bookings, or go on with what was begun, and return the payment with its address.

    Whoever presses twice, or in two tabs, comes to the same session. Raises `Refused`, and `Unreachable` if
    Stripe does not answer: then the next try goes on with the same payment.
    """
    return with_session(begun(bookings, payer=payer, now=now), now=now)


def start_invoice(invoice: Document, *, payer: User, now: datetime) -> Payment:
    """Begin to pay an invoice by card. Raises `Refused` and `Unreachable`."""
    return with_session(begun_invoice(invoice, payer=payer, now=now), now=now)


@in_one_transaction
def begun(bookings: Sequence[Booking], *, payer: User, now: datetime) -> Payment:
    """Write a payment for bookings that wait for it, or return the open one that is for just these."""
    must_be_set_up()
    bookings = in_hand([booking.pk for booking in bookings])
    if going_on := open_payment_of(bookings):
        return going_on
    for booking in bookings:
        moves.must_be(booking, Status.AWAITING_PAYMENT)
        moves.must_be_in_time(booking, now=now)
    must_be_of_one_customer(bookings)
    owed = {booking.pk: quotes.owed(booking) for booking in bookings}
    if not all(cents > 0 for cents in owed.values()):
        raise Refused(Problem("nothing_to_pay", _("There is nothing to pay for this booking.")))
    must_be_enough(sum(owed.values()))
    payment = new_payment(sum(owed.values()), payer=payer, now=now)
    payment.organisation = bookings[0].organisation
    lines = [(name_of(booking, now=now), owed[booking.pk]) for booking in bookings]
    save_with_question(payment, lines, back=bookings[0].get_absolute_url())
    PaymentPart.objects.bulk_create(
        PaymentPart(payment=payment, booking=booking, cents=owed[booking.pk]) for booking in bookings
    )
    for booking in bookings:
        paying.keep_while_paid(booking, now=now)
    return payment


@in_one_transaction
def begun_invoice(invoice: Document, *, payer: User, now: datetime) -> Payment:
    """Write a payment of what is left to pay of an invoice, or return the one that is open."""
    must_be_set_up()
    invoice = Document.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.pk)
    if going_on := invoice.payments.open().first():
        return going_on
    cents = outstanding(invoice)
    if cents <= 0:
        raise Refused(Problem("nothing_to_pay", _("There is nothing left to pay of this invoice.")))
    must_be_enough(cents)
    payment = new_payment(cents, payer=payer, now=now)
    payment.organisation, payment.invoice = invoice.organisation, invoice
    save_with_question(payment, [(str(invoice), cents)], back=invoice.get_absolute_url())
    return payment


def must_be_of_one_customer(bookings: Sequence[Booking]) -> None:
    """Raise `Refused` for bookings of several customers: each gets a receipt of its own."""
    customers = {
        (booking.organisation_id, None if booking.organisation_id else booking.customer_id)
        for booking in bookings
    }
    if len(customers) > 1:
        message = _("These bookings are for different customers. Pay for each by itself.")
        raise Refused(Problem("several_customers", message))


def must_be_enough(cents: int) -> None:
    """Raise `Refused` for an amount that Stripe does not take: a person settles so little."""
    if cents < SMALLEST_CENTS:
        message = _("Less than %(amount)s cannot be paid by card. Ask the venue how to pay.")
        raise Refused(Problem("too_little_for_card", message % {"amount": euros(SMALLEST_CENTS)}))


def must_be_set_up() -> None:
    if not gateway.is_set_up():
        message = _("Paying by card is not possible here at the moment. Ask the venue how to pay.")
        raise Refused(Problem("no_card_payments", message))


def in_hand(pks: Sequence[int]) -> list[Booking]:
    """Lock the bookings' halls and the bookings; return them as they are. Raises `Refused` for too many."""
    if not 0 < len(set(pks)) <= MOST_AT_ONCE:
        message = _("Choose at least one booking, and at most %(count)d.") % {"count": MOST_AT_ONCE}
        raise Refused(Problem("too_many_bookings", message))
    lock_halls(set(Occupancy.objects.filter(booking__in=pks).values_list("hall_id", flat=True)))
    return moves.locked(pks)


def open_payment_of(bookings: Sequence[Booking]) -> Payment | None:
    """Return the open payment of just these bookings. Raises `Refused` if one is being paid with others."""
    wanted = {booking.pk for booking in bookings}
    for payment in Payment.objects.open().filter(parts__booking__in=wanted).distinct():
        theirs = set(payment.parts.values_list("booking", flat=True))
        if theirs == wanted:
            return payment
        message = _("One of these bookings is being paid already. Finish or leave that payment first.")
        raise Refused(Problem("being_paid", message))
    return None


def new_payment(cents: int, *, payer: User, now: datetime) -> Payment:
    return Payment(
        payer=payer,
        method=Payment.Method.CARD,
        due_cents=cents,
        created_at=now,
        expires_at=now + SESSION_LASTS,
        idempotency_key=uuid4(),
    )


def save_with_question(payment: Payment, lines: Sequence[tuple[str, int]], *, back: str) -> None:
    """Save a new payment together with what Stripe is going to be asked for it, word for word."""
    payment.save()
    marks = {"product": PRODUCT, "site": settings.SITE_URL, "payment": str(payment.pk)}
    done = settings.SITE_URL + reverse("payments:done", args=[payment.pk])
    assert payment.expires_at is not None
    payment.asked = {
        "mode": "payment",
        "client_reference_id": str(payment.pk),
        "metadata": marks,
        "payment_intent_data": {"metadata": marks},
        "locale": (get_language() or settings.LANGUAGE_CODE)[:2],
        "expires_at": int(payment.expires_at.timestamp()),
        "success_url": done,
        "cancel_url": settings.SITE_URL + back,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": CURRENCY,
                    "unit_amount": cents,
                    "product_data": {"name": name[:LONGEST_NAME]},
                },
            }
            for name, cents in lines
        ],
    }
    payment.save(update_fields=["asked"])
    # As the database tells it, so that what is asked again is the same to the letter.
    payment.refresh_from_db(fields=["asked"])


def name_of(booking: Booking, *, now: datetime) -> str:
    """Name a booking on the payment page: where and when. Nobody's name is told to Stripe."""
    place = f"{booking.space.venue.name}, {booking.space.name}"
    dates = booking.dates.filter(released_at=None).count()
    date = next_date(booking, now)
    when = wording.when(date.starts_at, date.ends_at)
    if dates > 1:
        when = gettext("%(count)d dates from %(day)s") % {"count": dates, "day": wording.day(date.starts_at)}
    return f"{place}: {when}"


# --- The session ----------------------------------------------------------------------------------


def with_session(payment: Payment, *, now: datetime) -> Payment:
    """Return the payment with its session. One that was asked for, with what answer ever, is asked for anew.

    Raises `Unreachable` if it is still not known whether there is one.
    """
    if payment.session_id:
        return payment
    key: Any = {"idempotency_key": str(payment.idempotency_key)}
    try:
        with gateway.reached():
            session = gateway.client().v1.checkout.sessions.create(payment.asked, key)
    except stripe.InvalidRequestError:
        # Too late for a session that would last half an hour: there is none, and will be none by this key.
        give_up(payment, now=now)
        message = _("The payment could not be begun. Try again.")
        raise Refused(Problem("payment_not_begun", message)) from None
    return with_id(payment, session.id, session.url or "")


@in_one_transaction
def with_id(payment: Payment, session_id: str, url: str) -> Payment:
    """Write down which session at Stripe is the payment's."""
    payment = endings.locked(payment)
    if payment.session_id is None and payment.state == Payment.State.STARTED:
        payment.session_id, payment.session_url, payment.state = session_id, url, Payment.State.OPEN
        payment.save(update_fields=["session_id", "session_url", "state"])
    return payment


@in_one_transaction
def give_up(payment: Payment, *, now: datetime) -> None:
    """End a payment of which it is sure that nobody will ever pay it."""
    bookings = endings.in_hand(payment)
    payment = endings.locked(payment)
    if payment.is_open:
        endings.end(payment, Payment.State.EXPIRED, bookings, now=now)
