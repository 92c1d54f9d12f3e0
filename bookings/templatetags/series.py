"""What templates say of series: `{% load series %}`."""

from django import template

from venues.hours_in_words import dates_in_words

from .. import wishes
from ..models import Booking, Occupancy, Series
from ..series_in_words import left_out, sentence, short_sentence

register = template.Library()

register.filter("sentence", sentence)
register.filter("short_sentence", short_sentence)


@register.filter
def dates(booking: Booking) -> list[Occupancy]:
    """Return all dates of a booking in their order."""
    return wishes.dates_of(booking)


@register.filter
def period(series: Series) -> str:
    """1.9.2026–25.5.2027, not on public holidays"""
    return ", ".join([days(series), *left_out(series)])


@register.filter
def days(series: Series) -> str:
    """1.9.2026–25.5.2027"""
    return dates_in_words(series.first_on, series.last_on)
