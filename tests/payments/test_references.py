"""Reference numbers: a wrong digit is seen before money goes astray."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.references import in_groups, is_reference, plain_reference, reference_of


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        (1, "10016"),  # 1×7 + 0×3 + 0×1 + 1×7 = 14, and 6 are missing to 20
        (123, "11235"),  # 3×7 + 2×3 + 1×1 + 1×7 = 35, and 5 are missing to 40
        (2345, "33459"),  # 5×7 + 4×3 + 3×1 + 3×7 = 71, and 9 are missing to 80
        (9, "10090"),  # 9×7 + 0 + 0 + 1×7 = 70, and nothing is missing
    ],
)
def test_the_last_digit_checks_the_others(number, reference):
    assert reference_of(number) == reference


@given(st.integers(1, 10**15), st.data())
def test_what_we_give_is_a_reference_and_with_one_wrong_digit_it_is_none(number, data):
    reference = reference_of(number)
    place = data.draw(st.integers(0, len(reference) - 1))
    digit = data.draw(st.sampled_from("0123456789").filter(lambda other: other != reference[place]))
    other = reference[:place] + digit + reference[place + 1 :]

    assert is_reference(reference)
    assert not is_reference(other)


def test_people_and_banks_write_it_with_spaces_and_zeros():
    assert plain_reference("00000 00000 00001 0016") == "10016"
    assert is_reference("1 0016")
    assert in_groups("123456789") == "1234 56789"
    assert in_groups("12345") == "12345"


@pytest.mark.parametrize("text", ["", "123", "12a2", "١٢٣٢", "1" * 21, "1233"])
def test_what_is_no_reference(text):
    assert not is_reference(text)
