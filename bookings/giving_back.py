"""Until when, and what, a customer may give back. The venue's managers always may, until a date begins."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from venues import cancelling, wording
from venues.models import CancellationTerms, Space
from venues.money import euros

from . import charges, permissions
from .models import AGREED_OR_ASKED, Booking, Occupancy, PriceLine, Status
from .wishes import dates_left


def deadline_of(date: Occupancy, booking: Booking) -> datetime:
    """Return until when the date can be given back by its customer. Needs the booking's `space` loaded."""
    if not has_rules(booking):
        return date.starts_at
    return date.starts_at - timedelta(hours=booking.space.give_back_hours)


def has_rules(booking: Booking) -> bool:
    """Whether the venue's rules of giving back hold: for series that were agreed to."""
    return booking.series_id is not None and booking.status != Status.REQUESTED


def must_allow_all(booking: Booking, *, by: User, now: datetime) -> None:
    """Raise `Refused` if a booking may not be given back as a whole."""
    must_allow(dates_left(booking), {booking.pk: booking}, by=by, now=now)


def must_allow(
    dates: Collection[Occupancy], bookings: Mapping[int, Booking], *, by: User, now: datetime
) -> None:
    """Raise `Refused` if these dates of bookings, by id, may not be given back by this person in one go."""
    found = problems_with(dates, bookings, by=by, now=now)
    if found:
        raise Refused(*dict.fromkeys(chain(*found.values())))


def problems_with(
    dates: Collection[Occupancy], bookings: Mapping[int, Booking], *, by: User, now: datetime
) -> dict[int, list[Problem]]:
    """Return what is against giving these dates back in one go, by the ids of those that may not be."""
    found: dict[int, list[Problem]] = defaultdict(list)
    for booking in bookings.values():
        if not has_rules(booking) or permissions.can_decide(by, booking):
            continue
        theirs = [date for date in dates if date.booking_id == booking.pk]
        stay = not booking.space.single_dates_go_back and leaves_some(booking, dates, now=now)
        for date in theirs:
            if stay:
                found[date.pk].append(dates_stay())
            elif problem := too_late(date, booking, now=now):
                found[date.pk].append(problem)
    return dict(found)


def too_late(date: Occupancy, booking: Booking, *, now: datetime) -> Problem | None:
    deadline = deadline_of(date, booking)
    if now <= deadline:
        return None
    message = _("This date could be given back until %(day)s %(time)s. Tell the venue that you do not come.")
    said = {"day": wording.day(deadline), "time": wording.clock_time(deadline)}
    return Problem("too_late_to_give_back", message % said)


def problem_with_moving(date: Occupancy, booking: Booking, *, by: User, now: datetime) -> Problem | None:
    """Say what keeps a customer from moving a date: whoever moves one late gives its time back late."""
    if not has_rules(booking) or permissions.can_decide(by, booking):
        return None
    return too_late(date, booking, now=now)


def must_allow_moving(date: Occupancy, booking: Booking, *, by: User, now: datetime) -> None:
    """Raise `Refused` if this person may not move a date any more."""
    if problem := problem_with_moving(date, booking, by=by, now=now):
        raise Refused(problem)


def leaves_some(booking: Booking, dates: Collection[Occupancy], *, now: datetime) -> bool:
    """Whether dates of the booking's series would be left beside these that could go back too."""
    coming = Occupancy.objects.filter(
        booking__series=booking.series_id,
        booking__status__in=AGREED_OR_ASKED,
        released_at=None,
        starts_at__gt=now,
    )
    others = coming.exclude(pk__in=[date.pk for date in dates]).select_related("booking__space")
    return any(now <= deadline_of(other, other.booking) for other in others if other.booking)


def dates_stay() -> Problem:
    return Problem(
        "dates_stay", _("Here single dates are not given back: only all the rest of the series at once.")
    )


# --- What it costs --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """What becomes of the price of a date that is given back now, in cents, and until when that holds.

    `until` is None where it holds until the date begins, or where it is too late for anything else.
    """

    kept_cents: int
    freed_cents: int
    until: datetime | None = None


def costs(
    dates: Collection[Occupancy], bookings: Mapping[int, Booking], *, by: User | None, now: datetime
) -> dict[int, Cost]:
    """Return what giving dates of bookings back would cost, by the ids of those with a price."""
    owed = charges.standing(date.pk for date in dates)
    if not owed:
        return {}
    found: dict[int, Cost] = {}
    for booking in bookings.values():
        theirs = [date for date in dates if date.booking_id == booking.pk and date.pk in owed]
        terms = terms_for(booking, Status(booking.status), by=by)
        for date in theirs:
            percent, until = percent_kept(date, terms, now=now)
            kept = owed[date.pk].kept(percent)
            found[date.pk] = Cost(kept, owed[date.pk].gross_cents - kept, until)
    return found


def charge_less(
    dates: Collection[Occupancy], booking: Booking, was: Status, *, by: User | None, now: datetime
) -> None:
    """Charge dates of a booking that go back no more, but for what the terms of cancelling keep of them.

    `was`: the booking's status when they went.
    """
    going = [date.pk for date in dates]
    if not charges.standing(going):
        return
    terms = terms_for(booking, was, by=by)
    kept = {date.pk: percent_kept(date, terms, now=now)[0] for date in dates}
    is_theirs = was == Status.CONFIRMED and not permissions.speaks_for_venue(by, booking)
    kind = PriceLine.Kind.CANCELLED if is_theirs else PriceLine.Kind.TAKEN_BACK
    charges.take_back(going, kept=kept, kind=kind, by=by, now=now)


def terms_for(booking: Booking, was: Status, *, by: User | None) -> CancellationTerms | None:
    """Return by which terms somebody gives dates of a booking back; None if nothing is kept of their price.

    Nothing is kept of what was never confirmed, and of what the venue takes back itself.
    """
    if was != Status.CONFIRMED or booking.space.cancellation_id is None:
        return None
    if permissions.speaks_for_venue(by, booking):
        return None
    return CancellationTerms.objects.prefetch_related("steps").get(pk=booking.space.cancellation_id)


def percent_kept(
    date: Occupancy, terms: CancellationTerms | None, *, now: datetime
) -> tuple[int, datetime | None]:
    """Return how many per cent of its price are charged of a date that goes back now, and until when."""
    if terms is None:
        return 0, None
    steps = list(terms.steps.all())
    percent = cancelling.percent_kept(steps, terms.after_percent, date.starts_at, now=now)
    ends = [instant for instant, _percent in cancelling.deadlines(steps, date.starts_at) if now <= instant]
    return percent, next(iter(ends), None)


def is_paid(booking: Booking) -> bool:
    """Whether a booking was paid before use: what is not kept of its price goes back."""
    return booking.status == Status.CONFIRMED and booking.space.payment == Space.Payment.BEFORE


def in_words(cost: Cost, *, is_paid: bool) -> str:
    """Say in the language that is spoken what giving a date back means for its price."""
    said = {"kept": euros(cost.kept_cents), "freed": euros(cost.freed_cents)}
    if cost.kept_cents == cost.freed_cents == 0:
        return gettext("It costs nothing to give it back.")
    if cost.freed_cents == 0:
        return gettext("It is charged all the same: %(kept)s.") % said
    if is_paid:
        whole, part = gettext("You get %(freed)s back."), gettext("You get %(freed)s back, %(kept)s is kept.")
    else:
        whole = gettext("%(freed)s is not charged.")
        part = gettext("%(kept)s of it is charged, %(freed)s is not.")
    sentence = (part if cost.kept_cents else whole) % said
    if cost.until is None:
        return sentence
    until = {"day": wording.short_day(cost.until), "time": wording.clock_time(cost.until)}
    return f"{sentence} {gettext('That holds until %(day)s %(time)s.') % until}"
