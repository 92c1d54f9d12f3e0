"""Who belongs to an organisation, and how organisations begin and end. This module alone writes it.

What somebody booked or waits for in its name stays the organisation's when they leave, and whoever books
for it looks after that. Pages and rules ask for the memberships as they are now: nobody need be told.

Every function locks the organisation before it judges, so that of two owners who leave at once one finds
herself the last. Of two organisations the one with the smaller id is locked first.
"""

from collections.abc import Iterator
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from . import business_id as business_ids
from . import permissions, signals
from .models import BUSINESS_ID_TAKEN, Invitation, Membership, Organisation, User
from .problems import Problem, Refused

Kind, Role = Organisation.Kind, Membership.Role

# The city's own units are made by its staff.
FOUNDED_BY_ANYBODY = (Kind.ASSOCIATION, Kind.CLUB, Kind.COMPANY)
# From the least to the most that one may do.
RANKS = (Role.VIEWER, Role.BOOKER, Role.OWNER)


def rank(role: str) -> int:
    return RANKS.index(Role(role))


# --- How one begins -------------------------------------------------------------------------------


@transaction.atomic
def found(name: str, kind: str, business_id: str, *, by: User, now: datetime) -> Organisation:
    """Make an organisation that its founder owns. Nothing of it is verified yet.

    A company has a business id; an association or a club may have none.
    """
    name, business_id = " ".join(name.split()), business_ids.tidy(business_id)
    if problems := [*wrong(name, kind, business_id)]:
        raise Refused(*problems)
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(name=name, kind=kind, business_id=business_id)
    except IntegrityError as quicker:
        raise Refused(business_id_taken()) from quicker
    Membership.objects.create(user=by, organisation=organisation, role=Role.OWNER)
    return organisation


def wrong(name: str, kind: str, business_id: str) -> Iterator[Problem]:
    if not name:
        yield Problem("name_missing", _("Write the name of the organisation."), "name")
    if kind not in FOUNDED_BY_ANYBODY:
        yield Problem("not_yours_to_found", _("Choose an association, a sports club or a company."), "kind")
    if not business_id and kind == Kind.COMPANY:
        yield Problem("business_id_missing", _("Write the company's business ID."), "business_id")
    if business_id and not business_ids.is_business_id(business_id):
        yield Problem("not_a_business_id", business_ids.NOT_ONE, "business_id")
    elif is_taken(business_id):
        yield business_id_taken()


def is_taken(business_id: str, *, but_by: int | None = None) -> bool:
    """Whether an active organisation, other than one named by its id, has this business id."""
    others = Organisation.objects.active().exclude(pk=but_by)
    return business_id != "" and others.filter(business_id=business_id).exists()


def business_id_taken() -> Problem:
    return Problem("business_id_taken", BUSINESS_ID_TAKEN, "business_id")


# --- Members --------------------------------------------------------------------------------------


@transaction.atomic
def change_role(membership: Membership, role: str, *, by: User) -> Membership:
    """Let a member do more or less. Raises `Refused` (`last_owner`) if nobody would own it any more."""
    membership = member_in_hand(membership)
    must_manage(by, membership.organisation)
    if role != Role.OWNER:
        must_leave_an_owner(membership)
    membership.role = Role(role)
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove(membership: Membership, *, by: User, now: datetime) -> None:
    """End a membership. Raises `Refused` (`last_owner`) if nobody would own it any more."""
    membership = member_in_hand(membership)
    must_manage(by, membership.organisation)
    must_leave_an_owner(membership)
    membership.delete()


@transaction.atomic
def leave(organisation: Organisation, *, user: User, successor: User | None = None, now: datetime) -> None:
    """Leave an organisation. Its last owner names a successor among its members.

    Where there is nobody left who could be one, the organisation is closed. Raises `Refused` (`last_owner`).
    """
    organisation = in_hand(organisation)
    membership = organisation.memberships.filter(user=user).first()
    if membership is None:
        raise Refused(Problem("not_a_member", _("You do not belong to this organisation.")))
    if is_last_owner(membership):
        if others := successors(membership):
            heir = next((other for other in others if successor and other.user_id == successor.pk), None)
            if heir is None:
                raise Refused(last_owner("successor"))
            heir.role = Role.OWNER
            heir.save(update_fields=["role"])
        else:
            end(organisation, now=now)
    membership.delete()


def successors(membership: Membership) -> list[Membership]:
    """Return the other members who can sign in."""
    others = membership.organisation.memberships.filter(user__is_active=True).exclude(pk=membership.pk)
    return list(others.select_related("user").order_by("user__name", "pk"))


def is_last_owner(membership: Membership) -> bool:
    return membership.role == Role.OWNER and not any(
        other.role == Role.OWNER for other in successors(membership)
    )


def must_leave_an_owner(membership: Membership) -> None:
    if is_last_owner(membership):
        raise Refused(last_owner())


def last_owner(field: str = "") -> Problem:
    message = _("An organisation has at least one owner. Make somebody else an owner first.")
    return Problem("last_owner", message, field)


# --- How one ends ---------------------------------------------------------------------------------


@transaction.atomic
def close(organisation: Organisation, *, by: User, now: datetime) -> None:
    """End an organisation. Its people stay, to look after what was booked for it; nobody joins or leaves."""
    organisation = in_hand(organisation)
    must_manage(by, organisation)
    end(organisation, now=now)


@transaction.atomic
def merge(organisation: Organisation, *, into: Organisation, by: User, now: datetime) -> None:
    """Let one organisation become a part of another: everybody belongs to the other, in their higher role.

    What was booked for the one follows by `organisations_merged`. Only the city's staff merges.
    """
    if not by.is_staff:
        raise PermissionDenied
    if organisation.pk == into.pk:
        raise Refused(Problem("same_organisation", _("Choose another organisation."), "into"))
    organisation, into = both_in_hand(organisation, into)
    bring_members(organisation, into)
    bring_invitations(organisation, into, now=now)
    end(organisation, into=into, now=now)
    if not into.business_id:
        into.business_id = organisation.business_id
        into.save(update_fields=["business_id"])
    signals.organisations_merged.send(Organisation, organisation=organisation, into=into)


def bring_members(organisation: Organisation, into: Organisation) -> None:
    there = {membership.user_id: membership for membership in into.memberships.all()}
    for membership in organisation.memberships.all():
        known = there.get(membership.user_id)
        if known is None:
            membership.organisation = into
            membership.save(update_fields=["organisation"])
            continue
        if rank(membership.role) > rank(known.role):
            known.role = membership.role
            known.save(update_fields=["role"])
        membership.delete()


def bring_invitations(organisation: Organisation, into: Organisation, *, now: datetime) -> None:
    """Take open invitations along, unless the same address is invited, or belongs, to the other already."""
    into.invitations.filter(accepted_at=None, withdrawn_at=None, expires_at__lte=now).update(withdrawn_at=now)
    known = {*into.invitations.open(now).values_list("email", flat=True)}
    known |= {*into.memberships.values_list("user__email", flat=True)}
    organisation.invitations.open(now).exclude(email__in=known).update(organisation=into)


def end(organisation: Organisation, *, into: Organisation | None = None, now: datetime) -> None:
    """Mark it as closed. Invitations to it lead nowhere any more."""
    Invitation.objects.filter(organisation=organisation, accepted_at=None, withdrawn_at=None).update(
        withdrawn_at=now
    )
    organisation.closed_at, organisation.merged_into = now, into
    organisation.save(update_fields=["closed_at", "merged_into"])


# --- Our turn with it -----------------------------------------------------------------------------


def in_hand(organisation: Organisation) -> Organisation:
    """Lock an organisation, and return it as it is now. Raises `Refused` if it has ended."""
    (organisation,) = all_in_hand([organisation.pk])
    return organisation


def both_in_hand(one: Organisation, other: Organisation) -> tuple[Organisation, Organisation]:
    found = {row.pk: row for row in all_in_hand([one.pk, other.pk])}
    return found[one.pk], found[other.pk]


def all_in_hand(pks: list[int]) -> list[Organisation]:
    rows = Organisation.objects.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True)
    organisations = list(rows)
    if any(organisation.closed_at for organisation in organisations):
        raise Refused(organisation_closed())
    return organisations


def organisation_closed() -> Problem:
    message = _("This organisation is closed. Nothing can be done in its name any more.")
    return Problem("organisation_closed", message, "organisation")


def member_in_hand(membership: Membership) -> Membership:
    """Lock the organisation of a membership, and return the membership as it is now."""
    organisation = in_hand(membership.organisation)
    fresh = organisation.memberships.select_related("user", "organisation").filter(pk=membership.pk).first()
    if fresh is None:
        raise Refused(Problem("not_a_member_any_more", _("They do not belong to the organisation any more.")))
    return fresh


def must_manage(by: User, organisation: Organisation) -> None:
    """Raise `PermissionDenied` for all but owners and the city's staff, as they are now."""
    if not permissions.can_manage(by, organisation):
        raise PermissionDenied
