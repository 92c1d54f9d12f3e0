"""Finnish reference numbers: by them a bank transfer is known. Plain values.

The last digit checks the others: weights 7, 3, 1 from the right, what is missing to a full ten. As Finance
Finland describes the national reference; 4 to 20 digits.
"""

from itertools import cycle

WEIGHTS = (7, 3, 1)
SHORTEST, LONGEST = 4, 20
BEFORE_THE_FIRST = 1000  # so that none is too short, and none begins with a zero


def check_digit(digits: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(reversed(digits), cycle(WEIGHTS), strict=False))
    return str(-total % 10)


def reference_of(number: int) -> str:
    """Return the reference of an invoice by its number."""
    digits = str(BEFORE_THE_FIRST + number)
    return digits + check_digit(digits)


def is_reference(text: str) -> bool:
    """Whether it could be a reference: the right length, and the last digit checks the others."""
    plain = plain_reference(text)
    return (
        plain.isdecimal()
        and plain.isascii()
        and SHORTEST <= len(plain) <= LONGEST
        and check_digit(plain[:-1]) == plain[-1]
    )


def plain_reference(text: str) -> str:
    """Return a reference without the spaces and leading zeros that people and banks add."""
    return "".join(text.split()).lstrip("0")


def in_groups(reference: str) -> str:
    """Return a reference as it stands on an invoice: in groups of five, counted from the right."""
    first = len(reference) % 5
    groups = [reference[:first], *(reference[at : at + 5] for at in range(first, len(reference), 5))]
    return " ".join(filter(None, groups))
