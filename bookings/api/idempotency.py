"""Idempotency-Key: whoever sends a request again under the same key gets the same answer again.

What the rules answered, yes or no, is kept for a day, in one transaction with what they did. What never
came to the rules is not kept, because nothing was judged: malformed input (400), missing rights (401, 403),
unknown bookings (404), too many requests (429), our own failures. Such a request can be mended and sent
again under its key.
"""

import re
from collections.abc import Callable
from functools import wraps
from hashlib import sha256

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.problems import Problem, Refused

from ..models import KeptAnswer
from ..transactions import in_one_transaction
from . import errors

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY = r"[!-~]([ -~]{0,198}[!-~])?"


class KeyReused(Refused):
    """The key has already named another request."""

    def __init__(self):
        message = _("This idempotency key was used for another request. Choose a new one.")
        super().__init__(Problem("idempotency_key_reused", message))


def answered_once(action: Callable[..., Response]) -> Callable[..., HttpResponse]:
    """Make a view's action give the same answer to the same request under the same key."""

    @wraps(action)
    def once(view, request: Request, **kwargs) -> HttpResponse:
        key = key_of(request)
        if key is None:
            return action(view, request, **kwargs)
        return first_or_kept(key, request, lambda: action(view, request, **kwargs))

    return once


def key_of(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(KEY, key):
        raise ValidationError({HEADER: [_("A key has 1 to 200 printable characters of ASCII.")]})
    return key


@in_one_transaction
def first_or_kept(key: str, request: Request, action: Callable[[], Response]) -> HttpResponse:
    """Act and keep the answer, or return the kept one. Of two at once, the second waits for the first."""
    asked = fingerprint(request)
    mine = KeptAnswer.objects.filter(user=request.user.pk, key=key)
    if not KeptAnswer.objects.reserve(request.user, key, request_hash=asked, now=timezone.now()):
        kept = mine.get()
        if kept.request_hash != asked:
            raise KeyReused
        return told(kept.status_code, kept.body, headers={REPLAYED: "true"})
    try:
        response = action()
    except Refused as refusal:
        response = errors.refused(refusal)
    body = JSONRenderer().render(response.data).decode()
    mine.update(status_code=response.status_code, body=body)
    return told(response.status_code, body)


def fingerprint(request: Request) -> str:
    """Tell requests apart by all that they say."""
    asked = f"{request.method} {request.path}\n".encode() + request.body
    return sha256(asked).hexdigest()


def told(status: int | None, body: str, headers: dict | None = None) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
