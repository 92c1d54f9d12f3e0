"""Changing a season that was booked: another time or space for what is to come, other words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues.wording import when

from .. import series_changes
from ..models import Occupancy, Series
from ..savepoints import taken_back
from ..series_changes import Changed, Texts
from ..series_forms import ChangeForm, TextsForm
from ..series_in_words import as_it_is
from .series import bookings_of, dates_of, may_change, price_of, row_of, seen

MOST_NAMED = 5


@dataclass(frozen=True)
class Verdict:
    """What becomes of a date by the change: its new time and place, or why it stays."""

    old: Occupancy
    new: Occupancy | None
    reasons: Sequence[str] = ()


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask what is to be otherwise, show what becomes of each date, and change it."""
    asked, coming = to_change(request, pk)
    # What is asked stands in the address: the page that shows what becomes of it can be gone back to.
    form = ChangeForm(request.GET or None, series=asked, coming=coming)
    context = {"series": asked, "as_it_is": as_it_is(asked, coming), "form": form, "coming": coming}
    if not form.is_valid():
        return show(request, context, status=422 if form.errors else 200)
    try:
        if request.method == "POST":
            tell(request, carry_out(request, asked, form))
            return redirect("bookings:series", asked.pk)
        before = price_of(asked)
        with taken_back():
            changed = carry_out(request, asked, form)
            after = price_of(asked)
    except Refused as refusal:
        return show(request, context | {"problems": refusal.problems}, status=409)
    found = {"verdicts": verdicts(changed, coming), "changed": changed, "before": before, "after": after}
    return show(request, context | found)


def to_change(request: SignedInRequest, pk: int) -> tuple[Series, list[Occupancy]]:
    """Return a series, and those of its dates that this person may still change."""
    asked, now = seen(request, pk), timezone.now()
    may = may_change(request.user, asked)
    if not may:
        raise PermissionDenied
    return asked, [date for date in dates_of(asked) if row_of(date, asked, may, now).can_go]


def carry_out(request: SignedInRequest, asked: Series, form: ChangeForm) -> Changed:
    since = form.cleaned_data["since"]
    return series_changes.change(
        asked,
        scope="later" if since else "all",
        since=since,
        what=form.move,
        by=request.user,
        now=timezone.now(),
    )


def verdicts(changed: Changed, coming: Sequence[Occupancy]) -> list[Verdict]:
    """Tell in order what becomes of each date that the change is about."""
    before = {date.pk: date for date in coming}
    told = [Verdict(before[date.pk], date) for date in changed.done if date.pk in before]
    told += [
        Verdict(row.date, None, [str(problem.message) for problem in row.problems]) for row in changed.refused
    ]
    return sorted(told, key=starts_at)


def starts_at(verdict: Verdict) -> datetime:
    return verdict.old.starts_at


def show(request: SignedInRequest, context: dict, status: int = 200) -> HttpResponse:
    return render(request, "bookings/series/change.html", context, status=status)


def tell(request: SignedInRequest, changed: Changed) -> None:
    done = len(changed.done)
    if done:
        said = ngettext("%(count)d date was changed.", "%(count)d dates were changed.", done)
        messages.success(request, said % {"count": done})
    if changed.refused:
        names = [when(row.date.starts_at, row.date.ends_at) for row in changed.refused[:MOST_NAMED]]
        more = "…" if len(changed.refused) > MOST_NAMED else ""
        said = _("These stay as they were: %(dates)s") % {"dates": ", ".join(names)}
        messages.warning(request, said + more)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def texts(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say in other words what the season is for."""
    asked, coming = to_change(request, pk)
    if not coming:
        messages.info(request, _("No date of this season is left."))
        return redirect("bookings:series", asked.pk)
    booking = bookings_of(coming)[0]
    names = ("purpose", "adult_name", "adult_phone", "note")
    form = TextsForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(booking, name) for name in names},
        needs_adult=booking.space.needs_adult,
    )
    problems: list = []
    if form.is_valid():
        try:
            what = Texts(**form.cleaned_data)
            series_changes.change(asked, scope="all", what=what, by=request.user, now=timezone.now())
        except Refused as refusal:
            problems = refusal.problems
        else:
            messages.success(request, _("Saved. The venue sees it, too."))
            return redirect("bookings:series", asked.pk)
    context = {"series": asked, "form": form, "problems": problems}
    status = 409 if problems else 422 if form.errors else 200
    return render(request, "bookings/series/texts.html", context, status=status)
