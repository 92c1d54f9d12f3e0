"""A space and when it is free, and the venue that it is in."""

from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from accounts import acting
from accounts.models import Organisation
from accounts.problems import Alternative
from venues import halls, hours_in_words, house_rules, wording
from venues.audiences import Asker, asker
from venues.clock import at, exact, local
from venues.fields import pieces
from venues.models import Space, Timetable, Venue
from venues.opening_hours import monday_of

from .. import availability, week
from ..search_form import LENGTHS
from . import prices
from .holds import hold_url, own_hold, people_of

USUAL_MINUTES = 120
LOOK_AHEAD = timedelta(days=90)


@require_GET
def space(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    space = get_object_or_404(Space.objects.with_place().prefetch_related("equipment", "purposes"), pk=pk)
    kept = own_hold(request)
    people, organisation = people_of(request), acting.acting_for(request)
    shown = week_of(
        request,
        space,
        now=now,
        mine=kept.pk if kept else None,
        asker=asker_of(request, organisation),
    )
    return render(
        request,
        "bookings/space.html",
        {
            "space": space,
            "kept": kept,
            "rules": house_rules.sentences(space),
            "table": prices.table_for(space, organisation, now=now),
            "cancelling": prices.terms_of_cancelling(space),
            "opening": opening_sentences(space, now),
            "hall": hall_of(space),
            "piece_names": halls.piece_names(halls.spaces_of_hall(space.hall_id)),
            **shown,
            "week_price": prices.of_starts(space, times_of(shown["week"]), organisation, now=now),
            "for_whom": organisations(request, organisation),
            "action": hold_url(space, people, acting.in_address(request)),
        },
    )


def times_of(shown: week.Week) -> list[tuple[datetime, datetime]]:
    """Return the free times of a week that can be pressed."""
    return [(start.starts_at, start.period_ends_at) for day in shown.coming_days for start in day.starts]


@require_GET
def venue(request: HttpRequest, pk: int) -> HttpResponse:
    venue = get_object_or_404(Venue.objects.select_related("district", "timetable"), pk=pk)
    opening = hours_in_words.sentences(venue.timetable, since=local(timezone.now()).date())
    spaces = sorted(venue.spaces.all(), key=hall_before_parts)
    return render(request, "bookings/venue.html", {"venue": venue, "spaces": spaces, "opening": opening})


def hall_before_parts(space: Space) -> tuple:
    return space.hall_id, not space.is_hall, len(pieces(space.footprint)), min(pieces(space.footprint))


def opening_sentences(space: Space, now: datetime) -> list[str]:
    timetable = Timetable.objects.get(pk=space.timetable_in_force_id)
    return hours_in_words.sentences(timetable, since=local(now).date())


def hall_of(space: Space) -> list[Space]:
    """Return the other spaces of the same hall: what this one is a part of, and what shares its hall."""
    others = Space.objects.filter(hall_id=space.hall_id).exclude(pk=space.pk)
    return sorted(others, key=hall_before_parts)


# --- The week -------------------------------------------------------------------------------------


def week_of(
    request: HttpRequest,
    space: Space,
    *,
    now: datetime,
    mine: int | None,
    minutes: int | None = None,
    asker: Asker,
) -> dict:
    """Return what the week's picture needs: the week that was asked for, or the first with free time."""
    minutes = minutes or length_asked(request, space)
    length = timedelta(minutes=minutes)
    today = local(now).date()
    _first, last = availability.first_and_last_start(space, now=now)
    furthest = max(local(last).date(), today)
    asked = day_asked(request)
    first = None
    if asked is None:
        first = first_free(space, now, length, now=now, asker=asker, moving=mine)
        asked = local(first.starts_at).date() if first else today
    shown = week.of(
        space,
        monday_of(min(max(asked, today), furthest)),
        length=length,
        now=now,
        mine=mine,
        asker=asker,
    )
    if not shown.first_free_day:
        first = first_free(space, exact(at(shown.monday)), length, now=now, asker=asker, moving=mine)
    earlier, later = shown.monday - timedelta(days=7), shown.monday + timedelta(days=7)
    return {
        "week": shown,
        "minutes": minutes,
        "lengths": [] if space.is_whole_day else lengths(request, space, minutes, shown.monday),
        "earlier": address(request, week=earlier) if earlier >= monday_of(today) else None,
        "later": address(request, week=later) if later <= furthest else None,
        "first_free": None if shown.first_free_day else first,
    }


def day_asked(request: HttpRequest) -> date | None:
    try:
        return parse_date(request.GET.get("week", ""))
    except ValueError:
        return None


def length_asked(request: HttpRequest, space: Space) -> int:
    """Return for how many minutes somebody wants to book, within what the space allows."""
    asked = request.GET.get("length", "")
    minutes = int(asked) if asked.isdecimal() and len(asked) < 6 else USUAL_MINUTES
    return min(max(minutes, space.min_minutes), space.max_minutes)


def lengths(request: HttpRequest, space: Space, minutes: int, monday: date) -> list[dict]:
    """Return the lengths to choose from: the usual ones that the space allows, and the one in use."""
    allowed = {length for length in LENGTHS if space.min_minutes <= length <= space.max_minutes}
    return [
        {
            "label": wording.duration(timedelta(minutes=length)),
            "url": address(request, length=length, week=monday),
            "is_current": length == minutes,
        }
        for length in sorted(allowed | {minutes, space.min_minutes})
    ]


def address(request: HttpRequest, **changes) -> str:
    """Return the address of this page with some things changed, at its week."""
    return f"?{urlencode(request.GET.dict() | changes)}#week"


def first_free(
    space: Space,
    since: datetime,
    length: timedelta,
    *,
    now: datetime,
    asker: Asker,
    moving: int | None = None,
) -> Alternative | None:
    window = since, since + LOOK_AHEAD
    asked = None if space.is_whole_day else length
    stretches = availability.free_stretches(space, window, now=now, length=asked, asker=asker, moving=moving)
    if not stretches:
        return None
    start, until = stretches[0]
    return Alternative(space, start, until if space.is_whole_day else start + length)


# --- For whom -------------------------------------------------------------------------------------


def asker_of(request: HttpRequest, organisation: Organisation | None) -> Asker:
    """Return who looks at the page, in the name of an organisation or in her own."""
    user = request.user if request.user.is_authenticated else None
    return asker(user, organisation, today=local(timezone.now()).date())


def organisations(request: HttpRequest, chosen: Organisation | None) -> list[dict]:
    """Return for whom this person may look, herself among them; nothing if there is no choice."""
    theirs = acting.choices(request)
    names = [(None, gettext("Myself")), *((one, one.name) for one in theirs)]
    return [
        {
            "label": label,
            "url": address(request, organisation=one.pk if one else ""),
            "is_current": one == chosen,
        }
        for one, label in names
    ] if theirs else []  # fmt: skip
