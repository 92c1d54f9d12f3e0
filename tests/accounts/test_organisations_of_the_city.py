"""What the city's staff does with organisations: verify, merge, and see which nobody owns."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts import memberships
from accounts.models import Membership, Organisation, PriceGroup
from tests.bookings.pages import words
from tests.factories import NOW, create_manager, create_organisation, create_user, create_venue
from venues import city_forms

pytestmark = pytest.mark.django_db
INDEX = reverse("venues:organisations")
NEW = reverse("venues:list_new", args=["organisations"])
GROUPS = reverse("venues:list", args=["price-groups"])


@pytest.fixture
def staff() -> Client:
    return signed_in(create_user("Katri", is_staff=True))


@pytest.fixture
def club() -> Organisation:
    return create_organisation(create_user("Mikael"), name="Idän Sähly ry", role="owner")


def signed_in(user) -> Client:
    client = Client(headers={"accept-language": "fi"})
    client.force_login(user)
    return client


def page_of(club) -> str:
    return reverse("venues:list_edit", args=["organisations", club.pk])


def merging(club) -> str:
    return reverse("venues:merge_organisations", args=[club.pk])


def written(page, **changes) -> dict:
    fields = {field.html_name: field.value() for field in page.context["form"]}
    return {name: "" if value is None else value for name, value in fields.items()} | changes


# --- Verifying ------------------------------------------------------------------------------------


def test_what_is_verified_is_verified_until_a_day(staff, club):
    group = PriceGroup.objects.create(code="minors", name_fi="Lapset ja nuoret")
    page = staff.get(page_of(club))

    refused = staff.post(page_of(club), written(page, price_group=group.pk, minors_percent=0))
    assert set(refused.context["form"].errors) == {"price_group_verified_until", "minors_verified_until"}
    refused = staff.post(page_of(club), written(page, price_group_verified_until="2027-06-30"))
    assert set(refused.context["form"].errors) == {"price_group"}

    staff.post(
        page_of(club),
        written(
            page,
            price_group=group.pk,
            price_group_verified_until="2027-06-30",
            business_id="201256-6",
            minors_percent=85,
            minors_verified_until="2027-12-31",
        ),
    )

    club.refresh_from_db()
    assert club.business_id == "0201256-6"
    assert club.price_group_on(date(2027, 6, 30)) == group
    assert club.price_group_on(date(2027, 7, 1)) is None
    assert club.is_for_minors(date(2027, 12, 31))


def test_a_business_id_of_another_is_refused_and_leads_to_merging(staff, club):
    memberships.found("Toinen", "club", "0201256-6", by=create_user(), now=NOW)

    page = staff.post(page_of(club), written(staff.get(page_of(club)), business_id="0201256-6"))
    wrong = staff.post(page_of(club), written(staff.get(page_of(club)), business_id="0201256-7"))

    assert page.status_code == wrong.status_code == 422
    assert "Yhdistä" in str(page.context["form"].errors["business_id"])
    assert "business_id" in wrong.context["form"].errors


def test_a_business_id_that_somebody_takes_meanwhile_is_refused_as_any_other(staff, club, monkeypatch):
    taken_since, asked = iter([False]), city_forms.is_taken
    monkeypatch.setattr(
        city_forms, "is_taken", lambda *ids, **but: next(taken_since, None) is None and asked(*ids, **but)
    )
    monkeypatch.setattr(city_forms.OrganisationForm, "validate_constraints", lambda form: None, raising=False)
    written_then = written(staff.get(page_of(club)), business_id="0201256-6")
    memberships.found("Toinen", "club", "0201256-6", by=create_user(), now=NOW)

    page = staff.post(page_of(club), written_then)

    assert page.status_code == 422
    assert "Yhdistä" in str(page.context["form"].errors["business_id"])
    club.refresh_from_db()
    assert club.business_id == ""


def test_units_of_the_city_are_made_by_its_staff(staff):
    staff.post(NEW, {"name": "Nuorisopalvelut", "kind": "city"})

    unit = Organisation.objects.get()
    assert (unit.kind, unit.business_id) == ("city", "")
    assert list(Organisation.objects.without_owner()) == [unit]


def test_price_groups_are_one_of_the_citys_lists(staff):
    new = reverse("venues:list_new", args=["price-groups"])
    staff.post(new, {"name_fi": "Lapset ja nuoret", "code": "minors"})
    assert staff.post(new, {"name_fi": "Muut", "code": "minors"}).status_code == 422

    assert PriceGroup.objects.get().code == "minors"
    assert "Lapset ja nuoret" in words(staff.get(GROUPS))


# --- The list -------------------------------------------------------------------------------------


def test_those_that_nobody_owns_are_marked(staff, club):
    orphan = create_organisation(create_user(), name="Orpo ry", role="viewer")
    ended = create_organisation(create_user(), name="Entinen ry", role="owner")
    memberships.merge(ended, into=club, by=create_user(is_staff=True), now=NOW)

    page = staff.get(INDEX)
    marked = {row.name: row.has_no_owner for row in page.context["page"]}
    assert marked == {"Idän Sähly ry": False, "Orpo ry": True}
    assert list(staff.get(INDEX, {"show": "without-owner"}).context["page"]) == [orphan]
    assert list(staff.get(INDEX, {"show": "closed"}).context["page"]) == [ended]
    assert list(staff.get(INDEX, {"q": "sähly"}).context["page"]) == [club]
    assert not list(staff.get(INDEX, {"q": "\0x%", "show": "\0", "page": "x"}).context["page"])


# --- Merging --------------------------------------------------------------------------------------


def test_one_chooses_sees_and_merges(staff, club):
    twin = create_organisation(create_user("Sari"), name="Idän sähly")
    assert "Idän Sähly ry" in words(staff.get(merging(twin)))

    page = staff.get(merging(twin), {"into": club.pk})
    assert "Liitetäänkö Idän sähly organisaatioon Idän Sähly ry?" in words(page)
    assert not Organisation.objects.exclude(closed_at=None).exists()
    staff.post(merging(twin), {"into": club.pk})

    assert club.memberships.count() == 2
    assert staff.get(merging(twin)).status_code == 404


@pytest.mark.parametrize("into", ["itself", "closed", "0", "x", "\0", "9" * 40])
def test_it_becomes_a_part_of_no_other_thing(staff, club, into):
    ended = create_organisation(create_user(), name="Entinen ry", role="owner")
    memberships.close(ended, by=create_user(is_staff=True), now=NOW)
    chosen = {"itself": club.pk, "closed": ended.pk}.get(into, into)

    for ask in (staff.get, staff.post):
        assert ask(merging(club), {"into": chosen}).status_code == 422
    club.refresh_from_db()
    assert club.closed_at is None


# --- Strangers ------------------------------------------------------------------------------------


def test_for_all_but_the_citys_staff_there_are_no_such_pages(club):
    other = create_organisation(create_user(), name="Toinen")
    owner = club.members.get()
    for user in (owner, create_manager(create_venue()), create_user("Vieno")):
        client = signed_in(user)
        for address in (INDEX, NEW, page_of(club), merging(club), GROUPS):
            assert client.get(address).status_code == 404
        assert client.post(merging(club), {"into": other.pk}).status_code == 404
        assert client.post(page_of(club), {"name": "Minun"}).status_code == 404
    for address in (INDEX, merging(club)):
        assert Client().get(address).url.startswith(reverse("account_login"))

    club.refresh_from_db()
    assert (club.name, club.closed_at) == ("Idän Sähly ry", None)
    assert Membership.objects.count() == 2
