"""Whose payments are seen and made by whom: used by page and API alike."""

from django.db.models import Q, QuerySet

from accounts.models import User
from bookings import permissions
from bookings.models import Booking, BookingQuerySet, Status

from .models import Payment


def payable_by(user: User) -> BookingQuerySet:
    """Return the bookings for which this person may pay: their own, and those of whom they book for."""
    theirs = Q(customer=user, organisation=None) | Q(organisation__in=permissions.organisations_of(user))
    return Booking.objects.filter(theirs, status=Status.AWAITING_PAYMENT)


def visible_to(user: User) -> QuerySet[Payment]:
    """Return this person's payments, and their organisations': whoever belongs to one sees them."""
    if user.is_staff:
        return Payment.objects.all()
    theirs = user.memberships.values("organisation")
    return Payment.objects.filter(Q(payer=user, organisation=None) | Q(organisation__in=theirs))


def may_pay(user: User, payment: Payment) -> bool:
    """Whether they may go on with a payment, or leave it."""
    if payment.organisation is None:
        return payment.payer_id == user.pk
    return permissions.can_book_for(user, payment.organisation)
