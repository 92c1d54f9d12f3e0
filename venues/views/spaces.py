"""A venue's spaces: their facts and rules, a new hall, a new part of a hall."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest

from .. import halls
from ..forms import NewHallForm, NewPartForm, SpaceForm
from ..models import Space, Venue
from .editing import edits, one_of, posted, show


def spaces_in_care(request: SignedInRequest):
    venues = Venue.objects.looked_after_by(request.user)
    return Space.objects.filter(venue__in=venues).select_related("venue", "part_of")


@edits
def edit_space(request: SignedInRequest, pk: int) -> HttpResponse:
    space = one_of(spaces_in_care(request), request, pk)
    name, form = space.name, SpaceForm(posted(request), instance=space)
    if request.method != "POST" or not form.is_valid():
        return show(request, "venues/edit_space.html", form, space=space, venue=space.venue, name=name)
    form.save()
    messages.success(request, _("%(space)s has been saved.") % {"space": space.name})
    return redirect("venues:venue", space.venue_id)


@edits
def new_hall(request: SignedInRequest, pk: int) -> HttpResponse:
    venue = get_object_or_404(Venue.objects.looked_after_by(request.user), pk=pk)
    hall = Space(venue=venue, setup_minutes=0, cleanup_minutes=0)
    form = NewHallForm(posted(request), instance=hall)
    if request.method != "POST" or not form.is_valid():
        return show(request, "venues/new_space.html", form, venue=venue)
    form.save()
    messages.success(request, _("%(space)s has been saved.") % {"space": hall.name})
    return redirect("venues:venue", pk)


@edits
def new_part(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add a part to a hall. The hall is locked, so that nobody redraws it meanwhile."""
    hall = one_of(spaces_in_care(request).filter(part_of=None), request, pk)
    part = Space(venue=hall.venue, part_of=hall)
    names = halls.piece_names(halls.spaces_of_hall(hall.pk))
    form = NewPartForm(posted(request), instance=part, hall=hall, piece_names=names)
    if request.method != "POST" or not form.is_valid():
        return show(request, "venues/new_space.html", form, venue=hall.venue, hall=hall)
    form.save()
    messages.success(request, _("%(space)s has been saved.") % {"space": part.name})
    return redirect("venues:venue", hall.venue_id)
