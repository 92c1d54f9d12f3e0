"""What bookings cost: quoted before, agreed with them, and changed whenever they change."""

from datetime import time, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.problems import Refused
from bookings import charges, dates, invariants, ledger, lifecycle, quotes, reductions, series, signals, swaps
from bookings.models import Booking, Occupancy, PriceLine, Status
from bookings.recurrence import SeriesWish
from bookings.series_changes import Move, change
from bookings.wishes import Wish, date_of
from tests.bookings.priced import (
    WEEKEND,
    add_version,
    change_policy,
    create_group,
    create_list,
    create_paying_club,
    create_priced_space,
)
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_closure,
    create_manager,
    create_space,
    create_user,
    hour,
    say_policy,
)
from tests.prices import create_cancellation
from tests.sql import execute

pytestmark = pytest.mark.django_db

SATURDAY = MONDAY + timedelta(days=5)
HOURLY = 2034  # cents


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


def kinds(booking: Booking) -> list[tuple[str, int]]:
    return [(line.kind, line.gross_cents) for line in quotes.lines_of(Booking.objects.get(pk=booking.pk))]


def owed(booking: Booking) -> int:
    return quotes.owed(booking)


def state(booking: Booking) -> str:
    return Booking.objects.get(pk=booking.pk).status


def move(booking: Booking, start: str, end: str, *, by, now=NOW, **where) -> Booking:
    wish = Wish(where.get("space", booking.space), hour(start), hour(end))
    return lifecycle.move(booking, wish, by=by, now=now)


def codes(act, *args, **kwargs) -> set[str]:
    with pytest.raises(Refused) as refusal, transaction.atomic():
        act(*args, **kwargs)
    return refusal.value.codes


def all_is_well() -> bool:
    return list(invariants.findings(now=NOW)) == []


def season(space, *, weeks: int = 4, **wish) -> SeriesWish:
    return SeriesWish(
        space=space,
        weekdays=[6],
        first_on=SATURDAY,
        last_on=SATURDAY + timedelta(weeks=weeks - 1),
        starts=time(10),
        ends=time(12),
        without_holidays=False,
        **wish,
    )


# --- Aino's Saturday ------------------------------------------------------------------------------


def test_aino_sees_what_saturday_costs_and_owes_just_that(sauna):
    aino = create_user("Aino")
    wish = Wish(sauna, hour("10:00"), hour("13:00"))

    quote = quotes.quote_for(wish, now=NOW)
    booking = lifecycle.book(wish, customer=aino, now=NOW)

    assert quote.gross_cents == owed(booking) == 3 * HOURLY
    assert booking.status == Status.AWAITING_PAYMENT
    (line,) = quotes.lines_of(booking)
    assert (line.kind, line.date, line.made_by) == ("time", date_of(booking), aino)
    assert (line.net_cents, line.vat_cents, line.gross_cents) == (5376, 726, 6102)
    assert (line.vat_percent, line.supplied_on) == (13.5, SATURDAY)
    assert (line.starts_at, line.ends_at) == (hour("10:00"), hour("13:00"))
    assert "3 h × 20,34" in line.text_fi
    assert "20,34" in line.text_sv
    assert "€20.34" in line.text_en
    assert quote.lines[0].text["fi"] == line.text_fi


def test_a_hold_owes_nothing_and_the_form_that_follows_does(sauna):
    aino = create_user("Aino")
    wish = Wish(sauna, hour("10:00"), hour("12:00"))

    held = lifecycle.hold(wish, customer=aino, now=NOW)
    assert owed(held) == 0

    booking = lifecycle.submit(held, wish, customer=aino, now=NOW)
    assert owed(booking) == 2 * HOURLY


def test_what_was_ordered_besides_is_part_of_it():
    prices = create_list({"cents": 1000}, add_ons=({"code": "piano", "cents": 1500},))
    hall = create_priced_space(prices)

    booking = create_booking(hall, add_ons=("piano",))

    assert booking.add_ons == ["piano"]
    assert kinds(booking) == [("time", 2000), ("add_on", 1500)]
    assert codes(create_booking, hall, "14:00", "15:00", add_ons=("organ",)) == {"add_on_unknown"}
    assert codes(create_booking, create_space(), add_ons=("piano",)) == {"add_on_unknown"}


def test_without_a_price_list_nothing_is_owed_and_a_person_settles(sauna):
    unpriced = create_space(payment="before")

    booking = create_booking(unpriced)

    assert quotes.quote_for(Wish(unpriced, hour("10:00"), hour("12:00")), now=NOW) is None
    assert (kinds(booking), booking.status) == ([], Status.AWAITING_PAYMENT)
    assert lifecycle.settle(booking, by=create_manager(unpriced.venue), now=NOW).status == Status.CONFIRMED


def test_what_is_free_of_charge_has_no_price_whatever_the_list_says():
    assert kinds(create_booking(create_priced_space(create_list({"cents": 1000}), payment="free"))) == []


def test_a_time_without_a_price_is_refused_and_never_free():
    hall = create_priced_space(create_list({"cents": 1000, "weekdays": [1, 2, 3, 4, 5]}))

    assert codes(create_booking, hall) == {"no_price"}
    assert not Booking.objects.exists()


def test_a_draft_is_nobodys_price():
    prices = create_list({"cents": 1000})
    add_version(prices, {"cents": 9900}, since=MONDAY, now=NOW + timedelta(days=1))

    assert owed(create_booking(create_priced_space(prices))) == 2000


def test_nobody_agrees_to_a_price_unseen(sauna):
    aino = create_user("Aino")
    seen = {"customer": aino, "seen_cents": 2 * HOURLY}

    add_version(sauna.price_list, {"cents": 3000}, since=MONDAY)

    assert codes(create_booking, sauna, **seen) == {"price_changed"}
    assert owed(create_booking(sauna, customer=aino, seen_cents=6000)) == 6000


def test_the_kind_of_use_is_asked_where_the_price_depends_on_it():
    from venues.models import Purpose

    sport = Purpose.objects.create(code="sport-x", name_fi="Liikunta")
    hall = create_priced_space(create_list({"cents": 500, "purpose": sport}))

    assert codes(create_booking, hall) == {"purpose_missing"}
    assert owed(create_booking(hall, main_purpose=sport)) == 1000


# --- Who pays nothing -----------------------------------------------------------------------------


def test_a_group_that_pays_nothing_goes_straight_to_confirmed():
    aino = create_user("Aino")
    club = create_paying_club(aino)
    row = {"unit": "free", "price_group": create_group()}
    hall = create_priced_space(create_list(row, {"cents": 2000}))

    booking = create_booking(hall, customer=aino, organisation=club)

    assert booking.status == Status.CONFIRMED
    assert kinds(booking) == [("time", 0)]
    assert create_booking(hall, "14:00", "16:00").status == Status.AWAITING_PAYMENT


def test_a_request_that_costs_nothing_is_confirmed_when_it_is_approved():
    aino = create_user("Aino")
    club = create_paying_club(aino)
    row = {"unit": "free", "price_group": create_group()}
    hall = create_priced_space(create_list(row, {"cents": 2000}), approval="request")
    onni = create_manager(hall.venue)

    theirs = create_booking(hall, customer=aino, organisation=club)
    others = create_booking(hall, "14:00", "16:00")

    assert lifecycle.approve(theirs, by=onni, now=NOW).status == Status.CONFIRMED
    assert lifecycle.approve(others, by=onni, now=NOW).status == Status.AWAITING_PAYMENT


def test_a_price_group_that_is_not_verified_for_the_day_counts_for_nothing(gym):
    aino = create_user("Aino")
    club = create_paying_club(aino)
    club.price_group_verified_until = SATURDAY - timedelta(days=1)
    club.save()

    assert owed(create_booking(gym, customer=aino, organisation=club)) == 4000


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
    lifecycle.pay(booking, now=NOW)
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
    lifecycle.pay(create_booking(sauna, customer=aino), now=NOW)
    date = Occupancy.objects.select_related("booking__space__venue").get()

    for language, amount in (("fi", "40,68"), ("sv", "40,68"), ("en", "€40.68")):
        with translation.override(language):
            (effect,) = dates.effects([date], by=aino, now=NOW)
        assert amount in effect.sentence
        assert effect.cost.until == hour("10:00", day=SATURDAY - timedelta(days=2))


def test_what_the_venue_calls_off_costs_nothing(sauna, onni):
    change_policy(sauna, cancellation=create_cancellation())
    booking = create_booking(sauna)
    lifecycle.pay(booking, now=NOW)

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
    lifecycle.pay(booking, now=NOW)
    booking.refresh_from_db()

    assert codes(move, booking, "10:00", "13:00", by=booking.customer) == {"costs_more"}
    assert owed(booking) == 2 * HOURLY

    move(booking, "12:00", "13:00", by=booking.customer)
    assert owed(booking) == HOURLY


def test_a_managers_move_never_makes_it_dearer(sauna, onni):
    booking = create_booking(sauna)
    lifecycle.pay(booking, now=NOW)
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
        lifecycle.pay(booking, now=NOW)
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

    lifecycle.keep_while_paid(booking, now=NOW)
    booking.refresh_from_db()

    assert codes(move, booking, "10:00", "11:00", by=booking.customer) == {"being_paid"}
    assert codes(reductions.reduce, booking, 100, "Valitus", by=onni, now=NOW) == {"being_paid"}
    assert codes(lifecycle.settle, booking, by=onni, now=NOW) == {"being_paid"}
    assert not lifecycle.expire(booking, now=booking.payment_due_at)

    lifecycle.stop_paying(booking, now=NOW)
    assert lifecycle.expire(booking, now=booking.payment_due_at)


def test_who_pays_may_cancel_nevertheless(sauna):
    booking = create_booking(sauna)
    lifecycle.keep_while_paid(booking, now=NOW)

    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    assert (state(booking), owed(booking)) == (Status.CANCELLED, 0)


def test_money_that_came_too_late_confirms_what_is_still_free(sauna):
    booking = create_booking(sauna)
    lifecycle.expire(booking, now=booking.payment_due_at)

    assert lifecycle.confirm_late(booking, now=booking.payment_due_at)

    assert (state(booking), owed(booking)) == (Status.CONFIRMED, 2 * HOURLY)
    assert all_is_well()


def test_money_that_came_too_late_takes_nobodys_time(sauna):
    booking = create_booking(sauna)
    later = booking.payment_due_at
    lifecycle.expire(booking, now=later)
    create_booking(sauna, "11:00", "12:00", now=later)

    assert not lifecycle.confirm_late(booking, now=later)

    assert (state(booking), owed(booking)) == (Status.EXPIRED, 0)
    assert not lifecycle.confirm_late(booking, now=hour("10:00"))


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


# --- Mikael's season ------------------------------------------------------------------------------


def test_mikael_sees_what_the_season_costs_and_owes_it_date_by_date(gym):
    mikael = create_user("Mikael")
    asked = season(gym, organisation=create_paying_club(mikael))

    seen = ledger.ledger(asked, customer=mikael, now=NOW)
    booked = series.book(asked, customer=mikael, now=NOW, seen_cents=seen.price.gross_cents)

    assert [row.price.gross_cents for row in seen.rows] == [1600] * 4
    assert seen.price.gross_cents == 6400
    assert [charges.owed_for(date) for date in booked.made] == [1600] * 4
    assert booked.bookings[0].status == Status.CONFIRMED
    assert all_is_well()


def test_the_ledger_counts_only_what_could_be_booked(gym):
    create_closure(gym, hour("08:00"), hour("20:00"))

    seen = ledger.ledger(season(gym), customer=create_user(), now=NOW)

    assert (seen.free, seen.price.gross_cents) == (3, 12000)


def test_dates_without_a_price_are_missed_with_the_reason():
    hall = create_priced_space(
        create_list({"cents": 1000, "season_from": 101, "season_until": 210}), payment="invoice"
    )

    booked = series.book(season(hall, weeks=2), customer=create_user(), now=NOW)

    assert len(booked.made) == 1
    (problem,) = booked.missed[0].problems
    assert problem["code"] == "no_price"


def test_a_season_is_not_booked_for_another_price_than_was_seen(gym):
    assert codes(series.book, season(gym), customer=create_user(), now=NOW, seen_cents=1) == {"price_changed"}


def test_in_mid_season_the_price_changes_on_its_day_and_bookings_keep_theirs(gym):
    mikael = create_user("Mikael")
    third = SATURDAY + timedelta(weeks=2)
    add_version(gym.price_list, {"cents": 3000}, since=third)

    booked = series.book(season(gym), customer=mikael, now=NOW)
    later = NOW + timedelta(hours=1)
    add_version(gym.price_list, {"cents": 9900}, since=third + timedelta(days=1), now=later)

    assert [charges.owed_for(date) for date in booked.made] == [4000, 4000, 6000, 6000]
    rows = ledger.ledger(season(gym), customer=mikael, now=later).rows
    assert [row.price.gross_cents for row in rows if row.price] == [4000, 4000, 6000, 19800]


def test_one_date_given_back_on_time_costs_nothing_and_late_its_part(gym):
    terms = create_cancellation((72, 0), after=50)
    change_policy(gym, cancellation=terms)
    mikael = create_user("Mikael")
    booked = series.book(season(gym), customer=mikael, now=NOW)
    (booking,) = booked.bookings

    dates.release(booked.made[1:2], by=mikael, now=NOW)
    dates.release(booked.made[:1], by=mikael, now=hour("20:00", day=SATURDAY - timedelta(days=1)))

    assert [charges.owed_for(date) for date in booked.made] == [2000, 0, 4000, 4000]
    assert owed(booking) == 10000
    assert all_is_well()


def test_a_date_that_is_taken_again_costs_its_price_again(gym):
    mikael = create_user("Mikael")
    booked = series.book(season(gym), customer=mikael, now=NOW)
    dates.release(booked.made[:1], by=mikael, now=NOW)

    dates.take_again(Occupancy.objects.get(pk=booked.made[0].pk), by=mikael, now=NOW)

    assert charges.owed_for(booked.made[0]) == 4000


def test_what_was_paid_and_went_back_is_booked_anew(sauna):
    aino = create_user("Aino")
    booked = series.book(season(sauna, weeks=2), customer=aino, now=NOW)
    lifecycle.pay(booked.bookings[0], now=NOW)
    dates.release(booked.made[:1], by=aino, now=NOW)

    given_back = Occupancy.objects.get(pk=booked.made[0].pk)
    assert codes(dates.take_again, given_back, by=aino, now=NOW) == {"paid_back"}


def test_a_date_that_moves_alone_to_another_space_is_charged_there(gym):
    other = create_priced_space(create_list({"cents": 500}), payment="invoice", venue=gym.venue)
    mikael = create_user("Mikael")
    booked = series.book(season(gym), customer=mikael, now=NOW)
    start, end = hour("10:00"), hour("12:00")

    date = Occupancy.objects.get(pk=booked.made[0].pk)
    moved = dates.move(date, space=other, starts_at=start, ends_at=end, by=mikael, now=NOW)

    assert owed(booked.bookings[0]) == 12000
    assert owed(moved.booking) == 1000
    assert all_is_well()


def test_what_was_paid_for_a_date_stays_with_the_booking_that_paid(sauna):
    other = create_priced_space(create_list({"cents": 500}), venue=sauna.venue)
    aino = create_user("Aino")
    booked = series.book(season(sauna, weeks=2), customer=aino, now=NOW)
    (paid,) = booked.bookings
    lifecycle.pay(paid, now=NOW)

    date = Occupancy.objects.get(pk=booked.made[0].pk)
    moved = dates.move(date, space=other, starts_at=hour("10:00"), ends_at=hour("12:00"), by=aino, now=NOW)
    assert moved.booking != paid
    assert (owed(paid), owed(moved.booking)) == (2 * HOURLY + 1000, 0)

    lifecycle.cancel(moved.booking, by=aino, now=NOW)
    assert owed(paid) == 2 * HOURLY
    assert all_is_well()


def test_a_season_that_moves_costs_what_it_costs_then(gym):
    mikael = create_user("Mikael")
    booked = series.book(season(gym), customer=mikael, now=NOW)

    change(
        booked.series,
        scope="later",
        since=booked.made[2],
        what=Move(ends=time(11)),
        by=mikael,
        now=NOW,
    )

    assert [charges.owed_for(date) for date in booked.made] == [4000, 4000, 2000, 2000]


def test_a_missed_date_that_is_taken_after_all_is_charged(gym):
    mikael = create_user("Mikael")
    create_closure(gym, hour("08:00"), hour("20:00"))
    booked = series.book(season(gym), customer=mikael, now=NOW)
    (missed,) = booked.missed
    later = {"starts_at": hour("20:00"), "ends_at": hour("21:00")}

    date = series.take_missed(missed, space=gym, by=mikael, now=NOW, **later)

    assert charges.owed_for(date) == 2000
    assert owed(booked.bookings[0]) == 14000


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
        lifecycle.pay(booking, now=NOW)

    swap = swaps.propose(date_of(hers), date_of(theirs), "", by=aino, now=NOW)
    assert codes(swaps.agree, swap, by=sari, now=NOW) == {"other_side_cannot"}

    swaps.agree(swaps.propose(date_of(same), date_of(theirs), "", by=aino, now=NOW), by=sari, now=NOW)
    assert (owed(same), owed(theirs)) == (2 * HOURLY, 2 * HOURLY)
    assert all_is_well()


# --- So many statements ---------------------------------------------------------------------------


def statements(act) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        act()
    return len(asked)


def test_quotes_take_as_many_statements_for_one_date_as_for_sixty(gym, sauna):
    club = create_paying_club(create_user())

    def quote(weeks: int) -> list:
        return quotes.quotes_for(
            [
                Wish(space, start, start + timedelta(hours=2), organisation=club)
                for week in range(weeks)
                for space in (gym, sauna)
                for start in [hour("10:00") + timedelta(weeks=week)]
            ],
            now=NOW,
        )

    quote(1)
    few, many = statements(lambda: quote(1)), statements(lambda: quote(30))

    assert few == many <= 6


def test_a_ledger_takes_as_many_statements_for_four_dates_as_for_sixteen(gym):
    mikael = create_user()

    def look(weeks: int) -> ledger.Ledger:
        return ledger.ledger(season(gym, weeks=weeks), customer=mikael, now=NOW)

    look(1)
    assert statements(lambda: look(4)) == statements(lambda: look(16))


def test_without_prices_quotes_ask_nothing(django_assert_num_queries):
    wish = Wish(create_space(), hour("10:00"), hour("12:00"))

    with django_assert_num_queries(0):
        assert quotes.quotes_for([wish, wish], now=NOW) == [None, None]


# --- What nobody can do ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        "update bookings_priceline set gross_cents = 0, net_cents = 0, vat_cents = 0",
        "update bookings_priceline set text_fi = 'muuta'",
        "delete from bookings_priceline",
        "delete from bookings_booking",
    ],
)
def test_no_line_is_edited_by_whoever_writes(sauna, damage):
    create_booking(sauna)

    execute("set constraints all immediate")
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(damage)

    assert PriceLine.objects.owed() == 2 * HOURLY


def test_damage_is_named(sauna):
    booking, other = create_booking(sauna), create_booking(sauna, "14:00", "16:00")
    line = quotes.lines_of(booking)[0]
    copy = {
        each.name: getattr(line, each.name)
        for each in PriceLine._meta.concrete_fields
        if each.name not in {"id", "booking", "kind", "net_cents", "vat_cents", "gross_cents"}
    }
    amounts = {"net_cents": -9000, "vat_cents": -1000, "gross_cents": -10000}
    PriceLine.objects.create(booking=booking, kind="taken_back", **amounts, **copy)
    PriceLine.objects.create(booking=other, kind="time", net_cents=100, vat_cents=0, gross_cents=100, **copy)
    Booking.objects.filter(pk=other.pk).update(status=Status.EXPIRED)

    found = " ".join(invariants.findings(now=NOW))

    assert f"Date {line.date_id} of booking {booking.pk} comes to less than nothing" in found
    assert f"Booking {other.pk} is expired, but" in found
    assert f"Date {line.date_id} is charged to several bookings" in found
