"""Invitations to an organisation: made by its owners or the city's staff, accepted by whom they are for.

Whoever has the link sees who invites to what. To join, they sign in with the address that was invited.
"""

import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from . import signals
from .memberships import Role, in_hand, must_manage, rank
from .models import INVITED_ALREADY, Invitation, Membership, Organisation, User
from .problems import Problem, Refused

VALID_FOR = timedelta(days=14)
# Each sends a mail to somebody who did not ask for it.
MOST_A_DAY = 50
TOKEN_BYTES = 32


@transaction.atomic
def invite(organisation: Organisation, email: str, role: str, *, by: User, now: datetime) -> Invitation:
    """Invite whoever reads mail at an address. An invitation that has expired makes way for a new one."""
    organisation = in_hand(organisation)
    must_manage(by, organisation)
    email = address(email)
    if organisation.memberships.filter(user__email=email).exists():
        raise Refused(Problem("member_already", _("They belong to the organisation already."), "email"))
    sent = organisation.invitations.filter(email=email, accepted_at=None, withdrawn_at=None)
    if sent.open(now).exists():
        raise Refused(
            Problem("invited_already", INVITED_ALREADY, "email"),
        )
    if organisation.invitations.filter(created_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        message = _("So many people have been invited today that the next can be invited tomorrow.")
        raise Refused(Problem("too_many_invitations", message, "email"))
    sent.update(withdrawn_at=now)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email,
        role=Role(role),
        language=language_of(email) or by.language,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        invited_by=by,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    signals.invitation_made.send(Invitation, invitation=invitation)
    return invitation


def address(email: str) -> str:
    """Return an address in small letters. Raises `Refused` if it is none."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as wrong:
        raise Refused(Problem("not_an_email", wrong.messages[0], "email")) from wrong
    return email


def language_of(email: str) -> str:
    """Return the language that somebody chose, if they have an account."""
    return User.objects.filter(email=email).values_list("language", flat=True).first() or ""


@transaction.atomic
def accept(invitation: Invitation, *, by: User, now: datetime) -> Membership:
    """Join. Whoever belongs to it already keeps the higher of the two roles.

    Raises `Refused` for everybody but the person whose address was invited: a link may have been passed on.
    """
    organisation, invitation = both_in_hand(invitation)
    if by.email != invitation.email:
        raise Refused(another_address(invitation))
    if invitation.accepted_by_id == by.pk:  # pressed twice
        raise Refused(Problem("accepted_already", _("You have accepted this invitation already.")))
    if problem := why_not_open(invitation, organisation, now=now):
        raise Refused(problem)
    membership, is_new = Membership.objects.get_or_create(
        user=by, organisation=organisation, defaults={"role": invitation.role}
    )
    if not is_new and rank(invitation.role) > rank(membership.role):
        membership.role = invitation.role
        membership.save(update_fields=["role"])
    invitation.accepted_at, invitation.accepted_by = now, by
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    return membership


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User, now: datetime) -> None:
    """Take an invitation back: its link leads nowhere any more."""
    organisation, invitation = both_in_hand(invitation)
    must_manage(by, organisation)
    if problem := why_not_open(invitation, organisation, now=now):
        raise Refused(problem)
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])


def both_in_hand(invitation: Invitation) -> tuple[Organisation, Invitation]:
    """Lock the organisation and then the invitation, as they are now: a merger takes invitations along."""
    pk = Invitation.objects.values_list("organisation", flat=True).get(pk=invitation.pk)
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=pk)
    return organisation, Invitation.objects.select_for_update().get(pk=invitation.pk)


def why_not_open(invitation: Invitation, organisation: Organisation, *, now: datetime) -> Problem | None:
    """Return why an invitation cannot be accepted any more, or None."""
    if invitation.accepted_at:
        return Problem("used_already", _("This invitation has been used already."))
    if invitation.withdrawn_at or organisation.closed_at:
        return Problem("withdrawn", _("This invitation has been withdrawn."))
    if invitation.expires_at <= now:
        return Problem("expired", _("This invitation has expired. Ask for a new one."))
    return None


def another_address(invitation: Invitation) -> Problem:
    message = _(
        "The invitation was sent to another address, %(address)s. Sign in with that one, or ask to be invited"
        " with yours."
    )
    return Problem("another_address", message % {"address": veiled(invitation.email)})


def veiled(email: str) -> str:
    """Return an address so that its owner knows it and others do not learn it: "m•••@example.org"."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}•••@{domain}"
