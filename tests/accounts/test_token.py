"""`manage.py token`: a key to the API for an operator."""

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authtoken.models import Token

from accounts.models import User
from tests.factories import create_user

pytestmark = pytest.mark.django_db


def token(email: str, capsys) -> str:
    call_command("token", email)
    return capsys.readouterr().out.split()[-1]


def test_token_is_the_last_word_and_stays_the_same(capsys):
    aino = create_user(email="aino@example.org")

    first = token("Aino@Example.org", capsys)

    assert Token.objects.get(user=aino).key == first
    assert token("aino@example.org", capsys) == first


def test_account_is_made_if_there_is_none(capsys):
    key = token("uusi@example.org", capsys)

    assert Token.objects.get(key=key).user == User.objects.get(email="uusi@example.org")


@pytest.mark.parametrize("email", ["nobody", "", "a@b", "x" * 300 + "@example.org", "two@at@example.org"])
def test_what_is_no_address_is_refused(email):
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("token", email)

    assert not User.objects.exists()


def test_closed_account_gets_none():
    create_user(email="poissa@example.org", is_active=False)

    with pytest.raises(CommandError, match=r"manage\.py account poissa@example\.org --open"):
        call_command("token", "poissa@example.org")
