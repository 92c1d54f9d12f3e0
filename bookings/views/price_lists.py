"""Price lists, kept by the city's own staff: copied, changed as drafts, tried on real bookings, published."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues import price_lists, price_rows_in_words, price_words, wording
from venues.clock import local
from venues.models import PriceList, PriceListVersion
from venues.views.editing import edits, one_of, posted, show, staff_only

from .. import price_trials
from ..price_list_forms import CopyForm, PercentForm, VersionForm

View = Callable[..., HttpResponse]

VERSIONS = PriceListVersion.objects.select_related("price_list", "vat_category", "published_by")
DRAFTS = PriceListVersion.objects.drafts().select_related("price_list")


def changes_prices(view: View) -> View:
    """A button that changes a draft: what is refused is told on the draft's page."""

    @require_POST
    @staff_only
    @login_required
    @wraps(view)
    def told(request: SignedInRequest, pk: int, *args, **kwargs) -> HttpResponse:
        try:
            with transaction.atomic():
                return view(request, pk, *args, **kwargs)
        except Refused as refusal:
            messages.error(request, refusal.message)
            return redirect("bookings:price_version", pk)

    return told


# --- Lists and versions ---------------------------------------------------------------------------


@require_GET
@staff_only
@login_required
def index(request: SignedInRequest) -> HttpResponse:
    """Each list with the version in force today, those that follow, and drafts."""
    today = local(timezone.now()).date()
    lists = PriceList.objects.prefetch_related(
        Prefetch("versions", PriceListVersion.objects.order_by("-valid_from"))
    )
    return render(
        request,
        "bookings/manager/prices/lists.html",
        {"lists": [(each, price_lists.standing(each.versions.all(), today)) for each in lists]},
    )


@require_GET
@staff_only
@login_required
def version(request: SignedInRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(VERSIONS, pk=pk)
    return show_version(request, shown)


def show_version(
    request: SignedInRequest, shown: PriceListVersion, *, problems=(), status: int = 200
) -> HttpResponse:
    """One version as a table that is read from the top; a draft with what can be done about it."""
    today = local(timezone.now()).date()
    rows = shown.rows.select_related("price_group", "purpose", "hall__venue")
    context = {
        "version": shown,
        "state": price_lists.state_of(shown, today),
        "is_draft": shown.published_at is None,
        "rows": [(row, RowInWords(row)) for row in rows],
        "add_ons": shown.add_ons.select_related("vat_category"),
        "vat_rules": shown.vat_rules.select_related("purpose", "category"),
        "rates": [(rate, price_words.percent(rate.percent)) for rate in price_lists.rates_of(shown)],
        "unconfirmed": len(price_lists.unconfirmed_rates(shown)),
        "problems": problems,
    }
    return render(request, "bookings/manager/prices/version.html", context, status=status)


class RowInWords:
    """The cells of a row's line in the table."""

    def __init__(self, row):
        self.for_whom = price_rows_in_words.for_whom(row)
        self.where = price_rows_in_words.where(row)
        self.when = price_rows_in_words.when(row)
        self.price = price_rows_in_words.price(row)
        self.limits = price_rows_in_words.limits(row)
        self.in_a_line = price_rows_in_words.in_a_line(row)


# --- Drafts ---------------------------------------------------------------------------------------


@staff_only
@edits
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    """Begin a draft with everything that a version says, from another day on."""
    model = get_object_or_404(VERSIONS, pk=pk)
    form = CopyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            draft = price_lists.begin(model.price_list, form.cleaned_data["valid_from"], like=model)
        except Refused as refusal:
            form.add_error("valid_from", refusal.message)
        else:
            return redirect("bookings:price_version", draft.pk)
    return show_small(request, model, form, "copy.html")


@staff_only
@edits
def facts(request: SignedInRequest, pk: int) -> HttpResponse:
    """From what day a draft is to hold, where it comes from, and what tax is in it."""
    draft = one_of(DRAFTS, request, pk)
    form = VersionForm(posted(request), instance=draft)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The draft has been saved."))
        return redirect("bookings:price_version", pk)
    return show(request, "bookings/manager/prices/facts.html", form, draft=draft)


@staff_only
@edits
def change_by_percent(request: SignedInRequest, pk: int) -> HttpResponse:
    draft = one_of(DRAFTS, request, pk)
    form = PercentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            wish = form.cleaned_data
            count = price_lists.change_by(draft, wish["percent"], step=wish["step"])
        except Refused as refusal:
            form.add_error("percent", refusal.message)
        else:
            said = ngettext("%(count)d price has been changed.", "%(count)d prices have been changed.", count)
            messages.success(request, said % {"count": count})
            return redirect("bookings:price_version", pk)
    return show_small(request, draft, form, "percent.html")


def show_small(request: SignedInRequest, of: PriceListVersion, form, template: str) -> HttpResponse:
    status = 422 if form.errors else 200
    context = {"form": form, "version": of}
    return render(request, f"bookings/manager/prices/{template}", context, status=status)


@changes_prices
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    draft = price_lists.in_hand(get_object_or_404(VERSIONS, pk=pk))
    draft.delete()
    messages.success(request, _("The draft has been thrown away. Nobody's prices changed."))
    return redirect("bookings:prices")


# --- Publishing -----------------------------------------------------------------------------------


@require_GET
@staff_only
@login_required
def trial(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the latest bookings would cost by a draft, beside what they cost by the prices it follows."""
    draft = get_object_or_404(DRAFTS, pk=pk)
    context = {"draft": draft, "trial": price_trials.try_on_bookings(draft, now=timezone.now())}
    return render(request, "bookings/manager/prices/trial.html", context)


@require_POST
@staff_only
@login_required
def publish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let a draft be the prices from its first day on, or say everything that is wrong with it."""
    draft = get_object_or_404(VERSIONS, pk=pk)
    try:
        price_lists.publish(draft, by=request.user, now=timezone.now())
    except Refused as refusal:
        return show_version(
            request, get_object_or_404(VERSIONS, pk=pk), problems=refusal.problems, status=422
        )
    said = _("%(list)s: these prices hold from %(day)s on.")
    messages.success(request, said % {"list": draft.price_list, "day": wording.day(draft.valid_from)})
    return redirect("bookings:price_version", pk)
