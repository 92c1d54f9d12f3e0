"""Two clubs give each other a date, where the venue lets them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts import memberships
from accounts.models import Organisation
from accounts.problems import Refused
from bookings import invariants, lifecycle, sanctions, swaps
from bookings.models import Booking, Occupancy, Sanction, Swap
from tests.bookings.pages import signed_in, words
from tests.factories import (
    MONDAY,
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
from tests.post import deliver

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=8), MONDAY + timedelta(days=9)


@pytest.fixture
def gym():
    return create_space(name_fi="Sali", can_be_swapped=True)


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def sari():
    return create_user("Sari")


def booked(space, customer, day, start="18:00", end="19:30", **wish) -> Occupancy:
    return create_booking(
        space, hour(start, day=day), hour(end, day=day), customer=customer, **wish
    ).dates.get()


@pytest.fixture
def tuesday(gym, mikael):
    club = create_organisation(mikael, name="Idän Sähly ry")
    return booked(gym, mikael, TUESDAY, organisation=club)


@pytest.fixture
def wednesday(gym, sari):
    return booked(gym, sari, WEDNESDAY, "17:00", "18:00")


@pytest.fixture
def swap(tuesday, wednesday, mikael):
    return swaps.propose(tuesday, wednesday, "Sopisiko?", by=mikael, now=NOW)


def codes(act, *args, **kwargs) -> set[str]:
    with pytest.raises(Refused) as refusal:
        act(*args, **kwargs)
    return refusal.value.codes


def holder(date: Occupancy):
    date.refresh_from_db()
    assert date.booking is not None
    return date.booking.organisation or date.booking.customer


def nothing_is_broken() -> bool:
    return list(invariants.findings(now=NOW)) == []


def test_both_dates_change_hands_and_stay_where_they_are(swap, tuesday, wednesday, mikael, sari, mailoutbox):
    club = Organisation.objects.get()
    deliver(task_name="bookings.tasks.tell_of_swap")
    swaps.agree(swap, by=sari, now=NOW)

    assert (holder(tuesday), holder(wednesday)) == (sari, club)
    assert tuesday.starts_at == hour("18:00", day=TUESDAY)
    assert Booking.objects.live().count() == 2
    assert nothing_is_broken()
    deliver(task_name="bookings.tasks.tell_of_swap")
    assert [letter.to for letter in mailoutbox] == [[sari.email], [mikael.email]]


def test_a_date_of_a_season_is_swapped_for_one_in_another_space(gym, mikael, sari):
    other = create_space(venue=gym.venue, name_fi="Pikkusali", can_be_swapped=True)
    season = create_series(gym, customer=mikael)
    mine = season.bookings.get().dates.first()
    theirs = booked(other, sari, WEDNESDAY)

    swaps.agree(swaps.propose(mine, theirs, "", by=mikael, now=NOW), by=sari, now=NOW)

    assert (holder(mine), holder(theirs)) == (sari, mikael)
    theirs.refresh_from_db()
    assert theirs.booking.series == season
    assert theirs.booking.space == other
    assert nothing_is_broken()


def test_the_venue_says_where_dates_may_be_swapped(gym, tuesday, wednesday, mikael):
    say_policy(gym, can_be_swapped=False)

    assert codes(swaps.propose, tuesday, wednesday, "", by=mikael, now=NOW) == {"not_swappable"}


def test_each_side_is_judged_as_if_it_booked_anew(gym, swap, sari):
    say_policy(gym, can_be_swapped=True, who_may_book=["associations"])

    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"not_for_you"}
    assert nothing_is_broken()


def test_another_space_that_is_by_request_or_paid_otherwise_is_asked_for_not_swapped(
    gym, tuesday, mikael, sari
):
    by_request = create_space(venue=gym.venue, can_be_swapped=True, approval="request")
    theirs = booked(by_request, sari, WEDNESDAY)
    lifecycle.approve(theirs.booking, by=create_manager(gym.venue), now=NOW)
    swap = swaps.propose(tuesday, theirs, "", by=mikael, now=NOW)
    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"other_side_cannot"}

    invoiced = create_space(venue=gym.venue, can_be_swapped=True, payment="invoice")
    hers = booked(invoiced, sari, WEDNESDAY)
    swap = swaps.propose(hers, tuesday, "", by=sari, now=NOW)
    assert codes(swaps.agree, swap, by=mikael, now=NOW) == {"other_side_cannot"}
    assert nothing_is_broken()


def test_in_the_space_that_both_have_the_venue_has_agreed_to_both(mikael, sari):
    gym = create_space(can_be_swapped=True, approval="request")
    onni = create_manager(gym.venue)
    mine, theirs = booked(gym, mikael, TUESDAY), booked(gym, sari, WEDNESDAY)
    for date in (mine, theirs):
        lifecycle.approve(date.booking, by=onni, now=NOW)

    swaps.agree(swaps.propose(mine, theirs, "", by=mikael, now=NOW), by=sari, now=NOW)

    assert (holder(mine), holder(theirs)) == (sari, mikael)


def test_who_is_banned_proposes_nothing(gym, tuesday, wednesday, mikael, sari):
    ban(gym, mikael)

    assert codes(swaps.propose, tuesday, wednesday, "", by=mikael, now=NOW) == {"banned"}


def test_nobody_hears_of_anothers_ban(gym, swap, mikael, sari):
    ban(gym, mikael)

    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"other_side_cannot"}


def test_who_answers_is_told_of_their_own_ban(gym, swap, sari):
    ban(gym, sari)

    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"banned"}


def ban(gym, person) -> None:
    onni = create_manager(gym.venue)
    proposed = sanctions.propose(
        Sanction.Kind.BAN,
        person=person,
        venue=gym.venue,
        reason="Ovet.",
        until=WEDNESDAY,
        by=onni,
        now=NOW,
    )
    sanctions.answer(proposed, "Hm.", by=person, now=NOW)
    sanctions.decide(proposed, by=onni, now=NOW)


def test_a_proposal_that_lapses_is_told_to_both_sides(gym, tuesday, mikael, sari, mailoutbox):
    vieno = create_user("Vieno")
    other = booked(gym, vieno, WEDNESDAY, "20:00", "21:00")
    swap = swaps.propose(booked(gym, sari, TUESDAY, "10:00", "11:00"), tuesday, "", by=sari, now=NOW)
    swaps.propose(tuesday, other, "", by=mikael, now=NOW)
    swaps.agree(swap, by=mikael, now=NOW)
    deliver(task_name="bookings.tasks.tell_of_swap")

    told = {letter.to[0]: letter.subject for letter in mailoutbox}
    assert set(told) == {mikael.email, sari.email, vieno.email}
    assert "raukesi" in told[mikael.email]
    assert "raukesi" in told[vieno.email]


@pytest.mark.usefixtures("monday_morning")
def test_a_proposal_concerns_those_whom_it_asked_whoever_has_the_date_now(gym, tuesday, mikael, sari):
    vieno = create_user("Vieno")
    hers = booked(gym, vieno, WEDNESDAY, "20:00", "21:00")
    passed_by = swaps.propose(
        booked(gym, sari, TUESDAY, "10:00", "11:00"), hers, "Sopisiko?", by=sari, now=NOW
    )

    swaps.agree(swaps.propose(tuesday, hers, "", by=mikael, now=NOW), by=vieno, now=NOW)

    assert holder(hers) == Organisation.objects.get()
    assert passed_by not in swaps.visible_to(mikael)
    assert passed_by in swaps.visible_to(vieno)
    late = signed_in(vieno).post(reverse("bookings:answer_swap", args=[passed_by.pk, "agree"]), follow=True)
    assert "answered or withdrawn already" in words(late)


def test_who_left_the_club_neither_hears_of_its_swap_nor_sees_it(
    tuesday, wednesday, swap, mikael, sari, mailoutbox
):
    deliver(task_name="bookings.tasks.tell_of_swap")
    club = Organisation.objects.get()
    onni = create_user("Onni")
    club.memberships.create(user=onni, role="owner")
    memberships.leave(club, user=mikael, now=NOW)
    mailoutbox.clear()

    swaps.decline(swap, by=sari, now=NOW)
    deliver(task_name="bookings.tasks.tell_of_swap")

    assert [letter.to for letter in mailoutbox] == [[onni.email]]
    assert not swaps.visible_to(mikael).exists()
    assert swaps.visible_to(onni).exists()


def test_what_was_cancelled_moved_or_has_begun_is_not_swapped(gym, swap, tuesday, wednesday, mikael, sari):
    assert codes(swaps.agree, swap, by=sari, now=tuesday.starts_at) == {"already_begun"}
    lifecycle.cancel(wednesday.booking, by=sari, now=NOW)
    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"not_confirmed"}

    assert swaps.lapse_due(now=NOW) == 1
    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"answered_already"}


def test_one_swap_ends_the_others_of_the_same_dates(gym, swap, tuesday, mikael, sari):
    other = booked(gym, create_user("Vieno"), WEDNESDAY, "20:00", "21:00")
    second = swaps.propose(tuesday, other, "", by=mikael, now=NOW)

    swaps.agree(swap, by=sari, now=NOW)

    second.refresh_from_db()
    assert second.state == Swap.State.LAPSED


def test_a_proposal_is_declined_or_withdrawn_once(swap, tuesday, wednesday, mikael, sari):
    assert codes(swaps.propose, tuesday, wednesday, "", by=mikael, now=NOW) == {"proposed_already"}
    swaps.decline(swap, by=sari, now=NOW)
    assert codes(swaps.withdraw, swap, by=mikael, now=NOW) == {"answered_already"}
    assert holder(wednesday) == sari


def test_ones_own_dates_are_not_swapped_with_oneself(gym, wednesday, sari):
    mine = booked(gym, sari, TUESDAY)

    assert codes(swaps.propose, mine, wednesday, "", by=sari, now=NOW) == {"same_customer"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])
def test_two_swaps_of_one_date_agreed_to_at_once(rounds):
    for number in range(rounds):
        gym = create_space(can_be_swapped=True)
        people = [create_user(f"Pelaaja{number}{name}") for name in "abc"]
        wanted, *offered = [
            booked(gym, person, TUESDAY + timedelta(days=day)) for day, person in enumerate(people)
        ]
        both = [
            swaps.propose(date, wanted, "", by=person, now=NOW)
            for date, person in zip(offered, people[1:], strict=True)
        ]

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda swap, by=people[0]: agreed(swap, by), both))

        assert sorted(done) == [False, True]
        assert nothing_is_broken()
        holders = {holder(date).pk for date in [wanted, *offered]}
        assert holders == {person.pk for person in people}


def agreed(swap: Swap, by) -> bool:
    try:
        swaps.agree(swap, by=by, now=NOW)
    except Refused:
        return False
    finally:
        connection.close()
    return True


# --- Pages ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("monday_morning")
def test_a_swap_from_the_proposal_to_the_end_on_pages(tuesday, wednesday, mikael, sari):
    his, hers = signed_in(mikael), signed_in(sari)
    page = reverse("bookings:propose_swap", args=[tuesday.pk])
    assert "17.00" in words(his.get(page)) or "17:00" in words(his.get(page))
    assert "Sari" not in words(his.get(page))
    assert his.post(page, {"wanted": "999999"}).status_code == 422

    assert his.post(page, {"wanted": wednesday.pk, "message": "Sopisiko?"}).status_code == 302
    swap = Swap.objects.get()
    index = reverse("bookings:swaps")
    assert "Sopisiko?" in words(hers.get(index))
    assert "Idän Sähly ry" in words(hers.get(index))
    assert "Withdraw" in words(his.get(index))

    hers.post(reverse("bookings:answer_swap", args=[swap.pk, "agree"]))
    assert holder(tuesday) == sari


@pytest.mark.usefixtures("monday_morning")
def test_strangers_neither_see_nor_answer(swap, tuesday, mikael):
    stranger = signed_in(create_user("Vieno"))

    assert "Sopisiko?" not in words(stranger.get(reverse("bookings:swaps")))
    assert stranger.get(reverse("bookings:propose_swap", args=[tuesday.pk])).status_code == 404
    for how in ["agree", "decline", "withdraw"]:
        assert stranger.post(reverse("bookings:answer_swap", args=[swap.pk, how])).status_code == 404
    assert signed_in(mikael).post(reverse("bookings:answer_swap", args=[swap.pk, "agree"])).status_code == 403
    swap.refresh_from_db()
    assert swap.state == Swap.State.PROPOSED
