"""How a hall is divided: which pieces of its floor each of its spaces covers."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from psycopg.types.multirange import Multirange

from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.versions import refuse_other_version, version_of
from venues.fields import footprint, pieces
from venues.models import Space
from venues.models.spaces import MOST_PIECES

from . import closures, offers
from .models import Occupancy
from .occupancies import TimeTaken, lock_halls, refused_as_time_taken
from .transactions import in_one_transaction

logger = logging.getLogger(__name__)

# What a space covers: its id, and the numbers of its pieces of floor.
Layout = Mapping[int, set[int]]

NAMED_COLLISIONS = 20


@dataclass(frozen=True)
class Collision:
    """Two stretches of taken time that a new layout would put on the same floor at the same time."""

    first: Occupancy
    second: Occupancy

    @property
    def pair(self) -> tuple[Occupancy, Occupancy]:
        return self.first, self.second


class RedrawCollides(Refused):
    """The new layout would put two bookings on one piece of floor.

    `collisions` names the nearest of them, those still to come first; `total` says how many there are.
    """

    def __init__(self, collisions: list[Collision], total: int):
        self.collisions, self.total = collisions, total
        message = ngettext_lazy(
            "The new layout would put two bookings on the same floor in %(count)d case.",
            "The new layout would put two bookings on the same floor in %(count)d cases.",
            total,
        )
        super().__init__(Problem("redraw_collides", message % {"count": total}))


def layout_of(hall: Space) -> dict[int, set[int]]:
    """Return what each space of the hall covers now, the hall itself among them."""
    drawn = Space.objects.filter(hall_id=hall.pk).values_list("pk", "footprint")
    return {pk: pieces(floor) for pk, floor in drawn}


def version(layout: Layout) -> str:
    return version_of(facts(layout))


def facts(layout: Layout) -> list:
    return sorted((pk, sorted(floor)) for pk, floor in layout.items())


@in_one_transaction
def redraw(hall: Space, footprints: Layout, *, by: User, now: datetime, seen: str | None = None) -> None:
    """Say anew which pieces of floor every space of the hall covers; all its taken time follows.

    `seen` is the version of the layout that the person looked at: raises `ChangedMeanwhile` if the hall was
    redrawn since. Raises `RedrawCollides` where two bookings would come to share floor. Bookings of the past
    count too: floor that was used twice cannot be called one piece afterwards. What is closed from now on
    stands in nobody's way: it is closed anew, as the spaces are drawn then. What was offered to those who
    wait is withdrawn: of another floor it is another offer.
    """
    lock_halls([hall.pk])
    before = layout_of(hall)
    refuse_other_version(seen, facts(before))
    if problems := problems_with(hall, footprints, before):
        raise Refused(*problems)
    if footprints == before:
        return
    try:
        with refused_as_time_taken(), transaction.atomic():
            closures.open_up([hall.pk], now=now)
            offers.withdraw_in(hall, now=now)
            step_aside(hall, before, footprints)
            draw(hall, footprints)
            closures.fill([hall.pk], now=now)
    except TimeTaken:
        raise RedrawCollides(*collisions(hall, footprints, now=now)) from None
    transaction.on_commit(lambda: logger.info("Hall %s redrawn by user %s", hall.pk, by.pk))


def problems_with(hall: Space, footprints: Layout, before: Layout) -> list[Problem]:
    """Return everything that is wrong with a layout as such, whoever has booked what."""
    if footprints.keys() != before.keys():
        return [
            Problem(
                "space_missing",
                _("The spaces of this hall were changed meanwhile. Look at the layout again."),
            )
        ]
    return [problem for pk, floor in footprints.items() for problem in floor_problems(hall, pk, footprints)]


def floor_problems(hall: Space, pk: int, footprints: Layout) -> Iterable[Problem]:
    floor, field = footprints[pk], f"space_{pk}"
    if not floor:
        yield Problem("no_floor", _("A space covers at least one piece of floor."), field)
    if not floor <= set(range(MOST_PIECES)):
        yield Problem("piece_unknown", _("The pieces are numbered from 0 to 99."), field)
    if not floor <= footprints[hall.pk]:
        yield Problem("outside_hall", _("A part lies within its hall."), field)


def step_aside(hall: Space, before: Layout, after: Layout) -> None:
    """Move all floors beyond every number in use, so that nobody collides on the way to the new ones."""
    beyond = 1 + max(piece for layout in (before, after) for floor in layout.values() for piece in floor)
    draw(hall, {pk: {piece + beyond for piece in floor} for pk, floor in before.items()})


def draw(hall: Space, footprints: Layout) -> None:
    """Write a layout in one statement: a part is checked against its hall as that statement leaves it."""
    whole = footprint(footprints[hall.pk])
    Space.objects.bulk_update(
        [
            Space(pk=pk, footprint=footprint(floor), hall_footprint=None if pk == hall.pk else whole)
            for pk, floor in footprints.items()
        ],
        ["footprint", "hall_footprint"],
    )


COLLISIONS = """
with floor as (
    select * from unnest(%(spaces)s::int[], %(floors)s::int4multirange[]) as floor (space_id, footprint)
)
select one.id, other.id, count(*) over ()
from bookings_occupancy one
join bookings_occupancy other on other.hall_id = one.hall_id and other.id > one.id
    and (other.with_setup && one.with_setup or other.with_cleanup && one.with_cleanup)
join floor here on here.space_id = one.space_id
join floor there on there.space_id = other.space_id
where one.hall_id = %(hall)s and one.holds_time and other.holds_time and here.footprint && there.footprint
  and one.offer_id is null and other.offer_id is null
  and (one.closure_id is null or one.starts_at < %(now)s)
  and (other.closure_id is null or other.starts_at < %(now)s)
order by least(one.ends_at, other.ends_at) <= %(now)s,
         abs(extract(epoch from one.starts_at - %(now)s)), one.id
limit %(limit)s
"""


def collisions(
    hall: Space, footprints: Layout, *, now: datetime, limit: int | None = NAMED_COLLISIONS
) -> tuple[list[Collision], int]:
    """Return whose time would overlap under a layout: the nearest, those to come first, and the total."""
    floors: list[Multirange] = [footprint(floor) for floor in footprints.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            COLLISIONS,
            {
                "hall": hall.pk,
                "spaces": list(footprints),
                "floors": floors,
                "now": now,
                "limit": limit,
            },
        )
        pairs = cursor.fetchall()
    dates = Occupancy.objects.select_related(
        "space", "booking__customer", "booking__organisation", "closure"
    ).in_bulk({pk for one, other, _total in pairs for pk in (one, other)})
    total = pairs[0][2] if pairs else 0
    return [Collision(dates[one], dates[other]) for one, other, _total in pairs], total
