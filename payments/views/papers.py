"""Invoices, credit notes and receipts, as people see and print them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Organisation
from accounts.problems import Refused
from accounts.requests import SignedInRequest
from bookings import quotes

from .. import checkout, documents, gateway
from ..models import Document, Payment
from ..references import in_groups

SHOWN = 100


@never_cache
@require_GET
@login_required
def document(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a document in the language in which it was issued: that is the one that holds."""
    visible = documents.visible_to(request.user).select_related("organisation", "credits", "payment")
    found = get_object_or_404(visible, pk=pk)
    left = documents.outstanding(found)
    lines = [billed.price_line for billed in found.lines.select_related("price_line__booking__space__venue")]
    notes = found.credit_notes.order_by("pk")
    context = {
        "document": found,
        "lines": lines,
        "taxes": quotes.by_vat(lines),
        "reference": in_groups(found.reference),
        "outstanding": left,
        "can_pay": left > 0 and gateway.is_set_up() and documents.may_pay(request.user, found),
        "is_on_its_way": found.payments.filter(state=Payment.State.PROCESSING).exists(),
        "credit_notes": notes,
        "paid": found.gross_cents + sum(note.gross_cents for note in notes) - left if found.due_on else 0,
    }
    with translation.override(found.language):
        return render(request, "payments/document.html", context)


@require_POST
@login_required
def pay_invoice(request: SignedInRequest, pk: int) -> HttpResponse:
    """Begin to pay an invoice by card, and lead to Stripe's page."""
    found = get_object_or_404(documents.visible_to(request.user), pk=pk, kind=Document.Kind.INVOICE)
    if not documents.may_pay(request.user, found):
        raise PermissionDenied
    try:
        begun = checkout.start_invoice(found, payer=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, " ".join(str(problem.message) for problem in refusal.problems))
        return redirect(found)
    return redirect(begun.session_url if begun.is_open and begun.session_url else begun)


@never_cache
@require_GET
@login_required
def of_organisation(request: SignedInRequest, pk: int) -> HttpResponse:
    """What an organisation owes, and its documents, the newest first."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), pk=pk)
    papers = documents.with_left(organisation.documents.order_by("-issued_at", "-pk"))
    context = {
        "organisation": organisation,
        "owed": documents.owed_by(organisation),
        "papers": papers[:SHOWN],
        "unbilled": documents.sum_of(documents.unbilled(organisation), "gross_cents"),
    }
    return render(request, "payments/organisation.html", context)
