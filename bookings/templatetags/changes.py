"""What templates say of closures and changes: `{% load changes %}`."""

from django import template
from django.db.models import Q
from django.utils.text import capfirst

from venues.models import Venue

from ..closures_in_words import sentence
from ..models import Impact

register = template.Library()

register.filter("when_closed", sentence)

MOST_TOLD = 3


@register.filter
def named(impact: Impact) -> str:
    """Say what kind of change it was; of a closure, also when it is."""
    kind = impact.get_cause_display()
    return f"{kind}: {sentence(impact.closure)}" if impact.closure else str(capfirst(kind))


@register.inclusion_tag("bookings/manager/impacts_pending.html")
def pending_changes(venue: Venue) -> dict:
    """Tell on a venue's pages what was done to its bookings and can still be undone."""
    here = Impact.objects.pending().filter(Q(venue=venue) | Q(venue=None, hits__space__venue=venue))
    return {"pending": here.select_related("closure").distinct()[:MOST_TOLD]}
