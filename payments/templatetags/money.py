"""What pages of other apps show of money: `{% load money %}`."""

from django import template

from accounts.models import Organisation
from bookings import permissions
from bookings.models import Booking, Status

from .. import documents, gateway, refunds
from ..models import Payment

register = template.Library()


@register.inclusion_tag("payments/_of_booking.html", takes_context=True)
def money_of(context, booking: Booking) -> dict:
    """Show how a booking is paid: a button to pay, what was paid and returned, receipts and invoices."""
    user = context["request"].user
    waits = booking.status == Status.AWAITING_PAYMENT
    papers = documents.visible_to(user).filter(lines__price_line__booking=booking).distinct()
    return {
        "booking": booking,
        "owed": booking.price_lines.owed(),
        "can_pay": waits and gateway.is_set_up() and permissions.is_customer(user, booking),
        "paid": refunds.paid_for(booking),
        "going_on": Payment.objects.open().filter(parts__booking=booking).first(),
        "refunds": booking.refunds.order_by("pk"),
        "documents": papers.order_by("pk"),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("payments/_of_organisation.html")
def money_of_organisation(organisation: Organisation) -> dict:
    """Say what an organisation owes by its invoices."""
    return {"organisation": organisation, "owed": documents.owed_by(organisation)}
