"""What bookings cost: quoted before, and agreed with them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings import (
    invariants,
    ledger,
    lifecycle,
    quotes,
)
from bookings.models import Booking, PriceLine, Status
from bookings.wishes import Wish, date_of
from tests.bookings.priced import (
    HOURLY,
    SATURDAY,
    WEEKEND,
    add_version,
    codes,
    create_group,
    create_list,
    create_paying_club,
    create_priced_space,
    kinds,
    owed,
    season,
)
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_manager,
    create_space,
    create_user,
    hour,
)
from tests.sql import execute

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
