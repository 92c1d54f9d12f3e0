"""The dates of a booking as its page lists them: what became of each, and what can be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User

from . import permissions, swaps
from .impacts import reason_for
from .models import AGREED_OR_ASKED, Booking, Hit, Occupancy
from .wishes import dates_of


@dataclass(frozen=True)
class DateRow:
    """A date, its state for programs and in words, why the venue changed it, and what this person may do."""

    date: Occupancy
    state: str  # coming, past, released, moved
    label: str
    reason: str = ""
    can_release: bool = False
    can_move: bool = False
    can_swap: bool = False
    can_take_again: bool = False


def state_of(date: Occupancy, *, now: datetime) -> str:
    """Return what became of a date: it is "coming", "past", "released", or comes where it was "moved"."""
    if date.released_at:
        return "released"
    if date.ends_at <= now:
        return "past"
    return "moved" if date.is_exception else "coming"


def rows_of(booking: Booking, *, reader: User, now: datetime) -> list[DateRow]:
    """Return a row for every date of a booking. Needs its `dates` and `space` loaded."""
    dates = dates_of(booking)
    hits = hits_of(dates)
    is_open = booking.status in AGREED_OR_ASKED
    may_change = is_open and permissions.can_change(reader, booking)
    may_move = may_change and permissions.can_move(reader, booking, booking.space)
    may_swap = swaps.can_propose(reader, booking)
    rows = []
    for date in dates:
        state, hit = state_of(date, now=now), hits.get(date.pk)
        is_ahead, is_released = date.starts_at > now, state == "released"
        by_venue = hit if hit and concerns(hit, date) else None
        rows.append(
            DateRow(
                date,
                state,
                label_of(state, by_venue),
                reason=reason_for(reader, by_venue.impact) if by_venue else "",
                can_release=may_change and is_ahead and not is_released,
                can_move=may_move and is_ahead and not is_released,
                can_swap=may_swap and is_ahead and not is_released,
                can_take_again=may_change and is_ahead and is_released,
            )
        )
    return rows


def hits_of(dates: Sequence[Occupancy]) -> dict[int, Hit]:
    """Return the last hit that was carried out for each date, by the date's id."""
    hits = Hit.objects.filter(date__in=dates, is_carried_out=True).select_related("impact__closure", "space")
    return {hit.date_id: hit for hit in hits.order_by("impact__done_at", "pk")}


def concerns(hit: Hit, date: Occupancy) -> bool:
    """Whether a date is what a hit made of it: its customer may have changed it since."""
    if hit.fate == Hit.Fate.CANCEL:
        return date.released_at is not None
    there = hit.new_space_id, hit.new_starts_at, hit.new_ends_at
    return hit.fate == Hit.Fate.MOVE and there == (date.space_id, date.starts_at, date.ends_at)


def label_of(state: str, hit: Hit | None) -> str:
    if hit and state == "released":
        return _("Cancelled by the venue")
    if hit and state == "moved":
        return _("Moved by the venue")
    return {
        "coming": _("To come"),
        "past": _("Over"),
        "released": _("Given back"),
        "moved": _("Moved"),
    }[state]
