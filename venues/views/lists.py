"""The city's own lists, kept by its staff: districts, purposes, equipment, organisations, price groups."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.models import Organisation, PriceGroup
from accounts.requests import SignedInRequest

from ..city_forms import OrganisationForm, PriceGroupForm
from ..edit_form import EditForm
from ..forms import DistrictForm, EquipmentForm, PurposeForm
from ..models import District, Equipment, Purpose
from .editing import edits, one_of, posted, show, staff_only

PAGE_SIZE = 60


@dataclass(frozen=True)
class Kept:
    """A list, and what its pages say."""

    model: type[Model]
    form: type[EditForm]
    title: Promise
    add: Promise


LISTS = {
    "districts": Kept(District, DistrictForm, gettext_lazy("Districts"), gettext_lazy("Add a district")),
    "purposes": Kept(Purpose, PurposeForm, gettext_lazy("Purposes"), gettext_lazy("Add a purpose")),
    "equipment": Kept(Equipment, EquipmentForm, gettext_lazy("Equipment"), gettext_lazy("Add equipment")),
    "organisations": Kept(
        Organisation, OrganisationForm, gettext_lazy("Organisations"), gettext_lazy("Add an organisation")
    ),
    "price-groups": Kept(
        PriceGroup, PriceGroupForm, gettext_lazy("Price groups"), gettext_lazy("Add a price group")
    ),
}


@require_GET
@staff_only
@login_required
def index(request: SignedInRequest, which: str) -> HttpResponse:
    page = Paginator(LISTS[which].model._default_manager.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "venues/list.html", {"which": which, "kept": LISTS[which], "page": page})


@staff_only
@edits
def edit(request: SignedInRequest, which: str, pk: int) -> HttpResponse:
    row = one_of(LISTS[which].model._default_manager.all(), request, pk)
    return save(request, which, row)


@staff_only
@edits
def new(request: SignedInRequest, which: str) -> HttpResponse:
    return save(request, which, LISTS[which].model())


def save(request: SignedInRequest, which: str, row: Model) -> HttpResponse:
    kept = LISTS[which]
    name = str(row) if row.pk else ""
    form = kept.form(posted(request), instance=row)
    if request.method != "POST" or not form.is_valid():
        return show(request, "venues/list_edit.html", form, which=which, kept=kept, name=name)
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:  # somebody took its business ID or code since the form was judged
        form = kept.form(posted(request), instance=row)
        if form.is_valid():
            raise
        return show(request, "venues/list_edit.html", form, which=which, kept=kept, name=name)
    messages.success(request, _("%(name)s has been saved.") % {"name": row})
    return redirect("venues:list", which)
