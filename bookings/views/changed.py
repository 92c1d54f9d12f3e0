"""What a manager's change did to a booking, as its customer reads it on the booking's page."""

from datetime import datetime, timedelta

from accounts.models import User
from venues.audiences import asker
from venues.clock import local
from venues.models import Space
from venues.models.spaces import FARTHEST_BOOKING, LONGEST_BOOKING, MINUTE

from .. import permissions
from ..alternatives import other_spaces, other_times
from ..impacts import reason_for
from ..messages import search_for_another
from ..models import AGREED_OR_ASKED, Booking, Hit, Status
from .holds import hold_url

Fate = Hit.Fate


def by_the_venue(booking: Booking, *, reader: User, now: datetime) -> dict:
    """Return what the page says of the last change that moved or cancelled the booking, if one did.

    Before it is carried out there is nothing to say. Whoever lost a time is offered the nearest free ones.
    """
    hit = last_hit(booking)
    if hit is None:
        return {}
    said = {"hit": hit, "hit_reason": reason_for(reader, hit.impact)}
    if hit.fate == Fate.CANCEL and permissions.is_customer(reader, booking):
        said["offers"] = [
            {"space": offer.space, "starts_at": offer.starts_at, "ends_at": offer.ends_at}
            | {"action": hold_url(offer.space, str(booking.attendees), str(booking.organisation_id or ""))}
            for offer in instead_of(booking, hit, now=now)
        ]
        said["search_url"] = search_for_another(booking, hit)
    return said


def last_hit(booking: Booking) -> Hit | None:
    """Return the hit that made the booking what it is: cancelled, or at another time or place.

    None once its customer, or the venue, has moved it on.
    """
    if booking.status == Status.CANCELLED:
        fate = Fate.CANCEL
    elif booking.status in AGREED_OR_ASKED and booking.series_id is None:  # a series says it of each date
        fate = Fate.MOVE
    else:
        return None
    hits = Hit.objects.filter(date__booking=booking, is_carried_out=True, impact__done_at__isnull=False)
    hit = hits.select_related("impact__closure", "space__venue", "date").order_by("-impact__done_at").first()
    return hit if hit and hit.fate == fate and (fate == Fate.CANCEL or is_there(hit)) else None


def is_there(hit: Hit) -> bool:
    """Whether the date is where the hit has moved it."""
    date = hit.date
    there = hit.new_space_id, hit.new_starts_at, hit.new_ends_at
    return (date.space_id, date.starts_at, date.ends_at) == there


def instead_of(booking: Booking, hit: Hit, *, now: datetime):
    """Return what the customer could have instead of the lost time: times here, then spaces just then."""
    length = -((hit.starts_at - hit.ends_at) // MINUTE) * MINUTE
    if not timedelta(0) < length <= LONGEST_BOOKING:
        return []
    space = Space.objects.with_place().get(pk=hit.space_id)
    whose = asker(booking.customer, booking.organisation, today=local(now).date())
    near = max(min(hit.starts_at, now + FARTHEST_BOOKING), now)
    times = other_times(space, near, length, asker=whose, now=now)
    if near != hit.starts_at:
        return times
    return [
        *times,
        *other_spaces(space, near, length, attendees=booking.attendees, asker=whose, now=now),
    ]
