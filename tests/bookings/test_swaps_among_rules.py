"""Swaps beside everything else: quotas, what venues decide meanwhile, clock changes, and a season's page."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from bookings import impacts, lifecycle, swaps
from bookings.changes import NewClosure
from bookings.closed_times import WishedClosure
from bookings.impacts import Fate
from bookings.models import Occupancy, Status, Swap
from bookings.wishes import wish_of
from tests.bookings.changing import DUE
from tests.bookings.pages import signed_in, words
from tests.bookings.test_swaps import TUESDAY, WEDNESDAY, booked, codes, holder
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_series,
    create_space,
    create_user,
    hour,
    say_policy,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]

# The night to Sunday in spring lacks the hour from 3 to 4; in autumn it comes twice.
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


@pytest.fixture
def gym():
    return create_space(name_fi="Sali", can_be_swapped=True)


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def sari():
    return create_user("Sari")


def proposed(offered: Occupancy, wanted: Occupancy) -> Swap:
    return swaps.propose(offered, wanted, "", by=offered.booking.customer, now=NOW)


# --- Quotas ---------------------------------------------------------------------------------------


def test_within_one_week_a_swap_uses_up_no_more_of_a_quota(mikael, sari):
    gym = create_space(can_be_swapped=True, quota_week=1)
    mine, theirs = booked(gym, mikael, TUESDAY), booked(gym, sari, WEDNESDAY)

    swaps.agree(proposed(mine, theirs), by=sari, now=NOW)

    assert (holder(mine), holder(theirs)) == (sari, mikael)


def test_nobody_gets_by_a_swap_more_than_the_quota_allows(mikael, sari):
    gym = create_space(can_be_swapped=True, quota_week=1)
    this_week, next_week = booked(gym, mikael, TUESDAY), booked(gym, sari, TUESDAY + timedelta(weeks=1))
    booked(gym, mikael, WEDNESDAY + timedelta(weeks=1))

    his = proposed(this_week, next_week)
    assert codes(swaps.agree, his, by=sari, now=NOW) == {"other_side_cannot"}
    hers = proposed(next_week, this_week)
    assert codes(swaps.agree, hers, by=mikael, now=NOW) == {"quota_week"}

    assert (holder(this_week), holder(next_week)) == (mikael, sari)


# --- What the venue decides -----------------------------------------------------------------------


def closing(space) -> NewClosure:
    times = hour("12:00", day=TUESDAY), hour("22:00", day=TUESDAY)
    return NewClosure(WishedClosure([space], *times, reason={"reason_fi": "Remontti"}))


def test_a_closure_hits_whoever_has_the_date_after_the_swap(gym, mikael, sari):
    onni = create_manager(gym.venue)
    season = create_series(gym, customer=mikael, first=TUESDAY, start="18:00", end="19:30")
    mine = season.bookings.get().dates.order_by("starts_at").first()
    theirs = booked(gym, sari, WEDNESDAY)
    swaps.agree(proposed(mine, theirs), by=sari, now=NOW)

    impact = impacts.decide(closing(gym), fates=Fate.CANCEL, by=onni, now=NOW)
    assert impacts.carry_out(impact, now=DUE)

    mine.refresh_from_db()
    assert (mine.booking.customer, mine.booking.status) == (sari, Status.CANCELLED)
    assert [booking.status for booking in season.bookings.all()] == [Status.CONFIRMED]
    assert holder(theirs) == mikael


@pytest.mark.parametrize("fate", [Fate.CANCEL, Fate.MOVE])
def test_a_date_that_the_venue_is_about_to_take_is_handed_to_nobody(gym, mikael, sari, fate):
    create_space(venue=gym.venue, name_fi="Pikkusali")
    onni = create_manager(gym.venue)
    mine, theirs = booked(gym, mikael, TUESDAY), booked(gym, sari, WEDNESDAY)
    swap = proposed(mine, theirs)
    impact = impacts.decide(closing(gym), fates=fate, by=onni, now=NOW)

    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"not_swappable_now"}
    assert codes(swaps.propose, theirs, mine, "", by=sari, now=NOW) == {"not_swappable_now"}

    impacts.undo(impact, by=onni, now=NOW)
    swaps.agree(swap, by=sari, now=NOW)
    assert (holder(mine), holder(theirs)) == (sari, mikael)


def test_a_date_that_is_kept_in_a_closure_is_swapped(gym, mikael, sari):
    mine, theirs = booked(gym, mikael, TUESDAY), booked(gym, sari, WEDNESDAY)
    impacts.decide(closing(gym), fates=Fate.KEEP, by=create_manager(gym.venue), now=NOW)

    swaps.agree(proposed(mine, theirs), by=sari, now=NOW)

    assert holder(mine) == sari


def test_a_proposal_lapses_when_one_of_its_dates_moves(gym, mikael, sari):
    mine, theirs = booked(gym, mikael, TUESDAY), booked(gym, sari, WEDNESDAY)
    swap, other = proposed(mine, theirs), proposed(booked(gym, sari, TUESDAY, "10:00", "11:00"), mine)
    times = {"starts_at": hour("08:00", day=WEDNESDAY), "ends_at": hour("09:00", day=WEDNESDAY)}
    there = replace(wish_of(theirs.booking, theirs), **times)
    lifecycle.move(theirs.booking, there, by=sari, now=NOW)

    assert swaps.lapse_due(now=NOW) == 1
    swap.refresh_from_db()
    other.refresh_from_db()
    assert (swap.state, other.state) == (Swap.State.LAPSED, Swap.State.PROPOSED)


# --- Clock changes --------------------------------------------------------------------------------


@pytest.mark.parametrize(("night", "hours"), [(SPRING, 3), (AUTUMN, 5)])
def test_the_night_of_a_clock_change_is_swapped_with_all_its_hours(mikael, sari, night, hours):
    gym = create_space(can_be_swapped=True, ahead_days=300)
    mine = booked(gym, mikael, night, "01:00", "05:00")
    theirs = booked(gym, sari, night - timedelta(days=1), "01:00", "05:00")

    swaps.agree(proposed(mine, theirs), by=sari, now=NOW)

    assert (holder(mine), holder(theirs)) == (sari, mikael)
    assert mine.ends_at - mine.starts_at == timedelta(hours=hours)
    assert theirs.ends_at - theirs.starts_at == timedelta(hours=4)


def test_of_the_hour_that_comes_twice_each_gets_the_others(mikael, sari):
    gym = create_space(can_be_swapped=True, ahead_days=300)
    three, again, four = (datetime(2027, 10, 31, clock, tzinfo=UTC) for clock in (0, 1, 2))
    mine = create_booking(gym, three, again, customer=mikael).dates.get()
    theirs = create_booking(gym, again, four, customer=sari).dates.get()

    swaps.agree(proposed(mine, theirs), by=sari, now=NOW)

    assert (holder(mine), holder(theirs)) == (sari, mikael)
    assert (mine.starts_at, theirs.starts_at) == (three, again)


# --- A season's page ------------------------------------------------------------------------------


@pytest.mark.usefixtures("monday_morning")
def test_a_season_leads_to_the_swap_of_each_date_where_the_venue_allows_it(gym, mikael):
    club = create_organisation(mikael, name="Idän Sähly ry")
    season = create_series(gym, customer=mikael, organisation=club, first=TUESDAY)
    page = reverse("bookings:series", args=[season.pk])
    links = [
        reverse("bookings:propose_swap", args=[pk])
        for pk in season.bookings.get().dates.values_list("pk", flat=True)
    ]

    html = signed_in(mikael).get(page).content.decode()
    assert [html.count(f'href="{link}"') for link in links] == [1, 1, 1, 1]

    viewer = create_user("Veera")
    club.memberships.create(user=viewer, role="viewer")
    for reader in (viewer, create_manager(gym.venue)):
        assert "propose" not in signed_in(reader).get(page).content.decode()
    say_policy(gym, can_be_swapped=False)
    shown = signed_in(mikael).get(page)
    assert not any(link in shown.content.decode() for link in links)
    assert "Move" in words(shown)
