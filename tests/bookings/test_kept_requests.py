"""A request that competes holds no time. One that was kept when its time was closed can still be approved."""

import pytest

from accounts.problems import Refused
from bookings import impacts, invariants, lifecycle
from bookings.impacts import Fate
from bookings.models import Booking, Closure, Occupancy, Status
from tests.bookings.changing import DUE, closing, status
from tests.factories import NOW, create_booking, create_manager, create_space, hour
from venues.models import Space

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall() -> Space:
    return create_space(approval="request", requests_compete=True, setup_minutes=15, cleanup_minutes=15)


@pytest.fixture
def onni(hall):
    return create_manager(hall.venue)


@pytest.fixture
def asked(hall) -> Booking:
    return create_booking(hall, "10:00", "12:00")


def closed() -> list:
    rows = Occupancy.objects.exclude(closure=None).order_by("starts_at")
    return list(rows.values_list("starts_at", "ends_at"))


@pytest.mark.parametrize("now", [NOW, DUE])
def test_it_makes_its_hole_when_it_is_approved(hall, onni, asked, now):
    impact = impacts.decide(closing(hall), fates=Fate.KEEP, by=onni, now=NOW)
    assert closed() == [(hour("08:00"), hour("20:00"))]
    if now == DUE:
        impacts.carry_out(impact, now=DUE)

    lifecycle.approve(asked, by=onni, now=now)

    assert status(asked) == Status.CONFIRMED
    assert closed() == [(hour("08:00"), hour("09:45")), (hour("12:15"), hour("20:00"))]
    lifecycle.cancel(asked, by=onni, now=now)
    assert (
        Closure.objects.get().dates.filter(starts_at__lte=hour("10:00"), ends_at__gt=hour("10:00")).exists()
    )
    assert list(invariants.findings(now=now)) == []


def test_all_closures_that_have_kept_it_make_way(hall, onni, asked):
    for end in ("11:00", "20:00"):
        impacts.decide(closing(hall, end=end), fates=Fate.KEEP, by=onni, now=NOW)

    lifecycle.approve(asked, by=onni, now=NOW)

    assert status(asked) == Status.CONFIRMED
    assert list(invariants.findings(now=NOW)) == []


def test_a_askedthat_is_about_to_be_cancelled_is_not_approved_and_hears_why(hall, onni, asked):
    impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

    with pytest.raises(Refused, match="closed") as refusal:
        lifecycle.approve(asked, by=onni, now=NOW)

    assert "Remontti" in refusal.value.message
    assert status(asked) == Status.REQUESTED
    assert closed() == [(hour("08:00"), hour("20:00"))]


def test_a_closure_that_only_reaches_into_its_setting_up_makes_way_too(hall, onni, asked):
    impacts.decide(closing(hall, end="10:00"), fates=Fate.KEEP, by=onni, now=NOW)

    lifecycle.approve(asked, by=onni, now=NOW)

    assert closed() == [(hour("08:00"), hour("09:45"))]


def test_rivals_that_were_kept_as_well_are_declined(hall, onni, asked):
    rival = create_booking(hall, "11:00", "13:00")
    impacts.decide(closing(hall), fates=Fate.KEEP, by=onni, now=NOW)

    lifecycle.approve(asked, by=onni, now=NOW)

    assert status(rival) == Status.DECLINED
    assert Closure.objects.in_force().exists()
    assert list(invariants.findings(now=NOW)) == []
