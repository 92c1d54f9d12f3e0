"""Closures: what is closed, closing some more, and opening it again."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues.models import Space, Venue

from .. import closures
from ..changes import NewClosure
from ..closure_forms import ClosureForm, SpacesClosureForm, VenuesClosureForm
from ..closures import AlreadyClosed
from ..closures_in_words import sentence
from ..models import Closure, ClosureTime, Impact
from .impacts import goes_back, impact_preview, in_sight, may_change, seen_by

PAGE_SIZE = 20
MOST_NAMED = 3


@require_GET
@login_required
def of_venue(request: SignedInRequest, pk: int) -> HttpResponse:
    """What is closed at a venue, or will be; and what has been."""
    venue = get_object_or_404(in_sight(request.user), pk=pk)
    now, shows_past = timezone.now(), request.GET.get("show") == "past"
    context = {
        "venue": venue,
        "only_looks": not may_change(request.user, venue),
        "page": Paginator(listed(venue, shows_past, now), PAGE_SIZE).get_page(request.GET.get("page")),
        "shows_past": shows_past,
        "tabs": tabs(venue, shows_past),
    }
    return render(request, "bookings/manager/closures.html", context)


def listed(venue: Venue, past: bool, now: datetime) -> QuerySet[Closure]:
    """Return those to come and running, the soonest first, or those that are over or lifted, the last first.

    Of a closure of several venues, the spaces are those of this one.
    """
    said_of = Closure.spaces.through.objects.filter(closure=OuterRef("pk"))
    times = ClosureTime.objects.filter(closure=OuterRef("pk"))
    ahead = times.filter(ends_at__gt=now).order_by("starts_at")
    here = Closure.objects.filter(Exists(said_of.filter(space__venue=venue))).annotate(
        is_shared=Exists(said_of.exclude(space__venue=venue)),
        is_running=Exists(ahead.filter(starts_at__lte=now)),
        next_at=ahead.values("starts_at")[:1],
        last_at=times.order_by("-ends_at").values("ends_at")[:1],
    )
    told = here.select_related("impact").prefetch_related(
        Prefetch("spaces", Space.objects.filter(venue=venue).order_by("hall_id", "pk"))
    )
    if past:
        return told.filter(~Q(lifted_at=None) | Q(next_at=None)).order_by("-last_at", "-pk")
    return told.filter(lifted_at=None, next_at__isnull=False).order_by("next_at", "pk")


def tabs(venue: Venue, shows_past: bool) -> list[dict]:
    address = reverse("bookings:closures", args=[venue.pk])
    return [
        {"label": _("Now and to come"), "url": address, "is_current": not shows_past},
        {"label": _("Past"), "url": f"{address}?show=past", "is_current": shows_past},
    ]


# --- Closing --------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close a venue, or some of its spaces."""
    venue = get_object_or_404(Venue.objects.looked_after_by(request.user), pk=pk)
    form = SpacesClosureForm(posted(request), venue=venue, initial=beforehand(request, venue))
    return ask(request, form, venue=venue, back=reverse("bookings:closures", args=[pk]))


@require_http_methods(["GET", "POST"])
@login_required
def new_of_kind(request: SignedInRequest) -> HttpResponse:
    """Close all the venues of one kind that somebody looks after, `?kind=school`, or ask of which kind."""
    mine, kind = Venue.objects.looked_after_by(request.user), request.GET.get("kind", "")
    counts = dict(mine.order_by().values_list("kind").annotate(Count("pk", distinct=True)))
    if kind not in counts:
        return choose_kind(request, counts)
    venues = mine.filter(kind=kind).order_by("name_fi", "pk")
    form = VenuesClosureForm(posted(request), venues=venues)
    return ask(request, form, kind=Venue.Kind(kind), back=reverse("venues:mine"))


def choose_kind(request: SignedInRequest, counts: dict[str, int]) -> HttpResponse:
    if not counts or "kind" in request.GET:
        raise Http404
    kinds = [(kind, counts[kind]) for kind in Venue.Kind if kind in counts]
    return render(request, "bookings/manager/closures_kinds.html", {"kinds": kinds})


def posted(request: SignedInRequest):
    return request.POST if request.method == "POST" else None


def beforehand(request: SignedInRequest, venue: Venue) -> dict:
    """Return what the address says already: `?space=`, `?first=` (a day)."""
    known = {"first": request.GET.get("first", "")}
    space = request.GET.get("space", "")
    return known | {"spaces": [space]} if space else known


def ask(
    request: SignedInRequest,
    form: ClosureForm,
    *,
    back: str,
    venue: Venue | None = None,
    kind: Venue.Kind | None = None,
) -> HttpResponse:
    """Ask what, when and why; then show whom it hits, and close."""
    frame = {"venue": venue, "kind": kind, "back": back, "form": form}
    if not form.is_valid() or goes_back(request):
        return render(request, FORM, frame, status=422 if form.errors else 200)
    wished = form.wished
    try:
        return impact_preview(
            request,
            NewClosure(wished),
            title=_("Closed: %(what)s, %(when)s") % {"what": what(form), "when": sentence(wished)},
            verb=verb(wished.spaces, kind),
            said=_("Closed. Nobody had booked that time."),
            back=back,
            venue=venue,
            reasons=[said for said in wished.reason.values() if said] if wished.is_reason_public else [],
            can_go_back=True,
        )
    except AlreadyClosed as refusal:
        messages.info(request, refusal.message)
        impact = seen_by(request.user).filter(closure=refusal.closure).first()
        return redirect("bookings:impact", impact.pk) if impact else redirect(back)
    except Refused as refusal:
        return render(request, FORM, frame | {"refused": refusal.problems}, status=409)


FORM = "bookings/manager/closure_form.html"


def what(form: ClosureForm) -> str:
    """Return what is to be closed, by name if it is not too much for a heading."""
    rows = form.cleaned_data.get("spaces") or form.cleaned_data["venues"]
    count = len(rows)
    if count <= MOST_NAMED:
        return ", ".join(str(row.name) for row in rows)
    if "spaces" in form.fields:
        return ngettext("%(counter)s space", "%(counter)s spaces", count) % {"counter": count}
    return ngettext("%(counter)s venue", "%(counter)s venues", count) % {"counter": count}


def verb(spaces: Sequence[Space], kind: Venue.Kind | None) -> str:
    if kind:
        return _("Close the venues")
    return _("Close %(space)s") % {"space": spaces[0].name} if len(spaces) == 1 else _("Close the spaces")


# --- Opening again --------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def lift(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what opening again does, and do it."""
    closure = get_object_or_404(may_be_lifted(request.user), pk=pk)
    if impact := pending_with(closure):
        messages.warning(request, _("Its bookings are still as they were. Undo the whole change here."))
        return redirect("bookings:impact", impact.pk)
    venue = one_venue(closure)
    back = reverse("bookings:closures", args=[venue.pk]) if venue else reverse("venues:mine")
    if request.method != "POST":
        context = {"closure": closure, "venue": venue, "back": back, "when": sentence(closure)}
        return render(request, "bookings/manager/closures_lift.html", context)
    try:
        closures.lift(closure, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Opened again. The time can be booked by the opening hours."))
    return redirect(back)


def may_be_lifted(user: User) -> QuerySet[Closure]:
    """Return the closures in force all of whose spaces somebody looks after."""
    said_of = Closure.spaces.through.objects.filter(closure=OuterRef("pk"))
    others = said_of.exclude(space__venue__in=Venue.objects.looked_after_by(user))
    return Closure.objects.in_force().filter(Exists(said_of), ~Exists(others))


def pending_with(closure: Closure) -> Impact | None:
    """Return the impact that closed it, alone or as a part of a copy, if it is still pending."""
    alone, part = Q(closure=closure), Q(after__parts__contains=[{"closure_id": closure.pk}])
    return Impact.objects.pending().filter(alone | part).first()


def one_venue(closure: Closure) -> Venue | None:
    """Return the closure's venue, unless there are several."""
    venues = list(Venue.objects.filter(spaces__closures=closure).distinct()[:2])
    return venues[0] if len(venues) == 1 else None
