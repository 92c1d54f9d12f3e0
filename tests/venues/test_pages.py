"""Onni edits what he looks after, and nobody else does."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import (
    create_booking,
    create_district,
    create_gym,
    create_manager,
    create_space,
    create_user,
    create_venue,
)
from venues.fields import pieces
from venues.models import District, Equipment, Policy, Purpose, Space, Venue, VenueRole

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def gym():
    return create_gym()


@pytest.fixture
def venue(gym) -> Venue:
    return gym[0].venue


@pytest.fixture
def onni(venue):
    return create_manager(venue)


@pytest.fixture
def desk(onni) -> Client:
    return signed_in(onni)


@pytest.fixture
def staff() -> Client:
    return signed_in(create_user("Kaisa", is_staff=True))


def written(page, **changes) -> dict:
    """Return what a browser would send: the form as it is shown, but for some changes."""
    data = {field.html_name: sent(field) for field in page.context["form"]} | changes
    return {name: value for name, value in data.items() if value not in (None, False)}


def sent(field):
    value = field.value()
    if isinstance(value, list):
        return [getattr(one, "pk", one) for one in value]
    return value if isinstance(value, bool) else field.field.widget.format_value(value)


def save(client: Client, url: str, **changes):
    return client.post(url, written(client.get(url), **changes), follow=True)


# --- The list and the venue -----------------------------------------------------------------------


def test_a_manager_sees_the_venues_that_he_looks_after(desk, venue):
    elsewhere = create_venue(name_fi="Muualla")

    page = desk.get("/manage/")

    assert list(page.context["page"]) == [venue]
    assert elsewhere.name_fi not in page.text


def test_staff_see_all_venues_in_pages_and_find_one_by_name(staff):
    for number in range(35):
        create_venue(name_fi=f"Koulu {number:02}")
    create_venue(name_fi="Leikkipuisto Hilleri")

    page = staff.get("/manage/")

    assert page.context["page"].paginator.count == 36
    assert "36 venues" in page.text
    assert [str(found) for found in staff.get("/manage/?q=hilleri").context["page"]] == [
        "Leikkipuisto Hilleri"
    ]
    assert "No venue has" in staff.get("/manage/?q=ei-ole").text
    assert staff.get("/manage/?q=%00&page=x").status_code == 200


def test_a_venue_shows_its_halls_with_their_parts(desk, venue, gym):
    room = create_space(venue=venue, name_fi="Aula")

    page = desk.get(f"/manage/venues/{venue.pk}/")

    whole, *parts = gym
    assert page.context["halls"][0] == (room, [])
    assert page.context["halls"][1][0] == whole
    assert set(page.context["halls"][1][1]) == set(parts)


def test_a_venues_facts_are_edited(desk, venue):
    district = create_district()

    answer = save(
        desk,
        f"/manage/venues/{venue.pk}/edit/",
        name_sv="Centralskolan",
        district=district.pk,
        lat="60.17",
        lon="24.94",
        point_quality="exact",
    )

    venue.refresh_from_db()
    assert (venue.name_sv, venue.district, venue.lat) == ("Centralskolan", district, 60.17)
    assert "The venue has been saved." in answer.text


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"lat": "60.17"}, "point_quality", "Give latitude, longitude and how exact they are"),
        ({"lat": "99", "lon": "24", "point_quality": "exact"}, "lat", "Latitude is from -90 to 90"),
        ({"name_fi": ""}, "name_fi", "required"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(desk, venue, changes, field, sentence):
    answer = save(desk, f"/manage/venues/{venue.pk}/edit/", **changes)

    assert answer.status_code == 422
    assert sentence in answer.context["form"].errors[field][0]
    assert f'href="#id_{field}"' in answer.text


def test_staff_make_a_venue_with_opening_hours_to_fill_in(staff):
    answer = save(staff, "/manage/venues/new/", name_fi="Ääretön talo", kind="culture_house")

    made = Venue.objects.get(name_fi="Ääretön talo")
    assert made.timetable.rules.count() == 0
    assert answer.redirect_chain == [(f"/manage/venues/{made.pk}/", 302)]


def test_a_venue_of_another_kind_is_booked_by_the_rules_of_that_kind(desk, gym):
    venue = gym[0].venue
    Policy.objects.create(kind="library", min_minutes=60)

    save(desk, f"/manage/venues/{venue.pk}/edit/", kind="library")

    assert set(venue.spaces.values_list("min_minutes", flat=True)) == {60}


def test_a_venue_does_not_become_of_a_kind_whose_rules_its_own_contradict(desk, gym):
    venue = gym[0].venue
    Policy.objects.create(kind="library", min_minutes=60)
    Policy.objects.create(venue=venue, max_minutes=45)

    answer = save(desk, f"/manage/venues/{venue.pk}/edit/", kind="library")

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["kind"]
    venue.refresh_from_db()
    assert venue.kind == "school"


# --- Spaces ---------------------------------------------------------------------------------------


def test_a_spaces_facts_and_rules_are_edited(desk, gym):
    whole = gym[0]
    sport = Purpose.objects.create(code="sport", name_fi="Liikunta")
    goals = Equipment.objects.create(code="goals", name_fi="Maalit")

    save(
        desk,
        f"/manage/spaces/{whole.pk}/",
        capacity="160",
        purposes=[sport.pk],
        equipment=[goals.pk],
        is_step_free="false",
        setup_minutes="15",
    )

    whole = Space.objects.get(pk=whole.pk)
    assert (whole.capacity, whole.is_step_free, whole.has_induction_loop) == (160, False, None)
    assert (list(whole.purposes.all()), list(whole.equipment.all())) == ([sport], [goals])
    assert whole.setup_minutes == 15


def test_an_edit_leaves_the_layout_alone(desk, gym):
    _, a, _, _ = gym
    save(desk, f"/manage/spaces/{a.pk}/", name_fi="Lohko Yksi")

    a.refresh_from_db()
    assert a.name_fi == "Lohko Yksi"
    assert pieces(a.footprint) == {0}
    assert pieces(a.hall_footprint) == {0, 1, 2}


def test_new_rules_do_not_judge_what_has_been_booked(desk, gym):
    booking = create_booking(gym[0], "10:00", "14:00")

    save(desk, f"/manage/spaces/{gym[0].pk}/", is_bookable=None)

    booking.refresh_from_db()
    assert not Space.objects.get(pk=gym[0].pk).is_bookable
    assert booking.is_live


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"setup_minutes": "2000"}, "setup_minutes"),
        ({"cleanup_minutes": ""}, "cleanup_minutes"),
        ({"capacity": "99999999999"}, "capacity"),
    ],
)
def test_impossible_rules_are_refused_at_their_field(desk, gym, changes, field):
    answer = save(desk, f"/manage/spaces/{gym[0].pk}/", **changes)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_only_the_hall_says_how_long_is_kept_free_between_bookings(desk, gym):
    hall, part = (desk.get(f"/manage/spaces/{space.pk}/").context["form"] for space in gym[:2])

    assert "setup_minutes" in hall.fields
    assert "setup_minutes" not in part.fields


def test_what_a_person_says_is_not_made_up_any_more(desk, gym):
    whole = gym[0]
    Space.objects.filter(pk=whole.pk).update(
        demo_facts=["capacity", "arrival", "floor_area"], is_demo=True, floor_area=100
    )

    save(desk, f"/manage/spaces/{whole.pk}/", capacity="50", arrival_fi="Ovi C", is_demo=None)

    whole.refresh_from_db()
    assert whole.demo_facts == ["floor_area"]
    assert not whole.is_demo


def test_a_hall_is_added_with_its_pieces_of_floor(desk, venue):
    Policy.objects.create(venue=venue, min_minutes=45)

    save(desk, f"/manage/venues/{venue.pk}/spaces/new/", name_fi="Uusi sali", floor="4")

    hall = venue.spaces.get(name_fi="Uusi sali")
    assert pieces(hall.footprint) == {0, 1, 2, 3}
    assert (hall.is_hall, hall.setup_minutes) == (True, 0)
    assert hall.min_minutes == 45  # booked as its venue says from the beginning


def test_a_part_is_added_within_its_hall(desk, gym):
    whole = gym[0]
    Policy.objects.create(venue=whole.venue, min_minutes=45)

    page = desk.get(f"/manage/spaces/{whole.pk}/parts/new/")
    save(desk, f"/manage/spaces/{whole.pk}/parts/new/", name_fi="Lohkot B ja C", floor=["1", "2"])

    part = whole.parts.get(name_fi="Lohkot B ja C")
    assert "1: Lohko A" in page.text
    assert pieces(part.footprint) == {1, 2}
    assert (part.venue, part.min_minutes) == (whole.venue, 45)


@pytest.mark.parametrize("floor", [[], ["7"], ["x"]])
def test_a_part_without_floor_or_outside_its_hall_is_refused(desk, gym, floor):
    answer = save(desk, f"/manage/spaces/{gym[0].pk}/parts/new/", name_fi="Lohko X", floor=floor)

    assert answer.status_code == 422
    assert "floor" in answer.context["form"].errors


def test_a_part_has_no_parts(desk, gym):
    assert desk.get(f"/manage/spaces/{gym[1].pk}/parts/new/").status_code == 404


# --- Two at once ----------------------------------------------------------------------------------


def test_what_somebody_else_saved_meanwhile_is_shown_not_overwritten(desk, venue, gym):
    url = f"/manage/spaces/{gym[0].pk}/"
    mine = written(desk.get(url), capacity="50", is_step_free="true")
    save(signed_in(create_manager(venue, name="Kaisa")), url, capacity="70")

    answer = desk.post(url, mine)

    assert answer.status_code == 409
    assert answer.context["form"].differences == [
        ("Number of people", "70", "50"),
        ("Step-free entrance", "Not known", "Yes"),
    ]
    assert Space.objects.get(pk=gym[0].pk).capacity == 70

    saved = desk.post(url, written(answer))

    assert saved.status_code == 302
    assert Space.objects.get(pk=gym[0].pk).capacity == 50


def test_an_edit_without_a_version_is_not_trusted(desk, venue):
    url = f"/manage/venues/{venue.pk}/edit/"

    assert desk.post(url, written(desk.get(url), version="", name_fi="Toinen")).status_code == 409


# --- People ---------------------------------------------------------------------------------------


def test_somebody_with_an_account_is_given_a_role_and_loses_it_again(desk, venue):
    kalle = create_user("Kalle", email="kalle@example.org")

    save(desk, f"/manage/venues/{venue.pk}/people/", email="Kalle@Example.org", role="caretaker")

    role = venue.roles.get(user=kalle)
    assert role.role == VenueRole.Role.CARETAKER
    desk.post(reverse("venues:take_role", args=[venue.pk, role.pk]))
    assert not venue.roles.filter(user=kalle).exists()


def test_nobody_gets_an_account_behind_their_back(desk, venue):
    answer = save(desk, f"/manage/venues/{venue.pk}/people/", email="nobody@example.org", role="manager")

    assert answer.status_code == 422
    assert "Ask them to sign in once" in answer.text
    assert venue.roles.count() == 1


def test_a_role_is_given_once(desk, venue, onni):
    answer = save(desk, f"/manage/venues/{venue.pk}/people/", email=onni.email, role="manager")

    assert "has the role already" in answer.text


def test_whoever_gives_up_the_last_of_his_own_roles_is_led_out(desk, venue, onni):
    role = venue.roles.get(user=onni)

    answer = desk.post(reverse("venues:take_role", args=[venue.pk, role.pk]))

    assert answer.url == "/"
    assert desk.get("/manage/").status_code == 404


def test_a_role_of_another_venue_cannot_be_taken(desk, venue):
    elsewhere = create_venue()
    create_manager(elsewhere, name="Kaisa")

    answer = desk.post(reverse("venues:take_role", args=[venue.pk, elsewhere.roles.get().pk]))

    assert answer.status_code == 404
    assert elsewhere.roles.count() == 1


# --- The city's lists -----------------------------------------------------------------------------


def test_staff_keep_the_districts(staff):
    district = create_district(number="43")

    save(staff, f"/manage/districts/{district.pk}/", contact_email="stadiluotsi.ita@example.org")
    save(staff, "/manage/districts/new/", number="44", name_fi="Tammisalo")
    twice = save(staff, "/manage/districts/new/", number="44", name_fi="Toinen")

    district.refresh_from_db()
    assert district.contact_email == "stadiluotsi.ita@example.org"
    assert District.objects.filter(number="44").count() == 1
    assert "number" in twice.context["form"].errors
    assert "Tammisalo" in staff.get("/manage/districts/").text


@pytest.mark.parametrize(("which", "model"), [("purposes", Purpose), ("equipment", Equipment)])
def test_staff_keep_the_words(staff, which, model):
    save(staff, f"/manage/{which}/new/", name_fi="Tanssi")
    word = model.objects.get(name_fi="Tanssi")

    save(staff, f"/manage/{which}/{word.pk}/", name_sv="Dans")

    word.refresh_from_db()
    assert (word.name_fi, word.name_sv) == ("Tanssi", "Dans")
    assert "Tanssi" in staff.get(f"/manage/{which}/").text


# --- Whose business it is -------------------------------------------------------------------------


def addresses(gym) -> list[str]:
    whole, venue = gym[0], gym[0].venue
    return [
        f"/manage/venues/{venue.pk}/",
        f"/manage/venues/{venue.pk}/edit/",
        f"/manage/venues/{venue.pk}/people/",
        f"/manage/venues/{venue.pk}/spaces/new/",
        f"/manage/spaces/{whole.pk}/",
        f"/manage/spaces/{whole.pk}/parts/new/",
        f"/manage/hours/{venue.timetable_id}/",
        f"/manage/hours/{venue.timetable_id}/days/",
        f"/manage/halls/{whole.pk}/layout/",
    ]


STAFFS = ["/manage/venues/new/", "/manage/districts/", "/manage/purposes/new/", "/manage/equipment/"]


@pytest.mark.parametrize("who", ["stranger", "caretaker", "manager of another venue"])
def test_for_everybody_else_there_are_no_such_pages(gym, who):
    client = signed_in(
        {
            "stranger": create_user,
            "caretaker": lambda: create_manager(gym[0].venue, role="caretaker"),
            "manager of another venue": lambda: create_manager(create_venue()),
        }[who]()
    )

    for address in [*addresses(gym), *STAFFS]:
        assert client.get(address).status_code == 404, address
        assert client.post(address, {"name_fi": "Kaapattu", "email": "x@example.org"}).status_code in (
            404,
            405,
        )


def test_a_manager_is_not_the_citys_staff(desk):
    assert {desk.get(address).status_code for address in STAFFS} == {404}


def test_visitors_sign_in_first(gym, client):
    for address in ["/manage/", *addresses(gym), *STAFFS]:
        assert client.get(address).url.startswith("/account/login/?next="), address


def test_managers_and_staff_may_open_every_page(gym, desk, staff):
    for client in (desk, staff):
        assert {client.get(address).status_code for address in addresses(gym)} == {200}
    assert {staff.get(address).status_code for address in STAFFS} == {200}


def test_only_those_who_look_after_venues_find_the_way_here(gym, desk):
    create_manager(gym[0].venue, role="caretaker")
    caretaker = signed_in(create_manager(gym[0].venue, role="caretaker"))

    assert 'href="/inbox/"' in desk.get("/").text
    assert 'href="/inbox/"' not in caretaker.get("/").text
