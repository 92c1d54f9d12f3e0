"""Onni closes spaces on a page, sees what is closed, and opens it again."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings.models import Closure, Occupancy
from tests.bookings.pages import signed_in
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_closure,
    create_manager,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues.clock import at, local
from venues.models import Space, Venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


def closing(*spaces: Space, **facts) -> dict:
    """What the form sends: by default these spaces, closed all of the coming Saturday."""
    return {
        "spaces": [space.pk for space in spaces],
        "repeats": "",
        "first": "2027-02-06",
        "reason_fi": "Remontti",
        "is_reason_public": "on",
    } | facts


def close(desk: Client, venue: Venue, *spaces: Space, **facts):
    return desk.post(f"/manage/venues/{venue.pk}/closures/new/", closing(*spaces, **facts))


def times(closure: Closure) -> list[tuple]:
    return [(local(time.starts_at), local(time.ends_at)) for time in closure.times.all()]


# --- Closing --------------------------------------------------------------------------------------


def test_the_form_begins_with_the_whole_venue(desk, gym, venue):
    create_space(venue=venue, name_fi="Luokka")

    form = desk.get(f"/manage/venues/{venue.pk}/closures/new/").context["form"]

    halls = venue.spaces.filter(part_of=None).values_list("pk", flat=True)
    assert set(form.initial["spaces"]) == set(halls)
    assert [str(space.name) for space in form.fields["spaces"].queryset][:2] == ["Koko sali", "Lohko A"]


def test_a_day_is_closed_with_little_writing(desk, gym, venue):
    answer = close(desk, venue, gym[0])

    assert answer.status_code == 302
    assert answer.url == f"/manage/venues/{venue.pk}/closures/"
    closure = Closure.objects.get()
    assert times(closure) == [(at(date(2027, 2, 6)), at(date(2027, 2, 7)))]
    assert closure.reason_fi == "Remontti"
    assert Occupancy.objects.holding().filter(closure=closure).exists()
    page = desk.get(answer.url)
    assert "Closed. Nobody had booked that time." in page.text
    assert "Sat 6 Feb 2027" in page.text


def test_a_button_that_is_pressed_twice_closes_once(desk, gym, venue):
    close(desk, venue, gym[1])

    answer = close(desk, venue, gym[1], spaces=[gym[1].pk])

    assert answer.url == f"/manage/venues/{venue.pk}/closures/"
    assert "Just this has been closed already." in desk.get(answer.url).text
    assert Closure.objects.count() == 1
    close(desk, venue, gym[2])
    close(desk, venue, gym[1], first="2027-02-07")
    assert Closure.objects.count() == 3


def test_some_days_are_closed_from_a_time_to_a_time(desk, gym, venue):
    close(desk, venue, gym[1], first="2027-02-05", starts="18:00", last="2027-02-07", ends="12:00")

    closure = Closure.objects.get()
    assert times(closure) == [(hour("18:00", day=date(2027, 2, 5)), hour("12:00", day=date(2027, 2, 7)))]
    assert list(closure.spaces.all()) == [gym[1]]


def test_an_evening_may_end_after_midnight(desk, gym, venue):
    close(desk, venue, gym[1], starts="22:00", ends="02:00")

    assert times(Closure.objects.get()) == [(hour("22:00"), hour("02:00", day=date(2027, 2, 7)))]


def test_weekdays_are_closed_every_week(desk, gym, venue):
    close(
        desk,
        venue,
        gym[0],
        repeats="weekly",
        weekdays=["2", "4"],
        every="1",
        first="2027-02-01",
        until="2027-02-11",
        starts="17:00",
        ends="19:00",
    )

    days = [starts.date() for starts, _ends in times(Closure.objects.get())]
    assert days == [date(2027, 2, day) for day in (2, 4, 9, 11)]
    assert "every week Tue, Thu 17:00–19:00" in desk.get(f"/manage/venues/{venue.pk}/closures/").text.replace(
        "Every", "every"
    )


def test_a_day_is_closed_every_year(desk, gym, venue):
    close(desk, venue, gym[0], repeats="yearly", first="2027-12-06", until="2029-12-31")

    assert [starts.year for starts, _ends in times(Closure.objects.get())] == [2027, 2028, 2029]


def test_a_part_of_a_hall_that_is_closed_is_not_said_again(desk, gym, venue):
    close(desk, venue, *gym)

    assert list(Closure.objects.get().spaces.all()) == [gym[0]]


def test_the_address_may_say_what_and_when(desk, gym, venue):
    address = f"/manage/venues/{venue.pk}/closures/new/?space={gym[1].pk}&first=2027-02-20"

    page = desk.get(address)

    assert f'value="{gym[1].pk}" id="id_spaces_1" checked' in page.text
    assert 'value="2027-02-20"' in page.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"first": ""}, "This field is required."),
        ({"first": "9999-12-31"}, "2199"),
        ({"first": "0001-01-01"}, "1900"),
        ({"first": "2027-01-01"}, "This time is already over."),
        ({"last": "2027-02-01"}, "The end is after the start."),
        ({"reason_fi": ""}, "This field is required."),
        ({"spaces": []}, "Choose what is closed."),
        ({"spaces": ["x"]}, "x"),
        ({"spaces": ["99999999999999999999"]}, "Select a valid choice"),
        ({"repeats": "weekly", "until": "2027-05-31"}, "Choose the weekdays"),
        ({"repeats": "weekly", "weekdays": ["9"], "until": "2027-05-31"}, "9"),
        ({"repeats": "weekly", "weekdays": ["1"]}, "Say until which day"),
        ({"repeats": "yearly", "until": "2027-01-01"}, "The last day is not before the first."),
        ({"repeats": "always"}, "always"),
        ({"repeats": "weekly", "weekdays": ["1"], "every": "0", "until": "2027-05-31"}, "1"),
        ({"last": "2099-01-01"}, "400 days"),
        ({"starts": "25:00"}, "time"),
        ({"starts": "10:00", "ends": "noon"}, "time"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_closed(desk, gym, venue, wrong, sentence):
    answer = close(desk, venue, gym[0], **wrong)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Closure.objects.exists()


def test_all_schools_are_closed_in_one_go(gym, venue):
    other, playpark = create_venue(name_fi="Toinen koulu"), create_venue(kind=Venue.Kind.PLAYPARK)
    elsewhere = create_space(venue=other)
    create_space(venue=playpark)
    city = signed_in(create_user("Katri", is_staff=True))
    address = "/manage/closures/new/?kind=school"

    form = city.get(address).context["form"]
    answer = city.post(address, closing(venues=form.initial["venues"], first="2027-04-18"))

    assert answer.status_code == 302
    assert set(Closure.objects.get().spaces.all()) == {gym[0], elsewhere}


def test_whoever_manages_some_schools_closes_those(desk, gym, venue):
    create_space(venue=create_venue(name_fi="Toinen koulu"))

    page = desk.get("/manage/closures/new/?kind=school")

    assert list(page.context["form"].fields["venues"].queryset) == [venue]
    assert desk.get("/manage/closures/new/?kind=library").status_code == 404
    assert desk.get("/manage/closures/new/?kind=nonsense").status_code == 404
    assert "?kind=school" in desk.get("/manage/closures/new/").text
    assert "?kind=library" not in desk.get("/manage/closures/new/").text


# --- What is closed -------------------------------------------------------------------------------


def test_the_list_says_what_is_closed_now_what_will_be_and_what_was(desk, gym, venue):
    now, past = f"/manage/venues/{venue.pk}/closures/", f"/manage/venues/{venue.pk}/closures/?show=past"
    assert "Nothing is closed, now or later." in desk.get(now).text
    assert "Nothing has been closed." in desk.get(past).text
    before = NOW - timedelta(days=10)
    create_closure(gym[0], NOW - timedelta(days=9), NOW - timedelta(days=8), reason="Eilinen", now=before)
    create_closure(gym[1], NOW + timedelta(days=8), NOW + timedelta(days=9), reason="Huominen")
    create_closure(gym[2], NOW - timedelta(hours=1), NOW + timedelta(hours=1), reason="Nykyinen", now=before)

    page = desk.get(now)

    assert [closure.reason_fi for closure in page.context["page"]] == ["Nykyinen", "Huominen"]
    assert "Closed now" in page.text
    assert [closure.reason_fi for closure in desk.get(past).context["page"]] == ["Eilinen"]


def test_a_long_list_is_paged_and_costs_no_more_statements(desk, gym, venue):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(f"/manage/venues/{venue.pk}/closures/")
        assert page.status_code == 200
        return len(queries)

    for days in range(2):
        create_closure(gym[0], NOW + timedelta(days=days), NOW + timedelta(days=days, hours=1))
    few = statements()
    for days in range(2, 23):
        create_closure(gym[0], NOW + timedelta(days=days), NOW + timedelta(days=days, hours=1))

    assert statements() <= few + 1  # the count is asked only of a page that is full
    assert "1–20 of 23" in desk.get(f"/manage/venues/{venue.pk}/closures/").text


# --- Opening again --------------------------------------------------------------------------------


def test_what_was_closed_is_opened_again(desk, gym, venue):
    close(desk, venue, gym[0])
    closure = Closure.objects.get()

    question = desk.get(f"/manage/closures/{closure.pk}/lift/")
    answer = desk.post(f"/manage/closures/{closure.pk}/lift/", follow=True)

    assert "do not come back" in question.text
    assert "Opened again." in answer.text
    assert not Occupancy.objects.holding().filter(closure=closure).exists()
    assert create_booking(gym[1]).is_live
    assert desk.post(f"/manage/closures/{closure.pk}/lift/").status_code == 404


# --- Whose business it is -------------------------------------------------------------------------


def test_strangers_and_managers_of_other_venues_find_nothing(gym, venue):
    closure = create_closure(gym[0], hour("10:00"), hour("12:00"))
    addresses = [
        f"/manage/venues/{venue.pk}/closures/",
        f"/manage/venues/{venue.pk}/closures/new/",
        f"/manage/closures/{closure.pk}/lift/",
        "/manage/closures/new/?kind=school",
        f"/manage/venues/{venue.pk}/changes/",
        "/manage/changes/",
    ]
    for somebody in (create_user("Aino"), create_manager(create_venue(kind="library"), name="Kaisa")):
        client = signed_in(somebody)
        assert [client.get(address).status_code for address in addresses] == [404] * len(addresses)
        assert close(client, venue, gym[0]).status_code == 404
        assert client.post(f"/manage/closures/{closure.pk}/lift/").status_code == 404
    assert Client().get(addresses[0]).status_code == 302


def test_caretakers_see_what_is_closed_and_change_nothing(gym, venue):
    closure = create_closure(gym[0], hour("10:00"), hour("12:00"))
    caretaker = signed_in(create_manager(venue, name="Pertti", role="caretaker"))

    page = caretaker.get(f"/manage/venues/{venue.pk}/closures/")

    assert "Remontti" in page.text
    assert "closures/new/" not in page.text
    assert "lift/" not in page.text
    assert close(caretaker, venue, gym[0]).status_code == 404
    assert caretaker.post(f"/manage/closures/{closure.pk}/lift/").status_code == 404
    assert caretaker.get(f"/manage/venues/{venue.pk}/changes/").status_code == 200


def test_a_closure_of_several_venues_is_lifted_by_whoever_looks_after_all_of_them(gym, venue):
    other = create_venue(name_fi="Toinen koulu")
    open_daily(other.timetable)
    closure = create_closure(gym[0], hour("10:00"), hour("12:00"))
    closure.spaces.add(create_space(venue=other))
    address = f"/manage/closures/{closure.pk}/lift/"

    assert signed_in(create_manager(venue)).get(address).status_code == 404
    assert signed_in(create_manager(venue, other)).get(address).status_code == 200
    assert signed_in(create_user(is_staff=True)).get(address).status_code == 200


# --- What others see ------------------------------------------------------------------------------


@pytest.mark.parametrize(("public", "told"), [(True, True), (False, False)])
def test_others_read_the_reason_only_if_it_is_public(desk, gym, venue, public, told):
    close(desk, venue, gym[0], first="2027-02-06", is_reason_public="on" if public else "")

    page = Client(headers={"accept-language": "en"}).get(f"/spaces/{gym[0].pk}/?week={MONDAY}")

    assert ("Remontti" in page.text) is told
    assert "Closed" in page.text or told
