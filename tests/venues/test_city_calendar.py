"""Which days of the city are public holidays and school days, and what they are called."""

from datetime import date

import pytest
from django.utils import translation

from venues import city_calendar
from venues.models import SchoolPeriod


@pytest.mark.parametrize(
    ("day", "fi", "sv", "en"),
    [
        (date(2026, 5, 1), "Vappu", "Första maj", "May Day"),
        (date(2026, 6, 19), "Juhannusaatto", "Midsommarafton", "Midsummer Eve"),
        (date(2027, 12, 6), "Itsenäisyyspäivä", "Självständighetsdagen", "Independence Day"),
        (date(2026, 12, 24), "Jouluaatto", "Julafton", "Christmas Eve"),
        (date(2026, 12, 25), "Joulupäivä", "Juldagen", "Christmas Day"),
        (date(2026, 12, 23), "", "", ""),
    ],
)
def test_public_holidays_have_names_in_three_languages(day, fi, sv, en):
    for language, name in [("fi", fi), ("sv", sv), ("en", en)]:
        with translation.override(language):
            assert city_calendar.name_of(day) == name


@pytest.mark.django_db
def test_calendar_has_the_days_asked_for_in_one_statement(django_assert_num_queries):
    create_period("term", date(2026, 8, 12), date(2026, 12, 22))
    create_period("term", date(2027, 1, 7), date(2027, 6, 5))
    create_period("break", date(2026, 10, 12), date(2026, 10, 16))
    create_period("term", date(2027, 8, 11), date(2027, 12, 22))

    with django_assert_num_queries(1):
        calendar = city_calendar.between(date(2026, 12, 24), date(2027, 6, 30))

    assert calendar.terms == ((date(2027, 1, 7), date(2027, 6, 5)),)
    assert calendar.breaks == ()
    assert min(calendar.holidays) == date(2026, 12, 24)
    assert date(2027, 5, 1) in calendar.holidays
    assert max(calendar.holidays) == date(2027, 6, 26)  # Midsummer Day


@pytest.mark.django_db
def test_a_break_within_a_term_is_not_in_term():
    create_period("term", date(2026, 8, 12), date(2026, 12, 22))
    create_period("break", date(2026, 10, 12), date(2026, 10, 16))

    calendar = city_calendar.between(date(2026, 10, 1), date(2026, 10, 31))

    assert calendar.is_in_term(date(2026, 10, 11))
    assert not calendar.is_in_term(date(2026, 10, 12))
    assert not calendar.is_in_term(date(2026, 10, 16))
    assert calendar.is_in_term(date(2026, 10, 17))


def create_period(kind: str, first: date, last: date) -> SchoolPeriod:
    return SchoolPeriod.objects.create(kind=kind, name_fi="Jakso", first=first, last=last)
