"""For whom somebody acts: for herself, or for one of the organisations for which she may book.

What the address of a page says (`?organisation=`) wins for that page; otherwise it is what she chose last,
kept in the session. Either is held against the memberships as they are now, read once for a request.
"""

from typing import cast

from django.http import HttpRequest

from .models import Organisation, User

ACTING_FOR = "acting_for"
PARAMETER = "organisation"
READ = "_organisations_to_act_for"


def choices(request: HttpRequest) -> list[Organisation]:
    """Return the organisations for which somebody may act, in order of their names. One statement."""
    if not hasattr(request, READ):
        user = request.user
        theirs = list(Organisation.objects.bookable_by(cast(User, user))) if user.is_authenticated else []
        setattr(request, READ, theirs)
    return getattr(request, READ)


def acting_for(request: HttpRequest) -> Organisation | None:
    """Return for which organisation somebody acts on this page, or None: for herself."""
    wanted = request.GET.get(PARAMETER)
    if wanted is None:
        wanted = request.session.get(ACTING_FOR, "")
    if not wanted:
        return None
    return next((one for one in choices(request) if str(one.pk) == wanted), None)


def act_for(request: HttpRequest, wanted: str) -> None:
    """Act for an organisation, by its id, from now on; for herself if it is none of hers."""
    if any(str(one.pk) == wanted for one in choices(request)):
        request.session[ACTING_FOR] = wanted
    else:
        request.session.pop(ACTING_FOR, None)


def in_address(request: HttpRequest) -> str | None:
    """Return what an address says to mean the same people as this page. None: there is no choice."""
    if not choices(request):
        return None
    organisation = acting_for(request)
    return str(organisation.pk) if organisation else ""
