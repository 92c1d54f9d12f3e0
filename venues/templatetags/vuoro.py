"""What every template of ours may say: `{% load vuoro %}`.

Times are `venues.wording`; here they get their tags, so that machines can read them too.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext

from accounts.texts import Text

from .. import hall_plan as plans
from .. import money, wording
from ..clock import exact, local
from ..fields import pieces
from ..models import Space, Venue

register = template.Library()

register.filter("day", wording.day)
register.filter("short_day", wording.short_day)
register.filter("weekday", wording.weekday)
register.filter("month", wording.month)
register.filter("clock", wording.clock_time)
register.filter("times", wording.times)
register.filter("when", wording.when)
register.filter("full_when", wording.full_when)
register.filter("duration", wording.duration)
register.filter("distance", wording.distance)
register.filter("euros", money.euros)


@register.filter
def until(start: datetime, end: datetime) -> timedelta:
    """Return the length between two instants: `{{ start|until:end|duration }}`."""
    return end - start


@register.filter
def iso(value: date) -> str:
    """Return a date or instant for `<time datetime>` and for addresses, in the city's time."""
    return local(value).isoformat() if isinstance(value, datetime) else value.isoformat()


@register.filter
def text(value: Text | str) -> SafeString | str:
    """Show a name or text. If it is not in the reader's language, say in which it is.

    Finnish names on a Swedish page are read out in Finnish, and carry a small "fi".
    """
    if isinstance(value, str):
        return value
    if not value.text or value.language == (get_language() or "")[:2]:
        return value.text
    return format_html(
        '<span lang="{}">{}</span> <span class="language-mark">{}</span>',
        value.language,
        value.text,
        value.language,
    )


@register.simple_tag
def icon(name: str, css_class: str = "icon") -> SafeString:
    """Draw a sign of `icons.svg`. It is silent: the word beside it says what it means."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css_class,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def status(booking: Any) -> SafeString:
    """Tell a booking's status by a word, a shape and a colour; each is enough alone."""
    return format_html(
        '<span class="status status-{0}">{1} {2}</span>',
        booking.status,
        icon(f"status-{booking.status}", "status-shape"),
        booking.get_status_display(),
    )


@register.simple_tag
def chips(times: Iterable[Any], what: object = "", one_day: bool = False) -> SafeString:
    """Draw the buttons of `components/time_chips.html`: here, because a page may have a hundred of them."""
    first = format_html('<span class="visually-hidden">{},</span> ', what) if what else ""
    return format_html_join(
        "\n",
        '<button class="time-chip" name="period" value="{}"{}>{}{}{}</button>',
        (chip(time, first, one_day) for time in times),
    )


def chip(time: Any, first: str, one_day: bool) -> tuple[str, str, str, str, str]:
    """Return what the button of a time sends, where to if it says so, and the words on it."""
    said = time if isinstance(time, Mapping) else vars(time)
    action, place = said.get("action"), said.get("place")
    value, words = sent_and_said(get_language(), exact(said["starts_at"]), exact(said["ends_at"]), one_day)
    return (
        value,
        format_html(' formaction="{}"', action) if action else "",
        first,
        format_html("{} ", place) if place else "",
        words,
    )


@lru_cache(maxsize=4000)
def sent_and_said(
    _language: str | None, starts_at: datetime, ends_at: datetime, one_day: bool
) -> tuple[str, SafeString]:
    """Return how a time is sent and how it is told in the language that is spoken.

    It is remembered, because many spaces of a page are free at the same times. The instants are exact: two
    on the night of clock change may look alike.
    """
    day = format_html('<span class="time-chip-day">{}</span> ', wording.short_day(starts_at))
    return f"{iso(starts_at)}/{iso(ends_at)}", format_html(
        "{}{}", "" if one_day else day, wording.times(starts_at, ends_at)
    )


@register.filter
def more_times(count: int) -> str:
    return ngettext("%(counter)s more time", "%(counter)s more times", count) % {"counter": count}


@register.inclusion_tag("components/hall_plan.html")
def hall_plan(space: Space, names: Mapping[int, str] | None = None) -> dict[str, plans.Plan | None]:
    """Draw where in its hall a space is. A hall that is all one piece has no plan."""
    return {
        "plan": plans.draw(
            pieces(space.hall_footprint or space.footprint), pieces(space.footprint), names or {}
        )
    }


@register.filter
def manages_venues(user: Any) -> bool:
    """Whether somebody looks after a venue, so that the pages of managers are theirs."""
    return user.is_staff or Venue.objects.looked_after_by(user).exists()


@register.filter
def page_numbers(page: Page) -> Iterator[int | str]:
    """Return the numbers of pages worth a link: the ends, the neighbours, and "…" for the rest."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.simple_tag(takes_context=True)
def current_page(context: template.Context, address: str) -> SafeString | str:
    """Mark the link to the page that is shown, or to the part of the site that it belongs to."""
    path = context["request"].path
    if path == address:
        return SafeString(' aria-current="page"')
    return SafeString(' aria-current="true"') if address != "/" and path.startswith(address) else ""
