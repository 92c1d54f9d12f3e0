"""The places that are held for dates which are about to move, and the impacts that hit the dates there.

Such an impact waits for the one that moves the date; if that one comes to nothing, it hits the date where it
stays instead, or not at all.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from . import closures, occupancies
from .models import Hit, Impact, Occupancy
from .rechecking import as_they_were, still_hit


def bring_forward(dates: Iterable[int], *, due_at: datetime) -> None:
    """Let the impacts that are about to move these dates come due no later than this."""
    moving = Hit.objects.filter(date__in=dates, target__isnull=False)
    Impact.objects.filter(pk__in=moving.values("impact"), due_at__gt=due_at).update(due_at=due_at)


def halls_held_for(impact: Impact) -> set[int]:
    """Return the halls of the places that are held for an impact's dates, by it and by others."""
    held = Occupancy.objects.filter(hit__date__in=impact.hits.values("date"))
    return set(held.order_by().values_list("hall_id", flat=True))


def give_back(hits: QuerySet[Hit], *, now: datetime) -> None:
    """Free the places that are held for hits; closures around them close them.

    Pending impacts that hit the dates there hit them where they stay, if they do. Needs the halls' locks.
    """
    held = Occupancy.objects.filter(hit__in=hits)
    freed = list(held.values_list("hall_id", "setup_at", "clear_at"))
    if not freed:
        return
    later = set_back(hits)
    occupancies.take_back(hits)
    closures.freed_together(freed, now=now)
    forget_what_is_not_hit(later, now=now)


SET_BACK = """
update bookings_hit later
set space_id = earlier.space_id, starts_at = earlier.starts_at, ends_at = earlier.ends_at
from bookings_hit earlier
join bookings_occupancy held on held.hit_id = earlier.id
join bookings_hit there on there.date_id = earlier.date_id and there.impact_id <> earlier.impact_id
    and there.space_id = held.space_id
    and (there.starts_at, there.ends_at) = (held.starts_at, held.ends_at)
join bookings_impact impact on impact.id = there.impact_id
where later.id = there.id and earlier.id = any(%s) and impact.done_at is null and impact.undone_at is null
returning later.id
"""


def set_back(hits: QuerySet[Hit]) -> list[int]:
    """Note where the dates of hits stay in the hits of other impacts that were noted where they would go."""
    with connection.cursor() as cursor:
        cursor.execute(SET_BACK, [list(hits.values_list("pk", flat=True))])
        return [pk for (pk,) in cursor.fetchall()]


def forget_what_is_not_hit(pks: Collection[int], *, now: datetime) -> None:
    """Delete hits of dates that their impacts do not hit where they are, with the places held for them."""
    for impact in Impact.objects.filter(hits__in=pks).distinct():
        here = list(as_they_were(impact.hits.filter(pk__in=pks), now=now))
        hit = still_hit(impact, [each.date for each in here], now=now)
        if gone := [each.pk for each in here if each.date_id not in hit]:
            give_back(Hit.objects.filter(pk__in=gone), now=now)
            Hit.objects.filter(pk__in=gone).delete()
