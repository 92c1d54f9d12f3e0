"""Move and cancel the dates that a manager's change hits, many at once.

A single booking is cancelled, or moves, as a whole. Of a booking with many dates only those that are hit go.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from accounts.models import User
from accounts.problems import Problem
from venues.models import Space

from . import charges, occupancies, quotes, signals
from .lifecycle import confirm_if_free, keep_in_time
from .models import Booking, Hit, Occupancy, Status
from .moves import announce, end_quietly, locked, set_status, split_off
from .quotes import DateQuote
from .wishes import wish_of


def cancel_together(hits: Collection[Hit], *, by: User, reasons: Mapping[int, str], now: datetime) -> None:
    """Cancel dates by a manager's word, each for its hit and with its reason, by the bookings' ids.

    Dates of bookings that keep others are released. Whether one has begun meanwhile is for the caller to ask.
    Needs their halls' locks.
    """
    bookings, theirs, left = by_booking(hits)
    ending = [booking for booking in bookings if not left[booking.pk]]
    for booking in ending:
        set_status(booking, Status.CANCELLED)
        booking.reason, booking.cancelled_at, booking.cancelled_by = reasons[booking.pk], now, by
    Booking.objects.bulk_update(ending, ["status", "reason", "cancelled_at", "cancelled_by"])
    charges.take_back([hit.date_id for hit in hits], by=by, now=now)
    released = [hit.date_id for booking in bookings if left[booking.pk] for hit in theirs[booking.pk]]
    if released:
        occupancies.release(released, by=by, now=now)
    for booking in bookings:
        first, dates = theirs[booking.pk][0], [hit.date_id for hit in theirs[booking.pk]]
        if left[booking.pk]:
            signals.dates_released.send(Booking, booking=booking, dates=dates, by=by, hit=first)
        else:
            announce(booking, by=by, hit=first)


def by_booking(hits: Collection[Hit]) -> tuple[list[Booking], dict[int, list[Hit]], dict[int, int]]:
    """Lock the bookings of hits. Return them, their hits, and how many dates each keeps without those."""
    theirs: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        theirs[hit.booking.pk].append(hit)
    left: dict[int, int] = defaultdict(int)
    others = Occupancy.objects.filter(booking__in=theirs, released_at=None)
    others = others.exclude(pk__in=[hit.date_id for hit in hits])
    for booking_id in others.order_by().values_list("booking", flat=True):
        left[booking_id] += 1
    return locked(theirs), theirs, left


def move_together(hits: Sequence[Hit], *, by: User, now: datetime) -> None:
    """Let dates take the places that are held for their hits. They cost no more there than before.

    A date of many that comes to another space belongs to another booking of its series from then on. Needs
    the locks of the halls that they leave and of those that they come to.
    """
    bookings, theirs, _left = by_booking(hits)
    places = occupancies.take_up(hits)
    for hit in hits:
        place = places[hit.pk]
        hit.new_space, hit.new_starts_at, hit.new_ends_at = place.space, place.starts_at, place.ends_at
    Hit.objects.bulk_update(hits, ["new_space", "new_starts_at", "new_ends_at"])
    left = {booking.pk: booking.space for booking in bookings}
    prices = prices_of(theirs, bookings, places, now=now)
    homes: dict[int, Booking] = {}
    single = [booking for booking in bookings if booking.series_id is None]
    for booking in single:
        place = places[theirs[booking.pk][0].pk]
        booking.space = place.space
        keep_in_time(booking, place.starts_at)
        homes[theirs[booking.pk][0].pk] = booking
    Booking.objects.bulk_update(single, ["space", "decide_by", "payment_due_at"])
    for booking in single:
        signals.booking_moved.send(Booking, booking=booking, by=by, hit=theirs[booking.pk][0])
    for booking in bookings:
        if booking.series_id is not None:
            homes |= move_some(booking, theirs[booking.pk], places, by=by, now=now)
    reprice(hits, homes, left, prices, by=by, now=now)


def move_some(
    booking: Booking, hits: Sequence[Hit], places: Mapping[int, Occupancy], *, by: User, now: datetime
) -> dict[int, Booking]:
    """Give some dates of a series the places that they have taken: each is an exception from now on.

    Returns the bookings to which they belong then, by the ids of their hits.
    """
    homes = {}
    for hit in hits:
        homes[hit.pk] = other = booking_in(places[hit.pk].space, booking, hit)
        occupancies.make_exception(hit.date_id, other)
        keep_in_time(other, places[hit.pk].starts_at)
        other.save(update_fields=["decide_by", "payment_due_at"])
        date = Occupancy.objects.select_related("space").get(pk=hit.date_id)
        signals.date_moved.send(Booking, booking=other, date=date, by=by, hit=hit)
    if not Occupancy.objects.filter(booking=booking, released_at=None).exists():
        end_quietly(booking, by=by, now=now)
    return homes


Prices = Mapping[int, DateQuote | Problem | None]


def prices_of(
    theirs: Mapping[int, Sequence[Hit]],
    bookings: Sequence[Booking],
    places: Mapping[int, Occupancy],
    *,
    now: datetime,
) -> Prices:
    """Return what dates cost in the places that they have taken, by the ids of their hits."""
    wishes = {
        hit.pk: replace(wish_of(booking, places[hit.pk]), space=places[hit.pk].space)
        for booking in bookings
        for hit in theirs[booking.pk]
    }
    return dict(zip(wishes, quotes.quotes_for(list(wishes.values()), now=now), strict=True))


def reprice(
    hits: Sequence[Hit],
    homes: Mapping[int, Booking],
    left: Mapping[int, Space],
    prices: Prices,
    *,
    by: User,
    now: datetime,
) -> None:
    """Charge dates that have moved what they cost there, but no more than before.

    Where no price is set for the new time, that is not the customer's doing: it costs what it did.
    """
    moved = [
        charges.Moved(hit.date_id, left[hit.booking.pk], home, price, charges.moved_by_venue(home))
        for hit in hits
        for home, price in [(homes[hit.pk], prices[hit.pk])]
        if not isinstance(price, Problem)
    ]
    charges.reprice(moved, by=by, now=now)
    for booking in {home.pk: home for home in homes.values()}.values():
        confirm_if_free(booking, now=now)


def booking_in(there: Space, booking: Booking, hit: Hit) -> Booking:
    """Return the booking to which the date of a hit belongs in another space."""
    if there == booking.space:
        return booking
    if Occupancy.objects.filter(booking=booking).exclude(pk=hit.date_id).exists():
        return split_off(booking, there)
    booking.space = there
    booking.save(update_fields=["space"])
    return booking
