"""Prices by API: quoted before, agreed to, and told of each booking."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import lifecycle
from bookings.models import Booking
from tests.api import BOOKINGS, client_of, codes_of, wish
from tests.bookings.priced import create_group, create_list, create_paying_club, create_priced_space
from tests.factories import MONDAY, NOW, create_booking, create_manager, create_space, create_user

pytestmark = pytest.mark.django_db

QUOTES, SERIES = "/api/v1/quotes/", "/api/v1/series/"
SATURDAY = MONDAY + timedelta(days=5)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def hall():
    rows = {"cents": 800, "price_group": create_group()}, {"cents": 2034}
    return create_priced_space(create_list(*rows, add_ons=({"code": "piano", "cents": 1500},)))


def season(space, **said) -> dict:
    times = {"first_on": str(SATURDAY), "count": 3, "starts": "10:00", "ends": "12:00"}
    return {"space": space.pk, "weekdays": [6], **times, **said}


def test_a_wish_is_quoted_line_by_line(hall):
    answer = client_of(create_user()).post(QUOTES, wish(hall, add_ons=["piano"]))

    told = answer.json()
    assert answer.status_code == 200
    assert (told["currency"], told["gross_cents"]) == ("EUR", 4068 + 1500)
    assert told["net_cents"] + told["vat_cents"] == told["gross_cents"]
    (rate,) = told["by_vat"]
    assert (rate["vat_percent"], rate["gross_cents"]) == ("13.5", 5568)
    (date,) = told["dates"]
    assert [line["kind"] for line in date["price"]["lines"]] == ["time", "add_on"]
    assert "2 h × 20,34" in date["price"]["lines"][0]["text"]["fi"]
    assert date["problems"] == []
    assert not Booking.objects.exists()


def test_an_organisation_is_quoted_what_it_pays(hall):
    aino = create_user()
    club = create_paying_club(aino)

    told = client_of(aino).post(QUOTES, wish(hall, organisation=club.pk)).json()

    assert told["gross_cents"] == 1600
    stranger = client_of(create_user()).post(QUOTES, wish(hall, organisation=club.pk))
    assert (stranger.status_code, codes_of(stranger)) == (400, {"does_not_exist"})


def test_what_nobody_can_price_is_said_and_what_has_no_price_is_null(hall):
    weekdays = create_priced_space(create_list({"cents": 800, "weekdays": [1]}))
    client = client_of(create_user())

    (gap,) = client.post(QUOTES, wish(weekdays)).json()["dates"]
    assert (gap["price"], [problem["code"] for problem in gap["problems"]]) == (None, ["no_price"])

    (unpriced,) = client.post(QUOTES, wish(create_space())).json()["dates"]
    assert (unpriced["price"], unpriced["problems"]) == (None, [])

    backwards = client.post(QUOTES, wish(hall, start="12:00", end="10:00"))
    assert (backwards.status_code, codes_of(backwards)) == (422, {"times_unusable"})


def test_nobody_is_quoted_a_price_without_saying_who_they_are(hall):
    assert client_of().post(QUOTES, wish(hall)).status_code == 401


def test_a_season_is_quoted_date_by_date(hall):
    told = client_of(create_user()).post(f"{QUOTES}series/", season(hall)).json()

    assert [date["price"]["gross_cents"] for date in told["dates"]] == [4068] * 3
    assert told["gross_cents"] == 12204


def test_a_season_takes_as_many_statements_whatever_its_length(hall):
    client = client_of(create_user())

    def statements(count: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            client.post(f"{QUOTES}series/", season(hall, count=count))
        return len(asked)

    assert statements(2) == statements(15)


def test_the_ledger_tells_what_each_date_costs(hall):
    told = client_of(create_user()).post(f"{SERIES}ledger/", season(hall)).json()

    assert [row["price"]["gross_cents"] for row in told["rows"]] == [4068] * 3
    assert (told["price"]["gross_cents"], told["price"]["currency"]) == (12204, "EUR")


def test_a_season_is_booked_for_the_price_that_was_seen(hall):
    client = client_of(create_user())

    refused = client.post(SERIES, season(hall, seen_cents=12203))
    assert (refused.status_code, codes_of(refused)) == (422, {"price_changed"})

    assert client.post(SERIES, season(hall, seen_cents=12204)).status_code == 201


def test_a_booking_tells_what_is_owed_and_what_was_ordered(hall):
    client = client_of(create_user())

    refused = client.post(BOOKINGS, wish(hall, seen_cents=1))
    assert codes_of(refused) == {"price_changed"}
    told = client.post(BOOKINGS, wish(hall, add_ons=["piano"], seen_cents=5568)).json()

    assert told["status"] == "awaiting_payment"
    assert told["add_ons"] == ["piano"]
    price = told["price"]
    assert (price["gross_cents"], price["currency"]) == (5568, "EUR")
    assert [line["gross_cents"] for line in price["lines"]] == [4068, 1500]
    assert {line["date"] for line in price["lines"]} == {date["id"] for date in told["dates"]}


def test_what_is_not_charged_any_more_is_a_line_of_its_own(hall):
    booking = create_booking(hall)
    lifecycle.cancel(booking, by=create_manager(hall.venue), now=NOW)

    price = client_of(booking.customer).get(f"{BOOKINGS}{booking.pk}/").json()["price"]

    assert [line["kind"] for line in price["lines"]] == ["time", "taken_back"]
    assert (price["gross_cents"], price["net_cents"], price["vat_cents"]) == (0, 0, 0)


def test_a_booking_without_a_price_says_so():
    booking = create_booking(create_space())

    assert client_of(booking.customer).get(f"{BOOKINGS}{booking.pk}/").json()["price"] is None


@pytest.mark.parametrize("add_ons", ["piano", [1], [None], {"a": 1}, ["x"] * 21, ["organ\0"], None])
def test_odd_extras_are_answered_calmly(hall, add_ons):
    answer = client_of(create_user()).post(QUOTES, wish(hall, add_ons=add_ons))

    assert answer.status_code in (200, 400)
