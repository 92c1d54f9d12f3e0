"""Amounts as people read them."""

import pytest
from django.utils import translation

from venues.money import euros


@pytest.mark.parametrize(
    ("language", "cents", "words"),
    [
        ("fi", 2034, "20,34 €"),
        ("sv", 5, "0,05 €"),
        ("en", 2034, "€20.34"),
        ("fi", -5000, "−50,00 €"),
        ("en", -5000, "−€50.00"),
        ("fi", 123456789, "1 234 567,89 €"),
        ("fi", 0, "0,00 €"),
    ],
)
def test_an_amount_is_written_as_the_language_does(language, cents, words):
    with translation.override(language):
        assert euros(cents).replace("\u00a0", " ") == words
