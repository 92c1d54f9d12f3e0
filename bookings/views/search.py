"""The first page: what is free, where and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import Avg, F
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import acting
from accounts.texts import in_all_languages
from venues.clock import local
from venues.models import District, Equipment, Space
from venues.models.spaces import MINUTE

from .. import search as searching
from .. import unmet
from ..availability import Found, FreeSpace
from ..search import Question
from ..search_form import SearchForm
from ..week_grid import Stretch
from . import prices
from .holds import hold_url, own_hold

# What a card tells of a space; the rest of the row is long.
SHOWN = [
    *in_all_languages("name"),
    *in_all_languages("venue__name"),
    *in_all_languages("venue__district__name"),
    *("venue__lat", "venue__lon", "venue__point_quality"),
    *("capacity", "is_step_free", "is_demo", "payment"),
    *("min_minutes", "start_step", "starts_from", "start_minute"),
    # What its price depends on, beside the above.
    *("price_list", "supervision", "floor_area", "footprint", "hall_footprint", "venue__kind"),
    *("part_of__supervision", "part_of__floor_area"),
]
NAMED_EQUIPMENT = 2
DISTRICTS_KEPT_SECONDS = 300
DIGITS_OF_A_PAGE = 6


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Answer with a whole page, whether a browser or htmx asks: htmx takes the part that it needs."""
    now = timezone.now()
    form = SearchForm(
        request.GET,
        now=now,
        user=request.user,
        organisations=acting.choices(request),
        whom=acting.in_address(request),
    )
    context: dict[str, Any] = {
        "form": form,
        "kept": own_hold(request),
        **views(request),
        "districts": district_names(),
        "tiles": settings.TILE_URL,
        "attribution": settings.TILE_ATTRIBUTION,
    }
    if not form.is_valid():
        return render(request, "bookings/search.html", context, status=422)
    question = form.question()
    number = page_number(request)
    found = searching.answer(question, now=now, offset=(number - 1) * searching.PAGE)
    if request.GET and not found.total:
        unmet.count(form.unmet())
    page = Paginator(range(found.total), searching.PAGE).get_page(number)
    if page.number != number:
        return redirect(f"{request.path}?{changed(request.GET, page=str(page.number))}")
    context |= {
        "question": question,
        "found": found,
        "results": results(found, question, acting.in_address(request), now=now),
        "page": page,
        "instead": None if found.total else searching.instead(question, now=now),
    }
    return render(request, "bookings/search.html", context)


def views(request: HttpRequest) -> dict:
    """Return whether a phone shows the list or the map, and the way to the other."""
    shown = "map" if request.GET.get("view") == "map" else "list"
    labels = {"list": _("List"), "map": _("Map")}
    return {
        "view": shown,
        "views": [
            {
                "label": label,
                "url": f"?{changed(request.GET, view=name)}",
                "is_current": name == shown,
            }
            for name, label in labels.items()
        ],
    }


def changed(asked: QueryDict, **values: str) -> str:
    """Return a question with some things asked otherwise, and all that is asked several times kept."""
    other = asked.copy()
    for name, value in values.items():
        other[name] = value
    return other.urlencode()


def page_number(request: HttpRequest) -> int:
    number = request.GET.get("page", "1")
    return max(1, int(number)) if number.isdecimal() and len(number) < DIGITS_OF_A_PAGE else 1


@dataclass(frozen=True)
class Result:
    """One card: what `components/result.html` shows."""

    space: Space
    url: str
    action: str
    facts: Sequence[str]
    price: str
    metres: float | None
    times: Sequence[Stretch]
    more: int
    # Of a time that is wanted every week: on how many dates, and on which not.
    wanted: int = 0
    free: int = 0
    unfree: Sequence[datetime] = ()
    season_url: str = ""


def results(found: Found, question: Question, whom: str | None, *, now: datetime) -> list[Result]:
    """Describe the spaces that were found, in their order. As many statements, however many they are."""
    pks = [row.space_id for row in found.page]
    spaces = Space.objects.select_related("venue__district", "part_of").only(*SHOWN).in_bulk(pks)
    equipment = equipment_in(pks)
    describe = weekly_result if question.order == "coverage" else result
    described = [
        describe(spaces[row.space_id], row, question, equipment.get(row.space_id, []), whom)
        for row in found.page
    ]
    first_times = [(one.space, first_time(one)) for one in described]
    costs = prices.of_first_times(first_times, question.asker.organisation_id, now=now)
    return [replace(one, price=costs.get(one.space.pk, one.price)) for one in described]


def first_time(shown: Result) -> tuple[datetime, datetime] | None:
    return next(((time.starts_at, time.ends_at) for time in shown.times), None)


def equipment_in(pks: Sequence[int]) -> dict[int, list[Equipment]]:
    """Return what there is in each of the spaces."""
    there: dict[int, list[Equipment]] = {}
    for item in Equipment.objects.filter(spaces__in=pks).annotate(space_id=F("spaces__pk")):
        there.setdefault(item.space_id, []).append(item)
    return there


def result(
    space: Space, row: FreeSpace, question: Question, equipment: Sequence[Equipment], whom: str | None
) -> Result:
    length = question.length or timedelta(minutes=space.min_minutes)
    times = [Stretch("free", start, end) for start, end in searching.times_in(row, length, space)]
    people = str(question.people) if question.people > 1 else ""
    asked: dict[str, str | int] = {
        "week": str(local(row.first_free).date()),
        "length": length // MINUTE,
        "people": people,
        "organisation": question.asker.organisation_id or "",
    }
    return Result(
        space,
        url=f"{reverse('bookings:space', args=[space.pk])}?{urlencode(asked)}",
        action=hold_url(space, people, whom),
        facts=list(facts_of(space, question, equipment)),
        price=str(Space.Payment.FREE.label) if space.payment == Space.Payment.FREE else "",
        metres=None if row.distance_km is None else row.distance_km * 1000,
        times=times[: searching.CHIPS],
        more=len(times[searching.CHIPS :]),
    )


def weekly_result(
    space: Space, row: FreeSpace, question: Question, equipment: Sequence[Equipment], whom: str | None
) -> Result:
    """Describe a space that is wanted at the same time every week: on which dates it is free."""
    free, unfree = searching.split_dates(question.windows, row)
    times = row.stretches if row.is_whole_day else free
    return replace(
        result(space, row, question, equipment, whom),
        times=[Stretch("free", start, end) for start, end in times[: searching.CHIPS]],
        more=len(times[searching.CHIPS :]),
        wanted=len(question.windows),
        free=len(free),
        unfree=[start for start, _end in unfree],
        season_url="" if row.is_whole_day else season_url(space, question),
    )


def season_url(space: Space, question: Question) -> str:
    """Return where all the dates of a time that is wanted every week are seen, and booked in one go."""
    (starts, ends), (last, _end) = question.windows[0], question.windows[-1]
    asked: dict[str, Any] = {
        "space": space.pk,
        "organisation": question.asker.organisation_id or "",
        "weekdays": sorted({local(start).isoweekday() for start, _end in question.windows}),
        "starts": local(starts).strftime("%H:%M"),
        "ends": local(ends).strftime("%H:%M"),
        "every_weeks": 1,
        "first_on": local(starts).date(),
        "until": "day",
        "last_on": local(last).date(),
        "without_holidays": "on",
    }
    return f"{reverse('bookings:new_series')}?{urlencode(asked, doseq=True)}"


def facts_of(space: Space, question: Question, equipment: Sequence[Equipment]) -> Iterator[str]:
    if space.venue.district:
        yield space.venue.district.name.text
    if space.capacity:
        yield ngettext("%(count)d person", "%(count)d people", space.capacity) % {"count": space.capacity}
    if space.is_step_free:
        yield _("step-free")
    for item in equipment[:NAMED_EQUIPMENT]:
        yield item.name.text.lower()
    if space.is_demo:
        yield _("demo data")
    if question.near and space.venue.lat is None:
        yield _("place not known, so listed last") if question.order == "distance" else _("place not known")


def district_names() -> list[dict]:
    """Return where each district is, as the middle of its venues: words on the map.

    Kept for a while: a district does not move, and its middle only when a venue is added.
    """
    return cache.get_or_set(f"districts-{get_language()}", read_district_names, DISTRICTS_KEPT_SECONDS) or []


def read_district_names() -> list[dict]:
    districts = District.objects.annotate(lat=Avg("venues__lat"), lon=Avg("venues__lon"))
    return [
        {"name": district.name.text, "lat": district.lat, "lon": district.lon}
        for district in districts.exclude(lat=None)
    ]
