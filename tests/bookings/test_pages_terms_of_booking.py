"""The form asks for what the space's policy needs, says what will happen, and loses nothing."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from bookings import lifecycle
from bookings.models import Booking, Status
from bookings.wishes import Wish
from tests.bookings.pages import press, pressed, words
from tests.factories import (
    NOW,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
    open_weekly,
)
from venues import terms_of_use
from venues.models import Purpose, Terms

pytestmark = pytest.mark.django_db
ANSWERS = {"purpose": "Syntymäpäivät", "attendees": "12"}


@pytest.fixture(autouse=True)
def monday_morning():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def aino():
    return create_user("Aino Virtanen", phone="040 1234567")


@pytest.fixture
def ainos(aino) -> Client:
    client = Client(headers={"accept-language": "fi"})
    client.force_login(aino)
    return client


def form_of(held: Booking) -> str:
    return reverse("bookings:form", args=[held.pk])


def fields_of(page) -> set[str]:
    return set(page.context["form"].fields)


def create_terms(text: str = "Siivoa jälkesi.") -> tuple[Terms, int]:
    terms = Terms.objects.create(name_fi="Salin ehdot")
    return terms, terms_of_use.publish(terms, {"text_fi": text}, now=NOW - timedelta(days=1)).pk


def test_a_space_without_conditions_asks_for_nothing_more(ainos):
    page = ainos.get(form_of(pressed(ainos, create_space())))

    assert fields_of(page) == {"purpose", "attendees", "note"}
    assert "Varaus vahvistuu heti." in words(page)


def test_terms_are_read_on_the_spot_and_accepted_by_a_tick(ainos):
    terms, version = create_terms("Siivoa jälkesi.\n\nVie roskat.")
    held = pressed(ainos, create_space(terms=terms))

    page = ainos.get(form_of(held))
    assert "Siivoa jälkesi." in words(page)
    assert "Hyväksyn: Salin ehdot" in words(page)
    assert not re.search(r'name="accepted_terms"[^>]*checked', page.content.decode())

    refused = ainos.post(form_of(held), ANSWERS)
    assert refused.status_code == 422
    assert "Lue käyttöehdot ja hyväksy ne." in words(refused)

    booked = ainos.post(form_of(held), ANSWERS | {"accepted_terms": version}, follow=True)
    held.refresh_from_db()
    assert (held.status, held.accepted_terms_id) == (Status.CONFIRMED, version)
    assert "Siivoa jälkesi." in words(booked), "What was accepted stays with the booking."


def test_terms_published_while_the_form_was_open_are_read_anew_and_nothing_is_lost(ainos):
    terms, first = create_terms()
    held = pressed(ainos, create_space(terms=terms))
    second = terms_of_use.publish(terms, {"text_fi": "Siivoa ja vie roskat."}, now=NOW)

    page = ainos.post(form_of(held), ANSWERS | {"note": "Tuomme kakun.", "accepted_terms": first})

    assert page.status_code == 409
    assert "Käyttöehdot ovat juuri muuttuneet." in words(page)
    assert "Siivoa ja vie roskat." in words(page)
    assert "Tuomme kakun." in words(page)
    box = re.search(r'<input[^>]*name="accepted_terms"[^>]*>', page.content.decode()).group()
    assert f'value="{second.pk}"' in box
    assert "checked" not in box
    ainos.post(form_of(held), ANSWERS | {"accepted_terms": second.pk})
    held.refresh_from_db()
    assert held.accepted_terms == second


@pytest.mark.parametrize("said", ["", "0", "-1", "on", "9" * 40, "1\0", "1; drop"])
def test_a_tick_that_names_no_version_is_none(ainos, said):
    terms, _version = create_terms()
    held = pressed(ainos, create_space(terms=terms))

    assert ainos.post(form_of(held), ANSWERS | {"accepted_terms": said}).status_code == 422


def test_an_adult_in_charge_is_asked_for_with_oneself_proposed(ainos):
    held = pressed(ainos, create_space(needs_adult=True))

    page = ainos.get(form_of(held))
    assert page.context["form"]["adult_name"].value() == "Aino Virtanen"
    assert page.context["form"]["adult_phone"].value() == "040 1234567"
    assert ainos.post(form_of(held), ANSWERS | {"adult_name": "Elli", "adult_phone": ""}).status_code == 422

    page = ainos.post(form_of(held), ANSWERS | {"adult_name": "Elli", "adult_phone": "050 1"}, follow=True)
    held.refresh_from_db()
    assert (held.adult_name, held.adult_phone) == ("Elli", "050 1")
    assert "Elli, 050 1" in words(page)


def test_a_date_of_birth_is_asked_for_once(ainos, aino):
    room = create_space(min_age=18)
    held = pressed(ainos, room)
    assert "born_on" in fields_of(ainos.get(form_of(held)))

    ainos.post(form_of(held), ANSWERS | {"born_on": "1980-02-29"})

    held.refresh_from_db()
    aino.refresh_from_db()
    assert (held.status, aino.born_on) == (Status.CONFIRMED, date(1980, 2, 29))
    assert "born_on" not in fields_of(ainos.get(form_of(pressed(ainos, room, "14:00", "15:00"))))


@pytest.mark.parametrize(
    "said", ["", "eilen", "2027-02-02", "1899-12-31", "1980-02-30", "80-1-1", "0001-01-01"]
)
def test_a_date_on_which_nobody_was_born_is_told_at_its_field(ainos, aino, said):
    held = pressed(ainos, create_space(min_age=18))

    page = ainos.post(form_of(held), ANSWERS | {"born_on": said})

    aino.refresh_from_db()
    assert (page.status_code, aino.born_on) == (422, None)
    assert page.context["form"].errors["born_on"]


def test_whoever_is_too_young_is_told_so_and_books_nothing(ainos):
    held = pressed(ainos, create_space(min_age=18))

    page = ainos.post(form_of(held), ANSWERS | {"born_on": "2012-05-05"})

    assert page.status_code == 409
    assert "Varaajan on oltava varauspäivänä vähintään 18-vuotias." in words(page)
    held.refresh_from_db()
    assert held.status == Status.HELD


def test_the_kind_of_use_decides_whether_the_venue_is_asked(ainos):
    party, sports, chess = (
        Purpose.objects.create(code=code, name_fi=name)
        for code, name in [("party", "Juhlat"), ("sports", "Liikunta"), ("chess", "Shakki")]
    )
    room = create_space(approval_purposes=["party"])
    room.purposes.add(sports)
    held = pressed(ainos, room)

    page = ainos.get(form_of(held))
    assert "Toimipiste käsittelee ensin nämä käyttötarkoitukset: juhlat." in words(page)
    assert set(page.context["form"].fields["main_purpose"].queryset) == {party, sports}
    for said in ("", chess.pk, "x"):
        assert ainos.post(form_of(held), ANSWERS | {"main_purpose": said}).status_code == 422

    ainos.post(form_of(held), ANSWERS | {"main_purpose": party.pk})
    held.refresh_from_db()
    assert (held.status, held.main_purpose) == (Status.REQUESTED, party)


def test_a_crowd_is_told_beforehand_that_the_venue_answers(ainos):
    held = pressed(ainos, create_space(approval_above=50))
    page = words(ainos.get(form_of(held)))

    assert "Varaus vahvistuu useimmiten heti." in page
    assert "Toimipiste käsittelee ensin yli 50 hengen varaukset." in page
    assert "Toimipiste vastaa pyyntöösi 7 päivän kuluessa." in page

    ainos.post(form_of(held), ANSWERS | {"attendees": "51"})
    held.refresh_from_db()
    assert held.status == Status.REQUESTED


def test_time_without_staff_is_asked_for_and_the_form_says_so(ainos):
    venue = create_venue()
    open_daily(venue.timetable, "08:00", "16:00")
    open_weekly(venue.timetable, range(1, 8), "16:00", "22:00", is_staffed=False)
    room = create_space(venue=venue, approval_unstaffed=True)

    staffed = words(ainos.get(form_of(pressed(ainos, room, "10:00", "12:00"))))
    unstaffed = words(ainos.get(form_of(pressed(ainos, room, "15:00", "17:00"))))

    assert "Lähetä pyyntö" not in staffed
    assert "Varaus vahvistuu heti." in staffed
    assert "Lähetä pyyntö" in unstaffed
    assert "Paikalla ei ole tähän aikaan henkilökuntaa." in unstaffed


# --- For whom -------------------------------------------------------------------------------------


def test_the_hold_knows_for_whom_and_the_form_has_it_chosen(ainos, aino):
    room, club = create_space(who_may_book=["associations"]), create_organisation(aino)

    assert press(ainos, room).status_code == 409
    address = f"{reverse('bookings:hold', args=[room.pk])}?organisation={club.pk}"
    period = f"{hour('10:00').isoformat()}/{hour('12:00').isoformat()}"
    page = ainos.post(address, {"period": period}, follow=True)

    held = Booking.objects.get(status=Status.HELD)
    assert held.organisation == club
    assert page.context["form"]["organisation"].value() == club.pk
    ainos.post(form_of(held), ANSWERS | {"organisation": club.pk})
    held.refresh_from_db()
    assert (held.status, held.organisation) == (Status.CONFIRMED, club)


def test_changing_for_whom_is_judged_anew_and_loses_nothing(ainos, aino):
    room, club = create_space(who_may_book=["associations"]), create_organisation(aino)
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00"), organisation=club), customer=aino, now=NOW)

    page = ainos.post(form_of(held), ANSWERS | {"organisation": ""})

    assert page.status_code == 409
    assert "Tämä aika on vain näille: yhdistykset ja seurat." in words(page)
    assert "Syntymäpäivät" in page.content.decode()


def test_nobody_keeps_time_for_an_organisation_that_is_not_theirs(ainos):
    club = create_organisation(create_user("Mikael"))
    room = create_space(who_may_book=["associations"])
    period = f"{hour('10:00').isoformat()}/{hour('12:00').isoformat()}"

    for wanted in (club.pk, "x", "9" * 40, "-1"):
        address = f"{reverse('bookings:hold', args=[room.pk])}?organisation={wanted}"
        assert ainos.post(address, {"period": period}).status_code == 409


def test_a_visitor_is_told_that_signing_in_may_help():
    page = press(Client(headers={"accept-language": "fi"}), create_space(who_may_book=["residents"]))

    assert page.status_code == 409
    assert "Jos kuulut heihin, kirjaudu ensin sisään." in words(page)


def test_a_week_that_is_used_up_is_said_with_the_next_one(ainos, aino):
    room = create_space(quota_week=1)
    lifecycle.book(Wish(room, hour("10:00"), hour("11:00")), customer=aino, now=NOW)

    page = press(ainos, room, "14:00", "15:00")

    assert page.status_code == 409
    assert "Seuraava mahdollinen viikko alkaa ma 8.2." in words(page)
