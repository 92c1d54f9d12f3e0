"""A change is shown before it is made, decided, and then undone as if it had never been, or carried out."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.problems import Refused
from accounts.versions import ChangedMeanwhile
from bookings import closures, impacts, lifecycle, occupancies
from bookings.changes import NewClosure
from bookings.closed_times import WishedClosure
from bookings.impacts import Fate
from bookings.models import Booking, Closure, Impact, Occupancy, Status
from bookings.wishes import date_of, wish_of
from tests.bookings.changing import DUE, closing, everything, place, status, told
from tests.factories import NOW, create_booking, create_gym, create_space, create_user, hour, say_policy
from venues.models import Purpose, Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]


# --- A closure ------------------------------------------------------------------------------------


def test_a_preview_names_who_is_hit_and_changes_nothing(hall, onni):
    inside = create_booking(hall, "10:00", "12:00")
    create_booking(hall, "20:00", "22:00")
    before = everything()

    found = impacts.preview(closing(hall), by=onni, now=NOW)

    assert [hit.date.booking for hit in found.hits] == [inside]
    assert found.total == 1
    assert "Remontti" in str(found.hits[0].problems[0].message)
    assert everything() == before


def test_what_hits_nobody_is_simply_made(hall, onni):
    assert impacts.decide(closing(hall), fates=Fate.KEEP, by=onni, now=NOW) is None

    assert Closure.objects.in_force().count() == 1
    assert not Impact.objects.exists()


def test_until_it_is_due_nothing_happens_to_a_booking_and_then_it_is_cancelled_with_one_mail(hall, onni):
    anna = create_user("Anna", language="sv")
    booking = create_booking(hall, customer=anna)

    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

    assert not impacts.carry_out(impact, now=DUE - timedelta(seconds=1))
    assert (status(booking), told()) == (Status.CONFIRMED, Counter())
    assert impacts.carry_out(impact, now=DUE)
    assert not impacts.carry_out(impact, now=DUE)
    booking.refresh_from_db()
    assert (booking.status, booking.reason, booking.cancelled_by) == (Status.CANCELLED, "Renovering", onni)
    assert told() == Counter([(booking.pk, "cancelled")])
    assert impact.hits.get().is_carried_out
    assert {date.closure for date in Occupancy.objects.holding()} == {impact.closure}


def test_a_kept_booking_makes_a_hole_and_is_told_nothing(hall, onni):
    booking = create_booking(hall)

    impact = impacts.decide(closing(hall), fates=Fate.KEEP, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert (status(booking), told()) == (Status.CONFIRMED, Counter())
    assert Occupancy.objects.filter(closure=impact.closure).count() == 2


def test_everything_can_be_undone_as_long_as_it_is_not_due(hall, onni):
    booking = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

    impacts.undo(impact, by=onni, now=DUE - timedelta(seconds=1))

    assert not impacts.carry_out(impact, now=DUE)
    assert (status(booking), told()) == (Status.CONFIRMED, Counter())
    assert not Closure.objects.in_force().exists()
    create_booking(hall, "12:00", "14:00")


@pytest.mark.parametrize("once_it_is", ["due", "carried out", "undone"])
def test_it_is_too_late_to_undo(hall, onni, once_it_is):
    create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)
    if once_it_is == "carried out":
        impacts.carry_out(impact, now=DUE)
    if once_it_is == "undone":
        impacts.undo(impact, by=onni, now=NOW)

    for too_late in (impacts.undo, impacts.let_be):
        with pytest.raises(Refused) as refusal:
            too_late(impact, by=onni, now=NOW if once_it_is == "undone" else DUE)
        assert refusal.value.codes == {"too_late"}


def test_bookings_may_be_spared_while_the_closure_stays(hall, onni):
    booking, moving = create_booking(hall), create_booking(hall, "13:00", "15:00")
    fates = {date_of(booking).pk: Fate.CANCEL, date_of(moving).pk: Fate.MOVE}
    impact = impacts.decide(closing(hall), fates=fates, by=onni, now=NOW)
    assert Occupancy.objects.filter(hit__impact=impact).count() == 1

    impacts.let_be(impact, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert [status(each) for each in (booking, moving)] == [Status.CONFIRMED] * 2
    assert told() == Counter()
    assert Closure.objects.in_force().exists()


def test_a_closure_that_was_lifted_meanwhile_costs_nobody_a_booking(hall, onni):
    booking = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW)

    closures.lift(impact.closure, by=onni, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        impacts.undo(impact, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert (status(booking), told()) == (Status.CONFIRMED, Counter())


def test_the_fate_of_each_date_can_be_said_and_others_follow_the_rest(hall, onni):
    bookings = [create_booking(hall, f"{clock:02}:00", f"{clock + 1:02}:00") for clock in (9, 11, 13)]
    fates = {date_of(bookings[0]).pk: Fate.CANCEL, date_of(bookings[1]).pk: Fate.MOVE}

    impact = impacts.decide(closing(hall), fates=fates, others=Fate.KEEP, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert [status(each) for each in bookings] == [Status.CANCELLED, Status.CONFIRMED, Status.CONFIRMED]
    assert told() == Counter([(bookings[0].pk, "cancelled"), (bookings[1].pk, "moved")])
    assert place(bookings[2])[1] == hour("13:00")


def test_whoever_books_between_preview_and_decision_is_not_decided_about_unseen(hall, onni):
    create_booking(hall)
    seen = impacts.preview(closing(hall), by=onni, now=NOW).version
    create_booking(hall, "13:00", "14:00")

    with pytest.raises(ChangedMeanwhile):
        impacts.decide(closing(hall), fates=Fate.CANCEL, by=onni, now=NOW, seen=seen)

    assert not Closure.objects.exists()


def test_what_has_begun_is_kept_whatever_is_decided(hall, onni):
    running = create_booking(hall, "10:00", "12:00")
    later = create_booking(hall, "13:00", "14:00")
    now = hour("11:00")

    (first, second) = impacts.preview(closing(hall, start="11:00"), by=onni, now=now).hits
    impact = impacts.decide(closing(hall, start="11:00"), fates=Fate.CANCEL, by=onni, now=now)
    impacts.carry_out(impact, now=now + settings.GRACE)

    assert (first.has_begun, second.has_begun) == (True, False)
    assert [status(each) for each in (running, later)] == [Status.CONFIRMED, Status.CANCELLED]


def test_nobody_begins_before_what_was_decided_has_come_true(hall, onni):
    soon = create_booking(hall, "10:00", "12:00")
    now = hour("09:55")

    impact = impacts.decide(closing(hall, start="10:00"), fates=Fate.CANCEL, by=onni, now=now)

    assert impact.due_at == hour("10:00")
    assert impacts.carry_out(impact, now=hour("10:00"))
    assert status(soon) == Status.CANCELLED


def test_a_kept_booking_that_begins_soon_leaves_the_grace_time_whole(hall, onni):
    create_booking(hall, "10:00", "12:00")
    now = hour("09:55")

    impact = impacts.decide(closing(hall, start="10:00"), fates=Fate.KEEP, by=onni, now=now)

    assert impact.due_at == now + settings.GRACE


# --- Moving ---------------------------------------------------------------------------------------


def test_a_date_moves_to_another_space_of_the_venue_at_its_time_and_back_if_undone(hall, onni):
    other = create_space(venue=hall.venue, name_fi="Pikkusali")
    booking = create_booking(hall)

    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)

    assert place(booking)[0] == hall
    assert Occupancy.objects.get(hit__impact=impact).space == other
    with pytest.raises(Refused):
        create_booking(other)
    impacts.undo(impact, by=onni, now=NOW)
    create_booking(other)


def test_a_date_that_was_moved_is_told_once_and_its_booking_names_the_new_space(hall, onni):
    other = create_space(venue=hall.venue, name_fi="Pikkusali")
    booking = create_booking(hall)
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)

    impacts.carry_out(impact, now=DUE)

    booking.refresh_from_db()
    assert booking.space == other
    assert place(booking) == (other, hour("10:00"), hour("12:00"))
    assert Occupancy.objects.get(booking=booking).original_starts_at == hour("10:00")
    assert told() == Counter([(booking.pk, "moved")])


def test_a_date_moves_to_the_nearest_time_where_no_other_space_is_free(hall, onni):
    booking = create_booking(hall, "10:00", "12:00")

    impact = impacts.decide(closing(hall, start="08:00", end="13:00"), fates=Fate.MOVE, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert place(booking) == (hall, hour("13:00"), hour("15:00"))


def test_two_dates_never_get_the_same_place(hall, onni):
    _whole, a, _b, _rest = create_gym(venue=hall.venue, setup_minutes=0, cleanup_minutes=30)
    hits = [create_booking(a, f"{clock}:00", f"{clock}:30") for clock in (10, 11, 12)]
    hits += [create_booking(hall, f"{clock}:00", f"{clock}:30") for clock in (10, 11, 12)]

    impact = impacts.decide(closing(hall, a, start="09:00", end="14:00"), fates=Fate.MOVE, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert told() == Counter((booking.pk, "moved") for booking in hits)
    assert len({place(booking)[:2] for booking in hits}) == 6


@pytest.mark.parametrize(("unmovable", "expected"), [(Fate.KEEP, "confirmed"), (Fate.CANCEL, "cancelled")])
def test_what_cannot_be_moved_gets_the_other_fate(onni, hall, unmovable, expected):
    say_policy(hall, ahead_days=6, max_minutes=24 * 60)
    whole_day = create_booking(hall, "00:00", "23:00")
    closure = NewClosure(
        WishedClosure([hall], NOW, NOW + timedelta(days=20), reason={"reason_fi": "Remontti"})
    )

    impact = impacts.decide(closure, fates=Fate.MOVE, unmovable=unmovable, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert status(whole_day) == expected


def test_nobody_is_moved_into_a_venue_that_others_look_after_but_it_is_offered(hall, onni):
    purpose = Purpose.objects.create(code="sports", name_fi="Liikunta")
    elsewhere = create_space(name_fi="Naapurin sali")
    for space in (hall, elsewhere):
        space.purposes.add(purpose)
    booking = create_booking(hall)

    (hit,) = impacts.preview(closing(hall), by=onni, now=NOW).hits
    impact = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert elsewhere in {alternative.space for alternative in hit.alternatives}
    assert place(booking)[0] == hall


def test_city_staff_move_to_the_nearest_other_venue(hall):
    purpose = Purpose.objects.create(code="sports", name_fi="Liikunta")
    elsewhere = create_space(name_fi="Naapurin sali")
    for space in (hall, elsewhere):
        space.purposes.add(purpose)
    booking = create_booking(hall)
    whole_month = NewClosure(
        WishedClosure([hall], NOW, NOW + timedelta(days=30), reason={"reason_fi": "Remontti"})
    )

    impact = impacts.decide(whole_month, fates=Fate.MOVE, by=create_user("Stina", is_staff=True), now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert place(booking) == (elsewhere, hour("10:00"), hour("12:00"))


# --- What customers do meanwhile ------------------------------------------------------------------


@pytest.mark.parametrize("fate", [Fate.CANCEL, Fate.MOVE])
def test_a_customer_who_cancels_meanwhile_is_told_nothing_more(hall, onni, fate):
    create_space(venue=hall.venue)
    aino = create_user()
    booking = create_booking(hall, customer=aino)
    impact = impacts.decide(closing(hall), fates=fate, by=onni, now=NOW)

    lifecycle.cancel(booking, by=aino, now=NOW)
    impacts.carry_out(impact, now=DUE)

    booking.refresh_from_db()
    assert (booking.status, booking.cancelled_by, booking.reason) == (Status.CANCELLED, aino, "")
    assert told() == Counter()
    assert not impact.hits.get().is_carried_out


@pytest.mark.parametrize("fate", [Fate.CANCEL, Fate.MOVE])
def test_a_customer_who_moves_meanwhile_stays_where_she_went(hall, onni, fate):
    create_space(venue=hall.venue)
    aino = create_user()
    booking = create_booking(hall, customer=aino)
    impact = impacts.decide(closing(hall), fates=fate, by=onni, now=NOW)

    there = replace(wish_of(booking), starts_at=hour("20:00"), ends_at=hour("22:00"))
    lifecycle.move(booking, there, by=aino, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert place(booking) == (hall, hour("20:00"), hour("22:00"))
    assert (status(booking), told()) == (Status.CONFIRMED, Counter())
    assert not Occupancy.objects.exclude(hit=None).exists()


def test_overlapping_closures_with_other_fates_each_do_what_was_decided(hall, onni):
    kept_by_one, kept_by_both = create_booking(hall, "10:00", "12:00"), create_booking(hall, "13:00", "14:00")
    first = impacts.decide(closing(hall), fates=Fate.KEEP, by=onni, now=NOW)
    fates = {date_of(kept_by_one).pk: Fate.CANCEL}
    second = impacts.decide(closing(hall, start="09:00", end="18:00"), fates=fates, by=onni, now=NOW)

    impacts.carry_out(first, now=DUE)
    impacts.carry_out(second, now=DUE)

    assert [status(each) for each in (kept_by_one, kept_by_both)] == [Status.CANCELLED, Status.CONFIRMED]
    assert told() == Counter([(kept_by_one.pk, "cancelled")])
    closures.lift(second.closure, by=onni, now=DUE)


@pytest.mark.parametrize("fate", [Fate.KEEP, Fate.CANCEL, Fate.MOVE])
def test_a_date_that_is_about_to_move_is_hit_where_it_will_be(hall, onni, fate):
    other, third = (create_space(venue=hall.venue) for _ in range(2))
    booking = create_booking(hall)
    first = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)

    (hit,) = impacts.preview(closing(other), by=onni, now=NOW).hits
    second = impacts.decide(closing(other), fates=fate, by=onni, now=NOW)
    impacts.carry_out(first, now=DUE)
    impacts.carry_out(second, now=DUE)

    assert (hit.date.booking, hit.date.space) == (booking, other)
    assert hit.alternatives[0].space == third
    assert status(booking) == ("cancelled" if fate == Fate.CANCEL else "confirmed")
    assert place(booking)[0] == (third if fate == Fate.MOVE else other)


def test_a_promised_place_is_closed_by_the_closure_around_it_when_it_is_given_back(hall, onni):
    other = create_space(venue=hall.venue)
    booking = create_booking(hall)
    first = impacts.decide(closing(hall), fates=Fate.MOVE, by=onni, now=NOW)
    second = impacts.decide(closing(other), fates=Fate.CANCEL, by=onni, now=NOW)

    impacts.undo(first, by=onni, now=NOW)
    impacts.carry_out(second, now=DUE)

    assert (status(booking), place(booking)[0]) == (Status.CONFIRMED, hall)
    with pytest.raises(Refused):
        create_booking(other)


def test_two_closures_cancel_a_booking_once(hall, onni):
    booking = create_booking(hall)
    both = [
        impacts.decide(closing(hall, end=end), fates=Fate.CANCEL, by=onni, now=NOW)
        for end in ("19:00", "20:00")
    ]

    for impact in both:
        impacts.carry_out(impact, now=DUE)

    assert told() == Counter([(booking.pk, "cancelled")])


# --- Many at once ---------------------------------------------------------------------------------


def book_many(space: Space, count: int) -> list[Booking]:
    """Book an hour of the space every two hours, for one customer after the other."""
    people = [create_user() for _ in range(3)]
    bookings = Booking.objects.bulk_create(
        Booking(space=space, customer=people[number % 3], status=Status.CONFIRMED, created_at=NOW)
        for number in range(count)
    )
    Occupancy.objects.bulk_create(
        Occupancy(
            booking=booking,
            booking_is_live=True,
            original_starts_at=start,
            **occupancies.place(space, start, start + timedelta(hours=1)),
        )
        for number, booking in enumerate(bookings)
        for start in [hour("00:00") + timedelta(hours=2 * number)]
    )
    return bookings


def a_month(*spaces: Space) -> NewClosure:
    return NewClosure(
        WishedClosure(
            spaces, hour("00:00"), hour("00:00") + timedelta(days=31), reason={"reason_fi": "Remontti"}
        )
    )


@contextmanager
def counting(statements: dict[str, int], name: str) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    statements[name] = len(captured)


def test_three_and_three_hundred_take_as_many_statements(hall, onni):
    """The look, the decision, its undoing; and one more for each who is told when it comes true."""
    create_space(venue=hall.venue)
    few, many = {}, {}
    for number, statements in [(3, few), (300, many)]:
        bookings = book_many(hall, number)
        for fate in (Fate.MOVE, Fate.CANCEL):
            with counting(statements, f"{fate}: preview"):
                impacts.preview(a_month(hall), by=onni, now=NOW, limit=300)
            with counting(statements, f"{fate}: decide"):
                impact = impacts.decide(a_month(hall), fates=fate, by=onni, now=NOW)
            assert impact.hits.filter(fate=fate).count() == number
            with counting(statements, f"{fate}: undo"):
                impacts.undo(impact, by=onni, now=NOW)
        impact = impacts.decide(a_month(hall), fates=Fate.CANCEL, by=onni, now=NOW)
        with counting(statements, "carry out"):
            impacts.carry_out(impact, now=DUE)
        statements["carry out"] -= number
        assert sum(told()[booking.pk, "cancelled"] for booking in bookings) == number
        closures.lift(impact.closure, by=onni, now=NOW)

    assert few == many


def test_a_page_of_a_preview_is_a_part_of_all_hits_in_order(hall, onni):
    bookings = book_many(hall, 7)

    found = impacts.preview(a_month(hall), by=onni, now=NOW, limit=3, offset=3)

    assert [hit.date.booking for hit in found.hits] == bookings[3:6]
    assert found.total == 7
