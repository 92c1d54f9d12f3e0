"""Opening hours are written as people write them, and read back the same."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from venues.hours_forms import HoursField, WeekForm
from venues.hours_in_words import weekly_sentence

EIGHT_TO_NOON, EVENING = (time(8), time(12)), (time(17), time(21, 30))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("8.00–12.00", [EIGHT_TO_NOON]),
        ("8-12", [EIGHT_TO_NOON]),
        ("08:00 - 12:00", [EIGHT_TO_NOON]),
        ("klo 8–12", [EIGHT_TO_NOON]),
        ("8–12, 17–21.30", [EIGHT_TO_NOON, EVENING]),
        ("17–21.30 ja 8–12", [EIGHT_TO_NOON, EVENING]),
        ("8–12 17–21.30", [EIGHT_TO_NOON, EVENING]),
        ("8-12 och 17-21:30", [EIGHT_TO_NOON, EVENING]),
        ("8–12; 12–14", [EIGHT_TO_NOON, (time(12), time(14))]),
        ("17–24", [(time(17), time(0))]),
        ("22–02", [(time(22), time(2))]),
        ("0–24", [(time(0), time(0))]),
        ("", []),
        ("  ", []),
        ("kiinni", []),
        ("Stängt", []),
        ("–", []),
    ],
)
def test_ways_of_writing(written, read):
    assert HoursField().clean(written) == read


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("aamusta iltaan", "unreadable"),
        ("8", "unreadable"),
        ("8–", "unreadable"),
        ("8–12–16", "unreadable"),
        ("8–12," * 100, "unreadable"),
        ("25–26", "no_such_time"),
        ("8.75–12", "no_such_time"),
        ("24–8", "no_such_time"),
        ("8–8", "empty_stretch"),
        ("8–12, 11–15", "overlap"),
        ("18–02, 20–22", "overlap"),
        ("8–12, 8–10", "overlap"),
    ],
)
def test_what_cannot_be_read_is_refused(written, code):
    with pytest.raises(ValidationError) as refusal:
        HoursField().clean(written)

    assert refusal.value.code == code


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_what_is_shown_can_be_sent_back(language):
    weekly = [(1, *EIGHT_TO_NOON), (1, *EVENING), (6, time(18), time(0)), (7, time(22), time(2))]
    with translation.override(language):
        shown = WeekForm(weekly=weekly, version="")
        again = WeekForm(
            {field.html_name: field.field.prepare_value(field.initial) for field in shown.days},
            weekly=[],
            version="",
        )

        assert again.is_valid()
        assert again.weekly == weekly
        assert weekly_sentence(again.weekly) == weekly_sentence(weekly)
