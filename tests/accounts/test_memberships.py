"""Organisations begin, people join and leave, two become one, and an owner is never the last by accident."""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from accounts import memberships
from accounts.models import Membership, Organisation
from accounts.problems import Refused
from tests.factories import NOW, create_organisation, create_user
from tests.together import at_once, refusals, winners

pytestmark = pytest.mark.django_db
Role = Membership.Role
BUSINESS_ID, ANOTHER = "0201256-6", "0112038-9"


def found(name="Idän Sähly ry", kind="club", business_id="", *, by=None):
    return memberships.found(name, kind, business_id, by=by or create_user(), now=NOW)


def join(organisation: Organisation, *roles: str) -> list[Membership]:
    return [
        Membership.objects.create(organisation=organisation, user=create_user(), role=role) for role in roles
    ]


def role_of(user, organisation) -> str | None:
    return organisation.memberships.filter(user=user).values_list("role", flat=True).first()


def refused(function, *args, **kwargs) -> set[str]:
    with pytest.raises(Refused) as refusal:
        function(*args, **kwargs)
    return refusal.value.codes


# --- How one begins -------------------------------------------------------------------------------


def test_whoever_founds_it_owns_it():
    aino = create_user()

    club = found("  Idän   Sähly ry ", business_id="201256-6", by=aino)

    assert (club.name, club.kind, club.business_id) == ("Idän Sähly ry", "club", BUSINESS_ID)
    assert role_of(aino, club) == Role.OWNER
    assert club.price_group is None
    assert club.minors_percent is None


def test_everything_wrong_is_said_at_once():
    assert refused(found, " ", "city", "0201256-7") == {
        "name_missing",
        "not_yours_to_found",
        "not_a_business_id",
    }
    assert refused(found, kind="company") == {"business_id_missing"}
    assert not Organisation.objects.exists()


def test_a_business_id_belongs_to_one_organisation_as_long_as_it_lasts():
    aino = create_user()
    club = found(business_id=BUSINESS_ID, by=aino)
    assert refused(found, business_id=BUSINESS_ID) == {"business_id_taken"}

    memberships.close(club, by=aino, now=NOW)

    assert found(business_id=BUSINESS_ID)


# --- Members --------------------------------------------------------------------------------------


def test_an_owner_gives_roles_and_removes():
    aino = create_user()
    club = found(by=aino)
    booker, viewer = join(club, Role.BOOKER, Role.VIEWER)

    memberships.change_role(viewer, Role.OWNER, by=aino)
    memberships.remove(booker, by=aino, now=NOW)

    assert role_of(viewer.user, club) == Role.OWNER
    assert role_of(booker.user, club) is None


def test_nobody_else_does():
    club = found()
    booker, viewer = join(club, Role.BOOKER, Role.VIEWER)
    for stranger in (booker.user, viewer.user, create_user("Vieno")):
        with pytest.raises(PermissionDenied):
            memberships.change_role(viewer, Role.OWNER, by=stranger)
        with pytest.raises(PermissionDenied):
            memberships.remove(viewer, by=stranger, now=NOW)
        with pytest.raises(PermissionDenied):
            memberships.close(club, by=stranger, now=NOW)
        with pytest.raises(PermissionDenied):
            memberships.merge(club, into=create_organisation(), by=stranger, now=NOW)

    assert role_of(viewer.user, club) == Role.VIEWER


def test_the_last_owner_is_neither_removed_nor_made_less():
    aino = create_user()
    club = found(by=aino)
    join(club, Role.BOOKER)
    (gone,) = join(club, Role.OWNER)
    gone.user.is_active = False  # whoever cannot sign in owns nothing
    gone.user.save()
    own = club.memberships.get(user=aino)

    assert refused(memberships.change_role, own, Role.BOOKER, by=aino) == {"last_owner"}
    assert refused(memberships.remove, own, by=aino, now=NOW) == {"last_owner"}
    assert role_of(aino, club) == Role.OWNER


def test_a_membership_that_has_ended_meanwhile_is_not_changed():
    aino = create_user()
    club = found(by=aino)
    (booker,) = join(club, Role.BOOKER)
    memberships.remove(booker, by=aino, now=NOW)

    booker.pk = booker.pk or 1
    assert refused(memberships.change_role, booker, Role.OWNER, by=aino) == {"not_a_member_any_more"}


# --- Leaving --------------------------------------------------------------------------------------


def test_whoever_is_not_the_last_owner_just_leaves():
    club = found()
    booker, owner = join(club, Role.BOOKER, Role.OWNER)

    for member in (booker, owner):
        memberships.leave(club, user=member.user, now=NOW)

    assert club.memberships.count() == 1
    assert refused(memberships.leave, club, user=booker.user, now=NOW) == {"not_a_member"}


def test_the_last_owner_names_a_successor_among_the_members():
    aino, stranger = create_user(), create_user("Vieno")
    club = found(by=aino)
    (viewer,) = join(club, Role.VIEWER)

    assert refused(memberships.leave, club, user=aino, now=NOW) == {"last_owner"}
    assert refused(memberships.leave, club, user=aino, successor=stranger, now=NOW) == {"last_owner"}
    assert refused(memberships.leave, club, user=aino, successor=aino, now=NOW) == {"last_owner"}
    memberships.leave(club, user=aino, successor=viewer.user, now=NOW)

    assert list(club.memberships.values_list("user", "role")) == [(viewer.user.pk, Role.OWNER)]


def test_with_its_only_member_it_ends():
    aino = create_user()
    club = found(by=aino)

    memberships.leave(club, user=aino, now=NOW)

    club.refresh_from_db()
    assert (club.closed_at, club.memberships.count()) == (NOW, 0)
    assert refused(memberships.leave, club, user=aino, now=NOW) == {"organisation_closed"}


def test_one_whose_owner_cannot_sign_in_is_for_the_staff_to_mend():
    staff, aino = create_user("Katri", is_staff=True), create_user()
    club, fine, ended = found(by=aino), found(), found(by=aino)
    memberships.close(ended, by=staff, now=NOW)
    (booker,) = join(club, Role.BOOKER)
    aino.is_active = False
    aino.save()
    assert list(Organisation.objects.without_owner()) == [club]

    memberships.change_role(booker, Role.OWNER, by=staff)

    assert not Organisation.objects.without_owner().exists()
    assert fine.memberships.count() == 1


# --- Merging --------------------------------------------------------------------------------------


def test_of_two_everybody_belongs_to_the_one_in_their_higher_role():
    staff, aino, onni = create_user("Katri", is_staff=True), create_user(), create_user("Onni")
    old, new = found("Vanha", business_id=BUSINESS_ID, by=aino), found("Uusi", by=onni)
    Membership.objects.create(organisation=new, user=aino, role=Role.VIEWER)
    Membership.objects.create(organisation=old, user=onni, role=Role.VIEWER)
    (only_old,) = join(old, Role.BOOKER)

    memberships.merge(old, into=new, by=staff, now=NOW)

    old.refresh_from_db()
    new.refresh_from_db()
    assert {(member.user, member.role) for member in new.memberships.all()} == {
        (aino, Role.OWNER),
        (onni, Role.OWNER),
        (only_old.user, Role.BOOKER),
    }
    assert not old.memberships.exists()
    assert (old.closed_at, old.merged_into, new.business_id) == (NOW, new, BUSINESS_ID)


def test_its_business_id_is_free_again_where_the_other_has_one():
    staff = create_user("Katri", is_staff=True)
    old, new = found(business_id=BUSINESS_ID), found(business_id=ANOTHER)

    memberships.merge(old, into=new, by=staff, now=NOW)

    new.refresh_from_db()
    assert new.business_id == ANOTHER
    assert found(business_id=BUSINESS_ID)


def test_nothing_is_merged_with_itself_or_with_what_has_ended():
    staff = create_user("Katri", is_staff=True)
    old, new = found(), found()
    assert refused(memberships.merge, old, into=old, by=staff, now=NOW) == {"same_organisation"}

    memberships.merge(old, into=new, by=staff, now=NOW)

    assert refused(memberships.merge, old, into=new, by=staff, now=NOW) == {"organisation_closed"}
    assert refused(memberships.merge, new, into=old, by=staff, now=NOW) == {"organisation_closed"}


# --- Many at once ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.proof)])
def test_of_two_owners_who_leave_at_once_one_stays(rounds):
    for _round in range(rounds):
        aino, onni = create_user(), create_user("Onni")
        club = create_organisation(aino, onni, role=Role.OWNER)
        join(club, Role.VIEWER)

        outcomes = at_once(*(partial(memberships.leave, club, user=who, now=NOW) for who in (aino, onni)))

        assert (len(winners(outcomes)), refusals(outcomes)) == (1, {"last_owner": 1})
        assert club.memberships.filter(role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.proof)])
def test_two_owners_who_make_each_other_less_leave_one(rounds):
    for _round in range(rounds):
        aino, onni = create_user(), create_user("Onni")
        club = create_organisation(aino, onni, role=Role.OWNER)
        staff = create_user("Katri", is_staff=True)
        rows = club.memberships.all()

        at_once(*(partial(memberships.change_role, row, Role.VIEWER, by=staff) for row in rows))

        assert club.memberships.filter(role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.proof)])
def test_two_that_merge_into_each_other_at_once_leave_one(rounds):
    staff = create_user("Katri", is_staff=True)
    for _round in range(rounds):
        one, other = create_organisation(create_user()), create_organisation(create_user())

        outcomes = at_once(
            partial(memberships.merge, one, into=other, by=staff, now=NOW),
            partial(memberships.merge, other, into=one, by=staff, now=NOW),
        )

        assert refusals(outcomes) == {"organisation_closed": 1}
        assert Organisation.objects.active().filter(pk__in=[one.pk, other.pk]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_found_with_one_business_id_at_once_one_does():
    people = [create_user() for _n in range(4)]

    outcomes = at_once(*(partial(found, business_id=BUSINESS_ID, by=who) for who in people))

    assert (len(winners(outcomes)), refusals(outcomes)) == (1, {"business_id_taken": 3})
    assert Membership.objects.count() == 1
