"""What people are told about their bookings, by e-mail, in their own language."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from venues.models import VenueRole

from .models import Booking, Status
from .wishes import date_of

# The customer is told everything; the venue's managers this, and what was moved.
TO_MANAGERS = {Status.REQUESTED, Status.CANCELLED, Status.EXPIRED}


def tell(booking: Booking, what: str) -> None:
    """Send everybody concerned a message that the booking was `what`: a status, or "moved"."""
    if booking.customer:
        send(booking, what, to=booking.customer, audience="customer")
    if what == "moved" or what in TO_MANAGERS:
        for manager in managers_of(booking):
            send(booking, what, to=manager, audience="manager")


def managers_of(booking: Booking):
    return User.objects.filter(
        venue_roles__venue=booking.space.venue_id, venue_roles__role=VenueRole.Role.MANAGER
    )


def send(booking: Booking, what: str, *, to: User, audience: str) -> None:
    with translation.override(to.language):
        context = {
            "booking": booking,
            "date": date_of(booking),
            "what": what,
            "audience": audience,
            "url": settings.SITE_URL + booking.get_absolute_url(),
            "search_url": settings.SITE_URL + reverse("bookings:search"),
        }
        subject = render_to_string("bookings/messages/subject.txt", context).strip()
        body = render_to_string("bookings/messages/body.txt", context)
    send_mail(" ".join(subject.split()), body, None, [to.email])
