"""Waiting for a time that is taken: offered in order when it comes free, one at a time, and answered."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from django.conf import settings

from accounts import memberships
from accounts.models import Membership
from accounts.problems import Refused
from bookings import closures, layout, lifecycle, waiting
from bookings.models import Booking, Occupancy, Offer, Sanction, Status, Waiting
from bookings.waiting_wishes import WishedWaiting
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_closure,
    create_gym,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    hour,
    say_policy,
)
from tests.post import deliver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]

SATURDAY = MONDAY + timedelta(days=5)
HOUR = timedelta(hours=1)


@pytest.fixture
def gym():
    return create_space(name_fi="Sali", capacity=30)


def wished(*spaces, earliest="10:00", latest="12:00", minutes=120, **facts) -> WishedWaiting:
    defaults = {
        "weekdays": [6],
        "earliest": time.fromisoformat(earliest),
        "latest": time.fromisoformat(latest),
        "minutes": minutes,
        "first_on": SATURDAY,
        "last_on": SATURDAY,
        "purpose": "Sählyä",
    }
    return WishedWaiting(spaces, **defaults | facts)


def waits(*spaces, who=None, now=NOW, **facts) -> Waiting:
    return waiting.wait(wished(*spaces, **facts), customer=who or create_user(), now=now)


def freed(booking, *, now=NOW):
    """Cancel a booking, and offer what comes free as the job does."""
    date = booking.dates.get()
    lifecycle.cancel(booking, by=booking.customer, now=now)
    return waiting.offer_freed(date.hall_id, date.setup_at, date.clear_at, now=now)


def test_a_time_that_comes_free_is_held_for_whoever_waits(gym):
    booking = create_booking(gym)
    aino = waits(gym)

    (offer,) = freed(booking)

    assert (offer.waiting, offer.space, offer.starts_at, offer.ends_at) == (
        aino,
        gym,
        hour("10:00"),
        hour("12:00"),
    )
    assert offer.held.holds_time
    assert offer.expires_at == NOW + settings.OFFER_FOR
    with pytest.raises(Refused) as refusal:
        create_booking(gym)
    assert refusal.value.codes == {"time_taken"}


def test_it_is_offered_in_the_order_of_waiting_one_at_a_time(gym):
    booking = create_booking(gym)
    first, second = waits(gym), waits(gym, now=NOW + HOUR)
    (offer,) = freed(booking)

    waiting.decline(offer, by=first.customer, now=NOW)
    (next_offer,) = waiting.offer_all(now=NOW)

    assert offer.waiting == first
    assert next_offer.waiting == second
    assert waiting.offer_all(now=NOW) == []


def test_to_accept_is_to_book(gym):
    booking = create_booking(gym)
    aino = waits(gym, attendees=12)
    (offer,) = freed(booking)

    made = waiting.accept(offer, by=aino.customer, now=NOW)

    assert (made.status, made.customer, made.space) == (Status.CONFIRMED, aino.customer, gym)
    assert (made.purpose, made.attendees) == ("Sählyä", 12)
    assert made.dates.get().starts_at == hour("10:00")
    offer.refresh_from_db()
    assert (offer.state, offer.booking, offer.answered_at) == ("accepted", made, NOW)
    assert not Occupancy.objects.filter(offer__isnull=False).exists()
    aino.refresh_from_db()
    assert aino.ended_at == NOW


def test_where_the_venue_decides_to_accept_is_to_ask():
    gym = create_space(approval="request")
    booking = create_booking(gym)
    aino = waits(gym)
    lifecycle.decline(booking, by=create_manager(gym.venue), reason="Ei nyt", now=NOW)
    (offer,) = waiting.offer_all(now=NOW)

    assert waiting.accept(offer, by=aino.customer, now=NOW).status == Status.REQUESTED


def test_an_offer_that_nobody_answers_goes_to_the_next(gym):
    booking = create_booking(gym)
    first, second = waits(gym), waits(gym, now=NOW + HOUR)
    (offer,) = freed(booking)

    assert not waiting.lapse(offer, now=offer.expires_at - HOUR)
    assert waiting.lapse(offer, now=offer.expires_at)
    (next_offer,) = waiting.offer_all(now=offer.expires_at)

    assert next_offer.waiting == second
    with pytest.raises(waiting.OfferOver):
        waiting.accept(offer, by=first.customer, now=offer.expires_at)


def test_who_lets_an_offer_lapse_is_not_asked_about_that_time_again(gym):
    booking = create_booking(gym)
    waits(gym, earliest="10:00", latest="13:00")
    (offer,) = freed(booking)
    waiting.lapse(offer, now=offer.expires_at)

    assert waiting.offer_all(now=offer.expires_at) == []
    create_booking(gym)  # back in search


def test_it_cannot_be_accepted_at_the_very_end(gym):
    booking = create_booking(gym)
    aino = waits(gym)
    (offer,) = freed(booking)

    with pytest.raises(waiting.OfferOver):
        waiting.accept(offer, by=aino.customer, now=offer.expires_at)
    waiting.accept(offer, by=aino.customer, now=offer.expires_at - timedelta(seconds=1))


# --- What is never offered ------------------------------------------------------------------------


def test_a_time_that_has_begun_is_never_offered(gym):
    waits(gym, minutes=60)

    (offer,) = waiting.offer_all(now=hour("10:15"))

    assert offer.starts_at == hour("11:00")


def test_nothing_is_offered_when_the_hours_are_over(gym):
    waits(gym, minutes=60)

    assert waiting.offer_all(now=hour("11:15")) == []


def test_a_time_is_not_offered_that_would_begin_before_they_can_answer(gym):
    booking = create_booking(gym)
    waits(gym)

    assert freed(booking, now=hour("10:00") - settings.OFFER_AT_LEAST + timedelta(minutes=1)) == []


def test_there_is_less_time_to_answer_when_it_begins_soon(gym):
    booking = create_booking(gym)
    waits(gym)

    (offer,) = freed(booking, now=hour("08:00"))

    assert offer.expires_at == hour("10:00")


def test_the_notice_that_a_space_wants_leaves_time_to_answer():
    gym = create_space(notice_hours=24)
    booking = create_booking(gym)
    waits(gym)

    (offer,) = freed(booking, now=hour("09:00") - timedelta(days=1))

    assert offer.expires_at == hour("10:00") - timedelta(hours=24)


def test_notice_in_weekdays_leaves_time_to_answer():
    gym = create_space(notice_weekdays=1, notice_by=time(12))
    booking = create_booking(gym)
    waits(gym)
    friday = SATURDAY - timedelta(days=1)

    (offer,) = freed(booking, now=hour("09:00", day=friday))

    assert offer.expires_at == hour("12:00", day=friday)


@pytest.mark.parametrize(
    "other",
    [
        {"weekdays": [7], "last_on": SATURDAY + timedelta(days=1)},
        {"earliest": "11:00", "latest": "14:00"},
        {"minutes": 180, "latest": "14:00"},
        {"first_on": SATURDAY + timedelta(days=7), "last_on": SATURDAY + timedelta(days=14)},
    ],
    ids=["another weekday", "later", "too little time", "later days"],
)
def test_what_was_not_waited_for_is_not_offered(gym, other):
    booking = create_booking(gym)
    for start, end in [("00:00", "10:00"), ("12:00", "00:00")]:  # nothing else is free that day
        until = SATURDAY + timedelta(days=end == "00:00")
        create_booking(gym, hour(start), hour(end, day=until))
    waits(gym, **other)

    assert freed(booking) == []


def test_nobody_is_offered_what_they_could_not_book():
    gym = create_space(quota_week=1)
    booking = create_booking(gym)
    busy, idle = create_user("Busy"), create_user("Idle")
    waits(gym, who=busy)
    waits(gym, who=idle, now=NOW + HOUR)
    create_booking(gym, "14:00", "15:00", customer=busy)

    (offer,) = freed(booking)

    assert offer.waiting.customer == idle


def test_a_ban_passes_somebody_by(gym):
    booking = create_booking(gym)
    banned, other = create_user(), create_user()
    waits(gym, who=banned)
    waits(gym, who=other, now=NOW + HOUR)
    onni = create_manager(gym.venue)
    Sanction.objects.create(
        kind="ban",
        person=banned,
        venue=gym.venue,
        reason="Rikkoi ikkunan",
        until=SATURDAY + timedelta(days=30),
        proposed_at=NOW,
        proposed_by=onni,
        answer_by=NOW,
        decided_at=NOW,
        decided_by=onni,
    )

    (offer,) = freed(booking)

    assert offer.waiting.customer == other


def test_of_any_part_of_a_hall_the_smallest_that_is_free_is_offered():
    whole, a, b, a_and_c = create_gym()
    booking = create_booking(whole)
    waits(whole, a, b, a_and_c)

    (offer,) = freed(booking)

    assert offer.space in {a, b}


def test_two_who_wait_get_two_parts_of_what_came_free():
    whole, a, b, _a_and_c = create_gym()
    booking = create_booking(whole)
    waits(a, b)
    waits(a, b, now=NOW + HOUR)
    waits(a, b, now=NOW + 2 * HOUR)

    first, second = freed(booking)

    assert {first.space, second.space} == {a, b}


# --- Answered again under locks -------------------------------------------------------------------


def test_a_quota_is_judged_again_when_it_is_accepted():
    gym = create_space(quota_week=1)
    booking = create_booking(gym)
    aino = waits(gym)
    (offer,) = freed(booking)
    create_booking(gym, "14:00", "15:00", customer=aino.customer)

    with pytest.raises(Refused) as refusal:
        waiting.accept(offer, by=aino.customer, now=NOW)

    assert refusal.value.codes == {"quota_week"}
    offer.refresh_from_db()
    assert offer.state == "open"
    assert offer.held.holds_time


def test_what_the_policy_asks_for_is_told_when_it_is_accepted():
    gym = create_space(needs_adult=True)
    booking = create_booking(gym, adult_name="Liisa", adult_phone="040")
    aino = waits(gym)
    (offer,) = freed(booking)

    with pytest.raises(Refused) as refusal:
        waiting.accept(offer, by=aino.customer, now=NOW)
    made = waiting.accept(offer, by=aino.customer, now=NOW, adult_name="Liisa", adult_phone="040")

    assert refusal.value.codes == {"adult_missing"}
    assert made.adult_name == "Liisa"


def test_an_offer_that_cannot_be_had_any_more_is_withdrawn_and_the_wait_goes_on(gym):
    booking = create_booking(gym)
    aino = waits(gym)
    (offer,) = freed(booking)
    say_policy(gym, min_minutes=180, max_minutes=600)

    waiting.put_in_order(now=NOW)

    offer.refresh_from_db()
    aino.refresh_from_db()
    assert (offer.state, aino.ended_at) == ("withdrawn", None)


def test_a_colleague_may_accept_for_the_organisation(gym):
    aino, mikael, veera = create_user(), create_user("Mikael"), create_user("Veera")
    club = create_organisation(aino, mikael)
    Membership.objects.create(user=veera, organisation=club, role="viewer")
    booking = create_booking(gym)
    waits(gym, who=aino, organisation=club)
    (offer,) = freed(booking)

    with pytest.raises(Refused):
        waiting.accept(offer, by=veera, now=NOW)
    made = waiting.accept(offer, by=mikael, now=NOW)

    assert (made.customer, made.organisation) == (mikael, club)


def test_who_books_for_the_organisation_no_more_waits_for_it_no_more(gym):
    aino = create_user()
    club = create_organisation(aino)
    booking = create_booking(gym)
    aino_waits = waits(gym, who=aino, organisation=club)
    (offer,) = freed(booking)
    Membership.objects.all().delete()

    with pytest.raises(Refused):
        waiting.accept(offer, by=aino, now=NOW)
    waiting.put_in_order(now=NOW)

    aino_waits.refresh_from_db()
    offer.refresh_from_db()
    assert (aino_waits.ended_at, offer.state) == (NOW, "withdrawn")


def test_the_club_keeps_its_place_when_whoever_asked_for_it_leaves(gym):
    sari, veera, mikael = create_user("Sari"), create_user("Veera"), create_user("Mikael")
    club = create_organisation(sari, veera)
    club.memberships.create(user=mikael, role=Membership.Role.OWNER)
    booking = create_booking(gym)
    club_waits = waits(gym, who=sari, organisation=club)
    waits(gym, now=NOW + HOUR)
    memberships.leave(club, user=sari, now=NOW)

    waiting.put_in_order(now=NOW)
    (offer,) = freed(booking)

    club_waits.refresh_from_db()
    assert (club_waits.customer, club_waits.ended_at, offer.waiting) == (mikael, None, club_waits)


def test_an_organisation_that_ended_waits_for_nothing(gym):
    aino = create_user()
    club = create_organisation(aino)
    booking = create_booking(gym)
    club_waits = waits(gym, who=aino, organisation=club)
    (_offer,) = freed(booking)
    club.closed_at = NOW
    club.save()

    waiting.put_in_order(now=NOW)

    club_waits.refresh_from_db()
    assert club_waits.ended_at == NOW
    create_booking(gym)


def test_an_organisation_waits_on_within_the_one_that_it_became_a_part_of(gym):
    aino = create_user()
    small, large = create_organisation(aino, name="Pieni"), create_organisation(aino, name="Suuri")
    booking = create_booking(gym)
    club_waits = waits(gym, who=aino, organisation=small)
    (offer,) = freed(booking)

    memberships.merge(small, into=large, by=create_user("Staff", is_staff=True), now=NOW)
    waiting.put_in_order(now=NOW)
    offer = Offer.objects.with_place().get(pk=offer.pk)
    made = waiting.accept(offer, by=aino, now=NOW)

    club_waits.refresh_from_db()
    assert (club_waits.organisation, made.organisation) == (large, large)


# --- Giving up, and closures ----------------------------------------------------------------------


def test_giving_up_gives_the_offered_time_back(gym):
    booking = create_booking(gym)
    first, second = waits(gym), waits(gym, now=NOW + HOUR)
    (offer,) = freed(booking)

    waiting.give_up(first, by=first.customer, now=NOW)
    (next_offer,) = waiting.offer_all(now=NOW)

    offer.refresh_from_db()
    first.refresh_from_db()
    assert (offer.state, first.ended_at) == ("withdrawn", NOW)
    assert next_offer.waiting == second


def test_who_gives_up_is_not_told_that_the_time_cannot_be_had(gym, mailoutbox):
    booking, first = create_booking(gym), waits(gym)
    freed(booking)
    deliver()
    mailoutbox.clear()

    waiting.give_up(first, by=first.customer, now=NOW)
    deliver(task_name="bookings.tasks.tell_of_offer")

    assert mailoutbox == []


def test_who_still_waits_is_told_that_an_offer_is_gone(gym, mailoutbox):
    booking, first = create_booking(gym), waits(gym)
    (offer,) = freed(booking)
    deliver()
    mailoutbox.clear()

    waiting.withdraw(offer, now=NOW)
    deliver(task_name="bookings.tasks.tell_of_offer")

    assert [letter.to for letter in mailoutbox] == [[first.customer.email]]


def test_a_wait_is_over_when_its_last_day_has_passed(gym):
    aino = waits(gym)
    create_booking(gym)

    waiting.put_in_order(now=hour("23:59"))
    aino.refresh_from_db()
    assert aino.ended_at is None

    waiting.put_in_order(now=hour("00:00", day=SATURDAY + timedelta(days=1)))
    aino.refresh_from_db()
    assert aino.ended_at


def test_a_closure_over_an_offered_time_ends_the_offer(gym):
    booking = create_booking(gym)
    aino = waits(gym)
    (offer,) = freed(booking)

    closure = create_closure(gym, hour("08:00"), hour("20:00"))

    offer.refresh_from_db()
    assert offer.state == "withdrawn"
    with pytest.raises(waiting.OfferOver):
        waiting.accept(offer, by=aino.customer, now=NOW)
    assert waiting.offer_all(now=NOW) == []

    closures.lift(closure, by=create_user("Onni"), now=NOW)
    (again,) = waiting.offer_all(now=NOW)
    assert (again.waiting, again.starts_at) == (aino, offer.starts_at)


def test_a_closure_of_another_part_leaves_the_offer():
    _whole, a, b, _rest = create_gym()
    booking = create_booking(a)
    waits(a)
    (offer,) = freed(booking)

    create_closure(b, hour("08:00"), hour("20:00"))

    offer.refresh_from_db()
    assert offer.state == "open"


def test_an_offer_whose_cleaning_reaches_into_a_closure_leaves_no_hole_when_it_ends():
    gym = create_space(cleanup_minutes=30)
    booking = create_booking(gym)
    aino = waits(gym)
    (offer,) = freed(booking)
    create_closure(gym, hour("12:00"), hour("20:00"))
    offer.refresh_from_db()
    assert offer.state == "open"

    waiting.decline(offer, by=aino.customer, now=NOW)


def test_a_hall_is_redrawn_over_an_offer():
    whole, a, b, _a_and_c = create_gym()
    booking = create_booking(a)
    create_booking(b)
    waits(a)
    (offer,) = freed(booking)
    drawn = layout.layout_of(whole) | {a.pk: {0, 2}}

    layout.redraw(whole, drawn, by=create_manager(whole.venue), now=NOW)

    offer.refresh_from_db()
    assert offer.state == "withdrawn"


# --- What may be waited for -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("last_day_before_first", {"last_on": SATURDAY - timedelta(days=1)}),
        ("in_the_past", {"first_on": MONDAY - timedelta(days=9), "last_on": MONDAY - timedelta(days=2)}),
        ("too_far", {"last_on": SATURDAY + timedelta(days=900)}),
        ("weekdays_missing", {"weekdays": [7]}),
        ("weekdays_missing", {"weekdays": []}),
        ("too_long", {"minutes": 121}),
        ("length", {"minutes": 5}),
        ("too_many_people", {"attendees": 31}),
    ],
)
def test_nobody_waits_for_what_cannot_come(gym, code, wrong):
    with pytest.raises(Refused) as refusal:
        waiting.wait(replace(wished(gym), **wrong), customer=create_user(), now=NOW)

    assert code in refusal.value.codes
    assert not Waiting.objects.exists()


def test_nobody_waits_for_everything_at_once(gym):
    aino = create_user()
    for number in range(settings.MAX_WAITING):
        waits(gym, who=aino, attendees=number + 1)

    with pytest.raises(Refused) as refusal:
        waits(gym, who=aino, attendees=20)
    assert refusal.value.codes == {"too_many_waiting"}
    waits(gym, who=create_user())


def test_to_press_the_button_twice_is_to_wait_once(gym):
    aino = create_user()

    assert waits(gym, who=aino) == waits(gym, who=aino)


def test_a_booking_that_ends_lets_the_job_look(gym, django_capture_on_commit_callbacks):
    from procrastinate.contrib.django.models import ProcrastinateJob

    booking = create_booking(gym)
    lifecycle.cancel(booking, by=booking.customer, now=NOW)
    assert not ProcrastinateJob.objects.filter(task_name="bookings.tasks.offer_freed").exists()

    booking = create_booking(gym)
    waits(gym)
    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    job = ProcrastinateJob.objects.get(task_name="bookings.tasks.offer_freed")
    assert job.args["hall_id"] == gym.pk
    assert Booking.objects.count() == 2
