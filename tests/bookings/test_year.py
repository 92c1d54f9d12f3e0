"""A venue's year at a glance: what each day shows, and that it says so in words."""

from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.year import Day, Year
from tests.bookings.pages import words
from tests.factories import (
    create_closure,
    create_manager,
    create_space,
    create_user,
    create_venue,
    open_weekly,
)
from venues.clock import at
from venues.models import OpeningException, SchoolPeriod, Space, Timetable

pytestmark = pytest.mark.django_db

SATURDAY = date(2027, 2, 6)


@pytest.fixture
def gym() -> Space:
    """A school's gym, open on weekday evenings in term, closed on public holidays."""
    venue = create_venue()
    open_weekly(
        venue.timetable,
        range(1, 6),
        "17:00",
        "22:00",
        terms="in_term",
        on_holidays="closed",
        open_to=["minors"],
    )
    return create_space(venue=venue)


@pytest.fixture
def spring(gym) -> Space:
    SchoolPeriod.objects.create(
        kind="term", name_fi="Kevätlukukausi", first=date(2027, 1, 7), last=date(2027, 6, 5)
    )
    SchoolPeriod.objects.create(
        kind="break", name_fi="Talviloma", first=date(2027, 2, 22), last=date(2027, 2, 26)
    )
    return gym


def day(gym: Space, wanted: date) -> Day:
    return Year(wanted.year, gym.venue, None, gym.venue.timetable).days[wanted]


@pytest.mark.parametrize(
    ("wanted", "marks", "in_words"),
    [
        (date(2027, 2, 1), ["open", "term"], "17.00–22.00 (vain alaikäisten seuroille); lukukausi"),
        (date(2027, 2, 6), ["closed", "term"], "suljettu; lukukausi"),
        (date(2027, 2, 22), ["closed", "break"], "suljettu; koulun loma"),
        (date(2027, 3, 26), ["closed", "holiday", "term"], "suljettu; Pitkäperjantai; lukukausi"),
        (date(2027, 7, 1), ["closed"], "suljettu"),
    ],
)
def test_a_day_says_what_it_is(spring, wanted, marks, in_words):
    assert day(spring, wanted).marks == marks
    assert day(spring, wanted).in_words == in_words


def test_a_day_that_is_different_is_marked_open_or_closed(spring):
    timetable = spring.venue.timetable
    OpeningException.objects.create(timetable=timetable, date=date(2027, 2, 1))
    OpeningException.objects.create(timetable=timetable, date=SATURDAY, opens=time(10), closes=time(0))

    assert day(spring, date(2027, 2, 1)).marks == ["closed", "exception", "term"]
    assert day(spring, SATURDAY).marks == ["open", "exception", "term"]
    assert day(spring, SATURDAY).in_words == "10.00–24.00; poikkeusaukiolo; lukukausi"


def test_a_night_is_shown_on_the_day_on_which_it_begins(gym):
    open_weekly(gym.venue.timetable, [6], "22:00", "02:00")

    assert day(gym, SATURDAY).is_open
    assert not day(gym, date(2027, 2, 7)).is_open


def test_open_round_the_clock_is_open_every_day(gym):
    open_weekly(gym.venue.timetable, range(1, 8), "00:00", "00:00")

    days = Year(2028, gym.venue, None, gym.venue.timetable).days

    assert len(days) == 366
    assert all(one.is_open for one in days.values())


def test_a_closure_is_on_each_of_its_days_and_not_on_the_one_after(spring):
    create_closure(spring, at(date(2027, 2, 8), time(12)), at(date(2027, 2, 11)), reason="Lattian lakkaus")

    closed = [day(spring, date(2027, 2, number)).closures != [] for number in range(7, 13)]

    assert closed == [False, True, True, True, False, False]
    assert "sulku: Lattian lakkaus" in day(spring, date(2027, 2, 10)).in_words


def test_a_lifted_closure_closes_nothing(spring):
    closure = create_closure(spring, at(SATURDAY, time(12)), at(SATURDAY, time(14)))
    closure.lifted_at, closure.lifted_by = closure.created_at, closure.created_by
    closure.save()

    assert day(spring, SATURDAY).closures == []


def test_weeks_have_their_iso_numbers_over_new_year(gym):
    months = list(Year(2027, gym.venue, None, gym.venue.timetable).months)

    january, weeks = months[0]
    assert january == date(2027, 1, 1)
    assert [number for number, _ in weeks] == [53, 1, 2, 3, 4]
    assert [one and one.date.day for one in weeks[0][1]] == [None, None, None, None, 1, 2, 3]
    assert sum(one is not None for _, weeks in months for _, days in weeks for one in days) == 365


# --- The page -------------------------------------------------------------------------------------


@pytest.fixture
def page(client, spring):
    client.force_login(create_manager(spring.venue))
    return lambda year=2027, **asked: client.get(
        reverse("bookings:year", args=[spring.venue.pk, year]), asked
    )


def test_page_shows_the_year_and_says_it_in_words(page, spring):
    OpeningException.objects.create(
        timetable=spring.venue.timetable,
        date=SATURDAY,
        opens=time(10),
        closes=time(16),
        reason_fi="Myyjäiset",
    )
    create_closure(spring, at(date(2027, 2, 8)), at(date(2027, 2, 9)), reason="Lattian lakkaus")

    response = page()

    said = words(response)
    assert response.content.decode().count('<table class="month">') == 12
    assert "La 6.2.2027: 10.00–16.00 (Myyjäiset)" in said
    assert "ma 8.2.2027: Lattian lakkaus Liikuntasali" in said
    assert "Kevätlukukausi: to 7.1.2027 – la 5.6.2027" in said
    assert "pe 25.6.2027: Juhannusaatto" in said
    assert (
        reverse("bookings:hours_day", args=[spring.venue.timetable_id, "2027-02-06"])
        in response.content.decode()
    )


def test_page_takes_as_many_statements_whatever_the_year_holds(page, spring):
    create_closure(spring, at(date(2027, 2, 20)), at(date(2027, 2, 22)))
    page()  # whoever is signed in is remembered now
    with CaptureQueriesContext(connection) as few:
        page()
    for number in range(3, 13):
        OpeningException.objects.create(timetable=spring.venue.timetable, date=date(2027, number, 15))
        elsewhere = create_space(venue=spring.venue)
        create_closure(elsewhere, at(date(2027, number, 20)), at(date(2027, number, 22)))

    with CaptureQueriesContext(connection) as many:
        page()

    assert len(many) == len(few)


def test_space_with_hours_of_its_own_has_a_year_of_its_own(page, spring):
    own = Timetable.objects.create()
    studio = create_space(venue=spring.venue, name_fi="Studio", timetable=own)
    open_weekly(own, [7], "10:00", "16:00")
    create_closure(spring, at(date(2027, 2, 8)), at(date(2027, 2, 9)), reason="Lattian lakkaus")

    response = page(space=studio.pk)

    assert response.context["year"].days[date(2027, 2, 7)].is_open
    assert "Lattian lakkaus" not in words(response)
    assert "Studio" in words(page())
    assert page(space=spring.pk).status_code == 404
    assert page(space="x").status_code == 404


@pytest.mark.parametrize("year", [1999, 2100, 99999])
def test_years_far_away_are_not_found(page, year):
    assert page(year).status_code == 404


def test_first_and_last_year_have_one_neighbour(page):
    assert page(2000).status_code == 200
    assert page(2099).status_code == 200


def test_the_year_is_for_the_venues_managers(client, spring):
    address = reverse("bookings:year", args=[spring.venue.pk, 2027])

    assert client.get(address).status_code == 302
    for stranger in (create_user("Aino"), create_manager(create_venue(), name="Muu")):
        client.force_login(stranger)
        assert client.get(address).status_code == 404
