"""The venues that somebody looks after: the list, one venue's spaces, facts and people."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest

from ..forms import RoleForm, VenueForm
from ..models import Space, Venue
from .editing import edits, one_of, posted, show, staff_only

PAGE_SIZE = 30


@require_GET
@login_required
def mine(request: SignedInRequest) -> HttpResponse:
    """The venues that this person looks after, with a search for those who look after many."""
    venues = Venue.objects.looked_after_by(request.user)
    if not request.user.is_staff and not venues.exists():
        raise Http404
    wanted = request.GET.get("q", "").replace("\0", "").strip()  # PostgreSQL knows no such character
    found = venues.filter(named(wanted)) if wanted else venues
    counted = found.annotate(spaces_in_all=Count("spaces")).order_by("name_fi", "pk")
    page = Paginator(counted.select_related("district"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "wanted": wanted, "is_long": venues.count() > PAGE_SIZE}
    return render(request, "venues/mine.html", context)


def named(wanted: str) -> Q:
    return Q(name_fi__icontains=wanted) | Q(name_sv__icontains=wanted) | Q(name_en__icontains=wanted)


@require_GET
@login_required
def venue(request: SignedInRequest, pk: int) -> HttpResponse:
    """A venue's halls, each with its parts."""
    place = get_object_or_404(Venue.objects.looked_after_by(request.user), pk=pk)
    spaces = list(place.spaces.order_by(F("part_of").asc(nulls_first=True), "footprint", "pk"))
    parts: dict[int, list[Space]] = {space.pk: [] for space in spaces if space.is_hall}
    for space in spaces:
        if space.part_of_id:
            parts[space.part_of_id].append(space)
    halls = sorted((space for space in spaces if space.is_hall), key=lambda hall: (str(hall.name), hall.pk))
    context = {"venue": place, "halls": [(hall, parts[hall.pk]) for hall in halls]}
    return render(request, "venues/venue.html", context)


@edits
def edit_venue(request: SignedInRequest, pk: int) -> HttpResponse:
    place = one_of(Venue.objects.looked_after_by(request.user), request, pk)
    name, form = place.name, VenueForm(posted(request), instance=place, is_staff=request.user.is_staff)
    if request.method != "POST" or not form.is_valid():
        return show(request, "venues/edit_venue.html", form, venue=place, name=name)
    form.save()
    messages.success(request, _("The venue has been saved."))
    return redirect("venues:venue", pk)


@staff_only
@edits
def new_venue(request: SignedInRequest) -> HttpResponse:
    form = VenueForm(posted(request), is_staff=True)
    if request.method != "POST" or not form.is_valid():
        return show(request, "venues/new_venue.html", form)
    place = form.save()
    messages.success(request, _("The venue has been made. Add its spaces and opening hours."))
    return redirect("venues:venue", place.pk)


@edits
def people(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who manages the venue and who takes care of it; add somebody."""
    place = get_object_or_404(Venue.objects.looked_after_by(request.user), pk=pk)
    form = RoleForm(posted(request), venue=place)
    if request.method == "POST" and form.is_valid():
        role = form.save()
        messages.success(
            request,
            _("%(person)s is now: %(role)s.") % {"person": role.user, "role": role.get_role_display()},
        )
        return redirect("venues:people", pk)
    roles = place.roles.select_related("user")
    context = {"venue": place, "roles": roles, "form": form}
    return render(request, "venues/people.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def take_role(request: SignedInRequest, pk: int, role_pk: int) -> HttpResponse:
    """Take a role from somebody, perhaps from oneself."""
    place = get_object_or_404(Venue.objects.looked_after_by(request.user), pk=pk)
    role = get_object_or_404(place.roles.select_related("user"), pk=role_pk)
    role.delete()
    messages.success(
        request,
        _("%(person)s is no longer: %(role)s.") % {"person": role.user, "role": role.get_role_display()},
    )
    if Venue.objects.looked_after_by(request.user).filter(pk=pk).exists():
        return redirect("venues:people", pk)
    return redirect("/")
