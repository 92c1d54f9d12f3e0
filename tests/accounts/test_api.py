"""One's own organisations by API, and nobody else's."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import memberships
from accounts.models import Membership, PriceGroup
from tests.api import client_of
from tests.factories import NOW, create_organisation, create_user

pytestmark = pytest.mark.django_db
ORGANISATIONS = "/api/v1/organisations/"


def test_one_reads_ones_own_with_ones_role_and_what_is_verified():
    mikael = create_user("Mikael")
    club = create_organisation(mikael, name="Idän Sähly ry", role="owner")
    club.price_group = PriceGroup.objects.create(code="minors", name_fi="Lapset ja nuoret")
    club.price_group_verified_until, club.business_id = date(2027, 6, 30), "0201256-6"
    club.save()
    choir = create_organisation(mikael, name="Kuoro", role="viewer")
    create_organisation(create_user("Vieno"), name="Toisten")

    answer = client_of(mikael).get(ORGANISATIONS).json()

    assert [(row["id"], row["role"], row["price_group"]) for row in answer["results"]] == [
        (club.pk, "owner", "minors"),
        (choir.pk, "viewer", None),
    ]
    assert client_of(mikael).get(f"{ORGANISATIONS}{club.pk}/").json() == {
        "id": club.pk,
        "name": "Idän Sähly ry",
        "kind": "association",
        "business_id": "0201256-6",
        "role": "owner",
        "price_group": "minors",
        "price_group_verified_until": "2027-06-30",
        "minors_percent": None,
        "minors_verified_until": None,
    }


def test_a_stranger_finds_none_and_a_visitor_is_asked_who_they_are():
    club = create_organisation(create_user("Mikael"))

    assert client_of(create_user("Vieno")).get(ORGANISATIONS).json()["count"] == 0
    for pk in (club.pk, 0, "9" * 40):
        assert client_of(create_user("Vieno")).get(f"{ORGANISATIONS}{pk}/").status_code == 404
    for address in (ORGANISATIONS, f"{ORGANISATIONS}{club.pk}/"):
        assert client_of().get(address).status_code == 401
    assert client_of(club.members.get()).post(ORGANISATIONS, {"name": "x"}).status_code == 405


def test_one_that_has_ended_is_not_told():
    aino = create_user()
    club = create_organisation(aino, role="owner")
    memberships.close(club, by=aino, now=NOW)

    assert client_of(aino).get(ORGANISATIONS).json()["count"] == 0
    assert client_of(aino).get(f"{ORGANISATIONS}{club.pk}/").status_code == 404


def test_as_many_statements_however_many_there_are():
    aino = create_user()
    client = client_of(aino)

    def look() -> int:
        create_organisation(aino)
        with CaptureQueriesContext(connection) as captured:
            client.get(ORGANISATIONS)
        return len(captured.captured_queries)

    look()

    assert look() == look()
    assert Membership.objects.count() == 3
