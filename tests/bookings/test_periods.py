"""How two stretches of time can lie to each other, for every two spaces of a hall and every state."""

import time as process
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection, connections, transaction

from bookings import availability, judging, lifecycle, occupancies
from bookings.models import Booking, Status
from bookings.occupancies import TimeTaken
from bookings.wishes import Wish
from tests.factories import (
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from tests.sql import rows
from venues.audiences import STRANGER
from venues.clock import at, exact
from venues.models import Space

pytestmark = pytest.mark.django_db

# Allen's thirteen relations of a newcomer to somebody who is there from 12 to 14.
THERE = ("12:00", "14:00")
APART = {
    "before": ("09:00", "11:00"),
    "meets": ("10:00", "12:00"),
    "met by": ("14:00", "16:00"),
    "after": ("15:00", "17:00"),
}
TOGETHER = {
    "overlaps": ("11:00", "13:00"),
    "starts": ("12:00", "13:00"),
    "during": ("12:30", "13:30"),
    "finishes": ("13:00", "14:00"),
    "equals": ("12:00", "14:00"),
    "finished by": ("11:00", "14:00"),
    "contains": ("11:00", "15:00"),
    "started by": ("12:00", "15:00"),
    "overlapped by": ("13:00", "15:00"),
}
SHARES_FLOOR = {
    "whole": {"whole", "a", "b", "a_and_c"},
    "a": {"whole", "a", "a_and_c"},
    "b": {"whole", "b"},
    "a_and_c": {"whole", "a", "a_and_c"},
}
HOUSE_RULES = {"approval": "instant", "requests_compete": False, "payment": "free"}
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def test_the_relations_are_all_thirteen():
    there = tuple(map(hour, THERE))

    def relation(newcomer):
        ends = tuple(map(hour, newcomer))
        return tuple((mine > theirs) - (mine < theirs) for mine in ends for theirs in there)

    assert len({relation(newcomer) for newcomer in [*APART.values(), *TOGETHER.values()]}) == 13


# --- Somebody who is there, in every state -------------------------------------------------------


def held(space):
    return lifecycle.hold(Wish(space, *map(hour, THERE)), customer=None, now=NOW)


def requested(space, **policy):
    Space.objects.filter(pk=space.pk).update(approval="request", **policy)
    return create_booking(space, *THERE)


def competing(space):
    return requested(space, requests_compete=True)


def awaiting_payment(space):
    Space.objects.filter(pk=space.pk).update(payment="before")
    return create_booking(space, *THERE)


def confirmed(space):
    return create_booking(space, *THERE)


def declined(space):
    return lifecycle.decline(requested(space), by=create_manager(space.venue), reason="Remontti", now=NOW)


def cancelled(space):
    booking = confirmed(space)
    return lifecycle.cancel(booking, by=booking.customer, now=NOW)


def expired(space):
    booking = requested(space)
    Booking.objects.filter(pk=booking.pk).update(decide_by=NOW)
    assert lifecycle.expire(booking, now=NOW)
    return booking


def released(space):
    booking = confirmed(space)
    booking.dates.update(released_at=NOW)
    return booking


HOLDING = [held, requested, awaiting_payment, confirmed]
NOT_HOLDING = [competing, declined, cancelled, expired, released]


def judged(space, starts_at, ends_at, *, now=NOW) -> list[str]:
    """Return the codes of what stands in a stranger's way."""
    judgement = judging.judge(Wish(space, starts_at, ends_at), asker=STRANGER, now=now)
    return [problem.code for problem in judgement.problems]


def is_refused(space, starts_at, ends_at, *, now=NOW, newcomer=None) -> bool:
    """Say whether the time is taken, when the rules and the database, each asked alone, are of one mind."""
    codes = judged(space, starts_at, ends_at, now=now)
    by_rules = codes == ["time_taken"]
    assert by_rules or not codes
    by_database = False
    newcomer = newcomer or dateless_booking(space)
    try:
        with transaction.atomic():
            occupancies.claim(newcomer, space, starts_at, ends_at)
            transaction.set_rollback(True)
    except TimeTaken:
        by_database = True
    assert by_rules == by_database
    return by_rules


def free(space, window, *, now):
    """Return the free stretches in UTC: a time that comes twice equals none of another zone."""
    stretches = availability.free_stretches(space, window, now=now)
    return [(exact(start), exact(end)) for start, end in stretches]


def dateless_booking(space) -> Booking:
    return Booking.objects.create(
        space=space, customer=create_user(), status=Status.CONFIRMED, created_at=NOW
    )


@pytest.mark.parametrize(
    ("state", "where"),
    [(state, "a") for state in [*HOLDING, *NOT_HOLDING]]
    + [(confirmed, where) for where in ("whole", "b", "a_and_c")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_thirteen_relations(state, where):
    gym = dict(zip(SHARES_FLOOR, create_gym(), strict=True))
    state(gym[where])
    Space.objects.filter(venue=gym[where].venue).update(**HOUSE_RULES)

    for name, space in gym.items():
        newcomer, is_taken = dateless_booking(space), state in HOLDING and name in SHARES_FLOOR[where]
        for relation, period in APART.items():
            assert not is_refused(space, *map(hour, period), newcomer=newcomer), (name, relation)
        for relation, period in TOGETHER.items():
            assert is_refused(space, *map(hour, period), newcomer=newcomer) == is_taken, (name, relation)
        day = hour("08:00"), hour("20:00")
        around = [(day[0], hour("12:00")), (hour("14:00"), day[1])]
        assert free(space, day, now=NOW) == (around if is_taken else [day])


def test_the_thirteen_relations_to_a_hold_that_ran_out():
    gym = dict(zip(SHARES_FLOOR, create_gym(), strict=True))
    later = held(gym["a"]).held_until
    aino = create_user()

    for relation, period in (APART | TOGETHER).items():
        for name, space in gym.items():
            with transaction.atomic():
                booking = create_booking(space, *period, customer=aino, now=later)
                assert booking.status == Status.CONFIRMED, (name, relation)
                transaction.set_rollback(True)


def test_the_thirteen_relations_among_competing_requests():
    gym = dict(zip(SHARES_FLOOR, create_gym(approval="request", requests_compete=True), strict=True))
    create_booking(gym["whole"], *THERE)

    for newcomer in (APART | TOGETHER).values():
        for space in gym.values():
            assert create_booking(space, *newcomer).status == Status.REQUESTED


# --- The gap between neighbours ------------------------------------------------------------------


def buffers(hall, *, setup: int, cleanup: int) -> Space:
    Space.objects.filter(pk=hall.pk).update(setup_minutes=setup, cleanup_minutes=cleanup)
    return Space.objects.with_place().get(pk=hall.pk)


@pytest.mark.parametrize("setup", [0, 15, 30, 90])
@pytest.mark.parametrize("cleanup", [0, 15, 45, 90])
def test_the_gap_is_the_longer_of_the_firsts_cleanup_and_the_seconds_setup(setup, cleanup):
    gap = timedelta(minutes=max(setup, cleanup))
    room = create_space(start_step=5)
    length, second = timedelta(hours=1), timedelta(seconds=1)
    noon = hour("12:00")

    # The hall's buffers may change between the two bookings: each keeps its own.
    first = buffers(room, setup=120, cleanup=cleanup)
    occupancies.claim(dateless_booking(first), first, noon - length, noon)
    newcomer = buffers(room, setup=setup, cleanup=120)
    assert not is_refused(newcomer, noon + gap, noon + gap + length)
    assert_refused_a_second_nearer(newcomer, noon + gap - second, noon + gap + length)

    # And the other way round: the newcomer comes before.
    tomorrow = noon + timedelta(days=1)
    there = buffers(room, setup=setup, cleanup=120)
    occupancies.claim(dateless_booking(there), there, tomorrow, tomorrow + length)
    newcomer = buffers(room, setup=120, cleanup=cleanup)
    assert not is_refused(newcomer, tomorrow - gap - length, tomorrow - gap)
    assert_refused_a_second_nearer(newcomer, tomorrow - gap - length, tomorrow - gap + second)

    between = free(newcomer, (noon, tomorrow), now=NOW)
    assert between == [(noon + timedelta(minutes=max(cleanup, 120)), tomorrow - gap)]


def assert_refused_a_second_nearer(space, starts_at, ends_at):
    assert set(judged(space, starts_at, ends_at)) == {"time_taken", "off_step"}
    with pytest.raises(TimeTaken), transaction.atomic():
        occupancies.claim(dateless_booking(space), space, starts_at, ends_at)


# --- Nights --------------------------------------------------------------------------------------


@pytest.fixture(params=["UTC", "Europe/Helsinki", "Pacific/Auckland"])
def _anywhere(request, monkeypatch):
    """Let the process and the database session live in another time zone than the city."""
    with monkeypatch.context() as here:
        here.setenv("TZ", request.param)
        process.tzset()
        here.setitem(connection.settings_dict, "TIME_ZONE", request.param)
        live_in_its_time_zone(connections["default"])
        assert rows("SHOW TimeZone") == [(request.param,)]
        yield
    process.tzset()
    live_in_its_time_zone(connections["default"])


def live_in_its_time_zone(session) -> None:
    """Let an open session live where its settings say by now; Django looks only when it connects."""
    for name in ("timezone", "timezone_name"):
        vars(session).pop(name, None)
    session.ensure_timezone()


def twice(clock: str) -> tuple[datetime, datetime]:
    """Return both passes of a time that the autumn night has twice."""
    first = at(AUTUMN, time.fromisoformat(clock))
    return first, first.replace(fold=1)


@pytest.mark.usefixtures("_anywhere")
def test_a_booking_over_midnight_holds_both_days():
    whole, a, _b, _a_and_c = create_gym()
    saturday, sunday = date(2027, 2, 6), date(2027, 2, 7)
    evening, night = hour("22:00", day=saturday), hour("02:00", day=sunday)

    create_booking(a, evening, night)

    assert is_refused(whole, hour("23:00", day=saturday), hour("23:30", day=saturday))
    assert is_refused(whole, hour("01:30", day=sunday), hour("03:00", day=sunday))
    assert not is_refused(whole, hour("20:00", day=saturday), evening)
    assert not is_refused(whole, night, hour("04:00", day=sunday))
    assert free(whole, (at(sunday), hour("12:00", day=sunday)), now=NOW) == [
        (night, hour("12:00", day=sunday))
    ]


@pytest.mark.usefixtures("_anywhere")
def test_the_night_that_lacks_an_hour():
    room = create_space(max_minutes=120, setup_minutes=60, cleanup_minutes=60)

    booking = create_booking(
        room, at(SPRING, time(2)), at(SPRING, time(5))
    )  # two hours, the clocks show three

    there = booking.dates.get()
    assert there.starts_at == datetime(2027, 3, 28, 0, tzinfo=UTC)
    assert exact(there.clear_at) - exact(there.setup_at) == timedelta(hours=4)
    after = room, at(SPRING, time(6)), at(SPRING, time(7))
    assert not is_refused(*after)
    assert is_refused(room, at(SPRING, time(5, 30)), at(SPRING, time(7)))
    assert free(room, (at(SPRING), at(SPRING, time(9))), now=NOW) == [
        (at(SPRING), at(SPRING, time(1))),
        (at(SPRING, time(6)), at(SPRING, time(9))),
    ]


@pytest.mark.usefixtures("_anywhere")
def test_the_hour_that_comes_twice_is_two_hours():
    room = create_space(min_minutes=60, cleanup_minutes=30)
    first, second = twice("03:30")

    create_booking(room, first, second)

    there = room.occupancies.get()
    assert exact(there.ends_at) - exact(there.starts_at) == timedelta(hours=1)
    assert there.clear_at == datetime(2027, 10, 31, 2, tzinfo=UTC)
    assert is_refused(room, second, second + timedelta(hours=1))
    assert not is_refused(room, at(AUTUMN, time(4)), at(AUTUMN, time(5)))
    night = at(AUTUMN, time(1)), at(AUTUMN, time(5))
    assert free(room, night, now=NOW) == [
        (night[0], datetime(2027, 10, 31, 0, tzinfo=UTC)),
        (datetime(2027, 10, 31, 2, tzinfo=UTC), night[1]),
    ]


@pytest.mark.usefixtures("_anywhere")
def test_an_autumn_night_is_an_hour_longer_than_its_clocks_say():
    room = create_space(max_minutes=180)

    assert judged(room, at(AUTUMN, time(2)), at(AUTUMN, time(5))) == ["too_long"]


@pytest.mark.usefixtures("_anywhere")
@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_opening_hours_over_a_night_of_clock_change_are_one_stretch(day):
    venue = create_venue()
    open_daily(venue.timetable, "20:00", "06:00", today=day - timedelta(days=2))
    room = create_space(venue=venue, max_minutes=720)
    night = at(day - timedelta(days=1), time(20)), at(day, time(6))

    around = at(day - timedelta(days=1), time(12)), at(day, time(12))
    assert free(room, around, now=NOW) == [night]
    create_booking(room, *night)
    assert free(room, around, now=NOW) == []
    assert judged_later_by_half_an_hour(room, night) == ["closed", "time_taken"]


def judged_later_by_half_an_hour(room, stretch):
    starts_at, ends_at = (instant.astimezone(UTC) + timedelta(minutes=30) for instant in stretch)
    return judged(room, starts_at, ends_at)


@pytest.mark.usefixtures("_anywhere")
def test_how_long_before_and_ahead_is_counted_in_true_hours():
    room = create_space(notice_hours=24, ahead_days=2)
    eve = at(SPRING - timedelta(days=1), time(12))
    first, last = at(SPRING, time(13)), at(SPRING + timedelta(days=1), time(13))

    assert free(room, (eve, eve + timedelta(days=4)), now=eve) == [(first, last + timedelta(minutes=30))]
    assert not is_refused(room, first, first + timedelta(hours=1), now=eve)
    assert judged(room, first - timedelta(hours=1), first, now=eve) == ["too_soon"]
