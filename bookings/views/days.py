"""Days on which other hours hold than the rules say."""

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_list_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import SignedInRequest
from venues.clock import local
from venues.hours_forms import DayForm, NewDaysForm
from venues.models import Timetable
from venues.views.editing import posted
from venues.wording import day as day_in_words

from .. import hours
from ..changes import ChangedDays
from .hours import in_care
from .impacts import goes_back, impact_preview


@require_http_methods(["GET", "POST"])
@login_required
def new_days(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say of a day, or of several, that they are different."""
    timetable, today = in_care(request, pk), local(timezone.now()).date()
    form = NewDaysForm(posted(request), timetable=timetable, today=today)
    if request.method != "POST" or not form.is_valid() or goes_back(request):
        return show(request, timetable, form)
    return save(request, wished(timetable, form.days, form), _("The opening hours have been saved."))


@require_http_methods(["GET", "POST"])
@login_required
def one_day(request: SignedInRequest, pk: int, day: str) -> HttpResponse:
    """Change what was said of a day."""
    timetable = in_care(request, pk)
    rows = get_list_or_404(timetable.exceptions.all(), date=parsed(day))
    stretches = [(row.opens, row.closes) for row in rows if row.opens and row.closes]
    form = DayForm(posted(request), instance=rows[0], initial={"hours": stretches})
    if request.method != "POST" or not form.is_valid() or goes_back(request):
        return show(request, timetable, form, parsed(day))
    return save(request, wished(timetable, [parsed(day)], form), _("The opening hours have been saved."))


@require_POST
@login_required
def forget_day(request: SignedInRequest, pk: int, day: str) -> HttpResponse:
    """Let the rules hold again."""
    timetable = in_care(request, pk)
    said = _("On %(day)s the usual hours hold again.") % {"day": day_in_words(parsed(day))}
    return save(request, ChangedDays(timetable, [parsed(day)], None), said)


def wished(timetable: Timetable, days: list[date], form: DayForm) -> ChangedDays:
    written = form.cleaned_data
    return ChangedDays(
        timetable,
        days,
        written["hours"],
        reason=form.reason,
        open_to=written["open_to"],
        is_staffed=written["is_staffed"],
    )


def save(request: SignedInRequest, change: ChangedDays, said: str) -> HttpResponse:
    venue = hours.venue_of(change.timetable)
    return impact_preview(
        request,
        change,
        title=_("%(venue)s: days that are different") % {"venue": venue.name},
        verb=_("Save"),
        said=said,
        back=reverse("bookings:hours", args=[change.timetable.pk]),
        venue=venue,
        reasons=[said for said in change.reason.values() if said],
        can_go_back=change.hours is not None,
    )


def parsed(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise Http404 from None


def show(
    request: SignedInRequest, timetable: Timetable, form: DayForm, day: date | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "day": day,
        "timetable": timetable,
        "venue": hours.venue_of(timetable),
        "space": getattr(timetable, "space", None),
    }
    return render(request, "bookings/manager/hours_day.html", context, status=422 if form.errors else 200)
