"""The API of payments: what the pages do, for programs; to strangers nothing is there."""

import pytest
import time_machine

from bookings.models import Booking, Status
from payments import reconcile
from payments.models import Payment
from tests.api import client_of, codes_of, fields_of
from tests.factories import NOW, create_booking, create_organisation, create_user, hour
from tests.prices import create_priced_space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

PAYMENTS = "/api/v1/payments/"


@pytest.fixture
def monday_morning():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def aino():
    return create_user("Aino")


@pytest.fixture
def booking(aino):
    return create_booking(create_priced_space(), hour("10:00"), hour("13:00"), customer=aino)


def test_a_program_begins_a_payment_and_a_person_pays_it(sandbox, aino, booking):
    aino_s = client_of(aino)
    begun = aino_s.post(PAYMENTS, {"bookings": [booking.pk]})
    again = aino_s.post(PAYMENTS, {"bookings": [booking.pk]})

    assert (begun.status_code, again.json()) == (201, begun.json())
    told = begun.json()
    assert (told["state"], told["due_cents"], told["currency"]) == ("open", 6102, "eur")
    assert told["bookings"] == [{"booking": booking.pk, "cents": 6102}]
    assert told["url"].startswith(sandbox.base)

    payment = Payment.objects.get()
    sandbox.do("pay", session=payment.session_id)
    reconcile.session(payment.session_id, now=NOW)
    told = aino_s.get(f"{PAYMENTS}{payment.pk}/").json()
    assert (told["state"], told["paid_cents"], told["url"]) == ("paid", 6102, "")
    assert [row["id"] for row in aino_s.get(PAYMENTS).json()["results"]] == [payment.pk]


def test_who_leaves_pays_nothing(sandbox, aino, booking):
    aino_s = client_of(aino)
    told = aino_s.post(PAYMENTS, {"bookings": [booking.pk]}).json()

    left = aino_s.post(f"{PAYMENTS}{told['id']}/leave/")

    assert (left.status_code, left.json()["state"]) == (200, "expired")
    assert Booking.objects.get().status == Status.AWAITING_PAYMENT


def test_to_strangers_nothing_is_there(sandbox, aino, booking):
    told = client_of(aino).post(PAYMENTS, {"bookings": [booking.pk]}).json()
    stranger = client_of(create_user("Vieno"))

    assert stranger.get(PAYMENTS).json()["results"] == []
    assert stranger.get(f"{PAYMENTS}{told['id']}/").status_code == 404
    assert stranger.post(f"{PAYMENTS}{told['id']}/leave/").status_code == 404
    refused = stranger.post(PAYMENTS, {"bookings": [booking.pk]})
    assert (refused.status_code, fields_of(refused)) == (400, {"bookings"})


def test_a_member_who_only_sees_sees_and_pays_nothing(sandbox, aino):
    club = create_organisation(aino)
    viewer = create_user("Liisa")
    club.memberships.create(user=viewer, role="viewer")
    booking = create_booking(
        create_priced_space(), hour("10:00"), hour("13:00"), customer=aino, organisation=club
    )
    told = client_of(aino).post(PAYMENTS, {"bookings": [booking.pk]}).json()

    assert client_of(viewer).get(f"{PAYMENTS}{told['id']}/").json()["organisation"] == club.pk
    assert client_of(viewer).post(f"{PAYMENTS}{told['id']}/leave/").status_code == 403
    assert client_of(viewer).post(PAYMENTS, {"bookings": [booking.pk]}).status_code == 400


@pytest.mark.parametrize(
    "said", [{}, {"bookings": []}, {"bookings": "1"}, {"bookings": [0]}, {"bookings": ["x"]}]
)
def test_nonsense_is_told_at_its_field_and_begins_nothing(sandbox, aino, said):
    answer = client_of(aino).post(PAYMENTS, said)

    assert answer.status_code == 400
    assert not Payment.objects.exists()


def test_where_nobody_pays_by_card_that_is_said(aino, booking):
    answer = client_of(aino).post(PAYMENTS, {"bookings": [booking.pk]})

    assert (answer.status_code, codes_of(answer)) == (422, {"no_card_payments"})
