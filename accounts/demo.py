"""Only in the demo: be one of its people without signing in, and read the mails that were sent.

In production every address here answers 404.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import wraps
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from .models import User

MAILS_SHOWN = 50
BETWEEN_MAILS = b"\n" + b"-" * 79 + b"\n"  # as Django's file backend writes them

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Person:
    """Somebody of the demo. Those with a sentence about them are whom its visitors may be."""

    name: str
    about: str = ""


# By the name in their e-mail address.
PEOPLE = {
    "aino": Person("Aino Virtanen", "books for a neighbourhood association"),
    "mikael": Person("Mikael Lindholm", "books for a floorball club"),
    "onni": Person("Onni Korhonen", "manages venues and answers requests"),
    "stranger": Person("Vieno Vieras", "has nothing to do with any of them"),
    "sari": Person("Sari Nieminen"),
    "pekka": Person("Pekka Saarinen"),
    "liisa": Person("Liisa Mäkelä"),
    "caretaker": Person("Kalle Salonen"),
    "admin": Person("Katri Laine"),
}
TO_BE = [name for name, person in PEOPLE.items() if person.about]


def email_of(name: str) -> str:
    return f"{name}@example.org"


def demo_only(view: View) -> View:
    @wraps(view)
    def hidden(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return hidden


@demo_only
@require_POST
def be(request: HttpRequest, name: str) -> HttpResponse:
    """Sign in as one of the demo's people, and stay on the page."""
    if name not in TO_BE:
        raise Http404
    person = get_object_or_404(User, email=email_of(name))
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "/")


@demo_only
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """Show the mails that were sent, newest first."""
    mails = list(islice(sent(Path(settings.OUTBOX_DIR)), MAILS_SHOWN))
    return render(request, "accounts/outbox.html", {"mails": mails})


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    body: str
    sent_at: datetime


def sent(folder: Path) -> Iterator[Mail]:
    files = folder.glob("*.log") if folder.is_dir() else []
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        for mail in reversed(file.read_bytes().split(BETWEEN_MAILS)):
            if mail.strip():
                yield read(mail)


def read(mail: bytes) -> Mail:
    message = message_from_bytes(mail.lstrip(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    return Mail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        body=body.get_content().strip() if body else "",
        sent_at=message["Date"].datetime.replace(tzinfo=UTC),  # as Django writes it
    )
