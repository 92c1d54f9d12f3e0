"""The API of swaps: what the pages do, for programs; to strangers nothing is there."""

from datetime import timedelta

import pytest

from accounts.models import Membership
from bookings import lifecycle, swaps
from bookings.models import Swap
from tests.api import client_of, codes_of, fields_of
from tests.bookings.test_swaps import TUESDAY, WEDNESDAY, booked, holder
from tests.factories import (
    NOW,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    say_policy,
)

pytestmark = pytest.mark.django_db

SWAPS = "/api/v1/swaps/"
CHOICES = f"{SWAPS}choices/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def gym():
    return create_space(name_fi="Sali", can_be_swapped=True)


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def sari():
    return create_user("Sari")


@pytest.fixture
def club(mikael):
    return create_organisation(mikael, name="Idän Sähly ry")


@pytest.fixture
def tuesday(gym, mikael, club):
    return booked(gym, mikael, TUESDAY, organisation=club)


@pytest.fixture
def wednesday(gym, sari):
    return booked(gym, sari, WEDNESDAY, "17:00", "18:00")


@pytest.fixture
def swap(tuesday, wednesday, mikael):
    return swaps.propose(tuesday, wednesday, "Sopisiko?", by=mikael, now=NOW)


def test_a_swap_from_the_choice_to_the_end(gym, tuesday, wednesday, mikael, sari, club):
    his, hers = client_of(mikael), client_of(sari)

    (choice,) = his.get(CHOICES, {"offered": tuesday.pk}).json()
    made = his.post(SWAPS, {"offered": tuesday.pk, "wanted": choice["id"], "message": "Sopisiko?"})
    listed = hers.get(SWAPS).json()["results"]
    agreed = hers.post(f"{SWAPS}{made.json()['id']}/agree/")

    assert (choice["id"], choice["holder"]) == (wednesday.pk, "")
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    assert listed == [made.json()]
    assert (listed[0]["message"], listed[0]["organisation"]["name"]) == ("Sopisiko?", "Idän Sähly ry")
    assert (agreed.status_code, agreed.json()["state"]) == (200, "agreed")
    assert (holder(tuesday), holder(wednesday)) == (sari, club)


def test_whose_a_date_is_is_told_where_that_is_public(gym, tuesday, wednesday, mikael):
    say_policy(gym, can_be_swapped=True, holder_is_public=True)

    (choice,) = client_of(mikael).get(CHOICES, {"offered": tuesday.pk}).json()

    assert choice["holder"] == "Sari"


def test_a_proposal_is_declined_or_taken_back_once(swap, mikael, sari):
    declined = client_of(sari).post(f"{SWAPS}{swap.pk}/decline/")
    late = client_of(mikael).post(f"{SWAPS}{swap.pk}/withdraw/")

    assert declined.json()["state"] == "declined"
    assert (late.status_code, late.json()["code"]) == (409, "answered_already")


def test_the_same_key_proposes_once(tuesday, wednesday, mikael):
    client, asked = client_of(mikael), {"offered": tuesday.pk, "wanted": wednesday.pk}

    first = client.post(SWAPS, asked, HTTP_IDEMPOTENCY_KEY="k1")
    second = client.post(SWAPS, asked, HTTP_IDEMPOTENCY_KEY="k1")
    third = client.post(SWAPS, asked)

    assert first.content == second.content
    assert (third.status_code, codes_of(third)) == (422, {"proposed_already"})
    assert Swap.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("offered", 999999),
        ("offered", "1"),
        ("offered", None),
        ("wanted", 999999),
        ("wanted", 10**30),
        ("message", 7),
        ("message", "x" * 501),
    ],
)
def test_malformed_input_is_named(tuesday, wednesday, mikael, field, wrong):
    asked = {"offered": tuesday.pk, "wanted": wednesday.pk} | {field: wrong}

    response = client_of(mikael).post(SWAPS, asked)

    assert (response.status_code, fields_of(response)) == (400, {field})


def test_dates_are_wanted_only_where_and_when_the_page_offers_them(gym, tuesday, mikael, sari):
    client = client_of(mikael)
    elsewhere = booked(create_space(can_be_swapped=True), sari, WEDNESDAY)
    later = booked(gym, sari, TUESDAY + timedelta(days=22))
    own = booked(gym, mikael, WEDNESDAY, organisation=tuesday.booking.organisation)

    assert client.get(CHOICES, {"offered": tuesday.pk}).json() == []
    for date in (elsewhere, later, own):
        response = client.post(SWAPS, {"offered": tuesday.pk, "wanted": date.pk})
        assert (response.status_code, fields_of(response)) == (400, {"wanted"})


def test_what_was_cancelled_is_no_longer_swapped(swap, wednesday, mikael, sari):
    lifecycle.cancel(wednesday.booking, by=sari, now=NOW)

    response = client_of(sari).post(f"{SWAPS}{swap.pk}/agree/")

    assert (response.status_code, codes_of(response)) == (422, {"not_confirmed"})


@pytest.mark.parametrize("who", ["a stranger", "the venue's manager"])
def test_to_strangers_nothing_is_there(gym, swap, tuesday, wednesday, who):
    client = client_of(create_user() if who == "a stranger" else create_manager(gym.venue))

    assert client.get(SWAPS).json()["results"] == []
    for verb in ("agree", "decline", "withdraw"):
        assert client.post(f"{SWAPS}{swap.pk}/{verb}/").status_code == 404
    choices = client.get(CHOICES, {"offered": tuesday.pk})
    assert (choices.status_code, fields_of(choices)) == (400, {"offered"})
    proposed = client.post(SWAPS, {"offered": tuesday.pk, "wanted": wednesday.pk})
    assert (proposed.status_code, fields_of(proposed)) == (400, {"offered"})
    swap.refresh_from_db()
    assert swap.state == Swap.State.PROPOSED


def test_nobody_answers_for_the_other_side(swap, mikael, sari):
    assert client_of(mikael).post(f"{SWAPS}{swap.pk}/agree/").status_code == 403
    assert client_of(mikael).post(f"{SWAPS}{swap.pk}/decline/").status_code == 403
    assert client_of(sari).post(f"{SWAPS}{swap.pk}/withdraw/").status_code == 403


def test_who_only_sees_proposes_and_withdraws_nothing(swap, tuesday, wednesday, club):
    veera = create_user("Veera")
    Membership.objects.create(user=veera, organisation=club, role="viewer")
    client = client_of(veera)

    assert [row["id"] for row in client.get(SWAPS).json()["results"]] == [swap.pk]
    assert client.post(f"{SWAPS}{swap.pk}/withdraw/").status_code == 403
    assert client.post(SWAPS, {"offered": tuesday.pk, "wanted": wednesday.pk}).status_code == 400


def test_who_does_not_say_who_they_are_is_asked(swap):
    client = client_of()

    assert client.get(SWAPS).status_code == 401
    assert client.get(CHOICES).status_code == 401
    assert client.post(SWAPS, {}).status_code == 401
    assert client.post(f"{SWAPS}{swap.pk}/agree/").status_code == 401


def test_answers_are_kept_by_no_cache(mikael):
    assert "no-store" in client_of(mikael).get(SWAPS)["Cache-Control"]
