"""A hall that is divided anew while bookings are in the way: it waits until they have gone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem
from venues.models import Space

from . import layout, occupancies
from .changes import Made, Why
from .layout import Collision, Layout, RedrawCollides
from .models import AGREED_OR_ASKED, Impact, Occupancy


@dataclass(frozen=True)
class Redrawn:
    """The floor of a hall is divided anew. Of two dates that would collide at least one must go."""

    hall: Space
    layout: Layout
    seen: str | None = None

    def halls(self) -> set[int]:
        return {self.hall.pk}

    def make(self, *, by: User, now: datetime) -> Made:
        remembered = {
            "cause": Impact.Cause.LAYOUT,
            "venue": self.hall.venue,
            "before": {"hall": self.hall.pk, "layout": listed(layout.layout_of(self.hall))},
            "after": {"layout": listed(self.layout)},
        }
        try:
            layout.redraw(self.hall, self.layout, by=by, now=now, seen=self.seen)
        except RedrawCollides:
            found, _total = layout.collisions(self.hall, self.layout, now=now, limit=None)
            if not all(any(can_go(date, now) for date in collision.pair) for collision in found):
                raise
            rivals = [(collision.first.pk, collision.second.pk) for collision in found]
            return Made(colliding(found, now), remembered, rivals)
        return Made({}, remembered)


def without(redrawn: Redrawn, dates: Iterable[int], *, by: User, now: datetime) -> None:
    """Redraw as if these dates had gone. Whoever calls this takes it back."""
    occupancies.set_aside(dates, now=now)
    layout.redraw(redrawn.hall, redrawn.layout, by=by, now=now)


def can_go(date: Occupancy, now: datetime) -> bool:
    """Whether the date may be moved or cancelled to make room. Needs `booking` loaded."""
    return date.booking is not None and date.booking.status in AGREED_OR_ASKED and date.starts_at > now


def colliding(collisions: Iterable[Collision], now: datetime) -> Why:
    why: Why = defaultdict(list)
    for collision in collisions:
        for one, other in (collision.pair, reversed(collision.pair)):
            if can_go(one, now):
                message = _("This would share floor with %(other)s.") % {"other": other.space.name}
                why[one.pk].append(Problem("redraw_collides", message))
    return dict(why)


def listed(drawn: Layout) -> dict[str, list[int]]:
    return {str(pk): sorted(floor) for pk, floor in drawn.items()}


def drawn(said: Mapping[str, list[int]]) -> Layout:
    return {int(pk): set(floor) for pk, floor in said.items()}


def redraw(impact: Impact, *, now: datetime) -> None:
    """Redraw a hall as an impact has waited for. Raises `Refused` if others have come in between."""
    hall = Space.objects.get(pk=impact.before["hall"])
    before, after = drawn(impact.before["layout"]), drawn(impact.after["layout"])
    layout.redraw(hall, after, by=impact.created_by, now=now, seen=layout.version(before))
