"""Seasons that were booked: one's own, every date of one, giving dates back, making up for missed ones."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import wording
from venues.audiences import asker
from venues.clock import local
from venues.models import Venue

from .. import dates, judging, limits, permissions, quotes, series, series_in_words, swaps
from ..dates import booking_of
from ..models import AGREED_OR_ASKED, Booking, MissedDate, Occupancy, PriceLine, Series
from ..quotes import Totals
from ..recurrence import LEFT_OUT
from ..series_forms import RangeForm
from ..series_in_words import as_it_is
from ..wishes import Wish

PAGE = 20


# --- One's own ------------------------------------------------------------------------------------


@never_cache
@require_GET
@login_required
def mine(request: SignedInRequest) -> HttpResponse:
    """The series of somebody and her organisations: those that go on, or those that are over."""
    now, shows_past = timezone.now(), request.GET.get("show") == "past"
    next_ones = coming_dates(now).filter(booking__series=OuterRef("pk")).order_by("starts_at")
    rows = (
        Series.objects.of(request.user)
        .select_related("space__venue", "organisation", "customer")
        .annotate(next_at=Subquery(next_ones.values("starts_at")[:1]))
        .filter(next_at__isnull=shows_past)
        .order_by("next_at", "-last_on", "-pk")
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    coming: dict[int, list[Occupancy]] = defaultdict(list)
    for each in coming_dates(now).filter(booking__series__in=[row.pk for row in page]):
        coming[booking_of(each).series_id or 0].append(each)
    address = reverse("bookings:my_series")
    context = {
        "page": page,
        "rows": [(as_it_is(row, coming[row.pk]), len(coming[row.pk])) for row in page],
        "shows_past": shows_past,
        "tabs": [
            {"label": _("Going on"), "url": address, "is_current": not shows_past},
            {"label": _("Past"), "url": f"{address}?show=past", "is_current": shows_past},
        ],
    }
    return render(request, "bookings/series/mine.html", context)


def coming_dates(now: datetime) -> QuerySet[Occupancy]:
    """Return the dates that have not begun and still count."""
    dates = Occupancy.objects.select_related("booking", "space__venue")
    return dates.filter(booking__status__in=AGREED_OR_ASKED, released_at=None, starts_at__gt=now)


# --- One of them ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class DateRow:
    """A date of a series, or one that was missed, as the page tells it."""

    starts_at: datetime
    ends_at: datetime
    state: str  # booked, over, given-back, ended, left-out, missed, free-now, made-up
    place: str = ""
    date: Occupancy | None = None
    missed: MissedDate | None = None
    reasons: Sequence[str] = ()
    can_go: bool = False
    can_move: bool = False
    can_swap: bool = False
    can_come_again: bool = False


@never_cache
@require_GET
@login_required
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Every date of a series, what has become of it, and what can be done."""
    return render(request, "bookings/series/series.html", told(request, seen(request, pk)))


@never_cache
@require_GET
@login_required
def booked(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what was booked, what was missed and why, and what happens next."""
    context = told(request, seen(request, pk))
    mine = [(month, [row for row in rows if row.date]) for month, rows in context["months"]]
    context["made_by_month"] = [(month, rows) for month, rows in mine if rows]
    return render(request, "bookings/series/booked.html", context)


def seen(request: SignedInRequest, pk: int) -> Series:
    """Return a series that this person may see, or answer 404."""
    visible = Series.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("space__venue", "organisation", "customer"), pk=pk)


def told(request: SignedInRequest, asked: Series) -> dict:
    """Return what the pages of a series tell. So many statements, whatever the number of dates."""
    now = timezone.now()
    may = may_change(request.user, asked)
    taken = dates_of(asked)
    coming = [date for date in taken if counts(date) and date.ends_at > now]
    missed = missed_rows(asked, may=bool(may), now=now)
    movable = {
        booking.pk
        for booking in bookings_of(taken)
        if may and permissions.can_move(request.user, booking, booking.space)
    }
    swappable = {booking.pk for booking in bookings_of(taken) if swaps.can_propose(request.user, booking)}
    usual = as_it_is(asked, coming)
    own = [row_of(date, usual, may, now, movable, swappable) for date in taken]
    begin = attrgetter("starts_at")
    rows = sorted([*own, *missed], key=begin)
    return {
        "series": asked,
        "as_it_is": usual,
        "bookings": bookings_of(taken),
        "next": coming[0] if coming else None,
        "coming": coming,
        "made": [date for date in taken if counts(date)],
        "missed": [row for row in missed if row.state in {"missed", "free-now"}],
        "months": wording.by_month(rows, key=begin),
        "price": price_of(asked),
        "may_change": bool(may),
        "can_change": any(row.can_go for row in rows),
        "can_release": any(row.can_go for row in rows),
    }


def price_of(asked: Series) -> Totals | None:
    """Return what is owed for all that a series has become; None where nothing was agreed. One statement."""
    lines = list(PriceLine.objects.filter(booking__series=asked))
    return quotes.total_of(lines) if lines else None


def dates_of(asked: Series) -> list[Occupancy]:
    """Return every date of a series in order, those that were given back, too."""
    told = Occupancy.objects.select_related("space__venue", "booking__space__venue", "booking__customer")
    return list(told.filter(booking__series=asked).order_by("starts_at", "pk"))


def bookings_of(taken: Iterable[Occupancy]) -> list[Booking]:
    """Return the bookings that dates belong to, each once, in order of their first dates."""
    return list({booking_of(date).pk: booking_of(date) for date in taken}.values())


def counts(date: Occupancy) -> bool:
    return date.released_at is None and booking_of(date).status in AGREED_OR_ASKED


def may_change(user: User, asked: Series) -> set[int]:
    """Return at which venues this person may change the dates of a series."""
    venues = Venue.objects.filter(spaces__bookings__series=asked)
    if not permissions.is_customer(user, asked):
        venues = venues.filter(pk__in=Venue.objects.looked_after_by(user))
    return set(venues.values_list("pk", flat=True))


def row_of(
    date: Occupancy,
    usual: Series,
    may: set[int],
    now: datetime,
    movable: Collection[int] = (),
    swappable: Collection[int] = (),
) -> DateRow:
    booking = booking_of(date)
    is_theirs_and_ahead = date.starts_at > now and booking.space.venue_id in may
    can_go = is_theirs_and_ahead and counts(date)
    is_back = date.released_at is not None and booking.status in AGREED_OR_ASKED
    return DateRow(
        date.starts_at,
        date.ends_at,
        state_of(date, now),
        place=place_of(date, usual),
        date=date,
        can_go=can_go,
        can_move=can_go and booking.pk in movable,
        can_swap=can_go and booking.pk in swappable,
        can_come_again=is_theirs_and_ahead and is_back,
    )


def state_of(date: Occupancy, now: datetime) -> str:
    if date.released_at:
        return "given-back"
    if not counts(date):
        return "ended"
    return "booked" if date.ends_at > now else "over"


def place_of(date: Occupancy | MissedDate, usual: Series) -> str:
    """Name the space of a date as far as it is another than that of most."""
    if date.space_id == usual.space_id:
        return ""
    if date.space.venue_id == usual.space.venue_id:
        return date.space.name.text
    return f"{date.space.venue.name.text}, {date.space.name.text}"


def missed_rows(asked: Series, *, may: bool, now: datetime) -> list[DateRow]:
    """Return the dates that were missed, with the reasons of then; those that are free now say so."""
    missed = list(asked.missed.select_related("space__venue", "space__part_of"))
    open_ones = [one for one in missed if state_of_missed(one) == "missed" and one.starts_at > now]
    free = free_now(asked, open_ones, now=now) if may else set()
    return [
        DateRow(
            one.starts_at,
            one.ends_at,
            "free-now" if one.pk in free else state_of_missed(one),
            place=place_of(one, asked),
            missed=one,
            reasons=series_in_words.reasons(one),
        )
        for one in missed
    ]


def state_of_missed(missed: MissedDate) -> str:
    if missed.made_up_at:
        return "made-up"
    was_wished = {problem["code"] for problem in missed.problems} <= LEFT_OUT
    return "left-out" if was_wished else "missed"


def free_now(asked: Series, missed: Sequence[MissedDate], *, now: datetime) -> set[int]:
    """Return which of the missed dates could be booked now."""
    if not missed:
        return set()
    booking = asked.bookings.order_by("pk").first()
    wishes = [
        Wish(
            one.space,
            one.starts_at,
            one.ends_at,
            organisation=asked.organisation,
            attendees=booking.attendees if booking else 1,
        )
        for one in missed
    ]
    whose = asker(asked.customer, asked.organisation, today=local(now).date())
    judged = judging.judge_all(wishes, asker=whose, now=now)
    return {one.pk for one, judgement in zip(missed, judged, strict=True) if not judgement.problems}


# --- Giving back ----------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def release(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what giving the chosen dates back means, and do it."""
    asked = seen(request, pk)
    now = timezone.now()
    may = may_change(request.user, asked)
    if not may:
        raise PermissionDenied
    coming = [date for date in dates_of(asked) if row_of(date, asked, may, now).can_go]
    chosen = [date for date in coming if is_chosen(date, request)]
    if request.method == "POST" and chosen:
        return give_back(request, asked, chosen)
    effects = dates.effects(chosen, by=request.user, now=now)
    context = {
        "series": asked,
        "effects": effects,
        "going": [effect for effect in effects if effect.is_in_time],
        "staying": [effect for effect in effects if not effect.is_in_time],
        "is_rest": len(chosen) == len(coming),
        "coming": coming,
        "form": RangeForm(request.GET),
        "asked_for_none": bool(request.GET) or request.method == "POST",
    }
    return render(request, "bookings/series/release.html", context)


def is_chosen(date: Occupancy, request: SignedInRequest) -> bool:
    """Whether a date was ticked, or lies between the days that were written, or all are meant."""
    said = request.POST if request.method == "POST" else request.GET
    first, last = day_in(said.get("first", "")), day_in(said.get("last", ""))
    day = local(date.starts_at).date()
    in_range = (first or last) and (first or day) <= day <= (last or day)
    return "rest" in said or str(date.pk) in said.getlist("date") or bool(in_range)


def day_in(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def give_back(request: SignedInRequest, asked: Series, chosen: Sequence[Occupancy]) -> HttpResponse:
    try:
        gone = dates.release(chosen, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        said = ngettext(
            "%(count)d date was given back. It is free for others again.",
            "%(count)d dates were given back. They are free for others again.",
            len(gone),
        )
        messages.success(request, said % {"count": len(gone)})
    return redirect("bookings:series", asked.pk)


# --- Making up ------------------------------------------------------------------------------------


@require_POST
@login_required
def take(request: SignedInRequest, pk: int) -> HttpResponse:
    """Book a missed date that has come free: `missed` says which."""
    asked = seen(request, pk)
    may = may_change(request.user, asked)
    wanted = request.POST.get("missed", "")
    if not limits.is_id(wanted):
        raise Http404
    missed = get_object_or_404(asked.missed.select_related("space__venue", "space__part_of"), pk=wanted)
    if missed.space.venue_id not in may:
        raise PermissionDenied
    try:
        series.take_missed(
            missed,
            space=missed.space,
            starts_at=missed.starts_at,
            ends_at=missed.ends_at,
            by=request.user,
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The date is yours after all."))
    return redirect("bookings:series", asked.pk)
