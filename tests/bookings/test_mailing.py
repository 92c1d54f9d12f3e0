"""What is written is kept, sent once, tried again, and given up at last."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.db import transaction
from django.db.models import F
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import invitations
from accounts.models import Membership
from bookings import dates, lifecycle, mailing, messages, reminders, sanctions
from bookings.models import Message, MessageText, Sanction
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_series,
    create_space,
    create_user,
)
from tests.post import deliver, send_all, tell

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def anna():
    return create_user("Anna", language="sv")


@pytest.fixture
def booking(anna):
    return create_booking(create_space(arrival_fi="Ovikoodi 1234 <b>"), customer=anna)


def one(booking, cause="confirmed 1") -> Message:
    messages.tell(booking, "confirmed", cause=cause, now=NOW)
    return Message.objects.get(cause=cause)


def test_a_message_is_kept_as_it_was_written_with_a_part_for_each_reader(booking, anna, mailoutbox):
    tell(booking, "confirmed")

    message = Message.objects.get()
    (letter,) = mailoutbox
    assert (message.to, message.email, message.language) == (anna, anna.email, "sv")
    assert (message.state, message.tries) == ("sent", 1)
    assert letter.body == message.text
    assert letter.alternatives[0].content == message.html
    assert "Ovikoodi 1234 <b>" in message.text
    assert "Ovikoodi 1234 &lt;b&gt;" in message.html
    assert '<html lang="sv">' in message.html
    assert 'href="http' in message.html


def test_one_fact_is_told_once_and_another_like_it_again(booking, mailoutbox):
    for cause in ["confirmed 1", "confirmed 1", "confirmed 2"]:
        messages.tell(booking, "confirmed", cause=cause, now=NOW)
    send_all()

    assert len(mailoutbox) == 2


def test_a_job_that_runs_twice_sends_once(booking, mailoutbox):
    message = one(booking)
    for _time in range(2):
        mailing.send(message.pk, is_last_try=False, now=NOW)

    assert len(mailoutbox) == 1


def test_what_cannot_be_sent_is_tried_again_and_given_up_at_last(booking, monkeypatch, mailoutbox):
    message = one(booking)
    with monkeypatch.context() as broken:
        broken.setattr(mailing, "post", unreachable)
        for is_last_try in [False, True]:
            with pytest.raises(SMTPServerDisconnected):
                mailing.send(message.pk, is_last_try=is_last_try, now=NOW)
            message.refresh_from_db()
            assert message.state == ("failed" if is_last_try else "waiting")
    assert message.tries == 2
    assert "no connection" in message.error

    mailing.send_again(message, now=NOW)
    send_all()
    message.refresh_from_db()
    assert (message.state, message.error) == ("sent", "")
    assert len(mailoutbox) == 1


def unreachable(message):
    raise SMTPServerDisconnected("no connection")


def test_what_is_rolled_back_sends_nothing(anna, mailoutbox):
    room = create_space()
    before = ProcrastinateJob.objects.count()
    with transaction.atomic():
        create_booking(room, customer=anna)
        assert ProcrastinateJob.objects.count() > before
        transaction.set_rollback(True)

    assert ProcrastinateJob.objects.count() == before


def test_the_citys_own_words_stand_first_in_the_readers_language(booking, mailoutbox):
    MessageText.objects.create(kind="confirmed", text_fi="Muista sisäkengät.", text_sv="Ta inneskor.")

    tell(booking, "confirmed")

    assert mailoutbox[0].body.startswith("Ta inneskor.\n\n")


# --- Who, and what --------------------------------------------------------------------------------


def test_when_the_booker_has_left_the_club_its_owners_are_told(mailoutbox):
    sari, mikael = create_user("Sari"), create_user("Mikael")
    club = create_organisation(mikael, role=Membership.Role.OWNER)
    club.memberships.create(user=sari, role=Membership.Role.BOOKER)
    booking = create_booking(create_space(), customer=sari, organisation=club)
    club.memberships.get(user=sari).delete()

    tell(booking, "moved")

    assert [letter.to for letter in mailoutbox] == [[mikael.email]]


def test_people_are_reminded_once_a_day_before_of_what_they_booked_long_before(mailoutbox):
    room, start = create_space(), NOW + timedelta(days=3)
    create_booking(room, start, start + timedelta(hours=1))
    create_booking(room, NOW + timedelta(hours=20), NOW + timedelta(hours=21))

    def remind(now):
        for date in reminders.due(now=now):
            messages.remind(date, now=now)
        send_all()

    remind(NOW)
    remind(start - timedelta(hours=24, minutes=1))
    assert mailoutbox == []
    for _time in range(2):
        remind(start - timedelta(hours=24))
    assert len(mailoutbox) == 1
    remind(start)
    assert len(mailoutbox) == 1


def test_of_a_season_people_are_reminded_of_the_first_date_that_they_still_have(mailoutbox):
    season = create_series(create_space(), weeks=3)
    first, second, _third = season.bookings.get().dates.order_by("starts_at")
    dates.release([first], by=season.customer, now=NOW)

    due = [*reminders.due(now=first.starts_at - timedelta(hours=24))]
    later = [*reminders.due(now=second.starts_at - timedelta(hours=24))]

    assert (due, later) == ([], [second])


def test_what_ended_at_one_place_is_no_first_date_of_the_season_at_another():
    here, there = create_space(), create_space()
    season = create_series(here, there, weeks=1)
    ended, lives = season.bookings.order_by("pk")
    times = ("setup_at", "starts_at", "ends_at", "clear_at")
    lives.dates.update(**{column: F(column) + HOUR for column in times})
    lifecycle.cancel(ended, by=season.customer, now=NOW)

    date = lives.dates.get()
    assert [*reminders.due(now=date.starts_at - timedelta(hours=24))] == [date]


def test_an_account_that_was_closed_gets_no_mail(booking, anna, mailoutbox):
    onni = create_manager(booking.space.venue)
    for user in (anna, onni):
        user.is_active = False
        user.save()

    tell(booking, "cancelled")

    assert mailoutbox == []


@pytest.mark.parametrize(("other", "is_told"), [("owner", True), ("booker", True), ("viewer", False)])
def test_when_the_bookers_account_was_closed_the_clubs_people_are_told(other, is_told, mailoutbox):
    sari, mikael = create_user("Sari"), create_user("Mikael")
    club = create_organisation(sari, role=Membership.Role.OWNER)
    club.memberships.create(user=mikael, role=other)
    booking = create_booking(create_space(), customer=sari, organisation=club)
    sari.is_active = False
    sari.save()
    booking.refresh_from_db()

    tell(booking, "moved")

    assert [letter.to for letter in mailoutbox] == [[mikael.email]] * is_told


def test_those_concerned_are_heard_and_told(mailoutbox):
    room, mikael = create_space(), create_user("Mikael", language="en")
    onni = create_manager(room.venue)
    ban = sanctions.propose(
        Sanction.Kind.WARNING, person=mikael, venue=room.venue, reason="Ovet auki.", by=onni, now=NOW
    )
    sanctions.answer(ban, "Anteeksi.", by=mikael, now=NOW)
    sanctions.decide(ban, by=onni, now=NOW)

    deliver()

    assert [letter.to[0] for letter in mailoutbox] == [mikael.email, onni.email, mikael.email]
    assert "Ovet auki." in mailoutbox[0].body
    assert "You have been given a warning." in mailoutbox[2].body


def test_an_invitation_has_its_link_and_is_not_sent_after_it_was_withdrawn(mailoutbox, settings):
    mikael = create_user("Mikael")
    club = create_organisation(mikael, name="Idän Sähly ry", role=Membership.Role.OWNER)
    with time_machine.travel(NOW):
        kept = invitations.invite(club, "uusi@example.org", "booker", by=mikael, now=NOW)
        other = invitations.invite(club, "toinen@example.org", "booker", by=mikael, now=NOW)
        invitations.withdraw(other, by=mikael, now=NOW)
        deliver()

    (letter,) = mailoutbox
    assert letter.to == ["uusi@example.org"]
    assert "Idän Sähly ry" in letter.subject
    assert f"{settings.SITE_URL}/invitations/{kept.token}/" in letter.body
