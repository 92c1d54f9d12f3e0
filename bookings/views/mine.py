"""One's own bookings: the next one, the rest by month, giving one back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import wording

from .. import giving_back, lifecycle, permissions, wishes
from ..forms import CancelForm
from ..giving_back import Cost
from ..models import ENDED, Booking, Occupancy, Status
from .holds import own_hold

PAGE = 50


@never_cache
@require_GET
@login_required
def mine(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    shown = request.GET.get("show", "")
    bookings = Booking.objects.of(request.user).submitted().with_place()
    ended, at = Q(status__in=ENDED), first_at(OF_DATES[shown if shown in OF_DATES else ""](now))
    if shown == "over":
        bookings = bookings.filter(ended).annotate(at=at).order_by("-at", "-pk")
    elif shown == "past":
        coming = dates_left().filter(ends_at__gt=now)
        bookings = bookings.exclude(ended).exclude(Exists(coming)).annotate(at=at).order_by("-at", "-pk")
    else:
        shown = ""
        bookings = bookings.exclude(ended).annotate(at=at).exclude(at=None).order_by("at", "pk")
    page = Paginator(bookings, PAGE).get_page(request.GET.get("page"))
    rows = [row_of(booking, now) for booking in page.object_list]
    first = rows[0] if rows and not shown and page.number == 1 else None
    return render(
        request,
        "bookings/mine.html",
        {
            "tabs": tabs(shown),
            "shown": shown,
            "kept": own_hold(request),
            "next": first,
            "can_see_arrival": first and permissions.can_see_arrival(request.user, first.booking),
            "months": wording.by_month(rows[1:] if first else rows, key=attrgetter("date.starts_at")),
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


@dataclass(frozen=True)
class Row:
    """A booking with the date by which it is listed, and how many are left after it."""

    booking: Booking
    date: Occupancy
    left: int


def row_of(booking: Booking, now: datetime) -> Row:
    date = wishes.next_date(booking, now)
    later = [each for each in wishes.dates_left(booking) if each.starts_at > max(date.starts_at, now)]
    return Row(booking, date, left=0 if booking.status in ENDED else len(later))


def dates_left() -> QuerySet[Occupancy]:
    return Occupancy.objects.filter(booking=OuterRef("pk"), released_at=None)


# By which of its dates a booking is listed.
OF_DATES: dict[str, Callable[[datetime], QuerySet[Occupancy]]] = {
    "": lambda now: dates_left().filter(ends_at__gt=now).order_by("starts_at"),
    "past": lambda now: dates_left().filter(ends_at__lte=now).order_by("-starts_at"),
    "over": lambda now: Occupancy.objects.filter(booking=OuterRef("pk")).order_by("-starts_at"),
}


def first_at(dates: QuerySet[Occupancy]) -> Subquery:
    return Subquery(dates.values("starts_at")[:1])


# --- Giving back ----------------------------------------------------------------------------------


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
        now = timezone.now()
        context = {
            "booking": booking,
            "date": wishes.next_date(booking, now),
            "dates": wishes.dates_left(booking),
            "money": money_back(booking, by=request.user, now=now),
            "form": form,
        }
        return render(request, "bookings/cancel.html", context, status=422 if form.errors else 200)
    reason = form.cleaned_data["reason"]
    try:
        lifecycle.cancel(booking, by=request.user, reason=reason, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Cancelled. The time is free for others again."))
    return redirect(booking)


def money_back(booking: Booking, *, by: User, now: datetime) -> str:
    """Say what cancelling a booking means for its price, all its dates together; nothing without a price."""
    theirs = wishes.dates_left(booking)
    found = giving_back.costs(theirs, {booking.pk: booking}, by=by, now=now).values()
    if not found:
        return ""
    ends = [cost.until for cost in found if cost.until]
    kept, freed = sum(cost.kept_cents for cost in found), sum(cost.freed_cents for cost in found)
    return giving_back.in_words(
        Cost(kept, freed, min(ends, default=None)), is_paid=giving_back.is_paid(booking)
    )


def own(request: SignedInRequest, pk: int) -> Booking:
    """Return a booking that this person may see, or answer 404."""
    return get_object_or_404(
        Booking.objects.visible_to(request.user).exclude(status=Status.HELD).with_place(), pk=pk
    )
