"""What the city says in messages, and which were sent: for its staff."""

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import SignedInRequest
from venues.views.editing import posted, staff_only

from .. import mailing
from ..message_forms import MessageTextForm
from ..messages import KINDS
from ..models import Message, MessageText

PAGE_SIZE = 50


@require_GET
@staff_only
@login_required
def sent(request: SignedInRequest) -> HttpResponse:
    """Every message with its state, newest first; `?state=failed` shows what could not be sent."""
    asked = request.GET.get("state", "")
    rows = Message.objects.defer("text", "html").select_related("to")
    if asked in Message.State:
        rows = rows.filter(state=asked)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "asked": asked,
        "states": Message.State.choices,
        "kinds": KINDS,
        "failed": Message.objects.filter(state=Message.State.FAILED).count(),
    }
    return render(request, "bookings/messages_sent.html", context)


@require_GET
@staff_only
@login_required
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """One message, as it was sent."""
    message = get_object_or_404(Message, pk=pk)
    return render(request, "bookings/message_sent.html", {"message": message})


@require_POST
@staff_only
@login_required
def send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    mailing.send_again(get_object_or_404(Message, pk=pk), now=timezone.now())
    notices.success(request, _("It is being sent again."))
    return redirect("bookings:message", pk)


@require_GET
@staff_only
@login_required
def texts(request: SignedInRequest) -> HttpResponse:
    """The kinds of messages, and which have words of the city's own."""
    own = set(MessageText.objects.exclude(text_fi="", text_sv="", text_en="").values_list("kind", flat=True))
    kinds = [(kind, name, kind in own) for kind, name in KINDS.items()]
    return render(request, "bookings/message_texts.html", {"kinds": kinds})


@require_http_methods(["GET", "POST"])
@staff_only
@login_required
def edit_text(request: SignedInRequest, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404
    text = MessageText.objects.filter(kind=kind).first() or MessageText(kind=kind)
    form = MessageTextForm(posted(request), instance=text)
    if not form.is_valid():
        context = {"form": form, "name": KINDS[kind]}
        return render(request, "bookings/message_text.html", context, status=422 if form.errors else 200)
    MessageText.objects.update_or_create(kind=kind, defaults=form.cleaned_data)
    notices.success(request, _("The text has been saved. It stands in messages from now on."))
    return redirect("bookings:message_texts")
