"""What all pages have in common on which something is edited."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest

from ..edit_form import EditForm

View = Callable[..., HttpResponse]
Row = TypeVar("Row", bound=Model)


def edits(view: View) -> View:
    """A page with one form: show it, or save it whole in one transaction."""
    return require_http_methods(["GET", "POST"])(login_required(transaction.atomic(view)))


def staff_only(view: View) -> View:
    """A page of the city's own staff; for everybody else there is none."""

    @wraps(view)
    def hidden(request: SignedInRequest, *args, **kwargs) -> HttpResponse:
        if request.user.is_authenticated and not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return hidden


def one_of(rows: QuerySet[Row], request: SignedInRequest, pk: int) -> Row:
    """Return a row; to be saved, as nobody else can save it meanwhile. 404 if it is not among these."""
    if request.method == "POST":
        # By id alone: a lock cannot be had together with DISTINCT or the empty side of a join.
        rows = rows.model._default_manager.filter(pk__in=rows.values("pk")).select_for_update(
            no_key=True, of=("self",)
        )
    return get_object_or_404(rows, pk=pk)


def show(request: SignedInRequest, template: str, form: EditForm, **context) -> HttpResponse:
    """Show a form: 409 if somebody else was quicker, 422 if something is wrong with it."""
    status = 409 if form.differences else 422 if form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def posted(request: SignedInRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
