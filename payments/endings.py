"""How payments end, and what becomes of their bookings. Needs no word from Stripe: that has been heard."""

from collections.abc import Sequence
from datetime import datetime

from bookings import moves, paying
from bookings.models import Booking, Occupancy, Status
from bookings.occupancies import lock_halls

from . import refunds
from .models import Payment, Refund
from .signals import payment_ended


def in_hand(payment: Payment) -> list[Booking]:
    """Lock the halls of a payment's bookings and the bookings, in that order, and return them."""
    pks = list(payment.parts.values_list("booking", flat=True))
    lock_halls(set(Occupancy.objects.filter(booking__in=pks).values_list("hall_id", flat=True)))
    return moves.locked(pks)


def locked(payment: Payment) -> Payment:
    """Lock a payment, after the bookings that it is for, and return it as it is now."""
    return Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment.pk)


def end(payment: Payment, state: Payment.State, bookings: Sequence[Booking], *, now: datetime) -> None:
    """End a payment, and let its bookings go on: paid, or free to run out. Needs the locks of all of them."""
    payment.state, payment.ended_at = state, now
    payment.save(update_fields=["state", "ended_at"])
    for booking in bookings:
        paying.stop_paying(booking, now=now)
        if state == Payment.State.PAID:
            receive(booking, now=now)
    payment_ended.send(Payment, payment=payment)


def receive(booking: Booking, *, now: datetime) -> None:
    """Confirm a booking whose money has come. What came too late goes back, unless the time is still free."""
    if booking.status == Status.AWAITING_PAYMENT:
        paying.pay(booking, now=now)
    elif booking.status == Status.EXPIRED:
        paying.confirm_late(booking, now=now)
    refunds.settle_up(booking, reason=why_back(booking), now=now)


def why_back(booking: Booking) -> Refund.Reason:
    why = {Status.EXPIRED: Refund.Reason.TOO_LATE, Status.CANCELLED: Refund.Reason.CANCELLED}
    return why.get(Status(booking.status), Refund.Reason.LESS_OWED)
