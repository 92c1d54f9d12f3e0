"""What else can be asked of the first page: a month's weekends, every Tuesday, this hall, for whom."""

from datetime import date, timedelta

import pytest

from bookings.models import UnmetWish
from tests.bookings.pages import words
from tests.factories import (
    MONDAY,
    create_booking,
    create_district,
    create_gym,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
    open_weekly,
)
from venues.models import Purpose

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning", "finnish")]
TUESDAY = MONDAY + timedelta(days=1)


def create_room(name: str = "Hilleri", opens: str = "09:00", closes: str = "21:00", **facts):
    venue = create_venue(
        name_fi=name, **{key: facts.pop(key) for key in ("lat", "lon", "point_quality") if key in facts}
    )
    open_daily(venue.timetable, opens, closes)
    return create_space(venue=venue, name_fi="Kerhohuone", **facts)


def found(page) -> list[str]:
    return [result.space.venue.name_fi for result in page.context.get("results", [])]


# --- A month, and its weekdays --------------------------------------------------------------------


def test_any_weekend_in_april(client):
    create_room()

    page = client.get("/", {"when": "month", "month": "2027-04", "weekdays": ["6", "7"]})

    first = page.context["results"][0].times[0].starts_at
    assert first == hour("09:00", day=date(2027, 4, 3))
    assert "la 3.4. 9.00–11.00" in words(page)
    days = {start.date() for start, _end in page.context["found"].page[0].stretches}
    assert len(days) == 8
    assert {day.isoweekday() for day in days} == {6, 7}


def test_this_month_begins_today(client):
    create_room()

    page = client.get("/", {"when": "month", "month": "2027-02"})

    assert page.context["results"][0].times[0].starts_at == hour("09:00", day=MONDAY)


# --- Every week -----------------------------------------------------------------------------------

TUESDAYS = {
    "when": "every",
    "weekdays": "2",
    "begins": "18:00",
    "length": "90",
    "first": "2027-02-02",
    "last": "2027-05-25",
}


def test_every_tuesday_says_on_how_many_dates_it_is_free_and_on_which_not(client):
    room = create_room()
    taken = TUESDAY + timedelta(weeks=2)
    create_booking(room, hour("19:00", day=taken), hour("20:00", day=taken))

    page = client.get("/", TUESDAYS)

    (result,) = page.context["results"]
    assert (result.wanted, result.free) == (17, 16)
    assert result.unfree == [hour("18:00", day=taken)]
    assert "Vapaana 16/17 päivänä" in words(page)
    assert "ti 16.2." in words(page)


def test_it_is_six_in_the_evening_by_the_clock_in_winter_and_in_summer(client):
    create_room(opens="18:00", closes="19:30")

    page = client.get("/", TUESDAYS)

    assert page.context["results"][0].free == 17


def test_what_is_free_most_often_comes_first(client):
    often, seldom = create_room("Usein"), create_room("Harvoin")
    for week in range(3):
        day = TUESDAY + timedelta(weeks=week)
        create_booking(seldom, hour("18:00", day=day), hour("19:30", day=day))
    create_booking(often, hour("18:00", day=TUESDAY), hour("19:30", day=TUESDAY))

    assert found(client.get("/", TUESDAYS)) == ["Usein", "Harvoin"]


@pytest.mark.parametrize(
    ("field", "missing"),
    [
        ("weekdays", {"weekdays": ""}),
        ("begins", {"begins": ""}),
        ("length", {"length": "any"}),
        ("first", {"first": ""}),
        ("last", {"last": ""}),
        ("last", {"last": "2029-01-01"}),
        ("weekdays", {"weekdays": "8"}),
    ],
)
def test_every_week_needs_to_know_when_and_how_long(client, field, missing):
    create_room()

    page = client.get("/", {name: value for name, value in (TUESDAYS | missing).items() if value})

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]


def test_never_free_at_that_time_says_so(client):
    create_room(opens="09:00", closes="12:00")

    page = client.get("/", TUESDAYS)

    assert page.status_code == 200
    assert "Mikään näistä tiloista ei ole vapaana" in words(page)


# --- A hall, and the like of it -------------------------------------------------------------------


def test_any_free_part_of_this_hall(client):
    whole, a, b, _a_and_c = create_gym()
    create_booking(a, "09:00", "21:00")
    create_room("Toisaalla")

    page = client.get(
        "/",
        {
            "hall": whole.pk,
            "when": "dates",
            "first": hour("12:00").date(),
            "time_from": "09:00",
            "time_to": "21:00",
        },
    )

    assert {result.space for result in page.context["results"]} == {b}


def test_this_hall_or_the_like_of_it_nearby_comes_nearest_first(client):
    sports = Purpose.objects.create(code="sports", name_fi="Liikunta")
    point = {"lat": 60.20, "lon": 25.03, "point_quality": "exact"}
    here = create_room("Tässä", **point)
    far = create_room("Kaukana", **point | {"lat": 60.28})
    near = create_room("Lähellä", **point | {"lat": 60.21})
    create_room("Kokouksia varten", **point)
    for space in (here, far, near):
        space.purposes.add(sports)

    page = client.get("/", {"hall": here.pk, "around": "nearby"})

    assert found(page) == ["Tässä", "Lähellä", "Kaukana"]


@pytest.mark.parametrize("hall", ["0", "x", "9" * 40, "-1"])
def test_a_hall_that_is_none_is_an_error_beside_its_field(client, hall):
    page = client.get("/", {"hall": hall})

    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["hall"]


# --- For whom -------------------------------------------------------------------------------------


def test_what_is_offered_depends_on_for_whom_one_looks(client):
    mikael = create_user("Mikael")
    club = create_organisation(mikael, name="Idän Sähly ry")
    club.minors_percent, club.minors_verified_until = 90, date(2027, 12, 31)
    club.save()
    venue = create_venue(name_fi="Koulu")
    open_weekly(venue.timetable, [6, 7], "17:00", "20:00", open_to=["minors"])
    create_space(venue=venue)
    client.force_login(mikael)

    assert found(client.get("/")) == []
    assert found(client.get("/", {"organisation": club.pk})) == ["Koulu"]


def test_the_question_is_drawn_for_the_one_who_asks_as_things_are_now(client):
    """The same address is drawn once, but nobody sees another's clubs, language, or a list that is old."""
    mikael, address = create_user("Mikael"), {"people": 7}
    client.get("/", address)
    club = create_organisation(mikael, name="Idän Sähly ry")
    Purpose.objects.create(code="chess", name_fi="Shakki", name_sv="Schack")

    stranger = client.get("/", address).content.decode()
    client.force_login(mikael)
    member = client.get("/", address).content.decode()
    swedish = client.get("/", address, headers={"accept-language": "sv"}).content.decode()

    assert "Shakki" in stranger
    assert "Idän Sähly" not in stranger
    assert f'<option value="{club.pk}">Idän Sähly ry</option>' in member
    assert "Schack" in swedish


def test_nobody_looks_for_an_organisation_of_others(client):
    club = create_organisation(create_user("Mikael"))
    client.force_login(create_user("Vieras"))
    create_room()

    page = client.get("/", {"organisation": club.pk})

    assert "organisation" not in page.context["form"].fields


def test_free_of_charge_comes_first_if_one_likes(client):
    create_room("Maksullinen", payment="invoice", opens="08:00")
    create_room("Maksuton", opens="10:00")

    assert found(client.get("/", {"order": "price"})) == ["Maksuton", "Maksullinen"]
    assert found(client.get("/")) == ["Maksullinen", "Maksuton"]


# --- Looked for in vain ---------------------------------------------------------------------------


def test_a_wish_that_nothing_meets_is_counted_without_who_had_it(client):
    district = create_district()
    question = {
        "where": "Herttoniemi",
        "when": "dates",
        "first": "2027-02-06",
        "people": "40",
        "part": "evening",
    }

    client.get("/", question)
    client.get("/", question)

    wish = UnmetWish.objects.get()
    assert (wish.count, wish.district, wish.weekday, wish.hour, wish.minutes, wish.people) == (
        2, district, 6, 17, 120, 40,
    )  # fmt: skip


def test_neither_what_was_found_nor_the_first_visit_is_counted(client):
    client.get("/")
    create_room()
    client.get("/", {"people": "2"})

    assert not UnmetWish.objects.exists()


def test_the_city_reads_what_it_lacks_and_nobody_else_does(client):
    create_district()
    client.get("/", {"where": "Herttoniemi", "people": "40"})
    client.force_login(create_user("Stadi", is_staff=True))

    page = client.get("/manage/unmet/")

    assert "Herttoniemi" in words(page)
    client.force_login(create_user("Vieras"))
    assert client.get("/manage/unmet/").status_code == 404
