"""The waiting list: for what somebody waits, waiting for more, and answering an offer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import acting
from accounts.details import remember_birth
from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.requests import SignedInRequest
from venues import house_rules, terms_of_use, wording
from venues.clock import local
from venues.models import Space
from venues.opening_hours import days_from
from venues.policies import needs_approval

from .. import judging, limits, permissions, waiting_in_words
from .. import waiting as waiting_list
from ..models import Offer, Waiting
from ..search_form import SearchForm
from ..waiting_forms import OfferForm, WaitingForm
from .booking import thanks
from .holds import instant, linked, people_of
from .space import USUAL_MINUTES

OVER_SHOWN = 5
USUAL_DAYS = timedelta(days=60)


# --- Mine -----------------------------------------------------------------------------------------


@never_cache
@require_GET
@login_required
def mine(request: SignedInRequest) -> HttpResponse:
    """What is offered, until when; for what one waits; and how the last waits ended."""
    now = timezone.now()
    waits = Waiting.objects.of(request.user).select_related("customer", "organisation")
    rows = waits.prefetch_related("spaces__venue", "offers__booking").order_by("created_at", "pk")
    offers = Offer.objects.of(request.user).open().filter(expires_at__gt=now).with_place()
    over = rows.exclude(ended_at=None).order_by("-ended_at")[:OVER_SHOWN]
    context = {
        "offers": offers.order_by("expires_at", "pk"),
        "open": [told(waiting, request.user) for waiting in rows.open()],
        "over": [told(waiting, request.user) for waiting in over],
    }
    return render(request, "bookings/waiting/mine.html", context)


def told(waiting: Waiting, reader: User) -> dict[str, Any]:
    spaces = list(waiting.spaces.all())
    return {
        "waiting": waiting,
        "where": waiting_in_words.where(spaces),
        "when": waiting_in_words.when(waiting),
        "days": waiting_in_words.days(waiting),
        "length": wording.minutes(waiting.minutes),
        "can_answer": permissions.can_answer(reader, waiting),
        "booking": next((offer.booking for offer in waiting.offers.all() if offer.booking), None),
    }


@require_POST
@login_required
def give_up(request: SignedInRequest, pk: int) -> HttpResponse:
    waiting = get_object_or_404(
        Waiting.objects.of(request.user).select_related("customer", "organisation"), pk=pk
    )
    if not permissions.can_answer(request.user, waiting):
        raise PermissionDenied
    waiting_list.give_up(waiting, by=request.user, now=timezone.now())
    messages.success(request, _("You wait for this no more."))
    return redirect("bookings:waiting")


# --- Waiting for a time ---------------------------------------------------------------------------

Reaches = dict[str, tuple[Any, list[Space]]]


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedInRequest) -> HttpResponse:
    """Ask for which times they wait: of a space and its like, or of what a search did not find."""
    if "space" in request.GET:
        reaches, known = of_space(request)
    else:
        reaches, known = of_search(request)
    organisation = acting.acting_for(request)
    initial = {"organisation": organisation.pk if organisation else "", "attendees": people_of(request)}
    form = WaitingForm(request.POST or None, user=request.user, reaches=reaches, initial=initial | known)
    if request.method != "POST":
        return show_form(request, form)
    if not form.is_valid():
        return show_form(request, form, status=422)
    try:
        waiting_list.wait(form.wished(), customer=request.user, now=timezone.now())
    except Refused as refusal:
        return show_form(request, form, problems=refusal.problems, status=409)
    messages.success(request, _("You are on the waiting list. We send you mail when such a time comes free."))
    return redirect("bookings:waiting")


def show_form(
    request: SignedInRequest, form: WaitingForm, *, problems: Sequence[Problem] = (), status: int = 200
) -> HttpResponse:
    spaces = next(iter(form.reaches.values()))[1]
    context = {
        "form": form,
        "where": waiting_in_words.where(spaces),
        "is_of_search": "space" not in request.GET,
        "problems": linked(problems, {"spaces": "reach"} | {name: name for name in form.fields}),
    }
    return render(request, "bookings/waiting/new.html", context, status=status)


def of_space(request: SignedInRequest) -> tuple[Reaches, dict[str, Any]]:
    """Return a space and its like, and what is known of a time of it that was taken."""
    asked = request.GET["space"]
    bookable = Space.objects.bookable().with_place()
    space = get_object_or_404(bookable, pk=asked if limits.is_id(asked) else 0)
    hall = list(bookable.filter(hall_id=space.hall_id))
    venue = list(bookable.filter(venue=space.venue_id, purposes__in=space.purposes.all()).distinct())
    reaches: Reaches = {"space": (_("This space: %(name)s") % {"name": space.name}, [space])}
    if len(hall) > 1:
        reaches["hall"] = (_("This hall or any part of it"), hall)
    if {each.pk for each in venue} - {each.pk for each in hall}:
        reaches["venue"] = (_("Any such space of %(venue)s") % {"venue": space.venue.name}, venue)
    return reaches, {"reach": "space"} | of_period(request.GET.get("period", ""), space)


def of_period(period: str, space: Space) -> dict[str, Any]:
    """Return what follows from a time that was pressed: START/END in ISO 8601; else what is usual."""
    today = local(timezone.now()).date()
    start, _slash, end = period.partition("/")
    try:
        starts_at, ends_at = instant(start), instant(end)
    except BadRequest:
        earliest, latest = SearchForm.PARTS_OF_DAY[""]
        return {
            "earliest": earliest,
            "latest": latest,
            "minutes": min(max(USUAL_MINUTES, space.min_minutes), space.max_minutes),
            "first_on": today,
            "last_on": today + USUAL_DAYS,
        }
    day = local(starts_at).date()
    return {
        "weekdays": [day.isoweekday()],
        "earliest": local(starts_at).time(),
        "latest": local(ends_at).time(),
        "minutes": max(1, int((ends_at - starts_at).total_seconds() // 60)),
        "first_on": day,
        "last_on": day,
    }


def of_search(request: SignedInRequest) -> tuple[Reaches, dict[str, Any]]:
    """Return the spaces among which a search found nothing, and what it asked for."""
    form = SearchForm(
        request.GET,
        now=timezone.now(),
        user=request.user,
        organisations=acting.choices(request),
        whom=acting.in_address(request),
    )
    if not request.GET or not form.is_valid():
        raise Http404
    question, asked = form.question(), form.cleaned_data
    spaces = list(question.spaces.filter(question.place).with_place().distinct())
    if not spaces:
        raise Http404
    first, last = form.days()
    earliest, latest = form.hours()
    if form.is_weekly:
        earliest = asked["begins"]
        latest = (datetime.combine(first, earliest) + (question.length or timedelta())).time()
    week = days_from(first, min(last, first + timedelta(days=6)))
    known = {
        "weekdays": asked["weekdays"] or sorted(day.isoweekday() for day in week),
        "earliest": earliest,
        "latest": latest,
        "minutes": question.length and int(question.length.total_seconds() // 60),
        "first_on": first,
        "last_on": last,
        "attendees": question.people,
        "organisation": question.asker.organisation_id or "",
    }
    return {"search": (_("Where you looked"), spaces)}, known


# --- Offers ---------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is offered; pressed, accept it.

    Whoever has the link of the mail answers as the one to whom it was sent, signed in or not: it is as good
    as the code that we send to sign in. Only a press answers, never the link itself, which mail programs
    follow on their own. Somebody else who is signed in answers in her own name, if she has the right.
    """
    offered, by = offer_for(request, token)
    now = timezone.now()
    form = OfferForm(
        request.POST if request.method == "POST" else None,
        initial={"adult_name": by.name, "adult_phone": by.phone} if request.user.is_authenticated else {},
        user=by,
        space=offered.space,
        terms=terms_of_use.in_force(offered.space, now=now),
    )
    if request.method != "POST" or not offered.is_open(now):
        return show_offer(request, offered, form)
    if not permissions.can_answer(by, offered.waiting):
        raise PermissionDenied
    if not form.is_valid():
        return show_offer(request, offered, form, status=422)
    remember_birth(by, form.cleaned_data.pop("born_on", None))
    try:
        booking = waiting_list.accept(offered, by=by, now=now, **form.cleaned_data)
    except Refused as refusal:
        offered.refresh_from_db()
        return show_offer(request, offered, form, problems=refusal.problems, status=409)
    messages.success(request, thanks(booking))
    return redirect(booking if request.user.is_authenticated else offered)


@require_POST
def decline(request: HttpRequest, token: str) -> HttpResponse:
    offered, by = offer_for(request, token)
    if not permissions.can_answer(by, offered.waiting):
        raise PermissionDenied
    try:
        waiting_list.decline(offered, by=by, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Thank you. The time goes to the next in line; you wait on for another."))
    return redirect(offered)


def offer_for(request: HttpRequest, token: str) -> tuple[Offer, User]:
    """Return the offer of a link, and in whose name it is read; strangers who are signed in find none."""
    offered = get_object_or_404(Offer.objects.with_place(), token=token)
    if not request.user.is_authenticated:
        return offered, offered.waiting.customer
    reader = cast(User, request.user)
    if not Waiting.objects.of(reader).filter(pk=offered.waiting_id).exists():
        raise Http404
    return offered, reader


def show_offer(
    request: HttpRequest,
    offered: Offer,
    form: OfferForm,
    *,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    wish = waiting_list.wish_for(offered.waiting, offered.space, offered.starts_at, offered.ends_at)
    is_staffed = judging.is_staffed(wish)
    reader = cast(User, request.user) if request.user.is_authenticated else offered.waiting.customer
    context = {
        "offer": offered,
        "waiting": offered.waiting,
        "is_open": offered.is_open(now),
        "can_answer": permissions.can_answer(reader, offered.waiting),
        "form": form,
        "problems": linked(problems, {name: name for name in form.fields}),
        "is_request": needs_approval(
            offered.space, attendees=wish.attendees, purpose_code=None, is_staffed=is_staffed
        ),
        "what_happens": house_rules.after_sending(offered.space, is_staffed=is_staffed),
        "rules": house_rules.before_sending(offered.space),
    }
    return render(request, "bookings/waiting/offer.html", context, status=status)
