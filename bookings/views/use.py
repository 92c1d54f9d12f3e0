"""Who comes today, and who came: for whoever works at venues, and the customer's own word."""

from collections.abc import Callable
from datetime import timedelta
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues.clock import local
from venues.models import Venue

from .. import permissions, use
from ..models import Occupancy

A_DAY = timedelta(days=1)
STEPS: dict[str, Callable] = {"arrived": use.arrive, "absent": use.mark_no_show, "unmark": use.unmark}


@require_GET
@login_required
def day(request: SignedInRequest) -> HttpResponse:
    """The dates of one day at the venues where somebody works, venue by venue."""
    venues = Venue.objects.where_works(request.user)
    if not venues.exists():
        raise Http404
    now = timezone.now()
    today = local(now).date()
    asked = day_of(request) or today
    found = groupby(use.expected(venues, asked), key=lambda date: date.space.venue)
    context = {
        "day": asked,
        "today": today,
        "before": asked - A_DAY,
        "after": asked + A_DAY,
        "now": now,
        "arriving_until": now + use.BEFORE,
        "venues": [(venue, list(dates)) for venue, dates in found],
        "absentees": use.repeated(request.user, now=now),
        "here": request.get_full_path(),
    }
    return render(request, "bookings/use/day.html", context)


def day_of(request: SignedInRequest):
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:
        return None
    return asked if asked and use.is_day(asked) else None


@require_POST
@login_required
def step(request: SignedInRequest, pk: int, what: str) -> HttpResponse:
    """Write down that they came, that nobody came, or that it was a mistake."""
    date = one_date(request, pk, what)
    now = timezone.now()
    try:
        STEPS[what](date, by=request.user, now=now)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, said(what))
    return HttpResponseRedirect(back(request, date))


def one_date(request: SignedInRequest, pk: int, what: str) -> Occupancy:
    """Return the date, if it is for this person to write that down."""
    date = get_object_or_404(use.of_bookings(), pk=pk)
    assert date.booking is not None
    may = permissions.can_check_in if what == "arrived" else permissions.can_note_use
    if not may(request.user, date.booking):
        raise Http404
    return date


def said(what: str) -> str:
    return {
        "arrived": _("Written down: they are here."),
        "absent": _("Written down: nobody came."),
        "unmark": _("Taken back."),
    }[what]


def back(request: SignedInRequest, date: Occupancy) -> str:
    """Return to the page from which it was pressed."""
    asked = request.POST.get("next", "")
    if asked.startswith("/") and url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, require_https=request.is_secure()
    ):
        return asked
    return reverse("bookings:booking", args=[date.booking_id])
