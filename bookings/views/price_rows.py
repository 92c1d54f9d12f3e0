"""The rows, extras and rules of VAT of a draft, one at a time by plain forms."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import price_lists
from venues.models import AddOn, PriceListVersion, PriceRow, VatRule
from venues.views.editing import edits, posted, show, staff_only

from ..price_list_forms import AddOnForm, PartForm, RowForm, VatRuleForm
from .price_lists import changes_prices


@dataclass(frozen=True)
class Kind:
    """What a version consists of, and what its pages say."""

    model: Any
    form: type[PartForm]
    add: Promise
    change: Promise


KINDS = {
    "rows": Kind(PriceRow, RowForm, gettext_lazy("Add a price"), gettext_lazy("Change a price")),
    "extras": Kind(AddOn, AddOnForm, gettext_lazy("Add an extra"), gettext_lazy("Change an extra")),
    "vat-rules": Kind(
        VatRule, VatRuleForm, gettext_lazy("Add a rule of VAT"), gettext_lazy("Change a rule of VAT")
    ),
}
UP, DOWN = "up", "down"
DIRECTIONS = UP, DOWN


@staff_only
@edits
def edit(request: SignedInRequest, pk: int, kind: str, part: int | None = None) -> HttpResponse:
    """Add or change one; nothing that somebody else saved meanwhile is overwritten unseen."""
    kept = KINDS[kind]
    draft = get_object_or_404(PriceListVersion.objects.select_related("price_list"), pk=pk)
    try:
        if request.method == "POST":
            price_lists.in_hand(draft)
        elif draft.published_at:
            return redirect("bookings:price_version", pk)
        instance = kept.model() if part is None else get_object_or_404(kept.model, version=draft, pk=part)
        form = kept.form(posted(request), instance=instance, draft=draft)
        if request.method == "POST" and form.is_valid():
            price_lists.put_in(draft, form.instance, place=form.place_wanted)
            messages.success(request, _("The draft has been saved."))
            return redirect("bookings:price_version", pk)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("bookings:price_version", pk)
    context = {"draft": draft, "kind": kind, "part": part, "title": kept.add if part is None else kept.change}
    return show(request, "bookings/manager/prices/part.html", form, **context)


@changes_prices
def remove(request: SignedInRequest, pk: int, kind: str, part: int) -> HttpResponse:
    draft = price_lists.in_hand(get_object_or_404(PriceListVersion, pk=pk))
    price_lists.take_out(draft, get_object_or_404(KINDS[kind].model, version=draft, pk=part))
    messages.success(request, _("It has been removed from the draft."))
    return redirect("bookings:price_version", pk)


@changes_prices
def move(request: SignedInRequest, pk: int, kind: str, part: int, direction: str) -> HttpResponse:
    """Let a row be read one place earlier or later."""
    draft = price_lists.in_hand(get_object_or_404(PriceListVersion, pk=pk))
    row = get_object_or_404(KINDS[kind].model, version=draft, pk=part)
    if not isinstance(row, AddOn):
        price_lists.put_in(draft, row, place=row.position + (1 if direction == DOWN else -1))
    return redirect("bookings:price_version", pk)
