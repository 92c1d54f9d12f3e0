"""Twenty clients and a manager who closes or opens: never two holders, and no hole that nobody needs."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from bookings import closures, invariants
from bookings.closures import WishedClosure
from bookings.models import Booking, Closure
from tests.factories import create_gym, create_user, create_venue, hour, open_daily
from tests.races import server
from tests.races.clients import Log, booking, send_at_once
from tests.sql import assert_nobody_was_given_taken_time
from venues.clock import local

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]

CLIENTS, ROUNDS = 20, 50


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


@pytest.fixture
def gym():
    venue = create_venue()
    open_daily(venue.timetable, today=local(timezone.now()).date())
    return create_gym(venue=venue)


def period(number, start="10:00", end="12:00"):
    """Return the time that is fought for in a round: each has a day of its own."""
    day = local(timezone.now()).date() + timedelta(days=2 + number)
    return hour(start, day=day), hour(end, day=day)


def close(space, number, by) -> Closure:
    wished = WishedClosure([space], *period(number, "08:00", "20:00"), reason={"reason_fi": "Remontti"})
    return closures.close(wished, by=by, now=timezone.now())


def on_a_connection_of_its_own(deed):
    def do() -> None:
        try:
            deed()
        finally:
            connections.close_all()

    return do


def assert_all_is_as_promised() -> None:
    assert_nobody_was_given_taken_time()
    assert list(invariants.findings(now=timezone.now())) == []


def test_twenty_take_the_time_of_a_closure_that_is_lifted(port, gym, log):
    whole, a, *_rest = gym
    people, onni = [create_user() for _ in range(CLIENTS)], create_user("Onni")
    heard: Counter = Counter()

    for number in range(ROUNDS):
        closure = close(whole, number, onni)
        answers = send_at_once(
            port,
            [booking(who, (whole, a)[n % 2], *period(number)) for n, who in enumerate(people)],
            on_a_connection_of_its_own(lambda it=closure: closures.lift(it, by=onni, now=timezone.now())),
        )
        log.add(answers)
        codes = Counter(answer.body.get("code", "booked") for answer in answers)
        assert codes["booked"] <= 1
        assert set(codes) <= {"booked", "closed", "time_taken"}
        # Who came too early is told so; nobody is told that it is taken before somebody has it.
        assert codes["booked"] or codes == {"closed": CLIENTS}
        heard += codes

    assert_all_is_as_promised()
    print(f"\n{dict(heard)}")


def test_a_hall_is_closed_while_twenty_book_it(port, gym, log):
    whole, a, b, _rest = gym
    people, onni = [create_user() for _ in range(CLIENTS)], create_user("Onni")
    heard: Counter = Counter()

    for number in range(ROUNDS):
        before = Booking.objects.count()
        answers = send_at_once(
            port,
            [booking(who, (whole, a, b)[n % 3], *period(number)) for n, who in enumerate(people)],
            on_a_connection_of_its_own(lambda number=number: close(whole, number, onni)),
        )
        log.add(answers)
        codes = Counter(answer.body.get("code", "booked") for answer in answers)
        assert set(codes) <= {"booked", "closed", "time_taken"}
        assert codes["booked"] == Booking.objects.count() - before <= 2
        heard += codes

    assert Closure.objects.count() == ROUNDS
    assert_all_is_as_promised()
    print(f"\n{dict(heard)}")
