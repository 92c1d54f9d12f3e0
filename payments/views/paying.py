"""Paying, and coming back from it."""

from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.problems import Refused
from accounts.requests import SignedInRequest

from .. import checkout, documents, gateway, reconcile, whose
from ..models import Payment

SHOWN = 50


@never_cache
@require_GET
@login_required
def mine(request: SignedInRequest) -> HttpResponse:
    """What waits to be paid, and what has been."""
    owed = Sum("price_lines__gross_cents", default=0)
    waiting = whose.payable_by(request.user).with_place().annotate(owed=owed).filter(owed__gt=0)
    paid = whose.visible_to(request.user).exclude(state__in=[Payment.State.EXPIRED, Payment.State.FAILED])
    context = {
        "waiting": waiting.order_by("payment_due_at", "pk"),
        "payments": paid.select_related("organisation").order_by("-pk")[:SHOWN],
        "invoices": documents.unpaid().filter(person=request.user).order_by("due_on", "pk"),
        "can_pay": gateway.is_set_up(),
    }
    return render(request, "payments/mine.html", context)


@require_POST
@login_required
def pay(request: SignedInRequest) -> HttpResponse:
    """Begin to pay for the bookings that were chosen, and lead to Stripe's page."""
    chosen = {int(pk) for pk in request.POST.getlist("booking") if pk.isdecimal() and len(pk) < 19}
    bookings = list(whose.payable_by(request.user).filter(pk__in=chosen).order_by("pk"))
    if len(bookings) != len(chosen):
        # One of them is not waiting for payment any more, or never was theirs: nothing is told apart.
        messages.error(request, _("One of the bookings cannot be paid any more. Choose again."))
        return redirect("payments:mine")
    try:
        begun = checkout.start(bookings, payer=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, " ".join(str(problem.message) for problem in refusal.problems))
        return redirect(bookings[0] if len(bookings) == 1 else "payments:mine")
    return redirect(begun.session_url if begun.is_open and begun.session_url else begun)


@never_cache
@require_GET
@login_required
def payment(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(whose.visible_to(request.user), pk=pk)
    parts = found.parts.select_related("booking__space__venue").prefetch_related("booking__dates")
    context = {"payment": found, "parts": parts.order_by("pk"), "may_pay": whose.may_pay(request.user, found)}
    return render(request, "payments/payment.html", context)


@never_cache
@require_GET
@login_required
def done(request: SignedInRequest, pk: int) -> HttpResponse:
    """Welcome whoever comes back from Stripe's page: ask Stripe, and say how it stands."""
    found = get_object_or_404(whose.visible_to(request.user), pk=pk)
    if found.is_open and found.session_id:
        with suppress(gateway.Unreachable):  # the page says that it is not known yet
            reconcile.session(found.session_id, now=timezone.now())
    return redirect(found)


@require_POST
@login_required
def leave(request: SignedInRequest, pk: int) -> HttpResponse:
    """Leave a payment that was begun: nobody can pay it any more, and it can be begun anew."""
    found = get_object_or_404(whose.visible_to(request.user), pk=pk)
    if not whose.may_pay(request.user, found):
        raise PermissionDenied
    try:
        reconcile.leave(found, now=timezone.now())
    except Refused as refusal:
        messages.error(request, " ".join(str(problem.message) for problem in refusal.problems))
    return redirect(found)
