"""How much may be written and how many may come: the same on every page and in the API."""

from accounts.models import User

from .models import Booking, Swap

MOST_PEOPLE = 10_000
LONGEST_ID = 18  # digits: what the database can compare

LONGEST_PURPOSE = Booking._meta.get_field("purpose").max_length
LONGEST_NOTE = Booking._meta.get_field("note").max_length
LONGEST_REASON = Booking._meta.get_field("reason").max_length
LONGEST_MESSAGE = Swap._meta.get_field("message").max_length
LONGEST_NAME = User._meta.get_field("name").max_length
LONGEST_PHONE = User._meta.get_field("phone").max_length
LONGEST_ADULT_NAME = Booking._meta.get_field("adult_name").max_length
LONGEST_ADULT_PHONE = Booking._meta.get_field("adult_phone").max_length


def is_id(text: str) -> bool:
    """Whether a text could be the id of a row."""
    return text.isdecimal() and len(text) <= LONGEST_ID
