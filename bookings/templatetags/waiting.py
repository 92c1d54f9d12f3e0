"""What other pages tell of the waiting list: `{% load waiting %}`."""

from typing import Any

from django import template
from django.db.models import QuerySet
from django.utils import timezone

from ..models import Offer

register = template.Library()


@register.simple_tag(takes_context=True)
def open_offers(context: dict[str, Any]) -> QuerySet[Offer]:
    """Return what is held for whoever looks at the page, the most pressing first."""
    offers = Offer.objects.of(context["request"].user).open().filter(expires_at__gt=timezone.now())
    return offers.with_place().order_by("expires_at", "pk")
