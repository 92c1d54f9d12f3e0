"""What commands about people are told."""

from argparse import ArgumentTypeError

from django.core.exceptions import ValidationError

from accounts.models import User


def address(text: str) -> str:
    """Return an e-mail address as accounts keep it, in small letters."""
    email = text.strip().lower()
    try:
        User._meta.get_field("email").clean(email, None)
    except ValidationError as exc:
        raise ArgumentTypeError(
            f"{email!r} is not an e-mail address. Write one like nimi@example.org."
        ) from exc
    return email
