"""Invitations: to one address, for a while, accepted once, by whoever reads mail there."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from accounts import invitations, memberships
from accounts.models import Invitation, Membership
from accounts.problems import Refused
from tests.factories import NOW, create_organisation, create_user
from tests.together import at_once, refusals, winners

pytestmark = pytest.mark.django_db
Role = Membership.Role
LATER = NOW + timedelta(days=3)


@pytest.fixture
def mikael():
    return create_user("Mikael", language="sv")


@pytest.fixture
def club(mikael):
    return create_organisation(mikael, name="Idän Sähly ry", role=Role.OWNER)


def invite(club, email="uusi@example.org", role=Role.BOOKER, *, by=None, now=NOW) -> Invitation:
    by = by or club.memberships.filter(role=Role.OWNER).first().user
    return invitations.invite(club, email, role, by=by, now=now)


def refused(function, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as refusal:
        function(*args, **kwargs)
    return refusal.value


def role_of(user, organisation) -> str | None:
    return organisation.memberships.filter(user=user).values_list("role", flat=True).first()


def test_whoever_reads_mail_at_the_address_joins(club):
    invitation = invite(club, " Uusi@Example.org ", Role.VIEWER)
    uusi = create_user("Uusi", email="uusi@example.org")

    membership = invitations.accept(invitation, by=uusi, now=LATER)

    assert (membership.user, membership.role) == (uusi, Role.VIEWER)
    assert re.fullmatch(r"[\w-]{43}", invitation.token)
    assert refused(invitations.accept, invitation, by=uusi, now=LATER).codes == {"accepted_already"}


def test_somebody_else_with_the_link_learns_no_address(club):
    invitation = invite(club, "uusi.tyyppi@example.org")

    refusal = refused(invitations.accept, invitation, by=create_user("Vieno"), now=LATER)

    assert refusal.codes == {"another_address"}
    assert "u•••@example.org" in refusal.message
    assert "tyyppi" not in refusal.message
    assert club.memberships.count() == 1


def test_it_is_written_in_the_language_of_who_gets_it_if_we_know_it(club):
    create_user(email="know@example.org", language="en")

    assert invite(club, "know@example.org").language == "en"
    assert invite(club, "new@example.org").language == "sv"


def test_one_at_a_time_goes_to_an_address_and_again_after_it_has_expired(club, mikael):
    first = invite(club)
    assert refused(invite, club).codes == {"invited_already"}
    assert invite(create_organisation(mikael, role=Role.OWNER))

    after = NOW + timedelta(days=14)
    uusi = create_user(email="uusi@example.org")
    assert refused(invitations.accept, first, by=uusi, now=after).codes == {"expired"}
    second = invite(club, now=after)

    assert refused(invitations.accept, first, by=uusi, now=after).codes == {"withdrawn"}
    assert invitations.accept(second, by=uusi, now=after)


def test_one_that_was_withdrawn_leads_nowhere(club, mikael):
    invitation = invite(club)

    invitations.withdraw(invitation, by=mikael, now=LATER)

    uusi = create_user(email="uusi@example.org")
    assert refused(invitations.accept, invitation, by=uusi, now=LATER).codes == {"withdrawn"}
    assert refused(invitations.withdraw, invitation, by=mikael, now=LATER).codes == {"withdrawn"}
    assert invite(club, now=LATER)


def test_one_that_was_accepted_is_not_withdrawn(club, mikael):
    invitation, uusi = invite(club), create_user(email="uusi@example.org")
    invitations.accept(invitation, by=uusi, now=NOW)

    assert refused(invitations.withdraw, invitation, by=mikael, now=LATER).codes == {"used_already"}
    assert refused(invite, club).codes == {"member_already"}


def test_whoever_belongs_to_it_already_keeps_the_higher_role(club):
    uusi, vanha = create_user(email="uusi@example.org"), create_user(email="vanha@example.org")
    invitation_of_uusi, invitation_of_vanha = invite(club, role=Role.OWNER), invite(club, "vanha@example.org")
    Membership.objects.create(organisation=club, user=uusi, role=Role.VIEWER)
    Membership.objects.create(organisation=club, user=vanha, role=Role.OWNER)

    invitations.accept(invitation_of_uusi, by=uusi, now=NOW)
    invitations.accept(invitation_of_vanha, by=vanha, now=NOW)

    assert role_of(uusi, club) == role_of(vanha, club) == Role.OWNER


def test_only_owners_and_the_citys_staff_invite_and_withdraw(club):
    invitation = invite(club)
    booker = create_user()
    Membership.objects.create(organisation=club, user=booker)
    for stranger in (booker, create_user("Vieno")):
        with pytest.raises(PermissionDenied):
            invite(club, "kaveri@example.org", by=stranger)
        with pytest.raises(PermissionDenied):
            invitations.withdraw(invitation, by=stranger, now=NOW)

    assert invite(club, "owner@example.org", Role.OWNER, by=create_user("Katri", is_staff=True))


@pytest.mark.parametrize(
    "email", ["", "uusi", "uusi@example.org, toinen@example.org", "a@b\n.org", "\0@a.fi"]
)
def test_an_address_is_one_address(club, email):
    assert refused(invite, club, email).codes == {"not_an_email"}


def test_nobody_sends_mail_to_the_whole_world(club):
    for number in range(invitations.MOST_A_DAY):
        invite(club, f"{number}@example.org")

    assert refused(invite, club).codes == {"too_many_invitations"}
    assert invite(club, now=NOW + timedelta(days=1, seconds=1))


def test_with_the_organisation_its_invitations_end(club, mikael):
    invitation, uusi = invite(club), create_user(email="uusi@example.org")

    memberships.leave(club, user=mikael, now=NOW)

    assert refused(invitations.accept, invitation, by=uusi, now=NOW).codes == {"withdrawn"}
    with pytest.raises(Refused):
        invite(club, by=create_user("Katri", is_staff=True))


def test_those_of_one_that_becomes_a_part_of_another_lead_there(club, mikael):
    staff, whole = create_user("Katri", is_staff=True), create_organisation(create_user(), role=Role.OWNER)
    kept, double, member = invite(club), invite(club, "double@example.org"), create_user()
    invite(club, member.email)
    invite(whole, "double@example.org")
    Membership.objects.create(organisation=whole, user=member)

    memberships.merge(club, into=whole, by=staff, now=NOW)

    uusi = create_user(email="uusi@example.org")
    assert invitations.accept(kept, by=uusi, now=NOW).organisation == whole
    assert list(Invitation.objects.open(NOW).values_list("organisation", "email")) == [
        (whole.pk, "double@example.org")
    ]
    double.refresh_from_db()
    assert double.withdrawn_at == NOW


# --- Many at once ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.proof)])
def test_one_invitation_accepted_in_two_tabs_at_once_is_accepted_once(rounds):
    for number in range(rounds):
        club = create_organisation(create_user(), role=Role.OWNER)
        uusi = create_user(email=f"tabs{number}@example.org")
        invitation = invite(club, uusi.email)

        outcomes = at_once(*[partial(invitations.accept, invitation, by=uusi, now=NOW)] * 2)

        assert (len(winners(outcomes)), refusals(outcomes)) == (1, {"accepted_already": 1})
        assert club.memberships.filter(user=uusi).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_link_at_once_are_not_both_members():
    club = create_organisation(create_user(), role=Role.OWNER)
    uusi, vieno = create_user(email="uusi@example.org"), create_user("Vieno")
    invitation = invite(club)

    outcomes = at_once(*(partial(invitations.accept, invitation, by=who, now=NOW) for who in (uusi, vieno)))

    assert (len(winners(outcomes)), refusals(outcomes)) == (1, {"another_address": 1})
    assert role_of(vieno, club) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.proof)])
def test_accepted_and_withdrawn_at_once_it_is_one_of_the_two(rounds):
    for number in range(rounds):
        owner = create_user()
        club = create_organisation(owner, role=Role.OWNER)
        uusi = create_user(email=f"either{number}@example.org")
        invitation = invite(club, uusi.email)

        outcomes = at_once(
            partial(invitations.accept, invitation, by=uusi, now=NOW),
            partial(invitations.withdraw, invitation, by=owner, now=NOW),
        )

        invitation.refresh_from_db()
        assert len(winners(outcomes)) == 1
        assert (invitation.accepted_at is None) == (role_of(uusi, club) is None)


@pytest.mark.django_db(transaction=True)
def test_invited_twice_at_once_it_is_one_invitation():
    club = create_organisation(create_user(), role=Role.OWNER)

    outcomes = at_once(*[partial(invite, club)] * 4)

    assert (len(winners(outcomes)), refusals(outcomes)) == (1, {"invited_already": 3})
