"""Opening hours of a venue, or of a space that has its own: the week, and days that are different."""

from datetime import date, datetime
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_list_or_404, get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import SignedInRequest
from venues import hours_in_words
from venues.clock import local
from venues.hours_forms import DayForm, NewDaysForm, WeekForm
from venues.models import Space, Timetable, Venue
from venues.versions import ChangedMeanwhile
from venues.wording import day as day_in_words

from .. import hours

PAGE_SIZE = 20


@require_http_methods(["GET", "POST"])
@login_required
def week(request: SignedInRequest, pk: int) -> HttpResponse:
    """The weekly hours, the days that are different, and the bookings that lie outside."""
    timetable, now = in_care(request, pk), timezone.now()
    form = week_form(timetable, posted(request))
    if request.method != "POST" or not form.is_valid():
        return show(request, timetable, form, now)
    try:
        hours.change_weekly(timetable, form.weekly, seen=form.cleaned_data["version"], now=now)
    except ChangedMeanwhile as refusal:
        mine = request.POST.dict() | {"version": hours.version(timetable)}
        return show(request, timetable, week_form(timetable, mine), now, refusal)
    tell(request, timetable, now, _("The opening hours have been saved."))
    return redirect("bookings:hours", pk)


@require_http_methods(["GET", "POST"])
@login_required
def new_days(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say of a day, or of several, that they are different."""
    timetable, now = in_care(request, pk), timezone.now()
    form = NewDaysForm(posted(request), timetable=timetable, today=local(now).date())
    if request.method != "POST" or not form.is_valid():
        return show_day(request, timetable, form)
    hours.change_days(timetable, form.days, form.cleaned_data["hours"], reason=form.reason, now=now)
    tell(request, timetable, now, _("The opening hours have been saved."))
    return redirect("bookings:hours", pk)


@require_http_methods(["GET", "POST"])
@login_required
def one_day(request: SignedInRequest, pk: int, day: str) -> HttpResponse:
    """Change what was said of a day."""
    timetable, now = in_care(request, pk), timezone.now()
    rows = get_list_or_404(timetable.exceptions.all(), date=parsed(day))
    stretches = [(row.opens, row.closes) for row in rows if row.opens and row.closes]
    form = DayForm(posted(request), instance=rows[0], initial={"hours": stretches})
    if request.method != "POST" or not form.is_valid():
        return show_day(request, timetable, form, parsed(day))
    hours.change_days(timetable, [parsed(day)], form.cleaned_data["hours"], reason=form.reason, now=now)
    tell(request, timetable, now, _("The opening hours have been saved."))
    return redirect("bookings:hours", pk)


@require_POST
@login_required
def forget_day(request: SignedInRequest, pk: int, day: str) -> HttpResponse:
    """Let the weekly hours hold again."""
    timetable, now = in_care(request, pk), timezone.now()
    hours.forget_day(timetable, parsed(day), now=now)
    said = _("On %(day)s the weekly hours hold again.") % {"day": day_in_words(parsed(day))}
    tell(request, timetable, now, said)
    return redirect("bookings:hours", pk)


@require_POST
@login_required
def give_own(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a space opening hours of its own."""
    space = space_in_care(request, pk)
    own = hours.give_own(space, now=timezone.now())
    messages.success(
        request,
        _("%(space)s now has opening hours of its own. To begin with they are the same as before.")
        % {"space": space.name},
    )
    return redirect("bookings:hours", own.pk)


@require_POST
@login_required
def follow_venue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let a space be open when its venue is."""
    space, now = space_in_care(request, pk), timezone.now()
    hours.follow_venue(space, now=now)
    said = _("%(space)s is now open when its venue is.") % {"space": space.name}
    tell(request, space.venue.timetable, now, said)
    return redirect("bookings:hours", space.venue.timetable_id)


# --- What the pages show --------------------------------------------------------------------------


def in_care(request: SignedInRequest, pk: int) -> Timetable:
    """Return opening hours of a venue that this person manages; to everybody else there are none."""
    venues = Venue.objects.looked_after_by(request.user)
    theirs = Timetable.objects.filter(Q(venue__in=venues) | Q(space__venue__in=venues))
    return get_object_or_404(theirs, pk=pk)


def space_in_care(request: SignedInRequest, pk: int) -> Space:
    theirs = Space.objects.filter(venue__in=Venue.objects.looked_after_by(request.user))
    return get_object_or_404(theirs.select_related("venue__timetable"), pk=pk)


def parsed(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise Http404 from None


def posted(request: SignedInRequest):
    return request.POST if request.method == "POST" else None


def week_form(timetable: Timetable, data=None) -> WeekForm:
    return WeekForm(data, weekly=hours.weekly_of(timetable), version=hours.version(timetable))


def show(
    request: SignedInRequest,
    timetable: Timetable,
    form: WeekForm,
    now: datetime,
    refusal: ChangedMeanwhile | None = None,
) -> HttpResponse:
    venue = hours.venue_of(timetable)
    outside = hours.outside(timetable, now=now).select_related(
        "space", "booking__customer", "booking__organisation"
    )
    exceptions = timetable.exceptions.filter(date__gte=local(now).date())
    context = {
        "form": form,
        "timetable": timetable,
        "venue": venue,
        "space": getattr(timetable, "space", None),
        "spaces": venue.spaces.order_by("hall_id", F("part_of").asc(nulls_first=True), "footprint", "pk"),
        "in_words": hours_in_words.weekly_sentence(hours.weekly_of(timetable)),
        "refusal": refusal,
        "days": [
            (day, hours_in_words.exception_sentence(day, list(rows)))
            for day, rows in groupby(exceptions, key=lambda row: row.date)
        ],
        "outside": Paginator(outside, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "bookings/manager/hours.html", context, status=status)


def show_day(
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


def tell(request: SignedInRequest, timetable: Timetable, now: datetime, said: str) -> None:
    """Say what was saved, and of how many bookings it must be asked what becomes of them."""
    outside = hours.outside(timetable, now=now).count()
    if not outside:
        messages.success(request, said)
        return
    more = ngettext(
        "%(count)d booking is outside the opening hours. It is kept, and listed below.",
        "%(count)d bookings are outside the opening hours. They are kept, and listed below.",
        outside,
    )
    messages.warning(request, f"{said} {more % {'count': outside}}")
