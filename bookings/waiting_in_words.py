"""For which times somebody waits, said as one says it: where, when, how long, until when."""

from collections.abc import Sequence

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from venues import wording
from venues.hours_in_words import clock, closing
from venues.models import Space

from .models import Waiting

NAMED = 3


def where(spaces: Sequence[Space]) -> str:
    """Name a few spaces; of many, say how many there are and where. Needs `venue` loaded."""
    venues = list(dict.fromkeys(space.venue for space in spaces))
    if len(venues) > 1:
        return _("%(spaces)s in %(venues)s") % {
            "spaces": how_many(spaces),
            "venues": ngettext("%(count)d venue", "%(count)d venues", len(venues)) % {"count": len(venues)},
        }
    if len(spaces) > NAMED:
        return f"{venues[0].name}, {how_many(spaces)}"
    return ", ".join([str(venues[0].name), _(" or ").join(str(space.name) for space in spaces)])


def how_many(spaces: Sequence[Space]) -> str:
    return ngettext("%(count)d space", "%(count)d spaces", len(spaces)) % {"count": len(spaces)}


def when(waiting: Waiting) -> str:
    """ti, to 17.00–22.00"""
    days = ", ".join(str(WEEKDAYS_ABBR[day - 1]) for day in waiting.weekdays)
    hours = f"{clock(waiting.earliest)}–{closing(waiting.latest)}"
    return f"{days} {hours}" if len(waiting.weekdays) < len(WEEKDAYS_ABBR) else hours


def days(waiting: Waiting) -> str:
    """ti 24.11.2026 – pe 28.5.2027"""
    first, last = wording.day(waiting.first_on), wording.day(waiting.last_on)
    return first if first == last else f"{first} – {last}"
