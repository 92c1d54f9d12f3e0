"""The waiting list: whoever waits for a time is offered it when it comes free, in order, one at a time.

    wait ──► offer (its time is held) ──► accepted: a booking, and the wait is over
               ▲                      ├─► declined, lapsed: the next in order, or back in search
               └──────────────────────┴─► withdrawn: the time cannot be had after all

What is offered could be booked: it is judged as a new booking of whoever waits, and judged again when it is
accepted. Locks: person, organisation, halls, then the wait and its offers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import connection
from django.db.models import Case, When
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from accounts.problems import Problem, Refused
from accounts.versions import ChangedMeanwhile
from venues import audiences, city_calendar, policies
from venues.clock import local
from venues.models import Space
from venues.models.spaces import HOUR
from venues.opening_hours import A_DAY, Stretch

from . import availability, closures, judging, lifecycle, offers, permissions, sanctions, search, signals
from .models import Booking, Offer, Waiting
from .models.waiting import WaitingQuerySet
from .moves import lock_customer
from .occupancies import lock_halls
from .transactions import in_one_transaction
from .waiting_wishes import WishedWaiting, problems_with, windows_of
from .wishes import Wish

State = Offer.State

# Times of one space that are looked at for one who waits; some were offered before, and are not again.
TIMES_A_SPACE = 200
# Of those that seem free, so many are tried: they may be taken while we look.
TRIES = 5
# Of advisory locks: two who make offers at once would pass somebody by.
IN_TURN = 0x0FFE2


class OfferOver(Refused):
    """The offer was answered, has lapsed or was withdrawn."""

    def __init__(self, offer: Offer):
        message = {
            State.ACCEPTED: _("This offer has been accepted already."),
            State.DECLINED: _("This offer was declined. The time went to the next in line."),
            State.WITHDRAWN: _("This time cannot be had any more. You still wait for another."),
        }
        lapsed = _("The time to answer is over. The time went to the next in line.")
        super().__init__(Problem("offer_over", message.get(State(offer.state), lapsed)))


# --- Waiting --------------------------------------------------------------------------------------


@in_one_transaction
def wait(asked: WishedWaiting, *, customer: User, now: datetime) -> Waiting:
    """Put somebody, or the organisation for which they book, on the waiting list.

    Who asks for the very same again waits as before. Raises `Refused` with everything that is wrong.
    """
    lock_customer(customer, asked.organisation, to_book_at=only_venue(asked.spaces), now=now)
    waits = open_waits(customer, asked)
    if same := next((waiting for waiting in waits if asked.is_said_by(waiting)), None):
        return same
    problems = problems_with(asked, now=now)
    if len(waits) >= settings.MAX_WAITING:
        message = _("You wait for %(count)d times already. Stop waiting for one of them first.")
        problems.append(Problem("too_many_waiting", message % {"count": len(waits)}))
    if problems:
        raise Refused(*problems)
    waiting = Waiting.objects.create(customer=customer, created_at=now, **asked.columns())
    waiting.spaces.set(asked.spaces)
    return waiting


def only_venue(spaces: Sequence[Space]) -> list[int]:
    """Return the venue of spaces that are all of one: a ban there leaves nothing to wait for."""
    venues = {space.venue_id for space in spaces}
    return [*venues] if len(venues) == 1 else []


def open_waits(customer: User, asked: WishedWaiting) -> list[Waiting]:
    """Return for what the organisation waits, or the person for herself."""
    whose = {"organisation": asked.organisation} if asked.organisation else {"customer": customer}
    mine = Waiting.objects.open().filter(**{"organisation": None} | whose)
    return list(mine.prefetch_related("spaces"))


def give_up(waiting: Waiting, *, by: User, now: datetime) -> None:
    """Wait no more. What is on offer goes to the next in order. Nothing happens to a wait that is over."""
    stop(waiting, "given_up", now=now)


@in_one_transaction
def stop(waiting: Waiting, why: str, *, now: datetime) -> None:
    """End a wait, with what is on offer to it."""
    offered = waiting.offers.open()
    halls = set(offered.values_list("space__hall_id", flat=True))
    lock_halls(halls)
    waiting = in_hand(waiting)
    if waiting.ended_at:
        return
    open_offers = offers.locked(waiting.offers.select_related("space"))
    if not {offer.space.hall_id for offer in open_offers} <= halls:
        raise ChangedMeanwhile
    release(open_offers, State.WITHDRAWN, now=now)
    finish(waiting, why, now=now)


def finish(waiting: Waiting, why: str, *, now: datetime) -> None:
    waiting.ended_at = now
    waiting.save(update_fields=["ended_at"])
    signals.waiting_ended.send(Waiting, waiting=waiting, why=why)


def in_hand(waiting: Waiting) -> Waiting:
    rows = Waiting.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("customer", "organisation").get(pk=waiting.pk)


# --- Offering -------------------------------------------------------------------------------------


def offer_freed(hall_id: int, starts_at: datetime, ends_at: datetime, *, now: datetime) -> list[Offer]:
    """Offer time that came free in a hall to those who wait for such a time, in order."""
    first, last = local(starts_at).date() - A_DAY, local(ends_at).date()
    waits = Waiting.objects.open().filter(spaces__hall_id=hall_id, first_on__lte=last, last_on__gte=first)
    return offer_in_order(waits.distinct(), now=now, halls=[hall_id], first=first, last=last)


def offer_all(*, now: datetime) -> list[Offer]:
    """Offer whatever is free to those who wait for it, in order, however it came free."""
    return offer_in_order(Waiting.objects.open(), now=now)


def offer_in_order(waits: WaitingQuerySet, *, now: datetime, **where) -> list[Offer]:
    with in_turn():
        idle = waits.exclude(offers__state=State.OPEN).order_by("created_at", "pk")
        rows = idle.select_related("customer", "organisation")
        made = (offer_to(waiting, now=now, **where) for waiting in rows if is_in_order(waiting))
        return [offer for offer in made if offer]


@contextmanager
def in_turn() -> Iterator[None]:
    """Let no other process make offers until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [IN_TURN])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [IN_TURN])


def is_in_order(waiting: Waiting) -> bool:
    """Whether whoever waits may still book for whom they wait."""
    is_closed = waiting.organisation is not None and waiting.organisation.closed_at is not None
    return waiting.customer.is_active and not is_closed and permissions.can_answer(waiting.customer, waiting)


def offer_to(waiting: Waiting, *, now: datetime, **where) -> Offer | None:
    """Offer somebody the first time that they could book and have not been offered before."""
    for wish in islice(fitting(waiting, now=now, **where), TRIES):
        try:
            if offer := hold(waiting, wish, now=now):
                return offer
        except Refused:  # taken meanwhile, or not for them after all
            continue
    return None


def fitting(
    waiting: Waiting,
    *,
    now: datetime,
    halls: Sequence[int] = (),
    first: date | None = None,
    last: date | None = None,
) -> Iterator[Wish]:
    """Yield the times that would do and seem free, the soonest first, and of spaces the smallest first.

    Those of some halls and days only, if they are named.
    """
    since = now + settings.OFFER_AT_LEAST
    yesterday = local(now).date() - A_DAY  # its night may go on
    stretches = windows_of(waiting, first=max(first or yesterday, yesterday), last=last)
    windows = [(max(start, since), end) for start, end in stretches if end > since]
    if not windows:
        return
    spaces = waiting.spaces.bookable().with_room_for(waiting.attendees)
    if halls:
        spaces = spaces.filter(hall_id__in=halls)
    length = timedelta(minutes=waiting.minutes)
    whose = audiences.asker(waiting.customer, waiting.organisation, today=local(now).date())
    found = availability.free(spaces, windows, now=now, asker=whose, length=length, in_few_halls=True)
    places = Space.objects.with_place().in_bulk([row.space_id for row in found.page])
    times = [
        (start, end, places[row.space_id])
        for row in found.page
        for start, end in islice(search.times_in(row, length, places[row.space_id]), TIMES_A_SPACE)
    ]
    known = answered(waiting)
    for start, end, space in sorted(times, key=lambda time: (time[0], size(time[2]), time[2].pk)):
        if not any(start < known_end and known_start < end for known_start, known_end in known):
            yield wish_for(waiting, space, start, end)


def size(space: Space) -> int:
    return sum(piece.upper - piece.lower for piece in space.footprint)


def answered(waiting: Waiting) -> list[Stretch]:
    """Return the times that they did not want, in whatever space: they are not asked about them again."""
    unwanted = waiting.offers.filter(state__in=[State.DECLINED, State.LAPSED])
    return list(unwanted.values_list("starts_at", "ends_at"))


def wish_for(waiting: Waiting, space: Space, starts_at: datetime, ends_at: datetime) -> Wish:
    return Wish(
        space,
        starts_at,
        ends_at,
        purpose=waiting.purpose,
        attendees=waiting.attendees,
        organisation=waiting.organisation,
    )


@in_one_transaction
def hold(waiting: Waiting, wish: Wish, *, now: datetime) -> Offer | None:
    """Hold the time for somebody, if they could book it now and have the time to answer.

    Raises `Refused` if they could not.
    """
    lock_customer(waiting.customer, waiting.organisation, to_book_at=[wish.space.venue_id], now=now)
    judgement = lifecycle.judged(wish, customer=waiting.customer, now=now)
    known, waiting = waiting, in_hand(waiting)
    if waiting.ended_at or waiting.organisation != known.organisation or waiting.offers.open().exists():
        return None
    until = answer_by(judgement.space, wish.starts_at, now=now)
    if until - now < settings.OFFER_AT_LEAST:
        return None
    return offers.hold(waiting, judgement.space, wish.starts_at, wish.ends_at, until=until, now=now)


def answer_by(space: Space, starts_at: datetime, *, now: datetime) -> datetime:
    """Return until when a time is held: not for ever, and never longer than it can be booked."""
    latest = min(now + settings.OFFER_FOR, starts_at - space.notice_hours * HOUR)
    if not space.notice_weekdays:
        return latest
    day = local(starts_at).date()
    holidays = city_calendar.calendar((), day - policies.NOTICE_REACHES, day)
    return min(latest, policies.notice_deadline(day, space.notice_weekdays, space.notice_by, holidays))


# --- Answering ------------------------------------------------------------------------------------


@in_one_transaction
def accept(offer: Offer, *, by: User, now: datetime, **said) -> Booking:
    """Book, or request, the time that is held: it is free at no moment in between.

    `said` is what the space's policy asks for besides, as in a `Wish`. Raises `OfferOver`, and `Refused` for
    whatever else stands in the way by now; the time is held then as before.
    """
    waiting = offer.waiting
    lock_customer(by, waiting.organisation, to_book_at=[offer.space.venue_id], now=now)
    known, (waiting, offer) = waiting, both_in_hand(offer, now=now)
    if waiting.organisation != known.organisation:  # it has become a part of another meanwhile
        raise ChangedMeanwhile
    if not permissions.can_answer(by, waiting):
        raise Refused(Problem("not_for_you", _("You do not book for this organisation any more.")))
    wish = wish_for(waiting, offer.space, offer.starts_at, offer.ends_at)
    (held,) = offers.end([offer], State.ACCEPTED, now=now)
    offer.booking = lifecycle.booked(replace(wish, **said), customer=by, now=now)
    offer.save(update_fields=["booking"])
    if offer.booking.competes:  # a request that holds no time
        closures.freed(held.hall_id, held.setup_at, held.clear_at, now=now)
    finish(waiting, "met", now=now)
    return offer.booking


@in_one_transaction
def decline(offer: Offer, *, by: User, now: datetime) -> None:
    """Let the next in order have the time, and wait on for another. Raises `OfferOver`."""
    _waiting, offer = both_in_hand(offer, now=now)
    release([offer], State.DECLINED, now=now)


@in_one_transaction
def lapse(offer: Offer, *, now: datetime) -> bool:
    """End an offer that nobody has answered in time. Returns whether it was one."""
    lock_halls([offer.space.hall_id])
    in_hand(offer.waiting)
    overdue = offers.locked(Offer.objects.filter(pk=offer.pk, expires_at__lte=now))
    release(overdue, State.LAPSED, now=now)
    return bool(overdue)


@in_one_transaction
def withdraw(offer: Offer, *, now: datetime) -> None:
    """Take an offer back that came to nothing by nobody's answer."""
    lock_halls([offer.space.hall_id])
    in_hand(offer.waiting)
    release(offers.locked(Offer.objects.filter(pk=offer.pk)), State.WITHDRAWN, now=now)


def both_in_hand(offer: Offer, *, now: datetime) -> tuple[Waiting, Offer]:
    """Lock an offer that can be answered, and its wait. Raises `OfferOver`."""
    lock_halls([offer.space.hall_id])
    waiting = in_hand(offer.waiting)
    fresh = Offer.objects.with_place().select_for_update(of=("self",)).get(pk=offer.pk)
    if not fresh.is_open(now):
        raise OfferOver(fresh)
    return waiting, fresh


def release(ended: Sequence[Offer], state: Offer.State, *, now: datetime) -> None:
    """Let go of what offers held: closures close it again, and the next in order hear of it."""
    for held in offers.end(ended, state, now=now):
        closures.freed(held.hall_id, held.setup_at, held.clear_at, now=now)


# --- Time goes by ---------------------------------------------------------------------------------


def put_in_order(*, now: datetime) -> None:
    """End what is over: offers that lapsed or that cannot be had any more, and waits without a chance."""
    for offer in Offer.objects.open().with_place():
        if offer.expires_at <= now:
            lapse(offer, now=now)
        elif not can_be_had(offer, now=now):
            withdraw(offer, now=now)
    for waiting in Waiting.objects.open().select_related("customer", "organisation"):
        if not is_in_order(waiting) and not hand_over(waiting):
            end_wait(waiting, "not_allowed", now=now)
        elif waiting.last_on < local(now).date() and not waiting.offers.open().exists():
            end_wait(waiting, "over", now=now)


@in_one_transaction
def hand_over(waiting: Waiting) -> bool:
    """Let an organisation keep its place when whoever asked for it has left: an owner waits on for it.

    Returns whether somebody does.
    """
    waiting = in_hand(waiting)
    if waiting.organisation is None or waiting.organisation.closed_at:
        return False
    roles = waiting.organisation.memberships.filter(role__in=Membership.MAY_BOOK, user__is_active=True)
    heir = roles.order_by(Case(When(role=Membership.Role.OWNER, then=0), default=1), "pk").first()
    if heir is None:
        return False
    waiting.customer_id = heir.user_id
    waiting.save(update_fields=["customer"])
    return True


def end_wait(waiting: Waiting, why: str, *, now: datetime) -> None:
    with suppress(ChangedMeanwhile):  # the next minute sees it as it is then
        stop(waiting, why, now=now)


def can_be_had(offer: Offer, *, now: datetime) -> bool:
    """Whether whoever waits could book the time that is held for them, by the rules as they are now."""
    waiting = offer.waiting
    whose = audiences.asker(waiting.customer, waiting.organisation, today=local(now).date())
    here = Space.objects.filter(pk=offer.space_id)
    if not sanctions.without_banned(here, whose, today=local(now).date()).exists():
        return False
    wish = wish_for(waiting, offer.space, offer.starts_at, offer.ends_at)
    problems = judging.judge(wish, asker=whose, now=now).problems
    return not {problem.code for problem in problems} - {"time_taken"}  # by the offer itself
