"""The pages of organisations, and for whom one acts: what each may see and do, and strangers nothing."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import acting, invitations, memberships
from accounts.models import Invitation, Membership, Organisation, PriceGroup
from bookings.models import Booking
from tests.bookings.pages import period, pressed, words
from tests.factories import NOW, create_organisation, create_space, create_user

pytestmark = pytest.mark.django_db
Role = Membership.Role
INDEX, ACT = reverse("organisations"), reverse("act_for")


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def mikael():
    return create_user("Mikael")


@pytest.fixture
def club(mikael) -> Organisation:
    return create_organisation(mikael, name="Idän Sähly ry", role=Role.OWNER)


@pytest.fixture
def liisa(club):
    """Somebody who sees only."""
    liisa = create_user("Liisa")
    Membership.objects.create(user=liisa, organisation=club, role=Role.VIEWER)
    return liisa


def signed_in(user) -> Client:
    client = Client(headers={"accept-language": "fi"})
    client.force_login(user)
    return client


def row_of(user, club) -> Membership:
    return club.memberships.get(user=user)


def address(name: str, *args) -> str:
    return reverse(name, args=args)


def invited(club, mikael, email="uusi@example.org", role=Role.BOOKER) -> Invitation:
    return invitations.invite(club, email, role, by=mikael, now=NOW)


# --- One's own ------------------------------------------------------------------------------------


def test_one_founds_an_organisation_and_acts_for_it(mikael):
    client = signed_in(mikael)

    page = client.post(
        INDEX, {"name": "Idän Sähly ry", "kind": "club", "business_id": "201256-6"}, follow=True
    )

    club = Organisation.objects.get()
    assert page.redirect_chain == [(address("organisation", club.pk), 302)]
    assert "0201256-6" in words(page)
    assert "Varaat: Idän Sähly ry" in words(page)
    assert "Idän Sähly ry" in words(client.get(INDEX))


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"name": "", "kind": "city"}, {"name", "kind"}),
        ({"name": "Firma", "kind": "company"}, {"business_id"}),
        ({"name": "Firma", "kind": "company", "business_id": "1234567-8"}, {"business_id"}),
        ({"name": "x" * 201, "kind": "club"}, {"name"}),
        ({"name": "\0", "kind": "\0", "business_id": "\0" * 9}, {"name", "kind", "business_id"}),
    ],
)
def test_what_is_wrong_stands_at_its_field(mikael, said, fields):
    page = signed_in(mikael).post(INDEX, said)

    assert page.status_code == 422
    assert set(page.context["form"].errors) == fields
    assert not Organisation.objects.exists()


def test_the_page_says_what_the_city_has_verified_and_until_when(club, liisa):
    club.price_group = PriceGroup.objects.create(code="minors", name_fi="Lapset ja nuoret")
    club.price_group_verified_until, club.minors_percent = date(2027, 6, 30), 85
    club.minors_verified_until = date(2027, 1, 31)
    club.save()

    page = words(signed_in(liisa).get(club.get_absolute_url()))

    assert "Lapset ja nuoret" in page
    assert "Kaupunki on vahvistanut, voimassa 30.6.2027 asti" in page
    assert "85 %" in page
    assert "Vanhentui 31.1.2027" in page


# --- What each may --------------------------------------------------------------------------------


def test_an_owner_invites_withdraws_changes_and_removes(club, mikael, liisa):
    client, pk = signed_in(mikael), club.pk

    client.post(address("invite", pk), {"email": "Uusi@example.org", "role": "viewer"})
    page = words(client.get(club.get_absolute_url()))
    assert "uusi@example.org" in page
    assert liisa.email in page

    client.post(address("withdraw_invitation", pk, club.invitations.get().pk))
    assert not club.invitations.open(NOW).exists()
    client.post(address("change_role", pk, row_of(liisa, club).pk), {"role": "booker"})
    assert row_of(liisa, club).role == Role.BOOKER
    client.post(address("change_role", pk, row_of(liisa, club).pk), {"role": "boss"})
    assert row_of(liisa, club).role == Role.BOOKER
    client.post(address("remove_member", pk, row_of(liisa, club).pk))
    assert list(club.members.all()) == [mikael]


def test_an_invitation_that_cannot_be_sent_keeps_what_was_written(club, mikael):
    client = signed_in(mikael)
    assert client.post(address("invite", club.pk), {"email": "uusi", "role": "viewer"}).status_code == 422

    page = client.post(address("invite", club.pk), {"email": mikael.email, "role": "viewer"})

    assert page.status_code == 409
    assert "kuuluu jo" in words(page)
    assert mikael.email in page.content.decode()


def test_the_last_owner_is_told_so(club, mikael, liisa):
    page = signed_in(mikael).post(
        address("change_role", club.pk, row_of(mikael, club).pk), {"role": "viewer"}, follow=True
    )

    assert "on aina vähintään yksi omistaja" in words(page)
    assert row_of(mikael, club).role == Role.OWNER


def test_those_who_see_only_and_book_only_do_no_more(club, mikael, liisa):
    booker = create_user("Pekka")
    Membership.objects.create(user=booker, organisation=club, role=Role.BOOKER)
    invitation = invited(club, mikael)
    for user in (liisa, booker):
        client = signed_in(user)
        page = client.get(club.get_absolute_url())
        assert "Mikael" in words(page)
        assert mikael.email not in page.content.decode()
        assert "uusi@example.org" not in page.content.decode()
        for deed in deeds(club, mikael, invitation):
            assert client.post(deed, {"email": "b@example.org", "role": "owner"}).status_code == 403

    assert club.memberships.count() == 3
    assert club.closed_at is None


def deeds(club, member, invitation) -> list[str]:
    return [
        address("invite", club.pk),
        address("withdraw_invitation", club.pk, invitation.pk),
        address("change_role", club.pk, row_of(member, club).pk),
        address("remove_member", club.pk, row_of(member, club).pk),
        address("close_organisation", club.pk),
    ]


def test_a_stranger_finds_nothing_and_does_nothing(club, mikael):
    invitation = invited(club, mikael)
    everything = [*deeds(club, mikael, invitation), address("leave_organisation", club.pk)]
    stranger, visitor = signed_in(create_user("Vieno")), Client()

    assert stranger.get(club.get_absolute_url()).status_code == 404
    assert visitor.get(club.get_absolute_url()).status_code == 302
    assert "Idän Sähly" not in words(stranger.get(INDEX))
    assert visitor.get(INDEX).status_code == 302
    for deed in everything:
        assert stranger.post(deed, {"email": "vieno@example.org", "role": "owner"}).status_code == 404
        assert visitor.post(deed).url.startswith(reverse("account_login"))
    club.refresh_from_db()
    assert (club.closed_at, club.memberships.count(), club.invitations.count()) == (None, 1, 1)


def test_an_owner_of_another_reaches_nobody_by_a_wrong_address(club, mikael, liisa):
    vieno = create_user("Vieno")
    own = create_organisation(vieno, role=Role.OWNER)
    invitation, client = invited(club, mikael), signed_in(vieno)

    for name, pk in (
        ("change_role", row_of(liisa, club).pk),
        ("remove_member", row_of(liisa, club).pk),
        ("withdraw_invitation", invitation.pk),
    ):
        assert client.post(address(name, own.pk, pk), {"role": "owner"}).status_code == 404
    assert row_of(liisa, club).role == Role.VIEWER


def test_the_citys_staff_appoints_an_owner(club, mikael, liisa):
    mikael.is_active = False
    mikael.save()
    client = signed_in(create_user("Katri", is_staff=True))
    assert "ei ole nyt omistajaa" in words(client.get(club.get_absolute_url()))

    client.post(address("change_role", club.pk, row_of(liisa, club).pk), {"role": "owner"})

    assert not Organisation.objects.without_owner().exists()


# --- Leaving, closing -----------------------------------------------------------------------------


def test_the_last_owner_leaves_to_a_successor(club, mikael, liisa):
    client, there = signed_in(mikael), address("leave_organisation", club.pk)
    assert "Liisa" in words(client.get(there))
    assert client.post(there, {}).status_code == 409
    assert client.post(there, {"successor": create_user("Vieno").pk}).status_code == 409
    assert client.post(there, {"successor": "\0"}).status_code == 409

    client.post(there, {"successor": liisa.pk})

    assert [(row.user, row.role) for row in club.memberships.all()] == [(liisa, Role.OWNER)]
    assert client.get(club.get_absolute_url()).status_code == 404


def test_the_only_member_is_told_that_it_ends(club, mikael):
    client, there = signed_in(mikael), address("leave_organisation", club.pk)
    assert "suljetaan" in words(client.get(there))

    page = client.post(there, follow=True)

    assert "Olet eronnut: Idän Sähly ry" in words(page)
    club.refresh_from_db()
    assert club.closed_at


def test_an_owner_closes_it_and_its_page_says_so(club, mikael, liisa):
    client = signed_in(mikael)
    assert client.get(address("close_organisation", club.pk)).status_code == 200

    client.post(address("close_organisation", club.pk))

    page = signed_in(liisa).get(club.get_absolute_url())
    assert "Se on suljettu" in words(page)
    assert "Kutsu" not in words(page)
    again = client.post(address("invite", club.pk), {"email": "b@example.org", "role": "owner"})
    assert again.status_code == 409


# --- Invitations ----------------------------------------------------------------------------------


def test_the_link_says_who_invites_to_what_before_signing_in(club, mikael):
    invitation = invited(club, mikael, "uusi.tyyppi@example.org")

    page = Client(headers={"accept-language": "fi"}).get(invitation.get_absolute_url())

    assert "Mikael kutsuu sinut mukaan organisaatioon Idän Sähly ry" in words(page)
    assert "u•••@example.org" in words(page)
    assert "tyyppi" not in page.content.decode()
    assert f"{reverse('account_login')}?next={invitation.get_absolute_url()}" in page.content.decode()


def test_whom_it_is_for_accepts_it_with_one_press(club, mikael):
    invitation, uusi = invited(club, mikael), create_user("Uusi", email="uusi@example.org")
    client = signed_in(uusi)
    assert "Hyväksy kutsu" in words(client.get(invitation.get_absolute_url()))

    page = client.post(invitation.get_absolute_url(), follow=True)

    assert "Tervetuloa" in words(page)
    assert "Varaat: Idän Sähly ry" in words(page)
    assert row_of(uusi, club).role == Role.BOOKER
    assert "Olet jo hyväksynyt" in words(client.get(invitation.get_absolute_url()))


def test_a_stranger_with_the_link_does_not_join(club, mikael):
    invitation, client = invited(club, mikael, "uusi.tyyppi@example.org"), signed_in(create_user("Vieno"))

    page = client.get(invitation.get_absolute_url())
    after = client.post(invitation.get_absolute_url(), follow=True)

    for each in (page, after):
        assert "u•••@example.org" in words(each)
        assert "tyyppi" not in each.content.decode()
        assert "Hyväksy kutsu" not in words(each)
    assert club.memberships.count() == 1
    assert Client().post(invitation.get_absolute_url()).status_code == 200
    assert Client().get(address("invitation", "x" * 43)).status_code == 404


@pytest.mark.parametrize(("days", "sentence"), [(13, "Hyväksy kutsu"), (14, "Kutsu on vanhentunut.")])
def test_it_works_for_two_weeks(club, mikael, days, sentence):
    invitation = invited(club, mikael)
    uusi = create_user("Uusi", email="uusi@example.org")

    with time_machine.travel(NOW + timedelta(days=days), tick=False):
        assert sentence in words(signed_in(uusi).get(invitation.get_absolute_url()))


# --- For whom one acts ----------------------------------------------------------------------------


def test_whoever_may_book_for_an_organisation_sees_for_whom_on_every_page(club, mikael, liisa):
    client = signed_in(mikael)
    assert "Varaat: itsellesi" in words(client.get("/"))

    back = client.post(
        ACT, {"organisation": club.pk, "next": f"/?when=today&organisation={club.pk}&people=4"}
    )

    assert back.url == "/?when=today&people=4"
    for page in ("/", INDEX, reverse("bookings:mine"), reverse("profile"), "/no-such-page/"):
        assert "Varaat: Idän Sähly ry" in words(client.get(page))
    client.post(ACT, {"organisation": "", "next": "/"})
    assert "Varaat: itsellesi" in words(client.get("/"))
    for nobody in (signed_in(liisa), Client(headers={"accept-language": "fi"})):
        assert "Varaat:" not in words(nobody.get("/"))


def test_nobody_acts_for_what_is_not_theirs(club, mikael):
    stranger, viewer = create_user("Vieno"), create_user("Liisa")
    Membership.objects.create(user=viewer, organisation=club, role=Role.VIEWER)
    for user in (stranger, viewer):
        own = create_organisation(user, name="Oma ry")
        client = signed_in(user)
        for wanted in (club.pk, "\0", "x", "9" * 40, "-1"):
            client.post(ACT, {"organisation": own.pk})
            client.post(ACT, {"organisation": wanted})
            assert "Varaat: itsellesi" in words(client.get("/"))
        assert acting.ACTING_FOR not in client.session
    assert Client().post(ACT, {"organisation": club.pk}).url.startswith(reverse("account_login"))


def test_the_switch_leads_nowhere_else(mikael, club):
    for elsewhere in ("abc", "//evil.example/", "https://evil.example/", "javascript:alert(1)", ""):
        assert signed_in(mikael).post(ACT, {"organisation": club.pk, "next": elsewhere}).url == "/"


def test_whoever_was_removed_acts_for_herself_from_then_on(club, mikael):
    pekka = create_user("Pekka")
    row = Membership.objects.create(user=pekka, organisation=club)
    create_organisation(pekka, name="Oma ry")
    client = signed_in(pekka)
    client.post(ACT, {"organisation": club.pk})
    assert "Varaat: Idän Sähly ry" in words(client.get("/"))

    memberships.change_role(row, Role.VIEWER, by=mikael)

    assert "Varaat: itsellesi" in words(client.get("/"))
    assert pressed(client, create_space()).organisation is None


def test_it_decides_what_is_searched_shown_kept_and_booked(club, mikael):
    room, client = create_space(), signed_in(mikael)
    client.post(ACT, {"organisation": club.pk})
    there = reverse("bookings:space", args=[room.pk])

    search = client.get("/")
    assert search.context["question"].asker.organisation_id == club.pk
    assert f'<option value="{club.pk}" selected>' in search.content.decode()
    assert [one["label"] for one in client.get(there).context["for_whom"] if one["is_current"]] == [club.name]
    held = pressed(client, room)
    assert held.organisation == club
    form = client.get(reverse("bookings:form", args=[held.pk])).context["form"]
    assert form["organisation"].value() == club.pk


def test_what_the_address_says_wins_and_goes_along(club, mikael):
    room, client = create_space(), signed_in(mikael)
    client.post(ACT, {"organisation": club.pk})
    there = reverse("bookings:space", args=[room.pk])

    page = client.get(there, {"organisation": ""})
    assert "Varaat: itsellesi" in words(page)
    assert page.context["action"].endswith("?organisation=")
    pressing = client.post(page.context["action"], {"period": period()})
    held = Booking.objects.get()
    assert held.organisation is None
    form = client.get(pressing.url)
    assert "Varaat: itsellesi" in words(form)
    assert form.context["form"]["organisation"].value() == ""

    assert client.get("/", {"organisation": ""}).context["question"].asker.organisation_id is None
    client.post(ACT, {"organisation": ""})
    assert "Varaat: Idän Sähly ry" in words(client.get(there, {"organisation": club.pk}))


def test_a_time_that_was_kept_before_signing_in_is_for_whom_one_acts(club, mikael):
    room, visitor = create_space(), Client(headers={"accept-language": "fi"})
    held = pressed(visitor, room)
    visitor.force_login(mikael)
    visitor.post(ACT, {"organisation": club.pk})

    form = visitor.get(reverse("bookings:form", args=[held.pk])).context["form"]

    assert form["organisation"].value() == club.pk


# --- How much it costs ----------------------------------------------------------------------------


def statements(client: Client, page: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_a_page_reads_for_whom_one_may_act_once(club, mikael):
    room, client = create_space(), signed_in(mikael)
    client.post(ACT, {"organisation": club.pk})
    for page in ("/", reverse("bookings:space", args=[room.pk]), reverse("profile"), INDEX):
        read = [sql for sql in statements(client, page) if '"role" IN' in sql]

        assert len(read) == 1, page


def test_a_visitor_pays_nothing_for_it():
    create_space()

    assert not [sql for sql in statements(Client(), "/") if '"accounts_organisation"' in sql]


def test_the_page_of_a_large_club_takes_as_many_statements(club, mikael):
    client = signed_in(mikael)

    def look() -> int:
        return len(statements(client, club.get_absolute_url()))

    def grow() -> None:
        for _number in range(5):
            member = create_user()
            Membership.objects.create(user=member, organisation=club, role=Role.BOOKER)
            invited(club, mikael, f"x{member.email}")

    grow()
    look()
    first = look()
    grow()

    assert look() == first
