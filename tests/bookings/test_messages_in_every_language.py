"""Every kind of message, in each of the three languages, in plain text and as HTML: nothing is left over."""

import re

import pytest
from django.utils import translation

from accounts import invitations
from accounts.models import Membership
from bookings import messages, sanctions, swaps, waiting
from bookings.models import Message, Sanction, Waiting
from payments import mails
from tests.bookings.test_waiting import freed, wished
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_series,
    create_space,
    create_user,
)

pytestmark = pytest.mark.django_db

LANGUAGES = ("fi", "sv", "en")
OF_BOOKINGS = ("requested", "awaiting_payment", "confirmed", "declined", "moved", "cancelled", "expired")
# Words that every English message has some of, and that neither Finnish nor Swedish knows.
ENGLISH = re.compile(r"\b(the|you|your|booking|been|of|and|this|was|with|not|time)\b", re.IGNORECASE)
LEFT_OVER = re.compile(r"%\(\w+\)|\{[{%]|[}%]\}|\bNone\b|\{\w+\}")


def written_in(language: str) -> dict[str, list[Message]]:
    """Let everything happen of which people are told, to somebody who reads a language."""
    reader = create_user("Salli", language=language)
    room = create_space(name_fi="Sali", can_be_swapped=True)
    onni = create_manager(room.venue)
    onni.language = language
    onni.save()
    club = create_organisation(reader, name="Sählyseura", role=Membership.Role.OWNER)
    booking = create_booking(room, customer=reader)
    booking.decide_by = booking.payment_due_at = NOW  # whatever was not to be decided or paid
    for what in OF_BOOKINGS:
        messages.tell(booking, what, cause=f"{what} {language}", now=NOW)
    date = booking.dates.get()
    for what in ("released", "moved", "again"):
        messages.tell_of_dates(booking, what, [date.pk], hit=None, by=None, cause=f"d {what}", now=NOW)
    messages.remind(date, now=NOW)
    season = create_series(create_space(), customer=reader, organisation=club)
    messages.tell_of_series(season, cause="series", now=NOW)
    other = create_booking(room, "16:00", "17:00")
    swap = swaps.propose(other.dates.get(), date, "", by=other.customer, now=NOW)
    messages.tell_of_swap(swap, "proposed", now=NOW)
    gone = create_booking(room, "13:00", "14:00")
    waits = waiting.wait(
        wished(room, earliest="13:00", latest="14:00", minutes=60, purpose=""), customer=reader, now=NOW
    )
    (offer,) = freed(gone)
    messages.offer(offer, now=NOW)
    messages.end_of_offer(offer, now=NOW)
    for why in ("over", "not_allowed"):
        Message.objects.filter(kind="waiting").update(cause="earlier")
        messages.end_of_waiting(Waiting.objects.get(pk=waits.pk), why, now=NOW)
    warning = sanctions.propose(
        Sanction.Kind.WARNING, person=reader, venue=room.venue, reason="Ovet.", by=onni, now=NOW
    )
    for what in ("proposed", "answered", "decided", "ended"):
        messages.tell_of_sanction(warning, what, now=NOW)
    with translation.override(language):
        invited = invitations.invite(club, "uusi@example.org", "booker", by=reader, now=NOW)
    messages.invite(invited, now=NOW)
    found: dict[str, list[Message]] = {}
    for message in Message.objects.filter(language=language):
        found.setdefault(message.kind, []).append(message)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_written_in_the_readers_language_and_nothing_is_left_over(language):
    written = written_in(language)

    assert {*written} == {*messages.KINDS} - {"failed"} - {*mails.KINDS}
    for message in [one for each in written.values() for one in each]:
        for part in (
            message.subject,
            message.text,
            re.sub(r"<style.*?</style>", "", message.html, flags=re.S),
        ):
            assert part.strip()
            assert not LEFT_OVER.search(part), f"{message.kind}: {part}"
        words = re.sub(r"https?://\S+", "", f"{message.subject}\n{message.text}")
        assert bool(ENGLISH.search(words)) == (language == "en"), f"{message.kind}: {words}"
        assert f'<html lang="{language}">' in message.html
