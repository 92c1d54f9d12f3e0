"""A club asks for its season on the pages: the dates and their verdicts, and what becomes of them."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Organisation, User
from bookings.models import Booking, Occupancy, Series
from tests.bookings.pages import signed_in, words
from tests.factories import (
    create_booking,
    create_closure,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    hour,
    say_policy,
)
from venues.clock import local
from venues.models import Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

TUESDAY = date(2027, 2, 2)


@pytest.fixture
def mikael() -> User:
    return create_user("Mikael")


@pytest.fixture
def club(mikael) -> Organisation:
    return create_organisation(mikael, name="Idän Sähly ry", role="owner")


@pytest.fixture
def desktop(mikael, club) -> Client:
    return signed_in(mikael)


@pytest.fixture
def half(gym) -> Space:
    """Half a gym, free all week."""
    for space in gym:
        say_policy(space, approval="instant")
    return Space.objects.with_place().get(pk=gym[1].pk)


def turns(space: Space, **facts) -> dict:
    """What the question sends: by default ten Tuesday evenings."""
    return {
        "space": space.pk,
        "weekdays": ["2"],
        "starts": "18:00",
        "ends": "19:30",
        "every_weeks": "1",
        "first_on": TUESDAY.isoformat(),
        "until": "day",
        "last_on": (TUESDAY + timedelta(weeks=9)).isoformat(),
        "without_holidays": "on",
    } | facts


def look(desktop: Client, space: Space, **facts):
    return desktop.get(reverse("bookings:new_series"), turns(space, **facts))


def book(desktop: Client, space: Space, *, seen: dict | None = None, **facts):
    """Look at the dates and press the main button."""
    asked = turns(space, **facts)
    shown = desktop.get(reverse("bookings:new_series"), seen or asked)
    details = {"purpose": "Salibandy", "attendees": "15"} | facts
    sent = asked | details | {"book": "1", "seen": shown.context["turns"].query()}
    return desktop.post(reverse("bookings:new_series"), sent)


def booked(desktop: Client, space: Space, **facts) -> Series:
    answer = book(desktop, space, **facts)
    assert answer.status_code == 302, words(answer)
    return Series.objects.latest("pk")


def take(space: Space, day: date, start: str = "18:00", end: str = "20:00") -> Booking:
    return create_booking(space, hour(start, day=day), hour(end, day=day))


def name_of(day: date) -> str:
    return f"turn-{hour('18:00', day=day).astimezone().isoformat()}"


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


# --- Afterwards -----------------------------------------------------------------------------------


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


def test_one_press_takes_the_same_part_for_all(desktop, half, gym):
    for week in (2, 5):
        take(half, TUESDAY + timedelta(weeks=week))
    assert (gym[2], 2) in look(desktop, half).context["for_all"]

    sent = turns(half) | {"seen": "", "instead": gym[2].pk}
    page = desktop.post(reverse("bookings:new_series"), sent)

    assert all(not line.is_skipped for line in page.context["unfree"])
