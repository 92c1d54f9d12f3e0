"""What becomes of a season that was booked, on its pages: giving back, making up, changing, and strangers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from bookings.models import Booking, Occupancy, Series
from tests.bookings.pages import signed_in, words
from tests.bookings.season_pages import TUESDAY, booked, take
from tests.factories import (
    create_manager,
    create_space,
    create_user,
    say_policy,
)
from venues.clock import local

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def series(desktop, half, club) -> Series:
    """Ten Tuesdays, of which the third was taken by somebody else."""
    take(half, TUESDAY + timedelta(weeks=2))
    return booked(desktop, half, organisation=club.pk)


def page_of(browser_of: Client, series: Series, name: str = "series", **asked):
    return browser_of.get(reverse(f"bookings:{name}", args=[series.pk]), asked)


def dates(series: Series) -> list[Occupancy]:
    return list(Occupancy.objects.filter(booking__series=series).order_by("starts_at"))


def test_the_next_date_comes_first_and_all_follow_by_month(desktop, series):
    page = page_of(desktop, series)

    assert page.context["next"] == dates(series)[0]
    assert [len(rows) for _month, rows in page.context["months"]] == [4, 5, 1]
    assert "Missed" in words(page)


def test_the_booking_and_my_bookings_lead_to_the_season(desktop, series):
    address = reverse("bookings:series", args=[series.pk])

    assert address in desktop.get(series.bookings.get().get_absolute_url()).text
    assert reverse("bookings:my_series") in desktop.get(reverse("bookings:mine")).text
    assert address in desktop.get(reverse("bookings:my_series")).text


def test_one_date_goes_back_after_its_effect_was_told(desktop, series):
    gone = dates(series)[3]

    asked = page_of(desktop, series, "release_series", date=gone.pk)
    assert "Do you want to give 1 date back?" in words(asked)
    assert "Possible until" in words(asked)
    answer = desktop.post(
        reverse("bookings:release_series", args=[series.pk]), {"date": gone.pk}, follow=True
    )

    assert "1 date was given back." in words(answer)
    gone.refresh_from_db()
    assert gone.released_at is not None
    assert "Given back" in words(answer)


def test_a_range_goes_back(desktop, series):
    asked = page_of(desktop, series, "release_series", first="2027-03-01", last="2027-03-16")

    assert [effect.date.starts_at.day for effect in asked.context["going"]] == [2, 9, 16]


def test_a_range_without_dates_asks_again(desktop, series):
    asked = page_of(desktop, series, "release_series", first="2027-08-01", last="x")

    assert "There is no date of yours to give back among those." in words(asked)


def test_where_single_dates_stay_the_rest_can_go(desktop, series, half):
    say_policy(half, approval="instant", single_dates_go_back=False)

    one = page_of(desktop, series, "release_series", date=dates(series)[3].pk)
    assert "These dates cannot be given back" in words(one)
    assert "only all the rest" in words(one)
    rest = page_of(desktop, series, "release_series", rest="1")
    assert "Nothing is left of this season then." in words(rest)


def test_a_missed_date_that_came_free_is_taken(desktop, series, half):
    rival = Booking.objects.exclude(series=series).get()
    rival.dates.all().delete()
    page = page_of(desktop, series)
    (row,) = page.context["missed"]
    assert row.state == "free-now"

    address = reverse("bookings:take_missed", args=[series.pk])
    answer = desktop.post(address, {"missed": row.missed.pk}, follow=True)

    assert "The date is yours after all." in words(answer)
    assert len(dates(series)) == 10


def test_a_missed_date_that_is_still_taken_stays_missed(desktop, series):
    missed = series.missed.get()

    address = reverse("bookings:take_missed", args=[series.pk])
    answer = desktop.post(address, {"missed": missed.pk}, follow=True)

    assert "This time is already taken" in words(answer)
    assert len(dates(series)) == 9


# --- Those whose it is not ------------------------------------------------------------------------

PAGES = ["series", "series_booked", "change_series", "series_texts", "release_series"]


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_finds_no_such_page(series, name):
    assert page_of(signed_in(create_user("Aino")), series, name).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_a_visitor_is_asked_to_sign_in(client, series, name):
    assert page_of(client, series, name).status_code == 302


def test_a_stranger_does_nothing(series):
    stranger, date = signed_in(create_user("Aino")), dates(series)[0]

    for name, sent in (
        ("release_series", {"date": date.pk}),
        ("take_missed", {"missed": series.missed.get().pk}),
        ("change_series", {}),
        ("series_texts", {"purpose": "Oma juttu"}),
    ):
        assert stranger.post(reverse(f"bookings:{name}", args=[series.pk]), sent).status_code == 404
    date.refresh_from_db()
    assert date.released_at is None


def test_who_only_sees_sees_and_does_nothing(series, club):
    viewer = create_user("Veera")
    club.memberships.create(user=viewer, role="viewer")

    page = page_of(signed_in(viewer), series)

    assert page.status_code == 200
    assert not page.context["can_release"]
    assert page_of(signed_in(viewer), series, "release_series").status_code == 403
    assert page_of(signed_in(viewer), series, "change_series").status_code == 403


def test_a_stranger_sees_no_series_in_the_list(series):
    page = signed_in(create_user("Aino")).get(reverse("bookings:my_series"))

    assert page.context["rows"] == []
    assert "You have no season going on" in words(page)


def test_the_venues_manager_sees_and_gives_back(series, venue):
    onni = signed_in(create_manager(venue))

    assert page_of(onni, series).context["can_release"]
    assert page_of(onni, series, "release_series", date=dates(series)[0].pk).context["going"]


def test_the_manager_of_another_venue_is_a_stranger(series):
    elsewhere = create_manager(create_space().venue)

    assert page_of(signed_in(elsewhere), series).status_code == 404


@pytest.mark.parametrize("name", ["series", "series_booked", "release_series"])
def test_the_pages_ask_no_more_for_more_dates(desktop, half, name):
    few = booked(desktop, half, last_on="2027-02-09")
    many = booked(desktop, half, starts="20:00", ends="21:00", last_on="2027-05-25")
    page_of(desktop, few, name)

    with CaptureQueriesContext(connection) as of_few:
        page_of(desktop, few, name, rest="1")
    with CaptureQueriesContext(connection) as of_many:
        page_of(desktop, many, name, rest="1")

    assert len(of_many) == len(of_few)


def test_the_list_asks_no_more_for_more_series(desktop, half):
    booked(desktop, half, last_on="2027-02-09")
    with CaptureQueriesContext(connection) as few:
        desktop.get(reverse("bookings:my_series"))
    for clock in ("08:00", "10:00", "12:00"):
        booked(desktop, half, starts=clock, ends=clock.replace("00", "30"))

    with CaptureQueriesContext(connection) as many:
        desktop.get(reverse("bookings:my_series"))

    assert len(many) == len(few)


# --- Changing it ----------------------------------------------------------------------------------


def change_to(browser_of: Client, series: Series, **facts):
    """Ask for other times, by default the same; without `press`, to see what becomes of each date."""
    press = facts.pop("press", False)
    series.refresh_from_db()
    asked = {"weekday": "2", "starts": "18:00", "ends": "19:30", "space": series.space_id} | facts
    address = f"{reverse('bookings:change_series', args=[series.pk])}?{urlencode(asked)}"
    return browser_of.post(address, follow=True) if press else browser_of.get(address)


def clocks(series: Series) -> list[str]:
    return [f"{local(date.starts_at):%H:%M}–{local(date.ends_at):%H:%M}" for date in dates(series)]


def test_what_becomes_of_each_date_is_seen_before(desktop, series, half):
    take(half, TUESDAY + timedelta(weeks=4), "16:30", "17:30")

    page = change_to(desktop, series, starts="17:00")

    assert "8 / 9 can be changed" in words(page)
    assert "Stays as it is" in words(page)
    assert set(clocks(series)) == {"18:00–19:30"}


def test_what_was_seen_is_done(desktop, series, half):
    take(half, TUESDAY + timedelta(weeks=4), "16:30", "17:30")

    answer = change_to(desktop, series, starts="17:00", press=True)

    assert "8 dates were changed." in words(answer)
    assert "These stay as they were: Tue 2 Mar" in words(answer)
    assert clocks(series).count("17:00–19:30") == 8
    assert "Every Tuesday 17:00–19:30" in words(answer)


def test_from_a_date_on(desktop, series):
    later = dates(series)[5]

    change_to(desktop, series, since=later.pk, ends="19:00", press=True)

    assert clocks(series) == [*["18:00–19:30"] * 5, *["18:00–19:00"] * 4]


def test_what_was_changed_can_be_changed_back(desktop, series):
    change_to(desktop, series, ends="19:00", press=True)

    change_to(desktop, series, ends="19:30", press=True)

    assert set(clocks(series)) == {"18:00–19:30"}


def test_another_weekday_and_another_part(desktop, series, gym):
    answer = change_to(desktop, series, weekday="3", space=gym[2].pk, press=True)

    assert {local(date.starts_at).isoweekday() for date in dates(series)} == {3}
    assert "Every Wednesday 18:00–19:30" in words(answer)
    assert answer.context["as_it_is"].space == gym[2]


def test_no_change_is_told(desktop, series):
    page = change_to(desktop, series)

    assert page.status_code == 422
    assert "Nothing changes like this." in words(page)


def test_what_cannot_be_had_on_any_date_changes_nothing(desktop, series, half):
    for taken in dates(series):
        take(half, local(taken.starts_at).date(), "16:00", "17:30")

    page = change_to(desktop, series, starts="17:00")

    assert page.status_code == 409
    assert "Nothing has changed." in words(page)


def test_the_words_are_changed(desktop, series):
    address = reverse("bookings:series_texts", args=[series.pk])
    assert 'value="Salibandy"' in desktop.get(address).text

    answer = desktop.post(address, {"purpose": "Salibandy, P13", "note": ""}, follow=True)

    assert "Saved." in words(answer)
    assert series.bookings.get().purpose == "Salibandy, P13"


def test_words_cannot_be_left_out(desktop, series):
    answer = desktop.post(reverse("bookings:series_texts", args=[series.pk]), {"purpose": ""})

    assert answer.status_code == 422
