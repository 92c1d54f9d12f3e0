"""What people are told, when, and in which language."""

import re

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings import lifecycle, messages
from bookings.models import Booking
from tests.factories import NOW, create_booking, create_manager, create_space, create_user
from venues.problems import Refused

pytestmark = pytest.mark.django_db


def jobs() -> list[tuple]:
    told = ProcrastinateJob.objects.filter(task_name="bookings.tasks.tell").order_by("pk")
    return [tuple(sorted(args.items())) for args in told.values_list("args", flat=True)]


def test_every_step_leaves_a_job_that_tells_of_it():
    room = create_space(approval="request")
    request = create_booking(room)

    lifecycle.approve(request, by=create_manager(room.venue), now=NOW)

    assert jobs() == [
        (("booking_id", request.pk), ("what", "requested")),
        (("booking_id", request.pk), ("what", "confirmed")),
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

    messages.tell(request, "requested")

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

    messages.tell(request, "requested")
    assert len(mailoutbox) == 2
    assert "1234" not in "".join(mail.body for mail in mailoutbox)

    lifecycle.approve(request, by=onni, now=NOW)
    messages.tell(Booking.objects.get(pk=request.pk), "confirmed")
    assert "1234" in mailoutbox[-1].body


def test_a_subject_stays_on_one_line(mailoutbox):
    room = create_space(name_fi="Sali\nBcc: kaikki@example.org")

    messages.tell(create_booking(room), "confirmed")

    assert not re.search(r"[\r\n]", mailoutbox[0].subject)
