"""Signing in by a code sent to one's e-mail. Nobody learns who has an account."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sign_up
from accounts.models import User
from tests.factories import create_manager, create_user, create_venue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten_limits():
    cache.clear()


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"accept-language": "fi"})


def ask_for_code(visitor: Client, email: str, next_page: str = ""):
    return visitor.post(reverse("account_login"), {"email": email, "next": next_page})


def code_sent_to(email: str) -> str:
    last = [message for message in mail.outbox if message.to == [email]][-1]
    return re.search(r"\d{4}-\d{4}", last.body).group()


def give_code(visitor: Client, code: str, next_page: str = ""):
    return visitor.post(reverse("account_confirm_login_code"), {"code": code, "next": next_page})


def signed_in(visitor: Client) -> str | None:
    pk = visitor.session.get("_auth_user_id")
    return User.objects.get(pk=pk).email if pk else None


def test_a_code_signs_in_and_leads_back(visitor):
    create_user(email="aino@example.org")

    ask_for_code(visitor, "Aino@Example.org", "/bookings/")
    response = give_code(visitor, code_sent_to("aino@example.org"), "/bookings/")

    assert response.url == "/bookings/"
    assert signed_in(visitor) == "aino@example.org"


def test_a_new_address_signs_up_by_the_same_two_steps(visitor):
    ask_for_code(visitor, "uusi@example.org")
    give_code(visitor, code_sent_to("uusi@example.org"))

    assert signed_in(visitor) == "uusi@example.org"
    assert not User.objects.get(email="uusi@example.org").has_usable_password()


def test_pages_and_mails_are_the_same_whether_or_not_there_is_an_account():
    create_user(email="known@example.org")
    answers = []

    for email in ("known@example.org", "other@example.org"):
        visitor = Client()
        asked = ask_for_code(visitor, email)
        page = visitor.get(asked.url).content.decode()
        answers.append((asked.status_code, asked.url, re.sub(r'value="\w{64}"', "", page.replace(email, ""))))

    assert answers[0] == answers[1]
    known, other = (message.body for message in mail.outbox)
    assert re.sub(r"\d{4}-\d{4}", "", known) == re.sub(r"\d{4}-\d{4}", "", other)


def test_the_mail_is_in_the_readers_language(visitor):
    ask_for_code(visitor, "uusi@example.org")

    assert mail.outbox[0].subject.startswith("Kirjautumiskoodisi on ")
    assert "15 minuutin ajan" in mail.outbox[0].body


def test_a_wrong_code_does_not_sign_in_and_the_third_one_ends_it(visitor):
    create_user(email="aino@example.org")
    ask_for_code(visitor, "aino@example.org")

    first = give_code(visitor, "0000-0000")
    give_code(visitor, "0000-0000")
    give_code(visitor, "0000-0000")
    give_code(visitor, code_sent_to("aino@example.org"))

    assert "Virheellinen koodi" in first.content.decode()
    assert signed_in(visitor) is None


def test_asking_for_codes_again_and_again_is_stopped(visitor):
    for _number in range(3):
        ask_for_code(visitor, "aino@example.org")

    refused = ask_for_code(visitor, "aino@example.org")

    assert len(mail.outbox) == 3
    assert refused.context["form"].errors["email"]


def test_whoever_mistyped_the_address_can_write_another(visitor):
    ask_for_code(visitor, "typo@example.org")
    page = visitor.get(reverse("account_login"))
    ask_for_code(visitor, "right@example.org")
    give_code(visitor, code_sent_to("right@example.org"))

    assert page.status_code == 200
    assert signed_in(visitor) == "right@example.org"


def test_a_new_code_can_be_sent_and_the_old_one_is_worth_nothing(visitor):
    ask_for_code(visitor, "aino@example.org")
    old = code_sent_to("aino@example.org")

    visitor.post(reverse("account_confirm_login_code"), {"action": "resend"})
    give_code(visitor, old)
    assert signed_in(visitor) is None

    give_code(visitor, code_sent_to("aino@example.org"))
    assert signed_in(visitor) == "aino@example.org"


def test_a_closed_account_gets_no_code_and_looks_like_any_other(visitor):
    create_user(email="closed@example.org", is_active=False)

    asked = ask_for_code(visitor, "closed@example.org")

    assert asked.url == reverse("account_confirm_login_code")
    assert mail.outbox == []
    assert User.objects.count() == 1


def test_the_way_back_never_leads_elsewhere(visitor):
    create_user(email="aino@example.org")
    ask_for_code(visitor, "aino@example.org", "https://evil.example/")

    response = give_code(visitor, code_sent_to("aino@example.org"), "https://evil.example/")

    assert response.url == "/"


def test_signing_in_gives_the_session_another_key_and_keeps_what_is_in_it(visitor):
    session = visitor.session
    session["kept"] = 7
    session.save()
    visitor.cookies["sessionid"] = session.session_key
    before = session.session_key

    ask_for_code(visitor, "aino@example.org")
    give_code(visitor, code_sent_to("aino@example.org"))

    assert visitor.session["kept"] == 7
    assert visitor.cookies["sessionid"].value != before


def test_signing_out_is_a_post(visitor):
    visitor.force_login(create_user(email="aino@example.org"))

    visitor.get(reverse("account_logout"))
    assert signed_in(visitor)

    visitor.post(reverse("account_logout"))
    assert signed_in(visitor) is None


@pytest.mark.parametrize(
    "path", ["/account/password/change/", "/account/password/reset/", "/account/email/", "/account/signup/"]
)
def test_there_are_no_passwords_and_no_second_way_in(visitor, path):
    assert visitor.get(path).status_code == 404


# --- Addresses that nobody confirmed -----------------------------------------------------------------


def long_ago(email: str) -> User:
    user = User.objects.get(email=email)
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now() - timedelta(days=2))
    return user


def test_an_address_whose_code_was_never_used_is_forgotten(visitor):
    ask_for_code(visitor, "typo@example.org")
    long_ago("typo@example.org")

    sign_up.forget_unused(before=timezone.now() - timedelta(days=1))

    assert not User.objects.filter(email="typo@example.org").exists()


def test_accounts_that_were_used_or_hold_something_stay(visitor):
    ask_for_code(visitor, "aino@example.org")
    give_code(visitor, code_sent_to("aino@example.org"))
    long_ago("aino@example.org")
    manager = create_manager(create_venue())
    EmailAddress.objects.create(user=manager, email=manager.email, primary=True)
    long_ago(manager.email)
    long_ago(create_user("Made by the operator").email)

    assert sign_up.forget_unused(before=timezone.now() - timedelta(days=1)) == 0
    assert User.objects.count() == 3


# --- One's own details ---------------------------------------------------------------------------


def test_the_language_in_the_header_is_remembered_for_those_who_are_signed_in(visitor):
    aino = create_user()
    visitor.force_login(aino)

    visitor.post(reverse("set_language"), {"language": "sv", "next": "/account/"})

    aino.refresh_from_db()
    assert aino.language == "sv"
    assert 'lang="sv"' in visitor.get("/account/").content.decode()


def test_whoever_signs_in_is_spoken_to_in_their_own_language(visitor):
    create_user(email="aino@example.org", language="sv")
    ask_for_code(visitor, "aino@example.org")

    give_code(visitor, code_sent_to("aino@example.org"))

    assert visitor.cookies["django_language"].value == "sv"


def test_details_are_changed_on_a_page_of_ones_own(visitor):
    aino = create_user()
    visitor.force_login(aino)

    visitor.post(reverse("profile"), {"name": "Aino Virtanen", "phone": "040 1234567", "language": "en"})

    aino.refresh_from_db()
    assert (aino.name, aino.phone, aino.language) == ("Aino Virtanen", "040 1234567", "en")


def test_details_are_nobody_elses(visitor):
    response = visitor.get(reverse("profile"))

    assert response.url == "/account/login/?next=/account/"
