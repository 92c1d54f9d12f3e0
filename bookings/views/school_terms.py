"""School terms, kept by the city's own staff: all opening hours that ask for terms follow."""

from collections.abc import Sequence
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import openings
from venues.clock import local
from venues.models import SchoolPeriod
from venues.views.editing import posted, staff_only

from .. import school_terms
from ..changes import ChangedSchoolTerms
from ..school_terms_forms import PeriodForm
from .impacts import impact_preview

SCHOOL_YEAR_BEGINS = 8  # in August, or the last days of July


@require_GET
@staff_only
@login_required
def index(request: SignedInRequest) -> HttpResponse:
    """The terms and breaks by school year, and until when they are known."""
    until = school_terms.known_until()
    _first, last = openings.horizon(local(timezone.now()).date())
    context = {
        "years": [
            (year, year + 1, list(rows)) for year, rows in groupby(SchoolPeriod.objects.all(), school_year)
        ],
        "until": until,
        "is_known_too_briefly": until is None or until < last,
        "bookable_until": last,
        "concerned": school_terms.timetables().count(),
    }
    return render(request, "bookings/manager/school_terms.html", context)


@require_http_methods(["GET", "POST"])
@staff_only
@login_required
def new(request: SignedInRequest) -> HttpResponse:
    form = PeriodForm(posted(request), instance=SchoolPeriod())
    if request.method != "POST" or not form.is_valid():
        return show(request, form)
    known = list(SchoolPeriod.objects.all())
    return save(request, form, [*known, form.period], seen=school_terms.version(known))


@require_http_methods(["GET", "POST"])
@staff_only
@login_required
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    known = list(SchoolPeriod.objects.all())
    seen = school_terms.version(known)
    period = get_object_or_404(SchoolPeriod, pk=pk)
    name = str(period)
    form = PeriodForm(posted(request), instance=period)
    if request.method != "POST" or not form.is_valid():
        return show(request, form, name)
    others = [other for other in known if other.pk != pk]
    return save(request, form, [*others, form.period], seen=seen, name=name)


@require_POST
@staff_only
@login_required
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    known = list(SchoolPeriod.objects.all())
    period = get_object_or_404(SchoolPeriod, pk=pk)
    others = [other for other in known if other.pk != pk]
    try:
        return change(
            request,
            ChangedSchoolTerms(others, seen=school_terms.version(known)),
            verb=_("Remove it"),
            said=_("%(name)s has been removed.") % {"name": period},
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("bookings:school_term", pk)


# --- What the pages have in common ----------------------------------------------------------------


def school_year(period: SchoolPeriod) -> int:
    """Return the year in which the school year began to which a term or a break belongs."""
    return period.first.year if period.first.month >= SCHOOL_YEAR_BEGINS else period.first.year - 1


def save(
    request: SignedInRequest,
    form: PeriodForm,
    periods: Sequence[SchoolPeriod],
    *,
    seen: str,
    name: str = "",
) -> HttpResponse:
    try:
        return change(
            request,
            ChangedSchoolTerms(periods, seen=seen),
            verb=_("Save"),
            said=_("%(name)s has been saved.") % {"name": form.period},
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return show(request, form, name)


def change(request: SignedInRequest, changed: ChangedSchoolTerms, *, verb: str, said: str) -> HttpResponse:
    return impact_preview(
        request, changed, title=_("School terms"), verb=verb, said=said, back=reverse("bookings:school_terms")
    )


def show(request: SignedInRequest, form: PeriodForm, name: str = "") -> HttpResponse:
    status = 409 if form.differences else 422 if form.errors else 200
    return render(request, "bookings/manager/school_term.html", {"form": form, "name": name}, status=status)
