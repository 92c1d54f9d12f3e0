"""Those who offer, accept, let lapse, close and book at the same instant: one holder, and never none."""

from datetime import timedelta

import pytest
from django.conf import settings

from bookings import closures, invariants, lifecycle, waiting
from bookings.closures import WishedClosure
from bookings.models import Booking, Occupancy, Offer, Status
from bookings.wishes import Wish
from tests.bookings.test_waiting import freed, wished
from tests.factories import NOW, create_booking, create_organisation, create_space, create_user, hour
from tests.together import at_once, winners

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = range(5)
rounds = pytest.mark.parametrize("number", ROUNDS)


@pytest.fixture(autouse=True)
def as_promised():
    yield
    assert list(invariants.findings(now=NOW)) == []


def waits(space, who=None, **facts):
    return waiting.wait(wished(space, **facts), customer=who or create_user(), now=NOW)


def offer_what_is_free(space):
    return waiting.offer_freed(space.hall_id, hour("10:00"), hour("12:00"), now=NOW)


def holders(space) -> int:
    return Occupancy.objects.holding().on_floor_of(space).over(hour("10:00"), hour("12:00")).count()


@rounds
def test_a_time_is_given_back_while_somebody_books_it_and_somebody_waits(number):
    space = create_space()
    booking = create_booking(space)
    waits(space)
    other = create_user()

    def give_back():
        lifecycle.cancel(booking, by=booking.customer, now=NOW)
        return offer_what_is_free(space)

    at_once(
        give_back,
        lambda: lifecycle.book(Wish(space, hour("10:00"), hour("12:00")), customer=other, now=NOW),
    )

    assert holders(space) == 1  # never two, and never lost
    assert Offer.objects.open().count() + Booking.objects.filter(customer=other).count() == 1


@rounds
def test_two_workers_offer_one_time_to_two_who_wait(number):
    space = create_space()
    booking = create_booking(space)
    first = waits(space)
    waits(space)
    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    outcomes = at_once(*[lambda: offer_what_is_free(space)] * 3)

    (offer,) = [offer for made in outcomes for offer in made]
    assert offer.waiting == first


@rounds
def test_two_people_accept_one_offer(number):
    space = create_space()
    aino, mikael = create_user("Aino"), create_user("Mikael")
    club = create_organisation(aino, mikael)
    booking = create_booking(space)
    waits(space, aino, organisation=club)
    (offer,) = freed(booking)

    outcomes = at_once(
        *[lambda who=who: waiting.accept(offer, by=who, now=NOW) for who in (aino, mikael, aino)]
    )

    (made,) = winners(outcomes)
    assert [each.codes for each in outcomes if each is not made] == [{"offer_over"}] * 2
    assert list(Booking.objects.filter(organisation=club)) == [made]
    assert holders(space) == 1


@rounds
def test_an_offer_is_accepted_while_it_lapses(number):
    space = create_space()
    booking = create_booking(space)
    aino, next_in_line = waits(space), waits(space)
    (offer,) = freed(booking)

    def lapse():
        waiting.lapse(offer, now=offer.expires_at)
        return waiting.offer_freed(space.hall_id, hour("10:00"), hour("12:00"), now=offer.expires_at)

    at_once(
        lambda: waiting.accept(offer, by=aino.customer, now=offer.expires_at - timedelta(seconds=1)), lapse
    )

    offer.refresh_from_db()
    is_next = Offer.objects.open().filter(waiting=next_in_line).exists()
    assert (offer.state, is_next) in {("accepted", False), ("lapsed", True)}
    assert holders(space) == 1


@rounds
def test_an_offer_is_made_while_the_space_is_closed(number):
    space = create_space()
    booking = create_booking(space)
    waits(space)
    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    at_once(lambda: offer_what_is_free(space), lambda: close(space))

    assert not Offer.objects.open().exists()
    assert Occupancy.objects.holding().filter(closure__isnull=False).count() == 1


@rounds
def test_an_offer_is_accepted_while_the_space_is_closed(number):
    space = create_space()
    booking = create_booking(space)
    aino = waits(space)
    (offer,) = freed(booking)

    at_once(lambda: waiting.accept(offer, by=aino.customer, now=NOW), lambda: close(space))

    offer.refresh_from_db()
    booked = Booking.objects.filter(customer=aino.customer, status=Status.CONFIRMED).count()
    assert (offer.state, booked) in {("accepted", 1), ("withdrawn", 0)}


def close(space):
    wish = WishedClosure([space], hour("08:00"), hour("20:00"), reason={"reason_fi": "Remontti"})
    return closures.close(wish, by=create_user("Onni"), now=NOW)


@rounds
def test_a_quota_of_one_when_two_offers_are_accepted(number):
    space = create_space(quota_week=1)
    booking, other = create_booking(space), create_booking(space, "14:00", "16:00")
    aino = create_user()
    waits(space, aino)
    waits(space, aino, earliest="14:00", latest="16:00")
    two = [*freed(booking), *freed(other)]

    outcomes = at_once(*[lambda offer=offer: waiting.accept(offer, by=aino, now=NOW) for offer in two])

    assert len(two) == 2
    assert len(winners(outcomes)) == 1
    assert sorted(Offer.objects.values_list("state", flat=True)) == ["accepted", "open"]


@rounds
def test_giving_up_while_it_is_offered_and_accepted(number):
    space = create_space()
    booking = create_booking(space)
    aino = waits(space)
    (offer,) = freed(booking)

    at_once(
        lambda: waiting.give_up(aino, by=aino.customer, now=NOW),
        lambda: waiting.accept(offer, by=aino.customer, now=NOW),
        lambda: offer_what_is_free(space),
    )

    aino.refresh_from_db()
    offer.refresh_from_db()
    assert aino.ended_at
    assert (offer.state, holders(space)) in {("accepted", 1), ("withdrawn", 0)}


@rounds
def test_one_who_may_wait_once_more_asks_twice_at_once(number):
    space, aino = create_space(), create_user()
    for count in range(settings.MAX_WAITING - 1):
        waits(space, aino, attendees=count + 1)

    outcomes = at_once(*[lambda count=count: waits(space, aino, attendees=50 + count) for count in range(3)])

    assert len(winners(outcomes)) == 1
