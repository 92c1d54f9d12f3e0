"""How often one customer may book at a venue, and that nobody slips past it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial

import pytest

from accounts.problems import Refused
from bookings import lifecycle
from bookings.models import Booking, Status
from bookings.wishes import Wish, wish_of
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
    say_policy,
)
from tests.together import at_once, refusals, winners
from venues.clock import at

pytestmark = pytest.mark.django_db

FRIDAY, SATURDAY, SUNDAY = (date(2027, 2, day) for day in (5, 6, 7))
NEXT_MONDAY = date(2027, 2, 8)


def book(space, day: date = SATURDAY, clock: str = "10:00", *, now: datetime = NOW, **facts) -> Booking:
    start = hour(clock, day=day)
    return create_booking(space, start, start + timedelta(hours=1), now=now, **facts)


def refused(space, day: date = SATURDAY, clock: str = "14:00", **facts) -> Refused:
    with pytest.raises(Refused) as refusal:
        book(space, day, clock, **facts)
    return refusal.value


# --- What is counted ------------------------------------------------------------------------------


def test_twice_a_week_is_not_three_times_and_the_sentence_says_which_week_is_next():
    room, aino = create_space(quota_week=2), create_user()
    book(room, FRIDAY, customer=aino)
    book(room, SATURDAY, customer=aino)

    (problem,) = refused(room, SUNDAY, customer=aino).problems

    assert problem.code == "quota_week"
    assert problem.message == (
        "Olet jo varannut täältä sille viikolle 2 kertaa, ja enempää ei voi."
        " Seuraava mahdollinen viikko alkaa ma 8.2."
    )
    assert book(room, NEXT_MONDAY, customer=aino).status == Status.CONFIRMED


def test_the_next_week_that_is_named_is_one_that_is_not_used_up_either():
    room, aino = create_space(quota_week=1), create_user()
    for week in range(3):
        book(room, SATURDAY + timedelta(weeks=week), customer=aino)

    (problem,) = refused(room, SUNDAY, customer=aino).problems

    assert problem.message.endswith("ma 22.2.")


def test_what_is_offered_instead_lies_in_another_week():
    room, aino = create_space(quota_week=1), create_user()
    book(room, FRIDAY, customer=aino)

    (problem,) = refused(room, SUNDAY, "20:00", customer=aino).problems

    offers = [offer for offer in problem.alternatives if offer.space == room]
    assert offers
    for offer in offers:
        assert offer.starts_at >= at(NEXT_MONDAY)
    first = offers[0]
    assert create_booking(room, first.starts_at, first.ends_at, customer=aino).status == Status.CONFIRMED


@pytest.mark.parametrize(
    ("first", "second", "is_one_week"),
    [
        (date(2026, 12, 28), date(2027, 1, 3), True),  # week 53, over the end of the year
        (date(2027, 1, 3), date(2027, 1, 4), False),
        (date(2027, 2, 28), date(2027, 3, 1), False),  # Sunday and Monday, over the end of a month
        (date(2027, 3, 29), date(2027, 4, 4), True),
    ],
)
def test_weeks_are_iso_weeks_over_ends_of_months_and_years(first, second, is_one_week):
    then, venue, aino = at(date(2026, 12, 1), time(8)), create_venue(), create_user()
    open_daily(venue.timetable, today=then.date())
    room = create_space(venue=venue, quota_week=1)
    book(room, first, customer=aino, now=then)

    if is_one_week:
        assert refused(room, second, customer=aino, now=then).codes == {"quota_week"}
    else:
        assert book(room, second, customer=aino, now=then)


def test_a_day_begins_at_the_citys_midnight():
    room, aino = create_space(quota_day=1), create_user()
    book(room, SATURDAY, "23:30", customer=aino)  # ends on Sunday

    assert refused(room, SATURDAY, "00:00", customer=aino).codes == {"quota_day"}
    assert book(room, SUNDAY, "00:30", customer=aino)
    assert book(room, FRIDAY, "22:00", customer=aino)


@pytest.mark.parametrize("night", [date(2027, 3, 28), date(2027, 10, 31)])
def test_a_day_of_clock_change_is_one_day(night):
    room, aino = create_space(quota_day=1, start_step=5), create_user()
    now = at(night - timedelta(days=10))
    book(room, night, "00:00", customer=aino, now=now)

    assert refused(room, night, "23:00", customer=aino, now=now).codes == {"quota_day"}
    assert book(room, night + timedelta(days=1), "00:00", customer=aino, now=now)


def test_a_season_lasts_until_the_first_of_june():
    room, aino = create_space(quota_season=1), create_user()
    book(room, date(2027, 6, 1), customer=aino)

    (problem,) = refused(room, SATURDAY, customer=aino).problems

    assert (problem.code, problem.message.endswith("ke 2.6.")) == ("quota_season", True)
    assert book(room, date(2027, 6, 2), customer=aino)


def test_every_quota_that_is_used_up_is_told():
    room, aino = create_space(quota_day=1, quota_week=1, quota_season=1), create_user()
    book(room, customer=aino)

    assert refused(room, customer=aino).codes == {"quota_day", "quota_week", "quota_season"}


# --- Whose, and where -----------------------------------------------------------------------------


def test_all_of_the_venue_counts_and_no_other_venue():
    gym, aino = create_space(quota_week=1), create_user()
    sauna, elsewhere = create_space(venue=gym.venue), create_space(quota_week=1)
    book(sauna, customer=aino)

    assert refused(gym, customer=aino).codes == {"quota_week"}
    assert book(elsewhere, customer=aino)
    assert book(sauna, clock="16:00", customer=aino), "The sauna itself has no quota."


def test_members_of_an_organisation_share_its_quota_and_keep_their_own():
    room, aino, onni = create_space(quota_week=1), create_user(), create_user("Onni")
    club = create_organisation(aino, onni)
    book(room, customer=aino, organisation=club)

    assert refused(room, customer=onni, organisation=club).codes == {"quota_week"}
    assert book(room, clock="16:00", customer=onni)
    assert book(room, clock="18:00", customer=aino)
    assert refused(room, clock="20:00", customer=aino).codes == {"quota_week"}


def test_a_hold_counts_for_nothing_and_is_judged():
    room, aino = create_space(quota_week=1), create_user()
    lifecycle.hold(Wish(room, hour("10:00"), hour("11:00")), customer=aino, now=NOW)

    held = lifecycle.hold(Wish(room, hour("12:00"), hour("13:00")), customer=aino, now=NOW)
    lifecycle.submit(held, wish_of(held), customer=aino, now=NOW)

    with pytest.raises(Refused) as refusal:
        lifecycle.hold(Wish(room, hour("14:00"), hour("15:00")), customer=aino, now=NOW)
    assert refusal.value.codes == {"quota_week"}


def test_a_visitor_is_judged_when_she_has_signed_in():
    room, aino = create_space(quota_week=1), create_user()
    book(room, customer=aino)
    held = lifecycle.hold(Wish(room, hour("14:00"), hour("15:00")), customer=None, now=NOW)

    with pytest.raises(Refused) as refusal:
        lifecycle.submit(held, wish_of(held), customer=aino, now=NOW)

    assert refusal.value.codes == {"quota_week"}


def test_another_customer_is_chosen_on_the_form_and_judged_anew():
    room, aino = create_space(quota_week=1), create_user()
    club = create_organisation(aino)
    book(room, customer=aino)
    held = lifecycle.hold(Wish(room, hour("14:00"), hour("15:00"), organisation=club), customer=aino, now=NOW)

    with pytest.raises(Refused):
        lifecycle.submit(held, replace(wish_of(held), organisation=None), customer=aino, now=NOW)
    assert lifecycle.submit(held, wish_of(held), customer=aino, now=NOW).organisation == club


def test_requests_count_and_what_was_declined_or_given_back_does_not():
    room, aino = create_space(quota_week=1, approval="request"), create_user()
    onni = create_manager(room.venue)
    request = book(room, customer=aino)
    assert refused(room, customer=aino).codes == {"quota_week"}

    lifecycle.decline(request, by=onni, reason="Remontti", now=NOW)
    second = book(room, customer=aino)
    lifecycle.cancel(second, by=aino, now=NOW)

    assert book(room, customer=aino).status == Status.REQUESTED


def test_a_date_that_was_released_counts_no_more():
    room, aino = create_space(quota_week=1), create_user()
    book(room, customer=aino).dates.update(released_at=NOW)

    assert book(room, customer=aino)


def test_a_booking_moves_within_its_week_but_not_into_one_that_is_used_up():
    room, aino = create_space(quota_week=1), create_user()
    first = book(room, SATURDAY, customer=aino)
    book(room, NEXT_MONDAY, customer=aino)

    def moved_to(day, clock):
        start = hour(clock, day=day)
        wish = replace(wish_of(first), starts_at=start, ends_at=start + timedelta(hours=1))
        return lifecycle.move(first, wish, by=aino, now=NOW)

    assert moved_to(SUNDAY, "18:00").dates.get().starts_at == hour("18:00", day=SUNDAY)
    with pytest.raises(Refused) as refusal:
        moved_to(NEXT_MONDAY, "18:00")
    assert refusal.value.codes == {"quota_week"}


def test_a_quota_that_was_lowered_later_leaves_what_was_booked():
    room, aino = create_space(), create_user()
    for clock in ("08:00", "10:00", "12:00"):
        book(room, clock=clock, customer=aino)
    say_policy(room, quota_week=1)

    (problem,) = refused(room, customer=aino).problems

    assert "3 kertaa" in problem.message
    assert Booking.objects.live().count() == 3


# --- Many at once ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])
def test_ten_requests_of_one_person_at_once_get_one_booking(rounds):
    aino, rooms = create_user(), [create_space(quota_week=1)]
    rooms += [create_space(venue=rooms[0].venue, quota_week=1) for _n in range(9)]

    for number in range(rounds):
        day = SATURDAY + timedelta(weeks=number)
        start = hour("10:00", day=day)
        wishes = [Wish(room, start, start + timedelta(hours=1)) for room in rooms]
        outcomes = at_once(*(partial(lifecycle.book, wish, customer=aino, now=NOW) for wish in wishes))

        assert (len(winners(outcomes)), refusals(outcomes)) == (1, {"quota_week": 9})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])
def test_ten_members_of_one_organisation_at_once_get_one_booking(rounds):
    people = [create_user() for _n in range(10)]
    club, rooms = create_organisation(*people), [create_space(quota_day=1)]
    rooms += [create_space(venue=rooms[0].venue, quota_day=1) for _n in range(9)]

    for number in range(rounds):
        start = hour("10:00", day=SATURDAY + timedelta(days=number))
        deeds = [
            partial(
                lifecycle.book,
                Wish(room, start, start + timedelta(hours=1), organisation=club),
                customer=who,
                now=NOW,
            )
            for who, room in zip(people, rooms, strict=True)
        ]
        outcomes = at_once(*deeds)

        assert (len(winners(outcomes)), refusals(outcomes)) == (1, {"quota_day": 9})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])
def test_a_move_and_a_booking_do_not_both_get_the_last_of_a_week(rounds):
    room, aino = create_space(quota_week=1), create_user()
    onni = create_manager(room.venue)

    for number in range(rounds):
        day = SATURDAY + timedelta(weeks=2 * number)
        mine, start = book(room, day, customer=aino), hour("10:00", day=day + timedelta(weeks=1))
        end = start + timedelta(hours=1)
        outcomes = at_once(
            partial(
                lifecycle.move, mine, replace(wish_of(mine), starts_at=start, ends_at=end), by=onni, now=NOW
            ),
            partial(lifecycle.book, Wish(room, end, end + timedelta(hours=1)), customer=aino, now=NOW),
        )

        assert (len(winners(outcomes)), refusals(outcomes)) == (1, {"quota_week": 1})
