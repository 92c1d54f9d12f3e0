"""Who has which space when. DESIGN of the invariant: docs/architecture.md."""

from .answers import KeptAnswer
from .bookings import AGREED_OR_ASKED, DEADLINES, ENDED, Booking, BookingQuerySet, Status
from .closures import Closure, ClosureTime, Hit, Impact
from .occupancies import Occupancy
from .unmet import UnmetWish

__all__ = [
    "AGREED_OR_ASKED",
    "DEADLINES",
    "ENDED",
    "Booking",
    "BookingQuerySet",
    "Closure",
    "ClosureTime",
    "Hit",
    "Impact",
    "KeptAnswer",
    "Occupancy",
    "Status",
    "UnmetWish",
]
