"""Between a decision and its due time others change things too: nobody is wronged, no decision gets lost."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings import impacts, tasks
from bookings.impacts import Fate
from bookings.models import Status
from tests.bookings.changing import DUE, closing, place, status
from tests.factories import NOW, create_booking, create_space, hour
from venues.models import Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]


@pytest.fixture
def other(hall) -> Space:
    return create_space(venue=hall.venue, name_fi="Pikkusali")


# --- What cannot be carried out -------------------------------------------------------------------


def test_longer_cleaning_up_since_costs_nobody_the_place_that_was_promised(hall, onni, other):
    neighbour = create_booking(other, "12:00", "13:00")
    booking = create_booking(hall, "10:00", "12:00")
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    Space.objects.filter(pk=other.pk).update(cleanup_minutes=30)

    impacts.carry_out(impact, now=DUE)

    assert [place(each)[:2] for each in (booking, neighbour)] == [
        (other, hour("10:00")),
        (other, hour("12:00")),
    ]


def test_shorter_cleaning_up_since_leaves_no_gap_in_a_closure(hall, onni, other):
    Space.objects.filter(pk=other.pk).update(cleanup_minutes=60)
    create_booking(hall, "10:00", "12:00")
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    impacts.decide(closing(other), fates=Fate.KEEP, by=onni, now=NOW)
    Space.objects.filter(pk=other.pk).update(cleanup_minutes=0)

    impacts.carry_out(impact, now=DUE)  # and everything is as promised


def test_an_impact_that_fails_stops_no_other_but_its_job(hall, onni, other, time_machine, monkeypatch):
    bookings = [create_booking(space) for space in (hall, other)]
    broken, sound = (impacts.decide(closing(s), fates=Fate.CANCEL, by=onni, now=NOW) for s in (hall, other))
    carry_out = impacts.carry_out

    def fail_for_one(impact, *, now):
        if impact == broken:
            raise ZeroDivisionError
        return carry_out(impact, now=now)

    monkeypatch.setattr(impacts, "carry_out", fail_for_one)
    time_machine.move_to(DUE, tick=False)
    (_first, job) = ProcrastinateJob.objects.filter(task_name="bookings.tasks.carry_out").order_by("pk")

    with pytest.raises(ExceptionGroup):
        tasks.carry_out(**job.args)

    sound.refresh_from_db()
    assert sound.done_at == DUE
    assert [status(each) for each in bookings] == [Status.CONFIRMED, Status.CANCELLED]
