"""Organisations: one's own, who belongs to them, invitations, and for whom one acts."""

from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from . import acting, invitations, memberships, permissions
from .models import Invitation, Membership, Organisation
from .organisation_forms import FoundForm, InviteForm, LeaveForm
from .problems import Refused
from .requests import SignedInRequest


def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of somebody who is signed in, with a form."""
    return never_cache(require_http_methods(["GET", "POST"])(login_required(view)))


def press(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What a button of somebody who is signed in does."""
    return require_POST(login_required(view))


def own(request: SignedInRequest, pk: int) -> Organisation:
    """Return an organisation that this person may see, or answer 404."""
    return get_object_or_404(Organisation.objects.visible_to(request.user), pk=pk)


def done(request: SignedInRequest, deed: Callable[[], object], said: str) -> bool:
    """Do it and say so, or say why it cannot be done."""
    try:
        deed()
    except Refused as refusal:
        messages.error(request, refusal.message)
        return False
    messages.success(request, said)
    return True


@page
def index(request: SignedInRequest) -> HttpResponse:
    """One's own organisations; found another."""
    form = FoundForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            organisation = memberships.found(**form.cleaned_data, by=request.user, now=timezone.now())
        except Refused as refusal:
            form.add_problems(refusal)
        else:
            acting.act_for(request, str(organisation.pk))
            messages.success(request, _("%(name)s is here now. Invite the others.") % {"name": organisation})
            return redirect(organisation)
    own = Membership.objects.filter(user=request.user, organisation__closed_at=None)
    context = {"memberships": own.select_related("organisation").order_by("organisation__name"), "form": form}
    return render(request, "accounts/organisations.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@login_required
def organisation(request: SignedInRequest, pk: int) -> HttpResponse:
    """What it is, what the city has verified of it, who belongs to it and who is invited."""
    return show(request, own(request, pk), InviteForm())


def show(
    request: SignedInRequest, organisation: Organisation, form: InviteForm, status: int = 200
) -> HttpResponse:
    members = organisation.memberships.select_related("user").order_by("user__name", "pk")
    is_open = organisation.closed_at is None
    can_manage = is_open and permissions.can_manage(request.user, organisation)
    context = {
        "organisation": organisation,
        "members": members,
        "own": next((member for member in members if member.user_id == request.user.pk), None),
        "has_owner": any(
            member.role == Membership.Role.OWNER and member.user.is_active for member in members
        ),
        "roles": Membership.Role.choices,
        "can_manage": can_manage,
        "invitations": organisation.invitations.open(timezone.now()) if can_manage else [],
        "form": form,
        "today": timezone.localdate(),
    }
    return render(request, "accounts/organisation.html", context, status=status)


@press
def invite(request: SignedInRequest, pk: int) -> HttpResponse:
    organisation, form = own(request, pk), InviteForm(request.POST)
    if not form.is_valid():
        return show(request, organisation, form, status=422)
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    try:
        invitations.invite(organisation, email, role, by=request.user, now=timezone.now())
    except Refused as refusal:
        form.add_problems(refusal)
        return show(request, organisation, form, status=409)
    messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": email})
    return redirect(organisation)


@press
def withdraw(request: SignedInRequest, pk: int, invitation_pk: int) -> HttpResponse:
    organisation = own(request, pk)
    invitation = get_object_or_404(organisation.invitations, pk=invitation_pk)
    done(
        request,
        lambda: invitations.withdraw(invitation, by=request.user, now=timezone.now()),
        _("The invitation has been withdrawn."),
    )
    return redirect(organisation)


@press
def change_role(request: SignedInRequest, pk: int, member_pk: int) -> HttpResponse:
    organisation = own(request, pk)
    member, role = member_of(organisation, member_pk), request.POST.get("role", "")
    if role in Membership.Role.values:
        done(
            request,
            lambda: memberships.change_role(member, role, by=request.user),
            _("%(person)s is now: %(role)s.")
            % {"person": member.user, "role": Membership.Role(role).label.lower()},
        )
    return redirect(organisation)


@press
def remove(request: SignedInRequest, pk: int, member_pk: int) -> HttpResponse:
    organisation = own(request, pk)
    member = member_of(organisation, member_pk)
    done(
        request,
        lambda: memberships.remove(member, by=request.user, now=timezone.now()),
        _("%(person)s does not belong to the organisation any more.") % {"person": member.user},
    )
    return redirect("organisations" if member.user_id == request.user.pk else organisation)


def member_of(organisation: Organisation, pk: int) -> Membership:
    return get_object_or_404(organisation.memberships.select_related("user", "organisation"), pk=pk)


@page
def leave(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask whether one is sure, and who owns it after the last owner."""
    organisation = own(request, pk)
    membership = get_object_or_404(
        organisation.memberships.select_related("user", "organisation"), user=request.user
    )
    is_last = memberships.is_last_owner(membership)
    others = memberships.successors(membership) if is_last else []
    form = LeaveForm(request.POST if request.method == "POST" else None, successors=others)
    if form.is_valid():
        chosen = form.cleaned_data.get("successor")
        successor = next((other.user for other in others if other.user_id == chosen), None)
        try:
            memberships.leave(organisation, user=request.user, successor=successor, now=timezone.now())
        except Refused as refusal:
            form.add_problems(refusal)
        else:
            messages.success(request, _("You have left %(name)s.") % {"name": organisation})
            return redirect("organisations")
    context = {"organisation": organisation, "form": form, "will_end": is_last and not others}
    return render(request, "accounts/leave.html", context, status=409 if form.errors else 200)


@page
def close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask whether one is sure that the organisation has ended."""
    organisation = own(request, pk)
    memberships.must_manage(request.user, organisation)
    if request.method == "POST" and done(
        request,
        lambda: memberships.close(organisation, by=request.user, now=timezone.now()),
        _("%(name)s has been closed.") % {"name": organisation},
    ):
        return redirect("organisations")
    return render(request, "accounts/close.html", {"organisation": organisation})


# --- Invitations ----------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Say who invites to what, to whoever has the link; let the person whom it is for join."""
    invitation = get_object_or_404(
        Invitation.objects.select_related("organisation", "invited_by"), token=token
    )
    if request.method == "POST" and request.user.is_authenticated:
        return accept(cast(SignedInRequest, request), invitation)
    return render(request, "accounts/invitation.html", about(invitation, request))


def accept(request: SignedInRequest, invitation: Invitation) -> HttpResponse:
    if not done(
        request,
        lambda: invitations.accept(invitation, by=request.user, now=timezone.now()),
        _("Welcome: you belong to %(name)s now.") % {"name": invitation.organisation},
    ):
        return redirect(invitation)
    acting.act_for(request, str(invitation.organisation_id))
    return redirect(invitation.organisation)


def about(invitation: Invitation, request: HttpRequest) -> dict:
    """Return what the page of an invitation says. Its address is told to nobody else."""
    problem = invitations.why_not_open(invitation, invitation.organisation, now=timezone.now())
    is_theirs = request.user.is_authenticated and request.user.email == invitation.email
    if not problem and request.user.is_authenticated and not is_theirs:
        problem = invitations.another_address(invitation)
    return {
        "invitation": invitation,
        "problem": problem,
        "veiled": invitations.veiled(invitation.email),
        "has_joined": is_theirs and invitation.accepted_at is not None,
    }


# --- For whom one acts ----------------------------------------------------------------------------


@press
def act_for(request: SignedInRequest) -> HttpResponse:
    """Act for an organisation, or for oneself, from now on. The page stays the same."""
    acting.act_for(request, request.POST.get(acting.PARAMETER, ""))
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(without_choice(back) if safe and back.startswith("/") else "/")


def without_choice(address: str) -> str:
    """Return an address that does not say for whom: what was just chosen decides."""
    parts = urlsplit(address)
    asked = QueryDict(parts.query, mutable=True)
    asked.pop(acting.PARAMETER, None)
    return parts._replace(query=asked.urlencode()).geturl()
