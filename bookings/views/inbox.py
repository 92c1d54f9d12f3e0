"""The manager's inbox: what waits, one at a time, and what is decided about it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import halls
from venues.models import Venue
from venues.money import euros
from venues.wording import short_day, when

from .. import decisions, lifecycle, reductions, rivals, wishes
from ..decisions import Verdict
from ..manager_forms import ReasonForm, ReductionForm
from ..models import Booking, Occupancy, Status
from . import prices
from .holds import linked

PAGE_SIZE = 20


@login_required
def inbox(request: SignedInRequest) -> HttpResponse:
    """What waits for a decision, with the most pressing one opened."""
    return show(request, Status.REQUESTED)


@login_required
def unpaid(request: SignedInRequest) -> HttpResponse:
    """What waits for payment, with the most pressing one opened."""
    return show(request, Status.AWAITING_PAYMENT)


@login_required
def one_request(request: SignedInRequest, pk: int) -> HttpResponse:
    """One of what waits, beside the rest. What has been decided says so, by whom and when."""
    booking = in_care(request, pk)
    status = Status.AWAITING_PAYMENT if booking.status == Status.AWAITING_PAYMENT else Status.REQUESTED
    return show(request, status, booking)


@login_required
@require_POST
def approve(request: SignedInRequest, pk: int) -> HttpResponse:
    booking, now = in_care(request, pk), timezone.now()
    try:
        approved = lifecycle.approve(booking, by=request.user, now=now)
    except Refused as refusal:
        return refused(request, booking, refusal)
    messages.success(request, approval_in_words(approved))
    return to_next(request, booking, Status.REQUESTED, now)


@login_required
def decline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask for the reason, and decline."""
    booking, now = in_care(request, pk), timezone.now()
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"booking": booking, **dates_in(booking, now), "form": form}
        return render(request, "bookings/manager/decline.html", context, status=422 if form.is_bound else 200)
    try:
        lifecycle.decline(booking, by=request.user, reason=form.reason_for(booking.customer), now=now)
    except Refused as refusal:
        return refused(request, booking, refusal)
    messages.success(
        request, _("Declined: %(booking)s. The applicant has been told why.") % {"booking": in_words(booking)}
    )
    return to_next(request, booking, Status.REQUESTED, now)


@login_required
@require_POST
def settle(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm a booking whose payment the manager has seen."""
    booking, now = in_care(request, pk), timezone.now()
    try:
        lifecycle.settle(booking, by=request.user, now=now)
    except Refused as refusal:
        return refused(request, booking, refusal)
    messages.success(
        request,
        _("Paid and confirmed: %(booking)s. The customer has been told.") % {"booking": in_words(booking)},
    )
    return to_next(request, booking, Status.AWAITING_PAYMENT, now)


@login_required
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask for the reason, and cancel a booking for the venue."""
    booking = in_care(request, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"booking": booking, **dates_in(booking, timezone.now()), "form": form}
        return render(request, "bookings/manager/cancel.html", context, status=422 if form.is_bound else 200)
    reason = form.reason_for(booking.customer)
    try:
        lifecycle.cancel(booking, by=request.user, reason=reason, now=timezone.now())
    except Refused as refusal:
        return refused(request, booking, refusal)
    messages.success(
        request,
        _("Cancelled: %(booking)s. The customer has been told why.") % {"booking": in_words(booking)},
    )
    return redirect(booking)


@login_required
def reduce(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask how much, and why, and take it off the price."""
    booking, now = in_care(request, pk), timezone.now()
    form = ReductionForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return show_reduction(request, booking, form, status=422 if form.is_bound else 200)
    taken_off = form.cleaned_data["cents"]
    try:
        reductions.reduce(booking, taken_off, form.cleaned_data["reason"], by=request.user, now=now)
    except Refused as refusal:
        return show_reduction(request, booking, form, refusal=refusal, status=409)
    messages.success(request, _("%(amount)s was taken off the price.") % {"amount": euros(taken_off)})
    return redirect(booking)


def show_reduction(
    request: SignedInRequest,
    booking: Booking,
    form: ReductionForm,
    *,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "booking": booking,
        **dates_in(booking, timezone.now()),
        "price": prices.of_booking(booking),
        "form": form,
        "problems": linked(refusal.problems, {"cents": "cents", "reason": "reason"}) if refusal else [],
    }
    return render(request, "bookings/manager/reduce.html", context, status=status)


# --- What the page shows --------------------------------------------------------------------------


def in_care(request: SignedInRequest, pk: int) -> Booking:
    """Return a booking at a venue that this person manages; to everybody else there is none."""
    bookings = Booking.objects.in_care_of(request.user).exclude(customer=None).with_place()
    return get_object_or_404(bookings.select_related("decided_by", "cancelled_by"), pk=pk)


def show(request: SignedInRequest, status: Status, booking: Booking | None = None) -> HttpResponse:
    if not Venue.objects.looked_after_by(request.user).exists():
        raise Http404
    now = timezone.now()
    page = page_of_queue(request, status, booking, now)
    opened = booking or next(iter(page), None)
    context = {
        "status": status,
        "page": page,
        "booking": opened,
        "is_opened": booking is not None,
        "now": now,
        "items": [(item, wishes.dates_left(item) or wishes.dates_of(item)) for item in page],
        "tabs": tabs(request, status, page, now),
        **(details(request, opened, now) if opened else {}),
    }
    return render(request, "bookings/manager/inbox.html", context)


def page_of_queue(
    request: SignedInRequest, status: Status, booking: Booking | None, now: datetime
) -> Page[Booking]:
    """Return the page that is asked for, else the one on which the opened booking stands."""
    queue = decisions.waiting(request.user, status, now=now)
    number = request.GET.get("page")
    if number is None and booking and booking.status == status:
        before = queue.exclude(decisions.behind(booking, status)).exclude(pk=booking.pk).count()
        number = str(before // PAGE_SIZE + 1)
    return Paginator(queue.with_place(), PAGE_SIZE).get_page(number)


def tabs(request: SignedInRequest, status: Status, page: Page[Booking], now: datetime) -> list[dict]:
    names = {
        Status.REQUESTED: (_("To decide"), reverse("bookings:inbox")),
        Status.AWAITING_PAYMENT: (_("To be paid"), reverse("bookings:unpaid")),
    }
    return [
        {
            "label": label,
            "url": url,
            "is_current": tab == status,
            "count": page.paginator.count
            if tab == status
            else decisions.waiting(request.user, tab, now=now).count(),
        }
        for tab, (label, url) in names.items()
    ]


def dates_in(booking: Booking, now: datetime) -> dict:
    """Return the dates that a page tells of: all that were not given back, and the one to begin with."""
    return {
        "date": wishes.next_date(booking, now),
        "dates": wishes.dates_left(booking) or wishes.dates_of(booking),
    }


def details(request: SignedInRequest, booking: Booking, now: datetime) -> dict:
    """Return what one needs to know about a booking; about a request, also what a yes would do."""
    facts = {
        **dates_in(booking, now),
        "record": decisions.record_of(booking, now=now),
        "price": prices.of_booking(booking),
        "has_lapsed": booking.is_overdue(now),
    }
    if booking.status != Status.REQUESTED:
        return facts
    spaces = halls.spaces_of_hall(booking.space.hall_id)
    verdicts = decisions.verdicts(booking, now=now)
    obstacles = dict.fromkeys(problem for verdict in verdicts for problem in verdict.obstacles)
    date = date_shown(request, verdicts) or facts["date"]
    return facts | {
        "form": ReasonForm(),
        "date": date,
        "verdicts": verdicts,
        "obstacles": list(obstacles),
        "is_taken": any(problem.code == "time_taken" for problem in obstacles),
        "blocked": halls.blocked_by(booking.space, spaces),
        "grid": decisions.day_of(booking, date, spaces, now=now),
        "piece_names": halls.piece_names(spaces),
        "rivals": rivals.of(booking).with_place().order_by("created_at"),
    }


def date_shown(request: SignedInRequest, verdicts: Sequence[Verdict]) -> Occupancy | None:
    """Return the date whose day is to be drawn: the one asked for, else the first that is not free."""
    asked = request.GET.get("date", "")
    chosen = (verdict.date for verdict in verdicts if str(verdict.date.pk) == asked)
    troubled = (verdict.date for verdict in verdicts if verdict.obstacles)
    return next(chain(chosen, troubled), None)


# --- What is said and where one goes after a decision ----------------------------------------------


def refused(request: SignedInRequest, booking: Booking, refusal: Refused) -> HttpResponse:
    """Say why nothing was done, and show the booking as it is now."""
    messages.error(request, refusal.message)
    return redirect("bookings:request", booking.pk)


def to_next(request: SignedInRequest, booking: Booking, status: Status, now: datetime) -> HttpResponse:
    following = decisions.next_after(booking, status, user=request.user, now=now)
    if following:
        return redirect("bookings:request", following.pk)
    return redirect("bookings:inbox" if status == Status.REQUESTED else "bookings:unpaid")


def in_words(booking: Booking) -> str:
    who = booking.organisation or booking.customer
    return f"{dates_in_words(booking)}, {booking.space.name}, {who}"


def dates_in_words(booking: Booking) -> str:
    dates = wishes.dates_left(booking) or wishes.dates_of(booking)
    if len(dates) == 1:
        return when(dates[0].starts_at, dates[0].ends_at)
    days = {
        "count": len(dates),
        "first": short_day(dates[0].starts_at),
        "last": short_day(dates[-1].starts_at),
    }
    return _("%(first)s – %(last)s, %(count)d dates") % days


def approval_in_words(approved: Booking) -> str:
    """Say what was approved, what comes next, and what became of those who wanted the same time."""
    said = [_("Approved: %(booking)s. The applicant has been told.") % {"booking": in_words(approved)}]
    if approved.status == Status.AWAITING_PAYMENT:
        said.append(_("The booking now waits for payment."))
    if rivals := decisions.declined_in_favour(approved):
        names = ", ".join(str(rival.organisation or rival.customer) for rival in rivals)
        also = ngettext(
            "%(names)s wanted the same time: that request was declined, and they have been told.",
            "%(names)s wanted the same time: those requests were declined, and they have been told.",
            len(rivals),
        )
        said.append(also % {"names": names})
    return " ".join(said)
