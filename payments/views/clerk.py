"""Pages of the city's clerks: what needs a person, transfers, invoices, the ledger and revenue."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.problems import Refused
from accounts.requests import SignedInRequest
from venues.clock import local

from .. import concerns, documents, reports
from .. import transfers as bank
from ..forms import AnswerForm, PeriodForm, TransferForm, TransfersForm
from ..models import Concern
from ..references import plain_reference

SHOWN = 100
LAST_DAYS = timedelta(days=30)

View = Callable[..., HttpResponseBase]


def for_clerks(view: View) -> View:
    """Let the city's staff in, and nobody else."""

    @never_cache
    @login_required
    @wraps(view)
    def guarded(request: SignedInRequest, *args, **kwargs) -> HttpResponseBase:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@for_clerks
@require_GET
def overview(request: SignedInRequest) -> HttpResponse:
    """What needs a person, and where everything else is."""
    worries = Concern.objects.filter(handled_at=None).select_related("payment__organisation")
    context = {
        "concerns": worries[:SHOWN],
        "form": AnswerForm(),
        "overdue": documents.overdue(on=local(timezone.now()).date()).count(),
        "period": PeriodForm(initial=last_days()),
    }
    return render(request, "payments/manager/overview.html", context)


@for_clerks
@require_http_methods(["GET", "POST"])
def answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Look at one concern, and say what was done about it."""
    concern = get_object_or_404(Concern.objects.select_related("payment"), pk=pk)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            concerns.answer(concern, form.cleaned_data["answer"], by=request.user, now=timezone.now())
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("Noted. It is off the list."))
        return redirect("payments:overview")
    status = 422 if form.errors else 200
    return render(request, "payments/manager/concern.html", {"concern": concern, "form": form}, status=status)


@for_clerks
@require_http_methods(["GET", "POST"])
def transfers(request: SignedInRequest) -> HttpResponse:
    """Record one transfer by hand, or a bank's list."""
    by_hand = request.method == "POST" and "reference" in request.POST
    one = TransferForm(request.POST if by_hand else None)
    many = TransfersForm(
        *((request.POST, request.FILES) if request.method == "POST" and not by_hand else (None, None))
    )
    form = one if by_hand else many
    if request.method == "POST" and form.is_valid():
        try:
            found = [written(one)] if by_hand else bank.read(many.cleaned_data["file"])
            done = bank.record(found, by=request.user, now=timezone.now())
        except Refused as refusal:
            for problem in refusal.problems:
                form.add_error(None, str(problem.message))
        else:
            said = _("Recorded: %(paid)d. For you to look at: %(worries)d. Known already: %(known)d.")
            messages.success(request, said % vars(done))
            return redirect("payments:transfers")
    status = 422 if form.errors else 200
    return render(request, "payments/manager/transfers.html", {"one": one, "many": many}, status=status)


def written(form: TransferForm) -> bank.Transfer:
    """Return the transfer that was written by hand. Raises `Refused`."""
    said = form.cleaned_data
    return bank.Transfer(
        bank.amount_of(said["euros"]), said["paid_on"], plain_reference(said["reference"]), said["archive_id"]
    )


@for_clerks
@require_GET
def invoices(request: SignedInRequest) -> HttpResponse:
    """Invoices that are not paid yet, the one that is due first at the top."""
    unpaid = documents.unpaid().select_related("organisation", "person").order_by("due_on", "pk")
    context = {"invoices": unpaid[:SHOWN], "today": local(timezone.now()).date()}
    return render(request, "payments/manager/invoices.html", context)


@for_clerks
@require_GET
def ledger(request: SignedInRequest) -> HttpResponseBase:
    """The ledger of a period as CSV."""
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return render(request, "payments/manager/period.html", {"form": form}, status=422)
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    answer = StreamingHttpResponse(reports.ledger_rows(since, until), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="ledger-{since}-{until}.csv"'
    return answer


@for_clerks
@require_GET
def revenue(request: SignedInRequest) -> HttpResponse:
    """What was supplied, by venue and month."""
    form = PeriodForm(request.GET or last_days())
    rows = reports.revenue(form.cleaned_data["since"], form.cleaned_data["until"]) if form.is_valid() else []
    totals = [sum(getattr(row, name) for row in rows) for name in ("net_cents", "vat_cents", "gross_cents")]
    context = {"form": form, "rows": rows, "totals": totals}
    status = 422 if form.errors else 200
    return render(request, "payments/manager/revenue.html", context, status=status)


def last_days() -> dict[str, date]:
    today = local(timezone.now()).date()
    return {"since": today - LAST_DAYS, "until": today}
