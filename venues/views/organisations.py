"""Organisations as the city's staff sees them: which are here, which nobody owns, which are one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import memberships
from accounts.models import Organisation
from accounts.problems import Refused
from accounts.requests import SignedInRequest

from ..city_forms import MergeForm
from .editing import staff_only

PAGE_SIZE = 60
LONGEST_NAME = 200


@never_cache
@require_GET
@staff_only
@login_required
def index(request: SignedInRequest) -> HttpResponse:
    shown, wanted = request.GET.get("show", ""), request.GET.get("q", "")[:LONGEST_NAME].replace("\0", "")
    rows = those(shown).annotate(
        people=Count("memberships"),
        has_no_owner=Exists(Organisation.objects.without_owner().filter(pk=OuterRef("pk"))),
    )
    if wanted:
        rows = rows.filter(name__icontains=wanted)
    page = Paginator(rows.order_by("name", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "tabs": tabs(shown), "shown": shown, "wanted": wanted}
    return render(request, "venues/organisations.html", context)


def those(shown: str) -> QuerySet[Organisation]:
    if shown == "without-owner":
        return Organisation.objects.without_owner()
    if shown == "closed":
        return Organisation.objects.exclude(closed_at=None).select_related("merged_into")
    return Organisation.objects.active()


def tabs(shown: str) -> list[dict]:
    labels = {"": _("Active"), "without-owner": _("Without an owner"), "closed": _("Closed")}
    address = reverse("venues:organisations")
    return [
        {
            "label": label,
            "url": f"{address}?{urlencode({'show': name})}" if name else address,
            "count": Organisation.objects.without_owner().count() if name == "without-owner" else 0,
            "is_current": name == shown or (not name and shown not in labels),
        }
        for name, label in labels.items()
    ]


@never_cache
@require_http_methods(["GET", "POST"])
@staff_only
@login_required
def merge(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose of which other organisation this one becomes a part, see what that means, and do it."""
    organisation = get_object_or_404(Organisation.objects.active(), pk=pk)
    asked = request.POST if request.method == "POST" else request.GET if "into" in request.GET else None
    form = MergeForm(asked, organisation=organisation)
    if not form.is_valid():
        return show_merge(request, organisation, form)
    into = form.cleaned_data["into"]
    if request.method != "POST":
        return show_merge(request, organisation, form, into=into)
    try:
        memberships.merge(organisation, into=into, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("venues:organisations")
    messages.success(request, _("%(one)s is a part of %(other)s now.") % {"one": organisation, "other": into})
    return redirect(into)


def show_merge(
    request: SignedInRequest,
    organisation: Organisation,
    form: MergeForm,
    *,
    into: Organisation | None = None,
) -> HttpResponse:
    context = {"organisation": organisation, "form": form, "into": into}
    if into:
        both = Organisation.objects.filter(pk__in=[organisation.pk, into.pk]).annotate(
            people=Count("memberships")
        )
        context["sides"] = sorted(both, key=lambda row: row.pk == into.pk)
    return render(request, "venues/merge.html", context, status=422 if form.errors else 200)
