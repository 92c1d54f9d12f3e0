"""School terms: the city's staff changes them, and the openings that ask for terms follow."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.versions import ChangedMeanwhile
from bookings import school_terms
from tests.bookings.pages import words
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_manager,
    create_space,
    create_user,
    create_venue,
    hour,
    open_weekly,
)
from venues.clock import local
from venues.models import Opening, SchoolPeriod

pytestmark = pytest.mark.django_db

SPRING = {"kind": "term", "name_fi": "Kevätlukukausi", "first": date(2027, 1, 7), "last": date(2027, 6, 5)}
WINTER_BREAK = {
    "kind": "break",
    "name_fi": "Talviloma",
    "first": date(2027, 2, 22),
    "last": date(2027, 2, 26),
}


@pytest.fixture
def gym():
    """A gym that is open on Mondays in term."""
    venue = create_venue()
    open_weekly(venue.timetable, [1], "17:00", "22:00", terms="in_term")
    return create_space(venue=venue)


def mondays() -> list[date]:
    return sorted(local(period.lower).date() for period in Opening.objects.values_list("period", flat=True))


def periods() -> list[tuple[int, str, date, date]]:
    return list(SchoolPeriod.objects.values_list("pk", "name_fi", "first", "last"))


# --- The rule -------------------------------------------------------------------------------------


def test_openings_follow_the_terms(gym):
    assert mondays() == []

    school_terms.change_terms([SchoolPeriod(**SPRING), SchoolPeriod(**WINTER_BREAK)], now=NOW)

    assert mondays()[0] == MONDAY
    assert MONDAY + timedelta(weeks=3) not in mondays()
    assert mondays()[-1] == date(2027, 5, 31)


def test_what_is_not_said_again_is_gone_and_the_rest_keeps_its_id(gym):
    school_terms.change_terms([SchoolPeriod(**SPRING), SchoolPeriod(**WINTER_BREAK)], now=NOW)
    spring = SchoolPeriod.objects.get(kind="term")
    spring.last = date(2027, 2, 7)

    school_terms.change_terms([spring], now=NOW)

    assert periods() == [(spring.pk, "Kevätlukukausi", date(2027, 1, 7), date(2027, 2, 7))]
    assert mondays() == [MONDAY]


def test_what_was_before_can_be_said_again(gym):
    school_terms.change_terms([SchoolPeriod(**SPRING), SchoolPeriod(**WINTER_BREAK)], now=NOW)
    before, opened = list(SchoolPeriod.objects.all()), mondays()
    told = periods()
    school_terms.change_terms([], now=NOW)
    assert mondays() == []

    school_terms.change_terms(before, now=NOW)

    assert (periods(), mondays()) == (told, opened)


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(gym):
    seen = school_terms.version([])
    school_terms.change_terms([SchoolPeriod(**SPRING)], now=NOW)

    with pytest.raises(ChangedMeanwhile):
        school_terms.change_terms([SchoolPeriod(**WINTER_BREAK)], now=NOW, seen=seen)

    assert [name for _, name, _, _ in periods()] == ["Kevätlukukausi"]


def test_halls_concerned_are_those_of_venues_where_something_asks_for_terms(gym):
    without_terms = create_space()
    beside = create_space(venue=gym.venue)

    assert school_terms.hall_ids() == {gym.pk, beside.pk}
    assert without_terms.pk not in school_terms.hall_ids()


def test_terms_are_known_until_the_last_one_ends():
    assert school_terms.known_until() is None

    SchoolPeriod.objects.create(**SPRING)
    SchoolPeriod.objects.create(**WINTER_BREAK)

    assert school_terms.known_until() == date(2027, 6, 5)


# --- The pages ------------------------------------------------------------------------------------


@pytest.fixture
def office(client):
    """Signed in as the city's own staff, on a quiet Monday."""
    with time_machine.travel(NOW):
        client.force_login(create_user("Kerttu", is_staff=True))
        yield client


def posted(**facts) -> dict[str, str]:
    return {name: str(value) for name, value in (SPRING | facts).items()}


def test_page_lists_terms_by_school_year_and_says_until_when_they_are_known(office, gym):
    SchoolPeriod.objects.create(**SPRING)
    SchoolPeriod.objects.create(**WINTER_BREAK | {"is_demo": True})

    said = words(office.get(reverse("bookings:school_terms")))

    assert "Lukukaudet tiedetään la 5.6.2027 asti" in said
    assert "Lukuvuosi 2026–2027" in said
    assert "ma 22.2.2027" in said
    assert "(esittelyaineistoa)" in said
    assert "1 paikan aukioloajat noudattavat" in said


def test_page_warns_when_bookings_can_be_made_past_the_last_term(office, gym):
    assert "Lukukausia ei tiedetä vielä" in words(office.get(reverse("bookings:school_terms")))


def test_term_is_added(office, gym):
    response = office.post(reverse("bookings:new_school_term"), posted())

    assert response.status_code == 302
    assert [row[1:] for row in periods()] == [("Kevätlukukausi", date(2027, 1, 7), date(2027, 6, 5))]
    assert mondays()[0] == MONDAY


def test_term_is_changed_and_is_no_longer_demo_data(office, gym):
    term = SchoolPeriod.objects.create(**SPRING, is_demo=True)
    address = reverse("bookings:school_term", args=[term.pk])
    version = office.get(address).context["form"]["version"].value()

    response = office.post(address, posted(last="2027-02-07", version=version))

    assert response.status_code == 302
    term.refresh_from_db()
    assert (term.last, term.is_demo) == (date(2027, 2, 7), False)
    assert mondays() == [MONDAY]


def test_term_that_ends_before_it_begins_is_refused_at_its_field(office):
    response = office.post(reverse("bookings:new_school_term"), posted(last="2027-01-01"))

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"last"}
    assert periods() == []


def test_term_that_somebody_else_saved_meanwhile_is_shown_first(office):
    term = SchoolPeriod.objects.create(**SPRING)
    address = reverse("bookings:school_term", args=[term.pk])
    version = office.get(address).context["form"]["version"].value()
    SchoolPeriod.objects.update(last=date(2027, 6, 4))

    response = office.post(address, posted(last="2027-06-06", version=version))

    assert response.status_code == 409
    term.refresh_from_db()
    assert term.last == date(2027, 6, 4)


def test_term_is_removed(office, gym):
    term = SchoolPeriod.objects.create(**SPRING)

    response = office.post(reverse("bookings:remove_school_term", args=[term.pk]))

    assert response.status_code == 302
    assert periods() == []


def test_page_shows_whom_a_change_hits_before_it_is_made(office, gym):
    school_terms.change_terms([SchoolPeriod(**SPRING)], now=NOW)
    evening = [hour(clock, day=MONDAY + timedelta(days=7)) for clock in ("17:00", "18:00")]
    create_booking(gym, *evening, customer=create_user("Mikael Lindholm"))

    response = office.post(
        reverse("bookings:new_school_term"), posted(**WINTER_BREAK | {"first": "2027-02-08"})
    )

    assert response.status_code == 200
    assert "Mikael Lindholm" in words(response)
    assert [name for _, name, _, _ in periods()] == ["Kevätlukukausi"]


@pytest.mark.parametrize("page", ["school_terms", "new_school_term", "school_term", "remove_school_term"])
def test_terms_are_the_city_staffs_only(client, gym, page):
    term = SchoolPeriod.objects.create(**SPRING)
    address = reverse(
        f"bookings:{page}", args=[term.pk] if page in {"school_term", "remove_school_term"} else []
    )
    ask = client.post if page == "remove_school_term" else client.get

    assert ask(address).status_code == 302  # to sign in
    for stranger in (create_user("Aino"), create_manager(gym.venue)):
        client.force_login(stranger)
        assert ask(address).status_code == 404
    assert len(periods()) == 1
