"""What a space's policy asks for, as a program reads it, answers it and is refused."""

from datetime import date

import pytest

from tests.api import BOOKINGS, client_of, codes_of, fields_of, wish
from tests.factories import NOW, create_organisation, create_space, create_user
from venues import terms_of_use
from venues.models import Purpose, Terms

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def test_a_program_says_all_that_a_spaces_policy_needs_and_is_told_what_is_missing():
    aino, party = create_user(), Purpose.objects.create(code="party", name_fi="Juhlat")
    terms = Terms.objects.create(name_fi="Salin ehdot")
    version = terms_of_use.publish(terms, {"text_fi": "Siivoa jälkesi."}, now=NOW)
    room = create_space(terms=terms, approval_purposes=["party"], needs_adult=True, min_age=18)
    told = client_of().get(f"/api/v1/spaces/{room.pk}/").json()["policies"]
    assert (told["terms"]["id"], told["terms"]["text"]["fi"]) == (version.pk, "Siivoa jälkesi.")
    assert (told["approval_purposes"], told["needs_adult"], told["min_age"]) == (["party"], True, 18)

    refused = client_of(aino).post(BOOKINGS, wish(room))
    assert refused.status_code == 422
    assert codes_of(refused) == {
        "purpose_missing",
        "adult_missing",
        "birth_date_missing",
        "terms_not_accepted",
    }

    answers = {
        "main_purpose": "party",
        "adult_name": "Elli",
        "adult_phone": "050 1",
        "accepted_terms": version.pk,
        "born_on": "1980-02-29",
    }
    made = client_of(aino).post(BOOKINGS, wish(room, **answers))
    assert made.status_code == 201
    said = made.json()
    assert said["status"] == "requested"
    assert said == said | {name: answers[name] for name in answers if name != "born_on"}
    aino.refresh_from_db()
    assert aino.born_on == date(1980, 2, 29)
    assert client_of(aino).get(BOOKINGS).json()["results"][0]["main_purpose"] == party.code


def test_terms_that_a_program_knew_are_no_more_those_in_force():
    terms = Terms.objects.create(name_fi="Salin ehdot")
    known = terms_of_use.publish(terms, {"text_fi": "Yksi"}, now=NOW)
    terms_of_use.publish(terms, {"text_fi": "Kaksi"}, now=NOW)

    refused = client_of(create_user()).post(
        BOOKINGS, wish(create_space(terms=terms), accepted_terms=known.pk)
    )

    assert (refused.status_code, codes_of(refused)) == (422, {"terms_changed"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("main_purpose", "no-such"),
        ("main_purpose", "a\0b"),
        ("main_purpose", 7),
        ("main_purpose", ["party"]),
        ("accepted_terms", 4711),
        ("accepted_terms", "1"),
        ("accepted_terms", 10**30),
        ("adult_name", "x" * 121),
        ("adult_phone", 401234567),
        ("born_on", "2999-01-01"),
        ("born_on", "1980-02-30"),
        ("born_on", 19800101),
        ("born_on", {"year": 1980}),
    ],
)
def test_what_cannot_be_an_answer_is_told_by_its_field(field, value):
    refused = client_of(create_user()).post(BOOKINGS, wish(create_space(), **{field: value}))

    assert (refused.status_code, fields_of(refused)) == (400, {field})


def test_a_date_of_birth_that_was_told_is_not_changed_by_a_booking():
    young = create_user(born_on=date(2012, 1, 1))

    refused = client_of(young).post(BOOKINGS, wish(create_space(min_age=18), born_on="1980-01-01"))

    young.refresh_from_db()
    assert (codes_of(refused), young.born_on) == ({"too_young"}, date(2012, 1, 1))


def test_quotas_and_audiences_are_told_by_their_codes():
    aino = create_user()
    room, club_room = create_space(quota_week=1), create_space(who_may_book=["associations"])
    client_of(aino).post(BOOKINGS, wish(room))

    assert codes_of(client_of(aino).post(BOOKINGS, wish(room, "14:00", "15:00"))) == {"quota_week"}
    assert codes_of(client_of(aino).post(BOOKINGS, wish(club_room))) == {"not_for_you"}
    club = create_organisation(aino)
    booked = client_of(aino).post(BOOKINGS, wish(club_room, organisation=club.pk))
    assert booked.status_code == 201
