"""What people are told about their bookings, by e-mail, in their own language."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode

from accounts.models import User
from venues.clock import local
from venues.models import VenueRole
from venues.models.spaces import MINUTE

from .impacts import reason_for
from .models import Booking, Hit, Impact, Status
from .search_form import LENGTHS
from .wishes import date_of

# The customer is told everything; the venue's managers this, and what was moved.
TO_MANAGERS = {Status.REQUESTED, Status.CANCELLED, Status.EXPIRED}


def tell(booking: Booking, what: str, *, hit: Hit | None = None) -> None:
    """Send everybody concerned a message that the booking was `what`: a status, or "moved".

    `hit` is the manager's change that it follows from.
    """
    if booking.customer:
        send(booking, what, to=booking.customer, audience="customer", hit=hit)
    for manager in managers_to_tell(booking, what, hit):
        send(booking, what, to=manager, audience="manager", hit=hit)


def managers_to_tell(booking: Booking, what: str, hit: Hit | None) -> Iterable[User]:
    """Return the managers who do not know it yet: of what a colleague decided, those of another venue."""
    if what != "moved" and what not in TO_MANAGERS:
        return []
    managers = managers_of(booking.space.venue_id)
    if hit is None:
        return managers
    if hit.space.venue_id == booking.space.venue_id:
        return []
    return managers.exclude(pk=hit.impact.created_by_id)


def managers_of(venue_id: int):
    return User.objects.filter(venue_roles__venue=venue_id, venue_roles__role=VenueRole.Role.MANAGER)


def send(booking: Booking, what: str, *, to: User, audience: str, hit: Hit | None = None) -> None:
    with translation.override(to.language):
        context = {
            "booking": booking,
            "date": date_of(booking),
            "what": what,
            "audience": audience,
            "hit": hit,
            "reason": reason_for(to, hit.impact) if hit else booking.reason,
            "url": settings.SITE_URL + booking.get_absolute_url(),
            "search_url": settings.SITE_URL + search_for_another(booking, hit),
        }
        subject = render_to_string("bookings/messages/subject.txt", context)
        body = render_to_string("bookings/messages/body.txt", context)
    post(subject, body, to)


def search_for_another(booking: Booking, hit: Hit | None) -> str:
    """Return the address of a search: for the like of a booking that was hit, on the same day."""
    if hit is None:
        return reverse("bookings:search")
    day = local(hit.starts_at).date().isoformat()
    minutes = (hit.ends_at - hit.starts_at) // MINUTE
    question = {
        "hall": hit.space.hall_id,
        "around": "nearby",
        "length": minutes if minutes in LENGTHS else "any",
        "people": booking.attendees,
        "when": "dates",
        "first": day,
        "last": day,
    }
    return f"{reverse('bookings:search')}?{urlencode(question)}"


def tell_of_failure(impact: Impact) -> None:
    """Tell the manager who redrew a hall that it came to nothing, and why; or who could not be moved."""
    with translation.override(impact.created_by.language):
        url = settings.SITE_URL + reverse("bookings:impact", args=[impact.pk])
        context = {"venue": impact.venue, "url": url, "stranded": impact.after.get("stranded")}
        subject = render_to_string("bookings/messages/failed_subject.txt", context)
        body = render_to_string("bookings/messages/failed_body.txt", context)
    post(subject, body, impact.created_by)


def post(subject: str, body: str, to: User) -> None:
    send_mail(" ".join(subject.split()), body.strip() + "\n", None, [to.email])
