"""May this person? One predicate for each question, used by page, API and template alike.

Each needs the booking's `space` loaded. Whether the thing can be done at all is for `lifecycle`.
"""

from accounts.models import Membership, Organisation, User
from venues.models import Space, Venue

from .models import Booking, Series, Status, Waiting


def looks_after(user: User, venue: Venue) -> bool:
    """Manages the venue, or all of the city's."""
    return Venue.objects.looked_after_by(user).filter(pk=venue.pk).exists()


def can_decide(user: User, booking: Booking) -> bool:
    """Approve, decline, settle: the venue's managers."""
    return looks_after(user, booking.space.venue)


def speaks_for_venue(user: User | None, booking: Booking) -> bool:
    """Whether somebody acts as the venue, and not as the customer, where it is about the customer's money."""
    return user is None or (can_decide(user, booking) and not is_customer(user, booking))


def can_change(user: User, booking: Booking) -> bool:
    """Cancel: the customer, those who book for the organisation, the venue's managers."""
    return is_customer(user, booking) or can_decide(user, booking)


def can_move(user: User, booking: Booking, to: Space) -> bool:
    """The venues' managers, and the customer as long as nobody's decision is passed by.

    Whoever asked for one time and was approved may not take another without asking.
    """
    if can_decide(user, booking):
        return to.venue_id == booking.space.venue_id or looks_after(user, to.venue)
    undecided = booking.status == Status.REQUESTED and to.venue_id == booking.space.venue_id
    at_once = booking.status != Status.REQUESTED and to.approval == Space.Approval.INSTANT
    return is_customer(user, booking) and (undecided or at_once)


def can_note_use(user: User, booking: Booking) -> bool:
    """Write down whether people came: whoever works at the venue, its caretaker too."""
    here = booking.space.venue
    return looks_after(user, here) or here.roles.filter(user=user).exists()


def can_check_in(user: User, booking: Booking) -> bool:
    """Say that they have come: the customer's people, and whoever works at the venue."""
    return is_customer(user, booking) or can_note_use(user, booking)


def can_sanction(user: User, venue: Venue | None) -> bool:
    """Warn or ban somebody at a venue: its managers. In the whole city: its staff."""
    return looks_after(user, venue) if venue else user.is_staff


def can_answer(user: User, waiting: Waiting) -> bool:
    """Accept or decline what is offered, or wait no more: who waits, or who books for the organisation."""
    if waiting.organisation:
        return can_book_for(user, waiting.organisation)
    return waiting.customer_id == user.pk


def can_see_arrival(user: User, booking: Booking) -> bool:
    """How to get in is told to those with a confirmed booking, and to the venue's managers."""
    return booking.status == Status.CONFIRMED or can_decide(user, booking)


def can_book_for(user: User, organisation: Organisation) -> bool:
    return organisations_of(user).filter(pk=organisation.pk).exists()


def organisations_of(user: User):
    """Organisations for which this person may book."""
    return Organisation.objects.bookable_by(user)


def is_customer(user: User, booking: Booking | Series) -> bool:
    """Books for the organisation that the booking or series is for; their own's is whoever made it.

    Whoever left an organisation leaves its bookings; those of one that has ended are left to whoever booked
    for it at the end.
    """
    return acts_for(user, booking.customer_id, booking.organisation)


def acts_for(user: User, person: int | None, organisation: Organisation | None) -> bool:
    """Is this person, by id, or books for the organisation for which it was done, also when it has ended."""
    if organisation is None:
        return person == user.pk
    return organisation.memberships.filter(user=user, role__in=Membership.MAY_BOOK).exists()
