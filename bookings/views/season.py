"""Asking for a season in one go: when it comes again, what each date's fate is, and what came of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import attrgetter

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.acting import acting_for
from accounts.problems import Alternative, Refused
from accounts.requests import SignedInRequest
from venues import house_rules, terms_of_use, wording
from venues.clock import exact, local
from venues.models import Space
from venues.models.spaces import MINUTE
from venues.policies import season_of

from .. import ledger, limits, quotes, recurrence, series, series_in_words
from ..ledger import Ledger, Row
from ..models import Series
from ..quotes import DateQuote, Quote
from ..recurrence import SeriesWish, wish_for
from ..series import NotAllFree, Place
from ..series_forms import DetailsForm, TurnsForm
from . import prices
from .booking import SAID, remember_person, seen_cents
from .holds import instant, linked

CHOICE = "turn-"  # and the start of the turn: what is taken instead of it
MOST_EARLIER = 4
MOST_FOR_ALL = 3
MOST_OPEN = 6  # dates whose alternatives are unfolded: a few are read, many are scrolled past


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedInRequest) -> HttpResponse:
    """Ask when it comes again, show every date with its verdict, and book."""
    earlier = earlier_series(request)
    if earlier and request.method == "GET" and "starts" not in request.GET:
        return redirect(f"{request.path}?{same_as(earlier)}#season")
    space = space_asked(request)
    turns = TurnsForm(asked_in(request), user=request.user, space=space, initial=beforehand(request))
    if not turns.is_valid():
        return show(request, turns, space, told=not (turns.half_said() and is_swap(request)))
    if request.method == "POST" and "seen" not in request.POST:
        return redirect(f"{request.path}?{turns.query()}#season")
    details = details_of(request, turns.asked.space, earlier, turns.asked.first_on)
    if not is_booking(request, turns):
        return show(request, turns, space, details=details)
    if not details.is_valid():
        return show(request, turns, space, details=details, status=422)
    return book(request, turns, details, space)


def book(request: SignedInRequest, turns: TurnsForm, details: DetailsForm, space: Space) -> HttpResponse:
    said = details.cleaned_data
    remember_person(request.user, said)
    asked = replace(turns.asked, **{name: said[name] for name in SAID if name in said})
    try:
        booked = series.book(
            asked,
            customer=request.user,
            now=timezone.now(),
            mode="all" if request.POST.get("mode") == "all" else "free",
            replacements=replacements(request.POST),
            seen_cents=seen_cents(request),
        )
    except Refused as refusal:
        return show(request, turns, space, details=details, refusal=refusal, status=409)
    return redirect("bookings:series_booked", booked.series.pk)


# --- What is asked --------------------------------------------------------------------------------


def asked_in(request: SignedInRequest) -> QueryDict | None:
    """Return what was sent: by the form, or by an address that says from when to when."""
    if request.method == "POST":
        return request.POST
    return request.GET if "starts" in request.GET else None


def is_swap(request: SignedInRequest) -> bool:
    """Whether a part of the page is asked for, because something was changed in the form."""
    return "HX-Request" in request.headers


def is_booking(request: SignedInRequest, turns: TurnsForm) -> bool:
    """Whether the dates that were seen are to be booked: not others, that were asked for since."""
    return "book" in request.POST and request.POST["seen"] == turns.query()


def space_asked(request: SignedInRequest) -> Space:
    wanted = request.POST.get("space") or request.GET.get("space", "")
    if not limits.is_id(wanted):
        raise Http404
    return get_object_or_404(Space.objects.with_place().filter(is_bookable=True), pk=wanted)


def earlier_series(request: SignedInRequest) -> Series | None:
    """Return the series that is to come again, `?again=`, if it is theirs."""
    wanted = request.GET.get("again", "")
    if not limits.is_id(wanted):
        return None
    return get_object_or_404(
        Series.objects.of(request.user).select_related("space", "organisation"), pk=wanted
    )


def same_as(earlier: Series) -> str:
    """Return the same for the next season, as an address says it."""
    wish = series.again(earlier, local(timezone.now()).date())
    ends_with_season = wish.last_on == season_of(wish.first_on)[1]
    said = {
        "again": earlier.pk,
        "space": wish.space.pk,
        "organisation": wish.organisation.pk if wish.organisation else None,
        "weekdays": list(wish.weekdays),
        "until": TurnsForm.SEASON if ends_with_season else TurnsForm.DAY if wish.last_on else TurnsForm.COUNT,
        **{
            name: getattr(wish, name)
            for name in ("starts", "ends", "every_weeks", "first_on", "last_on", "count")
        },
        **{name: "on" for name in ("without_holidays", "without_breaks") if getattr(wish, name)},
    }
    return urlencode({name: value for name, value in said.items() if value}, doseq=True)


def beforehand(request: SignedInRequest) -> dict:
    """Return what the form says before anybody has written in it."""
    asked = request.GET
    organisation = acting_for(request)
    return {
        "organisation": organisation.pk if organisation else "",
        "weekdays": asked.getlist("weekdays"),
        "first_on": asked.get("first_on") or local(timezone.now()).date() + timedelta(days=1),
    }


def details_of(request: SignedInRequest, space: Space, earlier: Series | None, first_on: date) -> DetailsForm:
    """Return the form of what it is for: with problems only when it was sent to be booked."""
    now = timezone.now()
    is_sent = "book" in request.POST
    return DetailsForm(
        request.POST if is_sent else None,
        initial=known_details(request, earlier)
        | request.POST.dict()
        | {"add_ons": request.POST.getlist("add_ons") or None},
        user=request.user,
        space=space,
        terms=terms_of_use.in_force(space, now=now),
        add_ons=prices.add_ons_for(space, first_on, now=now),
    )


def known_details(request: SignedInRequest, earlier: Series | None) -> dict:
    known = {"adult_name": request.user.name, "adult_phone": request.user.phone}
    last = earlier and earlier.bookings.order_by("pk").first()
    if not last:
        return known
    return {
        name: getattr(last, name)
        for name in ("purpose", "attendees", "main_purpose", "adult_name", "adult_phone", "note")
    }


def replacements(sent: Mapping[str, str]) -> dict[datetime, Place]:
    """Return what is to be taken instead of which turn."""
    chosen = {name: value.partition("/") for name, value in chosen_in(sent)}
    ids = {pk for pk, _slash, _times in chosen.values()}
    known = set(filter(limits.is_id, ids))
    spaces = Space.objects.with_place().in_bulk(map(int, known))
    if known != ids or len(spaces) != len(ids):
        raise BadRequest("An alternative is a space and two instants.")
    places = {}
    for name, (pk, _slash, times) in chosen.items():
        starts, _slash, ends = times.partition("/")
        places[instant(name.removeprefix(CHOICE))] = spaces[int(pk)], instant(starts), instant(ends)
    return places


def chosen_in(sent: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, sent[name]) for name in sent if name.startswith(CHOICE) and sent[name])


# --- The page -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """Something that can be had instead of a turn: a radio button."""

    value: str
    place: str
    times: str
    is_chosen: bool
    price: str = ""


@dataclass(frozen=True)
class Line:
    """A date of the ledger, as the page tells it."""

    name: str
    starts_at: datetime
    ends_at: datetime
    state: str  # free, left-out, or unfree
    reasons: Sequence[str]
    choices: Sequence[Choice]
    price: str = ""

    @property
    def is_skipped(self) -> bool:
        return not any(choice.is_chosen for choice in self.choices)


def show(
    request: SignedInRequest,
    turns: TurnsForm,
    space: Space,
    *,
    details: DetailsForm | None = None,
    refusal: Refused | None = None,
    told: bool = True,
    status: int = 200,
) -> HttpResponse:
    """Show the page as far as it has come: the question alone, or with the dates and what they are for."""
    problems = refusal.problems if refusal else []
    if isinstance(refusal, NotAllFree):
        problems = problems[:1]  # what is the matter with each date is told at the date
    context = {
        "turns": turns,
        "space": space,
        "told": told,
        "is_swap": is_swap(request),
        "details": details,
        "earlier": () if details or turns.errors else earlier_of(request),
        "has_changed": "book" in request.POST and details and request.POST["seen"] != turns.query(),
    }
    if details:
        now = timezone.now()
        asked = replace(turns.asked, **{**details.chosen(), "organisation": turns.asked.organisation})
        try:
            seen = ledger.ledger(asked, customer=request.user, now=now)
        except Refused as refused:
            problems, seen = [*problems, *refused.problems], Ledger()
        context |= dates(request, asked, seen, now=now)
        context |= {"rules": house_rules.before_sending(turns.asked.space), "mode": request.POST.get("mode")}
    here = {name: name for name in details.fields} if details else {}
    here["seen_cents"] = "season_price"
    context["problems"] = linked(dict.fromkeys(problems), here)
    if turns.errors and told and not is_swap(request):
        status = 422
    answer = render(request, "bookings/series/new.html", context, status=status)
    if details and is_swap(request):
        answer["HX-Push-Url"] = f"{request.path}?{turns.query()}"
    return answer


def dates(request: SignedInRequest, asked: SeriesWish, seen: Ledger, *, now: datetime) -> dict:
    """Return what the ledger shows: every date, those that need a word first, and how many are free."""
    chosen = dict(chosen_in(request.POST)) | chosen_for_all(seen, request.POST.get("instead", ""))
    offers = offers_of(asked, seen, now=now)
    lines = [line(row, asked.space, chosen, offers) for row in seen.rows]
    wanted = [one for one in lines if one.state != "left-out"]
    return {
        "ledger": seen,
        "sentence": series_in_words.sentence(asked, last_on=recurrence.last_day_of(asked)),
        "months": wording.by_month(lines, key=attrgetter("starts_at")),
        "free": seen.free,
        "wanted": len(wanted),
        "unfree": [one for one in wanted if one.state == "unfree"],
        "left_out": len(lines) - len(wanted),
        "has_choices": any(one.choices for one in lines),
        "is_long": len([one for one in lines if one.choices]) > MOST_OPEN,
        "for_all": for_all(seen),
        "price": prices.of_quote(together(seen, chosen, offers)),
        "search_url": f"{reverse('bookings:search')}?{urlencode(wanted_elsewhere(asked), doseq=True)}",
    }


def wanted_elsewhere(asked: SeriesWish) -> dict:
    """Return what the search is asked for the same time every week in any space."""
    return {
        "when": "every",
        "weekdays": list(asked.weekdays),
        "begins": asked.starts.strftime("%H:%M"),
        "length": recurrence.length_of(asked) // MINUTE,
        "first": asked.first_on,
        "last": recurrence.last_day_of(asked),
        "organisation": asked.organisation.pk if asked.organisation else "",
    }


def beside(row: Row) -> Iterator[Alternative]:
    """Yield what is free at the time of a turn itself."""
    time = row.turn.starts_at, row.turn.ends_at
    return (offer for offer in row.alternatives if (offer.starts_at, offer.ends_at) == time)


def for_all(seen: Ledger) -> list[tuple[Space, int]]:
    """Return the spaces that could stand in for several turns, and for how many, the most useful first."""
    spaces = {offer.space.pk: offer.space for row in seen.rows for offer in beside(row)}
    counts = Counter(offer.space.pk for row in seen.rows for offer in beside(row))
    return [(spaces[pk], count) for pk, count in counts.most_common(MOST_FOR_ALL) if count > 1]


def chosen_for_all(seen: Ledger, space_id: str) -> dict[str, str]:
    """Return the choices of one who takes the same space instead, wherever it is free."""
    return {
        name_of(row): value_of(offer)
        for row in seen.rows
        for offer in beside(row)
        if str(offer.space.pk) == space_id
    }


def name_of(row: Row) -> str:
    return f"{CHOICE}{row.turn.starts_at.isoformat()}"


def value_of(offer: Alternative) -> str:
    return f"{offer.space.pk}/{exact(offer.starts_at).isoformat()}/{exact(offer.ends_at).isoformat()}"


Offers = Mapping[str, DateQuote]  # what is offered instead costs, by its value


def offers_of(asked: SeriesWish, seen: Ledger, *, now: datetime) -> Offers:
    """Return what everything costs that could be had instead. As many statements, however much it is."""
    offers = [offer for row in seen.rows for offer in row.alternatives]
    wishes = [wish_for(asked, offer.space, offer.starts_at, offer.ends_at) for offer in offers]
    found = zip(map(value_of, offers), quotes.quotes_for(wishes, now=now), strict=True)
    return {value: quote for value, quote in found if isinstance(quote, DateQuote)}


def together(seen: Ledger, chosen: Mapping[str, str], offers: Offers) -> Quote | None:
    """Return what all costs that would be booked: the free dates, and what was chosen instead of others."""
    own = seen.price.dates if seen.price else []
    instead = [offers[chosen[name_of(row)]] for row in seen.rows if chosen.get(name_of(row)) in offers]
    return Quote([*own, *instead]) if own or instead else None


def line(row: Row, space: Space, chosen: Mapping[str, str], offers: Offers) -> Line:
    return Line(
        name_of(row),
        row.turn.starts_at,
        row.turn.ends_at,
        "free" if row.is_free else "left-out" if row.is_left_out else "unfree",
        [str(problem.message) for problem in row.problems],
        [choice(offer, row, space, chosen.get(name_of(row), ""), offers) for offer in row.alternatives],
        prices.amount(row.price.gross_cents) if row.price and row.is_free else "",
    )


def choice(offer: Alternative, row: Row, space: Space, chosen: str, offers: Offers) -> Choice:
    value = value_of(offer)
    price = prices.amount(offers[value].gross_cents) if value in offers else ""
    return Choice(value, place_of(offer, space), times_of(offer, row), value == chosen, price)


def place_of(offer: Alternative, space: Space) -> str:
    """Name the space as far as it is another one."""
    if offer.space.pk == space.pk:
        return ""
    if offer.space.venue_id == space.venue_id:
        return offer.space.name.text
    return f"{offer.space.venue.name.text}, {offer.space.name.text}"


def times_of(offer: Alternative, row: Row) -> str:
    """Tell the time as far as it is another one."""
    if (offer.starts_at, offer.ends_at) == (row.turn.starts_at, row.turn.ends_at):
        return ""
    if local(offer.starts_at).date() == local(row.turn.starts_at).date():
        return wording.times(offer.starts_at, offer.ends_at)
    return wording.when(offer.starts_at, offer.ends_at)


def earlier_of(request: SignedInRequest) -> list[dict]:
    """Return the last series of theirs, each as the way to the same once more."""
    rows = Series.objects.of(request.user).select_related("space__venue", "organisation")[:MOST_EARLIER]
    return [
        {
            "series": row,
            "said": series_in_words.short_sentence(row),
            "url": f"{reverse('bookings:new_series')}?again={row.pk}",
        }
        for row in rows
    ]
