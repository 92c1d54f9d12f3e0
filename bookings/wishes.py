"""What somebody asks for."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Organisation
from venues.clock import exact
from venues.models import Space

from .models import Booking, Occupancy


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a space, from when to when, for what and for how many."""

    space: Space
    starts_at: datetime
    ends_at: datetime
    purpose: str = ""
    attendees: int = 1
    note: str = ""
    organisation: Organisation | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_at", exact(self.starts_at))
        object.__setattr__(self, "ends_at", exact(self.ends_at))


def wish_of(booking: Booking) -> Wish:
    """Return what a booking asks for, to be changed in part with `dataclasses.replace`."""
    date = date_of(booking)
    return Wish(
        space=booking.space,
        starts_at=date.starts_at,
        ends_at=date.ends_at,
        purpose=booking.purpose,
        attendees=booking.attendees,
        note=booking.note,
        organisation=booking.organisation,
    )


def date_of(booking: Booking) -> Occupancy:
    """Return the one date of a single booking: as it was prefetched, if it was."""
    (date,) = booking.dates.all()
    return date
