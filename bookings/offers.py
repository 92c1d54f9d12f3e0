"""How an offer takes its time and lets it go. Who is offered what, and who may answer, `waiting` says.

Whoever calls these has the locks of the halls; offers are locked after them.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from venues.models import Space
from venues.opening_hours import Stretch

from . import occupancies, signals
from .models import Occupancy, Offer, Waiting


def hold(
    waiting: Waiting, space: Space, starts_at: datetime, ends_at: datetime, *, until: datetime, now: datetime
) -> Offer:
    """Hold time that is free for somebody who waits. Raises `TimeTaken`, and the transaction is lost."""
    offer = Offer.objects.create(
        waiting=waiting,
        space=space,
        starts_at=starts_at,
        ends_at=ends_at,
        token=secrets.token_urlsafe(32),
        offered_at=now,
        expires_at=until,
    )
    occupancies.reserve(offer, space)
    signals.offer_made.send(Offer, offer=offer)
    return offer


def end(offers: Iterable[Offer], state: Offer.State, *, now: datetime) -> list[Occupancy]:
    """Hold time no more for offers that are locked and open; return what they held."""
    ended = list(offers)
    held = occupancies.let_go(offer.pk for offer in ended)
    for offer in ended:
        offer.state, offer.answered_at = state, now
    Offer.objects.bulk_update(ended, ["state", "answered_at"])
    if state == Offer.State.WITHDRAWN:
        for offer in ended:
            signals.offer_withdrawn.send(Offer, offer=offer)
    return held


def locked(offers: QuerySet[Offer]) -> list[Offer]:
    """Lock those of the offers that are open, in id order, and return them with all that is told of them."""
    return list(offers.filter(state=Offer.State.OPEN).select_for_update(of=("self",)).order_by("pk"))


# --- Where others need the time -------------------------------------------------------------------


HIT = """
select date.offer_id
from unnest(%s::bigint[]) wanted (id)
join venues_space closed on closed.id = wanted.id
join bookings_occupancy date on date.hall_id = closed.hall_id and date.footprint && closed.footprint
where date.offer_id is not null and date.ends_at > %s
  and tstzrange(date.starts_at, date.ends_at) && %s::tstzmultirange
"""


def give_way(spaces: Sequence[Space], times: Sequence[Stretch], *, now: datetime) -> None:
    """Withdraw what was offered in spaces that are closed at these times. Needs their halls' locks.

    An offer is hit as a booking would be: if what people see of it reaches into the closed time. The time is
    for the closure to close.
    """
    when: Multirange[datetime] = Multirange([Range(*stretch) for stretch in times])
    hit = RawSQL(HIT, [[space.pk for space in spaces], now, when])
    if hit_offers := locked(Offer.objects.filter(pk__in=hit)):
        end(hit_offers, Offer.State.WITHDRAWN, now=now)


def withdraw_in(hall: Space, *, now: datetime) -> None:
    """Withdraw whatever is offered in a hall. Needs its lock."""
    if offered := locked(Offer.objects.filter(space__hall_id=hall.pk)):
        end(offered, Offer.State.WITHDRAWN, now=now)
