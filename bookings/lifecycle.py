"""How a booking lives: what people and time do to it, along the moves of `bookings.moves`.

    held ──► requested ──► awaiting_payment ──► confirmed
      └ expired  ├ declined      └ expired          └ cancelled     (cancelled from any live state)
                 └ expired

Every function locks before it judges (person, organisation, halls, bookings, dates, in that order), takes the
clock as an argument, and either does all of what it says or raises `Refused` and changes nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.versions import ChangedMeanwhile
from venues import audiences
from venues.clock import local
from venues.models import Space
from venues.money import euros
from venues.policies import needs_approval

from . import (
    charges,
    closures,
    giving_back,
    judging,
    making_way,
    occupancies,
    permissions,
    quotes,
    rivals,
    signals,
)
from .alternatives import offering_alternatives
from .judging import Judgement
from .models import AGREED_OR_ASKED, Booking, Occupancy, Status
from .moves import (
    MoveNotAllowed,
    announce,
    change,
    end,
    in_hand,
    lock_customer,
    lock_to_move,
    locked,
    must_allow,
    must_be,
    must_be_in_time,
    must_not_be_being_paid,
    must_not_have_begun,
    set_status,
)
from .quotes import DateQuote
from .transactions import in_one_transaction
from .wishes import Wish, date_of, dates_left, dates_of, wish_of

# --- Taking time ----------------------------------------------------------------------------------


@offering_alternatives
@in_one_transaction
def hold(wish: Wish, *, customer: User | None, now: datetime, instead_of: int | None = None) -> Booking:
    """Keep the time while somebody fills in the form, signed in or not.

    A customer has one hold at a time: an earlier one, or the visitor's own named by `instead_of`, is given
    up. Raises `Refused`, with alternatives.
    """
    lock_customer(customer, wish.organisation, to_book_at=[wish.space.venue_id], now=now)
    judgement = judged(wish, customer=customer, now=now, giving_up=holds_of(customer, instead_of))
    booking = Booking(
        space=judgement.space,
        customer=customer,
        organisation=wish.organisation,
        status=Status.HELD,
        held_until=now + settings.HOLD_FOR,
        created_at=now,
    )
    kept(booking, wish)
    return booking


@offering_alternatives
@in_one_transaction
def book(wish: Wish, *, customer: User, now: datetime) -> Booking:
    """Book, or request, in one step. The space's two policies decide what comes out.

    Raises `Refused`, with alternatives.
    """
    lock_customer(customer, wish.organisation, to_book_at=[wish.space.venue_id], now=now)
    return booked(wish, customer=customer, now=now)


@offering_alternatives
@in_one_transaction
def submit(held: Booking, wish: Wish, *, customer: User, now: datetime) -> Booking:
    """Turn a hold into a booking or a request.

    Of the wish, what the form says counts; space and times are the hold's. A hold that ran out while the
    form was open is taken anew if the time is still free: then the booking returned is another one. Raises
    `Refused`, with alternatives, when somebody else was quicker.
    """
    lock_customer(customer, wish.organisation, to_book_at=[wish.space.venue_id], now=now)
    held = in_hand(held)
    date = date_of(held)
    wish = replace(wish, space=held.space, starts_at=date.starts_at, ends_at=date.ends_at)
    if held.status == Status.EXPIRED or (held.status == Status.HELD and held.is_overdue(now)):
        return booked(wish, customer=customer, now=now)
    must_be(held, Status.HELD)
    judgement = judged(wish, customer=customer, now=now, ignoring=held, is_filled_in=True)
    held.customer = customer
    fill_in(held, wish, judgement, now=now)
    held.save()
    charges.agree([(date, judgement.price)], by=customer, now=now)
    if held.competes:  # it holds its time no more
        closures.freed_by(held, now=now)
    announce(held, by=customer)
    return held


@offering_alternatives
@in_one_transaction
def move(booking: Booking, wish: Wish, *, by: User, now: datetime) -> Booking:
    """Give a booking another time or another space, keeping everything else.

    What has begun stays where it was. Raises `Refused`, with alternatives, `MoveNotAllowed` for a booking
    that is no longer live or requested, and `ChangedMeanwhile` if it is not in the state that the caller
    knows: whoever may move a request may not move what was approved. It costs what it costs there, but no
    more than before if the venue moves it.
    """
    lock_to_move(booking, wish.space, now=now)
    known, booking = booking, in_hand(booking, also=[wish.space.hall_id])
    must_be(booking, *AGREED_OR_ASKED)
    if booking.status != known.status:
        raise ChangedMeanwhile
    must_be_in_time(booking, now=now)
    must_not_be_being_paid(booking)
    date = only_date_of(booking)
    must_not_have_begun([date], now=now)
    giving_back.must_allow_moving(date, booking, by=by, now=now)
    wish = replace(wish_of(booking), space=wish.space, starts_at=wish.starts_at, ends_at=wish.ends_at)
    judgement = judged(wish, customer=booking.customer, now=now, ignoring=booking, is_new=False)
    must_pass_nobody_by(booking, wish, judgement, by=by)
    must_not_cost_more(booking, date, judgement.price, by=by)
    why = why_no_dearer(booking, by=by) if judgement.price else ""
    wish, left = replace(wish, space=judgement.space), booking.space
    occupancies.relocate(date, wish.space, wish.starts_at, wish.ends_at, alone=booking.series_id is not None)
    if booking.is_live:
        closures.freed(date.hall_id, date.setup_at, date.clear_at, now=now)
    booking.space = wish.space
    keep_in_time(booking, wish.starts_at)
    booking.save(update_fields=["space", "decide_by", "payment_due_at"])
    charges.reprice([charges.Moved(date.pk, left, booking, judgement.price, why)], by=by, now=now)
    confirm_if_free(booking, now=now)
    signals.booking_moved.send(Booking, booking=booking, by=by)
    return booking


def only_date_of(booking: Booking) -> Occupancy:
    """Return the date of a single booking. Raises `Refused` for one with many: they move one by one."""
    if len(dates_of(booking)) > 1:
        message = _("This booking has many dates. Move the date that you mean, or the series.")
        raise Refused(Problem("many_dates", message))
    return date_of(booking)


def keep_in_time(booking: Booking, starts_at: datetime) -> None:
    """Let no deadline be later than the start. Does not save."""
    if booking.decide_by:
        booking.decide_by = min(booking.decide_by, starts_at)
    if booking.payment_due_at:
        booking.payment_due_at = min(booking.payment_due_at, starts_at)


def booked(wish: Wish, *, customer: User, now: datetime) -> Booking:
    """Make a booking or a request of a wish, or raise `Refused`. Needs the customer's locks."""
    judgement = judged(wish, customer=customer, now=now, is_filled_in=True)
    booking = Booking(space=judgement.space, customer=customer, created_at=now)
    fill_in(booking, wish, judgement, now=now)
    date = kept(booking, wish)
    charges.agree([(date, judgement.price)], by=customer, now=now)
    announce(booking, by=customer)
    return booking


def holds_of(customer: User | None, pk: int | None) -> list[Booking]:
    """Return the customer's holds, or the visitor's hold with this id."""
    holds = Booking.objects.filter(status=Status.HELD).select_related("space")
    mine = holds.filter(customer=customer) if customer else holds.none()
    visitors = holds.filter(pk=pk, customer=None) if pk else holds.none()
    return [*mine, *visitors]


def judged(
    wish: Wish,
    *,
    customer: User | None,
    now: datetime,
    giving_up: Iterable[Booking] = (),
    ignoring: Booking | None = None,
    is_new: bool = True,
    is_filled_in: bool = False,
) -> Judgement:
    """Lock the halls, free what has run out if it is in the way, and return the judgement of a wish without
    problems, with its space as it is.

    A wish that `is_new` may have to wait for a decision, and nobody waits for many. When the form
    `is_filled_in`, it has to say all that the space's policy wants to know. What it costs is worked out for
    what is made or moved, not to hold a time. Raises `Refused` with everything that stands in the way.
    """
    giving_up = list(giving_up)
    occupancies.lock_halls([wish.space.hall_id, *(held.space.hall_id for held in giving_up)])
    give_up(giving_up, now=now)

    asker = audiences.asker(customer, wish.organisation, today=local(now).date())

    def ask() -> Judgement:
        return judging.judge(wish, asker=asker, now=now, ignoring=ignoring.pk if ignoring else None)

    judgement = ask()
    is_taken = "time_taken" in {problem.code for problem in judgement.problems}
    if is_taken and sweep(wish.space.hall_id, now=now):
        judgement = ask()
    problems = [*judgement.problems]
    if customer and is_new and must_be_asked(wish, judgement):
        problems += too_many_requests(customer, now=now)
    if customer and is_filled_in:
        problems += judging.requirements(replace(wish, space=judgement.space), customer=customer, now=now)
    if is_filled_in or not is_new:
        price = quotes.quote_for(replace(wish, space=judgement.space), now=now)
        (judgement,) = judging.with_prices([replace(judgement, problems=problems)], [price])
        changed = quotes.changed_since(wish.seen_cents, judgement.price)
        problems = list(dict.fromkeys([*judgement.problems, *changed]))
    if problems:
        raise Refused(*problems)
    return judgement


def must_be_asked(wish: Wish, judgement: Judgement) -> bool:
    """Whether the venue decides on the wish, by its policy and by who is there."""
    return needs_approval(
        judgement.space,
        attendees=wish.attendees,
        purpose_code=wish.main_purpose.code if wish.main_purpose else None,
        is_staffed=judgement.is_staffed,
    )


def must_pass_nobody_by(booking: Booking, wish: Wish, judgement: Judgement, *, by: User) -> None:
    """Raise `Refused` if a customer would move what is agreed past the venue's decision, or its payment."""
    if problems := passing_by(booking, wish, judgement, by=by):
        raise Refused(*problems)


def passing_by(booking: Booking, wish: Wish, judgement: Judgement, *, by: User) -> list[Problem]:
    """Say what a customer would pass by: the venue's decision, or another way of paying.

    Nothing of a request, on which the venue decides anyway, and nothing of what its managers do themselves.
    """
    problems: list[Problem] = []
    if booking.status == Status.REQUESTED or permissions.can_decide(by, booking):
        return problems
    if must_be_asked(wish, judgement):
        message = _("The venue decides on bookings like this. Cancel this one and ask for the other time.")
        problems.append(Problem("needs_approval", message, "starts_at"))
    if judgement.space.payment != booking.space.payment:
        message = _("That space is paid in another way. Cancel this booking and book the other.")
        problems.append(Problem("paid_otherwise", message, "space"))
    return problems


def must_not_cost_more(booking: Booking, date: Occupancy, price: DateQuote | None, *, by: User) -> None:
    """Raise `Refused` if a customer would move what is paid before use to something dearer."""
    if problems := costing_more(booking, date, price, by=by):
        raise Refused(*problems)


def costing_more(
    booking: Booking, date: Occupancy, price: DateQuote | None, *, by: User | None
) -> list[Problem]:
    """Say so if a date that has been paid for would cost more. The venue may do it: it charges no more."""
    is_paid = booking.status == Status.CONFIRMED and booking.space.payment == Space.Payment.BEFORE
    if not is_paid or price is None or (by and permissions.speaks_for_venue(by, booking)):
        return []
    was = charges.standing([date.pk]).get(date.pk)
    paid = was.gross_cents if was else 0
    if price.gross_cents <= paid or (was is None and booking.space.price_list_id is not None):
        return []
    message = _("It costs %(more)s more there. Cancel this booking and book the other, or ask the venue.")
    return [Problem("costs_more", message % {"more": euros(price.gross_cents - paid)}, "starts_at")]


def why_no_dearer(booking: Booking, *, by: User) -> str:
    """Return why a date that moves costs no more than before, for its customer; nothing if it may."""
    return charges.moved_by_venue(booking) if permissions.speaks_for_venue(by, booking) else ""


def confirm_if_free(booking: Booking, *, now: datetime) -> None:
    """Confirm a booking that waits for its payment once nothing is owed for it any more."""
    if booking.status == Status.AWAITING_PAYMENT and quotes.is_free(booking):
        change(booking, Status.CONFIRMED, now=now)


def give_up(holds: list[Booking], *, now: datetime) -> None:
    """End holds that their holder wants no more. Needs their halls' locks."""
    for held in locked(held.pk for held in holds) if holds else []:
        if held.status == Status.HELD:
            change(held, Status.EXPIRED, now=now)


def sweep(hall_id: int, *, now: datetime) -> bool:
    """Free the hall of what has run out, and say whether there was anything. Needs the hall's lock."""
    run_out = Booking.objects.overdue(now).filter(dates__hall=hall_id).values_list("pk", flat=True)
    ended = [booking for booking in locked(set(run_out)) if booking.is_overdue(now)] if run_out else []
    for booking in ended:
        change(booking, Status.EXPIRED, now=now)
    return bool(ended)


def too_many_requests(customer: User, *, now: datetime) -> list[Problem]:
    """Say so if the customer waits for as many decisions as one may. Needs the customer's lock."""
    limit = settings.MAX_UNDECIDED_REQUESTS
    if customer.bookings.undecided().filter(decide_by__gt=now).count() < limit:
        return []
    message = ngettext_lazy(
        "You already have %(count)d request waiting for an answer. Cancel it or wait for the answer.",
        "You already have %(count)d requests waiting for an answer. Cancel one or wait for the answers.",
        limit,
    )
    return [Problem("too_many_requests", message % {"count": limit})]


def fill_in(booking: Booking, wish: Wish, judgement: Judgement, *, now: datetime) -> None:
    """Write what the form says, and the state that comes after the form."""
    booking.organisation = wish.organisation
    booking.purpose, booking.attendees, booking.note = wish.purpose, wish.attendees, wish.note
    booking.main_purpose, booking.accepted_terms = wish.main_purpose, wish.accepted_terms
    booking.adult_name, booking.adult_phone = wish.adult_name, wish.adult_phone
    booking.add_ons = list(wish.add_ons)
    enter(booking, after_submission(wish, judgement), starts_at=wish.starts_at, now=now)


def after_submission(wish: Wish, judgement: Judgement) -> Status:
    if must_be_asked(wish, judgement):
        return Status.REQUESTED
    return after_approval(judgement.space, is_free=judgement.is_free_of_charge)


def after_approval(space: Space, *, is_free: bool = False) -> Status:
    """Money is never taken before approval, and never for nothing; an invoice comes after the use."""
    waits = space.payment == Space.Payment.BEFORE and not is_free
    return Status.AWAITING_PAYMENT if waits else Status.CONFIRMED


def enter(booking: Booking, status: Status, *, starts_at: datetime, now: datetime) -> None:
    """Set a status with the deadline that belongs to it. Does not save."""
    set_status(booking, status)
    if status == Status.REQUESTED:
        booking.competes = booking.space.requests_compete
        booking.decide_by = min(now + settings.DECIDE_WITHIN, starts_at)
    if status == Status.AWAITING_PAYMENT:
        booking.payment_due_at = min(now + settings.PAY_WITHIN, starts_at)


def kept(booking: Booking, wish: Wish) -> Occupancy:
    """Save a new booking and its date, in the booking's space; return the date. Raises `TimeTaken`."""
    booking.save()
    return occupancies.claim(booking, booking.space, wish.starts_at, wish.ends_at)


# --- Deciding -------------------------------------------------------------------------------------


@in_one_transaction
def approve(booking: Booking, *, by: User, now: datetime) -> Booking:
    """Accept a request with all its dates. The space's payment policy decides what comes next.

    Requests that competed for the time of any of its dates are declined in the same breath. Raises `Refused`
    if dates have gone to somebody else, with their times if there are many; if the request has run out; and
    if a date has been closed, unless the closure has kept it. `MoveNotAllowed` if the request has its answer.
    """
    booking = in_hand(booking)
    must_be(booking, Status.REQUESTED)
    must_be_in_time(booking, now=now)
    dates = dates_left(booking)
    sweep(booking.space.hall_id, now=now)
    others = list(rivals.of(booking).select_for_update(of=("self",)).order_by("pk"))
    status = after_approval(booking.space, is_free=quotes.is_free(booking))
    enter(booking, status, starts_at=dates[0].starts_at, now=now)
    booking.decided_at, booking.decided_by = now, by
    if booking.competes:
        rivals.must_leave_free(booking, dates)
    opened = making_way.make_way_for(dates) if booking.competes else []
    with occupancies.refused_as_time_taken():
        booking.save(update_fields=["status", "payment_due_at", "decided_at", "decided_by"])
    if opened:
        closures.fill([booking.space.hall_id], now=now, within=opened)
    announce(booking, by=by)
    for rival in others:
        end(rival, Status.DECLINED, by=by, reason=rivals.given_to_another(rival.customer), now=now)
    return booking


@in_one_transaction
def decline(booking: Booking, *, by: User, reason: str, now: datetime) -> Booking:
    """Say no to a request, with a reason that the customer reads. Raises `MoveNotAllowed`."""
    if not reason.strip():
        raise Refused(Problem("reason_missing", _("Give a reason. The customer reads it."), "reason"))
    booking = in_hand(booking)
    must_be(booking, Status.REQUESTED)
    must_be_in_time(booking, now=now)
    return end(booking, Status.DECLINED, by=by, reason=reason.strip(), now=now)


@in_one_transaction
def cancel(booking: Booking, *, by: User, reason: str = "", now: datetime) -> Booking:
    """Give the time of all dates back. What has begun is not undone: of a series that has, the dates to come
    are released instead (`bookings.dates`). Raises `MoveNotAllowed`.

    A visitor's hold has nobody who could cancel it: it runs out.
    """
    booking = in_hand(booking)
    if booking.customer is None:
        raise MoveNotAllowed(booking)
    must_allow(booking, Status.CANCELLED)
    must_not_have_begun(dates_left(booking), now=now)
    giving_back.must_allow_all(booking, by=by, now=now)
    return end(booking, Status.CANCELLED, by=by, reason=reason.strip(), now=now)


@in_one_transaction
def settle(booking: Booking, *, by: User, now: datetime) -> Booking:
    """Confirm a booking whose payment a person has seen in time. Raises `MoveNotAllowed`."""
    booking = in_hand(booking)
    must_be(booking, Status.AWAITING_PAYMENT)
    must_be_in_time(booking, now=now)
    must_not_be_being_paid(booking)
    change(booking, Status.CONFIRMED, by=by, now=now)
    return booking


@in_one_transaction
def expire(booking: Booking, *, now: datetime) -> bool:
    """End a hold, request or payment whose time is up. Returns whether it was."""
    booking = in_hand(booking)
    if not booking.is_overdue(now):
        return False
    change(booking, Status.EXPIRED, now=now)
    return True
