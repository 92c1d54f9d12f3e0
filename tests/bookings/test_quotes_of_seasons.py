"""What a season costs, date by date, and what becomes of that."""

from datetime import time, timedelta

import pytest

from bookings import (
    charges,
    dates,
    ledger,
    lifecycle,
    paying,
    series,
)
from bookings.models import Occupancy, Status
from bookings.series_changes import Move, change
from tests.bookings.priced import (
    HOURLY,
    SATURDAY,
    WEEKEND,
    add_version,
    all_is_well,
    change_policy,
    codes,
    create_group,
    create_list,
    create_paying_club,
    create_priced_space,
    owed,
    season,
)
from tests.factories import (
    NOW,
    create_closure,
    create_manager,
    create_user,
    hour,
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
    paying.pay(booked.bookings[0], now=NOW)
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
    paying.pay(paid, now=NOW)

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
