"""Somebody breaks the terms: they are heard, then warned or banned, and the ban ends."""

from datetime import date, timedelta

import pytest

from accounts.models import Membership
from accounts.problems import Refused
from bookings import dates, lifecycle, sanctions, series_changes
from bookings.availability import free
from bookings.models import Sanction
from bookings.series_changes import Move
from bookings.wishes import Wish
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_series,
    create_space,
    create_user,
    hour,
)
from venues.audiences import asker
from venues.models import Space

pytestmark = pytest.mark.django_db

UNTIL = date(2027, 5, 31)
LATER = NOW + timedelta(days=15)  # after the time to answer
BAN, WARNING = Sanction.Kind.BAN, Sanction.Kind.WARNING


@pytest.fixture
def gym():
    return create_space()


@pytest.fixture
def onni(gym):
    return create_manager(gym.venue)


@pytest.fixture
def mikael():
    return create_user("Mikael")


def propose(gym, onni, **facts):
    facts = {
        "kind": BAN,
        "venue": gym.venue,
        "until": UNTIL,
        "reason": "Ovet jäivät auki.",
        "now": NOW,
    } | facts
    return sanctions.propose(facts.pop("kind"), by=onni, **facts)


def ban(gym, onni, **facts):
    return sanctions.decide(propose(gym, onni, **facts), by=onni, now=LATER)


def free_spaces(customer, organisation=None):
    whose = asker(customer, organisation, today=LATER.date())
    start = LATER + timedelta(days=1)
    found = free(Space.objects.all(), [(start, start + timedelta(days=1))], now=LATER, asker=whose)
    return [space.space_id for space in found.page]


def book(gym, customer, now=LATER, **wish):
    start = hour("12:00", day=(now + timedelta(days=2)).date())
    wished = Wish(gym, start, start + timedelta(hours=1), **wish)
    return lifecycle.book(wished, customer=customer, now=now)


def test_who_is_banned_can_neither_book_nor_hold_nor_finds_anything_there(gym, onni, mikael):
    elsewhere = create_space()
    ban(gym, onni, person=mikael)

    with pytest.raises(Refused) as refusal:
        book(gym, mikael)
    assert refusal.value.codes == {"banned"}
    assert "31.5.2027" in refusal.value.message
    start = LATER + timedelta(days=1)
    with pytest.raises(Refused) as refusal:
        lifecycle.hold(Wish(gym, start, start + timedelta(hours=1)), customer=mikael, now=LATER)
    assert refusal.value.codes == {"banned"}
    assert free_spaces(mikael) == [elsewhere.pk]
    assert book(elsewhere, mikael).pk


def test_a_form_that_was_open_when_the_ban_came_is_not_sent(gym, onni, mikael):
    start = LATER + timedelta(days=1)
    wish = Wish(gym, start, start + timedelta(hours=1))
    held = lifecycle.hold(wish, customer=mikael, now=LATER)
    ban(gym, onni, person=mikael)

    with pytest.raises(Refused) as refusal:
        lifecycle.submit(held, wish, customer=mikael, now=LATER)

    assert refusal.value.codes == {"banned"}
    held.refresh_from_db()
    assert held.status == "held"


def test_the_last_day_of_a_ban_is_its_last(gym, onni, mikael):
    ban(gym, onni, person=mikael)

    with pytest.raises(Refused):
        book(gym, mikael, now=hour("23:59", day=UNTIL))
    assert book(gym, mikael, now=hour("00:00", day=UNTIL + timedelta(days=1))).pk


def test_a_ban_of_the_club_keeps_the_club_away_and_lets_its_people_book_for_themselves(gym, onni, mikael):
    club = create_organisation(mikael, name="Idän Sähly ry")
    ban(gym, onni, organisation=club)

    with pytest.raises(Refused):
        book(gym, mikael, organisation=club)
    assert not free_spaces(mikael, club)
    assert book(gym, mikael).pk


def test_a_ban_of_a_person_holds_whomever_they_book_for(gym, onni, mikael):
    club = create_organisation(mikael, name="Idän Sähly ry")
    ban(gym, onni, person=mikael)

    with pytest.raises(Refused):
        book(gym, mikael, organisation=club)


def test_a_ban_of_the_whole_city_is_for_its_staff(gym, onni, mikael):
    with pytest.raises(AssertionError):
        propose(gym, onni, person=mikael, venue=None)
    katri = create_user("Katri", is_staff=True)
    ban(gym, katri, person=mikael, venue=None)

    assert not free_spaces(mikael)


def test_what_was_booked_before_stands_and_can_be_moved(gym, onni, mikael):
    booking = create_booking(
        gym, LATER + timedelta(days=3), LATER + timedelta(days=3, hours=1), customer=mikael
    )
    ban(gym, onni, person=mikael)

    start = LATER + timedelta(days=4)
    lifecycle.move(booking, Wish(gym, start, start + timedelta(hours=1)), by=mikael, now=LATER)

    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_nobody_is_banned_unheard(gym, onni, mikael):
    sanction = propose(gym, onni, person=mikael)

    with pytest.raises(Refused) as refusal:
        sanctions.decide(sanction, by=onni, now=NOW + timedelta(days=13))
    assert refusal.value.codes == {"not_heard_yet"}
    assert book(gym, mikael, now=NOW).pk

    sanctions.answer(sanction, "Valvoja lukitsi ne.", by=mikael, now=NOW + timedelta(days=1))
    decided = sanctions.decide(sanction, by=onni, now=NOW + timedelta(days=2))
    assert decided.decided_by == onni
    assert decided.answer == "Valvoja lukitsi ne."


def test_an_answer_comes_in_time_and_before_the_decision(gym, onni, mikael):
    late = propose(gym, onni, person=mikael)
    with pytest.raises(Refused) as refusal:
        sanctions.answer(late, "Anteeksi.", by=mikael, now=LATER)
    assert refusal.value.codes == {"too_late"}

    sanctions.decide(late, by=onni, now=LATER)
    with pytest.raises(Refused) as refusal:
        sanctions.answer(late, "Anteeksi.", by=mikael, now=LATER)
    assert refusal.value.codes == {"decided_already"}


def test_a_warning_keeps_nobody_from_booking(gym, onni, mikael):
    warning = ban(gym, onni, kind=WARNING, person=mikael, until=None)

    assert warning.until is None
    assert book(gym, mikael).pk


def test_a_ban_that_was_lifted_or_dropped_is_none(gym, onni, mikael):
    sanctions.drop(propose(gym, onni, person=mikael), by=onni, now=NOW)
    lifted = ban(gym, onni, person=mikael)
    sanctions.lift(lifted, by=onni, now=LATER)

    assert book(gym, mikael).pk
    with pytest.raises(Refused) as refusal:
        sanctions.lift(lifted, by=onni, now=LATER)
    assert refusal.value.codes == {"not_in_force"}


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ({"reason": " "}, {"reason_missing"}),
        ({"until": None}, {"last_day_missing"}),
        ({"until": NOW.date()}, {"last_day_out_of_range"}),
        ({"until": date(2030, 1, 1), "reason": ""}, {"reason_missing", "last_day_out_of_range"}),
    ],
)
def test_a_proposal_says_why_and_until_when(gym, onni, mikael, facts, codes):
    with pytest.raises(Refused) as refusal:
        propose(gym, onni, person=mikael, **facts)

    assert refusal.value.codes == codes
    assert not Sanction.objects.exists()


def test_owners_see_what_concerns_their_club_and_its_other_members_do_not(gym, onni, mikael):
    sari, stranger = create_user("Sari"), create_user("Vieno")
    club = create_organisation(mikael, name="Idän Sähly ry", role=Membership.Role.OWNER)
    Membership.objects.create(user=sari, organisation=club, role=Membership.Role.BOOKER)
    propose(gym, onni, organisation=club)

    assert sanctions.visible_to(mikael).exists()
    assert sanctions.visible_to(onni).exists()
    assert not sanctions.visible_to(sari).exists()
    assert not sanctions.visible_to(stranger).exists()


def test_who_is_banned_from_a_venue_does_not_move_there(gym, onni, mikael):
    elsewhere = create_space()
    booking = create_booking(
        elsewhere, LATER + timedelta(days=3), LATER + timedelta(days=3, hours=1), customer=mikael
    )
    season = create_series(elsewhere, first=(LATER + timedelta(days=5)).date(), customer=mikael)
    date = season.bookings.get().dates.first()
    ban(gym, onni, person=mikael)

    moves = [
        lambda: lifecycle.move(booking, Wish(gym, *stretch_of(booking.dates.get())), by=mikael, now=LATER),
        lambda: dates.move(
            date, space=gym, starts_at=date.starts_at, ends_at=date.ends_at, by=mikael, now=LATER
        ),
        lambda: series_changes.change(season, scope="all", what=Move(space=gym), by=mikael, now=LATER),
    ]
    for move in moves:
        with pytest.raises(Refused) as refusal:
            move()
        assert refusal.value.codes == {"banned"}


def stretch_of(date):
    return date.starts_at, date.ends_at
