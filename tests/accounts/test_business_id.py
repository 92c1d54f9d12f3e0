"""Business ids are checked by their check digit."""

import pytest
from django.core.exceptions import ValidationError

from accounts.business_id import is_business_id, tidy, validate_business_id


@pytest.mark.parametrize(
    "given",
    [
        "0201256-6",  # City of Helsinki
        "0112038-9",  # Nokia
        "0201789-3",
        "1234567-1",
        "0000000-0",  # nobody's, but its check digit is right
    ],
)
def test_the_check_digit_of_a_real_one_is_right(given):
    assert is_business_id(given)
    validate_business_id(given)


@pytest.mark.parametrize("last", range(10))
def test_any_other_digit_is_wrong(last):
    assert is_business_id(f"0201256-{last}") == (last == 6)


@pytest.mark.parametrize("last", range(10))
def test_a_remainder_of_one_was_never_given_out(last):
    # 2 × 6 = 12, and 12 leaves one over.
    assert not is_business_id(f"0000006-{last}")


@pytest.mark.parametrize("given", ["02012566", "0201256–6", " 0201256 - 6 ", "201256-6", "2012566"])
def test_it_is_tidied_and_older_ones_of_six_digits_get_a_zero(given):
    assert tidy(given) == "0201256-6"


@pytest.mark.parametrize(
    "given", ["", "0201256", "FI02012566", "abc", "٠٢٠١٢٥٦-٦", "0201256-6\n", "1" * 400, "\0"]
)
def test_anything_else_is_none(given):
    assert not is_business_id(given)
    with pytest.raises(ValidationError):
        validate_business_id(given)
    tidy(given)
