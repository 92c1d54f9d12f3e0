"""The first page: what is free, where and when; and what there is instead of nothing."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bookings.pages import words
from tests.factories import (
    MONDAY,
    create_booking,
    create_district,
    create_space,
    create_venue,
    hour,
    open_daily,
)
from venues.models import Purpose, Space, Venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning", "finnish")]
SATURDAY = MONDAY + timedelta(days=5)


def create_place(
    name: str, *, opens: str = "09:00", closes: str = "21:00", space: dict | None = None, **facts
) -> Space:
    venue = create_venue(name_fi=name, **facts)
    open_daily(venue.timetable, opens, closes)
    return create_space(venue=venue, **{"name_fi": "Kerhohuone"} | (space or {}))


def found(response) -> list[str]:
    return [result.space.venue.name_fi for result in response.context.get("results", [])]


def test_the_first_visit_already_shows_what_is_free_at_the_weekend(client):
    create_place("Leikkipuisto Hilleri")

    page = client.get("/")

    assert found(page) == ["Leikkipuisto Hilleri"]
    assert "1 tila vapaana la 6.2. – su 7.2., 8.00–22.00" in words(page)
    assert "la 6.2. 9.00–11.00" in words(page)


def test_a_card_shows_the_first_times_and_how_many_more(client):
    create_place("Leikkipuisto Hilleri")

    page = client.get("/", {"when": "dates", "first": SATURDAY, "length": "120"})

    (result,) = page.context["results"]
    assert [time.starts_at for time in result.times] == [hour("09:00"), hour("11:00"), hour("13:00")]
    assert result.more == 3


def test_what_somebody_holds_is_not_offered(client):
    space = create_place("Leikkipuisto Hilleri", closes="13:00")
    create_booking(space, "09:00", "11:00")

    page = client.get("/", {"when": "dates", "first": SATURDAY})

    assert [time.starts_at for time in page.context["results"][0].times] == [hour("11:00")]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ({"where": "hertto"}, ["Herttoniemen koulu"]),
        ({"where": "ÄYRÄPÄÄN"}, ["Äyräpään leikkipuisto"]),
        ({"where": "leikkipuisto äyräpää"}, ["Äyräpään leikkipuisto"]),
        ({"where": "hertonäs"}, ["Herttoniemen koulu"]),
        ({"where": "00800"}, ["Herttoniemen koulu"]),
        ({"where": "100%"}, []),
        ({"kind": "playpark"}, ["Äyräpään leikkipuisto"]),
        ({"what": "sports"}, ["Herttoniemen koulu"]),
        ({"people": "50"}, ["Herttoniemen koulu"]),
        ({"step_free": "on"}, ["Äyräpään leikkipuisto"]),
        ({"length": "300"}, ["Herttoniemen koulu"]),
    ],
)
def test_conditions_leave_what_meets_them(client, question, names):
    school = create_place(
        "Herttoniemen koulu",
        district=create_district(),
        postcode="00800",
        space={"capacity": 60},
    )
    school.purposes.add(Purpose.objects.create(code="sports", name_fi="Liikunta"))
    create_place(
        "Äyräpään leikkipuisto",
        kind=Venue.Kind.PLAYPARK,
        space={"capacity": 20, "is_step_free": True, "max_minutes": 240},
    )

    assert found(client.get("/", question)) == names


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ({"when": "today"}, [MONDAY]),
        ({"when": "tomorrow"}, [MONDAY + timedelta(days=1)]),
        ({"when": "weekend"}, [SATURDAY, SATURDAY + timedelta(days=1)]),
        ({"when": "dates", "first": MONDAY + timedelta(days=9)}, [MONDAY + timedelta(days=9)]),
    ],
)
def test_when(client, when, days):
    create_place("Leikkipuisto Hilleri", opens="17:00", closes="19:00")

    page = client.get("/", when)

    times = page.context["results"][0].times
    assert [time.starts_at for time in times] == [hour("17:00", day=day) for day in days]


def test_an_evening_and_hours_of_ones_own(client):
    create_place("Leikkipuisto Hilleri")

    evening = client.get("/", {"when": "today", "part": "evening"})
    own = client.get("/", {"when": "today", "time_from": "10:00", "time_to": "12:30"})

    assert evening.context["results"][0].times[0].starts_at == hour("17:00", day=MONDAY)
    assert [time.starts_at for time in own.context["results"][0].times] == [hour("10:00", day=MONDAY)]


def test_sunday_evening_looks_at_what_is_left_of_the_weekend(client):
    create_place("Leikkipuisto Hilleri")

    with time_machine.travel(hour("18:00", day=SATURDAY + timedelta(days=1)), tick=False):
        page = client.get("/")

    assert page.context["results"][0].times[0].starts_at == hour("18:00", day=SATURDAY + timedelta(days=1))


# --- Near ---------------------------------------------------------------------------------------


def test_the_nearest_come_first_and_places_without_a_point_last_with_the_reason(client):
    create_place("Kaukana", lat=60.30, lon=25.03, point_quality="exact")
    create_place("Ei kartalla")
    create_place("Lähellä", lat=60.201, lon=25.03, point_quality="approximate")

    page = client.get("/", {"near": "60.200,25.030"})

    assert found(page) == ["Lähellä", "Kaukana", "Ei kartalla"]
    assert "sijaintia ei tiedetä, siksi viimeisenä" in words(page)
    assert "100 m" in words(page)


def test_only_known_points_are_pins_and_rough_ones_are_marked(client):
    create_place("Tarkka", lat=60.30, lon=25.03, point_quality="exact")
    create_place("Ei kartalla")
    create_place("Suunnilleen", lat=60.201, lon=25.03, point_quality="approximate")

    html = client.get("/").content.decode()

    assert html.count("data-lat=") == 2
    assert html.count("data-near>") == 1


def test_a_district_is_a_place_to_be_near(client):
    herttoniemi = create_district()
    create_place("Reunalla", district=herttoniemi, lat=60.21, lon=25.03, point_quality="exact")
    create_place("Keskellä", district=herttoniemi, lat=60.20, lon=25.03, point_quality="exact")
    create_place("Toisella puolella", district=herttoniemi, lat=60.188, lon=25.03, point_quality="exact")

    page = client.get("/", {"where": "herttoniemi", "order": "distance"})

    assert found(page)[0] == "Keskellä"


# --- Pages of results -----------------------------------------------------------------------------


def test_a_long_answer_comes_in_pages_with_its_true_total(client):
    for number in range(21):
        create_place(f"Paikka {number}")

    first, second = client.get("/"), client.get("/", {"page": "2"})

    assert (len(found(first)), len(found(second))) == (20, 1)
    assert first.context["found"].total == second.context["found"].total == 21


def test_a_page_past_the_last_leads_to_the_last(client):
    create_place("Leikkipuisto Hilleri")

    response = client.get("/", {"page": "7", "where": "hilleri"})

    assert response.status_code == 302
    assert found(client.get(response.url)) == ["Leikkipuisto Hilleri"]


def test_the_answer_is_one_statement_and_its_description_a_few_however_many_there_are(client):
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/").status_code == 200
        return len(queries)

    create_place("Paikka 0")
    few = statements()
    for number in range(1, 25):
        create_place(f"Paikka {number}")

    assert statements() == few <= 5


# --- Nothing found --------------------------------------------------------------------------------


def test_nothing_free_here_says_what_is_free_elsewhere_and_later(client):
    taken = create_place("Herttoniemen koulu", opens="10:00", closes="12:00", district=create_district())
    create_booking(taken, "10:00", "12:00")
    create_place("Kulosaaren koulu")

    page = client.get("/", {"where": "Herttoniemi", "when": "dates", "first": SATURDAY})

    assert "Kaikki tällaiset tilat ovat silloin varattuja tai suljettuja." in words(page)
    instead = page.context["instead"]
    assert [(offer.space.venue.name_fi, offer.starts_at) for offer in instead.nearby] == [
        ("Kulosaaren koulu", hour("09:00"))
    ]
    assert [offer.starts_at for offer in instead.later] == [hour("10:00", day=SATURDAY + timedelta(days=7))]


def test_too_many_people_are_told_how_many_fit_and_where(client):
    create_place("Herttoniemen koulu", space={"capacity": 60})

    page = client.get("/", {"people": "200"})

    assert "Suurimpaan näistä tiloista mahtuu 60 henkilöä." in words(page)
    assert [offer.space.venue.name_fi for offer in page.context["instead"].smaller] == ["Herttoniemen koulu"]


def test_a_place_that_nobody_knows_is_said_to_be_so(client):
    create_place("Leikkipuisto Hilleri")

    page = client.get("/", {"where": "qwerty"})

    assert "Tällaista tilaa ei ole." in words(page)
    assert [offer.space.venue.name_fi for offer in page.context["instead"].nearby] == ["Leikkipuisto Hilleri"]


def test_an_empty_city_says_so(client):
    assert "Ei vapaita tiloja" in words(client.get("/"))


# --- Questions that make no sense ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "question"),
    [
        ("what", {"what": "alchemy"}),
        ("where", {"where": "x" * 101}),
        ("where", {"where": "a\0b"}),
        ("where", {"near": "here"}),
        ("where", {"near": "nan,nan"}),
        ("where", {"near": "1e400,2"}),
        ("when", {"when": "never"}),
        ("first", {"when": "dates"}),
        ("first", {"when": "dates", "first": "2026-13-45"}),
        ("first", {"when": "dates", "first": "2020-01-01"}),
        ("first", {"when": "dates", "first": "9999-12-31"}),
        ("last", {"when": "dates", "first": "2027-02-10", "last": "2027-02-09"}),
        ("last", {"when": "dates", "first": "2027-02-10", "last": "2027-12-09"}),
        ("time_to", {"time_from": "18:00", "time_to": "10:00"}),
        ("time_from", {"time_from": "25:00"}),
        ("length", {"length": "17"}),
        ("length", {"part": "morning", "length": "480"}),
        ("people", {"people": "-4"}),
        ("people", {"people": "9" * 40}),
        ("kind", {"kind": "zoo"}),
        ("order", {"order": "beauty"}),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_beside_its_field(client, field, question):
    create_place("Leikkipuisto Hilleri")

    page = client.get("/", question)

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "²", ""])
def test_odd_page_numbers_are_no_error(client, page):
    create_place("Leikkipuisto Hilleri")

    assert client.get("/", {"page": page}, follow=True).status_code == 200


@pytest.mark.parametrize("where", ["[", "\\", "a|b", "(x", "ß", "İ", "'; drop table", "%s", "{x}"])
def test_signs_that_mean_something_to_a_database_are_only_signs(client, where):
    assert client.get("/", {"where": where}).status_code == 200
