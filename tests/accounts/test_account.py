"""`manage.py account`: city staff and closed accounts, for an operator."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from accounts.sign_up import forget_unused
from tests.factories import create_user

pytestmark = pytest.mark.django_db


def test_somebody_becomes_city_staff_and_is_no_more(client, capsys):
    katri = create_user(email="katri@example.org")
    client.force_login(katri)
    assert client.get("/manage/").status_code == 404

    call_command("account", "Katri@Example.org", "--staff")

    assert "katri@example.org: open, city staff" in capsys.readouterr().out
    assert client.get("/manage/").status_code == 200

    call_command("account", "katri@example.org", "--no-staff")

    assert client.get("/manage/").status_code == 404


def test_first_staff_of_a_new_city_gets_an_account_that_waits_for_them():
    call_command("account", "uusi@example.org", "--staff")

    assert forget_unused(before=timezone.now() + timedelta(days=30)) == 0
    assert User.objects.get(email="uusi@example.org").is_staff


def test_closed_account_is_opened_again(client):
    aino = create_user(email="aino@example.org")
    client.force_login(aino)

    call_command("account", "aino@example.org", "--close")
    assert client.get("/account/").status_code == 302  # to sign in

    call_command("account", "aino@example.org", "--open")
    assert client.get("/account/").status_code == 200


def test_opening_changes_nothing_else():
    create_user(email="katri@example.org", is_staff=True, is_active=False)

    call_command("account", "katri@example.org", "--open")

    katri = User.objects.get(email="katri@example.org")
    assert katri.is_staff
    assert katri.is_active


@pytest.mark.parametrize("wish", ["--open", "--close", "--no-staff"])
def test_account_of_nobody_is_made_for_city_staff_only(wish):
    with pytest.raises(CommandError, match="Nobody has an account"):
        call_command("account", "nobody@example.org", wish)

    assert not User.objects.exists()


def test_what_is_no_address_is_refused():
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("account", "nobody", "--staff")
