"""What people read: days, times, lengths and distances in three languages, always in the city's time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone, translation

from venues import wording

SATURDAY_18 = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def finnish():
    with translation.override("fi"):
        yield


def after(hours: float) -> datetime:
    return SATURDAY_18 + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("language", "full", "short", "name"),
    [
        ("fi", "la 28.11.2026", "la 28.11.", "lauantai"),
        ("sv", "lör 28.11.2026", "lör 28.11.", "lördag"),
        ("en", "Sat 28 Nov 2026", "Sat 28 Nov", "Saturday"),
    ],
)
def test_a_day_is_written_as_its_language_writes_it(language, full, short, name):
    with translation.override(language):
        assert wording.day(date(2026, 11, 28)) == full
        assert wording.short_day(date(2026, 11, 28)) == short
        assert wording.weekday(date(2026, 11, 28)) == name


def test_an_instant_is_told_by_the_citys_clocks_whatever_zone_the_server_is_in():
    nearly_midnight = datetime(2026, 11, 28, 22, 30, tzinfo=UTC)

    with timezone.override("America/New_York"):
        assert wording.day(nearly_midnight) == "su 29.11.2026"
        assert wording.clock_time(nearly_midnight) == "0.30"


@pytest.mark.parametrize(
    ("language", "text"), [("fi", "18.00–19.30"), ("sv", "18.00–19.30"), ("en", "18:00–19:30")]
)
def test_times_of_an_evening(language, text):
    with translation.override(language):
        assert wording.times(SATURDAY_18, after(1.5)) == text


def test_the_morning_has_no_leading_zero():
    assert wording.times(after(-9), after(-8)) == "9.00–10.00"


def test_what_ends_at_midnight_ends_at_24():
    assert wording.times(after(2), after(6)) == "20.00–24.00"


def test_what_ends_on_another_day_says_on_which():
    assert wording.when(after(4), after(8)) == "la 28.11. 22.00 – su 29.11. 2.00"
    assert wording.when(after(4), after(30)) == "la 28.11. 22.00 – ma 30.11. 0.00"


def test_the_year_stands_where_it_is_asked_for():
    assert wording.full_when(SATURDAY_18, after(1.5)) == "la 28.11.2026 18.00–19.30"


def test_the_doubled_hour_of_autumn_says_which_of_the_two_it_is():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert wording.times(first, first + timedelta(hours=1)) == "3.30 (kesäaikaa)–3.30 (talviaikaa)"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(days=1), "1 vrk"),
        (timedelta(days=2, hours=3), "2 vrk 3 h"),
        (timedelta(), "0 min"),
    ],
)
def test_lengths(length, text):
    assert wording.duration(length) == text


@pytest.mark.parametrize(
    ("metres", "text"),
    [
        (0, "0 m"),
        (340, "350 m"),
        (974, "950 m"),
        (975, "1,0 km"),
        (1230, "1,2 km"),
        (9960, "10 km"),
        (12_400, "12 km"),
    ],
)
def test_distances_are_no_more_exact_than_anyone_walks(metres, text):
    assert wording.distance(metres) == text


def test_an_english_distance_has_a_point():
    with translation.override("en"):
        assert wording.distance(1230) == "1.2 km"
