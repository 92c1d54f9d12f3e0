"""The API of warnings and bans: proposed, answered, decided; by the same rules as on the pages."""

import pytest

from accounts.models import Membership
from bookings.models import Sanction
from tests.api import client_of, codes_of, fields_of
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
)

pytestmark = pytest.mark.django_db

SANCTIONS = "/api/v1/sanctions/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def club(mikael):
    return create_organisation(mikael, name="Idän Sähly ry", role=Membership.Role.OWNER)


@pytest.fixture
def booking(hall, mikael, club):
    return create_booking(hall, customer=mikael, organisation=club)


def asked(of_whom, **facts) -> dict:
    defaults = {"whom": "organisation", "kind": "ban", "reason": "Ovet jäivät auki.", "until": "2027-05-31"}
    return {"booking": of_whom.pk} | defaults | facts


@pytest.fixture
def ban(booking, onni) -> str:
    """The address of a ban that has been proposed."""
    made = client_of(onni).post(SANCTIONS, asked(booking))
    return f"{SANCTIONS}{made.json()['id']}/"


def test_a_ban_from_the_proposal_to_the_end(ban, booking, onni, mikael, club):
    desk, concerned = client_of(onni), client_of(mikael)

    too_soon = desk.post(f"{ban}decide/")
    answered = concerned.post(f"{ban}answer/", {"answer": "Anteeksi."})
    decided = desk.post(f"{ban}decide/")
    lifted = desk.post(f"{ban}lift/")
    again = desk.post(f"{ban}drop/")

    assert (too_soon.status_code, codes_of(too_soon)) == (422, {"not_heard_yet"})
    assert answered.json()["answer"] == "Anteeksi."
    assert decided.json()["decided_at"] is not None
    assert lifted.json()["lifted_at"] is not None
    assert codes_of(again) == {"decided_already"}
    assert concerned.get(ban).json() == desk.get(ban).json()
    sanction = Sanction.objects.get()
    assert (sanction.organisation, sanction.person, sanction.venue) == (club, None, booking.space.venue)


@pytest.mark.parametrize(
    ("wrong", "status", "fields"),
    [
        ({"reason": " "}, 422, {"reason"}),
        ({"until": None}, 422, {"until"}),
        ({"until": "9999-12-31"}, 422, {"until"}),
        ({"whom": "everybody"}, 400, {"whom"}),
        ({"booking": 999999}, 400, {"booking"}),
    ],
)
def test_a_proposal_with_mistakes_is_refused(booking, onni, wrong, status, fields):
    response = client_of(onni).post(SANCTIONS, asked(booking, **wrong))

    assert (response.status_code, fields_of(response)) == (status, fields)
    assert not Sanction.objects.exists()


def test_who_booked_for_herself_has_no_organisation_to_ban(hall, onni):
    response = client_of(onni).post(SANCTIONS, asked(create_booking(hall, "14:00", "15:00")))

    assert (response.status_code, fields_of(response)) == (400, {"whom"})


def test_the_whole_city_is_for_its_staff(booking, onni):
    staff = create_user("Kaisa", is_staff=True)

    assert client_of(onni).post(SANCTIONS, asked(booking, where="city")).status_code == 403
    assert client_of(staff).post(SANCTIONS, asked(booking, where="city")).json()["venue"] is None


def test_who_is_concerned_does_not_decide_and_who_decides_does_not_answer(ban, onni, mikael):
    for step in ("decide", "drop", "lift"):
        assert client_of(mikael).post(f"{ban}{step}/").status_code == 403
    assert client_of(onni).post(f"{ban}answer/", {"answer": "Ei"}).status_code == 403


def test_to_strangers_there_is_nothing(ban, booking, club):
    booker = create_user("Sari")
    club.memberships.create(user=booker, role=Membership.Role.BOOKER)
    for stranger in (booker, create_user("Vieno"), create_manager(create_space().venue)):
        client = client_of(stranger)
        assert client.get(SANCTIONS).json()["results"] == []
        assert client.get(ban).status_code == 404
        for step in ("answer", "decide", "drop", "lift"):
            assert client.post(f"{ban}{step}/", {"answer": "Ei"}).status_code == 404
        assert client.post(SANCTIONS, asked(booking)).status_code == 400
    assert client_of().get(SANCTIONS).status_code == 401
    assert client_of(create_user()).get(f"{SANCTIONS}{10**30}/").status_code == 404
