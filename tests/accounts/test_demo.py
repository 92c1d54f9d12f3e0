"""The person switch and the outbox exist in the demo, and nowhere else."""

import pytest
from django.core import mail
from django.core.mail.backends.filebased import EmailBackend
from django.test import Client

from accounts.demo import PEOPLE, TO_BE
from tests.factories import create_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings, tmp_path):
    settings.DEMO = True
    settings.OUTBOX_DIR = tmp_path / "outbox"
    return settings


@pytest.mark.parametrize("name", TO_BE)
def test_production_lets_nobody_be_somebody_else(client, name):
    create_user(email=f"{name}@example.org")

    assert client.post(f"/demo/be/{name}/").status_code == 404
    assert "_auth_user_id" not in client.session


def test_production_has_no_outbox(client):
    assert client.get("/demo/outbox/").status_code == 404


@pytest.mark.parametrize("name", TO_BE)
def test_in_the_demo_one_press_is_enough_to_be_somebody(client, demo, name):
    person = create_user(email=f"{name}@example.org")

    response = client.post(f"/demo/be/{name}/", {"next": "/account/"})

    assert response.url == "/account/"
    assert client.session["_auth_user_id"] == str(person.pk)


def test_the_switch_leads_nowhere_else(client, demo):
    create_user(email="aino@example.org")

    response = client.post("/demo/be/aino/", {"next": "//evil.example/"})

    assert response.url == "/"


def test_the_switch_knows_the_demos_people_only(client, demo):
    assert [name for name in PEOPLE if name not in TO_BE] == [
        "sari",
        "pekka",
        "liisa",
        "caretaker",
        "admin",
    ]
    for name in ("boss", "admin"):
        create_user(email=f"{name}@example.org")
        assert client.post(f"/demo/be/{name}/").status_code == 404
    assert client.get("/demo/be/aino/").status_code == 405


def test_the_switch_needs_the_form_token(demo):
    create_user(email="aino@example.org")

    assert Client(enforce_csrf_checks=True).post("/demo/be/aino/").status_code == 403


def test_the_outbox_shows_mails_newest_first_with_links(client, demo):
    for number in (1, 2):
        connection = EmailBackend(file_path=str(demo.OUTBOX_DIR))
        mail.EmailMessage(
            f"Viesti {number} ääkkösin",
            f"Katso http://testserver/bookings/{number}/\n<b>ei lihavoitu</b>",
            to=["aino@example.org"],
            connection=connection,
        ).send()

    page = client.get("/demo/outbox/").content.decode()

    assert page.index("Viesti 2 ääkkösin") < page.index("Viesti 1 ääkkösin")
    assert '<a href="http://testserver/bookings/1/"' in page
    assert "&lt;b&gt;ei lihavoitu" in page


def test_an_empty_outbox_says_so(client, demo):
    assert client.get("/demo/outbox/").status_code == 200
