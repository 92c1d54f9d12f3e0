"""The layout of a hall: which pieces of its floor each of its spaces covers."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import halls
from venues.models import Space, Venue

from .. import layout
from ..layout import RedrawCollides
from ..manager_forms import LayoutForm
from ..redrawing import Redrawn
from .impacts import impact_preview


@require_http_methods(["GET", "POST"])
@login_required
def show(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the hall as it is drawn, and draw it anew."""
    hall = get_object_or_404(
        Space.objects.filter(venue__in=Venue.objects.looked_after_by(request.user), part_of=None), pk=pk
    )
    drawn = layout.layout_of(hall)
    if request.method != "POST":
        return page(request, hall, form_of(hall, drawn, count=len(drawn[hall.pk])))
    form = form_of(hall, drawn, count=wanted_count(request), data=request.POST)
    if "change_count" in request.POST:
        return page(request, hall, form)
    if not form.is_valid():
        return page(request, hall, form, status=422)
    try:
        return impact_preview(
            request,
            Redrawn(hall, form.footprints, seen=form.cleaned_data["version"]),
            title=_("Redraw the hall: %(hall)s") % {"hall": hall.name},
            verb=_("Redraw the hall"),
            said=_("The hall has been redrawn. All its bookings follow."),
            back=reverse("bookings:layout", args=[pk]),
            venue=hall.venue,
        )
    except Refused as refusal:
        return page(request, hall, as_written(request, hall), refusal, status=409)


def form_of(hall: Space, drawn: layout.Layout, *, count: int, data=None) -> LayoutForm:
    parts = [space for space in halls.spaces_of_hall(hall.pk) if space.pk != hall.pk]
    return LayoutForm(data, hall=hall, parts=parts, drawn=drawn, count=count)


def as_written(request: SignedInRequest, hall: Space) -> LayoutForm:
    """Return the form as it was written, ready to be saved over what the hall is by now."""
    drawn = layout.layout_of(hall)
    data = request.POST.copy()
    data["version"] = layout.version(drawn)
    return form_of(hall, drawn, count=wanted_count(request), data=data)


def wanted_count(request: SignedInRequest) -> int:
    """Return into how many pieces the floor shall be divided; nonsense is read as one piece."""
    said = request.POST.get("change_count") or request.POST.get("count") or ""
    count = int(said) if said.isdecimal() and len(said) < 4 else 1
    return min(max(count, 1), layout.MOST_PIECES)


def page(
    request: SignedInRequest,
    hall: Space,
    form: LayoutForm,
    refusal: Refused | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    spaces = halls.spaces_of_hall(hall.pk)
    context = {
        "hall": hall,
        "venue": hall.venue,
        "spaces": spaces,
        "piece_names": halls.piece_names(spaces),
        "form": form,
        "is_wrong": status == 422,
        "refusal": refusal,
        "collides": isinstance(refusal, RedrawCollides),
    }
    return render(request, "bookings/manager/layout.html", context, status=status)
