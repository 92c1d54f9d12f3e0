"""The one page on which a manager says when a venue or a space is open, to whom and on what terms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.problems import Problem, Refused
from accounts.requests import SignedInRequest
from accounts.versions import ChangedMeanwhile, refuse_other_version, version_of
from venues import hours_in_words
from venues.clock import local
from venues.models import Policy, Space, Timetable, Venue
from venues.policy_forms import PolicyForm
from venues.policy_inheritance import Owner, inherited, layer_of
from venues.rule_forms import RulesForm
from venues.views.editing import posted

from .. import hours
from ..changes import Change, ChangedPolicy, ChangedRules, FollowedVenue
from ..impact_forms import PREFIX
from .impacts import goes_back, impact_preview

PAGE_SIZE = 20


@require_http_methods(["GET", "POST"])
@login_required
def rules(request: SignedInRequest, pk: int) -> HttpResponse:
    """The rules and the policy of a venue, or of a space that has opening hours of its own."""
    timetable = in_care(request, pk)
    space = Space.objects.filter(timetable=timetable).select_related("venue__timetable").first()
    venue = space.venue if space else timetable.venue
    return answer(request, Rulebook(request, venue, space, timetable, data=posted(request)))


@require_http_methods(["GET", "POST"])
@login_required
def rules_of_space(request: SignedInRequest, pk: int) -> HttpResponse:
    """The policy of a space that is open when its venue is."""
    space = space_in_care(request, pk)
    if space.timetable_id:
        return redirect("bookings:hours", space.timetable_id)
    return answer(request, Rulebook(request, space.venue, space, None, data=posted(request)))


@require_http_methods(["GET", "POST"])
@login_required
def policy_of_kind(request: SignedInRequest, kind: str) -> HttpResponse:
    """What the city says of all venues of a kind."""
    if not request.user.is_staff or kind not in Venue.Kind.values:
        raise Http404
    return answer(request, Rulebook(request, None, None, None, kind, data=posted(request)))


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
    """Let a space be open when its venue is, after showing whose bookings would lie outside."""
    space = space_in_care(request, pk)
    return impact_preview(
        request,
        FollowedVenue(space),
        title=_("Opening hours of %(space)s") % {"space": space.name},
        verb=_("Open when the venue is"),
        said=_("%(space)s is now open when its venue is.") % {"space": space.name},
        back=reverse("bookings:hours", args=[space.timetable_in_force_id]),
        then=reverse("bookings:hours", args=[space.venue.timetable_id]),
        venue=space.venue,
    )


# --- Whose rules ----------------------------------------------------------------------------------


def in_care(request: SignedInRequest, pk: int) -> Timetable:
    """Return opening hours of a venue that this person manages; to everybody else there are none."""
    venues = Venue.objects.looked_after_by(request.user)
    theirs = Timetable.objects.filter(Q(venue__in=venues) | Q(space__venue__in=venues))
    return get_object_or_404(theirs.select_related("venue"), pk=pk)


def space_in_care(request: SignedInRequest, pk: int) -> Space:
    theirs = Space.objects.filter(venue__in=Venue.objects.looked_after_by(request.user))
    return get_object_or_404(theirs.select_related("venue__timetable"), pk=pk)


@dataclass
class Rulebook:
    """What is edited on one page: the rules and the policy of a venue or a space, or the policy of a kind.

    `timetable` is the owner's own, if it has one. `data` is what was written; without it, what is stored is
    shown.
    """

    request: SignedInRequest
    venue: Venue | None
    space: Space | None
    timetable: Timetable | None
    kind: str = ""
    data: QueryDict | None = None

    @property
    def owner(self) -> Owner:
        return self.space or self.venue or self.kind

    @property
    def name(self) -> str:
        return str(getattr(self.owner, "name", "") or Venue.Kind(self.kind).label)

    @property
    def address(self) -> str:
        if self.timetable:
            return reverse("bookings:hours", args=[self.timetable.pk])
        if self.space:
            return reverse("bookings:space_hours", args=[self.space.pk])
        return reverse("bookings:kind_policy", args=[self.kind])

    @cached_property
    def rules(self) -> RulesForm | None:
        """The rules, if the owner has any of its own."""
        if not self.timetable or not self.venue:
            return None
        stored = list(self.timetable.rules.all())
        version = version_of(hours.said_by(stored))
        return RulesForm(self.data, rules=stored, version=version, kind=self.venue.kind)

    @cached_property
    def policy(self) -> PolicyForm:
        layer = layer_of(self.owner)
        return PolicyForm(self.data, layer=layer, inherited=inherited(self.owner), version=version_of(layer))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing of what a browser sends: what is not there was not taken away."""
        return (self.rules is None or self.rules.is_whole) and self.policy.is_whole

    @property
    def is_valid(self) -> bool:
        # Both are asked, so that everything that is wrong is told at once.
        return all([self.rules is None or self.rules.is_valid(), self.policy.is_valid()])

    @property
    def problems(self) -> list[Problem]:
        return [*(self.rules.problems if self.rules else []), *self.policy.problems]

    def changes(self) -> Iterator[tuple[Change, dict[str, str]]]:
        """Yield each change that was written, and how it is told of."""
        if self.policy.differs:
            seen = self.policy.cleaned_data["version"]
            yield (
                ChangedPolicy(self.owner, self.policy.values, seen=seen),
                {
                    "title": f"{self.name}: {_('Booking rules')}",
                    "verb": _("Save the booking rules"),
                    "said": _("The booking rules have been saved."),
                },
            )
        if self.timetable and self.rules and self.rules.differs:
            seen = self.rules.cleaned_data["version"]
            yield (
                ChangedRules(self.timetable, self.rules.rules, seen=seen),
                {
                    "title": f"{self.name}: {_('Opening hours')}",
                    "verb": _("Save the opening hours"),
                    "said": _("The opening hours have been saved."),
                },
            )

    def refuse_other_versions(self) -> None:
        """Raise `ChangedMeanwhile` before a part is saved, if others changed any of what was written."""
        if self.policy.differs:
            refuse_other_version(self.policy.cleaned_data["version"], layer_of(self.owner))
        if self.timetable and self.rules and self.rules.differs:
            stored = self.timetable.rules.all()
            refuse_other_version(self.rules.cleaned_data["version"], hours.said_by(stored))

    def over_what_is_stored(self) -> "Rulebook":
        """Return the book as it was written, ready to be saved over what others have saved meanwhile."""
        data = self.request.POST.copy()
        data["policy-version"] = version_of(layer_of(self.owner))
        if self.timetable:
            data["rules-version"] = hours.version(self.timetable)
        return replace(self, data=data)


# --- Saving and showing ---------------------------------------------------------------------------


def answer(request: SignedInRequest, book: Rulebook) -> HttpResponse:
    if not book.is_whole:
        sentence = _("The form did not arrive whole, and nothing was changed. This is what is stored.")
        return show(replace(book, data=None), problems=[Problem("incomplete", sentence)], status=422)
    # A row was added, copied, removed or read back, or somebody came back from seeing whom it would hit.
    if request.method != "POST" or "change" in request.POST or goes_back(request):
        return show(book)
    if not book.is_valid:
        return show(book, problems=book.problems, status=422)
    try:
        return save(book)
    except ChangedMeanwhile as refusal:
        return show(book.over_what_is_stored(), refusal, status=409)
    except Refused as refusal:
        book.policy.refuse(refusal.problems)
        return show(book, problems=book.problems, status=422)


def save(book: Rulebook) -> HttpResponse:
    """Make the changes that were written, one after the other, each after showing whose bookings it hits.

    While somebody decides about the first, the second waits in the form that is sent again.
    """
    book.refuse_other_versions()
    made: HttpResponse = redirect(book.address)
    for change, words in book.changes():
        made = impact_preview(
            book.request, change, back=book.address, venue=book.venue, can_go_back=True, **words
        )
        if made.status_code != 302:
            return made
        # The next preview repeats what was posted. Django types the attribute as it first sets it.
        book.request.POST = undecided(book.request.POST)  # type: ignore[assignment]
    return made


def undecided(data: QueryDict) -> QueryDict:
    """Return what was posted without what was decided: it was about one change, not about the next."""
    data = data.copy()
    for name in [name for name in data if name.startswith(PREFIX)]:
        del data[name]
    return data


def show(
    book: Rulebook,
    refusal: ChangedMeanwhile | None = None,
    *,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "book": book,
        "venue": book.venue,
        "space": book.space,
        "timetable": book.timetable,
        "rules": book.rules,
        "policy": book.policy,
        "problems": problems,
        "refusal": refusal,
    }
    if refusal:
        context["stored"] = stored_in_words(book)
    if not book.venue:
        context["kinds"] = list(tabs_of_kinds(book.kind))
        return render(book.request, "bookings/manager/hours_kind.html", context, status=status)
    context |= what_else(book, book.timetable or book.venue.timetable)
    return render(book.request, "bookings/manager/hours.html", context, status=status)


def tabs_of_kinds(shown: str) -> Iterator[dict[str, Any]]:
    for kind, label in Venue.Kind.choices:
        address = reverse("bookings:kind_policy", args=[kind])
        yield {"label": label, "url": address, "is_current": kind == shown}


def stored_in_words(book: Rulebook) -> list[str]:
    """Return what is stored by now, as the reader reads it."""
    said = [
        f"{book.policy[name].label}: {book.policy.in_words(name, value)}"
        for name, value in layer_of(book.owner).items()
    ]
    if book.timetable:
        said = [*hours_in_words.rule_sentences(book.timetable.rules.all()), *said]
    return said


def what_else(book: Rulebook, timetable: Timetable) -> dict[str, Any]:
    """Return what stands around the form: days that are different, bookings outside, spaces."""
    assert book.venue
    now = timezone.now()
    outside = hours.outside(timetable, now=now).select_related(
        "space", "booking__customer", "booking__organisation"
    )
    exceptions = timetable.exceptions.filter(date__gte=local(now).date())
    own_policy = Exists(Policy.objects.filter(space=OuterRef("pk")))
    spaces = book.venue.spaces.annotate(has_own_policy=own_policy)
    return {
        "in_words": [] if book.timetable else hours_in_words.rule_sentences(timetable.rules.all()),
        "days": [
            (day, hours_in_words.exception_sentence(day, list(rows)))
            for day, rows in groupby(exceptions, key=lambda row: row.date)
        ],
        "outside": Paginator(outside, PAGE_SIZE).get_page(book.request.GET.get("page")),
        "spaces": spaces.order_by("hall_id", F("part_of").asc(nulls_first=True), "footprint", "pk"),
    }
