"""A space's page, its venue's page, and pressing a free time."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from bookings.models import Booking, Status
from tests.bookings.pages import period, press, pressed, words
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_district,
    create_gym,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues import openings
from venues.models import Purpose, Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("finnish")]
SATURDAY = MONDAY + timedelta(days=5)


@pytest.fixture(autouse=True)
def monday_morning():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def create_room(**facts) -> Space:
    venue = create_venue(
        name_fi="Leikkipuisto Hilleri", district=create_district(contact_email="luotsi@example.org")
    )
    open_daily(venue.timetable, "09:00", "21:00")
    return create_space(venue=venue, **{"name_fi": "Kerhohuone"} | facts)


def page_of(client, space: Space, **question):
    return client.get(reverse("bookings:space", args=[space.pk]), question)


# --- The page -----------------------------------------------------------------------------------


def test_facts_rules_and_contact_stand_on_the_page(client):
    room = create_room(
        capacity=25,
        floor_area=60,
        is_step_free=True,
        has_accessible_toilet=False,
        approval="request",
        min_minutes=60,
        max_minutes=240,
        notice_hours=48,
        supervision="self",
    )

    said = words(page_of(client, room))

    for fact in [
        "25 henkilöä",
        "60 m²",
        "Esteetön sisäänkäynti",
        "Ei esteetöntä vessaa",
        "Toimipiste vastaa pyyntöösi 7 päivän kuluessa.",
        "Varaus kestää 1 h – 4 h.",
        "Varaa viimeistään 2 vrk ennen alkua.",
        "Paikalla ei ole valvojaa",
        "Joka päivä 9.00–21.00",
        "luotsi@example.org",
    ]:
        assert fact in said


def test_how_to_get_in_is_not_told_to_everybody(client):
    room = create_room(arrival_fi="Ovikoodi 1234")
    aino = create_user()
    create_booking(room, customer=aino)
    client.force_login(aino)

    assert "1234" not in page_of(client, room).content.decode()


def test_what_is_made_up_says_so(client):
    assert "Esittelytietoa" in words(page_of(client, create_room(is_demo=True)))
    assert "Osa näistä tiedoista on keksitty" in words(page_of(client, create_room(demo_facts=["capacity"])))
    assert "keksitty" not in words(page_of(client, create_room()))


def test_whose_booking_it_is_stays_between_them_and_the_venue(client):
    room = create_room()
    mikael = create_user("Mikael Nieminen")
    create_booking(room, customer=mikael, purpose="Salaseuran kokous")

    for visitor in (None, create_user("Stranger")):
        if visitor:
            client.force_login(visitor)
        page = page_of(client, room, week=SATURDAY)

        assert "Varattu 10.00–12.00" in words(page)
        for secret in ("Mikael", "Salaseura", mikael.email):
            assert secret not in page.content.decode()


def test_parts_and_the_whole_lead_to_each_other(client):
    whole, a, b, a_and_c = create_gym()

    page = page_of(client, a)

    assert "Tämä on osa isompaa salia." in words(page)
    for other in (whole, b, a_and_c):
        assert f'href="{reverse("bookings:space", args=[other.pk])}"' in page.content.decode()


def test_the_page_opens_at_the_first_week_with_free_time(client):
    room = create_room(notice_hours=24 * 10)

    assert page_of(client, room).context["week"].monday == MONDAY + timedelta(days=7)


def test_weeks_go_as_far_as_one_may_book(client):
    room = create_room(ahead_days=10)

    first = page_of(client, room, week=MONDAY).context
    second = page_of(client, room, week=MONDAY + timedelta(days=7)).context

    assert first["earlier"] is None
    assert first["later"]
    assert second["later"] is None


def test_a_full_week_names_the_next_free_time(client):
    room = create_room()
    create_booking(room, hour("09:00", day=SATURDAY), hour("21:00", day=SATURDAY))

    page = page_of(client, room, week=SATURDAY, length="720")
    assert page.context["first_free"] is None  # other days of the week are free

    room.venue.timetable.rules.update(weekdays=[6])
    openings.rebuild(room.venue.timetable, today=MONDAY)
    page = page_of(client, room, week=SATURDAY)

    assert "Tällä viikolla ei ole vapaata. Seuraava vapaa aika:" in words(page)
    assert page.context["first_free"].starts_at == hour("09:00", day=SATURDAY + timedelta(days=7))


@pytest.mark.parametrize(
    "question",
    [
        {"week": "yesterday"},
        {"week": "2026-13-45"},
        {"week": "0001-01-01"},
        {"week": "9999-12-31"},
        {"length": "-1"},
        {"length": "0"},
        {"length": "9" * 20},
        {"length": "²"},
        {"people": "many"},
    ],
)
def test_odd_questions_get_a_page_all_the_same(client, question):
    assert page_of(client, create_room(), **question).status_code == 200


def test_a_space_that_cannot_be_booked_says_so(client):
    page = page_of(client, create_room(is_bookable=False))

    assert "Tätä tilaa ei voi varata täältä." in words(page)
    assert b'name="period"' not in page.content


def test_what_is_not_there_is_not_found(client):
    assert client.get("/spaces/999999/").status_code == 404
    assert client.get("/venues/999999/").status_code == 404
    assert client.get("/spaces/99999999999999999999/").status_code == 404


def test_a_venue_shows_its_spaces_the_hall_before_its_parts(client):
    whole, *_parts = create_gym(venue=create_room().venue)

    page = client.get(reverse("bookings:venue", args=[whole.venue_id]))

    assert [space.name_fi for space in page.context["spaces"]] == [
        "Kerhohuone",
        "Koko sali",
        "Lohko A",
        "Lohko B",
        "Lohkot A ja C",
    ]
    assert "Joka päivä 9.00–21.00" in words(page)


# --- Pressing a free time ---------------------------------------------------------------------------


def test_a_pressed_time_is_kept_for_somebody_who_is_not_signed_in(client):
    room = create_room()

    held = pressed(client, room)

    assert (held.status, held.customer) == (Status.HELD, None)
    assert held.held_until == NOW + timedelta(minutes=10)
    assert words(page_of(client, room)).count("Pidämme sinulle aikaa la 6.2. 10.00–12.00") == 1


def test_a_visitor_keeps_one_time_only(client):
    room = create_room()
    first = pressed(client, room)

    second = pressed(client, room, "14:00", "16:00")

    first.refresh_from_db()
    assert (first.status, second.status) == (Status.EXPIRED, Status.HELD)


def test_visitors_who_forget_cookies_cannot_keep_the_whole_city():
    room = create_room()
    for number in range(10):
        press(
            Client(),
            room,
            hour("09:00", day=SATURDAY + timedelta(days=number)),
            hour("10:00", day=SATURDAY + timedelta(days=number)),
        )

    refused = press(Client(), room, "14:00", "16:00")

    assert refused.url == f"/account/login/?next=%2Fspaces%2F{room.pk}%2F"
    assert Booking.objects.count() == 10
    neighbour = Client()
    neighbour.force_login(create_user())
    assert press(neighbour, room, "14:00", "16:00").url.startswith("/bookings/")


def test_nobody_can_give_up_what_somebody_else_keeps(client):
    room = create_room()
    theirs = pressed(Client(), room)
    session = client.session
    assert "kept" not in session

    pressed(client, room, "14:00", "16:00")

    theirs.refresh_from_db()
    assert theirs.status == Status.HELD


def test_whoever_is_a_second_late_is_told_so_and_what_is_free_instead(client):
    room = create_room(capacity=20)
    other_venue = create_venue(name_fi="Kulosaaren koulu")
    open_daily(other_venue.timetable)
    other = create_space(name_fi="Kokoushuone", venue=other_venue)
    party = Purpose.objects.create(code="party", name_fi="Juhlat")
    room.purposes.add(party)
    other.purposes.add(party)
    pressed(Client(), room)

    late = press(client, room)

    assert late.status_code == 409
    assert "Joku ehti ensin" in words(late)
    assert "Aika on jo varattu." in words(late)
    offers = [(offer["space"], offer["starts_at"]) for offer in late.context["alternatives"]]
    assert (room, hour("12:00")) in offers
    assert (other, hour("10:00")) in offers


def test_an_offered_time_can_be_pressed(client):
    room = create_room()
    pressed(Client(), room)
    (offer, *_rest) = press(client, room).context["alternatives"]

    response = client.post(offer["action"], {"period": period(offer["starts_at"], offer["ends_at"])})

    assert response.status_code == 302
    assert Booking.objects.get(status=Status.HELD, dates__starts_at=offer["starts_at"])


def test_the_number_of_people_goes_along(client):
    room = create_room()

    response = client.post(reverse("bookings:hold", args=[room.pk]) + "?people=20", {"period": period()})

    assert response.url.endswith("?people=20")


@pytest.mark.parametrize(
    "pressed_period",
    [
        "",
        "/",
        "now/later",
        "2027-02-06T10:00/2027-02-06T12:00",
        "2027-02-06T10:00+02:00",
        "9" * 500,
        "0001-01-01T00:00:00+14:00/0001-01-01T02:00:00+14:00",
    ],
)
def test_a_period_that_is_none_is_a_bad_request(client, pressed_period):
    room = create_room()

    response = client.post(reverse("bookings:hold", args=[room.pk]), {"period": pressed_period})

    assert response.status_code == 400
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2020-01-01T10:00:00+02:00", "2020-01-01T12:00:00+02:00"),
        ("2199-12-31T10:00:00+02:00", "2199-12-31T12:00:00+02:00"),
        ("2027-02-06T12:00:00+02:00", "2027-02-06T10:00:00+02:00"),
        ("2027-02-06T10:00:00+02:00", "2029-02-06T10:00:00+02:00"),
        ("2027-02-06T10:07:00+02:00", "2027-02-06T12:00:00+02:00"),
    ],
)
def test_a_period_that_cannot_be_is_refused_with_reasons(client, start, end):
    room = create_room()

    response = client.post(reverse("bookings:hold", args=[room.pk]), {"period": f"{start}/{end}"})

    assert response.status_code == 409
    assert response.context["problems"]
    assert not Booking.objects.exists()


def test_a_time_is_pressed_by_post_with_the_forms_token(client):
    room = create_room()
    address = reverse("bookings:hold", args=[room.pk])

    assert client.get(address).status_code == 405
    assert Client(enforce_csrf_checks=True).post(address, {"period": period()}).status_code == 403
