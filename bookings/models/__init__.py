"""Who has which space when. DESIGN of the invariant: docs/architecture.md."""

from .answers import KeptAnswer
from .bookings import AGREED_OR_ASKED, DEADLINES, ENDED, Booking, BookingQuerySet, Status
from .closures import Closure, ClosureTime, Hit, Impact
from .messages import Message, MessageText
from .occupancies import Occupancy
from .prices import PriceLine
from .sanctions import Sanction
from .series import MissedDate, Series
from .swaps import Swap
from .unmet import UnmetWish
from .waiting import Offer, Waiting

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
    "Message",
    "MessageText",
    "MissedDate",
    "Occupancy",
    "Offer",
    "PriceLine",
    "Sanction",
    "Series",
    "Status",
    "Swap",
    "UnmetWish",
    "Waiting",
]
