"""Keeping a time while somebody fills in the form, signed in or not."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from accounts import acting
from accounts.models import Organisation
from accounts.problems import Problem, Refused
from venues.clock import exact
from venues.models import Space

from .. import lifecycle
from ..availability import Stretch
from ..models import Booking, Status
from ..wishes import Wish

KEPT = "kept"  # the session's hold: how a visitor who is not signed in owns it
LONGEST_NUMBER = 5


class VisitorsThrottle(AnonRateThrottle):
    """Whoever signs in keeps one time. Without this, a visitor who forgets cookies could keep them all."""

    rate = "10/min"
    scope = "holds"


@require_POST
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a time and ask for the rest, or say what is free instead."""
    space = get_object_or_404(Space.objects.with_place(), pk=pk)
    starts_at, ends_at = period_of(request)
    customer = request.user if request.user.is_authenticated else None
    if customer is None and not VisitorsThrottle().allow_request(Request(request), APIView()):
        return sign_in_first(request, space)
    organisation = acting.acting_for(request)
    try:
        held = lifecycle.hold(
            Wish(space, starts_at, ends_at, organisation=organisation),
            customer=customer,
            now=timezone.now(),
            instead_of=request.session.get(KEPT),
        )
    except Refused as refusal:
        return taken(request, space, (starts_at, ends_at), organisation, refusal)
    request.session[KEPT] = held.pk
    form = reverse("bookings:form", args=[held.pk])
    return redirect(with_asked(form, people_of(request), acting.in_address(request)))


def sign_in_first(request: HttpRequest, space: Space) -> HttpResponse:
    messages.warning(request, _("Many times are being booked from your network. Sign in to go on."))
    back = reverse("bookings:space", args=[space.pk])
    return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")


# On a page that offers other times, a problem with the time leads to them.
TO_OFFERS = {"starts_at": "starts_at", "ends_at": "starts_at"}


def linked(problems: Iterable[Problem], places: dict[str, str]) -> list[Problem]:
    """Let each problem lead to the place of the page that solves it, or nowhere if the page has none."""
    return [replace(problem, field=places.get(problem.field, "")) for problem in problems]


def taken(
    request: HttpRequest,
    space: Space,
    period: Stretch,
    organisation: Organisation | None,
    refusal: Refused,
) -> HttpResponse:
    """Say plainly that the time cannot be had, and what can."""
    people = people_of(request)
    offers = alternatives(refusal.problems, people, acting.in_address(request))
    context = {
        "space": space,
        "starts_at": period[0],
        "ends_at": period[1],
        "is_taken": "time_taken" in refusal.codes,
        "problems": linked(refusal.problems, TO_OFFERS if offers else {}),
        "alternatives": offers,
        "people": people,
        "wait": wait_url(space, period, people, acting.in_address(request)),
    }
    return render(request, "bookings/taken.html", context, status=409)


def alternatives(problems: list[Problem], people: str = "", whom: str | None = None) -> list[dict]:
    """Return the free times that the problems name, once each, as chips that hold them."""
    found = dict.fromkeys(offer for problem in problems for offer in problem.alternatives)
    return [
        {
            "starts_at": offer.starts_at,
            "ends_at": offer.ends_at,
            "space": offer.space,
            "action": hold_url(offer.space, people, whom),
        }
        for offer in found
    ]


def hold_url(space: Space, people: str = "", whom: str | None = None) -> str:
    return with_asked(reverse("bookings:hold", args=[space.pk]), people, whom)


def wait_url(space: Space, period: Stretch, people: str, whom: str | None) -> str:
    """Return where somebody asks to wait for a time that was taken."""
    written = "/".join(instant.isoformat() for instant in period)
    asked: dict[str, str | int] = {"space": space.pk, "period": written}
    return with_asked(f"{reverse('bookings:wait')}?{urlencode(asked)}", people, whom)


def with_asked(address: str, people: str, whom: str | None) -> str:
    """Return an address that remembers for how many, and for whom, somebody looked.

    `whom` is the id of an organisation, or nothing for herself; None if the address need not say it.
    """
    asked = {"people": people or None, acting.PARAMETER: whom}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


def people_of(request: HttpRequest) -> str:
    """Return how many people were searched for, or nothing. It only fills in the form beforehand."""
    people = request.GET.get("people", "")
    return people if people.isdecimal() and len(people) <= LONGEST_NUMBER else ""


# Near the ends of time no sum of times is possible. What can be booked is for the rules to say.
YEARS = range(1900, 2200)


def period_of(request: HttpRequest) -> Stretch:
    """Return the two instants of a pressed time: START/END in ISO 8601, with their offsets."""
    start, _slash, end = request.POST.get("period", "").partition("/")
    return instant(start), instant(end)


def instant(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in YEARS:
        raise BadRequest("A period is two instants with offsets.")
    return exact(moment)


# --- Whose hold it is -----------------------------------------------------------------------------


def holds_of(request: HttpRequest):
    """Return the holds that are this visitor's: those of the account, and the session's own."""
    mine = Q(pk=request.session.get(KEPT), customer=None)
    if request.user.is_authenticated:
        mine |= Q(customer=request.user)
    return Booking.objects.with_place().filter(mine)


def own_hold(request: HttpRequest) -> Booking | None:
    """Return the time that is kept for this visitor just now, if there is one."""
    if not request.user.is_authenticated and KEPT not in request.session:
        return None
    held = holds_of(request).filter(status=Status.HELD, held_until__gt=timezone.now())
    # Hardly anybody has one: asking for its number alone is what every page pays.
    pk = held.order_by("-pk").values_list("pk", flat=True).first()
    return held.filter(pk=pk).first() if pk else None
