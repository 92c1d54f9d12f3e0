"""What people are told, when, and in which language."""

import re
from datetime import timedelta

import pytest
from django.http import QueryDict
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.problems import Refused
from bookings import impacts, lifecycle
from bookings.changes import NewClosure
from bookings.closed_times import WishedClosure
from bookings.impacts import Fate
from bookings.models import Booking
from bookings.search_form import SearchForm
from tests.factories import NOW, create_booking, create_manager, create_space, create_user, hour
from tests.post import deliver, tell
from venues.models import Purpose

pytestmark = pytest.mark.django_db


def jobs() -> list[tuple]:
    told = ProcrastinateJob.objects.filter(task_name="bookings.tasks.tell").order_by("pk")
    return [(args["booking_id"], args["what"]) for args in told.values_list("args", flat=True)]


def test_every_step_leaves_a_job_that_tells_of_it():
    room = create_space(approval="request")
    request = create_booking(room)

    lifecycle.approve(request, by=create_manager(room.venue), now=NOW)

    assert jobs() == [
        (request.pk, "requested"),
        (request.pk, "confirmed"),
    ]


def test_a_refused_booking_tells_nobody():
    room = create_space()
    create_booking(room)
    before = jobs()

    with pytest.raises(Refused) as refusal:
        create_booking(room)
    assert refusal.value.codes == {"time_taken"}

    assert jobs() == before


def test_a_request_is_told_to_the_customer_and_the_managers_each_in_their_language(mailoutbox):
    room = create_space(approval="request", name_fi="Kerhohuone", name_sv="Klubbrum")
    onni = create_manager(room.venue)
    anna = create_user("Anna", language="sv")
    request = create_booking(room, customer=anna, purpose="Kalas")

    tell(request, "requested")

    to_anna, to_onni = mailoutbox
    assert (to_anna.to, to_onni.to) == ([anna.email], [onni.email])
    assert "Klubbrum" in to_anna.subject
    assert "lör 6.2.2027 10.00–12.00" in to_anna.body
    assert "Kerhohuone" in to_onni.subject
    assert "Kalas" in to_onni.body


def test_how_to_get_in_is_told_with_the_confirmation_only(mailoutbox):
    room = create_space(approval="request", arrival_fi="Ovikoodi on 1234.")
    onni = create_manager(room.venue)
    request = create_booking(room)

    tell(request, "requested")
    assert len(mailoutbox) == 2
    assert "1234" not in "".join(mail.body for mail in mailoutbox)

    lifecycle.approve(request, by=onni, now=NOW)
    tell(Booking.objects.get(pk=request.pk), "confirmed")
    assert "1234" in mailoutbox[-1].body


def test_a_subject_stays_on_one_line(mailoutbox):
    room = create_space(name_fi="Sali\nBcc: kaikki@example.org")

    tell(create_booking(room), "confirmed")

    assert not re.search(r"[\r\n]", mailoutbox[0].subject)


# --- What a change of a manager's did ---------------------------------------------------------------


@pytest.fixture
def hall():
    return create_space(name_fi="Liikuntasali", name_sv="Gymnastiksal", capacity=100)


def close(hall, *, by, fate, is_reason_public=True, reason=""):
    wished = WishedClosure(
        [hall],
        hour("08:00"),
        hour("20:00"),
        reason={"reason_fi": "Lattia uusitaan", "reason_sv": "Golvet byts"},
        is_reason_public=is_reason_public,
    )
    impact = impacts.decide(NewClosure(wished), fates=fate, reason=reason, by=by, now=NOW)
    impacts.carry_out(impact, now=impact.due_at)


def test_whom_a_closure_cancels_reads_why_in_their_language_and_where_to_book_instead(hall, onni, mailoutbox):
    anna = create_user("Anna", language="sv")
    booking = create_booking(hall, customer=anna, attendees=12)

    close(hall, by=onni, fate=Fate.CANCEL)
    deliver(args__has_key="hit_id")

    (mail,) = mailoutbox
    assert mail.to == [anna.email]
    assert "Golvet byts" in mail.body
    assert booking.get_absolute_url() in mail.body
    link = re.search(r"https?://\S+/\?(\S+)", mail.body)
    assert link
    asked = SearchForm(QueryDict(link[1]), now=NOW, user=anna)
    assert asked.is_valid(), asked.errors
    assert asked.question().people == 12


def test_a_reason_that_is_not_public_is_not_told_but_a_managers_own_words_are(hall, onni, mailoutbox):
    create_booking(hall, "10:00", "12:00")
    close(hall, by=onni, fate=Fate.CANCEL, is_reason_public=False)
    create_booking(hall, "20:00", "22:00")
    wished = WishedClosure([hall], hour("20:00"), hour("23:00"), reason={"reason_fi": "Salaista"})
    impact = impacts.decide(NewClosure(wished), fates=Fate.CANCEL, reason="Pahoittelemme!", by=onni, now=NOW)
    impacts.carry_out(impact, now=impact.due_at)
    deliver(args__has_key="hit_id")

    first, second = mailoutbox
    assert "Lattia" not in first.body
    assert "Pahoittelemme!" in second.body
    assert "Salaista" not in second.body


def test_whoever_was_moved_reads_from_where_to_where_and_that_she_may_cancel(hall, onni, mailoutbox):
    create_space(venue=hall.venue, name_fi="Pikkusali")
    aino = create_user(language="en")
    booking = create_booking(hall, customer=aino)

    close(hall, by=onni, fate=Fate.MOVE)
    deliver(args__has_key="hit_id")

    (mail,) = mailoutbox
    before, now = mail.body.index("Liikuntasali"), mail.body.index("Pikkusali")
    assert before < now
    assert "you may cancel" in mail.body
    assert "Lattia uusitaan" in mail.body
    assert booking.get_absolute_url() in mail.body


def test_managers_of_another_venue_learn_who_was_moved_into_it(hall, onni, mailoutbox):
    purpose = Purpose.objects.create(code="sports", name_fi="Liikunta")
    elsewhere = create_space(name_fi="Naapurin sali")
    for space in (hall, elsewhere):
        space.purposes.add(purpose)
    olga = create_manager(elsewhere.venue, name="Olga")
    aino = create_user()
    create_booking(hall, customer=aino)
    wished = WishedClosure([hall], NOW, NOW + timedelta(days=30), reason={"reason_fi": "Remontti"})

    impact = impacts.decide(
        NewClosure(wished), fates=Fate.MOVE, by=create_user("Stina", is_staff=True), now=NOW
    )
    impacts.carry_out(impact, now=impact.due_at)
    deliver(args__has_key="hit_id")

    assert sorted(mail.to[0] for mail in mailoutbox) == sorted([aino.email, olga.email])


def test_who_is_kept_or_saved_by_an_undo_hears_nothing(hall, onni, mailoutbox):
    create_booking(hall)
    close(hall, by=onni, fate=Fate.KEEP)
    wished = WishedClosure([hall], hour("08:00"), hour("20:00"), reason={"reason_fi": "Remontti"})
    impact = impacts.decide(NewClosure(wished), fates=Fate.CANCEL, by=onni, now=NOW)
    impacts.undo(impact, by=onni, now=NOW)
    deliver(args__has_key="hit_id")

    assert mailoutbox == []
