"""For whom somebody acts, for the header: `{% load acting %}`."""

from typing import Any

from django import template
from django.http import HttpRequest

from .. import acting

register = template.Library()


@register.inclusion_tag("accounts/_acting.html", takes_context=True)
def acting_menu(context: dict[str, Any]) -> dict[str, Any]:
    """Say for whom somebody acts, and let her act for others. Nothing for whoever has no choice."""
    request: HttpRequest | None = context.get("request")
    if request is None or not hasattr(request, "user") or not request.user.is_authenticated:
        return {}
    return {
        "organisations": acting.choices(request),
        "chosen": acting.acting_for(request),
        "csrf_token": context.get("csrf_token"),
        "here": request.get_full_path(),
    }
