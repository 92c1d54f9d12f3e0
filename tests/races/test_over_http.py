"""Twenty clients, one time, several processes: one has it, and everybody else hears what is free."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from accounts.problems import Refused
from bookings import layout, lifecycle
from bookings.models import Booking
from tests.factories import (
    create_booking,
    create_gym,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from tests.races import server
from tests.races.clients import Log, booking, change, send_at_once, wish
from tests.sql import assert_nobody_was_given_taken_time, execute
from venues.clock import local

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 20
rounds = pytest.mark.parametrize("rounds", [pytest.param(50, marks=pytest.mark.proof)])
few_and_many = pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.proof)])


@pytest.fixture(scope="module")
def port(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), server.running(tmp_path_factory.mktemp("race") / "web.log") as port:
        yield port


@pytest.fixture
def today():
    return local(timezone.now()).date()


@pytest.fixture
def log(request):
    """Keep what the clients hear, and print it: how long they waited says as much of the machine as of us."""
    log = Log()
    yield log
    print(f"\n{request.node.name}: {log}")


def gym_of(today, **policy):
    venue = create_venue()
    open_daily(venue.timetable, today=today)
    return create_gym(venue=venue, **policy)


def period(today, number, start="10:00", end="12:00"):
    """Return the time that is fought for in a round: each has a day of its own."""
    day = today + timedelta(days=2 + number)
    return hour(start, day=day), hour(end, day=day)


def wins(answers, *, code=201):
    """Return how many won, when everybody else was told that the time is taken and what is free instead."""
    for answer in answers:
        if answer.status != code:
            assert (answer.status, answer.body["code"]) == (409, "time_taken"), answer
            assert answer.offers
    return [answer.status for answer in answers].count(code)


@few_and_many
def test_ten_want_the_whole_gym_and_ten_a_part_of_it(port, today, log, rounds):
    whole, a, _b, _a_and_c = gym_of(today)
    people = [create_user() for _ in range(CLIENTS)]

    for number in range(rounds):
        answers = send_at_once(
            port,
            [booking(who, (whole, a)[n % 2], *period(today, number)) for n, who in enumerate(people)],
        )
        log.add(answers)
        assert wins(answers) == 1

    assert Booking.objects.count() == rounds
    assert_nobody_was_given_taken_time()


@few_and_many
@pytest.mark.parametrize("in_whose_name", ["one person", "two members of one organisation"])
def test_ten_at_once_against_a_quota_of_one(port, today, log, rounds, in_whose_name):
    gym = gym_of(today, quota_week=1)[0]
    rooms = [gym, *(create_space(venue=gym.venue, quota_week=1) for _n in range(9))]
    people, facts = [create_user()], {}
    if in_whose_name != "one person":
        people.append(create_user("Mikael"))
        facts["organisation"] = create_organisation(*people).pk

    for number in range(rounds):
        times = period(today, 7 * number)
        calls = [booking(people[n % len(people)], room, *times, **facts) for n, room in enumerate(rooms)]
        answers = send_at_once(port, calls)
        log.add(answers)
        heard = Counter((answer.status, answer.body.get("code")) for answer in answers)
        assert heard == {(201, None): 1, (422, "quota_week"): 9}

    assert Booking.objects.count() == rounds


@rounds
def test_five_move_to_where_fifteen_book(port, today, log, rounds):
    whole, a, b, _a_and_c = gym_of(today)
    people = [create_user() for _ in range(CLIENTS)]
    movers, newcomers = people[:5], people[5:]

    for number in range(rounds):
        theirs = [
            create_booking(
                b, *period(today, number, f"{15 + n}:00", f"{16 + n}:00"), customer=who, now=timezone.now()
            )
            for n, who in enumerate(movers)
        ]
        target = wish(a, *period(today, number))
        answers = send_at_once(
            port,
            [change(who, "move", mine.pk, target) for who, mine in zip(movers, theirs, strict=True)]
            + [booking(who, whole, *period(today, number)) for who in newcomers],
        )
        log.add(answers)
        assert wins(answers[:5], code=200) + wins(answers[5:]) == 1

    assert_nobody_was_given_taken_time()


@rounds
def test_twenty_approvals_of_two_rivals(port, today, log, rounds):
    whole, a, _b, _a_and_c = gym_of(today, approval="request", requests_compete=True)
    managers = [create_manager(whole.venue) for _ in range(CLIENTS)]

    for number in range(rounds):
        rivals = [create_booking(space, *period(today, number), now=timezone.now()) for space in (whole, a)]
        answers = send_at_once(
            port, [change(who, "approve", rivals[n % 2].pk) for n, who in enumerate(managers)]
        )
        log.add(answers)
        heard = Counter((answer.status, answer.body.get("code")) for answer in answers)
        assert heard == {(200, None): 1, (409, "move_not_allowed"): CLIENTS - 1}
        assert sorted(
            Booking.objects.filter(pk__in=[r.pk for r in rivals]).values_list("status", flat=True)
        ) == [
            "confirmed",
            "declined",
        ]

    assert_nobody_was_given_taken_time()


@rounds
def test_bulk_sql_revives_the_dead_while_twenty_book(port, today, log, rounds):
    whole, a, _b, _a_and_c = gym_of(today)
    people = [create_user() for _ in range(CLIENTS)]
    revived = []

    def revive():
        try:
            execute("UPDATE bookings_booking SET status = 'confirmed' WHERE id = %s", dead.pk)
            revived.append(dead.pk)
        except IntegrityError:
            pass
        finally:
            connections.close_all()

    for number in range(rounds):
        dead = create_booking(a, *period(today, number), customer=people[0], now=timezone.now())
        lifecycle.cancel(dead, by=people[0], now=timezone.now())
        before = len(revived)
        answers = send_at_once(
            port,
            [booking(who, (whole, a)[n % 2], *period(today, number)) for n, who in enumerate(people)],
            revive,
        )
        log.add(answers)
        assert wins(answers) + len(revived) - before == 1

    assert_nobody_was_given_taken_time()
    print(f"\nRevived in {len(revived)} of {rounds} rounds.")


@rounds
def test_a_hall_is_redrawn_while_twenty_book_it(port, today, log, rounds):
    whole, a, b, _a_and_c = gym_of(today)
    people, onni = [create_user() for _ in range(CLIENTS)], create_manager(whole.venue)
    apart = layout.layout_of(whole)
    told: list[str] = []

    def redraw():
        try:
            layout.redraw(whole, apart | {b.pk: {0}}, by=onni, now=timezone.now())
            told.append("redrawn")
        except Refused as refusal:
            told.extend(refusal.codes)
        finally:
            connections.close_all()

    for number in range(rounds):
        answers = send_at_once(
            port,
            [booking(who, (a, b)[n % 2], *period(today, number)) for n, who in enumerate(people)],
            redraw,
        )
        log.add(answers)
        assert wins(answers) == {"redrawn": 1, "redraw_collides": 2}[told[-1]]
        assert_nobody_was_given_taken_time()
        Booking.objects.update(status="cancelled")
        layout.redraw(whole, apart, by=onni, now=timezone.now())

    assert len(told) == rounds
    print(f"\nRedrawn in {told.count('redrawn')} of {rounds} rounds.")
