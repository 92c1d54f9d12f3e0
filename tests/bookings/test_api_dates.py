"""Single dates of a booking by API: told with their states, given back, taken again, moved alone."""

from datetime import timedelta

import pytest

from bookings import dates
from bookings.models import Booking, Status
from bookings.wishes import dates_left, dates_of
from tests.api import BOOKINGS, client_of
from tests.bookings.test_dates import booking_of
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_organisation,
    create_series,
    create_user,
    hour,
    say_policy,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning", "all_is_as_promised")]


@pytest.fixture
def booking(hall) -> Booking:
    return booking_of(create_series(hall))


def address(date, what: str) -> str:
    return f"{BOOKINGS}{date.booking_id}/dates/{date.pk}/{what}/"


def test_a_booking_tells_its_dates_and_begins_with_the_next(booking):
    first, second, *_others = dates_of(booking)
    dates.release([first], by=booking.customer, now=NOW)

    told = client_of(booking.customer).get(f"{BOOKINGS}{booking.pk}/").json()

    assert [date["state"] for date in told["dates"]] == ["released", "coming", "coming", "coming"]
    assert told["dates"][1]["id"] == second.pk
    assert told["starts_at"] == told["dates"][1]["starts_at"]
    assert told["series"] == booking.series_id


def test_a_single_booking_has_one_date(hall):
    booking = create_booking(hall)

    told = client_of(booking.customer).get(f"{BOOKINGS}{booking.pk}/").json()

    assert [date["state"] for date in told["dates"]] == ["coming"]
    assert told["series"] is None


def test_a_date_goes_back_and_comes_again_once_for_each_key(booking):
    client, second = client_of(booking.customer), dates_of(booking)[1]

    answers = [
        client.post(address(second, "release"), headers={"Idempotency-Key": "give-back"}) for _try in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["dates"][1]["state"] == "released"
    assert client.post(address(second, "release")).json()["problems"][0]["code"] == "released_already"

    assert client.post(address(second, "take-again")).json()["dates"][1]["state"] == "coming"


def test_the_venues_rules_of_giving_back_are_told_as_problems(hall, booking):
    say_policy(hall, single_dates_go_back=False)

    answer = client_of(booking.customer).post(address(dates_of(booking)[1], "release"))

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "dates_stay")


def test_a_date_moves_alone_and_is_told_with_the_booking_that_it_belongs_to():
    _whole, a, b, _a_and_c = create_gym()
    booking = booking_of(create_series(a))
    second, day = dates_of(booking)[1], MONDAY + timedelta(days=12)
    there = {"starts_at": hour("14:00", day=day).isoformat(), "ends_at": hour("16:00", day=day).isoformat()}
    client = client_of(booking.customer)

    here = client.post(address(second, "move"), there).json()
    elsewhere = client.post(address(second, "move"), there | {"space": b.pk}).json()

    assert (here["id"], here["dates"][1]["state"]) == (booking.pk, "moved")
    assert (elsewhere["space"], len(elsewhere["dates"])) == (b.pk, 1)
    assert elsewhere["id"] != booking.pk


def test_many_dates_are_not_moved_as_one(booking):
    there = {"starts_at": hour("14:00").isoformat(), "ends_at": hour("16:00").isoformat()}

    answer = client_of(booking.customer).post(f"{BOOKINGS}{booking.pk}/move/", there)

    assert answer.json()["problems"][0]["code"] == "many_dates"


def test_nobody_reaches_a_date_through_another_booking_and_strangers_reach_none(hall, booking):
    club = create_organisation(booking.customer)
    viewer = create_user()
    club.memberships.create(user=viewer, role="viewer")
    Booking.objects.filter(pk=booking.pk).update(organisation=club)
    type(booking.series).objects.update(organisation=club)
    mine = create_booking(hall, "20:00", "21:00", customer=booking.customer)
    second = dates_of(booking)[1]

    through_another = f"{BOOKINGS}{mine.pk}/dates/{second.pk}/release/"
    assert client_of(booking.customer).post(through_another).status_code == 404
    for what in ("release", "take-again", "move"):
        assert client_of(create_user()).post(address(second, what)).status_code == 404
    assert client_of(viewer).post(address(second, "release")).status_code == 403
    assert len(dates_left(booking)) == 4


def test_the_last_date_cancels_the_booking(hall):
    booking = booking_of(create_series(hall, weeks=1))

    told = client_of(booking.customer).post(address(dates_of(booking)[0], "release")).json()

    assert told["status"] == Status.CANCELLED
