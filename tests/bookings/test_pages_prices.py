"""What pages show of prices: before anybody decides, and the same that is stored then."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookings import quotes
from bookings.models import Booking, PriceLine, Status
from tests.bookings.pages import period, pressed, signed_in, words
from tests.bookings.priced import (
    WEEKEND,
    add_version,
    change_policy,
    create_group,
    create_list,
    create_paying_club,
    create_priced_space,
)
from tests.bookings.season_pages import TUESDAY, book, look, turns
from tests.factories import (
    MONDAY,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    hour,
)
from tests.prices import create_cancellation
from venues.models import Purpose, Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

SATURDAY = MONDAY + timedelta(days=5)
HOURLY = 2034  # cents
ANSWERS = {"purpose": "Syntymäpäivät", "attendees": "12"}


@pytest.fixture
def aino():
    return create_user("Aino Virtanen", email="aino@example.org")


@pytest.fixture
def ainos(aino) -> Client:
    return signed_in(aino)


@pytest.fixture
def prices():
    """Cleaning costs 40; an hour 20,34 at weekends and 10 on other days."""
    found = create_list()
    cleaning = {"code": "cleaning", "name_en": "Final cleaning", "cents": 4000}
    rows = {"cents": HOURLY, **WEEKEND}, {"cents": 1000}
    add_version(found, *rows, since=date(2026, 2, 1), add_ons=(cleaning,))
    return found


@pytest.fixture
def room(prices) -> Space:
    """A room that is paid before use."""
    return create_priced_space(prices, name_fi="Kerhohuone")


def statements(act) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def form_of(held: Booking) -> str:
    return reverse("bookings:form", args=[held.pk])


def page(client: Client, name: str, *args, **asked) -> str:
    answer = client.get(reverse(f"bookings:{name}", args=args), asked)
    assert answer.status_code == 200
    return words(answer)


# --- Search ---------------------------------------------------------------------------------------


def found(client: Client, **asked):
    month = {"when": "month", "month": "2027-02"}
    return client.get(reverse("bookings:search"), {"what": "", "length": "180", **month} | asked)


def test_search_says_what_the_first_free_time_costs(ainos, room):
    create_space(name_fi="Ilmainen sali", payment="free")

    said = words(found(ainos, length="180"))

    assert "€30.00 · 3 h" in said  # today, Monday, already from 9 on
    assert "Free of charge" in said


def test_search_says_the_price_of_the_organisation_that_is_asked_for(aino, ainos):
    create_priced_space(create_list({"cents": 800, "price_group": create_group()}, {"cents": 2000}))
    club = create_paying_club(aino)

    assert "€24.00 · 3 h" in words(found(ainos, organisation=club.pk))
    assert "€60.00 · 3 h" in words(found(ainos, organisation=""))


def test_search_asks_as_many_statements_for_many_spaces_with_prices_as_for_two(ainos, aino, prices):
    def spaces(count: int) -> None:
        for _ in range(count):
            create_priced_space(prices)
            create_priced_space(create_list({"cents": HOURLY}))

    club = create_paying_club(aino)
    spaces(1)
    found(ainos)  # what is kept for all pages is read
    few = statements(lambda: found(ainos, organisation=club.pk))

    spaces(8)

    assert statements(lambda: found(ainos, organisation=club.pk)) == few


# --- The page of a space --------------------------------------------------------------------------


def test_the_space_says_what_it_costs_in_rows_and_how_it_is_cancelled(ainos, room):
    change_policy(room, cancellation=create_cancellation((48, 0)))

    said = page(ainos, "space", room.pk)

    assert "Weekend €20.34 an hour" in said
    assert "Otherwise €10.00 an hour" in said
    assert "Final cleaning €40.00 a booking" in said
    assert "The prices include VAT 13.5" in said
    assert "Until 2 days before the start" in said


def test_the_space_shows_each_the_prices_that_hold_for_them(aino, ainos):
    """The row of associations goes before that of everybody: a club reads it alone, a person the other."""
    gym = create_priced_space(create_list({"cents": 800, "price_group": create_group()}, {"cents": 2000}))
    club = create_paying_club(aino)

    as_club, as_herself = (page(ainos, "space", gym.pk, organisation=whom) for whom in (str(club.pk), ""))

    assert "€8.00 an hour" in as_club
    assert "€20.00 an hour" not in as_club
    assert "€20.00 an hour" in as_herself
    assert "€8.00 an hour" not in as_herself


def test_the_space_tells_what_the_free_times_of_the_week_cost(ainos, room):
    said = page(ainos, "space", room.pk, week=str(MONDAY), length="120")

    assert "Price this week: 2 h · €20.00 – €40.68" in said


# --- The form -------------------------------------------------------------------------------------


def test_the_form_shows_the_price_that_is_stored_then(ainos, room):
    held = pressed(ainos, room, "10:00", "13:00")

    said = words(ainos.get(form_of(held)))
    answer = ainos.post(form_of(held), ANSWERS | {"seen_cents": 3 * HOURLY})

    booking = Booking.objects.get(pk=held.pk)
    assert "3 h × €20.34" in said
    assert "Together €61.02" in said
    assert "VAT 13.5" in said
    assert answer.status_code == 302
    assert quotes.owed(booking) == 3 * HOURLY
    assert "Together €61.02" in page(ainos, "booking", booking.pk)


def test_the_form_shows_the_new_price_when_something_is_ticked(ainos, room):
    held = pressed(ainos, room)

    shown = ainos.post(form_of(held), ANSWERS | {"add_ons": ["cleaning"], "show_price": "1"})

    held.refresh_from_db()
    assert held.status == Status.HELD
    assert "Together €80.68" in words(shown)
    assert "Syntymäpäivät" in shown.content.decode()  # what was written is kept
    assert shown.context["form"].errors == {}


def test_ticked_and_sent_without_looking_it_is_shown_and_asked_again(ainos, room):
    held = pressed(ainos, room)
    sent = ANSWERS | {"add_ons": ["cleaning"], "seen_cents": 2 * HOURLY}

    refused = ainos.post(form_of(held), sent)
    agreed = ainos.post(form_of(held), sent | {"seen_cents": refused.context["price"].seen_cents})

    assert refused.status_code == 409
    assert "€80.68" in words(refused)
    assert agreed.status_code == 302
    assert quotes.owed(Booking.objects.get(pk=held.pk)) == 2 * HOURLY + 4000


def test_a_price_that_changed_meanwhile_is_shown_and_asked_again(ainos, room):
    held = pressed(ainos, room)
    add_version(room.price_list, {"cents": 3000}, since=MONDAY, now=timezone.now())

    answer = ainos.post(form_of(held), ANSWERS | {"seen_cents": 2 * HOURLY})

    assert answer.status_code == 409
    assert "The price has changed meanwhile: it is €60.00." in words(answer)
    assert not PriceLine.objects.exists()


def test_where_the_price_depends_on_the_use_no_price_is_agreed_before_it_is_chosen(ainos):
    sports = Purpose.objects.create(code="sports", name_fi="Liikunta", name_en="Sports")
    hall = create_priced_space(create_list({"cents": 1500, "purpose": sports}))
    held = pressed(ainos, hall)

    open_form = ainos.get(form_of(held))
    shown = ainos.post(form_of(held), ANSWERS | {"main_purpose": sports.pk, "show_price": "1"})
    unseen = ainos.post(form_of(held), ANSWERS | {"main_purpose": sports.pk, "seen_cents": "-1"})

    assert "the price depends on it" in words(open_form)
    assert "Together €30.00" in words(shown)
    assert unseen.status_code == 409


def test_a_free_group_is_told_why_it_is_free(aino, ainos):
    free = {"unit": "free", "price_group": create_group("minors")}
    gym = create_priced_space(create_list(free, {"cents": 2000}))
    club = create_organisation(aino)
    club.price_group, club.price_group_verified_until = create_group("minors"), date(2028, 12, 31)
    club.save()
    held = pressed(ainos, gym)

    shown = words(ainos.post(form_of(held), ANSWERS | {"organisation": club.pk, "show_price": "1"}))
    ainos.post(form_of(held), ANSWERS | {"organisation": club.pk, "seen_cents": "0"})

    assert "yhdistykset: free of charge" in shown
    assert "Together Free of charge" in shown
    assert Booking.objects.get(pk=held.pk).status == Status.CONFIRMED


def test_an_extra_that_is_none_is_refused(ainos, room):
    held = pressed(ainos, room)

    assert ainos.post(form_of(held), ANSWERS | {"add_ons": ["helicopter"]}).status_code == 422


# --- Giving back and moving -----------------------------------------------------------------------


def test_what_comes_back_is_said_before_the_click(ainos, aino, room):
    change_policy(room, cancellation=create_cancellation((240, 0), after=50))
    booking = create_booking(room, customer=aino)
    Booking.objects.filter(pk=booking.pk).update(status=Status.CONFIRMED, payment_due_at=None)

    said = page(ainos, "cancel", booking.pk)

    assert "You get €20.34 back, €20.34 is kept." in said


def test_a_move_to_another_price_is_asked_first(ainos, aino, prices):
    gym = create_priced_space(prices, payment="invoice")
    booking = create_booking(gym, customer=aino)
    move = reverse("bookings:move", args=[booking.pk])
    weekday = {"period": period(*(one - timedelta(days=1) for one in times_of(booking)))}

    asked = ainos.post(move, weekday)
    before = quotes.owed(booking)
    moved = ainos.post(move, weekday | {"seen_cents": "2000"})

    assert "Until now €40.68, then €20.00." in words(asked)
    assert before == 2 * HOURLY
    assert moved.status_code == 302
    assert quotes.owed(booking) == 2000


def test_a_move_at_the_same_price_is_made_at_once(ainos, aino, room):
    booking = create_booking(room, customer=aino)
    later = {"period": period(*(one + timedelta(days=1) for one in times_of(booking)))}

    assert ainos.post(reverse("bookings:move", args=[booking.pk]), later).status_code == 302


def times_of(booking: Booking) -> tuple:
    date = booking.dates.get()
    return date.starts_at, date.ends_at


# --- A season -------------------------------------------------------------------------------------


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def desktop(mikael) -> Client:
    return signed_in(mikael)


def test_the_season_shows_each_price_and_the_sum_and_stores_it(desktop, prices):
    gym = create_priced_space(prices, payment="invoice")

    seen = look(desktop, gym)
    answer = book(desktop, gym, seen_cents=str(seen.context["price"].seen_cents))

    assert "Free €15.00" in words(seen)
    assert "Together €150.00" in words(seen)
    assert answer.status_code == 302
    assert PriceLine.objects.owed() == 15000
    assert "€150.00 for all dates" in words(desktop.get(answer.url))


def test_a_season_whose_price_changed_meanwhile_is_not_booked(desktop, prices):
    gym = create_priced_space(prices, payment="invoice")

    answer = book(desktop, gym, seen_cents="14000")

    assert answer.status_code == 409
    assert "The price has changed meanwhile: it is €150.00." in words(answer)
    assert not Booking.objects.exists()


def test_what_is_free_instead_has_its_own_price(desktop, prices):
    gym = create_priced_space(prices, payment="invoice")
    create_booking(gym, *times_on(TUESDAY))

    seen = look(desktop, gym)

    assert "19.30–21 · €15.00" in words(seen) or "· €15.00" in words(seen)
    assert "Together €135.00" in words(seen)


def test_a_season_whose_price_depends_on_the_use_is_free_and_asks_for_it(desktop):
    sports = Purpose.objects.create(code="sports", name_fi="Liikunta", name_en="Sports")
    gym = create_priced_space(create_list({"cents": 1000, "purpose": sports}), payment="invoice")

    unsaid = words(look(desktop, gym))
    sent = turns(gym) | {"main_purpose": sports.pk, "seen": "", "show": "1"}
    said = words(desktop.post(reverse("bookings:new_series"), sent))

    assert "10 / 10 free" in unsaid
    assert "The price depends on the kind of use" in unsaid
    assert "Together €150.00" in said


def test_a_long_season_takes_as_many_statements_as_a_short_one(desktop, prices):
    gym = create_priced_space(prices, payment="invoice")
    create_priced_space(prices, venue=gym.venue, payment="invoice")
    for week in (0, 1):
        create_booking(gym, *times_on(TUESDAY + timedelta(weeks=week)))

    def asked(weeks: int) -> int:
        last = (TUESDAY + timedelta(weeks=weeks)).isoformat()
        return statements(lambda: look(desktop, gym, last_on=last))

    asked(9)

    assert asked(14) == asked(3)


def times_on(day: date) -> list:
    return [hour("18:00", day=day), hour("19:30", day=day)]


# --- The manager ----------------------------------------------------------------------------------


def test_a_manager_sees_the_price_of_a_request_and_reduces_it_with_a_reason(aino, ainos, prices):
    gym = create_priced_space(prices, payment="invoice", approval="request")
    onni = signed_in(create_manager(gym.venue))
    asked = create_booking(gym, customer=aino)
    reduce = reverse("bookings:reduce", args=[asked.pk])

    request = page(onni, "request", asked.pk)
    too_much = onni.post(reduce, {"cents": "100", "reason": "Talkoot"})
    no_reason = onni.post(reduce, {"cents": "10,68"})
    done = onni.post(reduce, {"cents": "10,68", "reason": "Talkoot"})

    assert "€40.68" in request
    assert (too_much.status_code, no_reason.status_code, done.status_code) == (409, 422, 302)
    assert quotes.owed(asked) == 3000
    assert "Talkoot" in page(ainos, "booking", asked.pk)


def test_nobody_else_reduces_a_price(aino, ainos, prices):
    gym = create_priced_space(prices, payment="invoice")
    booking = create_booking(gym, customer=aino)
    reduce = reverse("bookings:reduce", args=[booking.pk])

    assert ainos.post(reduce, {"cents": "1", "reason": "Ilmaiseksi"}).status_code == 404
    assert signed_in(create_user("Muukalainen")).get(reduce).status_code == 404
    assert quotes.owed(booking) == 2 * HOURLY
