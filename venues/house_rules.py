"""A space's policy in sentences, as somebody reads it before booking."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import wording
from .audiences import Audience
from .models import Purpose, Space
from .policies import named

HOURLY = 60  # minutes


def sentences(space: Space) -> list[str]:
    """Return what holds for every booking of the space. Needs `part_of` loaded, if it is a part."""
    how = [*on_time(space), *on_how_often(space), *on_series(space), *on_use(space)]
    return [*on_answer(space), *on_who(space), *how]


def before_sending(space: Space) -> list[str]:
    """Return the rules that still matter once the time has been chosen, beside what happens then."""
    return [*on_how_often(space), *on_series(space), *on_use(space)]


def after_sending(space: Space, *, is_staffed: bool) -> list[str]:
    """Return what happens when a form for a time with staff, or without, is sent."""
    return list(on_answer(space, is_staffed=is_staffed))


# --- What happens when it is sent -----------------------------------------------------------------


def on_answer(space: Space, *, is_staffed: bool | None = None) -> Iterator[str]:
    is_for_nobody = space.approval_unstaffed and is_staffed is False
    if space.approval == Space.Approval.REQUEST or is_for_nobody:
        if is_for_nobody:
            yield _("There is no staff at this time.")
        yield answered_within()
    elif exceptions := [*approved_first(space, is_staffed)]:
        yield _("The booking is confirmed at once, with these exceptions.")
        yield from exceptions
        yield answered_within()
    else:
        yield _("The booking is confirmed at once.")
        return
    if space.requests_compete:
        yield _("Several may ask for the same time; the venue chooses.")


def answered_within() -> str:
    days = settings.DECIDE_WITHIN.days
    return ngettext(
        "The venue answers your request within %(days)d day.",
        "The venue answers your request within %(days)d days.",
        days,
    ) % {"days": days}


def approved_first(space: Space, is_staffed: bool | None) -> Iterator[str]:
    """Say which bookings wait for an answer though most do not."""
    if space.approval_above and (space.capacity is None or space.capacity > space.approval_above):
        yield ngettext(
            "The venue approves bookings for more than %(count)d person first.",
            "The venue approves bookings for more than %(count)d people first.",
            space.approval_above,
        ) % {"count": space.approval_above}
    if space.approval_purposes:
        kinds = Purpose.objects.filter(code__in=space.approval_purposes)
        names = ", ".join(str(kind).lower() for kind in kinds)
        if names:
            yield _("The venue approves these kinds of use first: %(kinds)s.") % {"kinds": names}
    if space.approval_unstaffed and not is_staffed:
        yield _("The venue approves bookings for times without staff first.")


# --- Who, when, how often -------------------------------------------------------------------------


def on_who(space: Space) -> Iterator[str]:
    if Audience.EVERYONE not in space.who_may_book:
        yield _("Only for: %(whom)s.") % {"whom": named(space.who_may_book)}
    if space.min_age:
        yield _("Whoever books must be at least %(age)d years old on the day.") % {"age": space.min_age}


def on_time(space: Space) -> Iterator[str]:
    if space.is_whole_day:
        yield _("The space is booked for its whole opening time.")
    else:
        yield from on_length(space)
        yield on_starts(space)
    if space.bookable_when != Space.BookableWhen.ANY:
        yield on_time_of_day(space)
    yield from on_notice(space)
    between = max(space.setup, space.cleanup)
    if between:
        yield _("Between bookings %(gap)s is kept free.") % {"gap": wording.duration(between)}


def on_length(space: Space) -> Iterator[str]:
    shortest, longest = wording.minutes(space.min_minutes), wording.minutes(space.max_minutes)
    if shortest == longest:
        yield _("A booking lasts %(length)s.") % {"length": shortest}
    else:
        yield _("A booking lasts from %(shortest)s to %(longest)s.") % {
            "shortest": shortest,
            "longest": longest,
        }


def on_starts(space: Space) -> str:
    said = {"step": space.start_step, "minute": space.start_minute}
    if space.starts_from == Space.StartsFrom.OPENING:
        return _("Bookings begin every %(step)d minutes from when the space opens.") % said
    if space.start_step == HOURLY and space.start_minute:
        return _("Bookings begin %(minute)d minutes past the hour.") % said
    if space.start_step == HOURLY:
        return _("Bookings begin on the hour.")
    if space.start_minute:
        return _("Bookings begin every %(step)d minutes, from %(minute)d minutes past the hour.") % said
    return _("Bookings begin every %(step)d minutes.") % said


def on_time_of_day(space: Space) -> str:
    evening = {"time": time_format(settings.EVENING_FROM, "TIME_FORMAT")}
    if space.bookable_when == Space.BookableWhen.EVENINGS:
        return _("Booked in the evenings only, from %(time)s.") % evening
    if space.bookable_when == Space.BookableWhen.WEEKENDS:
        return _("Booked on weekends and public holidays only.")
    return _("Booked in the evenings from %(time)s, and on weekends and public holidays.") % evening


def on_notice(space: Space) -> Iterator[str]:
    if space.notice_hours:
        notice = wording.duration(timedelta(hours=space.notice_hours))
        yield _("Book at least %(notice)s before it begins.") % {"notice": notice}
    if space.notice_weekdays:
        yield ngettext(
            "Book by %(time)s on the weekday before.",
            "Book by %(time)s, %(count)d weekdays before.",
            space.notice_weekdays,
        ) % {"count": space.notice_weekdays, "time": time_format(space.notice_by, "TIME_FORMAT")}
    yield ngettext(
        "You can book %(days)d day ahead.", "You can book %(days)d days ahead.", space.ahead_days
    ) % {"days": space.ahead_days}
    if space.ahead_until:
        yield _("Bookings are open until the day %(day)s.") % {"day": wording.day(space.ahead_until)}


def on_how_often(space: Space) -> Iterator[str]:
    """Say the quotas: of one person or one organisation, at all of the venue."""
    if space.quota_day:
        yield ngettext(
            "One customer may book this venue %(count)d time a day.",
            "One customer may book this venue %(count)d times a day.",
            space.quota_day,
        ) % {"count": space.quota_day}
    if space.quota_week:
        yield ngettext(
            "One customer may book this venue %(count)d time a week.",
            "One customer may book this venue %(count)d times a week.",
            space.quota_week,
        ) % {"count": space.quota_week}
    if space.quota_season:
        yield ngettext(
            "One customer may book this venue %(count)d time a season.",
            "One customer may book this venue %(count)d times a season.",
            space.quota_season,
        ) % {"count": space.quota_season}


# --- Series ---------------------------------------------------------------------------------------


def on_series(space: Space) -> Iterator[str]:
    """Say what may become of the single dates of a season, and whether everybody sees whose they are."""
    if not space.single_dates_go_back:
        yield _("Single dates of a season cannot be given back.")
    if space.give_back_hours:
        notice = wording.duration(timedelta(hours=space.give_back_hours))
        yield _("Dates of a season are given back at least %(notice)s before they begin.") % {
            "notice": notice
        }
    if space.can_be_swapped:
        yield _("Customers may swap dates of their seasons with each other.")
    if space.holder_is_public:
        yield _("The calendar shows everybody who has booked.")


# --- Use ------------------------------------------------------------------------------------------


def on_use(space: Space) -> Iterator[str]:
    if space.payment == Space.Payment.BEFORE:
        yield _("You pay before use.")
    elif space.payment == Space.Payment.INVOICE:
        yield _("You get an invoice afterwards.")
    if space.supervision == Space.Supervision.SELF:
        yield _("There is nobody on duty: an adult of your group looks after the space, tidies and locks up.")
    elif space.supervision == Space.Supervision.GUARD:
        yield _("An evening guard opens the door for the adult in charge of your group.")
    elif space.supervision == Space.Supervision.STAFFED:
        yield _("Staff is present.")
    if space.needs_adult:
        yield _("You name an adult who is in charge on the spot.")
    if space.terms_id:
        yield _("You accept terms: %(terms)s.") % {"terms": space.terms}
