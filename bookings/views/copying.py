"""Copy what is said of a venue to another: first what would be replaced, then whom it hits."""

from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import hours_in_words
from venues.clock import local
from venues.models import Venue
from venues.policy_forms import PolicyForm
from venues.policy_inheritance import inherited, layer_of

from .. import closures_in_words, copying
from ..copying import Copied, What
from ..copying_forms import CopyForm
from .impacts import impact_preview


@require_http_methods(["GET", "POST"])
@login_required
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose what and to where, see what is replaced there, and copy it."""
    venues = Venue.objects.looked_after_by(request.user).select_related("timetable")
    source = get_object_or_404(venues, pk=pk)
    others = venues.exclude(pk=pk).order_by("name_fi", "pk")
    is_asked = request.method == "GET" and "to" in request.GET
    asked = request.POST if request.method == "POST" else request.GET if is_asked else None
    form = CopyForm(asked, venues=others, initial={"what": What.values})
    if request.method != "POST" or not form.is_valid():
        return show(request, source, form)
    target = form.cleaned_data["to"]
    try:
        return impact_preview(
            request,
            Copied(source, target, form.cleaned_data["what"], seen=form.cleaned_data["version"]),
            title=_("Copy from %(source)s to %(target)s") % {"source": source, "target": target},
            verb=_("Copy"),
            said=_("Copied from %(source)s to %(target)s.") % {"source": source, "target": target},
            back=f"{reverse('bookings:copy', args=[pk])}?{query(request)}",
            then=reverse("bookings:hours", args=[target.timetable_id]),
            venue=target,
        )
    except Refused as refusal:
        return show(request, source, form, refusal)


def query(request: SignedInRequest) -> str:
    """Return the question to which the page with what would be replaced is the answer."""
    asked = QueryDict(mutable=True)
    for name in ("to", "what"):
        asked.setlist(name, request.POST.getlist(name))
    return asked.urlencode()


def show(
    request: SignedInRequest, source: Venue, form: CopyForm, refusal: Refused | None = None
) -> HttpResponse:
    now = timezone.now()
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    context = {"venue": source, "form": form, "refusal": refusal}
    if chosen:
        target, what = chosen["to"], chosen["what"]
        context |= {
            "target": target,
            "what": what,
            "version": copying.version(source, target, now=now),
            "parts": list(parts(source, target, what, now)),
            "closures": closures(source, target, now) if What.CLOSURES in what else [],
            "copies_closures": What.CLOSURES in what,
            "keep_their_own": target.spaces.exclude(timetable=None, policy=None).order_by("pk"),
        }
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "bookings/manager/copy.html", context, status=status)


class Part(NamedTuple):
    """What is replaced: what is said at the other venue now, and what will be."""

    title: str
    now: list[str]
    then: list[str]


def parts(source: Venue, target: Venue, what: list[str], now: datetime):
    if What.HOURS in what:
        today = local(now).date()
        said = [hours_in_words.sentences(venue.timetable, since=today) for venue in (target, source)]
        yield Part(_("Opening hours"), *said)
    if What.POLICY in what:
        yield Part(_("Booking rules"), *(policy_in_words(venue) for venue in (target, source)))


def policy_in_words(venue: Venue) -> list[str]:
    """Return what the venue itself says of how it is booked, a line for each field."""
    layer = layer_of(venue)
    form = PolicyForm(layer=layer, inherited=inherited(venue), version="")
    said = [f"{form[name].label}: {form.in_words(name, value)}" for name, value in layer.items()]
    return said or [_("Nothing of its own: what is inherited holds.")]


def closures(source: Venue, target: Venue, now: datetime) -> list[tuple[str, str, list]]:
    """Return when, why and which spaces of the target are closed then."""
    found = copying.closures_for(target, source, now=now)
    return [(closures_in_words.sentence(closure), str(closure.reason), spaces) for closure, spaces in found]
