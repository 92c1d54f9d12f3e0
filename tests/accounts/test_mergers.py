"""What belongs to an organisation: who may book for it and who only sees, and what follows when it ends."""

from datetime import date, time, timedelta
from functools import partial

import pytest

from accounts import memberships
from accounts.models import Membership
from accounts.problems import Refused
from bookings import lifecycle, permissions, sanctions, swaps
from bookings.models import Booking, Sanction, Series, Swap, Waiting
from bookings.wishes import Wish, wish_of
from tests.factories import (
    NOW,
    create_booking,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
)
from tests.together import at_once, refusals

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def staff():
    return create_user("Katri", is_staff=True)


@pytest.fixture
def aino():
    return create_user()


def refused(function, *args, **kwargs) -> set[str]:
    with pytest.raises(Refused) as refusal:
        function(*args, **kwargs)
    return refusal.value.codes


# --- Who may --------------------------------------------------------------------------------------


def test_owners_and_bookers_cancel_and_others_see_only(aino):
    owner, viewer, stranger = create_user("Onni"), create_user("Liisa"), create_user("Vieno")
    club = create_organisation(aino)
    for user, role in ((owner, Role.OWNER), (viewer, Role.VIEWER)):
        Membership.objects.create(user=user, organisation=club, role=role)
    booking = create_booking(create_space(), customer=aino, organisation=club)

    may = {user.name for user in (aino, owner, viewer, stranger) if permissions.can_change(user, booking)}
    see = {
        user.name
        for user in (aino, owner, viewer, stranger)
        if Booking.objects.visible_to(user).filter(pk=booking.pk).exists()
    }

    assert may == {"Aino", "Onni"}
    assert see == {"Aino", "Onni", "Liisa"}
    assert not permissions.can_book_for(viewer, club)


def test_whoever_left_sees_and_changes_the_clubs_bookings_no_more(aino):
    club = create_organisation(aino, create_user("Onni"))
    booking = create_booking(create_space(), customer=aino, organisation=club)
    assert permissions.can_change(aino, booking)
    assert Booking.objects.visible_to(aino).filter(pk=booking.pk).exists()

    memberships.leave(club, user=aino, now=NOW)

    assert not permissions.can_change(aino, booking)
    assert not Booking.objects.visible_to(aino).filter(pk=booking.pk).exists()
    assert not permissions.can_book_for(aino, club)


def test_those_of_one_that_has_ended_are_left_to_who_booked_for_it_at_the_end(aino, staff):
    onni, mikael = create_user("Onni"), create_user("Mikael")
    club = create_organisation(aino, onni, mikael)
    booking = create_booking(create_space(), customer=mikael, organisation=club)
    memberships.leave(club, user=mikael, now=NOW)

    memberships.close(club, by=staff, now=NOW)

    booking = Booking.objects.with_place().get(pk=booking.pk)
    for member in (aino, onni):
        assert permissions.can_change(member, booking)
        assert Booking.objects.of(member).filter(pk=booking.pk).exists()
    assert not permissions.can_change(mikael, booking)
    assert not Booking.objects.of(mikael).filter(pk=booking.pk).exists()
    assert not permissions.can_book_for(aino, club)


# --- One that has ended ---------------------------------------------------------------------------


def test_nothing_is_booked_for_one_that_has_ended(aino, staff):
    club, room = create_organisation(aino), create_space()
    held = lifecycle.hold(Wish(room, hour("08:00"), hour("09:00"), organisation=club), customer=aino, now=NOW)
    memberships.close(club, by=staff, now=NOW)

    assert refused(create_booking, room, customer=aino, organisation=club) == {"organisation_closed"}
    assert refused(
        lifecycle.hold, Wish(room, hour("10:00"), hour("11:00"), organisation=club), customer=aino, now=NOW
    ) == {"organisation_closed"}
    assert refused(lifecycle.submit, held, wish_of(held), customer=aino, now=NOW) == {"organisation_closed"}
    assert not Booking.objects.submitted().exists()
    assert create_booking(room, customer=aino)


# --- Merging --------------------------------------------------------------------------------------


def test_all_that_is_the_ones_is_the_others(aino, staff):
    old, new = create_organisation(aino, name="Vanha"), create_organisation(create_user(), name="Uusi")
    room = create_space(venue=create_venue(run_by=old))
    other_room = create_space()
    booking = create_booking(other_room, customer=aino, organisation=old)
    series = Series.objects.create(
        customer=aino,
        organisation=old,
        space=other_room,
        weekdays=[2],
        first_on=date(2027, 2, 2),
        last_on=date(2027, 5, 25),
        starts=time(18),
        ends=time(19),
        created_at=NOW,
    )
    waiting = Waiting.objects.create(
        customer=aino,
        organisation=old,
        weekdays=[2],
        earliest=time(17),
        latest=time(21),
        minutes=60,
        first_on=date(2027, 2, 2),
        last_on=date(2027, 5, 25),
        created_at=NOW,
    )
    ban = sanctions.propose(
        Sanction.Kind.BAN,
        organisation=old,
        venue=other_room.venue,
        reason="Ovi jäi auki.",
        until=date(2027, 3, 1),
        by=staff,
        now=NOW,
    )

    memberships.merge(old, into=new, by=staff, now=NOW)

    for row in (booking, series, waiting, ban):
        row.refresh_from_db()
        assert row.organisation == new
    room.venue.refresh_from_db()
    assert room.venue.run_by == new
    assert permissions.can_change(aino, booking)
    assert booking.customer == aino


def test_what_both_had_counts_for_the_quota_of_the_one(aino, staff):
    onni = create_user("Onni")
    old, new = create_organisation(aino, name="Vanha"), create_organisation(onni, name="Uusi")
    room = create_space(quota_week=2)
    create_booking(room, hour("08:00"), hour("09:00"), customer=aino, organisation=old)
    create_booking(room, hour("09:00"), hour("10:00"), customer=onni, organisation=new)

    memberships.merge(old, into=new, by=staff, now=NOW)

    third = partial(create_booking, room, hour("10:00"), hour("11:00"), organisation=new)
    for member in (aino, onni):
        assert refused(third, customer=member) == {"quota_week"}
        assert Booking.objects.of(member).count() == 2


def test_a_swap_that_was_asked_of_the_one_is_answered_by_the_other(aino, staff):
    onni, mikael = create_user("Onni"), create_user("Mikael")
    old, new = create_organisation(aino, name="Vanha"), create_organisation(onni, name="Uusi")
    room = create_space(can_be_swapped=True)
    theirs = create_booking(room, hour("08:00"), hour("09:00"), customer=aino, organisation=old)
    his = create_booking(room, hour("10:00"), hour("11:00"), customer=mikael)
    swap = swaps.propose(his.dates.get(), theirs.dates.get(), "", by=mikael, now=NOW)

    memberships.merge(old, into=new, by=staff, now=NOW)

    swaps.agree(Swap.objects.get(pk=swap.pk), by=onni, now=NOW)
    theirs.refresh_from_db()
    his.refresh_from_db()
    assert theirs.organisation == new
    assert theirs.dates.get().starts_at == hour("10:00")
    assert his.dates.get().starts_at == hour("08:00")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.proof)])
def test_booked_and_merged_at_once_nothing_is_left_behind(rounds):
    aino, staff, room = create_user(), create_user("Katri", is_staff=True), create_space()
    for number in range(rounds):
        old, new = create_organisation(aino), create_organisation(create_user())
        start = hour("08:00") + timedelta(days=number)

        def book(start, organisation):
            return create_booking(
                room, start, start + timedelta(hours=1), customer=aino, organisation=organisation
            )

        outcomes = at_once(
            *(partial(book, start + timedelta(hours=n), old) for n in range(4)),
            partial(memberships.merge, old, into=new, by=staff, now=NOW),
        )

        assert set(refusals(outcomes)) <= {"organisation_closed"}
        assert not Booking.objects.filter(organisation=old).exists()
        old.refresh_from_db()
        assert old.merged_into == new
