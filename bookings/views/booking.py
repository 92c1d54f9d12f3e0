"""Booking in one form, and the page of a booking."""

from dataclasses import replace
from functools import partial
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import acting
from accounts.details import remember_birth, remember_contact
from accounts.models import User
from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import house_rules, terms_of_use
from venues.clock import local
from venues.policies import needs_approval

from .. import date_rows, history, judging, lifecycle, limits, permissions, quotes, swaps, use, wishes
from ..forms import BookingForm
from ..models import AGREED_OR_ASKED, Booking, Status
from . import prices
from .changed import by_the_venue
from .holds import KEPT, TO_OFFERS, alternatives, holds_of, linked, people_of

# What a wish takes from the form.
SAID = (
    "organisation",
    "main_purpose",
    "purpose",
    "attendees",
    "adult_name",
    "adult_phone",
    "note",
    "accepted_terms",
    "add_ons",
)
NOTHING_SEEN = -1  # no price could be shown yet: whatever it is now, it was not agreed to
DRAFT = "draft"  # what the form said when its time was refused: it fills in the next one


@never_cache
@require_http_methods(["GET", "POST"])
def form(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask who and what for while the time is kept. Whoever is not signed in does that first."""
    held = holds_of(request).filter(pk=pk).first()
    if held is None or held.status not in {Status.HELD, Status.EXPIRED}:
        return already_submitted(request, pk)
    if not request.user.is_authenticated:
        return show(request, held, None)
    return fill_in(cast(SignedInRequest, request), held)


def already_submitted(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead whoever comes back to the form to the booking that became of it, and strangers nowhere."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
    return redirect(
        get_object_or_404(Booking.objects.visible_to(request.user).exclude(status=Status.HELD), pk=pk)
    )


def fill_in(request: SignedInRequest, held: Booking) -> HttpResponse:
    now = timezone.now()
    day = local(wishes.date_of(held).starts_at).date()
    ask = partial(
        BookingForm,
        user=request.user,
        space=held.space,
        terms=terms_of_use.in_force(held.space, now=now),
        add_ons=prices.add_ons_for(held.space, day, now=now),
    )
    filled_in = ask(request.POST or None, initial=beforehand(request, held))
    if request.method != "POST":
        return show(request, held, filled_in)
    if "show_price" in request.POST:
        return show(request, held, ask(initial=draft_of(filled_in)))
    if not filled_in.is_valid():
        return show(request, held, filled_in, status=422)
    return submit(request, held, filled_in)


def submit(request: SignedInRequest, held: Booking, filled_in: BookingForm) -> HttpResponse:
    asked = filled_in.cleaned_data
    remember_person(request.user, asked)
    said = {name: asked[name] for name in SAID if name in asked}
    seen = {"seen_cents": seen_cents(request)}
    wish = replace(wishes.wish_of(held), **{"organisation": None} | said | seen)
    try:
        booking = lifecycle.submit(held, wish, customer=request.user, now=timezone.now())
    except Refused as refusal:
        request.session[DRAFT] = draft_of(filled_in)
        return show(request, held, filled_in, refusal=refusal, status=409)
    for key in (KEPT, DRAFT):
        request.session.pop(key, None)
    messages.success(request, thanks(booking))
    return redirect(booking)


def draft_of(filled_in: BookingForm) -> dict:
    """Return what a form says, whether it is right or not."""
    return {name: filled_in[name].value() for name in filled_in.fields}


def seen_cents(request: SignedInRequest) -> int | None:
    """Return the price that the page showed when it was sent."""
    seen = request.POST.get("seen_cents", "")
    if not seen:
        return None
    return int(seen) if limits.is_id(seen) else NOTHING_SEEN


def beforehand(request: SignedInRequest, held: Booking) -> dict:
    """Return what is known before the form is filled in.

    For whom is said by the address, or by the hold; a hold of nobody's is for whom she acts.
    """
    said = acting.PARAMETER in request.GET or held.organisation_id is None
    known = {
        "attendees": people_of(request) or None,
        "adult_name": request.user.name,
        "adult_phone": request.user.phone,
    }
    draft = request.session.get(DRAFT, {})
    organisation = acting.acting_for(request) if said else held.organisation
    return known | draft | {"organisation": organisation.pk if organisation else ""}


def remember_person(user: User, asked: dict) -> None:
    """Keep what somebody had not told about themselves yet."""
    if "name" in asked:
        remember_contact(user, name=asked["name"], phone=asked["phone"])
    remember_birth(user, asked.get("born_on"))


def thanks(booking: Booking) -> str:
    return {
        Status.CONFIRMED: _("Booked. The time is yours."),
        Status.AWAITING_PAYMENT: _("The time is kept for you. Pay it to make it yours."),
    }.get(Status(booking.status), _("Your request has been sent."))


def show(
    request: HttpRequest,
    held: Booking,
    filled_in: BookingForm | None,
    *,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    problems = refusal.problems if refusal else []
    chosen = held.organisation_id if filled_in is None else filled_in.organisation_id()
    has_choice = filled_in is not None and "organisation" in filled_in.fields
    offers = alternatives(problems, whom=str(chosen or "") if has_choice else None)
    here = {name: name for name in filled_in.fields} if filled_in else {}
    here["seen_cents"] = "price"
    wish = wishes.wish_of(held)
    is_staffed = judging.is_staffed(wish)
    chosen_wish = replace(wish, **filled_in.chosen()) if filled_in else wish
    context = {
        "held": held,
        "date": wishes.date_of(held),
        "form": filled_in,
        "problems": linked(problems, here | (TO_OFFERS if offers else {})),
        "alternatives": offers,
        "has_run_out": held.status == Status.EXPIRED or held.is_overdue(timezone.now()),
        "is_request": needs_approval(held.space, attendees=1, purpose_code=None, is_staffed=is_staffed),
        "what_happens": house_rules.after_sending(held.space, is_staffed=is_staffed),
        "rules": house_rules.before_sending(held.space),
        "price": prices.of_quote(quotes.quote_for(chosen_wish, now=timezone.now())),
        "cancelling": prices.terms_of_cancelling(held.space),
    }
    return render(request, "bookings/form.html", context, status=status)


@never_cache
@require_GET
@login_required
def booking(request: SignedInRequest, pk: int) -> HttpResponse:
    booking = get_object_or_404(Booking.objects.visible_to(request.user).with_place(), pk=pk)
    if booking.status == Status.HELD:
        return redirect("bookings:form", pk)
    now = timezone.now()
    date, left = wishes.next_date(booking, now), wishes.dates_left(booking)
    rows = date_rows.rows_of(booking, reader=request.user, now=now) if booking.series_id else []
    return render(
        request,
        "bookings/booking.html",
        {
            "booking": booking,
            "date": date,
            "price": prices.of_booking(booking),
            "events": history.of(booking, reader=request.user),
            "can_change": permissions.can_change(request.user, booking),
            "can_sanction": permissions.can_decide(request.user, booking),
            "can_check_in": use.can_check_in_now(request.user, date, now=now),
            "can_move": permissions.can_move(request.user, booking, booking.space),
            "can_swap": swaps.can_propose(request.user, booking),
            "can_see_arrival": permissions.can_see_arrival(request.user, booking),
            **by_the_venue(booking, reader=request.user, now=now),
            "is_upcoming": date.ends_at > now if rows else date.starts_at > now,
            "is_open": booking.status in AGREED_OR_ASKED and all(each.starts_at > now for each in left),
            "rows": rows,
            "coming": [row for row in rows if row.date.ends_at > now],
            "left": sum(row.date.ends_at > now and row.state != "released" for row in rows),
            "past": [row for row in rows if row.date.ends_at <= now],
        },
    )
