"""The API of use: who is expected, and whether they came; the rules are those of the pages."""

import pytest

from tests.api import client_of, codes_of
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    hour,
)

pytestmark = pytest.mark.django_db

USE = "/api/v1/use/"
START = hour("10:00")


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(START, tick=False)


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def date(hall, mikael):
    club = create_organisation(mikael, name="Idän Sähly ry")
    return create_booking(hall, customer=mikael, organisation=club, attendees=12).dates.get()


@pytest.fixture
def kalle(hall):
    return create_manager(hall.venue, name="Kalle", role="caretaker")


def test_the_caretaker_sees_who_comes_on_a_day(date, kalle):
    today = client_of(kalle).get(USE).json()["results"]
    other_day = client_of(kalle).get(USE, {"day": MONDAY.isoformat()}).json()["results"]

    assert [(each["id"], each["organisation"]["name"], each["attendees"]) for each in today] == [
        (date.pk, "Idän Sähly ry", 12)
    ]
    assert other_day == []


@pytest.mark.parametrize(("day", "status"), [("someday", 400), ("0001-01-01", 200), ("9999-12-31", 200)])
def test_any_day_can_be_asked_for(kalle, day, status):
    assert client_of(kalle).get(USE, {"day": day}).status_code == status


def test_absent_arrived_and_taken_back(date, kalle):
    client = client_of(kalle)

    absent = client.post(f"{USE}{date.pk}/no-show/").json()
    came = client.post(f"{USE}{date.pk}/arrive/").json()
    unmarked = client.post(f"{USE}{date.pk}/unmark/").json()

    assert (absent["no_show_at"] is not None, absent["arrived_at"]) == (True, None)
    assert (came["no_show_at"], came["arrived_at"] is not None) == (None, True)
    assert (unmarked["no_show_at"], unmarked["arrived_at"]) == (None, None)


def test_the_customer_says_that_they_came_and_nothing_else(date, mikael):
    client = client_of(mikael)

    assert client.post(f"{USE}{date.pk}/arrive/").status_code == 200
    assert client.post(f"{USE}{date.pk}/no-show/").status_code == 403
    assert client.post(f"{USE}{date.pk}/unmark/").status_code == 403
    assert client.get(USE).json()["results"] == []


def test_it_is_too_early_days_before(date, kalle, time_machine):
    time_machine.move_to(NOW, tick=False)

    response = client_of(kalle).post(f"{USE}{date.pk}/no-show/")

    assert (response.status_code, codes_of(response)) == (422, {"too_early"})


@pytest.mark.parametrize("what", ["arrive", "no-show", "unmark"])
def test_to_strangers_there_is_no_such_date(date, what):
    for stranger in (create_user("Vieno"), create_manager(create_space().venue)):
        assert client_of(stranger).post(f"{USE}{date.pk}/{what}/").status_code == 404
        assert client_of(stranger).get(USE).json()["results"] == []
    assert client_of().post(f"{USE}{date.pk}/{what}/").status_code == 401
    assert client_of(create_user()).post(f"{USE}{10**30}/{what}/").status_code == 404
