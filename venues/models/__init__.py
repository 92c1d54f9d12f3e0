"""What can be booked, when it is open and who looks after it."""

from .hours import Opening, OpeningException, OpeningHours, Timetable
from .places import District, Venue, VenueRole
from .spaces import Equipment, Purpose, Space

__all__ = [
    "District",
    "Equipment",
    "Opening",
    "OpeningException",
    "OpeningHours",
    "Purpose",
    "Space",
    "Timetable",
    "Venue",
    "VenueRole",
]
