"""Seasons of many clubs at once: each date has one holder, and nobody misses one without a reason."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from bookings import invariants
from bookings.models import MissedDate, Occupancy
from tests.api import token_of
from tests.factories import (
    create_gym,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from tests.races import server
from tests.races.clients import Answer, Call, Log, booking, send_at_once
from tests.sql import assert_nobody_was_given_taken_time
from venues.clock import local
from venues.models import Space
from venues.policies import season_of

pytestmark = pytest.mark.django_db(transaction=True)

SERIES = "/api/v1/series/"
WEEKS = 3
few_and_many = pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.proof)])


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
def venue():
    venue = create_venue()
    open_daily(venue.timetable, today=local(timezone.now()).date())
    return venue


def first_day(number: int) -> date:
    """Return the first of three weekly dates of a round, which has them for itself, within one season."""
    day = local(timezone.now()).date() + timedelta(days=2)
    end_of_season = season_of(day)[1]
    if end_of_season < day + timedelta(weeks=WEEKS + 1):
        day = end_of_season + timedelta(days=1)
    return day + timedelta(days=number % 7)


def clock(number: int) -> tuple[str, str]:
    start = 6 + 2 * (number // 7)
    return f"{start:02}:00", f"{start + 2:02}:00"


def times(number: int, week: int = 1) -> tuple:
    """Return the time of a round in one of its weeks, counted from 0."""
    day = first_day(number) + timedelta(weeks=week)
    return tuple(hour(each, day=day) for each in clock(number))


def season(who: User, space: Space, number: int, **said) -> Call:
    starts, ends = clock(number)
    day = first_day(number)
    body = {
        "space": space.pk,
        "weekdays": [day.isoweekday()],
        "first_on": day.isoformat(),
        "count": WEEKS,
        "starts": starts,
        "ends": ends,
        "without_holidays": False,
    }
    return Call(token_of(who), SERIES, body | said)


def instead(number: int, space: Space) -> dict:
    """Want the middle date of a round in another space."""
    starts_at, ends_at = (each.isoformat() for each in times(number))
    return {"instead_of": starts_at, "space": space.pk, "starts_at": starts_at, "ends_at": ends_at}


def told_everything(answer: Answer) -> bool:
    """Whether the answer tells of every date that it was made, or why it was not."""
    if answer.status == 201:
        missed = answer.body["missed"]
        return len(answer.body["made"]) + len(missed) == WEEKS and all(each["problems"] for each in missed)
    return answer.body["problems"][0]["code"] == "nothing_free" and len(answer.body["problems"]) > WEEKS


def assert_all_is_as_promised() -> None:
    assert_nobody_was_given_taken_time()
    assert list(invariants.findings(now=timezone.now())) == []


@few_and_many
def test_twenty_series_that_share_one_date(port, venue, log, rounds):
    whole, a, _b, _rest = create_gym(venue=venue)
    halls = [create_space(venue=venue) for _ in range(20)]
    people = [create_user() for _ in halls]

    for number in range(rounds):
        answers = send_at_once(
            port,
            [
                season(who, hall, number, replacements=[instead(number, (whole, a)[n % 2])])
                for n, (who, hall) in enumerate(zip(people, halls, strict=True))
            ],
        )
        log.add(answers)
        assert all(map(told_everything, answers)), answers
        made = Counter(len(answer.body["made"]) for answer in answers)
        assert made == {WEEKS: 1, WEEKS - 1: 19}
        reasons = {
            problem["code"]
            for answer in answers
            for missed in answer.body["missed"]
            for problem in missed["problems"]
        }
        assert reasons == {"time_taken"}

    assert Occupancy.objects.filter(hall=whole).count() == rounds
    assert MissedDate.objects.count() == 19 * rounds
    assert_all_is_as_promised()


@few_and_many
def test_ten_series_against_ten_bookings_of_their_middle_date(port, venue, log, rounds):
    whole, a, _b, _rest = create_gym(venue=venue)
    clubs, people = ([create_user() for _ in range(10)] for _ in range(2))

    for number in range(rounds):
        calls = [season(who, (whole, a)[n % 2], number) for n, who in enumerate(clubs)]
        calls += [booking(who, (whole, a)[n % 2], *times(number)) for n, who in enumerate(people)]
        answers = send_at_once(port, calls)
        log.add(answers)
        series, singles = answers[:10], answers[10:]
        assert all(map(told_everything, series)), series
        assert {answer.status for answer in singles} <= {201, 409}
        made = sum(len(answer.body["made"]) for answer in series if answer.status == 201)
        assert made + [answer.status for answer in singles].count(201) == WEEKS

    assert Occupancy.objects.count() == WEEKS * rounds
    assert_all_is_as_promised()


@few_and_many
@pytest.mark.parametrize("in_whose_name", ["one person", "two members of one organisation"])
def test_ten_series_at_once_against_a_quota_of_one_a_week(port, venue, log, rounds, in_whose_name):
    halls = [create_space(venue=venue, quota_week=1) for _ in range(10)]

    for number in range(rounds):
        people, facts = [create_user()], {}
        if in_whose_name != "one person":
            people.append(create_user("Mikael"))
            facts["organisation"] = create_organisation(*people).pk
        calls = [season(people[n % len(people)], hall, number, **facts) for n, hall in enumerate(halls)]
        answers = send_at_once(port, calls)
        log.add(answers)
        heard = Counter((answer.status, answer.body.get("code")) for answer in answers)
        assert heard == {(201, None): 1, (422, "refused"): 9}
        codes = {problem["code"] for answer in answers for problem in answer.body.get("problems", [])}
        assert codes == {"nothing_free", "quota_week"}

    assert Occupancy.objects.count() == WEEKS * rounds
    assert_all_is_as_promised()
