"""One's own details: what decides what is offered is told by choice, and why we ask is said."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import create_user

pytestmark = pytest.mark.django_db
PROFILE = reverse("profile")
ANSWERS = {"name": "Aino Virtanen", "phone": "", "language": "fi"}


@pytest.fixture
def aino():
    return create_user()


@pytest.fixture
def ainos(aino) -> Client:
    client = Client(headers={"accept-language": "fi"})
    client.force_login(aino)
    return client


def test_where_one_lives_and_when_one_was_born_are_told_by_choice(ainos, aino):
    page = ainos.get(PROFILE).text
    assert "Kotikuntani on Helsinki" in page
    assert "Jotkin tilat tai ajat ovat vain asukkaille." in page

    ainos.post(PROFILE, ANSWERS)
    aino.refresh_from_db()
    assert (aino.is_resident, aino.born_on) == (False, None)

    ainos.post(PROFILE, ANSWERS | {"is_resident": "on", "born_on": "1980-02-29"})
    aino.refresh_from_db()
    assert (aino.is_resident, aino.born_on) == (True, date(1980, 2, 29))
    assert 'value="1980-02-29"' in ainos.get(PROFILE).text

    ainos.post(PROFILE, ANSWERS | {"born_on": ""})
    aino.refresh_from_db()
    assert (aino.is_resident, aino.born_on) == (False, None)


@pytest.mark.parametrize("said", ["2999-01-01", "1899-12-31", "1980-02-30", "x" * 300, "\0"])
def test_a_date_on_which_nobody_was_born_changes_nothing(ainos, aino, said):
    page = ainos.post(PROFILE, ANSWERS | {"born_on": said})

    aino.refresh_from_db()
    assert (page.status_code, aino.name, aino.born_on) == (422, "Aino", None)


def test_a_stranger_has_no_details():
    assert Client().get(PROFILE).status_code == 302
