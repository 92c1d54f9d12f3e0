"""A venue's year at a glance: twelve months, every day as it is, and the same in words."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from venues import hours_in_words
from venues.models import Space, Venue

from .. import closures_in_words
from ..year import Year

YEARS = range(2000, 2100)


@require_GET
@login_required
def show(request: SignedInRequest, pk: int, year: int) -> HttpResponse:
    """The year of a venue, or of the `space` that has opening hours of its own."""
    venues = Venue.objects.looked_after_by(request.user).select_related("timetable")
    venue = get_object_or_404(venues, pk=pk)
    if year not in YEARS:
        raise Http404
    own = list(venue.spaces.exclude(timetable=None).select_related("timetable"))
    space = chosen(own, request.GET.get("space"))
    here = Year(year, venue, space, (space.timetable if space else None) or venue.timetable)
    context = {
        "venue": venue,
        "space": space,
        "spaces": own,
        "year": here,
        "before": year - 1 if year - 1 in YEARS else None,
        "after": year + 1 if year + 1 in YEARS else None,
        "query": f"?space={space.pk}" if space else "",
        "weekdays": [(WEEKDAYS_ABBR[day], WEEKDAYS[day]) for day in range(7)],
        "closures": [
            (closure, closures_in_words.sentence(closure), closure.spaces.all()) for closure in here.closures
        ],
        "exceptions": [
            (day, hours_in_words.exception_sentence(day, rows)) for day, rows in here.exceptions.items()
        ],
    }
    return render(request, "bookings/manager/year.html", context)


def chosen(spaces: list[Space], asked: str | None) -> Space | None:
    """Return the space that was asked for; 404 if it has no opening hours of its own here."""
    if not asked:
        return None
    for space in spaces:
        if str(space.pk) == asked:
            return space
    raise Http404
