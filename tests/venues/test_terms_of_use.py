"""Terms of use: written by city staff, published in versions, never changed afterwards."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation
from accounts.problems import Refused
from tests.factories import NOW, create_gym, create_manager, create_organisation, create_space, create_user
from tests.sql import execute
from venues import terms_of_use
from venues.models import Terms, TermsVersion

pytestmark = pytest.mark.django_db
INDEX, NEW = reverse("venues:terms_of_use"), reverse("venues:new_terms_of_use")
TEXTS = {"name_fi": "Salin ehdot", "text_fi": "Siivoa jälkesi.", "text_sv": "Städa efter dig."}


@pytest.fixture
def staff() -> Client:
    return signed_in(create_user("Kaisa", is_staff=True))


def signed_in(user) -> Client:
    client = Client(headers={"accept-language": "fi"})
    client.force_login(user)
    return client


def page_of(terms: Terms) -> str:
    return reverse("venues:edit_terms_of_use", args=[terms.pk])


def written(page, **changes) -> dict:
    return {field.html_name: field.value() or "" for field in page.context["form"]} | changes


# --- The rule -------------------------------------------------------------------------------------


def test_versions_follow_one_another():
    terms = Terms.objects.create(name_fi="Salin ehdot")

    first = terms_of_use.publish(terms, {"text_fi": "Yksi"}, now=NOW)
    second = terms_of_use.publish(terms, {"text_fi": "Kaksi\r\nriviä "}, now=NOW)
    same = terms_of_use.publish(terms, {"text_fi": "Kaksi\nriviä"}, now=NOW)

    assert (first.number, second.number, second.text_fi) == (1, 2, "Kaksi\nriviä")
    assert same == second
    assert terms_of_use.in_force(create_space(terms=terms), now=NOW) == second


def test_terms_say_something_in_finnish():
    with pytest.raises(Refused) as refusal:
        terms_of_use.publish(Terms.objects.create(name_fi="Salin ehdot"), {"text_fi": " \r\n"}, now=NOW)

    assert refusal.value.codes == {"text_missing"}


@pytest.mark.parametrize(
    "sql", ["UPDATE venues_termsversion SET text_fi = 'Muuta'", "DELETE FROM venues_termsversion"]
)
def test_what_was_published_stays_as_it_was_whoever_writes(sql):
    terms = Terms.objects.create(name_fi="Salin ehdot")
    terms_of_use.publish(terms, {"text_fi": "Yksi"}, now=NOW)

    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        execute(sql)

    assert TermsVersion.objects.get().text_fi == "Yksi"


# --- The pages ------------------------------------------------------------------------------------


def test_staff_reads_how_it_would_look_before_it_is_published(staff):
    preview = staff.post(NEW, TEXTS | {"text_fi": "Siivoa.\n\nVie roskat.", "preview": "1"})
    assert "<p>Siivoa.</p>" in preview.text
    assert not Terms.objects.exists()

    staff.post(NEW, TEXTS)

    version = TermsVersion.objects.get()
    assert (version.number, version.text_fi, version.terms.name_fi) == (1, "Siivoa jälkesi.", "Salin ehdot")
    assert "Salin ehdot" in staff.get(INDEX).text


def test_a_new_text_is_a_new_version_and_a_new_name_is_none(staff):
    staff.post(NEW, TEXTS)
    terms = Terms.objects.get()

    staff.post(page_of(terms), written(staff.get(page_of(terms)), name_fi="Kaikkien salien ehdot"))
    terms.refresh_from_db()
    assert (terms.name_fi, terms.versions.count()) == ("Kaikkien salien ehdot", 1)

    staff.post(page_of(terms), written(staff.get(page_of(terms)), text_fi="Uusi"))
    assert [version.text_fi for version in terms.versions.all()] == ["Uusi", "Siivoa jälkesi."]
    assert "Siivoa jälkesi." in staff.get(page_of(terms)).text


def test_two_who_write_at_once_do_not_publish_over_each_other(staff):
    staff.post(NEW, TEXTS)
    terms = Terms.objects.get()
    open_page = staff.get(page_of(terms))
    staff.post(page_of(terms), written(staff.get(page_of(terms)), text_fi="Ensin"))

    answer = staff.post(page_of(terms), written(open_page, text_fi="Toiseksi"))

    assert answer.status_code == 409
    assert terms.versions.count() == 2


@pytest.mark.parametrize(
    "changes", [{"text_fi": " "}, {"name_fi": ""}, {"name_fi": "x" * 101}, {"text_fi": "\0"}]
)
def test_terms_that_lack_something_are_not_published(staff, changes):
    assert staff.post(NEW, TEXTS | changes).status_code == 422
    assert not Terms.objects.exists()


@pytest.mark.parametrize("name", [None, "Aino", "Onni"])
def test_the_terms_are_for_city_staff(name):
    terms = Terms.objects.create(name_fi="Salin ehdot")
    user = create_manager(create_space().venue) if name == "Onni" else name and create_user(name)
    client = signed_in(user) if user else Client()

    for address in (INDEX, NEW, page_of(terms), reverse("venues:list", args=["organisations"])):
        assert client.get(address).status_code == (404 if user else 302)
        assert client.post(address, TEXTS).status_code in {302, 404, 405}
    assert not TermsVersion.objects.exists()


# --- Organisations, and whose a venue is ----------------------------------------------------------


def test_staff_verifies_a_club_of_minors(staff):
    club = create_organisation(name="Idän Sähly ry")
    address = reverse("venues:list_edit", args=["organisations", club.pk])
    assert "Idän Sähly ry" in staff.get(reverse("venues:list", args=["organisations"])).text

    for percent, status in [("101", 422), ("-1", 422), ("85", 302)]:
        changes = {"minors_percent": percent, "minors_verified_until": "2027-12-31"}
        assert staff.post(address, written(staff.get(address), **changes)).status_code == status

    club.refresh_from_db()
    assert club.is_for_minors(NOW.date())


def test_whose_a_venue_is_is_for_staff_to_say(staff):
    venue = create_gym()[0].venue
    school = Organisation.objects.create(name="Keskuskoulu", kind="city")
    address, onni = reverse("venues:edit_venue", args=[venue.pk]), signed_in(create_manager(venue))

    onni.post(address, written(onni.get(address), run_by=school.pk))
    venue.refresh_from_db()
    assert venue.run_by is None

    staff.post(address, written(staff.get(address), run_by=school.pk))
    venue.refresh_from_db()
    assert venue.run_by == school
