"""Districts, venues and spaces as programs read them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api import client_of
from tests.factories import create_district, create_gym, create_space, create_user, create_venue
from venues.models import Equipment, Purpose, Space, Venue

pytestmark = pytest.mark.django_db

SPACES, VENUES, DISTRICTS = "/api/v1/spaces/", "/api/v1/venues/", "/api/v1/districts/"


def found(path: str, **query) -> list[int]:
    return [row["id"] for row in client_of().get(path, query).json()["results"]]


def test_a_space_tells_all_that_a_visitor_may_know():
    whole, a, b, a_and_c = create_gym(
        setup_minutes=15, cleanup_minutes=30, capacity=60, supervision="guard", arrival_fi="Ovi B"
    )
    a_and_c.purposes.add(Purpose.objects.create(code="sports", name_fi="Liikunta", name_en="Sports"))
    a_and_c.equipment.add(Equipment.objects.create(code="goals", name_fi="Maalit"))
    Space.objects.filter(pk=a_and_c.pk).update(is_step_free=True, approval="request", demo_facts=["capacity"])

    told = client_of().get(f"{SPACES}{a_and_c.pk}/").json()

    assert told == {
        "id": a_and_c.pk,
        "venue": whole.venue_id,
        "name": {"fi": "Lohkot A ja C", "sv": None, "en": None},
        "description": {"fi": None, "sv": None, "en": None},
        "part_of": whole.pk,
        "hall": whole.pk,
        "parts": [],
        "footprint": [0, 2],
        "capacity": 60,
        "floor_area": None,
        "purposes": [{"code": "sports", "name": {"fi": "Liikunta", "sv": None, "en": "Sports"}}],
        "equipment": [{"code": "goals", "name": {"fi": "Maalit", "sv": None, "en": None}}],
        "accessibility": {"is_step_free": True, "has_accessible_toilet": None, "has_induction_loop": None},
        "supervision": "guard",
        "policies": {
            "start_step": 30,
            "starts_from": "clock",
            "start_minute": 0,
            "min_minutes": 30,
            "max_minutes": 720,
            "is_whole_day": False,
            "bookable_when": "any",
            "notice_hours": 0,
            "notice_weekdays": 0,
            "notice_by": "12:00",
            "ahead_days": 365,
            "ahead_until": None,
            "who_may_book": ["everyone"],
            "min_age": 0,
            "needs_adult": False,
            "quota_day": 0,
            "quota_week": 0,
            "quota_season": 0,
            "approval": "request",
            "approval_above": 0,
            "approval_purposes": [],
            "approval_unstaffed": False,
            "requests_compete": False,
            "terms": None,
            "single_dates_go_back": True,
            "give_back_hours": 0,
            "can_be_swapped": False,
            "holder_is_public": False,
            "payment": "free",
            "price_list": None,
            "cancellation": None,
            "setup_minutes": 15,
            "cleanup_minutes": 30,
        },
        "is_bookable": True,
        "is_demo": False,
        "demo_facts": ["capacity"],
    }
    hall = client_of().get(f"{SPACES}{whole.pk}/").json()
    assert (hall["part_of"], hall["hall"], hall["parts"]) == (None, whole.pk, [a.pk, b.pk, a_and_c.pk])


def test_a_point_is_told_with_how_exact_it_is_or_not_at_all():
    near = create_venue(lat=60.2, lon=25.0, point_quality="approximate")
    nowhere = create_venue()

    points = {row["id"]: row["point"] for row in client_of().get(VENUES).json()["results"]}

    assert points == {near.pk: {"lat": 60.2, "lon": 25.0, "quality": "approximate"}, nowhere.pk: None}


def test_a_district_tells_its_liaison():
    district = create_district(number="43", name_en="Herttoniemi", contact_email="stadiluotsi@example.org")

    told = client_of().get(f"{DISTRICTS}{district.pk}/").json()

    assert told == {
        "id": district.pk,
        "number": "43",
        "name": {"fi": "Herttoniemi", "sv": "Hertonäs", "en": "Herttoniemi"},
        "contact_email": "stadiluotsi@example.org",
        "contact_phone": None,
        "demo_facts": [],
    }


def test_spaces_are_found_by_what_they_are_and_where():
    herttoniemi, other = create_district(), create_district(name_fi="Vuosaari")
    school = create_venue(district=herttoniemi, name_fi="Ängsbackan koulu")
    library = create_venue(kind=Venue.Kind.LIBRARY, district=other, name_fi="Kirjasto")
    hall = create_space((0, 1), venue=school, capacity=50, name_fi="Sali", name_sv="Övningssal")
    part = create_space((0,), hall=hall, capacity=20, name_fi="Lohko", name_sv="")
    room = create_space(venue=library, is_bookable=False, name_fi="Ryhmähuone", name_sv="")
    room.purposes.add(Purpose.objects.create(code="meeting", name_fi="Kokous"))
    hall.equipment.add(Equipment.objects.create(code="goals", name_fi="Maalit"))

    assert found(SPACES) == [hall.pk, part.pk, room.pk]
    assert found(SPACES, kind="library") == [room.pk]
    assert found(SPACES, district=herttoniemi.pk) == [hall.pk, part.pk]
    assert found(SPACES, venue=library.pk) == [room.pk]
    assert found(SPACES, hall=hall.pk) == [hall.pk, part.pk]
    assert found(SPACES, part_of=hall.pk) == [part.pk]
    assert found(SPACES, capacity_min=21) == [hall.pk]
    assert found(SPACES, purpose="meeting") == [room.pk]
    assert found(SPACES, equipment="goals") == [hall.pk]
    assert found(SPACES, is_bookable="false") == [room.pk]
    assert found(SPACES, search="övNING") == [hall.pk]
    assert found(SPACES, search="ängsback", part_of=hall.pk) == [part.pk]
    assert found(SPACES, venue=999_999) == found(SPACES, purpose="unknown") == []
    assert found(VENUES, kind="library") == found(VENUES, district=other.pk) == [library.pk]
    assert found(VENUES, search="kirja") == [library.pk]
    assert found(DISTRICTS, search="vuos") == [other.pk]


def test_pages_tell_a_true_total_and_lead_to_each_other():
    spaces = [create_space(venue=create_venue()) for _number in range(5)]

    first = client_of().get(SPACES, {"page_size": 2}).json()
    second = client_of().get(first["next"]).json()
    last = client_of().get(second["next"]).json()

    assert [page["count"] for page in (first, second, last)] == [5, 5, 5]
    assert [row["id"] for page in (first, second, last) for row in page["results"]] == [
        space.pk for space in spaces
    ]
    assert (first["previous"], last["next"]) == (None, None)
    assert len(client_of().get(SPACES, {"page_size": 1000}).json()["results"]) == 5


def test_a_thousand_spaces_take_no_more_statements_than_one():
    def statements() -> int:
        with CaptureQueriesContext(connection) as taken:
            assert client_of().get(SPACES, {"page_size": 1000}).status_code == 200
        return len(taken)

    venue = create_venue()
    words = [
        Purpose.objects.create(code="sports", name_fi="Liikunta"),
        Equipment.objects.create(code="goals", name_fi="Maalit"),
    ]

    def create(count: int) -> None:
        for _number in range(count):
            hall = create_space((0, 1), venue=venue)
            create_space((0,), hall=hall)
            hall.purposes.add(words[0])
            hall.equipment.add(words[1])

    create(1)
    few = statements()
    create(10)

    assert statements() == few == 5


@pytest.mark.parametrize("path", [SPACES, VENUES, DISTRICTS])
def test_public_facts_are_the_same_for_everybody_and_may_be_kept_a_while(path):
    create_space(venue=create_venue(district=create_district()))

    mine, anybodys = client_of(create_user()).get(path), client_of().get(path)

    assert mine.content == anybodys.content
    assert set(anybodys["Cache-Control"].split(", ")) == {"public", "max-age=300"}
    assert anybodys["Vary"] == "Accept-Language"
    again = client_of().get(path, HTTP_IF_NONE_MATCH=anybodys["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert "public" not in client_of().get(f"{path}999999/").get("Cache-Control", "")


def test_credentials_that_are_wrong_do_not_shut_out_from_public_facts():
    client = client_of()
    client.credentials(HTTP_AUTHORIZATION="Token made-up")

    assert client.get(SPACES).status_code == 200
