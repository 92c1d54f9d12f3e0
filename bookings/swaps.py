"""Swaps: two customers give each other one of their dates, where the venues' policies allow it.

One proposes, the other agrees. Then each side is judged as if it booked the other's time anew; the times
themselves stay taken throughout, and only change hands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.problems import Problem, Refused
from venues.models import Space

from . import charges, dates, judging, lifecycle, occupancies, permissions, signals
from .models import Booking, Hit, Impact, Occupancy, Status, Swap
from .moves import end_quietly, lock_customer, split_off
from .quotes import DateQuote
from .transactions import in_one_transaction, lock
from .wishes import asker_of, dates_left, dates_of, wish_of

# How far around a date others are offered to swap it for, and how many proposals one date may have open.
AROUND = timedelta(days=21)
MOST_OPEN = 5

State = Swap.State


# --- Proposing ------------------------------------------------------------------------------------


@in_one_transaction
def propose(offered: Occupancy, wanted: Occupancy, message: str, *, by: User, now: datetime) -> Swap:
    """Ask whoever has the `wanted` date whether they take the `offered` one for it. Raises `Refused`."""
    if mine := offered.booking:
        venue = wanted.space.venue_id
        lock_customer(mine.customer, mine.organisation, to_book_at=[venue], now=now)
    lock(Booking, [pk for pk in (offered.booking_id, wanted.booking_id) if pk])
    offered, wanted = with_bookings([offered.pk, wanted.pk])
    if problems := list(problems_with(offered, wanted, now=now)):
        raise Refused(*problems)
    open_ones = Swap.objects.filter(offered=offered, state=State.PROPOSED)
    if open_ones.filter(wanted=wanted).exists():
        raise Refused(Problem("proposed_already", _("This swap has been proposed already.")))
    if open_ones.count() >= MOST_OPEN:
        message_of = _("You have proposed to swap this date already. Withdraw a proposal first.")
        raise Refused(Problem("too_many_proposals", message_of))
    mine, theirs = agreed_booking(offered), agreed_booking(wanted)
    assert theirs.customer is not None, "It is confirmed."
    swap = Swap.objects.create(
        offered=offered,
        wanted=wanted,
        offered_starts_at=offered.starts_at,
        wanted_starts_at=wanted.starts_at,
        message=message.strip(),
        proposed_by=by,
        organisation=mine.organisation,
        asked=theirs.customer,
        asked_organisation=theirs.organisation,
        proposed_at=now,
    )
    signals.swap_proposed.send(Swap, swap=swap)
    return swap


def with_bookings(pks: list[int]) -> list[Occupancy]:
    """Return dates as they are now, in this order, with all that is asked about them."""
    told = "space__venue", "space__part_of", "booking__customer", "booking__organisation", "booking__space"
    found = Occupancy.objects.select_related(*told).in_bulk(pks)
    return [found[pk] for pk in pks]


def agreed_booking(date: Occupancy) -> Booking:
    assert date.booking is not None, "Both were looked at."
    return date.booking


def problems_with(offered: Occupancy, wanted: Occupancy, *, now: datetime) -> Iterator[Problem]:
    """Say what keeps two dates from being swapped, whatever the policies say of each new holder."""
    for date in (offered, wanted):
        booking = date.booking
        if booking is None or booking.status != Status.CONFIRMED or date.released_at:
            yield Problem("not_confirmed", _("One of the two dates is not confirmed any more."))
        elif date.starts_at <= now:
            yield Problem("already_begun", _("One of the two dates has already begun."))
        elif not date.space.can_be_swapped:
            yield Problem("not_swappable", _("The venue lets nobody swap dates of this space."))
    leaving = Hit.objects.filter(date__in=[offered, wanted], impact__in=Impact.objects.pending())
    if leaving.exclude(fate=Hit.Fate.KEEP).exists():  # nobody is told of it before it is due
        message = _("One of the two dates cannot be swapped right now. Try again tomorrow, or ask the venue.")
        yield Problem("not_swappable_now", message)
    if offered.booking and wanted.booking and whose(offered.booking) == whose(wanted.booking):
        yield Problem("same_customer", _("Both dates are yours already."))


def whose(booking: Booking) -> tuple:
    return (
        ("organisation", booking.organisation_id)
        if booking.organisation_id
        else (
            "person",
            booking.customer_id,
        )
    )


def own_date(user: User, pk: int) -> Occupancy | None:
    """Return a date of those that somebody may offer, with its booking: the venue lets it be swapped."""
    told = "space__venue", "booking__customer", "booking__organisation", "booking__space__venue"
    dates = Occupancy.objects.filter(booking__isnull=False, space__can_be_swapped=True)
    date = dates.select_related(*told).filter(pk=pk).first()
    is_theirs = date and date.booking and permissions.is_customer(user, date.booking)
    return date if is_theirs else None


def wanted_for(date: Occupancy, *, now: datetime) -> QuerySet[Occupancy]:
    """Return dates of others for which this one could be swapped: at its venue, some weeks around it."""
    booking = date.booking
    assert booking is not None, "Only dates of bookings are swapped."
    others = Occupancy.objects.filter(
        space__venue=booking.space.venue_id,
        space__can_be_swapped=True,
        booking__status=Status.CONFIRMED,
        released_at=None,
        starts_at__gt=max(now, date.starts_at - AROUND),
        starts_at__lt=date.starts_at + AROUND,
    )
    if booking.organisation_id:
        others = others.exclude(booking__organisation=booking.organisation_id)
    else:
        others = others.exclude(booking__customer=booking.customer_id, booking__organisation=None)
    told = "space__venue", "space__part_of", "booking__customer", "booking__organisation"
    return others.select_related(*told).order_by("starts_at", "pk")


# --- Answering ------------------------------------------------------------------------------------


@in_one_transaction
def agree(swap: Swap, *, by: User, now: datetime) -> Swap:
    """Let both dates change hands. Each side is judged as a new booking of the other's time.

    Raises `Refused` with all that stands in the way, and then nothing has changed.
    """
    offered, wanted = with_bookings([swap.offered_id, swap.wanted_id])
    lock_both(offered, wanted, by=by, now=now)
    dates.in_hand([offered, wanted])
    swap = in_hand(swap)
    offered, wanted = with_bookings([swap.offered_id, swap.wanted_id])
    must_be_as_proposed(swap, offered, wanted, now=now)
    prices = [
        must_be_bookable(date, at=there, by=by, now=now)
        for date, there in ((offered, wanted), (wanted, offered))
    ]
    change_hands(offered, wanted, prices, by=by, now=now)
    return answer(swap, State.AGREED, by=by, now=now)


def lock_both(one: Occupancy, other: Occupancy, *, by: User, now: datetime) -> None:
    """Lock both customers, persons before organisations, each in id order; banned ones are refused."""
    bookings = [date.booking for date in (one, other) if date.booking]
    lock(User, [booking.customer_id for booking in bookings if booking.customer_id])
    lock(Organisation, [booking.organisation_id for booking in bookings if booking.organisation_id])
    for booking, there in zip(bookings, [other, one], strict=True):
        try:
            venue = there.space.venue_id
            lock_customer(booking.customer, booking.organisation, to_book_at=[venue], now=now)
        except Refused as refusal:
            raise (refusal if permissions.is_customer(by, booking) else other_side_cannot()) from None


def other_side_cannot() -> Refused:
    """What stands in the way of the others is theirs to know: whether they are banned, how old they are."""
    message = _("The other side cannot have your date at the moment. Tell them, if you know them.")
    return Refused(Problem("other_side_cannot", message))


def in_hand(swap: Swap) -> Swap:
    swap = Swap.objects.select_for_update(no_key=True, of=("self",)).get(pk=swap.pk)
    if swap.state != State.PROPOSED:
        raise Refused(Problem("answered_already", _("This proposal has been answered or withdrawn already.")))
    return swap


def must_be_as_proposed(swap: Swap, offered: Occupancy, wanted: Occupancy, *, now: datetime) -> None:
    problems = list(problems_with(offered, wanted, now=now))
    if (offered.starts_at, wanted.starts_at) != (swap.offered_starts_at, swap.wanted_starts_at):
        problems.append(Problem("moved_meanwhile", _("One of the two dates has been moved meanwhile.")))
    if problems:
        raise Refused(*problems)


def must_be_bookable(date: Occupancy, *, at: Occupancy, by: User, now: datetime) -> DateQuote | None:
    """Judge the customer of a date as if they booked the other's time, and return what it costs them.

    Needs all locks.

    In the space that they have, the venue has agreed to them, and lets them swap; in another one nobody has.
    """
    booking = date.booking
    assert booking is not None, "Both were looked at."
    assert booking.customer is not None, "Both are confirmed."
    there = replace(wish_of(booking, date), space=at.space, starts_at=at.starts_at, ends_at=at.ends_at)
    seen = judging.look([there], asker=asker_of(booking, now=now), now=now, leaving=[date.pk, at.pk])
    (judgement,) = judging.with_prices(seen.judgements(), seen.prices())
    wanting = replace(there, space=judgement.space)
    problems = [*judgement.problems, *judging.requirements(wanting, customer=booking.customer, now=now)]
    if at.space_id != date.space_id:
        problems += lifecycle.passing_by(booking, wanting, judgement, by=booking.customer)
    problems += lifecycle.costing_more(booking, date, judgement.price, by=None)
    if problems and not permissions.is_customer(by, booking):
        raise other_side_cannot()
    if problems:
        raise Refused(*(replace(problem, field="") for problem in problems))
    return judgement.price


def change_hands(
    one: Occupancy, other: Occupancy, prices: Sequence[DateQuote | None], *, by: User, now: datetime
) -> None:
    """Give each date to the other's booking, in one statement: nobody else can come in between.

    `prices`: what each side pays for what it gets, the side of the `one` first.
    """
    mine, theirs = one.booking, other.booking
    assert mine is not None, "Both were looked at."
    assert theirs is not None, "Both were looked at."
    homes = home(theirs, one.space), home(mine, other.space)
    occupancies.change_hands({one.pk: homes[0].pk, other.pk: homes[1].pk})
    paid = charges.standing([one.pk, other.pk])
    paid_by = {pk: standing.booking_id for pk, standing in paid.items()}
    got = [
        charges.Moved(other.pk, one.space, homes[1], prices[0], paid_by=paid_by.get(one.pk)),
        charges.Moved(one.pk, other.space, homes[0], prices[1], paid_by=paid_by.get(other.pk)),
    ]
    charges.reprice(got, by=by, now=now)
    for booking in {booking.pk: booking for booking in (mine, theirs)}.values():
        fresh = Booking.objects.get(pk=booking.pk)
        if fresh.dates.exists() and not dates_left(fresh):
            end_quietly(fresh, by=by, now=now)


def home(booking: Booking, space: Space) -> Booking:
    """Return the booking of the same customer to which a date in that space belongs from now on."""
    if booking.space_id == space.pk:
        return booking
    if len(dates_of(booking)) == 1:
        booking.space = space
        booking.save(update_fields=["space"])
        return booking
    return split_off(booking, space)


@in_one_transaction
def decline(swap: Swap, *, by: User, now: datetime) -> Swap:
    """Say no to a proposal."""
    return answer(in_hand(swap), State.DECLINED, by=by, now=now)


@in_one_transaction
def withdraw(swap: Swap, *, by: User, now: datetime) -> Swap:
    """Take a proposal back."""
    return answer(in_hand(swap), State.WITHDRAWN, by=by, now=now)


def answer(swap: Swap, state: State, *, by: User | None, now: datetime) -> Swap:
    swap.state, swap.answered_by, swap.answered_at = state, by, now
    swap.save(update_fields=["state", "answered_by", "answered_at"])
    if state == State.AGREED:
        swapped = [swap.offered_id, swap.wanted_id]
        lapse(Q(offered__in=swapped) | Q(wanted__in=swapped))
    signals.swap_answered.send(Swap, swap=swap)
    return swap


def lapse(over: Q) -> int:
    """End open proposals that can come to nothing any more, and announce it. Returns how many."""
    due = Swap.objects.filter(over, state=State.PROPOSED).values("pk")
    locked = Swap.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=due)
    ended = list(locked.order_by("pk"))
    for swap in ended:
        swap.state = State.LAPSED
        swap.save(update_fields=["state"])
        signals.swap_answered.send(Swap, swap=swap)
    return len(ended)


@in_one_transaction
def lapse_due(*, now: datetime) -> int:
    """End the proposals of which a date has begun, moved, or is nobody's any more. Returns how many."""
    over = (
        Q(offered_starts_at__lte=now)
        | Q(wanted_starts_at__lte=now)
        | ~Q(offered__starts_at=F("offered_starts_at"))
        | ~Q(wanted__starts_at=F("wanted_starts_at"))
        | ~Q(offered__booking__status=Status.CONFIRMED)
        | ~Q(wanted__booking__status=Status.CONFIRMED)
        | Q(offered__released_at__isnull=False)
        | Q(wanted__released_at__isnull=False)
    )
    return lapse(over)


# --- Who sees what --------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[Swap]:
    """Return what somebody, or their organisations, proposed or were asked, whoever has the dates now.

    Whoever proposed it for an organisation and has left that sees it no more.
    """
    told = [
        f"{side}__{what}"
        for side in ("offered", "wanted")
        for what in ("space__venue", "booking__customer", "booking__organisation", "booking__space")
    ]
    people = "proposed_by", "organisation", "asked", "asked_organisation"
    return Swap.objects.filter(proposed_for(user) | asked_of(user)).select_related(*told, *people)


def proposed_for(user: User) -> Q:
    """Proposals that they made for themselves, or somebody for their organisations."""
    return Q(proposed_by=user, organisation=None) | Q(organisation__in=organisations_of(user))


def asked_of(user: User) -> Q:
    """Proposals for dates of theirs, or of their organisations."""
    return Q(asked=user, asked_organisation=None) | Q(asked_organisation__in=organisations_of(user))


def organisations_of(user: User) -> QuerySet:
    return user.memberships.values("organisation")


def can_propose(user: User, booking: Booking) -> bool:
    """Whether somebody may propose to swap the booking's dates. Needs its `space` loaded."""
    is_agreed = booking.status == Status.CONFIRMED
    return is_agreed and booking.space.can_be_swapped and permissions.is_customer(user, booking)


def can_answer(user: User, swap: Swap) -> bool:
    return permissions.acts_for(user, swap.asked_id, swap.asked_organisation)


def can_withdraw(user: User, swap: Swap) -> bool:
    return permissions.acts_for(user, swap.proposed_by_id, swap.organisation)


# What may be answered to a proposal: how it is done, and who may.
ANSWERS = {
    "agree": (agree, can_answer),
    "decline": (decline, can_answer),
    "withdraw": (withdraw, can_withdraw),
}
