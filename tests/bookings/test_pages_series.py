"""A club asks for its season on the pages: the question, the dates with their verdicts, and booking them."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Occupancy, Series
from tests.bookings.pages import signed_in, words
from tests.bookings.season_pages import TUESDAY, book, booked, look, take, turns
from tests.factories import (
    create_closure,
    create_user,
    hour,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


# --- The question ---------------------------------------------------------------------------------


def test_the_space_leads_to_a_season(desktop, half):
    page = desktop.get(reverse("bookings:space", args=[half.pk]))
    assert f"/series/new/?space={half.pk}" in page.text

    form = desktop.get(f"/series/new/?space={half.pk}")

    assert form.status_code == 200
    assert form.context["details"] is None
    assert "Book a season" in form.text


def test_it_is_said_for_whom(desktop, half, club):
    page = look(desktop, half, organisation=club.pk)

    assert "Idän Sähly ry" in words(page)
    assert page.context["turns"].asked.organisation == club


def test_whoever_has_no_organisation_books_for_herself(half):
    page = look(signed_in(create_user("Aino")), half)

    assert "for yourself, Aino" in words(page)


def test_an_organisation_of_others_cannot_be_chosen(half, club):
    page = look(signed_in(create_user("Aino")), half, organisation=club.pk)

    assert page.context["turns"].asked.organisation is None


def test_what_is_missing_is_told_with_nothing_lost(desktop, half):
    answer = desktop.post(reverse("bookings:new_series"), turns(half, weekdays=[], ends=""))

    assert answer.status_code == 422
    assert "Choose the weekdays on which it comes again." in words(answer)
    assert 'value="18:00"' in answer.text


def test_while_something_is_missing_nobody_is_interrupted(desktop, half):
    htmx = {"HX-Request": "true"}
    answer = desktop.post(reverse("bookings:new_series"), turns(half, ends=""), headers=htmx)

    assert answer.status_code == 200
    assert "errorlist" not in answer.text.split('id="season"')[1]


def test_a_season_ends_with_its_last_day(desktop, half):
    page = look(desktop, half, until="season", last_on="")

    assert page.context["turns"].asked.last_on == date(2027, 6, 1)
    assert "2 Feb 2027" in words(page) or "02/02/2027" in words(page)


def test_longer_than_a_season_is_told_at_the_last_day(desktop, half):
    page = look(desktop, half, last_on="2027-09-07")

    assert page.status_code == 422
    assert "A series lasts for a season at most" in str(page.context["turns"].errors["last_on"])


def test_so_many_times(desktop, half):
    page = look(desktop, half, until="count", last_on="", count="3")

    assert (page.context["free"], page.context["wanted"]) == (3, 3)


@pytest.mark.parametrize("wanted", ["", "x", "9" * 30, "0"])
def test_a_space_that_is_not_there(desktop, wanted):
    assert desktop.get("/series/new/", {"space": wanted}).status_code == 404


def test_a_visitor_signs_in_first(client, half):
    answer = client.get(f"/series/new/?space={half.pk}")

    assert answer.status_code == 302
    assert "next=" in answer.url


# --- The ledger -----------------------------------------------------------------------------------


def test_every_date_has_its_verdict(desktop, half):
    take(half, TUESDAY + timedelta(weeks=2))
    create_closure(half, hour("00:00", day=date(2027, 3, 2)), hour("00:00", day=date(2027, 3, 3)))

    page = look(desktop, half)

    assert "8 / 10 free" in words(page)
    assert "Every Tuesday" in words(page)
    states = [line.state for _month, lines in page.context["months"] for line in lines]
    assert states == ["free", "free", "unfree", "free", "unfree", *["free"] * 5]
    assert "Remontti" in words(page)


def test_holidays_are_left_out_and_not_counted(desktop, half):
    page = look(desktop, half, weekdays=["1"], first_on="2027-03-22", last_on="2027-04-05")

    assert "2 / 2 free" in words(page)
    assert "1 date is left out" in words(page)


def test_instead_of_a_taken_date_other_parts_and_times_are_offered(desktop, half, gym):
    taken = TUESDAY + timedelta(weeks=2)
    take(half, taken)

    page = look(desktop, half)

    (line,) = page.context["unfree"]
    assert line.is_skipped
    assert "Lohko B" in [choice.place for choice in line.choices]
    assert any(choice.place == "" for choice in line.choices)


def test_what_was_chosen_stays_chosen_when_the_question_changes(desktop, half):
    take(half, TUESDAY + timedelta(weeks=2))
    (line,) = look(desktop, half).context["unfree"]
    sent = turns(half, last_on="2027-03-30") | {line.name: line.choices[0].value, "seen": "earlier"}

    page = desktop.post(reverse("bookings:new_series"), sent | {"show": "1", "purpose": "Salibandy"})

    (line,) = page.context["unfree"]
    assert line.choices[0].is_chosen
    assert 'value="Salibandy"' in page.text


def test_nothing_free_is_no_dead_end(desktop, half, gym):
    for week in range(3):
        take(gym[0], TUESDAY + timedelta(weeks=week), "17:00", "21:00")

    page = look(desktop, half, until="count", last_on="", count="3")

    assert "0 / 3 free" in words(page)
    assert "when=every" in page.context["search_url"]


def test_the_address_holds_the_question_and_nothing_personal(desktop, half):
    sent = turns(half) | {"purpose": "Salibandy", "note": "Soita", "seen": ""}

    answer = desktop.post(reverse("bookings:new_series"), sent, headers={"HX-Request": "true"})

    address = answer["HX-Push-Url"]
    assert "Salibandy" not in address
    assert "Soita" not in address
    assert desktop.get(address).context["turns"].asked.starts.hour == 18


def test_more_dates_ask_the_database_no_more(desktop, half):
    for week in range(0, 16, 3):
        take(half, TUESDAY + timedelta(weeks=week))
    look(desktop, half)

    with CaptureQueriesContext(connection) as few:
        look(desktop, half, last_on=(TUESDAY + timedelta(weeks=4)).isoformat())
    with CaptureQueriesContext(connection) as many:
        look(desktop, half, last_on=(TUESDAY + timedelta(weeks=16)).isoformat())

    assert len(many) == len(few)


def test_one_press_takes_the_same_part_for_all(desktop, half, gym):
    for week in (2, 5):
        take(half, TUESDAY + timedelta(weeks=week))
    assert (gym[2], 2) in look(desktop, half).context["for_all"]

    sent = turns(half) | {"seen": "", "instead": gym[2].pk}
    page = desktop.post(reverse("bookings:new_series"), sent)

    assert all(not line.is_skipped for line in page.context["unfree"])


# --- Booking it -----------------------------------------------------------------------------------


def test_a_season_is_booked_and_what_came_of_it_is_told(desktop, half, club):
    missed = TUESDAY + timedelta(weeks=2)
    take(half, missed)

    series = booked(desktop, half, organisation=club.pk)

    page = desktop.get(reverse("bookings:series_booked", args=[series.pk]))
    assert "9 dates booked" in words(page)
    assert "1 date was not to be had" in words(page)
    assert "This time is already taken" in words(page)
    assert "Idän Sähly ry" in words(page)
    assert series.bookings.get().purpose == "Salibandy"


def test_what_was_left_out_is_not_called_missed(desktop, half):
    series = booked(desktop, half, weekdays=["1"], first_on="2027-03-22", last_on="2027-04-05")

    page = desktop.get(reverse("bookings:series_booked", args=[series.pk]))

    assert page.context["missed"] == []
    assert "Easter Monday" in words(desktop.get(reverse("bookings:series", args=[series.pk])))


def test_another_part_is_booked_instead(desktop, half, gym):
    take(half, TUESDAY + timedelta(weeks=2))
    (line,) = look(desktop, half).context["unfree"]
    other = next(choice for choice in line.choices if choice.place == "Lohko B")

    series = booked(desktop, half, **{line.name: other.value})

    assert {booking.space for booking in series.bookings.all()} == {gym[1], gym[2]}
    assert Occupancy.objects.filter(booking__series=series).count() == 10


def test_all_or_none_books_nothing_and_keeps_what_was_written(desktop, half):
    take(half, TUESDAY + timedelta(weeks=2))

    answer = book(desktop, half, mode="all", note="Tulemme bussilla")

    assert answer.status_code == 409
    assert "you wanted all or none" in words(answer)
    assert "Tulemme bussilla" in answer.text
    assert not Series.objects.exists()


def test_what_is_missing_in_the_details_is_told_with_the_dates(desktop, half):
    answer = book(desktop, half, purpose="")

    assert answer.status_code == 422
    assert "10 / 10 free" in words(answer)
    assert not Series.objects.exists()


def test_dates_that_were_not_seen_are_not_booked(desktop, half):
    answer = book(desktop, half, seen=turns(half), starts="17:00")

    assert "Here they are now: nothing has been booked yet." in words(answer)
    assert not Series.objects.exists()
    assert 'value="Salibandy"' in answer.text


def test_a_button_pressed_twice_books_once(desktop, half):
    series = booked(desktop, half)

    answer = book(desktop, half)

    assert answer.status_code == 409
    assert list(Series.objects.all()) == [series]


@pytest.mark.parametrize(
    "value", ["x/2027", "1", "/", "9" * 30 + "/2027-02-02T18:00:00Z/2027-02-02T19:00:00Z"]
)
def test_a_choice_that_none_of_us_offered(desktop, half, value):
    answer = book(desktop, half, **{"turn-2027-02-02T16:00:00+00:00": value})

    assert answer.status_code == 400


def test_the_same_as_last_season_fills_the_form(desktop, half, club):
    series = booked(desktop, half, organisation=club.pk)

    offered = desktop.get(f"/series/new/?space={half.pk}").context["earlier"]
    answer = desktop.get(offered[0]["url"], follow=True)

    asked = answer.context["turns"].asked
    assert offered[0]["series"] == series
    assert (asked.organisation, asked.space, asked.starts.hour) == (club, half, 18)
    assert asked.first_on > series.last_on
    assert 'value="Salibandy"' in answer.text


def test_somebody_elses_season_cannot_be_had_again(desktop, half):
    series = booked(desktop, half)

    assert signed_in(create_user("Aino")).get(f"/series/new/?again={series.pk}").status_code == 404
