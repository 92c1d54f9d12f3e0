"""What can be booked, when it is open and who looks after it."""

from .hours import Opening, OpeningException, OpeningRule, SchoolPeriod, Timetable
from .places import District, Venue, VenueRole
from .policies import Policy, Terms, TermsVersion
from .prices import (
    AddOn,
    CancellationStep,
    CancellationTerms,
    PriceList,
    PriceListVersion,
    PriceRow,
    VatCategory,
    VatRate,
    VatRule,
)
from .spaces import Equipment, Purpose, Space

__all__ = [
    "AddOn",
    "CancellationStep",
    "CancellationTerms",
    "District",
    "Equipment",
    "Opening",
    "OpeningException",
    "OpeningRule",
    "Policy",
    "PriceList",
    "PriceListVersion",
    "PriceRow",
    "Purpose",
    "SchoolPeriod",
    "Space",
    "Terms",
    "TermsVersion",
    "Timetable",
    "VatCategory",
    "VatRate",
    "VatRule",
    "Venue",
    "VenueRole",
]
