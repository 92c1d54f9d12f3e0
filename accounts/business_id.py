"""Business ids: seven digits, a hyphen, and a check digit (Y-tunnus).

The check digit is the Finnish Tax Administration's: the digits are weighed 7, 9, 10, 5, 8, 4, 2, their sum is
divided by 11, and a remainder of 1 is never given out.
"""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WEIGHTS = (7, 9, 10, 5, 8, 4, 2)


NOT_ONE = _("This is no business ID. It looks like 1234567-1, and its last digit checks the others.")


def tidy(text: str) -> str:
    """Return a business id as it is stored, "1234567-8": older ones of six digits get a zero in front."""
    digits = re.sub(r"[\s\-‐–—]", "", text)
    if re.fullmatch(r"[0-9]{7,8}", digits):
        digits = digits.zfill(8)
        return f"{digits[:7]}-{digits[7]}"
    return text.strip()


def is_business_id(text: str) -> bool:
    """Whether it is written as it is stored, and its check digit is right."""
    if not re.fullmatch(r"[0-9]{7}-[0-9]", text):
        return False
    rest = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, text[:7], strict=True)) % 11
    return rest != 1 and int(text[-1]) == (0 if rest == 0 else 11 - rest)


def validate_business_id(text: str) -> None:
    if not is_business_id(text):
        raise ValidationError(NOT_ONE, "not_a_business_id")
