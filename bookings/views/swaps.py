"""Swapping dates: what was proposed to somebody and by them, and a new proposal."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.problems import Refused
from accounts.requests import SignedInRequest

from .. import swaps
from ..models import Swap
from ..swap_forms import SwapForm
from ..swaps import ANSWERS

SHOWN = 50


@never_cache
@require_GET
@login_required
def index(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    theirs = swaps.visible_to(request.user)
    is_open = {"state": Swap.State.PROPOSED, "offered_starts_at__gt": now, "wanted_starts_at__gt": now}
    incoming = theirs.filter(**is_open).filter(swaps.asked_of(request.user))[:SHOWN]
    outgoing = theirs.filter(swaps.proposed_for(request.user))[:SHOWN]
    context = {
        "incoming": [(swap, swaps.can_answer(request.user, swap)) for swap in incoming],
        "outgoing": [
            (swap, swap.state == Swap.State.PROPOSED and swaps.can_withdraw(request.user, swap))
            for swap in outgoing
        ],
    }
    return render(request, "bookings/swaps/index.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose a date of somebody else's for which this one is offered."""
    date = swaps.own_date(request.user, pk)
    if date is None:
        raise Http404
    now = timezone.now()
    others = list(swaps.wanted_for(date, now=now))
    form = SwapForm(request.POST if request.method == "POST" else None, dates=others)
    if form.is_valid():
        wanted = next(other for other in others if other.pk == form.cleaned_data["wanted"])
        try:
            swaps.propose(date, wanted, form.cleaned_data["message"], by=request.user, now=now)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Your proposal has been sent. You are told when it is answered."))
            return redirect("bookings:swaps")
    status = 422 if form.errors else 200
    return render(request, "bookings/swaps/propose.html", {"date": date, "form": form}, status=status)


@require_POST
@login_required
def answer(request: SignedInRequest, pk: int, how: str) -> HttpResponse:
    """Agree, decline or withdraw."""
    swap = get_object_or_404(swaps.visible_to(request.user), pk=pk)
    rule, may = ANSWERS[how]
    if not may(request.user, swap):
        raise PermissionDenied
    try:
        rule(swap, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, said(how))
    return redirect("bookings:swaps")


def said(how: str) -> str:
    return {
        "agree": _("Swapped. Both dates have changed hands."),
        "decline": _("Declined. Your date stays yours."),
        "withdraw": _("Withdrawn."),
    }[how]
