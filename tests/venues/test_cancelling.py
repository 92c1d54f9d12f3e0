"""What a cancellation costs, by when it is made."""

from datetime import date, datetime, time

import pytest
from django.utils import translation

from venues import cancelling
from venues.clock import at, exact
from venues.models import CancellationStep, CancellationTerms


def hours(before: int, percent: int = 0) -> CancellationStep:
    return CancellationStep(hours_before=before, percent=percent)


def weekdays(before: int, by: time, percent: int = 0) -> CancellationStep:
    return CancellationStep(weekdays_before=before, by_time=by, percent=percent)


def clock(day: date, text: str) -> datetime:
    return at(day, time.fromisoformat(text))


SATURDAY = date(2027, 2, 6)
START = clock(SATURDAY, "10:00")


@pytest.mark.parametrize(
    ("steps", "now", "percent"),
    [
        ([hours(336), hours(24, 50)], clock(date(2027, 1, 23), "10:00"), 0),  # to the minute
        ([hours(336), hours(24, 50)], clock(date(2027, 1, 23), "10:01"), 50),
        ([hours(336), hours(24, 50)], clock(date(2027, 2, 5), "10:00"), 50),
        ([hours(336), hours(24, 50)], clock(date(2027, 2, 5), "10:01"), 100),
        ([hours(0)], START, 0),
        ([hours(0)], clock(SATURDAY, "10:01"), 100),
        ([hours(36)], clock(date(2027, 2, 4), "22:00"), 0),
        ([hours(36)], clock(date(2027, 2, 4), "22:01"), 100),
        ([weekdays(1, time(12))], clock(date(2027, 2, 5), "12:00"), 0),
        ([weekdays(1, time(12))], clock(date(2027, 2, 5), "12:01"), 100),
        ([], clock(date(2026, 2, 5), "12:01"), 100),  # not to be cancelled
    ],
)
def test_the_first_step_whose_deadline_has_not_passed_says_how_much(steps, now, percent):
    assert cancelling.percent_kept(steps, 100, START, now=now) == percent


def test_weekdays_pass_over_easter():
    start = clock(date(2027, 3, 30), "10:00")  # the Tuesday after Easter Monday

    deadlines = cancelling.deadlines([weekdays(1, time(17)), weekdays(2, time(17), 50)], start)

    assert deadlines == [
        (exact(clock(date(2027, 3, 25), "17:00")), 0),  # Thursday: Good Friday is no weekday
        (exact(clock(date(2027, 3, 24), "17:00")), 50),
    ]


def test_whole_days_before_are_at_the_same_time_by_the_clock():
    start = clock(date(2027, 3, 30), "18:00")  # clocks went forward on the 28th

    (deadline, _percent), (other, _same) = cancelling.deadlines([hours(168), hours(60)], start)

    assert deadline == clock(date(2027, 3, 23), "18:00")
    assert other == clock(date(2027, 3, 28), "06:00")


@pytest.mark.django_db
def test_terms_say_what_they_cost():
    terms = CancellationTerms.objects.create(name_fi="Ehdot", after_percent=100)
    terms.steps.create(position=1, hours_before=336, percent=0)
    terms.steps.create(position=2, weekdays_before=1, by_time=time(12), percent=30)

    assert cancelling.in_words(terms) == [
        "Peruutus viimeistään 14 vrk ennen alkua: maksuton.",
        "Peruutus viimeistään edellisenä arkipäivänä klo 12.00: 30 % hinnasta.",
        "Sen jälkeen: koko hinta.",
    ]
    with translation.override("en"):
        assert cancelling.in_words(terms)[1] == "Until 12:00 on the weekday before: 30 % of the price."


@pytest.mark.django_db
def test_terms_without_a_step_say_so():
    terms = CancellationTerms.objects.create(name_fi="Ei peruutettavissa", after_percent=100)

    assert cancelling.in_words(terms) == ["Peruutus: koko hinta."]
