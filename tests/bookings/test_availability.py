"""What is shown as free can be booked, and nothing else is."""

from datetime import UTC, date, time, timedelta

import pytest

from bookings import availability
from tests.factories import NOW, create_booking, create_space, hour
from venues.clock import at
from venues.problems import Refused

pytestmark = pytest.mark.django_db


def offers_for(space, starts_at, ends_at):
    with pytest.raises(Refused) as refusal:
        create_booking(space, starts_at, ends_at)
    return [offer for problem in refusal.value.problems for offer in problem.alternatives]


# --- What is offered instead can be booked -------------------------------------------------------


def test_a_wish_too_far_ahead_is_offered_the_last_day_that_can_be_booked():
    room = create_space(ahead_days=30)

    (offer,) = offers_for(room, NOW + timedelta(days=31), NOW + timedelta(days=31, hours=2))

    assert offer.starts_at == NOW + timedelta(days=30)
    create_booking(room, offer.starts_at, offer.ends_at)


def test_a_wish_of_odd_length_is_offered_whole_minutes():
    room = create_space()

    offers = offers_for(room, hour("10:00"), hour("11:00") + timedelta(seconds=30))

    assert offers[0].ends_at - offers[0].starts_at == timedelta(minutes=61)
    create_booking(room, offers[0].starts_at, offers[0].ends_at)


def test_free_time_ends_where_bookings_may_no_longer_begin():
    room = create_space(ahead_days=30)
    last_start = NOW + timedelta(days=30)

    stretches = availability.free_stretches(
        room, (last_start - timedelta(hours=1), last_start + timedelta(days=2)), now=NOW
    )

    assert stretches == [(last_start - timedelta(hours=1), last_start + timedelta(minutes=30))]


def test_the_days_ahead_are_counted_in_hours_whatever_the_clocks_do_meanwhile():
    room = create_space(ahead_days=1)
    noon = at(date(2027, 3, 27), time(12))
    last_start = at(date(2027, 3, 28), time(13))

    for now in (noon, noon.astimezone(UTC)):
        _space, problems = availability.judge(room, last_start, last_start + timedelta(hours=1), now=now)
        assert problems == []
    stretches = availability.free_stretches(room, (last_start, last_start + timedelta(days=1)), now=noon)
    assert stretches == [(last_start, last_start + timedelta(minutes=30))]
