"""What becomes of a season afterwards: this date and later ones, or all, move, are shortened or go back.

Only what lies ahead changes: what is past or has begun, was given back, or was moved alone stays as it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date as date_type
from datetime import datetime, time, timedelta
from typing import Literal

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.versions import ChangedMeanwhile
from venues import audiences
from venues.clock import local
from venues.models import Space
from venues.opening_hours import A_DAY, Calendar

from . import (
    charges,
    closures,
    dates,
    giving_back,
    judging,
    lifecycle,
    occupancies,
    permissions,
    quotes,
    recurrence,
    signals,
)
from .judging import Judgement
from .models import AGREED_OR_ASKED, Booking, Occupancy, Series
from .moves import (
    already_begun,
    end_quietly,
    lock_customer,
    locked,
    must_be_in_time,
    must_not_be_being_paid,
    split_off,
)
from .recurrence import SeriesWish
from .transactions import in_one_transaction
from .wishes import Wish, dates_left, dates_of, wish_of

Scope = Literal["one", "later", "all"]


@dataclass(frozen=True)
class Move:
    """Other clock times, other days (so many later, or earlier if negative) or another space.

    What is None stays, and where no end is said, the length. To shorten is to say the old start and an
    earlier end, or a later start and the old end.
    """

    starts: time | None = None
    ends: time | None = None
    days: int = 0
    space: Space | None = None


@dataclass(frozen=True)
class Release:
    """Give the dates back."""


@dataclass(frozen=True)
class Texts:
    """Other words, which all dates of a booking share: for all of a season only. What is None stays."""

    purpose: str | None = None
    note: str | None = None
    adult_name: str | None = None
    adult_phone: str | None = None


@dataclass(frozen=True)
class NotDone:
    """A date that stays as it is, and why."""

    date: Occupancy
    problems: list[Problem]


@dataclass(frozen=True)
class Changed:
    """Which dates were changed, and which could not be."""

    done: list[Occupancy]
    refused: list[NotDone]


@in_one_transaction
def change(
    series: Series,
    *,
    scope: Scope = "one",
    since: Occupancy | None = None,
    what: Move | Release | Texts,
    by: User,
    now: datetime,
) -> Changed:
    """Change one date, it and all later ones, or all of a season. `since` is that date.

    Each date is judged as a new wish. Raises `Refused` if nothing can be changed at all.
    """
    chosen = ahead(series, scope, since, by=by, now=now)
    if not chosen:
        raise already_begun() if since else nothing_ahead()
    if isinstance(what, Release):
        return release(chosen, by=by, now=now)
    if isinstance(what, Texts):
        if scope != "all":
            raise Refused(words_are_for_all())
        return write(series, chosen, what, by=by)
    if scope == "one":
        return Changed([move_alone(chosen[0], what, by=by, now=now)], [])
    return move(series, chosen, what, by=by, now=now)


def ahead(
    series: Series, scope: Scope, since: Occupancy | None, *, by: User, now: datetime
) -> list[Occupancy]:
    """Return the dates that a change is about, in order: to come, not given back, and for `by` to change.

    Of a season at two venues, a manager of one changes what is at that one.
    """
    to_come = Occupancy.objects.filter(
        booking__series=series, booking__status__in=AGREED_OR_ASKED, released_at=None, starts_at__gt=now
    )
    if scope != "all":
        assert since is not None
        to_come = (
            to_come.filter(pk=since.pk) if scope == "one" else to_come.filter(starts_at__gte=since.starts_at)
        )
    rows = to_come.select_related(
        "booking__space__venue", "booking__customer", "booking__organisation", "space"
    )
    coming = list(rows.order_by("starts_at", "pk"))
    bookings = {date.booking_id: booking_of(date) for date in coming}
    theirs = {pk for pk, booking in bookings.items() if permissions.can_change(by, booking)}
    return [date for date in coming if date.booking_id in theirs]


def nothing_ahead() -> Refused:
    return Refused(Problem("nothing_ahead", _("This series has no dates to come that could be changed.")))


def booking_of(date: Occupancy) -> Booking:
    assert date.booking is not None
    return date.booking


# --- Giving back ----------------------------------------------------------------------------------


def release(chosen: Sequence[Occupancy], *, by: User, now: datetime) -> Changed:
    """Give back what may be; those that were moved alone go with the others."""
    bookings = {date.booking_id or 0: booking_of(date) for date in chosen}
    against = giving_back.problems_with(chosen, bookings, by=by, now=now)
    going = [date for date in chosen if date.pk not in against]
    refused = [NotDone(date, against[date.pk]) for date in chosen if date.pk in against]
    if not going:
        raise Refused(*dict.fromkeys(problem for each in refused for problem in each.problems))
    return Changed(dates.release(going, by=by, now=now), refused)


# --- Words ----------------------------------------------------------------------------------------


def write(series: Series, chosen: Sequence[Occupancy], texts: Texts, *, by: User) -> Changed:
    said = {each.name: getattr(texts, each.name) for each in fields(texts)}
    said = {name: text.strip() for name, text in said.items() if text is not None}
    problems: list[Problem] = []
    for booking in locked({date.booking_id for date in chosen if date.booking_id}):
        for name, text in said.items():
            setattr(booking, name, text)
        problems += judging.missing_adult(wish_of(booking, dates_of(booking)[0]))
        booking.save(update_fields=list(said))
    if problems:
        raise Refused(*dict.fromkeys(problems))
    announce(series, chosen, "texts", by=by)
    return Changed(list(chosen), [])


def words_are_for_all() -> Problem:
    message = _("All dates of a season share their details. Change them for all dates.")
    return Problem("for_all_dates", message, "scope")


def announce(series: Series, changed: Sequence[Occupancy], what: str, *, by: User) -> None:
    ids = [date.pk for date in changed]
    signals.series_changed.send(Series, series=series, dates=ids, what=what, by=by)


# --- Moving ---------------------------------------------------------------------------------------


def move_alone(date: Occupancy, what: Move, *, by: User, now: datetime) -> Occupancy:
    booking = booking_of(date)
    if what.space and not permissions.can_move(by, booking, what.space):
        raise Refused(needs_approval())
    wish, problem = target_of(date, what)
    if problem:
        raise Refused(problem)
    return dates.move(date, space=wish.space, starts_at=wish.starts_at, ends_at=wish.ends_at, by=by, now=now)


def move(series: Series, chosen: Sequence[Occupancy], what: Move, *, by: User, now: datetime) -> Changed:
    """Move dates together, all at once; those in whose new place something stands stay where they are."""
    moving = [date for date in chosen if not date.is_exception]
    also = [what.space.hall_id] if what.space else []
    venues = {what.space.venue_id} - {date.space.venue_id for date in moving} if what.space else set()
    lock_customer(series.customer, series.organisation, to_book_at=sorted(venues), now=now)
    moving = in_hand(moving, also=also, now=now)
    targets = {date: target_of(date, what) for date in moving}
    targets = {date: there for date, there in targets.items() if is_elsewhere(date, there[0])}
    refused = [NotDone(date, [problem]) for date, (_wish, problem) in targets.items() if problem]
    wishes = {date: wish for date, (wish, problem) in targets.items() if not problem}
    refused += pass_nobody_by_elsewhere(wishes, what, by=by)
    places = free_places(series, wishes, refused, by=by, now=now)
    if not places:
        problems = dict.fromkeys(problem for each in refused for problem in each.problems)
        raise Refused(*problems) if problems else nothing_ahead()
    left = [(date.hall_id, date.setup_at, date.clear_at) for date in places if date.booking_is_live]
    why = {pk: lifecycle.why_no_dearer(booking, by=by) for pk, booking in bookings_of(places).items()}
    put(places, by=by, now=now)
    closures.freed_together(left, now=now)
    done = list(
        Occupancy.objects.filter(pk__in=[date.pk for date in places]).select_related("space", "booking")
    )
    reprice(places, done, why, by=by, now=now)
    announce(series, done, "moved", by=by)
    return Changed(done, sorted(refused, key=lambda each: each.date.starts_at))


def in_hand(chosen: Sequence[Occupancy], *, also: Sequence[int], now: datetime) -> list[Occupancy]:
    """Lock the dates' halls, others named by id, and the bookings; return the dates as they are now."""
    bookings, fresh = dates.in_hand(chosen, also=also)
    for booking in bookings.values():
        must_be_in_time(booking, now=now)
        must_not_be_being_paid(booking)
    if any(date.released_at or booking_of(date).status not in AGREED_OR_ASKED for date in fresh):
        raise ChangedMeanwhile
    return sorted(fresh, key=lambda date: (date.starts_at, date.pk))


def target_of(date: Occupancy, what: Move) -> tuple[Wish, Problem | None]:
    """Return where a date would be, and why that is nowhere, if the clocks skip it."""
    booking = booking_of(date)
    starts, ends = local(date.starts_at), local(date.ends_at)
    begins = starts.time() if what.starts is None else what.starts
    there = SeriesWish(
        space=what.space or date.space,
        weekdays=(),
        first_on=starts.date(),
        starts=begins,
        ends=what.ends or later_by(begins, ends.replace(tzinfo=None) - starts.replace(tzinfo=None)),
        without_holidays=False,
    )
    turn = recurrence.turn_on(starts.date() + what.days * A_DAY, there, Calendar())
    place = replace(wish_of(booking, date), space=there.space, starts_at=turn.starts_at, ends_at=turn.ends_at)
    return place, turn.skipped


def later_by(clock: time, length: timedelta) -> time:
    """Return what the clock shows so much later, on whatever day."""
    return (datetime.combine(date_type.min, clock) + length).time()


def is_elsewhere(date: Occupancy, there: Wish) -> bool:
    return (there.space.pk, there.starts_at, there.ends_at) != (date.space_id, date.starts_at, date.ends_at)


def pass_nobody_by_elsewhere(wishes: dict[Occupancy, Wish], what: Move, *, by: User) -> Iterator[NotDone]:
    """Take out of the wishes what would go to a space where somebody else decides."""
    if what.space is None:
        return
    bookings = {booking_of(date).pk: booking_of(date) for date in wishes}
    may = {pk: permissions.can_move(by, booking, what.space) for pk, booking in bookings.items()}
    for date in [date for date in wishes if not may[booking_of(date).pk]]:
        del wishes[date]
        yield NotDone(date, [needs_approval()])


def needs_approval() -> Problem:
    message = _("The venue decides on bookings there. Give these dates back and ask for the others.")
    return Problem("needs_approval", message, "space")


def free_places(
    series: Series, wishes: dict[Occupancy, Wish], refused: list[NotDone], *, by: User, now: datetime
) -> dict[Occupancy, Wish]:
    """Return which dates can go where they are wished, in the halls as drawn now; note the others as refused.

    What cannot go stays, and may be in the way of others: so all are judged again without it.
    """
    who = audiences.asker(series.customer, series.organisation, today=local(now).date())
    for hall_id in sorted({wish.space.hall_id for wish in wishes.values()}):
        lifecycle.sweep(hall_id, now=now)
    going = dict(wishes)
    while going:
        seen = judging.look(list(going.values()), asker=who, now=now, leaving=[date.pk for date in going])
        judged = judging.with_prices(seen.judgements(in_turn=len(going)), seen.prices())
        verdicts = dict(zip(going, judged, strict=True))
        problems = {date: against(date, going[date], verdicts[date], by=by, now=now) for date in going}
        staying = [NotDone(date, found) for date, found in problems.items() if found]
        if not staying:
            return {date: replace(going[date], space=verdict.space) for date, verdict in verdicts.items()}
        refused += staying
        for each in staying:
            del going[each.date]
    return {}


def against(date: Occupancy, wish: Wish, judgement: Judgement, *, by: User, now: datetime) -> list[Problem]:
    booking = booking_of(date)
    late = giving_back.problem_with_moving(date, booking, by=by, now=now)
    dearer = lifecycle.costing_more(booking, date, judgement.price, by=by)
    problems = [*judgement.problems, *([late] if late else []), *dearer]
    if problems or is_shorter(date, wish):
        return problems
    return lifecycle.passing_by(booking, wish, judgement, by=by)


def is_shorter(date: Occupancy, wish: Wish) -> bool:
    """Whether nothing is asked for that was not agreed to."""
    return wish.space.pk == date.space_id and date.starts_at <= wish.starts_at < wish.ends_at <= date.ends_at


def put(places: dict[Occupancy, Wish], *, by: User, now: datetime) -> None:
    """Move dates, of which one may go where another has been, in such an order that its place is free."""
    homes = homes_of(places)
    bookings = bookings_of(places)
    later = [date for date, wish in places.items() if wish.starts_at > date.starts_at]
    earlier = [date for date in places if date not in set(later)]
    for date in [*sorted(earlier, key=start_of), *sorted(later, key=start_of, reverse=True)]:
        wish = places[date]
        home = homes[booking_of(date).pk]
        into = home if home.pk != date.booking_id else None
        occupancies.relocate(date, wish.space, wish.starts_at, wish.ends_at, alone=False, into=into)
    for booking in {booking.pk: booking for booking in [*bookings.values(), *homes.values()]}.values():
        if dates_left(booking):
            dates.keep_in_time(booking)
        else:  # what is left of it was given back before
            end_quietly(booking, by=by, now=now)


def start_of(date: Occupancy) -> datetime:
    return date.starts_at


def bookings_of(dates: Iterable[Occupancy]) -> dict[int, Booking]:
    return {booking.pk: booking for booking in map(booking_of, dates)}


def reprice(
    places: dict[Occupancy, Wish], done: Iterable[Occupancy], why: dict[int, str], *, by: User, now: datetime
) -> None:
    """Charge dates what they cost where they are now; no more, if `why` says so of their old booking."""
    homes = {date.pk: booking_of(date) for date in done}
    prices = quotes.quotes_for(list(places.values()), now=now)
    moved = [
        charges.Moved(date.pk, date.space, homes[date.pk], price, why[booking_of(date).pk])
        for date, price in zip(places, prices, strict=True)
        if not isinstance(price, Problem)  # those have been refused
    ]
    charges.reprice(moved, by=by, now=now)
    for booking in {booking.pk: booking for booking in homes.values()}.values():
        lifecycle.confirm_if_free(booking, now=now)


def homes_of(places: dict[Occupancy, Wish]) -> dict[int, Booking]:
    """Return to which booking the moved dates of each belong then: a booking has one space."""
    homes = {}
    for booking in {booking_of(date).pk: booking_of(date) for date in places}.values():
        theirs = {date.pk for date in places if date.booking_id == booking.pk}
        space = next(wish.space for date, wish in places.items() if date.booking_id == booking.pk)
        homes[booking.pk] = booking
        if space.pk == booking.space_id:
            continue
        if {date.pk for date in dates_of(booking)} == theirs:
            booking.space = space
            booking.save(update_fields=["space"])
        else:
            homes[booking.pk] = split_off(booking, space)
    return homes
