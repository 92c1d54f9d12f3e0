"""Warnings and bans: proposed by a manager, answered by those concerned, decided."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues.clock import local
from venues.models import Venue

from .. import sanctions
from ..models import Booking, Sanction
from ..sanction_forms import AnswerForm, ProposalForm

PAGE_SIZE = 30
STEPS = {
    "decide": (sanctions.decide, gettext_lazy("Decided. Those concerned have been told.")),
    "drop": (sanctions.drop, gettext_lazy("Dropped. Those concerned have been told.")),
    "lift": (sanctions.lift, gettext_lazy("The ban has been lifted. Those concerned have been told.")),
}


@require_GET
@login_required
def index(request: SignedInRequest) -> HttpResponse:
    """Those on which somebody decides, newest first; for everybody else there is no such page."""
    if not request.user.is_staff and not Venue.objects.looked_after_by(request.user).exists():
        raise Http404
    rows = sanctions.in_care_of(request.user).select_related("person", "organisation", "venue")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "today": local(timezone.now()).date(), "now": timezone.now()}
    return render(request, "bookings/sanctions/index.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Propose a warning or a ban of whoever has this booking."""
    bookings = Booking.objects.in_care_of(request.user).submitted().exclude(customer=None).with_place()
    booking = get_object_or_404(bookings, pk=pk)
    data = request.POST if request.method == "POST" else None
    form = ProposalForm(data, booking=booking, is_staff=request.user.is_staff)
    if form.is_valid():
        try:
            sanction = sanctions.propose(**form.asked, by=request.user, now=timezone.now())
        except Refused as refusal:
            form.say(refusal)
        else:
            messages.success(request, _("Those concerned have been told, and may answer."))
            return redirect("bookings:sanction", sanction.pk)
    context = {"booking": booking, "form": form, "venue": booking.space.venue}
    return render(request, "bookings/sanctions/propose.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def sanction(request: SignedInRequest, pk: int) -> HttpResponse:
    """What it is about, for those concerned, who answer here, and for those who decide."""
    one = get_object_or_404(sanctions.visible_to(request.user), pk=pk)
    is_concerned = sanctions.concerning(request.user).filter(pk=pk).exists()
    form = AnswerForm(request.POST if request.method == "POST" else None, initial={"answer": one.answer})
    if request.method == "POST" and not is_concerned:
        raise Http404
    if form.is_valid():
        try:
            sanctions.answer(one, form.cleaned_data["answer"], by=request.user, now=timezone.now())
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Your answer has been sent."))
            return redirect("bookings:sanction", pk)
    return render(
        request,
        "bookings/sanctions/sanction.html",
        about(one, request) | {"form": form, "is_concerned": is_concerned},
        status=422 if form.errors else 200,
    )


def about(one: Sanction, request: SignedInRequest) -> dict:
    now = timezone.now()
    is_open = one.decided_at is None and one.dropped_at is None
    in_force = Sanction.objects.in_force(local(now).date())
    return {
        "sanction": one,
        "is_open": is_open,
        "can_answer": is_open and now < one.answer_by,
        "is_heard": sanctions.is_heard(one, now=now),
        "is_in_force": in_force.filter(pk=one.pk).exists(),
        "decides": sanctions.in_care_of(request.user).filter(pk=one.pk).exists(),
    }


@require_POST
@login_required
def step(request: SignedInRequest, pk: int, what: str) -> HttpResponse:
    """Decide, drop or lift."""
    one = get_object_or_404(sanctions.in_care_of(request.user), pk=pk)
    rule, done = STEPS[what]
    try:
        rule(one, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("bookings:sanction", pk)
