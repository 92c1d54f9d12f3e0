"""Onni warns and bans on pages; Mikael answers on his; nobody else sees any of it."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from bookings.models import Sanction
from tests.bookings.pages import signed_in, words
from tests.factories import NOW, create_booking, create_manager, create_organisation, create_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

LAST_DAY = "2027-05-31"


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def club(mikael):
    return create_organisation(mikael, name="Idän Sähly ry", role="owner")


@pytest.fixture
def booking(hall, mikael, club):
    return create_booking(hall, customer=mikael, organisation=club)


def propose(booking, desk, **said):
    said = {"whom": "organisation", "kind": "ban", "until": LAST_DAY, "reason": "Ovet jäivät auki."} | said
    return desk.post(reverse("bookings:propose_sanction", args=[booking.pk]), said)


@pytest.fixture
def onnis(onni):
    return signed_in(onni)


@pytest.fixture
def ban(booking, onnis):
    propose(booking, onnis)
    return Sanction.objects.get()


def test_a_ban_from_the_booking_to_the_end(booking, onnis, mikael, club):
    link = reverse("bookings:propose_sanction", args=[booking.pk])
    assert link in onnis.get(booking.get_absolute_url()).content.decode()
    assert onnis.get(link).status_code == 200

    response = propose(booking, onnis)
    ban = Sanction.objects.get(organisation=club, person=None, venue=booking.space.venue)
    page = reverse("bookings:sanction", args=[ban.pk])
    assert response.url == page
    assert "Put the ban in force" not in words(onnis.get(page))

    his = signed_in(mikael)
    assert "Ovet jäivät auki." in words(his.get(page))
    assert his.post(page, {"answer": "Valvoja lukitsi ne."}).status_code == 302

    assert "Valvoja lukitsi ne." in words(onnis.get(page))
    onnis.post(reverse("bookings:sanction_step", args=[ban.pk, "decide"]))
    assert "in force until" in words(his.get(page))
    assert "Idän Sähly ry" in words(onnis.get(reverse("bookings:sanctions")))

    onnis.post(reverse("bookings:sanction_step", args=[ban.pk, "lift"]))
    ban.refresh_from_db()
    assert ban.lifted_at is not None


def test_a_proposal_with_mistakes_keeps_what_was_written(booking, onnis):
    response = propose(booking, onnis, until="2020-01-01")

    assert response.status_code == 422
    assert "within the next two years" in words(response)
    assert "Ovet jäivät auki." in response.content.decode()
    assert not Sanction.objects.exists()


def test_a_manager_of_one_venue_bans_from_that_venue_only(booking, onnis):
    assert propose(booking, onnis, where="city").status_code == 422
    assert not Sanction.objects.exists()

    propose(booking, onnis)
    assert Sanction.objects.get().venue == booking.space.venue


def test_staff_may_ban_from_the_whole_city(booking):
    propose(booking, signed_in(create_user("Katri", is_staff=True)), where="city", whom="person")

    assert Sanction.objects.get().venue is None


def test_it_is_not_decided_unheard(ban, onni, onnis):
    step = reverse("bookings:sanction_step", args=[ban.pk, "decide"])
    onnis.post(step)
    ban.refresh_from_db()
    assert ban.decided_at is None

    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        signed_in(onni).post(step)
    ban.refresh_from_db()
    assert ban.decided_at is not None


def test_strangers_members_and_other_managers_see_nothing(ban, booking, club):
    page = reverse("bookings:sanction", args=[ban.pk])
    step = reverse("bookings:sanction_step", args=[ban.pk, "decide"])
    sari = create_user("Sari")
    club.memberships.create(user=sari, role="booker")

    for person in [create_user("Vieno"), sari, create_manager()]:
        theirs = signed_in(person)
        assert theirs.get(page).status_code == 404
        assert theirs.post(page, {"answer": "Minäpä vastaan."}).status_code == 404
        assert theirs.post(step).status_code == 404
        assert propose(booking, theirs).status_code == 404
    assert signed_in(create_user("Vieno")).get(reverse("bookings:sanctions")).status_code == 404
    assert Sanction.objects.count() == 1


def test_who_is_concerned_does_not_decide(ban, mikael):
    assert signed_in(mikael).post(reverse("bookings:sanction_step", args=[ban.pk, "drop"])).status_code == 404


def test_who_decides_does_not_answer(ban, onnis):
    assert onnis.post(reverse("bookings:sanction", args=[ban.pk]), {"answer": "Niin"}).status_code == 404
