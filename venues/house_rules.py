"""A space's policy in sentences, as somebody reads it before booking."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import wording
from .models import Space


def sentences(space: Space) -> list[str]:
    """Return what holds for every booking of the space. Needs `part_of` loaded, if it is a part."""
    return [*on_answer(space), *on_time(space), *on_use(space)]


def before_sending(space: Space) -> list[str]:
    """Return the rules that still matter once the time has been chosen."""
    return [*on_answer(space), *on_use(space)]


def on_answer(space: Space) -> Iterator[str]:
    if space.approval == Space.Approval.INSTANT:
        yield _("The booking is confirmed at once.")
        return
    days = settings.DECIDE_WITHIN.days
    yield ngettext(
        "The venue answers your request within %(days)d day.",
        "The venue answers your request within %(days)d days.",
        days,
    ) % {"days": days}
    if space.requests_compete:
        yield _("Several may ask for the same time; the venue chooses.")


def on_time(space: Space) -> Iterator[str]:
    shortest, longest = minutes(space.min_minutes), minutes(space.max_minutes)
    if shortest == longest:
        yield _("A booking lasts %(length)s.") % {"length": shortest}
    else:
        yield _("A booking lasts from %(shortest)s to %(longest)s.") % {
            "shortest": shortest,
            "longest": longest,
        }
    if space.start_step == 60:
        yield _("Bookings begin on the hour.")
    else:
        yield _("Bookings begin every %(step)d minutes.") % {"step": space.start_step}
    if space.notice_hours:
        notice = wording.duration(timedelta(hours=space.notice_hours))
        yield _("Book at least %(notice)s before it begins.") % {"notice": notice}
    yield ngettext(
        "You can book %(days)d day ahead.", "You can book %(days)d days ahead.", space.ahead_days
    ) % {"days": space.ahead_days}
    between = max(space.setup, space.cleanup)
    if between:
        yield _("Between bookings %(gap)s is kept free.") % {"gap": wording.duration(between)}


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


def minutes(count: int) -> str:
    return wording.duration(timedelta(minutes=count))
