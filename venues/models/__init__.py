"""What can be booked, when it is open and who looks after it."""

from .hours import Opening, OpeningException, OpeningRule, SchoolPeriod, Timetable
from .places import District, Venue, VenueRole
from .policies import Policy, Terms, TermsVersion
from .spaces import Equipment, Purpose, Space

__all__ = [
    "District",
    "Equipment",
    "Opening",
    "OpeningException",
    "OpeningRule",
    "Policy",
    "Purpose",
    "SchoolPeriod",
    "Space",
    "Terms",
    "TermsVersion",
    "Timetable",
    "Venue",
    "VenueRole",
]
