"""What a cancellation costs: the later, the more. Plain values, no database."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import city_calendar, hours_in_words, wording
from .clock import at, exact, local
from .models import CancellationStep, CancellationTerms
from .policies import NOTICE_REACHES, notice_deadline

HOURS_A_DAY = 24


def percent_kept(
    steps: Iterable[CancellationStep], after_percent: int, starts_at: datetime, *, now: datetime
) -> int:
    """Return how many per cent of its price are charged of a date that is cancelled now.

    `steps` in their order: the first whose deadline has not passed says it, the deadline's instant included.
    """
    for deadline, percent in deadlines(steps, starts_at):
        if exact(now) <= deadline:
            return percent
    return after_percent


def deadlines(steps: Iterable[CancellationStep], starts_at: datetime) -> list[tuple[datetime, int]]:
    """Return until when, that instant included, a cancellation costs how many per cent, step by step."""
    return [(deadline(step, starts_at), step.percent) for step in steps]


def deadline(step: CancellationStep, starts_at: datetime) -> datetime:
    """Return a step's deadline, in UTC. Whole days before are at the same time by the city's clocks."""
    day = local(starts_at).date()
    if step.weekdays_before is not None and step.by_time is not None:
        calendar = city_calendar.calendar((), day - NOTICE_REACHES, day)
        return notice_deadline(day, step.weekdays_before, step.by_time, calendar)
    days, hours = divmod(step.hours_before or 0, HOURS_A_DAY)
    if hours or not days:
        return exact(starts_at) - timedelta(hours=step.hours_before or 0)
    return exact(at(day - timedelta(days=days), local(starts_at).time()))


def in_words(terms: CancellationTerms) -> list[str]:
    """Say the terms in the reader's language, a sentence a step. Prefetch the steps for many."""
    steps = list(terms.steps.all())
    return [*(step_in_words(step) for step in steps), after_in_words(terms.after_percent, steps)]


def step_in_words(step: CancellationStep) -> str:
    return _("Until %(deadline)s: %(cost)s.") % {
        "deadline": deadline_in_words(step),
        "cost": cost_in_words(step.percent),
    }


def after_in_words(percent: int, steps: Sequence[CancellationStep]) -> str:
    if not steps:
        return _("Cancelling: %(cost)s.") % {"cost": cost_in_words(percent)}
    return _("After that: %(cost)s.") % {"cost": cost_in_words(percent)}


def deadline_in_words(step: CancellationStep) -> str:
    if step.weekdays_before is not None and step.by_time is not None:
        sentence = ngettext(
            "%(time)s on the weekday before",
            "%(time)s, %(count)d weekdays before",
            step.weekdays_before,
        )
        return sentence % {"time": hours_in_words.clock(step.by_time), "count": step.weekdays_before}
    if not step.hours_before:
        return _("the start")
    return _("%(duration)s before the start") % {
        "duration": wording.duration(timedelta(hours=step.hours_before))
    }


def cost_in_words(percent: int) -> str:
    match percent:
        case 0:
            return _("free of charge")
        case 100:
            return _("the whole price")
        case _part:
            return _("%(percent)d %% of the price") % {"percent": percent}
