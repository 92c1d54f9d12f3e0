"""What people are told about their bookings, by e-mail, in their own language."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, Membership, Organisation, User
from venues.clock import local
from venues.models import VenueRole
from venues.models.spaces import MINUTE

from . import mailing
from .impacts import reason_for
from .models import Booking, Hit, Impact, Occupancy, Offer, Sanction, Series, Status, Swap, Waiting
from .search_form import LENGTHS
from .wishes import dates_left, dates_of, next_date

# Every kind of message, and what it is called where the city gives it words of its own.
KINDS = {
    "requested": _("Request received"),
    "awaiting_payment": _("Waiting for payment"),
    "confirmed": _("Booking confirmed"),
    "declined": _("Request declined"),
    "moved": _("Booking changed"),
    "cancelled": _("Booking cancelled"),
    "expired": _("Booking expired"),
    "released": _("Dates given back"),
    "series": _("Season booked"),
    "reminder": _("Reminder"),
    "offer": _("Time offered"),
    "waiting": _("Waiting ended"),
    "invitation": _("Invitation to an organisation"),
    "swap": _("Swap of dates"),
    "sanction": _("Warning or ban"),
    "failed": _("A change could not be carried out"),
}

# The customer is told everything; the venue's managers this, and what was moved or given back.
TO_MANAGERS = {Status.REQUESTED, Status.CANCELLED, Status.EXPIRED}
MOST_DATES = 60


# --- Who is told -----------------------------------------------------------------------------------


def customers_of(booking: Booking) -> list[User]:
    """Return who is told as the customer: whoever booked, or the owners of an organisation that they left."""
    if booking.customer is None:
        return []
    return people_for(booking.customer, booking.organisation)


def people_for(customer: User, organisation: Organisation | None) -> list[User]:
    """Return who is told of what somebody did, for an organisation perhaps: those who can sign in."""
    if customer.is_active and (
        organisation is None or organisation.memberships.filter(user=customer).exists()
    ):
        return [customer]
    return owners_of(organisation) if organisation else []


def owners_of(organisation: Organisation) -> list[User]:
    """Return the owners who can sign in; where none can, those who book for the organisation."""
    active = organisation.memberships.filter(user__is_active=True).select_related("user").order_by("pk")
    people = [(membership.role, membership.user) for membership in active]
    owners = [user for role, user in people if role == Membership.Role.OWNER]
    return owners or [user for role, user in people if role in Membership.MAY_BOOK]


def managers_of(venue_id: int):
    return User.objects.filter(venue_roles__venue=venue_id, venue_roles__role=VenueRole.Role.MANAGER)


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


# --- Bookings -------------------------------------------------------------------------------------


def tell(booking: Booking, what: str, *, hit: Hit | None = None, cause: str, now: datetime) -> None:
    """Tell everybody concerned that the booking was `what`: a status, or "moved".

    `hit` is the manager's change that it follows from.
    """
    for customer in customers_of(booking):
        tell_one(booking, what, to=customer, audience="customer", hit=hit, cause=cause, now=now)
    for manager in managers_to_tell(booking, what, hit):
        tell_one(booking, what, to=manager, audience="manager", hit=hit, cause=cause, now=now)


def tell_one(
    booking: Booking, what: str, *, to: User, audience: str, hit: Hit | None, cause: str, now: datetime
) -> None:
    dates = dates_left(booking) or dates_of(booking)
    context = {
        "booking": booking,
        "date": next_date(booking, now),
        "dates": dates[:MOST_DATES] if len(dates) > 1 else [],
        "what": what,
        "audience": audience,
        "hit": hit,
        "reason": reason_for(to, hit.impact) if hit else booking.reason,
        "url": address_of(booking),
        "search_url": settings.SITE_URL + search_for_another(booking, hit),
    }
    write(what, "booking", context, to=to, cause=cause, booking=booking, now=now)


def tell_of_dates(
    booking: Booking,
    what: str,
    dates: list[int],
    *,
    hit: Hit | None,
    by: User | None,
    cause: str,
    now: datetime,
) -> None:
    """Tell what became of some dates of a booking: "released", "moved" alone, or taken "again"."""
    told = list(Occupancy.objects.filter(pk__in=dates).order_by("starts_at", "pk"))
    people = [(to, "customer") for to in customers_of(booking)]
    if hit is None:
        people += [(to, "manager") for to in managers_of(booking.space.venue_id) if to != by]
    for to, audience in people:
        context = {
            "booking": booking,
            "dates": told[:MOST_DATES],
            "what": what,
            "audience": audience,
            "reason": reason_for(to, hit.impact) if hit else "",
            "by_venue": hit is not None,
            "url": address_of(booking),
        }
        kind = "released" if what == "released" else "moved"
        write(kind, "dates", context, to=to, cause=cause, booking=booking, now=now)


def tell_of_series(series: Series, *, cause: str, now: datetime) -> None:
    """Tell what of a season was booked, or asked for, and what was not and why; in one message."""
    bookings = list(series.bookings.with_place())
    dates = sorted(chain.from_iterable(map(dates_left, bookings)), key=lambda date: (date.starts_at, date.pk))
    is_asked = any(booking.status == Status.REQUESTED for booking in bookings)
    venues = {booking.space.venue_id for booking in bookings}
    people = [(to, "customer") for to in people_for(series.customer, series.organisation)]
    if is_asked:
        people += [(to, "manager") for to in managers_of_any(venues)]
    for to, audience in people:
        context = {
            "series": series,
            "dates": dates[: 2 * MOST_DATES],
            "count": len(dates),
            "missed": told_missed(series, to.language) if audience == "customer" else [],
            "is_asked": is_asked,
            "audience": audience,
            "url": settings.SITE_URL + reverse("bookings:series", args=[series.pk]),
            "inbox_url": settings.SITE_URL + reverse("bookings:inbox"),
        }
        write("series", "series", context, to=to, cause=cause, now=now)


def managers_of_any(venues: Iterable[int]):
    roles = VenueRole.objects.filter(venue__in=venues, role=VenueRole.Role.MANAGER)
    return User.objects.filter(pk__in=roles.values("user"))


def told_missed(series: Series, language: str) -> list[dict]:
    return [
        {
            "starts_at": missed.starts_at,
            "ends_at": missed.ends_at,
            "why": " ".join(problem.get(language) or problem["fi"] for problem in missed.problems),
        }
        for missed in series.missed.filter(made_up_at=None)
    ]


def remind(date: Occupancy, *, now: datetime) -> None:
    """Remind the customer of a date, once for each time to which it is moved."""
    booking = date.booking
    assert booking is not None, "Only dates of bookings are reminded of."
    context = {"booking": booking, "date": date, "url": address_of(booking)}
    cause = f"reminder {date.pk} {date.starts_at.isoformat()}"
    for to in customers_of(booking):
        write("reminder", "reminder", context, to=to, cause=cause, booking=booking, now=now)


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


# --- What else people are told ----------------------------------------------------------------------


def offer(made: Offer, *, now: datetime) -> None:
    """Tell whoever waits that a time is held for them, with the link by which they take it."""
    context = {"offer": made, "url": settings.SITE_URL + made.get_absolute_url()}
    for to in people_for(made.waiting.customer, made.waiting.organisation):
        write("offer", "offer", context, to=to, cause=f"offer {made.pk}", now=now)


def end_of_offer(made: Offer, *, now: datetime) -> None:
    """Tell who still waits that an offer can be had no more, though nobody has answered.

    Who gave up knows it, and whose wait was ended is told of that.
    """
    if made.waiting.ended_at:
        return
    context = {"offer": made, "url": settings.SITE_URL + reverse("bookings:waiting")}
    for to in people_for(made.waiting.customer, made.waiting.organisation):
        write("offer", "offer_withdrawn", context, to=to, cause=f"offer withdrawn {made.pk}", now=now)


def end_of_waiting(waiting: Waiting, why: str, *, now: datetime) -> None:
    """Tell that the wait is over, if not by their own doing."""
    context = {"waiting": waiting, "why": why, "url": settings.SITE_URL + reverse("bookings:waiting")}
    for to in people_for(waiting.customer, waiting.organisation):
        write("waiting", "waiting_ended", context, to=to, cause=f"waiting ended {waiting.pk}", now=now)


def invite(invitation: Invitation, *, now: datetime) -> None:
    """Send the link of an invitation, unless it has been used or withdrawn meanwhile."""
    context = {"invitation": invitation, "url": settings.SITE_URL + invitation.get_absolute_url()}
    mailing.keep(
        "invitation",
        "accounts/messages/invitation",
        context,
        cause=f"invitation {invitation.pk}",
        email=invitation.email,
        language=invitation.language,
        now=now,
    )


def tell_of_sanction(sanction: Sanction, what: str, *, now: datetime) -> None:
    """Tell those concerned that a warning or a ban was "proposed", "decided" or "ended".

    Who proposed it is told that it was "answered".
    """
    if what == "answered":
        people = [sanction.proposed_by]
    elif sanction.organisation:
        people = owners_of(sanction.organisation)
    else:
        people = [sanction.person] if sanction.person else []
    context = {
        "sanction": sanction,
        "what": what,
        "url": settings.SITE_URL + reverse("bookings:sanction", args=[sanction.pk]),
    }
    cause = f"sanction {what} {sanction.pk} {sanction.answered_at or ''}".strip()
    for to in people:
        write("sanction", "sanction", context, to=to, cause=cause, now=now)


def tell_of_swap(swap: Swap, what: str, *, now: datetime) -> None:
    """Tell whoever was asked of a proposal, whoever proposed it of the answer, and both if it lapsed."""
    asked = people_for(swap.asked, swap.asked_organisation)
    if what == "proposed":  # if it has not been answered already
        people = asked if swap.state == Swap.State.PROPOSED else []
    else:
        people = [] if what == Swap.State.WITHDRAWN else people_for(swap.proposed_by, swap.organisation)
        people += asked if what == Swap.State.LAPSED else []
    context = {"swap": swap, "what": what, "url": settings.SITE_URL + reverse("bookings:swaps")}
    for to in people:
        write("swap", "swap", context, to=to, cause=f"swap {what} {swap.pk}", now=now)


def tell_of_failure(impact: Impact, *, now: datetime) -> None:
    """Tell the manager who redrew a hall that it came to nothing, and why; or who could not be moved."""
    url = settings.SITE_URL + reverse("bookings:impact", args=[impact.pk])
    context = {"venue": impact.venue, "url": url, "stranded": impact.after.get("stranded")}
    write("failed", "failed", context, to=impact.created_by, cause=f"failed {impact.pk}", now=now)


# --- Writing --------------------------------------------------------------------------------------


def address_of(booking: Booking) -> str:
    return settings.SITE_URL + booking.get_absolute_url()


def write(
    kind: str,
    template: str,
    context: dict,
    *,
    to: User,
    cause: str,
    booking: Booking | None = None,
    now: datetime,
) -> None:
    """Write to somebody who can sign in; to nobody else."""
    if not to.is_active:
        return
    mailing.keep(
        kind,
        f"bookings/messages/{template}",
        context,
        cause=cause,
        email=to.email,
        language=to.language,
        to=to,
        booking=booking,
        now=now,
    )
