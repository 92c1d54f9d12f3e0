"""Time that comes free, over HTTP: given back while ten book it, accepted by two, closed, or lapsing."""

import time
from datetime import time as clock
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from bookings import closures, invariants, waiting
from bookings.closures import WishedClosure
from bookings.models import Booking, Occupancy, Offer, Status, Waiting
from bookings.waiting_wishes import WishedWaiting
from tests.api import token_of
from tests.factories import (
    create_booking,
    create_gym,
    create_organisation,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from tests.races import server
from tests.races.clients import Call, Log, booking, change, send_at_once
from tests.sql import assert_nobody_was_given_taken_time
from venues.clock import local

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]

CLIENTS, ROUNDS = 10, 20
STAGGER = 0.01  # seconds later in each round: so every order of things comes to pass


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
    return create_gym(venue=venue)


def day_of(number):
    """Return the day of a round: each has one of its own."""
    return local(timezone.now()).date() + timedelta(days=2 + number)


def period(number):
    return hour("10:00", day=day_of(number)), hour("12:00", day=day_of(number))


def waits(space, who, number, **facts) -> Waiting:
    day = day_of(number)
    asked = WishedWaiting(
        [space], [day.isoweekday()], clock(10), clock(12), 120, first_on=day, last_on=day, **facts
    )
    return waiting.wait(asked, customer=who, now=timezone.now())


def offer(space, number) -> list[Offer]:
    return waiting.offer_freed(space.hall_id, *period(number), now=timezone.now())


def answer(who, verb, offered) -> Call:
    return Call(token_of(who), f"/api/v1/offers/{offered.pk}/{verb}/", {})


def holders(space, number) -> int:
    return Occupancy.objects.holding().on_floor_of(space).over(*period(number)).count()


def on_a_connection_of_its_own(deed, *, after: float = 0):
    """Do it as a worker would, so many seconds after the clients have asked: requests take a while."""

    def do() -> None:
        time.sleep(after)
        try:
            deed()
        finally:
            connections.close_all()

    return do


def test_a_time_is_given_back_while_ten_book_it_and_somebody_waits(port, gym, log):
    whole, a, *_rest = gym
    aino, mikael = create_user("Aino"), create_user("Mikael")
    people = [create_user() for _ in range(CLIENTS)]
    went = {"to whoever waits": 0, "to whoever was quick": 0}

    for number in range(ROUNDS):
        held = create_booking(a, *period(number), customer=aino, now=timezone.now())
        wait = waits(a, mikael, number)
        answers = send_at_once(
            port,
            [
                change(aino, "cancel", held.pk),
                *[booking(who, (whole, a)[n % 2], *period(number)) for n, who in enumerate(people)],
            ],
            on_a_connection_of_its_own(lambda number=number: offer(a, number)),
        )
        log.add(answers)
        offer(a, number)  # whatever the job saw: the next one misses nothing
        won = [each.status for each in answers[1:]].count(201)
        assert answers[0].status == 200
        assert won <= 1
        assert holders(a, number) == 1  # never two, and never lost
        assert won + Offer.objects.open().filter(waiting=wait).count() == 1
        went["to whoever was quick" if won else "to whoever waits"] += 1
        waiting.give_up(wait, by=mikael, now=timezone.now())

    print(f"\n{went}")


def test_two_people_accept_one_offer(port, gym, log):
    a = gym[1]
    aino, mikael = create_user("Aino"), create_user("Mikael")
    club = create_organisation(aino, mikael)

    for number in range(ROUNDS):
        wait = waits(a, aino, number, organisation=club)
        (offered,) = offer(a, number)
        answers = send_at_once(
            port, [answer((aino, mikael)[n % 2], "accept", offered) for n in range(CLIENTS)]
        )
        log.add(answers)
        codes = sorted((each.status, each.body.get("code")) for each in answers)
        assert codes == [(200, None)] + [(409, "offer_over")] * (CLIENTS - 1)
        assert holders(a, number) == 1
        wait.refresh_from_db()
        assert wait.ended_at

    assert Booking.objects.filter(organisation=club, status=Status.CONFIRMED).count() == ROUNDS


def test_an_offer_is_accepted_while_it_lapses(port, gym, log):
    a = gym[1]
    aino, mikael = create_user("Aino"), create_user("Mikael")

    for number in range(ROUNDS):
        mine, next_in_line = waits(a, aino, number), waits(a, mikael, number)
        (offered,) = offer(a, number)

        def lapse(offered=offered, number=number):
            waiting.lapse(offered, now=offered.expires_at)
            offer(a, number)

        answers = send_at_once(
            port,
            [answer(aino, "accept", offered)] * 2,
            on_a_connection_of_its_own(lapse, after=number * STAGGER),
        )
        log.add(answers)
        offer(a, number)
        offered.refresh_from_db()
        won = [each.status for each in answers].count(200)
        is_next = Offer.objects.open().filter(waiting=next_in_line).exists()
        assert (offered.state, won, is_next) in {("accepted", 1, False), ("lapsed", 0, True)}
        assert holders(a, number) == 1
        for wait in (mine, next_in_line):
            waiting.give_up(wait, by=wait.customer, now=timezone.now())


def test_a_space_is_closed_while_an_offer_is_accepted(port, gym, log):
    a = gym[1]
    aino, onni = create_user("Aino"), create_user("Onni")

    for number in range(ROUNDS):
        wait = waits(a, aino, number)
        (offered,) = offer(a, number)

        def close(number=number):
            closed = WishedClosure([a], *period(number), reason={"reason_fi": "Remontti"})
            closures.close(closed, by=onni, now=timezone.now())

        answers = send_at_once(
            port,
            [answer(aino, "accept", offered)] * 2,
            on_a_connection_of_its_own(close, after=number * STAGGER),
        )
        log.add(answers)
        offered.refresh_from_db()
        won = [each.status for each in answers].count(200)
        assert (offered.state, won) in {("accepted", 1), ("withdrawn", 0)}
        assert holders(a, number) == 1
        waiting.give_up(wait, by=aino, now=timezone.now())
