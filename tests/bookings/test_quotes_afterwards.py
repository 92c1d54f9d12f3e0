"""What becomes of a price when its booking ends, moves, is being paid, reduced or swapped."""

from datetime import timedelta

import pytest
from django.utils import translation

from bookings import (
    dates,
    lifecycle,
    paying,
    quotes,
    reductions,
    series,
    signals,
    swaps,
)
from bookings.models import Booking, Occupancy, Status
from bookings.wishes import date_of
from tests.bookings.priced import (
    HOURLY,
    SATURDAY,
    WEEKEND,
    all_is_well,
    change_policy,
    codes,
    create_group,
    create_list,
    create_priced_space,
    kinds,
    move,
    owed,
    season,
    state,
)
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_space,
    create_user,
    hour,
    say_policy,
)
from tests.prices import create_cancellation

pytestmark = pytest.mark.django_db


@pytest.fixture
def sauna():
    """A space that is paid before use: 20,34 an hour at weekends, 10 on other days."""
    return create_priced_space(create_list({"cents": HOURLY, **WEEKEND}, {"cents": 1000}))


@pytest.fixture
def gym():
    """A space that is invoiced: 8 an hour for associations, 20 for others."""
    prices = create_list({"cents": 800, "price_group": create_group()}, {"cents": 2000})
    return create_priced_space(prices, payment="invoice")


@pytest.fixture
def onni(sauna):
    return create_manager(sauna.venue)


# --- What ends ------------------------------------------------------------------------------------


def test_who_was_declined_owes_nothing(sauna, onni):
    change_policy(sauna, approval="request")
    booking = create_booking(sauna)

    lifecycle.decline(booking, by=onni, reason="Remontti", now=NOW)

    assert kinds(booking) == [("time", 2 * HOURLY), ("taken_back", -2 * HOURLY)]
    assert all_is_well()


def test_what_was_not_paid_in_time_costs_nothing(sauna):
    booking = create_booking(sauna)

    lifecycle.expire(booking, now=booking.payment_due_at)

    assert (state(booking), owed(booking)) == (Status.EXPIRED, 0)
    assert all_is_well()


def test_whoever_cancels_before_paying_owes_nothing(sauna):
    change_policy(sauna, cancellation=create_cancellation())
    booking = create_booking(sauna)

    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    assert owed(booking) == 0


@pytest.mark.parametrize(
    ("hours_before", "kept", "sentence"),
    [
        (72, 0, "40,68"),
        (48, 0, "40,68"),
        (47, 2034, "20,34"),
        (23, 4068, "40,68"),
    ],
)
def test_the_later_it_is_cancelled_the_more_is_kept_as_was_said(sauna, hours_before, kept, sentence):
    terms = create_cancellation((48, 0), (24, 50))
    change_policy(sauna, cancellation=terms)
    aino = create_user("Aino")
    booking = create_booking(sauna, customer=aino)
    paying.pay(booking, now=NOW)
    now = hour("10:00") - timedelta(hours=hours_before)
    date = Occupancy.objects.select_related("booking__space__venue").get(booking=booking)

    with translation.override("fi"):
        (effect,) = dates.effects([date], by=aino, now=now)
    lifecycle.cancel(booking, by=aino, now=now)

    assert (effect.cost.kept_cents, effect.cost.freed_cents) == (kept, 2 * HOURLY - kept)
    assert sentence in effect.sentence
    assert owed(booking) == kept
    assert all_is_well()


def test_the_deadline_is_said_in_each_language(sauna):
    change_policy(sauna, cancellation=create_cancellation((48, 0)))
    aino = create_user("Aino")
    paying.pay(create_booking(sauna, customer=aino), now=NOW)
    date = Occupancy.objects.select_related("booking__space__venue").get()

    for language, amount in (("fi", "40,68"), ("sv", "40,68"), ("en", "€40.68")):
        with translation.override(language):
            (effect,) = dates.effects([date], by=aino, now=NOW)
        assert amount in effect.sentence
        assert effect.cost.until == hour("10:00", day=SATURDAY - timedelta(days=2))


def test_what_the_venue_calls_off_costs_nothing(sauna, onni):
    change_policy(sauna, cancellation=create_cancellation())
    booking = create_booking(sauna)
    paying.pay(booking, now=NOW)

    lifecycle.cancel(booking, by=onni, reason="Vesivahinko", now=NOW)

    assert kinds(booking) == [("time", 2 * HOURLY), ("taken_back", -2 * HOURLY)]


# --- What moves -----------------------------------------------------------------------------------


def test_before_it_is_paid_a_move_costs_what_it_costs_there(sauna):
    booking = create_booking(sauna)

    move(booking, "10:00", "13:00", by=booking.customer)
    assert owed(booking) == 3 * HOURLY

    move(booking, "10:00", "11:00", by=booking.customer)
    assert owed(booking) == HOURLY
    assert [line.gross_cents for line in quotes.lines_of(booking)] == [4068, -4068, 6102, -6102, 2034]


def test_what_is_paid_is_not_moved_to_what_is_dearer_and_what_is_cheaper_goes_back(sauna):
    booking = create_booking(sauna)
    paying.pay(booking, now=NOW)
    booking.refresh_from_db()

    assert codes(move, booking, "10:00", "13:00", by=booking.customer) == {"costs_more"}
    assert owed(booking) == 2 * HOURLY

    move(booking, "12:00", "13:00", by=booking.customer)
    assert owed(booking) == HOURLY


def test_a_managers_move_never_makes_it_dearer(sauna, onni):
    booking = create_booking(sauna)
    paying.pay(booking, now=NOW)
    booking.refresh_from_db()

    move(booking, "10:00", "13:00", by=onni)

    assert kinds(booking)[-2:] == [("time", 3 * HOURLY), ("reduction", -HOURLY)]
    assert quotes.lines_of(booking)[-1].reason
    assert owed(booking) == 2 * HOURLY
    assert all_is_well()


def test_a_change_of_price_is_announced_with_its_booking(sauna):
    booking = create_booking(sauna)
    told = []

    def hear(signal, booking, now, **kwargs):
        told.append((booking.pk, now))

    signals.price_changed.connect(hear)
    try:
        move(booking, "10:00", "11:00", by=booking.customer)
    finally:
        signals.price_changed.disconnect(hear)

    assert told == [(booking.pk, NOW)]


def test_a_booking_that_was_made_without_a_price_keeps_none():
    hall = create_space(payment="invoice")
    booking = create_booking(hall)
    say_policy(hall, payment="invoice", price_list=create_list({"cents": 1000}))

    move(Booking.objects.get(pk=booking.pk), "14:00", "16:00", by=booking.customer)

    assert kinds(booking) == []


def test_a_booking_that_becomes_free_waits_for_no_payment(sauna):
    free = create_priced_space(create_list({"unit": "free"}), venue=sauna.venue)
    booking = create_booking(sauna)

    move(booking, "10:00", "12:00", by=booking.customer, space=free)

    assert (state(booking), owed(booking)) == (Status.CONFIRMED, 0)


def test_a_closure_moves_and_cancels_for_no_more_than_before(sauna, onni):
    from bookings import impacts
    from bookings.changes import NewClosure
    from bookings.closures import WishedClosure
    from bookings.impacts import Fate

    dear = create_priced_space(create_list({"cents": 9000}), venue=sauna.venue)
    stays, goes = create_booking(sauna, "10:00", "12:00"), create_booking(sauna, "14:00", "16:00")
    for booking in (stays, goes):
        paying.pay(booking, now=NOW)
    wished = WishedClosure([sauna], hour("08:00"), hour("20:00"), reason={"reason_fi": "Remontti"})
    fates = {date_of(stays).pk: Fate.MOVE, date_of(goes).pk: Fate.CANCEL}

    impact = impacts.decide(NewClosure(wished), fates=fates, by=onni, now=NOW)
    assert impacts.carry_out(impact, now=impact.due_at)

    stays.refresh_from_db()
    assert stays.space == dear
    assert kinds(stays)[-2:] == [("time", 18000), ("reduction", -18000 + 2 * HOURLY)]
    assert (owed(stays), owed(goes)) == (2 * HOURLY, 0)
    assert all_is_well()


# --- While somebody pays --------------------------------------------------------------------------


def test_while_somebody_pays_it_stays_what_they_pay_for(sauna, onni):
    booking = create_booking(sauna)

    paying.keep_while_paid(booking, now=NOW)
    booking.refresh_from_db()

    assert codes(move, booking, "10:00", "11:00", by=booking.customer) == {"being_paid"}
    assert codes(reductions.reduce, booking, 100, "Valitus", by=onni, now=NOW) == {"being_paid"}
    assert codes(lifecycle.settle, booking, by=onni, now=NOW) == {"being_paid"}
    assert not lifecycle.expire(booking, now=booking.payment_due_at)

    paying.stop_paying(booking, now=NOW)
    assert lifecycle.expire(booking, now=booking.payment_due_at)


def test_who_pays_may_cancel_nevertheless(sauna):
    booking = create_booking(sauna)
    paying.keep_while_paid(booking, now=NOW)

    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    assert (state(booking), owed(booking)) == (Status.CANCELLED, 0)


def test_money_that_came_too_late_confirms_what_is_still_free(sauna):
    booking = create_booking(sauna)
    lifecycle.expire(booking, now=booking.payment_due_at)

    assert paying.confirm_late(booking, now=booking.payment_due_at)

    assert (state(booking), owed(booking)) == (Status.CONFIRMED, 2 * HOURLY)
    assert all_is_well()


def test_money_that_came_too_late_takes_nobodys_time(sauna):
    booking = create_booking(sauna)
    later = booking.payment_due_at
    lifecycle.expire(booking, now=later)
    create_booking(sauna, "11:00", "12:00", now=later)

    assert not paying.confirm_late(booking, now=later)

    assert (state(booking), owed(booking)) == (Status.EXPIRED, 0)
    assert not paying.confirm_late(booking, now=hour("10:00"))


# --- A manager's reduction ------------------------------------------------------------------------


def test_a_manager_reduces_the_price_with_a_reason(sauna, onni):
    booking = create_booking(sauna)

    reductions.reduce(booking, 1000, "Lämmitys oli rikki", by=onni, now=NOW)

    line = quotes.lines_of(booking)[-1]
    assert (line.kind, line.gross_cents, line.reason) == ("reduction", -1000, "Lämmitys oli rikki")
    assert owed(booking) == 3068
    assert all_is_well()


def test_a_reduction_needs_a_reason_and_is_never_more_than_is_owed(sauna, onni):
    booking = create_booking(sauna)

    assert codes(reductions.reduce, booking, 100, " ", by=onni, now=NOW) == {"reason_missing"}
    for cents in (0, -100, 4069):
        refusal = codes(reductions.reduce, booking, cents, "Valitus", by=onni, now=NOW)
        assert refusal == {"reduction_out_of_range"}
    assert owed(booking) == 2 * HOURLY


def test_what_is_reduced_to_nothing_is_confirmed(sauna, onni):
    booking = create_booking(sauna)

    reductions.reduce(booking, 2 * HOURLY, "Talkoot", by=onni, now=NOW)

    assert (state(booking), owed(booking)) == (Status.CONFIRMED, 0)


def test_each_date_of_a_season_bears_its_part_of_a_reduction(gym):
    mikael = create_user("Mikael")
    booked = series.book(season(gym, weeks=3), customer=mikael, now=NOW)
    (booking,) = booked.bookings

    reductions.reduce(booking, 1000, "Remontti", by=create_manager(gym.venue), now=NOW)

    taken = booking.price_lines.filter(kind="reduction").values_list("gross_cents", flat=True)
    assert sorted(taken) == [-334, -333, -333]
    assert owed(booking) == 11000


# --- Swaps ----------------------------------------------------------------------------------------


def test_two_who_swap_pay_each_for_what_they_get():
    prices = create_list({"cents": 2000, **WEEKEND}, {"cents": 1000})
    hall = create_priced_space(prices, payment="invoice")
    change_policy(hall, can_be_swapped=True)
    aino, sari = create_user("Aino"), create_user("Sari")
    friday = SATURDAY - timedelta(days=1)
    hers = create_booking(hall, customer=aino)
    theirs = create_booking(hall, hour("10:00", day=friday), hour("12:00", day=friday), customer=sari)

    swap = swaps.propose(date_of(hers), date_of(theirs), "", by=aino, now=NOW)
    swaps.agree(swap, by=sari, now=NOW)

    assert (owed(hers), owed(theirs)) == (2000, 4000)
    assert all_is_well()


def test_what_is_paid_is_not_swapped_for_what_is_dearer(sauna):
    change_policy(sauna, can_be_swapped=True)
    aino, sari = create_user("Aino"), create_user("Sari")
    friday = SATURDAY - timedelta(days=1)
    hers = create_booking(sauna, hour("10:00", day=friday), hour("12:00", day=friday), customer=aino)
    theirs = create_booking(sauna, customer=sari)
    same = create_booking(sauna, "14:00", "16:00", customer=aino)
    for booking in (hers, theirs, same):
        paying.pay(booking, now=NOW)

    swap = swaps.propose(date_of(hers), date_of(theirs), "", by=aino, now=NOW)
    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"other_side_cannot"}

    swaps.agree(swaps.propose(date_of(same), date_of(theirs), "", by=aino, now=NOW), by=sari, now=NOW)
    assert (owed(same), owed(theirs)) == (2 * HOURLY, 2 * HOURLY)
    assert all_is_well()
