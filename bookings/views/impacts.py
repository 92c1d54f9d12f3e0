"""What changes do to bookings: the preview of one that is about to be made, and those that were made."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.requests import SignedInRequest
from venues.models import Space, Venue
from venues.views.editing import staff_only

from .. import impacts, permissions
from ..changes import Change
from ..impact_forms import BACK, ONE_FATE, PAGE, PREFIX, Choice, DecisionForm
from ..impacts import Fate, Preview, PreviewedHit
from ..models import Hit, Impact

PAGE_SIZE = 20
LONGEST_NUMBER = 6  # digits of a page's


def impact_preview(
    request: SignedInRequest,
    change: Change,
    *,
    title: str,
    verb: str,
    said: str,
    back: str,
    then: str = "",
    venue: Venue | None = None,
    reasons: Collection[str] = (),
    can_go_back: bool = False,
) -> HttpResponse:
    """Make a change, after showing whose bookings it hits if it hits any.

    Call it from a view whose form was posted and is valid, and return what it returns:

    - Nothing is hit: the change is made, `said` is the message, and the answer leads to `then`.
    - Bookings are hit, and nobody has decided about them: the answer is the preview, with status 200 and
      nothing changed. It is posted to the same address with everything that was posted now, so that the view
      binds the same form again and calls this again. The view need not know which of the two it is.
    - The decision came along: `impacts.decide`, and the answer leads to the impact's own page, which says
      what becomes of the bookings and until when it can be undone. (409 and the preview again if other
      bookings are hit meanwhile.)

        form = WeekForm(request.POST)
        if not form.is_valid():
            return show(request, form)
        try:
            return impact_preview(
                request,
                ChangedRules(timetable, form.rules, seen=form.cleaned_data["version"]),
                title=_("Opening hours of %(venue)s") % {"venue": venue.name},
                verb=_("Save the opening hours"),
                said=_("The opening hours have been saved."),
                back=reverse("bookings:hours", args=[timetable.pk]),
                venue=venue,
            )
        except Refused as refusal:
            return show(request, form, refusal)

    `title` says what is changed. `verb` begins the main button, which goes on "and cancel 12 bookings".
    `back` is the address to which one goes without saving, `then` the one after saving (as a rule the same).
    `venue` is whose page it is, for the way back at its top; None for the whole city's. `reasons` are
    the change's own, in each language, that its customers read if the manager writes nothing else.
    `can_go_back` offers to change what was written: ask `goes_back` beforehand, and show the form then.

    Fields of the form must not be named "impact-…": such names are the preview's own. Raises `Refused` for
    the reasons for which the change itself is refused, such as `ChangedMeanwhile`.
    """
    now = timezone.now()
    form = DecisionForm(request.POST, known=reasons)
    refused: list[Problem] = []
    if form.is_valid():
        try:
            impact = impacts.decide(change, **form.decision, by=request.user, now=now)
        except Refused as refusal:
            refused = refusal.problems
        else:
            return redirect("bookings:impact", impact.pk) if impact else made(request, said, then or back)
    found, number = look(request, change, now)
    if not found.total:
        impacts.decide(change, fates=Fate.KEEP, by=request.user, now=now, seen=found.version)
        return made(request, said, then or back)
    context = {
        "title": title,
        "back": back,
        "venue": venue,
        "can_go_back": can_go_back,
        "form": form,
        "refused": refused,
        "buttons": buttons(verb, found.total),
        **told_of(found, number, form, request.POST),
    }
    status = 409 if refused else 422 if form.errors else 200
    return render(request, "bookings/manager/impact_preview.html", context, status=status)


def told_of(found: Preview, number: int, form: DecisionForm, data: QueryDict) -> dict[str, Any]:
    """Return what the page tells of the hits, with the fates that were chosen for them so far."""
    return {
        "total": found.total,
        "version": found.version,
        "page": Paginator(range(found.total), PAGE_SIZE).page(number),
        "common": common(found),
        "hits": [Row(hit, form.fates.get(hit.date.pk, "")) for hit in found.hits],
        "repeated": repeated(data, form.fates, found),
        "is_picked_elsewhere": not form.fates.keys() <= {hit.date.pk for hit in found.hits},
        "grace": settings.GRACE // timedelta(minutes=1),
    }


def goes_back(request: SignedInRequest) -> bool:
    """Whether somebody who has seen the preview wants to change what was written."""
    return BACK in request.POST


def made(request: SignedInRequest, said: str, then: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(then)


def look(request: SignedInRequest, change: Change, now: datetime) -> tuple[Preview, int]:
    """Return the page of hits that was asked for, or the last one if there are fewer, and its number."""
    asked = request.POST.get(PAGE, "")
    number = max(int(asked), 1) if asked.isdecimal() and len(asked) <= LONGEST_NUMBER else 1
    found = preview(request, change, number, now)
    last = max(-(-found.total // PAGE_SIZE), 1)
    return (found, number) if number <= last else (preview(request, change, last, now), last)


def preview(request: SignedInRequest, change: Change, number: int, now: datetime) -> Preview:
    offset = (number - 1) * PAGE_SIZE
    return impacts.preview(change, by=request.user, now=now, limit=PAGE_SIZE, offset=offset)


@dataclass(frozen=True)
class Row:
    """A booking that is hit, and what was chosen for it: a fate, or nothing."""

    hit: PreviewedHit
    fate: str

    @property
    def field(self) -> str:
        return f"{ONE_FATE}{self.hit.date.pk}"

    @property
    def options(self) -> SafeString:
        """Draw what may be chosen. What nothing is free for cannot be moved."""
        return format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (fate.value, SafeString(" selected") if fate == self.fate else "", fate.label)
                for fate in Fate
                if fate != Fate.MOVE or self.hit.alternatives
            ),
        )


def common(found: Preview) -> list[Problem]:
    """Return why all the bookings are hit, if it is the same for all that are shown: then it is told once."""
    whys = {tuple(hit.problems) for hit in found.hits}
    return list(whys.pop()) if len(whys) == 1 else []


def repeated(posted: QueryDict, fates: Mapping[int, Fate], found: Preview) -> SafeString:
    """Return the posted form once more, hidden, and what was chosen for bookings on other pages.

    By hand, and not as widgets: a hall's layout, or the spaces of a city, are thousands of values.
    """
    shown = {hit.date.pk for hit in found.hits}
    form = [
        (name, value)
        for name, values in posted.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith(PREFIX)
        for value in values
    ]
    elsewhere = [(f"{ONE_FATE}{pk}", fate) for pk, fate in fates.items() if pk not in shown]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', [*form, *elsewhere])


def buttons(verb: str, total: int) -> dict[str, str]:
    """Say what the main button does, for each of the choices, and if something else was chosen for some."""
    words = {"verb": verb, "count": total}
    return {
        Choice.KEEP.value: ngettext(
            "%(verb)s and keep %(count)d booking", "%(verb)s and keep %(count)d bookings", total
        )
        % words,
        Choice.MOVE_OR_KEEP.value: _("%(verb)s, move what can be moved, keep the rest") % words,
        Choice.MOVE_OR_CANCEL.value: _("%(verb)s, move what can be moved, cancel the rest") % words,
        Choice.CANCEL.value: ngettext(
            "%(verb)s and cancel %(count)d booking", "%(verb)s and cancel %(count)d bookings", total
        )
        % words,
        "picked": _("%(verb)s and do with the bookings as chosen") % words,
    }


# --- Changes that were made -----------------------------------------------------------------------


@require_GET
@login_required
def of_venue(request: SignedInRequest, pk: int) -> HttpResponse:
    """The changes at a venue that hit bookings, the latest first."""
    venue = get_object_or_404(in_sight(request.user), pk=pk)
    here = Impact.objects.filter(Q(venue=venue) | Q(venue=None, hits__space__venue=venue)).distinct()
    return index(request, here, venue)


@require_GET
@login_required
@staff_only
def of_city(request: SignedInRequest) -> HttpResponse:
    """The changes that concern more than one venue, the latest first."""
    return index(request, Impact.objects.filter(venue=None), None)


def index(request: SignedInRequest, found: QuerySet[Impact], venue: Venue | None) -> HttpResponse:
    page = Paginator(told(found), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"venue": venue, "page": page, "only_looks": not may_change(request.user, venue)}
    return render(request, "bookings/manager/impacts.html", context)


@require_GET
@login_required
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """What a change does to each booking that it hits, and until when it can be undone."""
    impact, now = get_object_or_404(told(seen_by(request.user)), pk=pk), timezone.now()
    hits = impact.hits.select_related(
        "date__booking__customer",
        "date__booking__organisation",
        "space__venue",
        "target__space",
        "new_space",
    )
    if not may_undo(request.user, impact):
        hits = hits.filter(space__venue__in=in_sight(request.user))
    context = {
        "impact": impact,
        "is_pending": impact.done_at is None and impact.undone_at is None and impact.due_at > now,
        "venue": impact.venue,
        "may_undo": may_undo(request.user, impact),
        "only_looks": not may_change(request.user, impact.venue),
        "reason": impacts.reason_for(request.user, impact),
        "page": Paginator(hits, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "bookings/manager/impact.html", context)


@require_POST
@login_required
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the change back as if it had never been."""
    impact = to_undo(request, pk)
    try:
        impacts.undo(impact, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Undone. Everything is as it was, and nobody was told anything."))
    return redirect("bookings:impact", pk)


@require_POST
@login_required
def spare(request: SignedInRequest, pk: int) -> HttpResponse:
    """Keep the bookings after all, and the change too."""
    impact = to_undo(request, pk)
    try:
        impacts.let_be(impact, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("All bookings are kept, and nobody is told anything. The change stays."))
    return redirect("bookings:impact", pk)


# --- Whose they are -------------------------------------------------------------------------------


def in_sight(user: User) -> QuerySet[Venue]:
    """Return the venues whose closures and changes somebody sees: managers', and caretakers' as well."""
    return Venue.objects.all() if user.is_staff else Venue.objects.filter(roles__user=user).distinct()


def may_change(user: User, venue: Venue | None) -> bool:
    return permissions.looks_after(user, venue) if venue else user.is_staff


def seen_by(user: User) -> QuerySet[Impact]:
    if user.is_staff:
        return Impact.objects.all()
    theirs = in_sight(user)
    here = Q(venue__in=theirs) | Q(venue=None, hits__space__venue__in=theirs)
    return Impact.objects.filter(here | Q(pk__in=own_of(user).values("pk"))).distinct()


def own_of(user: User) -> QuerySet[Impact]:
    """Return what somebody changed at more than one venue, as long as they look after them all."""
    halls = Space.objects.filter(part_of=None, venue__in=Venue.objects.looked_after_by(user))
    theirs = list(halls.values_list("pk", flat=True))
    return Impact.objects.filter(venue=None, created_by=user, before__halls__contained_by=theirs)


def may_undo(user: User, impact: Impact) -> bool:
    """The venue's managers; what concerns more than one venue, whoever did it, and the city's staff."""
    is_own = impact.venue is None and own_of(user).filter(pk=impact.pk).exists()
    return is_own or may_change(user, impact.venue)


def to_undo(request: SignedInRequest, pk: int) -> Impact:
    impact = get_object_or_404(seen_by(request.user).select_related("venue"), pk=pk)
    if not may_undo(request.user, impact):
        raise Http404
    return impact


def told(found: QuerySet[Impact]) -> QuerySet[Impact]:
    """Bring along what is told of each: what it was, of how many bookings it decided what, and how many were
    left alone when it was carried out.
    """
    hits = Hit.objects.filter(impact=OuterRef("pk")).order_by()
    failed = Q(impact__done_at__isnull=False, is_carried_out=False) & ~Q(fate=Fate.KEEP)
    return found.select_related("venue", "closure", "created_by", "undone_by").annotate(
        in_all=number(hits),
        left=number(hits.filter(failed)),
        **{fate.value: number(hits.filter(~failed, fate=fate)) for fate in Fate},
    )


def number(hits: QuerySet[Hit]) -> Subquery:
    return Subquery(hits.values("impact").annotate(number=Count("*")).values("number"))
