"""What must always hold of offers is counted again, and whatever breaks it is named."""

from datetime import timedelta

import pytest

from bookings import invariants, waiting
from bookings.models import Occupancy, Offer, Waiting
from tests.bookings.test_waiting import freed, wished
from tests.factories import NOW, create_booking, create_space, create_user, hour

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    space = create_space()
    booking = create_booking(space)
    waiting.wait(wished(space), customer=create_user(), now=NOW)
    (offer,) = freed(booking)
    return offer


def broken(now=NOW) -> list[str]:
    return list(invariants.findings(now=now))


def test_an_open_offer_is_as_promised(offer):
    assert broken() == []


def test_an_open_offer_without_its_time_is_named(offer):
    Occupancy.objects.filter(offer=offer).delete()

    assert broken() == [f"Offer {offer.pk} is open. Its time is not held, or another one is."]


def test_an_open_offer_that_holds_another_time_is_named(offer):
    Offer.objects.filter(pk=offer.pk).update(starts_at=hour("11:00"))

    assert broken() == [f"Offer {offer.pk} is open. Its time is not held, or another one is."]


@pytest.mark.parametrize("state", ["accepted", "declined", "lapsed", "withdrawn"])
def test_time_that_an_ended_offer_still_holds_is_named(offer, state):
    Offer.objects.filter(pk=offer.pk).update(state=state)

    assert broken() == [f"Date {offer.held.pk} is held for offer {offer.pk}, which is {state}."]


def test_an_offer_that_nobody_ended_in_time_is_named(offer):
    late = offer.expires_at + timedelta(minutes=invariants.LATE_MINUTES)

    assert broken(late) == []
    (sentence,) = broken(late + timedelta(minutes=1))
    assert sentence.startswith(f"Offer {offer.pk} lapsed at 2027-02-01")


def test_an_offer_to_somebody_who_waits_no_more_is_named(offer):
    Waiting.objects.update(ended_at=NOW)

    (sentence,) = broken()
    assert sentence.startswith(f"Offer {offer.pk} is open. Wait {offer.waiting_id} ended at 2027-02-01")
