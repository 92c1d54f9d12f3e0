"""What is done to single dates of a booking: given back, taken again, moved alone.

Past dates, and those that have begun, stay as they were. Locks as everywhere: person, organisation, halls,
bookings, dates.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.versions import ChangedMeanwhile
from venues.models import Space

from . import charges, closures, giving_back, lifecycle, occupancies, permissions, signals
from .alternatives import offering_alternatives
from .giving_back import Cost
from .models import AGREED_OR_ASKED, Booking, Occupancy, Status
from .moves import (
    already_begun,
    end,
    end_quietly,
    lock_customer,
    lock_to_move,
    locked,
    must_be,
    must_be_in_time,
    must_not_be_being_paid,
    must_not_have_begun,
    split_off,
)
from .quotes import DateQuote
from .savepoints import taken_back
from .transactions import in_one_transaction
from .wishes import Wish, dates_left, dates_of, wish_of

# --- What giving back means -----------------------------------------------------------------------


@dataclass(frozen=True)
class Effect:
    """What it means to give a date back: until when its customer may, and what of the price.

    `cost` says in cents what is charged all the same; None for a date without a price.
    """

    date: Occupancy
    deadline: datetime
    is_in_time: bool
    sentence: str | Promise
    cost: Cost | None = None


def effects(dates: Iterable[Occupancy], *, by: User, now: datetime) -> list[Effect]:
    """Return what giving these dates back would mean, to be said before it is done.

    Each needs its `booking` with `space` and `venue` loaded.
    """
    dates = list(dates)
    bookings = {booking.pk: booking for booking in map(booking_of, dates)}
    problems = giving_back.problems_with(dates, bookings, by=by, now=now)
    costs = giving_back.costs(dates, bookings, by=by, now=now)
    return [effect_of(date, problems.get(date.pk, []), costs.get(date.pk), now=now) for date in dates]


def effect_of(date: Occupancy, problems: list[Problem], cost: Cost | None, *, now: datetime) -> Effect:
    booking = booking_of(date)
    if date.starts_at <= now:
        problems = already_begun().problems
    sentence = problems[0].message if problems else price_in_words(booking, cost)
    deadline = giving_back.deadline_of(date, booking)
    return Effect(date, deadline, is_in_time=not problems, sentence=sentence, cost=cost)


def price_in_words(booking: Booking, cost: Cost | None) -> str | Promise:
    if cost:
        return giving_back.in_words(cost, is_paid=giving_back.is_paid(booking))
    if booking.space.payment == Space.Payment.FREE:
        return _("It costs nothing to give it back.")
    return _("This date is not charged.")


def booking_of(date: Occupancy) -> Booking:
    booking = date.booking
    assert booking is not None, "Only dates of bookings are given back."
    return booking


# --- Giving back, and taking again ----------------------------------------------------------------


@in_one_transaction
def release(dates: Collection[Occupancy], *, by: User, now: datetime) -> list[Occupancy]:
    """Give dates back, of one booking or of several: all of them, or none. Their time is free at once.

    A booking of which no date is left, and none was used, is cancelled. Returns the dates that were given
    back: those that had been before are left out, unless all had. Raises `Refused`, for customers also by
    the venue's rules of giving back (`dates_stay`, `too_late_to_give_back`), and `MoveNotAllowed`.
    """
    bookings, fresh = in_hand(dates)
    going = [date for date in fresh if date.released_at is None]
    if not going:
        raise Refused(Problem("released_already", _("This date has been given back already.")))
    for booking in bookings.values():
        must_be(booking, *AGREED_OR_ASKED)
        must_be_in_time(booking, now=now)
    must_not_have_begun(going, now=now)
    giving_back.must_allow(going, bookings, by=by, now=now)
    for booking in bookings.values():
        theirs = [date for date in going if date.booking_id == booking.pk]
        giving_back.charge_less(theirs, booking, Status(booking.status), by=by, now=now)
    occupancies.release([date.pk for date in going], by=by, now=now)
    for date in going:
        date.released_at, date.released_by = now, by
    live = {pk for pk, booking in bookings.items() if booking.is_live}
    freed = [(date.hall_id, date.setup_at, date.clear_at) for date in going if date.booking_id in live]
    for booking in bookings.values():
        say_released(booking, [date for date in going if date.booking_id == booking.pk], by=by, now=now)
    closures.freed_together(freed, now=now)
    return going


def say_released(booking: Booking, dates: Sequence[Occupancy], *, by: User, now: datetime) -> None:
    """Announce what was given back of a booking; cancel it if nothing is left of it."""
    if not dates:
        return
    if dates_left(booking):
        ids = [date.pk for date in dates]
        lifecycle.confirm_if_free(booking, now=now)
        signals.dates_released.send(Booking, booking=booking, dates=ids, by=by, hit=None)
    else:
        end(booking, Status.CANCELLED, by=by, reason="", now=now)


@in_one_transaction
def take_again(date: Occupancy, *, by: User, now: datetime) -> Occupancy:
    """Give a date that was given back to its booking again, if it is still free and the rules allow it.

    Raises `Refused` with what stands in the way, and `MoveNotAllowed` for a booking that has ended.
    """
    booking = booking_of(date)
    lock_customer(booking.customer, booking.organisation, to_book_at=[booking.space.venue_id], now=now)
    bookings, (date,) = in_hand([date])
    booking = bookings[booking.pk]
    must_be(booking, *AGREED_OR_ASKED)
    must_be_in_time(booking, now=now)
    must_not_have_begun([date], now=now)
    must_not_be_being_paid(booking)
    if date.released_at is None:
        raise Refused(Problem("not_released", _("This date is yours already.")))
    must_not_be_the_venues_doing(date, booking, by=by)
    wish = wish_of(booking, date)
    judgement = lifecycle.judged(wish, customer=booking.customer, now=now, is_new=False)
    must_not_be_paid_back(date, booking, judgement.price)
    occupancies.take_again(date)
    date.released_at, date.released_by = None, None
    again = charges.Moved(date.pk, booking.space, booking, judgement.price)
    charges.reprice([again], by=by, now=now)
    keep_in_time(booking)
    signals.date_taken_again.send(Booking, booking=booking, date=date, by=by)
    return date


def must_not_be_the_venues_doing(date: Occupancy, booking: Booking, *, by: User) -> None:
    """Raise `Refused` if a customer would undo what the venue did: it alone gives back what it has taken."""
    if permissions.can_decide(by, booking):
        return
    if date.released_by is None or not permissions.is_customer(date.released_by, booking):
        message = _("The venue took this date back. Ask the venue if you still want it.")
        raise Refused(Problem("taken_back_by_venue", message))


def must_not_be_paid_back(date: Occupancy, booking: Booking, price: DateQuote | None) -> None:
    """Raise `Refused` if a date would have to be paid before use, and its money has gone back."""
    if lifecycle.costing_more(booking, date, price, by=None):
        message = _("What was paid for this date has gone back. Book the time anew.")
        raise Refused(Problem("paid_back", message))


def keep_in_time(booking: Booking) -> None:
    """Let no deadline of a booking be later than the first of its dates."""
    lifecycle.keep_in_time(booking, min(date.starts_at for date in dates_left(booking)))
    booking.save(update_fields=["decide_by", "payment_due_at"])


# --- Moving alone ---------------------------------------------------------------------------------


def move(
    date: Occupancy, *, space: Space, starts_at: datetime, ends_at: datetime, by: User, now: datetime
) -> Occupancy:
    """Give one date another time or another space; the others of its booking stay where they are.

    It is an exception in its series from then on. In another space it belongs to another booking of the same
    series, with the same status. Raises `Refused`, with alternatives, `MoveNotAllowed` for a
    booking that has ended, and `ChangedMeanwhile` if it is not in the state that the caller knows.
    """
    booking = booking_of(date)
    wish = replace(wish_of(booking, date), space=space, starts_at=starts_at, ends_at=ends_at)
    return move_to(booking, date, wish, by=by, now=now)


@offering_alternatives
@in_one_transaction
def move_to(known: Booking, date: Occupancy, there: Wish, *, by: User, now: datetime) -> Occupancy:
    """Move a date as `there` says: from when to when, and in which space."""
    lock_to_move(known, there.space, now=now)
    bookings, (date,) = in_hand([date], also=[there.space.hall_id])
    booking = bookings[known.pk]
    must_be(booking, *AGREED_OR_ASKED)
    if booking.status != known.status:
        raise ChangedMeanwhile
    must_be_in_time(booking, now=now)
    must_not_be_being_paid(booking)
    if date.released_at:
        raise Refused(Problem("released_already", _("This date has been given back already.")))
    must_not_have_begun([date], now=now)
    giving_back.must_allow_moving(date, booking, by=by, now=now)
    wish = replace(
        wish_of(booking, date), space=there.space, starts_at=there.starts_at, ends_at=there.ends_at
    )
    lifecycle.sweep(wish.space.hall_id, now=now)
    with taken_back():  # judged as if it were not where it is, and the booking's other dates are
        occupancies.set_aside([date.pk], now=now)
        judgement = lifecycle.judged(wish, customer=booking.customer, now=now, is_new=False)
    lifecycle.must_pass_nobody_by(booking, wish, judgement, by=by)
    lifecycle.must_not_cost_more(booking, date, judgement.price, by=by)
    why = lifecycle.why_no_dearer(booking, by=by) if judgement.price else ""
    left, was_in = (date.hall_id, date.setup_at, date.clear_at), booking.space
    booking = put(date, booking, judgement.space, wish.starts_at, wish.ends_at, by=by, now=now)
    if booking.is_live:
        closures.freed(*left, now=now)
    keep_in_time(booking)
    charges.reprice([charges.Moved(date.pk, was_in, booking, judgement.price, why)], by=by, now=now)
    lifecycle.confirm_if_free(booking, now=now)
    date = Occupancy.objects.select_related("space").get(pk=date.pk)
    date.booking = booking
    signals.date_moved.send(Booking, booking=booking, date=date, by=by, hit=None)
    return date


def put(
    date: Occupancy,
    booking: Booking,
    space: Space,
    starts_at: datetime,
    ends_at: datetime,
    *,
    by: User,
    now: datetime,
) -> Booking:
    """Put a date somewhere else, and return the booking that it belongs to there."""
    alone = booking.series_id is not None
    if space.pk == booking.space_id:
        occupancies.relocate(date, space, starts_at, ends_at, alone=alone)
        return booking
    if len(dates_of(booking)) == 1:
        occupancies.relocate(date, space, starts_at, ends_at, alone=alone)
        booking.space = space
        booking.save(update_fields=["space"])
        return booking
    other = split_off(booking, space)
    occupancies.relocate(date, space, starts_at, ends_at, alone=alone, into=other)
    if not dates_left(booking):  # what is left of it was given back before
        end_quietly(booking, by=by, now=now)
    return other


# --- The locks ------------------------------------------------------------------------------------


def in_hand(
    dates: Collection[Occupancy], *, also: Iterable[int] = ()
) -> tuple[dict[int, Booking], list[Occupancy]]:
    """Lock the halls of dates, others named by id, and the bookings; return bookings and dates as they are.

    Raises `ChangedMeanwhile` if a date has moved to a hall that we did not lock, or to another booking.
    """
    halls = {*(date.hall_id for date in dates), *also}
    occupancies.lock_halls(halls)
    known = {date.pk: date.booking_id for date in dates}
    bookings = {booking.pk: booking for booking in locked({pk for pk in known.values() if pk})}
    fresh = list(Occupancy.objects.filter(pk__in=known).select_related("space__part_of", "space__venue"))
    if len(fresh) != len(known) or any(
        date.hall_id not in halls or date.booking_id != known[date.pk] for date in fresh
    ):
        raise ChangedMeanwhile
    for date in fresh:
        date.booking = bookings[known[date.pk] or 0]
    return bookings, fresh
