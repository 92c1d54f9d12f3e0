"""May this person? What may be done with an organisation, for pages and API alike."""

from .models import Membership, Organisation, User


def can_manage(user: User, organisation: Organisation) -> bool:
    """Invite, remove, change roles: the organisation's owners, and the city's staff."""
    return user.is_staff or is_owner(user, organisation)


def is_owner(user: User, organisation: Organisation) -> bool:
    return organisation.memberships.filter(user=user, role=Membership.Role.OWNER).exists()
