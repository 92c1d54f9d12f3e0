"""One's own bookings: the next one, the rest by month, giving one back, moving one."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.problems import Problem, Refused
from accounts.requests import SignedInRequest
from venues import wording
from venues.audiences import asker
from venues.clock import local
from venues.models import Space

from .. import lifecycle, permissions, wishes
from ..forms import CancelForm, MoveForm
from ..models import ENDED, Booking, Status
from .holds import linked, own_hold, period_of
from .space import week_of

PAGE = 50


@never_cache
@require_GET
@login_required
def mine(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    shown = request.GET.get("show", "")
    bookings = Booking.objects.of(request.user).submitted().with_place()
    if shown == "past":
        bookings = (
            bookings.filter(dates__ends_at__lte=now).exclude(status__in=ENDED).order_by("-dates__starts_at")
        )
    elif shown == "over":
        bookings = bookings.filter(status__in=ENDED).order_by("-dates__starts_at")
    else:
        shown = ""
        bookings = (
            bookings.filter(dates__ends_at__gt=now).exclude(status__in=ENDED).order_by("dates__starts_at")
        )
    page = Paginator(bookings, PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    first = rows[0] if rows and not shown and page.number == 1 else None
    return render(
        request,
        "bookings/mine.html",
        {
            "tabs": tabs(shown),
            "shown": shown,
            "kept": own_hold(request),
            "next": first,
            "can_see_arrival": first and permissions.can_see_arrival(request.user, first),
            "months": by_month(rows[1:] if first else rows),
            "page": page,
        },
    )


def tabs(shown: str) -> list[dict]:
    labels = {"": _("Coming"), "past": _("Past"), "over": _("Cancelled and declined")}
    address = reverse("bookings:mine")
    return [
        {"label": label, "url": f"{address}?show={name}" if name else address, "is_current": name == shown}
        for name, label in labels.items()
    ]


def by_month(bookings: list[Booking]) -> list[tuple[str, list[Booking]]]:
    months = groupby(bookings, key=lambda booking: wording.month(wishes.date_of(booking).starts_at))
    return [(month, list(rows)) for month, rows in months]


# --- Giving back, moving ---------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask whether one is sure, and give the time back."""
    booking = own(request, pk)
    if not permissions.can_change(request.user, booking):
        raise PermissionDenied
    form = CancelForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"booking": booking, "date": wishes.date_of(booking), "form": form}
        return render(request, "bookings/cancel.html", context, status=422 if form.errors else 200)
    reason = form.cleaned_data["reason"]
    try:
        lifecycle.cancel(booking, by=request.user, reason=reason, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Cancelled. The time is free for others again."))
    return redirect(booking)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a booking another time: a free one that is pressed, or one that is written."""
    booking = own(request, pk)
    space = space_asked(request, booking)
    if not permissions.can_move(request.user, booking, space):
        raise PermissionDenied
    if request.method != "POST":
        return show_move(request, booking, space, MoveForm(initial=as_it_is(booking)))
    if "period" in request.POST:
        form, period = MoveForm(initial=as_it_is(booking)), period_of(request)
    else:
        form = MoveForm(request.POST)
        if not form.is_valid():
            return show_move(request, booking, space, form, status=422)
        period = form.period()
    wish = replace(wishes.wish_of(booking), space=space, starts_at=period[0], ends_at=period[1])
    try:
        lifecycle.move(booking, wish, by=request.user, now=timezone.now())
    except Refused as refusal:
        return show_move(request, booking, space, form, refused=refusal.problems, status=409)
    messages.success(request, _("Moved. The new time is yours."))
    return redirect(booking)


def space_asked(request: SignedInRequest, booking: Booking) -> Space:
    asked = request.GET.get("space", str(booking.space_id))
    if not asked.isdecimal():
        raise Http404
    return get_object_or_404(Space.objects.with_place(), pk=asked)


def own(request: SignedInRequest, pk: int) -> Booking:
    """Return a booking that this person may see, or answer 404."""
    return get_object_or_404(
        Booking.objects.visible_to(request.user).exclude(status=Status.HELD).with_place(), pk=pk
    )


def as_it_is(booking: Booking) -> dict:
    date = wishes.date_of(booking)
    start, end = local(date.starts_at), local(date.ends_at)
    return {"day": start.date(), "starts": start.time(), "ends": end.time()}


def show_move(
    request: SignedInRequest,
    booking: Booking,
    space: Space,
    form: MoveForm,
    *,
    refused: Sequence[Problem] = (),
    status: int = 200,
) -> HttpResponse:
    date = wishes.date_of(booking)
    now = timezone.now()
    minutes = int((date.ends_at - date.starts_at).total_seconds() // 60)
    context = {
        "booking": booking,
        "space": space,
        "date": date,
        "form": form,
        "problems": linked(refused, {"starts_at": "starts", "ends_at": "ends"}),
        "alternatives": movable(request, booking, refused),
        "action": move_url(booking, space),
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


def movable(request: SignedInRequest, booking: Booking, problems: Sequence[Problem]) -> list[dict]:
    """Return the free times that the problems name and that this person may move to."""
    found = dict.fromkeys(offer for problem in problems for offer in problem.alternatives)
    return [
        {
            "starts_at": offer.starts_at,
            "ends_at": offer.ends_at,
            "space": offer.space,
            "action": move_url(booking, offer.space),
        }
        for offer in found
        if permissions.can_move(request.user, booking, offer.space)
    ]


def move_url(booking: Booking, space: Space) -> str:
    address = reverse("bookings:move", args=[booking.pk])
    return address if space.pk == booking.space_id else f"{address}?{urlencode({'space': space.pk})}"
