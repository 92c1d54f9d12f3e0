"""The stored openings follow from the rules, and whoever rebuilds them touches only what differs."""

from datetime import date, datetime, time, timedelta

import pytest

from venues import openings
from venues.clock import local
from venues.models import Opening, OpeningException, OpeningRule, SchoolPeriod, Timetable

pytestmark = pytest.mark.django_db

SATURDAY = date(2026, 11, 28)
A_WEEK = timedelta(weeks=1)


@pytest.fixture
def timetable() -> Timetable:
    return create_timetable()


def create_timetable(**conditions) -> Timetable:
    """Make a timetable that is open on Saturdays from 10 to 16, holidays or not."""
    timetable = Timetable.objects.create()
    facts = {"weekdays": [6], "opens": time(10), "closes": time(16), "on_holidays": "normal"}
    OpeningRule.objects.create(timetable=timetable, **facts | conditions)
    return timetable


def stored(timetable: Timetable) -> dict[int, tuple[datetime, datetime]]:
    rows = Opening.objects.filter(timetable=timetable).order_by("period")
    return {row.pk: (row.period.lower, row.period.upper) for row in rows}


def days(timetable: Timetable) -> list[date]:
    return [local(start).date() for start, _ in stored(timetable).values()]


def test_openings_reach_from_yesterday_to_four_hundred_days_ahead(timetable):
    openings.rebuild(timetable, today=SATURDAY + timedelta(days=1))

    assert days(timetable)[0] == SATURDAY
    assert days(timetable)[-1] == date(2028, 1, 1)
    assert len(days(timetable)) == 58


def test_for_whom_and_staff_are_stored():
    timetable = create_timetable(open_to=["minors", "residents"], is_staffed=False)

    openings.rebuild(timetable, today=SATURDAY)

    opening = Opening.objects.filter(timetable=timetable)[0]
    assert (opening.open_to, opening.is_staffed) == (["minors", "residents"], False)


def test_openings_change_when_only_the_audience_does(timetable):
    openings.rebuild(timetable, today=SATURDAY)
    timetable.rules.update(open_to=["minors"])

    openings.rebuild(timetable, today=SATURDAY)

    assert set(Opening.objects.values_list("open_to__0", flat=True)) == {"minors"}
    assert len(stored(timetable)) == 58


def test_rebuilding_without_a_change_reads_no_openings(timetable, django_assert_num_queries):
    openings.rebuild(timetable, today=SATURDAY)
    before = stored(timetable)

    with django_assert_num_queries(6):  # savepoint, stamps, school terms, rules, exceptions, release
        openings.rebuild(timetable, today=SATURDAY)

    assert stored(timetable) == before


def test_an_exception_changes_its_own_day_only(timetable):
    openings.rebuild(timetable, today=SATURDAY)
    before = stored(timetable)
    OpeningException.objects.create(timetable=timetable, date=SATURDAY + A_WEEK)

    openings.rebuild(timetable, today=SATURDAY)

    after = stored(timetable)
    assert set(after) < set(before)
    assert len(before) - len(after) == 1


def test_a_week_later_what_is_past_is_dropped_and_a_day_is_added(timetable):
    openings.rebuild(timetable, today=SATURDAY)
    before = stored(timetable)

    openings.rebuild(timetable, today=SATURDAY + A_WEEK)

    after = stored(timetable)
    assert list(after)[:-1] == list(before)[1:]
    assert list(after)[-1] not in before


def test_many_timetables_are_rebuilt_at_once(timetable):
    other = Timetable.objects.create()
    openings.rebuild(other, today=SATURDAY)
    OpeningRule.objects.create(
        timetable=other, weekdays=[6], opens=time(10), closes=time(16), on_holidays="normal"
    )

    assert openings.rebuild_all([timetable, other], today=SATURDAY) == 2

    assert list(stored(other).values()) == list(stored(timetable).values())
    assert openings.rebuild_all([timetable, other], today=SATURDAY) == 0


def test_a_new_term_concerns_those_only_who_ask_for_terms(timetable):
    in_term = create_timetable(terms="in_term")
    openings.rebuild_all([timetable, in_term], today=SATURDAY)
    assert days(in_term) == []

    SchoolPeriod.objects.create(
        kind="term", name_fi="Kevätlukukausi", first=date(2027, 1, 7), last=date(2027, 6, 5)
    )
    SchoolPeriod.objects.create(
        kind="break", name_fi="Talviloma", first=date(2027, 2, 20), last=date(2027, 2, 28)
    )

    assert openings.rebuild_all([timetable, in_term], today=SATURDAY) == 1
    assert days(in_term)[0] == date(2027, 1, 9)
    assert date(2027, 2, 20) not in days(in_term)
    assert days(in_term)[-1] == date(2027, 6, 5)
