"""Two swaps of one date over HTTP, answered at once, and answered while the date goes somewhere else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings import invariants, swaps
from bookings.models import Occupancy, Swap
from tests.api import token_of
from tests.factories import (
    create_booking,
    create_gym,
    create_user,
    create_venue,
    hour,
    open_daily,
    say_policy,
)
from tests.races import server
from tests.races.clients import Answer, Call, Log, change, send_at_once
from tests.sql import assert_nobody_was_given_taken_time
from venues.clock import local

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]

ROUNDS = 20
# What somebody is told who was not quick enough.
TOO_LATE = {"answered_already", "changed_meanwhile", "moved_meanwhile", "not_confirmed"}


@pytest.fixture(scope="module")
def port(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), server.running(tmp_path_factory.mktemp("race") / "web.log") as port:
        yield port


@pytest.fixture
def log(request):
    """Keep what the clients hear, and print it."""
    log = Log()
    yield log
    print(f"\n{request.node.name}: {log}")


@pytest.fixture(autouse=True)
def as_promised():
    yield
    assert_nobody_was_given_taken_time()
    assert list(invariants.findings(now=timezone.now())) == []


@pytest.fixture
def gym():
    venue = create_venue()
    open_daily(venue.timetable, today=local(timezone.now()).date())
    whole, *parts = create_gym(venue=venue)
    for space in (whole, *parts):
        say_policy(space, can_be_swapped=True)
    return parts


@pytest.fixture
def people():
    return [create_user(name) for name in ("Aino", "Mikael", "Sari")]


def booked(space, who, number: int, clock: int) -> Occupancy:
    """Book an hour of the round's own day."""
    day = local(timezone.now()).date() + timedelta(days=2 + number)
    times = hour(f"{clock}:00", day=day), hour(f"{clock + 1}:00", day=day)
    return create_booking(space, *times, customer=who, now=timezone.now()).dates.get()


def proposed(offered: Occupancy, wanted: Occupancy) -> Swap:
    by = offered.booking.customer
    return swaps.propose(offered, wanted, "", by=by, now=timezone.now())


def answer(who, verb: str, swap: Swap) -> Call:
    return Call(token_of(who), f"/api/v1/swaps/{swap.pk}/{verb}/", {})


def holders(*dates: Occupancy) -> list[str]:
    fresh = Occupancy.objects.select_related("booking__customer").in_bulk([date.pk for date in dates])
    return [fresh[date.pk].booking.customer.name for date in dates]


def won(answers: list[Answer]) -> list[bool]:
    """Tell who got through. Everybody else has heard a reason."""
    for each in answers:
        assert each.status == 200 or each.body["code"] in TOO_LATE, each
    return [each.status == 200 for each in answers]


def test_two_agree_at_once_to_swaps_of_one_date(port, gym, people, log):
    a, b, *_rest = gym
    aino, mikael, sari = people
    went = {"Mikael": 0, "Sari": 0}

    for number in range(ROUNDS):
        hers, his, other = (
            booked(a, aino, number, 10),
            booked(a, mikael, number, 12),
            booked(b, sari, number, 14),
        )
        # She wants his date, and Sari wants hers: two answer, each for themselves.
        mine, theirs = proposed(hers, his), proposed(other, hers)

        answers = send_at_once(port, [answer(mikael, "agree", mine), answer(aino, "agree", theirs)])

        log.add(answers)
        got = won(answers)
        assert sorted(got) == [False, True]
        expected = ["Mikael", "Aino", "Sari"] if got[0] else ["Sari", "Mikael", "Aino"]
        assert holders(hers, his, other) == expected
        states = set(Swap.objects.filter(pk__in=[mine.pk, theirs.pk]).values_list("state", flat=True))
        assert states == {Swap.State.AGREED, Swap.State.LAPSED}
        went["Mikael" if got[0] else "Sari"] += 1

    print(f"\n{went}")


def test_three_swap_in_a_circle(port, gym, people, log):
    for number in range(ROUNDS):
        dates = [booked(gym[turn % 2], who, number, 10 + 2 * turn) for turn, who in enumerate(people)]
        circle = [proposed(dates[turn - 1], dates[turn]) for turn in range(3)]

        answers = send_at_once(
            port, [answer(who, "agree", swap) for who, swap in zip(people, circle, strict=True)]
        )

        log.add(answers)
        assert won(answers).count(True) == 1
        assert sorted(holders(*dates)) == ["Aino", "Mikael", "Sari"]
        assert not Swap.objects.filter(state=Swap.State.PROPOSED).exists()


def test_one_agrees_while_the_other_takes_it_back(port, gym, people, log):
    a, b, *_rest = gym
    aino, mikael, _sari = people

    for number in range(ROUNDS):
        hers, his = booked(a, aino, number, 10), booked(b, mikael, number, 12)
        swap = proposed(hers, his)

        answers = send_at_once(port, [answer(mikael, "agree", swap), answer(aino, "withdraw", swap)])

        log.add(answers)
        got = won(answers)
        assert sorted(got) == [False, True]
        assert holders(hers, his) == (["Mikael", "Aino"] if got[0] else ["Aino", "Mikael"])


def test_one_agrees_while_the_date_is_given_back(port, gym, people, log):
    a, b, *_rest = gym
    aino, mikael, _sari = people

    for number in range(ROUNDS):
        hers, his = booked(a, aino, number, 10), booked(b, mikael, number, 12)
        swap = proposed(hers, his)

        agreed, cancelled = send_at_once(
            port, [answer(mikael, "agree", swap), change(aino, "cancel", hers.booking_id)]
        )

        log.add([agreed, cancelled])
        (is_swapped,) = won([agreed])
        assert cancelled.status in {200, 409}
        assert is_swapped or cancelled.status == 200
        if is_swapped:
            assert holders(hers, his)[0] == "Mikael"
        else:
            assert holders(his) == ["Mikael"]
