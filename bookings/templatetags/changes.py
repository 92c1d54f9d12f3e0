"""What templates say of closures and changes: `{% load changes %}`."""

from collections.abc import Iterable

from django import template
from django.db.models import Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts.problems import Alternative
from venues.models import Space, Venue
from venues.wording import when

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


@register.simple_tag
def offers(alternatives: Iterable[Alternative], here: Space) -> SafeString:
    """Tell what is free instead of a date that is here: in Python, because a page has dozens of them."""
    return format_html_join(
        "; ",
        '<span class="whole">{}</span>{}',
        ((when(there.starts_at, there.ends_at), place(there.space, here)) for there in alternatives),
    )


def place(there: Space, here: Space) -> str:
    """Say where it is, as far as it is elsewhere."""
    if there == here:
        return ""
    return f", {there.name}" if there.venue_id == here.venue_id else f", {there.venue.name}, {there.name}"


@register.inclusion_tag("bookings/manager/impacts_pending.html")
def pending_changes(venue: Venue) -> dict:
    """Tell on a venue's pages what was done to its bookings and can still be undone."""
    here = Impact.objects.pending().filter(Q(venue=venue) | Q(venue=None, hits__space__venue=venue))
    return {"pending": here.select_related("closure").distinct()[:MOST_TOLD]}
