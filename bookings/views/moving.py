"""Give a booking, or one of its dates, another time: a free one that is pressed, or one that is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.requests import SignedInRequest
from venues.audiences import asker
from venues.clock import local
from venues.models import Space

from .. import dates, lifecycle, limits, permissions, wishes
from ..forms import MoveForm
from ..models import Booking, Occupancy
from ..wishes import Wish
from . import prices
from .holds import linked, period_of
from .mine import own
from .prices import MovedPrice
from .space import week_of


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Move a single booking. The dates of one with many move one by one."""
    booking = own(request, pk)
    if booking.series_id:
        return redirect(booking)
    return moving(request, booking, wishes.date_of(booking))


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def move_date(request: SignedInRequest, pk: int) -> HttpResponse:
    """Move one date, and leave the others of its booking where they are."""
    date = own_date(request, pk)
    booking = own(request, date.booking_id or 0)
    if not booking.series_id:
        return redirect("bookings:move", booking.pk)
    return moving(request, booking, date)


def own_date(request: SignedInRequest, pk: int) -> Occupancy:
    """Return a date of a booking that this person may see, with its booking, or answer 404."""
    date = get_object_or_404(Occupancy.objects.select_related("space"), pk=pk, booking__isnull=False)
    date.booking = own(request, date.booking_id or 0)
    return date


def moving(request: SignedInRequest, booking: Booking, date: Occupancy) -> HttpResponse:
    space = space_asked(request, booking)
    if not permissions.can_move(request.user, booking, space):
        raise PermissionDenied
    if request.method != "POST":
        return show_move(request, booking, date, space, MoveForm(initial=as_it_is(date)))
    if "period" in request.POST:
        form, period = MoveForm(initial=as_it_is(date)), period_of(request)
    else:
        form = MoveForm(request.POST)
        if not form.is_valid():
            return show_move(request, booking, date, space, form, status=422)
        period = form.period()
    wish = replace(wishes.wish_of(booking, date), space=space, starts_at=period[0], ends_at=period[1])
    now = timezone.now()
    price = prices.of_move(booking, date, wish, by=request.user, now=now)
    if price and request.POST.get("seen_cents") != str(price.cents):
        return show_price(request, booking, date, wish, price)
    try:
        moved = moved_to(booking, date, wish, by=request.user, now=now)
    except Refused as refusal:
        return show_move(request, booking, date, space, form, refused=refusal.problems, status=409)
    messages.success(request, _("Moved. The new time is yours."))
    return redirect(moved)


def show_price(
    request: SignedInRequest, booking: Booking, date: Occupancy, wish: Wish, price: MovedPrice
) -> HttpResponse:
    """Say what the new time costs before it is taken: nobody agrees to a price unseen."""
    context = {
        "booking": booking,
        "date": date,
        "wish": wish,
        "moved": price,
        "price": price.shown,
        "action": move_url(booking, date, wish.space),
    }
    return render(request, "bookings/move_price.html", context)


def moved_to(booking: Booking, date: Occupancy, wish: Wish, *, by: User, now: datetime) -> Booking:
    """Move a date; return the booking that it belongs to then."""
    if booking.series_id is None:
        return lifecycle.move(booking, wish, by=by, now=now)
    date = dates.move(date, space=wish.space, starts_at=wish.starts_at, ends_at=wish.ends_at, by=by, now=now)
    return date.booking or booking


def space_asked(request: SignedInRequest, booking: Booking) -> Space:
    asked = request.GET.get("space", str(booking.space_id))
    if not limits.is_id(asked):
        raise Http404
    return get_object_or_404(Space.objects.with_place(), pk=asked)


def as_it_is(date: Occupancy) -> dict:
    start, end = local(date.starts_at), local(date.ends_at)
    return {"day": start.date(), "starts": start.time(), "ends": end.time()}


def show_move(
    request: SignedInRequest,
    booking: Booking,
    date: Occupancy,
    space: Space,
    form: MoveForm,
    *,
    refused: Sequence[Problem] = (),
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    minutes = int((date.ends_at - date.starts_at).total_seconds() // 60)
    context = {
        "booking": booking,
        "space": space,
        "date": date,
        "form": form,
        "owed": prices.owed_for(date),
        "problems": linked(refused, {"starts_at": "starts", "ends_at": "ends"}),
        "alternatives": movable(request, booking, date, refused),
        "action": move_url(booking, date, space),
        **week_of(
            request,
            space,
            now=now,
            mine=booking.pk,
            minutes=minutes,
            asker=asker(booking.customer, booking.organisation, today=local(now).date()),
        ),
    }
    return render(request, "bookings/move.html", context, status=status)


def movable(
    request: SignedInRequest, booking: Booking, date: Occupancy, problems: Sequence[Problem]
) -> list[dict]:
    """Return the free times that the problems name and that this person may move to."""
    found = dict.fromkeys(offer for problem in problems for offer in problem.alternatives)
    return [
        {
            "starts_at": offer.starts_at,
            "ends_at": offer.ends_at,
            "space": offer.space,
            "action": move_url(booking, date, offer.space),
        }
        for offer in found
        if permissions.can_move(request.user, booking, offer.space)
    ]


def move_url(booking: Booking, date: Occupancy, space: Space) -> str:
    address = reverse("bookings:move", args=[booking.pk])
    if booking.series_id:
        address = reverse("bookings:move_date", args=[date.pk])
    return address if space.pk == booking.space_id else f"{address}?{urlencode({'space': space.pk})}"
