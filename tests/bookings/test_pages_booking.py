"""Booking in one form, signing in on the way, and the page of a booking."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from bookings import lifecycle
from bookings.models import Booking, Status
from tests.bookings.pages import period, pressed, words
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues.models import Space

pytestmark = pytest.mark.django_db
ANSWERS = {"purpose": "Syntymäpäivät", "attendees": "12", "note": "Tuomme kakun."}


@pytest.fixture(autouse=True)
def monday_morning():
    cache.clear()
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def aino():
    return create_user("Aino Virtanen", email="aino@example.org")


@pytest.fixture
def ainos(aino) -> Client:
    return visitor(aino)


def visitor(user=None) -> Client:
    client = Client(headers={"accept-language": "fi"})
    if user:
        client.force_login(user)
    return client


def create_room(**facts) -> Space:
    venue = create_venue(name_fi="Leikkipuisto Hilleri")
    open_daily(venue.timetable, "09:00", "21:00")
    return create_space(venue=venue, **{"name_fi": "Kerhohuone"} | facts)


def form_of(held: Booking) -> str:
    return reverse("bookings:form", args=[held.pk])


def code_sent_to(email: str) -> str:
    return re.search(
        r"\d{4}-\d{4}", [message for message in mail.outbox if message.to == [email]][-1].body
    ).group()


# --- The form -------------------------------------------------------------------------------------


def test_a_booking_at_once_is_two_presses_and_a_form(ainos, aino):
    held = pressed(ainos, create_room())
    page = ainos.get(form_of(held))

    assert "Pidämme aikaa sinulle klo 8.10 asti." in words(page)
    assert "Leikkipuisto Hilleri, Kerhohuone" in words(page)

    response = ainos.post(form_of(held), ANSWERS, follow=True)

    held.refresh_from_db()
    assert (held.status, held.customer, held.purpose, held.attendees) == (
        Status.CONFIRMED,
        aino,
        "Syntymäpäivät",
        12,
    )
    assert "Varattu. Aika on sinun." in words(response)


def test_a_request_says_when_it_is_answered(ainos):
    held = pressed(ainos, create_room(approval="request"))

    assert "Lähetä pyyntö" in words(ainos.get(form_of(held)))
    response = ainos.post(form_of(held), ANSWERS, follow=True)

    assert "Pyyntösi on lähetetty." in words(response)
    assert "Toimipiste vastaa viimeistään la 6.2.2027 klo 10.00." in words(response)
    assert "Siihen asti aika on pidetty sinulle." in words(response)


def test_signing_in_on_the_way_keeps_the_time(aino):
    client = visitor()
    held = pressed(client, create_room())
    asked = words(client.get(form_of(held)))
    assert "Kerro ensin, kuka olet" in asked

    client.post(reverse("account_login"), {"email": aino.email, "next": form_of(held)})
    back = client.post(
        reverse("account_confirm_login_code"), {"code": code_sent_to(aino.email), "next": form_of(held)}
    )

    assert back.url == form_of(held)
    client.post(form_of(held), ANSWERS)
    held.refresh_from_db()
    assert (held.status, held.customer) == (Status.CONFIRMED, aino)


def test_somebody_new_tells_their_name_once():
    client = visitor()
    held = pressed(client, create_room())
    client.post(reverse("account_login"), {"email": "uusi@example.org"})
    client.post(reverse("account_confirm_login_code"), {"code": code_sent_to("uusi@example.org")})

    assert "Nimesi" in words(client.get(form_of(held)))
    client.post(form_of(held), ANSWERS | {"name": "Uusi Asukas", "phone": "040 1234567"})

    held.refresh_from_db()
    assert (held.customer.name, held.customer.phone) == ("Uusi Asukas", "040 1234567")
    assert "Nimesi" not in words(client.get(form_of(pressed(client, held.space, "14:00", "15:00"))))


def test_one_may_book_for_an_organisation_in_which_one_books(ainos, aino):
    club = create_organisation(aino, name="Hertsikan naapurit ry")
    others = create_organisation(create_user("Mikael"), name="Idän Sähly ry")
    held = pressed(ainos, create_room())

    assert "Hertsikan naapurit ry" in words(ainos.get(form_of(held)))
    refused = ainos.post(form_of(held), ANSWERS | {"organisation": others.pk})
    assert refused.status_code == 422

    ainos.post(form_of(held), ANSWERS | {"organisation": club.pk})
    held.refresh_from_db()
    assert held.organisation == club


def test_whoever_books_for_an_organisation_is_asked_for_whom_with_oneself_chosen(ainos, aino):
    create_organisation(aino, name="Hertsikan naapurit ry")
    held = pressed(ainos, create_room())

    page = ainos.get(form_of(held)).content.decode()

    choices = re.findall(r'<input type="radio" name="organisation"[^>]*>\s*([^<]*)', page)
    assert [choice.strip() for choice in choices] == ["Minulle itselleni", "Hertsikan naapurit ry"]
    assert re.search(r'<input type="radio" name="organisation" value=""[^>]*checked', page)


def test_whoever_only_sees_for_an_organisation_cannot_book_for_it(ainos, aino):
    create_organisation(aino, name="Hertsikan naapurit ry", role="viewer")
    held = pressed(ainos, create_room())

    assert "Hertsikan naapurit ry" not in words(ainos.get(form_of(held)))


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"purpose": ""}, "purpose"),
        ({"purpose": "x" * 201}, "purpose"),
        ({"attendees": ""}, "attendees"),
        ({"attendees": "0"}, "attendees"),
        ({"attendees": "9" * 30}, "attendees"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "a\0b"}, "note"),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field_and_the_rest_is_kept(ainos, answers, field):
    held = pressed(ainos, create_room())

    page = ainos.post(form_of(held), ANSWERS | answers)

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    for name in ANSWERS.keys() - answers.keys():
        assert ANSWERS[name] in page.content.decode()
    held.refresh_from_db()
    assert held.status == Status.HELD


def test_too_many_people_is_a_problem_of_the_space_and_loses_nothing(ainos):
    held = pressed(ainos, create_room(capacity=10))

    page = ainos.post(form_of(held), ANSWERS)

    assert page.status_code == 409
    assert "Tilaan mahtuu 10 henkilöä." in words(page)
    assert "Tuomme kakun." in page.content.decode()


def test_pressing_twice_books_once(ainos):
    held = pressed(ainos, create_room())
    ainos.post(form_of(held), ANSWERS)

    again = ainos.post(form_of(held), ANSWERS)

    assert again.url == held.get_absolute_url()
    assert Booking.objects.count() == 1


def test_the_number_of_people_that_was_searched_for_is_filled_in(ainos):
    held = pressed(ainos, create_room())

    page = ainos.get(form_of(held) + "?people=20")

    assert page.context["form"]["attendees"].value() == "20"


# --- When the time is up ------------------------------------------------------------------------------


def test_a_form_that_took_too_long_still_gets_the_time_if_it_is_free(ainos, monday_morning):
    held = pressed(ainos, create_room())
    monday_morning.shift(timedelta(minutes=30))

    assert "Aikaa ei enää pidetä sinulle." in words(ainos.get(form_of(held)))
    ainos.post(form_of(held), ANSWERS)

    assert Booking.objects.get(status=Status.CONFIRMED).purpose == "Syntymäpäivät"


def test_a_form_whose_time_went_to_a_rival_offers_others_and_keeps_what_was_written(ainos, monday_morning):
    room = create_room()
    held = pressed(ainos, room)
    monday_morning.shift(timedelta(minutes=30))
    create_booking(room, now=NOW + timedelta(minutes=30))

    late = ainos.post(form_of(held), ANSWERS)

    assert late.status_code == 409
    assert "Aika on jo varattu." in words(late)
    (offer, *_rest) = late.context["alternatives"]
    response = ainos.post(offer["action"], {"period": period(offer["starts_at"], offer["ends_at"])})
    page = ainos.get(response.url)
    assert page.context["form"]["purpose"].value() == "Syntymäpäivät"
    assert "Tuomme kakun." in page.content.decode()


def test_as_many_requests_as_one_may_have_waiting_is_said_on_the_form(aino, settings):
    settings.MAX_UNDECIDED_REQUESTS = 1
    create_booking(create_room(approval="request"), customer=aino)
    client = visitor()
    held = pressed(client, create_room(approval="request"))
    client.post(reverse("account_login"), {"email": aino.email})
    client.post(reverse("account_confirm_login_code"), {"code": code_sent_to(aino.email)})

    page = client.post(form_of(held), ANSWERS)

    assert page.status_code == 409
    assert "Sinulla on jo 1 pyyntö" in words(page)


# --- Whose it is ----------------------------------------------------------------------------------


def test_somebody_elses_form_is_not_there(aino):
    room = create_room()
    theirs = pressed(visitor(aino), room)
    anonymous = pressed(visitor(), room, "14:00", "15:00")
    stranger, nobody = visitor(create_user("Stranger")), visitor()

    for held in (theirs, anonymous):
        assert stranger.get(form_of(held)).status_code == 404
        assert stranger.post(form_of(held), ANSWERS).status_code == 404
        assert nobody.get(form_of(held)).url.startswith("/account/login/")
    assert set(Booking.objects.values_list("status", flat=True)) == {Status.HELD}


@pytest.mark.parametrize("name", ["booking", "cancel", "move"])
def test_somebody_elses_booking_is_not_there(name):
    booking = create_booking(create_room())
    address = reverse(f"bookings:{name}", args=[booking.pk])

    assert visitor(create_user("Stranger")).get(address).status_code == 404
    assert visitor().get(address).url == f"/account/login/?next={address}"


def test_a_booking_that_is_not_there_looks_the_same_as_one_that_is_not_mine():
    booking = create_booking(create_room())
    stranger = visitor(create_user("Stranger"))

    theirs, nobodys = (words(stranger.get(f"/bookings/{pk}/")) for pk in (booking.pk, booking.pk + 1))

    assert theirs == nobodys


def test_members_of_the_organisation_see_its_bookings(aino):
    fellow = create_user("Liisa")
    club = create_organisation(aino, fellow)
    booking = create_booking(create_room(), customer=aino, organisation=club)

    assert visitor(fellow).get(booking.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("name", ["booking", "cancel", "move"])
def test_no_shared_computer_keeps_a_copy(ainos, aino, name):
    booking = create_booking(create_room(), customer=aino)

    response = ainos.get(reverse(f"bookings:{name}", args=[booking.pk]))

    assert "no-store" in response["Cache-Control"]


# --- The page of a booking ------------------------------------------------------------------------------


def test_how_to_get_in_is_told_when_the_booking_is_confirmed_and_not_before(ainos, aino):
    room = create_room(arrival_fi="Ovikoodi 1234", approval="request")
    booking = create_booking(room, customer=aino)
    assert "1234" not in ainos.get(booking.get_absolute_url()).content.decode()

    lifecycle.approve(booking, by=create_manager(room.venue), now=NOW)

    assert "Ovikoodi 1234" in words(ainos.get(booking.get_absolute_url()))


def test_the_page_tells_what_happened_and_by_whom(ainos, aino, monday_morning):
    room = create_room(approval="request")
    onni = create_manager(room.venue, name="Onni Korhonen")
    booking = create_booking(room, customer=aino)
    lifecycle.decline(booking, by=onni, reason="Lattia lakataan.", now=NOW)

    said = words(ainos.get(booking.get_absolute_url()))

    assert "Pyyntö lähetetty" in said
    assert "Lattia lakataan." in said
    assert "toimipiste" in said
    assert "Onni" not in said
    assert "Onni Korhonen" in words(visitor(onni).get(booking.get_absolute_url()))


def test_a_booking_that_is_over_offers_nothing_to_change(ainos, aino):
    booking = create_booking(create_room(), customer=aino)

    with time_machine.travel(hour("12:30"), tick=False):
        page = ainos.get(booking.get_absolute_url())

    assert "Peru varaus" not in words(page)
    assert "Tämä varaus on ohi." in words(page)


# --- Giving back ----------------------------------------------------------------------------------


def test_cancelling_asks_first_and_frees_the_time(ainos, aino):
    room = create_room()
    booking = create_booking(room, customer=aino)
    address = reverse("bookings:cancel", args=[booking.pk])

    assert "Haluatko perua tämän varauksen?" in words(ainos.get(address))
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED

    page = ainos.post(address, {"reason": "Sairastuimme."}, follow=True)

    booking.refresh_from_db()
    assert (booking.status, booking.reason) == (Status.CANCELLED, "Sairastuimme.")
    assert "Peruttu. Aika on taas vapaa muille." in words(page)
    create_booking(room, "10:00", "12:00")


def test_reason_that_is_too_long_is_told_and_not_cut(ainos, aino):
    booking = create_booking(create_room(), customer=aino)

    page = ainos.post(reverse("bookings:cancel", args=[booking.pk]), {"reason": "x" * 1001})

    booking.refresh_from_db()
    assert page.status_code == 422
    assert booking.status == Status.CONFIRMED
    assert "Enintään 1000 merkkiä." in words(page)
    assert "x" * 1001 in page.content.decode()


def test_cancelling_twice_is_said_not_to_be_possible(ainos, aino):
    booking = create_booking(create_room(), customer=aino)
    address = reverse("bookings:cancel", args=[booking.pk])
    ainos.post(address)

    page = ainos.post(address, follow=True)

    assert "Tätä ei voi enää tehdä." in words(page)


def test_whoever_only_sees_for_an_organisation_cannot_cancel_for_it(aino):
    viewer = create_user("Viewer")
    club = create_organisation(aino)
    club.memberships.create(user=viewer, role="viewer")
    booking = create_booking(create_room(), customer=aino, organisation=club)

    assert visitor(viewer).get(booking.get_absolute_url()).status_code == 200
    assert visitor(viewer).post(reverse("bookings:cancel", args=[booking.pk])).status_code == 403


def test_cancelling_needs_the_forms_token(aino):
    booking = create_booking(create_room(), customer=aino)
    client = Client(enforce_csrf_checks=True)
    client.force_login(aino)

    assert client.post(reverse("bookings:cancel", args=[booking.pk])).status_code == 403


# --- Moving ---------------------------------------------------------------------------------------


def move_of(booking: Booking) -> str:
    return reverse("bookings:move", args=[booking.pk])


def test_a_booking_moves_to_a_time_that_is_pressed(ainos, aino):
    booking = create_booking(create_room(), customer=aino)

    page = ainos.post(move_of(booking), {"period": period("14:00", "16:00")}, follow=True)

    assert booking.dates.get().starts_at == hour("14:00")
    assert "Siirretty. Uusi aika on sinun." in words(page)
    assert "la 6.2.2027 14.00–16.00" in words(page)


def test_a_booking_moves_to_a_time_that_is_written_over_its_own(ainos, aino):
    booking = create_booking(create_room(), customer=aino)

    ainos.post(move_of(booking), {"day": "2027-02-06", "starts": "11:00", "ends": "13:00"})

    assert booking.dates.get().starts_at == hour("11:00")


def test_the_week_shows_the_bookings_own_time_and_what_is_free(ainos, aino):
    booking = create_booking(create_room(), customer=aino)

    page = ainos.get(move_of(booking) + "?week=2027-02-06")

    assert "Sinun 10.00–12.00" in words(page)
    assert period("14:00", "16:00").split("/")[0] in page.content.decode()


def test_a_time_that_is_taken_leaves_the_booking_where_it_was_and_offers_others(ainos, aino):
    room = create_room()
    booking = create_booking(room, customer=aino)
    create_booking(room, "14:00", "16:00")

    page = ainos.post(move_of(booking), {"period": period("14:00", "16:00")})

    assert page.status_code == 409
    assert "Siirto ei onnistunut. Mikään ei ole muuttunut." in words(page)
    assert page.context["alternatives"]
    assert booking.dates.get().starts_at == hour("10:00")


@pytest.mark.parametrize(
    "written",
    [
        {"day": "", "starts": "11:00", "ends": "13:00"},
        {"day": "2027-02-30", "starts": "11:00", "ends": "13:00"},
        {"day": "2027-02-06", "starts": "25:00", "ends": "13:00"},
        {},
    ],
)
def test_a_time_that_is_none_is_told_beside_its_field(ainos, aino, written):
    booking = create_booking(create_room(), customer=aino)

    assert ainos.post(move_of(booking), written).status_code == 422


@pytest.mark.parametrize("day", ["2020-01-01", "2190-12-31"])
def test_times_long_ago_and_far_ahead_are_refused(ainos, aino, day):
    booking = create_booking(create_room(), customer=aino)

    page = ainos.post(move_of(booking), {"day": day, "starts": "11:00", "ends": "13:00"})

    assert page.status_code == 409
    assert booking.dates.get().starts_at == hour("10:00")


def test_an_hour_that_spring_skips_is_no_time_to_move_to(ainos, aino):
    booking = create_booking(create_room(), customer=aino)

    page = ainos.post(move_of(booking), {"day": "2027-03-28", "starts": "03:10", "ends": "03:50"})

    assert page.status_code == 422
    assert "Kelloja siirretään" in words(page)


def test_what_was_approved_is_not_moved_past_whoever_approved_it(ainos, aino):
    room = create_room(approval="request")
    booking = create_booking(room, customer=aino)
    lifecycle.approve(booking, by=create_manager(room.venue), now=NOW)

    assert ainos.post(move_of(booking), {"period": period("14:00", "16:00")}).status_code == 403
    assert "Siirrä toiseen aikaan" not in words(ainos.get(booking.get_absolute_url()))


@pytest.mark.parametrize("space", ["x", "0", "9" * 30])
def test_moving_to_a_space_that_is_not_there(ainos, aino, space):
    booking = create_booking(create_room(), customer=aino)

    assert ainos.get(move_of(booking) + f"?space={space}").status_code == 404


# --- One's own list -------------------------------------------------------------------------------


def test_the_next_booking_stands_first_and_the_rest_by_month(ainos, aino):
    room = create_room()
    later = create_booking(
        room,
        hour("10:00", day=MONDAY + timedelta(days=40)),
        hour("12:00", day=MONDAY + timedelta(days=40)),
        customer=aino,
    )
    soon = create_booking(room, customer=aino)
    create_booking(room, "14:00", "16:00")

    page = ainos.get(reverse("bookings:mine"))

    assert page.context["next"].booking == soon
    assert by_month(page) == [("maaliskuu 2027", [later])]


def by_month(page) -> list:
    return [(month, [row.booking for row in rows]) for month, rows in page.context["months"]]


def test_past_and_given_back_bookings_have_their_own_lists(ainos, aino):
    room = create_room()
    past = create_booking(room, hour("10:00", day=MONDAY), hour("11:00", day=MONDAY), customer=aino)
    cancelled = create_booking(room, customer=aino)
    lifecycle.cancel(cancelled, by=aino, now=NOW)

    with time_machine.travel(hour("12:00", day=MONDAY), tick=False):
        shown = {name: by_month(ainos.get(f"/bookings/?show={name}")) for name in ("", "past", "over")}

    assert shown == {
        "": [],
        "past": [("helmikuu 2027", [past])],
        "over": [("helmikuu 2027", [cancelled])],
    }


def test_an_empty_list_leads_to_the_search(ainos):
    page = ainos.get(reverse("bookings:mine"))

    assert "Sinulla ei ole tulevia varauksia" in words(page)


def test_forms_that_were_left_are_not_bookings(ainos, monday_morning):
    room = create_room()
    pressed(ainos, room)
    assert "Pidämme sinulle aikaa" in words(ainos.get("/bookings/"))
    pressed(ainos, room, "14:00", "15:00")
    monday_morning.shift(timedelta(hours=1))

    for name in ("", "past", "over"):
        assert ainos.get(f"/bookings/?show={name}").context["months"] == []


def test_a_managers_own_list_has_only_their_own(aino):
    room = create_room()
    create_booking(room, customer=aino)

    page = visitor(create_manager(room.venue)).get(reverse("bookings:mine"))

    assert page.context["next"] is None


def test_a_long_list_takes_as_many_statements_as_a_short_one(ainos, aino, django_assert_max_num_queries):
    room = create_room()
    for number in range(1, 9):
        day = MONDAY + timedelta(days=number)
        create_booking(room, hour("10:00", day=day), hour("12:00", day=day), customer=aino)

    with django_assert_max_num_queries(12):
        ainos.get(reverse("bookings:mine"))


@pytest.mark.parametrize(
    "pressed_period",
    [
        "9999-12-31T23:59:59-12:00/9999-12-31T23:59:59-12:00",
        "9999-12-31T22:30:00+00:00/9999-12-31T23:59:59+00:00",
        "0002-01-01T10:00:00+02:00/9999-12-31T23:59:59+00:00",
    ],
)
def test_the_ends_of_time_are_no_times_to_press(ainos, pressed_period):
    room = create_room()

    answer = ainos.post(reverse("bookings:hold", args=[room.pk]), {"period": pressed_period})

    assert answer.status_code == 400
    assert not room.bookings.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_nothing_is_moved_to_the_ends_of_time(ainos, aino, day):
    booking = create_booking(create_room(), customer=aino)

    answer = ainos.post(
        reverse("bookings:move", args=[booking.pk]), {"day": day, "starts": "23:00", "ends": "01:00"}
    )

    assert answer.status_code in {200, 422}
    assert booking.dates.get().starts_at == hour("10:00")
