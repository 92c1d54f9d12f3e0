"""Money in words. Amounts are integer cents; nothing is rounded here."""

from django.utils.formats import number_format
from django.utils.translation import get_language

NO_BREAK = "\u00a0"  # a space that does not break: an amount stays on one line


def euros(cents: int) -> str:
    """Return an amount as the reader's language writes it: "20,34 €", in English "€20.34"."""
    sign = "\u2212" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    amount = number_format(f"{whole}.{rest:02}", decimal_pos=2, use_l10n=True, force_grouping=True)
    if (get_language() or "fi").startswith("en"):
        return f"{sign}€{amount}"
    return f"{sign}{amount}{NO_BREAK}€"
