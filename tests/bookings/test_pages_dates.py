"""The pages of a booking with many dates: its list, giving one back, moving one, deciding on all of them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from bookings import dates, lifecycle
from bookings.models import Booking, Status
from bookings.wishes import dates_left, dates_of
from tests.bookings.pages import signed_in, words
from tests.bookings.test_dates import booking_of
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
from venues.models import Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning", "all_is_as_promised")]

SATURDAY = MONDAY + timedelta(days=5)


@pytest.fixture
def mikael() -> User:
    return create_user("Mikael")


@pytest.fixture
def club(mikael):
    return create_organisation(mikael, role="owner")


@pytest.fixture
def booking(hall, mikael, club) -> Booking:
    return booking_of(create_series(hall, customer=mikael, organisation=club))


def press(client, name: str, date, **said):
    return client.post(reverse(f"bookings:{name}", args=[date.pk]), said, follow=True)


# --- The list -------------------------------------------------------------------------------------


def test_a_series_stands_once_in_the_list_by_its_next_date(booking, mikael):
    dates.release(dates_of(booking)[:1], by=mikael, now=NOW)

    page = signed_in(mikael).get(reverse("bookings:mine"))

    row = page.context["next"]
    assert (row.booking, row.date, row.left) == (booking, dates_of(booking)[1], 2)
    assert page.context["months"] == []
    assert "and 2 more dates" in words(page)


def test_a_booking_page_lists_every_date_with_what_became_of_it(booking, mikael):
    first, second, third, _fourth = dates_of(booking)
    dates.release([second], by=mikael, now=NOW)
    later = {"starts_at": third.starts_at + timedelta(hours=4), "ends_at": third.ends_at + timedelta(hours=4)}
    dates.move(third, space=third.space, by=mikael, now=NOW, **later)

    page = signed_in(mikael).get(booking.get_absolute_url())

    assert [row.state for row in page.context["rows"]] == ["coming", "released", "moved", "coming"]
    links = [reverse("bookings:release_date", args=[date.pk]) for date in (first, second)]
    assert [link in page.content.decode() for link in links] == [True, False]


# --- Giving back ----------------------------------------------------------------------------------


def test_a_date_goes_back_after_its_effect_was_said(booking, mikael):
    second, customer = dates_of(booking)[1], signed_in(mikael)

    asked = customer.get(reverse("bookings:release_date", args=[second.pk]))
    assert "costs nothing" in words(asked)
    assert len(dates_left(booking)) == 4
    told = press(customer, "release_date", second)

    assert "Given back" in words(told)
    assert second not in dates_left(booking)
    press(customer, "take_date_again", second)
    assert len(dates_left(booking)) == 4


def test_a_date_that_can_go_back_no_more_says_so_and_has_no_button(hall, booking, mikael):
    say_policy(hall, give_back_hours=24 * 30)
    first, customer = dates_of(booking)[0], signed_in(mikael)

    page = customer.get(reverse("bookings:release_date", args=[first.pk]))
    press(customer, "release_date", first)

    assert "could be given back until" in words(page)
    assert "Your other dates stay" not in words(page)
    assert len(dates_left(booking)) == 4


def test_whoever_only_sees_may_not_and_a_stranger_finds_nothing(booking, club):
    viewer, stranger = create_user(), create_user()
    club.memberships.create(user=viewer, role="viewer")
    first = dates_of(booking)[0]

    for name in ("release_date", "take_date_again", "move_date"):
        assert press(signed_in(viewer), name, first).status_code == 403
        assert press(signed_in(stranger), name, first).status_code == 404
    assert "release" not in signed_in(viewer).get(booking.get_absolute_url()).content.decode()
    assert len(dates_left(booking)) == 4


def test_another_of_the_board_gives_a_date_back(booking, club):
    booker = create_user()
    club.memberships.create(user=booker, role="booker")

    press(signed_in(booker), "release_date", dates_of(booking)[1])

    assert dates_of(booking)[1].released_by == booker


def test_a_single_booking_is_cancelled_as_before(hall, mikael):
    single = create_booking(hall, customer=mikael)

    page = press(signed_in(mikael), "release_date", single.dates.get())

    assert page.redirect_chain[0][0] == reverse("bookings:cancel", args=[single.pk])
    single.refresh_from_db()
    assert single.status == Status.CONFIRMED


# --- Moving ---------------------------------------------------------------------------------------


def test_one_date_is_moved_by_the_free_time_that_is_pressed(booking, mikael):
    second, customer = dates_of(booking)[1], signed_in(mikael)
    day = SATURDAY + timedelta(weeks=1)
    period = f"{hour('15:00', day=day).isoformat()}/{hour('17:00', day=day).isoformat()}"

    form = customer.get(reverse("bookings:move_date", args=[second.pk]))
    press(customer, "move_date", second, period=period)

    assert form.status_code == 200
    second.refresh_from_db()
    assert (second.starts_at, second.is_exception) == (hour("15:00", day=day), True)


def test_a_taken_time_is_refused_with_what_is_free_instead(hall, booking, mikael):
    second = dates_of(booking)[1]
    day = SATURDAY + timedelta(weeks=1)
    create_booking(hall, hour("15:00", day=day), hour("17:00", day=day))
    period = f"{hour('15:00', day=day).isoformat()}/{hour('17:00', day=day).isoformat()}"

    page = press(signed_in(mikael), "move_date", second, period=period)

    assert page.status_code == 409
    assert page.context["alternatives"]


# --- Deciding -------------------------------------------------------------------------------------


def test_a_request_for_many_dates_is_shown_and_approved_as_one(mikael):
    room = create_space(approval=Space.Approval.REQUEST)
    desk = signed_in(create_manager(room.venue))
    booking = booking_of(create_series(room, customer=mikael))

    page = desk.get(reverse("bookings:request", args=[booking.pk]))
    desk.post(reverse("bookings:approve", args=[booking.pk]))

    assert [verdict.obstacles for verdict in page.context["verdicts"]] == [[], [], [], []]
    assert "4 dates" in words(page)
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED


def test_a_competing_request_says_which_of_its_dates_have_gone(mikael):
    room = create_space(approval=Space.Approval.REQUEST, requests_compete=True)
    onni = create_manager(room.venue)
    third = SATURDAY + timedelta(weeks=2)
    rival = create_booking(room, hour("10:00", day=third), hour("12:00", day=third))
    lifecycle.approve(Booking.objects.get(pk=rival.pk), by=onni, now=NOW)
    booking = booking_of(create_series(room, customer=mikael))

    page = signed_in(onni).get(reverse("bookings:request", args=[booking.pk]))

    taken = [bool(verdict.obstacles) for verdict in page.context["verdicts"]]
    assert taken == [False, False, True, False]
    assert page.context["date"] == dates_of(booking)[2]


def test_cancelling_a_whole_series_says_how_many_dates_go(booking, mikael):
    customer = signed_in(mikael)
    address = reverse("bookings:cancel", args=[booking.pk])

    assert "4 dates" in words(customer.get(address))
    customer.post(address)

    assert Booking.objects.get(pk=booking.pk).status == Status.CANCELLED
