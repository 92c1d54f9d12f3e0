"""What a space's policy says about a wish. Plain values in, problems out; no database."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from .clock import exact, local
from .models import Space
from .problems import Problem


def problems_with(
    space: Space, starts_at: datetime, ends_at: datetime, *, attendees: int, now: datetime
) -> list[Problem]:
    """Return everything that the space's policy has against the wish, never only the first.

    All instants are aware. Needs nothing but the space's own row. Whether the space is open and free
    then is for `bookings.availability` to say.
    """
    starts_at, ends_at, now = exact(starts_at), exact(ends_at), exact(now)
    if ends_at <= starts_at:
        return [Problem("ends_before_start", _("The end must be after the start."), "ends_at")]
    return [
        *problems_with_space(space, attendees),
        *problems_with_notice(space, starts_at, now),
        *problems_with_length(space, starts_at, ends_at),
    ]


def problems_with_space(space: Space, attendees: int) -> Iterator[Problem]:
    if not space.is_bookable:
        yield Problem("not_bookable", _("This space cannot be booked. Choose another."), "space")
    if space.capacity is not None and attendees > space.capacity:
        yield Problem(
            "too_many_people",
            ngettext_lazy(
                "There is room for %(count)d person.", "There is room for %(count)d people.", space.capacity
            )
            % {"count": space.capacity},
            "attendees",
        )


def problems_with_notice(space: Space, starts_at: datetime, now: datetime) -> Iterator[Problem]:
    if starts_at < now:
        yield Problem("in_the_past", _("This time has already begun. Choose a later one."), "starts_at")
    elif starts_at < now + timedelta(hours=space.notice_hours):
        yield Problem(
            "too_soon",
            ngettext_lazy(
                "Book at least %(count)d hour before.",
                "Book at least %(count)d hours before.",
                space.notice_hours,
            )
            % {"count": space.notice_hours},
            "starts_at",
        )
    if starts_at > now + timedelta(days=space.ahead_days):
        yield Problem(
            "too_far",
            ngettext_lazy(
                "Bookings are open %(count)d day ahead.",
                "Bookings are open %(count)d days ahead.",
                space.ahead_days,
            )
            % {"count": space.ahead_days},
            "starts_at",
        )


def problems_with_length(space: Space, starts_at: datetime, ends_at: datetime) -> Iterator[Problem]:
    if not is_on_step(starts_at, space.start_step) or not is_on_step(ends_at, 1):
        yield Problem(
            "off_step",
            _("Bookings start every %(step)d minutes, counted from the full hour.")
            % {"step": space.start_step},
            "starts_at",
        )
    length = ends_at - starts_at
    if length < timedelta(minutes=space.min_minutes):
        yield Problem(
            "too_short",
            _("The shortest booking is %(minutes)d minutes.") % {"minutes": space.min_minutes},
            "ends_at",
        )
    if length > timedelta(minutes=space.max_minutes):
        yield Problem(
            "too_long",
            _("The longest booking is %(minutes)d minutes.") % {"minutes": space.max_minutes},
            "ends_at",
        )


def is_on_step(instant: datetime, step: int) -> bool:
    """Whether the city's clocks show a multiple of `step` minutes past the hour, to the second."""
    shown = local(instant)
    return shown.minute % step == 0 and shown.second == 0 and shown.microsecond == 0
