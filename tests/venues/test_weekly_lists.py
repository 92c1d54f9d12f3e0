"""Weekly hours as lists write them: other hours in some weeks, and doubt, which closes."""

from datetime import time

import pytest

from venues.importing.hours import Said, joined, read_day


def hours(text: str):
    opens, closes = text.split("–")
    return time.fromisoformat(opens), time.fromisoformat(closes)


def said(text: str = "", *, parity: str = "", status: str = "open") -> Said:
    return Said(hours(text) if text else None, parity, status, text)


@pytest.mark.parametrize(
    ("lines", "open_hours"),
    [
        ([said("09:00–21:00")], ["09:00–21:00"]),
        ([said("09:00–14:00"), said("18:00–21:00")], ["09:00–14:00", "18:00–21:00"]),
        ([said(status="closed")], []),
    ],
)
def test_plain_days_are_read_as_they_stand(lines, open_hours):
    reading = read_day(lines)

    assert reading.hours.get("", []) == list(map(hours, open_hours))
    assert not reading.doubt


@pytest.mark.parametrize(
    ("lines", "even", "odd"),
    [
        (
            [said("08:00–23:00", parity="even"), said("08:00–16:30", parity="odd")],
            "08:00–23:00",
            "08:00–16:30",
        ),
        ([said("08:00–12:00", parity="even")], "08:00–12:00", None),  # odd weeks are not mentioned: closed
    ],
)
def test_even_and_odd_weeks_have_hours_of_their_own(lines, even, odd):
    reading = read_day(lines)

    assert reading.hours == {
        parity: [hours(text)] for parity, text in [("even", even), ("odd", odd)] if text is not None
    }
    assert not reading.doubt


AMBIGUOUS = "ambiguous_two_alternatives_in_source"


@pytest.mark.parametrize(
    ("lines", "open_hours"),
    [
        ([said("09:00–16:00", status=AMBIGUOUS), said("09:00–22:00", status=AMBIGUOUS)], ["09:00–16:00"]),
        ([said("09:00–21:00", status="open_with_exception")], []),
        ([said("17:00–12:00", status="source_typo_end_before_start")], []),
        ([said(status="unparsed_source_typo")], []),
        ([said("09:00–21:00", status="a word that nobody has seen yet")], []),
    ],
)
def test_in_doubt_only_what_is_open_by_every_reading_is_open(lines, open_hours):
    reading = read_day(lines)

    assert reading.hours.get("", []) == list(map(hours, open_hours))
    assert reading.doubt


def test_neighbouring_hours_become_one():
    several = [hours("12:00–15:00"), hours("08:00–12:00"), hours("18:00–00:00")]

    assert joined(several) == [hours("08:00–15:00"), hours("18:00–00:00")]
