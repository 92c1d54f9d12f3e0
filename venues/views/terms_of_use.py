"""Terms of use, kept by the city's own staff: what was published stays, and a new version follows it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from accounts.texts import LANGUAGES, Text

from ..city_forms import TermsForm
from ..models import Space, Terms
from .editing import edits, one_of, posted, show, staff_only


@require_GET
@staff_only
@login_required
def index(request: SignedInRequest) -> HttpResponse:
    every = Terms.objects.prefetch_related("versions", Prefetch("spaces", Space.objects.only("pk", "terms")))
    rows = [(terms, next(iter(terms.versions.all()), None), len(terms.spaces.all())) for terms in every]
    return render(request, "venues/terms_of_use.html", {"rows": rows})


@staff_only
@edits
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return publish(request, one_of(Terms.objects.all(), request, pk))


@staff_only
@edits
def new(request: SignedInRequest) -> HttpResponse:
    return publish(request, Terms())


def publish(request: SignedInRequest, terms: Terms) -> HttpResponse:
    """Show the newest text, what was written in its place as it would read, or publish that."""
    versions = list(terms.versions.all()) if terms.pk else []
    name = str(terms) if terms.pk else ""
    form = TermsForm(posted(request), instance=terms, newest=versions[0] if versions else None)
    context: dict = {"name": name, "versions": versions}
    if request.method != "POST" or not form.is_valid():
        return show(request, "venues/terms_of_use_edit.html", form, **context)
    if "preview" in request.POST:
        texts = [Text(form.cleaned_data[f"text_{language}"], language) for language in LANGUAGES]
        context["preview"] = [text for text in texts if text.text]
        return show(request, "venues/terms_of_use_edit.html", form, **context)
    version = form.publish(now=timezone.now())
    if version.number > form.number:
        messages.success(
            request,
            _("Published. From now on customers accept version %(number)d.") % {"number": version.number},
        )
    else:
        messages.success(request, _("%(name)s has been saved.") % {"name": terms})
    return redirect("venues:terms_of_use")
