"""Wishes, judged: everything that stands in the way of one, or of each of many.

One statement, whatever the number of wishes, and one more where a quota holds. What the database knows of a
wish (`Known`) and what follows from it (`problems_with`) are apart: it can be said in every language.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import Range

from accounts.models import User
from accounts.problems import Problem
from venues import policies, price_tables, quotas, terms_of_use
from venues.audiences import Asker
from venues.clock import local
from venues.fields import bounds, pieces
from venues.models import Opening, Purpose, Space
from venues.opening_hours import merged

from . import closures, quotes
from .known import (
    Known,
    asked_of_time,
    audiences_of,
    covers,
    dates_that_count,
    is_conceivable,
    look_at,
    with_times,
)
from .occupancies import taken
from .quotes import DateQuote
from .recurrence import overlapping_itself
from .wishes import Wish

# After these, whether the time is open and free is not worth asking.
BEYOND_ASKING = {"ends_before_start", "in_the_past", "too_far", "too_long"}


@dataclass(frozen=True)
class Judgement:
    """The space as it is now, everything that stands in the way, whether staff is there throughout, and what
    it costs.
    """

    space: Space
    problems: list[Problem]
    is_staffed: bool = False
    # What it costs, where that was asked and the space has a price list.
    price: DateQuote | None = None

    @property
    def is_free_of_charge(self) -> bool:
        """Whether a price list says that nothing is to be paid."""
        return self.price is not None and self.price.gross_cents == 0


def judge(wish: Wish, *, asker: Asker, now: datetime, ignoring: int | None = None) -> Judgement:
    """Return the space as it is now, and everything that stands in the way of the wish.

    One statement, about the hall as it is drawn now, however long ago `wish.space` was read. The booking with
    the id `ignoring` is no obstacle. Under the hall's lock the answer stays true until the lock is given up;
    without it, it is only a friendly early word. Of quotas it is true under the locks of the customer.
    """
    is_asked = is_conceivable(wish.starts_at, wish.ends_at, now=now)
    spaces: QuerySet[Any] = asked_of_time(wish, asker, ignoring) if is_asked else Space.objects.with_place()
    space = spaces.get(pk=wish.space.pk)
    known = Known(wish, space, is_asked)
    if is_asked:
        known = with_times(known, space.open_times, space.is_taken)
    if known.is_taken:
        closed_by = closures.in_the_way(known.space, wish.starts_at, wish.ends_at)
        known = replace(known, closed_by=closed_by)
    if known.is_for_others:
        known = replace(known, meant_for=audiences_of([known])[0])
    problems = problems_with(known, asker=asker, now=now)
    if not BEYOND_ASKING & {problem.code for problem in problems}:
        begun = dates_that_count([known], asker, ignoring=[ignoring] if ignoring else [])
        problems += over_quota(known, begun[known.space.venue_id])
    return Judgement(known.space, problems, is_staffed=covers(known.staffed, wish))


def problems_with(known: Known, *, asker: Asker, now: datetime) -> list[Problem]:
    """Return everything that stands in the way but quotas, in the language that is spoken. No statement."""
    wish, space = known.wish, known.space
    starts_at, ends_at = wish.starts_at, wish.ends_at
    problems = policies.problems_with(
        space, starts_at, ends_at, attendees=wish.attendees, asker=asker, now=now
    )
    codes = {problem.code for problem in problems}
    if not known.is_asked or BEYOND_ASKING & codes:
        return problems
    if not covers(known.anybodys, wish):
        problems.append(closed())
    elif not covers(known.theirs, wish) and "not_for_you" not in codes:
        problems.append(policies.not_for(known.meant_for, asker))
    stretch = next((one for one in known.theirs if one[0] <= starts_at < one[1]), None)
    problems += policies.problems_with_opening(space, starts_at, ends_at, stretch)
    if known.is_taken:
        problems.append(closures.problem_of(known.closed_by) or taken())
    return problems


def with_prices(
    judgements: Sequence[Judgement], prices: Sequence[DateQuote | Problem | None]
) -> list[Judgement]:
    """Return judgements with what each wish costs; that nobody can say so stands in its way."""
    return [
        replace(judgement, problems=[*judgement.problems, price])
        if isinstance(price, Problem)
        else replace(judgement, price=price)
        for judgement, price in zip(judgements, prices, strict=True)
    ]


def is_staffed(wish: Wish) -> bool:
    """Whether staff is there throughout the wish, where it matters: only then the database is asked."""
    if not wish.space.approval_unstaffed:
        return True
    wished = Range(wish.starts_at, wish.ends_at)
    openings = Opening.objects.filter(timetable=wish.space.timetable_in_force_id, is_staffed=True)
    staffed = openings.filter(period__overlap=wished).values_list("period", flat=True)
    return covers(merged(map(bounds, staffed)), wish)


def closed() -> Problem:
    return Problem("closed", _("The space is not open then. Look at its opening hours."), "starts_at")


# --- Quotas ---------------------------------------------------------------------------------------


def over_quota(known: Known, begun: Iterable[datetime]) -> Iterator[Problem]:
    """Judge the space's quotas, if it has any. `begun`: when the customer's dates at the venue begin."""
    return quotas.problems_with_quotas(known.space, local(known.wish.starts_at).date(), begun)


# --- Many wishes ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What the database knows of many wishes, and when the customer's dates begin, by venue."""

    known: Sequence[Known]
    begun: dict[int, list[datetime]]
    asker: Asker
    now: datetime

    def judgements(self, *, in_turn: int = 0) -> list[Judgement]:
        """Return the judgements in the order of the wishes, in the language that is spoken. No statement.

        The first so many are made `in_turn`: each in whose way nothing stands holds its time and counts for
        quotas. All that follow are judged beside them, each as if it were the only one.
        """
        begun = defaultdict(list, {venue: list(starts) for venue, starts in self.begun.items()})
        holding: list[Known] = []
        found = []
        for number, known in enumerate(self.known):
            problems = problems_with(known, asker=self.asker, now=self.now)
            if not BEYOND_ASKING & {problem.code for problem in problems}:
                problems += over_quota(known, begun[known.space.venue_id])
            if any(collide(known, other) for other in holding):
                problems.append(overlapping_itself())
            if number < in_turn and not problems:
                holding.append(known)
                begun[known.space.venue_id].append(known.wish.starts_at)
            found.append(Judgement(known.space, problems, is_staffed=covers(known.staffed, known.wish)))
        return found

    def prices(self) -> list[DateQuote | Problem | None]:
        """Return what each wish would cost in its space as it is now."""
        wishes = [replace(known.wish, space=known.space) for known in self.known]
        return quotes.quotes_for(wishes, now=self.now)

    def judgements_beside(self, wishes: Sequence[Wish]) -> list[Judgement]:
        """Return the judgements of wishes that are known to be free, each beside all that were seen."""
        known = [
            Known(wish, wish.space, is_asked=True, theirs=[when], anybodys=[when])
            for wish in wishes
            for when in [(wish.starts_at, wish.ends_at)]
        ]
        number = len(self.known)
        return replace(self, known=[*self.known, *known]).judgements(in_turn=number)[number:]


def judge_all(
    wishes: Sequence[Wish],
    *,
    asker: Asker,
    now: datetime,
    ignoring: Collection[int] = (),
    leaving: Collection[int] = (),
    in_turn: int = 0,
) -> list[Judgement]:
    """Judge many wishes of one asker, as `judge` would. As many statements, whatever the number of wishes.

    Bookings with the ids `ignoring` and dates with the ids `leaving` are no obstacles and use up no quota.
    For `in_turn`: `Seen.judgements`.
    """
    seen = look(wishes, asker=asker, now=now, ignoring=ignoring, leaving=leaving)
    return seen.judgements(in_turn=in_turn)


def look(
    wishes: Sequence[Wish],
    *,
    asker: Asker,
    now: datetime,
    ignoring: Collection[int] = (),
    leaving: Collection[int] = (),
) -> Seen:
    """Ask the database what it knows of many wishes, and one statement more where a quota counts."""
    known = look_at(wishes, asker=asker, now=now, ignoring=ignoring, leaving=leaving)
    begun = dates_that_count(known, asker, ignoring=ignoring, leaving=leaving)
    return Seen(known, begun, asker, now)


def collide(one: Known, other: Known) -> bool:
    """Whether the exclusion constraints would refuse two wishes beside each other."""
    if one.space.hall_id != other.space.hall_id:
        return False
    gap = max(one.space.setup, one.space.cleanup)
    ours, theirs = one.wish, other.wish
    if ours.starts_at >= theirs.ends_at + gap or theirs.starts_at >= ours.ends_at + gap:
        return False
    return one.space.pk == other.space.pk or bool(pieces(one.space.footprint) & pieces(other.space.footprint))


# --- What the form has to say ---------------------------------------------------------------------


def requirements(wish: Wish, *, customer: User, now: datetime) -> list[Problem]:
    """Return what the space's policy wants to be told before it is booked, and was not.

    Nobody is asked it who only looks for time, or keeps it while the form is open. Needs the space as it is.
    """
    return [
        *missing_purpose(wish),
        *missing_adult(wish),
        *missing_birth_date(wish.space, customer),
        *missing_terms(wish, now=now),
    ]


def missing_purpose(wish: Wish) -> Iterator[Problem]:
    kinds = list(kinds_of_use(wish.space))
    if not kinds or wish.main_purpose in kinds:
        return
    if not wish.space.approval_purposes:
        yield quotes.purpose_missing()
        return
    message = _("Choose the kind of use: some need the venue's approval.")
    yield Problem("purpose_missing", message, "main_purpose")


def kinds_of_use(space: Space) -> QuerySet[Purpose]:
    """Return from what a customer chooses: the space's purposes, and those on which approval or price depend.

    None where nothing depends on it.
    """
    by_price = price_tables.purposes_of_prices(space) if quotes.has_prices(space) else []
    if not space.approval_purposes and not by_price:
        return Purpose.objects.none()
    by_price_ids = [purpose.pk for purpose in by_price]
    kinds = Q(spaces=space) | Q(code__in=space.approval_purposes) | Q(pk__in=by_price_ids)
    return Purpose.objects.filter(kinds).distinct()


def missing_adult(wish: Wish) -> Iterator[Problem]:
    if wish.space.needs_adult and not wish.adult_name.strip():
        message = _("Give the name of the adult who is in charge on the spot.")
        yield Problem("adult_missing", message, "adult_name")
    if wish.space.needs_adult and not wish.adult_phone.strip():
        message = _("Give a phone number at which the adult in charge answers.")
        yield Problem("adult_missing", message, "adult_phone")


def missing_birth_date(space: Space, customer: User) -> Iterator[Problem]:
    if space.min_age and customer.born_on is None:
        message = _("Give your date of birth: whoever books here must be at least %(age)d years old.")
        yield Problem("birth_date_missing", message % {"age": space.min_age}, "born_on")


def missing_terms(wish: Wish, *, now: datetime) -> Iterator[Problem]:
    version = terms_of_use.in_force(wish.space, now=now)
    if version is None or wish.accepted_terms == version:
        return
    if wish.accepted_terms and wish.accepted_terms.terms_id == version.terms_id:
        message = _("The terms of use have just changed. Read the new ones and accept them.")
        yield Problem("terms_changed", message, "accepted_terms")
    else:
        yield Problem("terms_not_accepted", _("Read the terms of use and accept them."), "accepted_terms")
