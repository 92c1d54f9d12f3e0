"""What every template of ours may say: `{% load vuoro %}`.

Times are `venues.wording`; here they get their tags, so that machines can read them too.
"""

from datetime import date, datetime, timedelta

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from .. import wording
from ..clock import local
from ..texts import Text

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


@register.filter
def until(start: datetime, end: datetime) -> timedelta:
    """Return the length between two instants: `{{ start|until:end|duration }}`."""
    return end - start


@register.filter
def iso(value: date) -> str:
    """Return a date or instant for `<time datetime>` and for addresses, in the city's time."""
    return local(value).isoformat() if isinstance(value, datetime) else value.isoformat()


@register.filter
def text(value: Text) -> SafeString | str:
    """Show a name or text. If it is not in the reader's language, say in which it is.

    Finnish names on a Swedish page are read out in Finnish, and carry a small "fi".
    """
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


@register.simple_tag(takes_context=True)
def current_page(context: template.Context, address: str) -> SafeString | str:
    """Mark the link to the page that is shown, or to the part of the site that it belongs to."""
    path = context["request"].path
    if path == address:
        return SafeString(' aria-current="page"')
    return SafeString(' aria-current="true"') if address != "/" and path.startswith(address) else ""
