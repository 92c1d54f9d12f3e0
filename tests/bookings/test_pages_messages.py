"""The city's staff reads what was sent, sends again what failed, and adds words of its own."""

import pytest
from django.urls import reverse

from bookings import messages
from bookings.models import Message, MessageText
from tests.bookings.pages import signed_in, words
from tests.factories import NOW, create_booking, create_manager, create_space, create_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def katri():
    return signed_in(create_user("Katri", is_staff=True))


@pytest.fixture
def message():
    messages.tell(create_booking(create_space()), "confirmed", cause="confirmed 1", now=NOW)
    return Message.objects.get()


def test_what_failed_is_found_and_sent_again(katri, message):
    Message.objects.update(state="failed", error="No connection")

    page = katri.get(reverse("bookings:messages"), {"state": "failed"})
    assert "1 message could not be sent." in words(page)
    assert message.subject in words(page)
    assert "No connection" in words(katri.get(reverse("bookings:message", args=[message.pk])))

    katri.post(reverse("bookings:send_message_again", args=[message.pk]))
    message.refresh_from_db()
    assert message.state == "waiting"
    assert "No messages here." in words(katri.get(reverse("bookings:messages"), {"state": "failed"}))


def test_the_city_adds_its_words_and_takes_them_away(katri):
    page = reverse("bookings:message_text", args=["offer"])
    assert katri.get(page).status_code == 200

    katri.post(page, {"text_fi": "Vastaathan pian."})
    assert MessageText.objects.get(kind="offer").text_fi == "Vastaathan pian."
    assert "Has words of your own" in words(katri.get(reverse("bookings:message_texts")))

    katri.post(page, {"text_fi": ""})
    assert MessageText.objects.get(kind="offer").text_fi == ""
    assert "Has words of your own" not in words(katri.get(reverse("bookings:message_texts")))
    assert katri.get(reverse("bookings:message_text", args=["nothing"])).status_code == 404
    assert katri.post(page, {"text_fi": "x" * 2001}).status_code == 422


def test_nobody_else_reads_or_writes_any_of_it(message):
    pages = [
        reverse("bookings:messages"),
        reverse("bookings:message", args=[message.pk]),
        reverse("bookings:message_texts"),
        reverse("bookings:message_text", args=["offer"]),
    ]
    for person in [create_user("Vieno"), create_manager(create_space().venue)]:
        for page in pages:
            assert signed_in(person).get(page).status_code == 404
        assert signed_in(person).post(pages[3], {"text_fi": "Hei"}).status_code == 404
    assert not MessageText.objects.exists()
