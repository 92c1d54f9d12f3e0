"""Giving one date of a booking back, and taking it again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.problems import Refused
from accounts.requests import SignedInRequest

from .. import dates, permissions
from ..models import Occupancy
from .moving import own_date


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def release(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what giving the date back means, and do it when that is confirmed."""
    date = changeable(request, pk)
    booking = dates.booking_of(date)
    if booking.series_id is None:
        return redirect("bookings:cancel", booking.pk)
    now = timezone.now()
    if request.method == "POST":
        try:
            dates.release([date], by=request.user, now=now)
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("Given back. The time is free for others again."))
        return redirect(booking)
    (effect,) = dates.effects([date], by=request.user, now=now)
    context = {"booking": booking, "date": date, "effect": effect}
    return render(request, "bookings/release.html", context)


@never_cache
@require_POST
@login_required
def take_again(request: SignedInRequest, pk: int) -> HttpResponse:
    date = changeable(request, pk)
    try:
        dates.take_again(date, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The date is yours again."))
    return redirect(dates.booking_of(date))


def changeable(request: SignedInRequest, pk: int) -> Occupancy:
    """Return a date of a booking that this person may change."""
    date = own_date(request, pk)
    if not permissions.can_change(request.user, dates.booking_of(date)):
        raise PermissionDenied
    return date
