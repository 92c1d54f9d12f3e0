"""What somebody tells about themselves, once, where it is needed first."""

from datetime import date

from django.utils import timezone

from .models import User

EARLIEST_BIRTH = date(1900, 1, 1)


def could_be_born_on(day: date) -> bool:
    """Whether somebody alive may have been born on the day."""
    return EARLIEST_BIRTH <= day <= timezone.localdate()


def remember_birth(user: User, born_on: date | None) -> None:
    """Keep a date of birth with somebody who has told none yet. It is changed under "my details" only."""
    if born_on and user.born_on is None:
        user.born_on = born_on
        user.save(update_fields=["born_on"])


def remember_contact(user: User, *, name: str, phone: str) -> None:
    """Keep the name and phone of somebody who had told no name yet."""
    if not user.name:
        user.name, user.phone = name, phone
        user.save(update_fields=["name", "phone"])
