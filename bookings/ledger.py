"""A season before it is booked: every date with its verdict, and what could be had instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from django.db.models import Q

from accounts.models import User
from accounts.problems import Alternative, Problem, Refused
from venues import audiences
from venues.audiences import Asker
from venues.clock import at, local
from venues.fields import pieces
from venues.models import Space
from venues.opening_hours import A_DAY

from . import judging, quotes, recurrence, sanctions
from .alternatives import nearest_start
from .availability import FreeSpace, free
from .judging import Judgement, Seen
from .lifecycle import must_be_asked
from .quotes import DateQuote, Quote
from .recurrence import SeriesWish, Turn, wish_for
from .wishes import Wish

# How many other spaces are looked at for every date, and how much is offered for one.
MOST_RIVALS = 5
SPACES_OFFERED, TIMES_OFFERED = 3, 2


@dataclass(frozen=True)
class Row:
    """A turn, everything that stands in its way, what is free instead, the nearest first, and what it costs.

    `is_left_out`: it is skipped because the customer wanted it so.
    """

    turn: Turn
    problems: Sequence[Problem] = ()
    alternatives: Sequence[Alternative] = ()
    price: DateQuote | None = None

    @property
    def is_free(self) -> bool:
        return not self.problems

    @property
    def is_left_out(self) -> bool:
        return self.turn.is_left_out


@dataclass(frozen=True)
class Ledger:
    """The dates of a season in order. `is_by_request`: the venue decides on them.

    `is_price_open`: what it costs depends on the kind of use, which has not been said yet.
    """

    rows: Sequence[Row] = field(default_factory=list)
    is_by_request: bool = False
    is_price_open: bool = False

    @property
    def free(self) -> int:
        """How many dates could be booked."""
        return sum(row.is_free for row in self.rows)

    @property
    def price(self) -> Quote | None:
        """What the dates that could be booked cost together; None if they have no prices."""
        prices = [row.price for row in self.rows if row.price and row.is_free]
        return Quote(prices) if prices else None


def ledger(asked: SeriesWish, *, customer: User, now: datetime) -> Ledger:
    """Return every date of a season with its verdict. So many statements, whatever the number of dates.

    Raises `Refused` with everything that is wrong with the wish as such. What is said to be free is so at the
    moment; the quotas count the series' own dates.
    """
    asked = with_space_as_it_is(asked, now=now)
    who = audiences.asker(customer, asked.organisation, today=local(now).date())
    must_not_be_banned(who, asked.space, now=now)
    all_turns = recurrence.turns(asked, recurrence.calendar_for(asked))
    turns = [turn for turn in all_turns if not turn.skipped]
    rivals = rivals_of(asked)
    wishes = [wish_for(asked, asked.space, turn.starts_at, turn.ends_at) for turn in turns]
    beside = [replace(wish, space=rival) for wish in wishes for rival in rivals]
    seen = judging.look([*wishes, *beside], asker=who, now=now)
    judged = seen.judgements(in_turn=len(wishes))
    ours = replace(seen, known=seen.known[: len(wishes)])
    prices = ours.prices()
    is_price_open = any(quotes.waits_for_purpose(price) for price in prices)
    told = [None if quotes.waits_for_purpose(price) else price for price in prices]
    verdicts, others = judging.with_prices(judged[: len(wishes)], told), judged[len(wishes) :]
    unfree = [wish for wish, verdict in zip(wishes, verdicts, strict=True) if verdict.problems]
    times = other_times(asked, unfree, ours)
    rows = {}
    for number, (turn, verdict) in enumerate(zip(turns, verdicts, strict=True)):
        alternatives: list[Alternative] = []
        if verdict.problems:
            theirs = others[number * len(rivals) : (number + 1) * len(rivals)]
            alternatives = [*free_at_the_time(turn, theirs), *times.get(turn.starts_at, [])]
        rows[turn.starts_at] = Row(turn, verdict.problems, alternatives, verdict.price)
    return Ledger(
        [Row(turn, [turn.skipped]) if turn.skipped else rows[turn.starts_at] for turn in all_turns],
        is_by_request=any(
            must_be_asked(wish, verdict)
            for wish, verdict in zip(wishes, verdicts, strict=True)
            if not verdict.problems
        ),
        is_price_open=is_price_open,
    )


Quoted = tuple[Wish, DateQuote | Problem | None]


def quotes_of(asked: SeriesWish, *, now: datetime) -> list[Quoted]:
    """Return what every date of a season would cost, whether it can be had or not.

    As many statements, whatever the number of dates. Raises `Refused` if the wish as such cannot be met.
    """
    asked = with_space_as_it_is(asked, now=now)
    turns = recurrence.turns(asked, recurrence.calendar_for(asked))
    wishes = [
        wish_for(asked, asked.space, turn.starts_at, turn.ends_at) for turn in turns if not turn.skipped
    ]
    return list(zip(wishes, quotes.quotes_for(wishes, now=now), strict=True))


def with_space_as_it_is(asked: SeriesWish, *, now: datetime) -> SeriesWish:
    """Return the wish with its space read anew. Raises `Refused` if anything is wrong with it as such."""
    if problems := recurrence.problems_with(asked, today=local(now).date()):
        raise Refused(*problems)
    return replace(asked, space=Space.objects.with_place().get(pk=asked.space.pk))


def must_not_be_banned(asker: Asker, space: Space, *, now: datetime) -> None:
    bans = sanctions.bans_on(asker, local(now).date()).filter(Q(venue=None) | Q(venue=space.venue_id))
    if days := [ban.until for ban in bans if ban.until]:
        raise sanctions.banned(max(days))


def rivals_of(asked: SeriesWish) -> list[Space]:
    """Return other spaces of the hall and the venue that could hold it, the likeliest first.

    Those on other terms of use are none: nobody has accepted them.
    """
    space = asked.space
    in_the_hall = Q(hall_id=space.hall_id)
    for_the_same = Q(purposes__in=space.purposes.all()) | Q(purposes=None)
    there = Space.objects.bookable().with_room_for(asked.attendees).exclude(pk=space.pk)
    found = there.filter(in_the_hall | for_the_same, venue=space.venue_id, terms=space.terms_id)
    floor = pieces(space.footprint)

    def how_unlike(rival: Space) -> tuple[bool, bool, int, int]:
        theirs = pieces(rival.footprint)
        is_elsewhere = rival.hall_id != space.hall_id
        shares_floor = not is_elsewhere and bool(theirs & floor)
        return shares_floor, is_elsewhere, abs(len(theirs) - len(floor)), rival.pk

    return sorted(found.with_place().distinct(), key=how_unlike)[:MOST_RIVALS]


def free_at_the_time(turn: Turn, judged: Sequence[Judgement]) -> list[Alternative]:
    spaces = [judgement.space for judgement in judged if not judgement.problems]
    return [Alternative(space, turn.starts_at, turn.ends_at) for space in spaces[:SPACES_OFFERED]]


def other_times(asked: SeriesWish, unfree: Sequence[Wish], seen: Seen) -> dict[datetime, list[Alternative]]:
    """Return when the space is free on the days of these wishes, by their starts, the nearest time first.

    One statement. `seen` is the series itself: what is offered keeps the quotas beside it.
    """
    length = recurrence.length_of(asked)
    windows = list(windows_of(sorted({local(wish.starts_at).date() for wish in unfree}), now=seen.now))
    if not windows:
        return {}
    found = free(
        Space.objects.filter(pk=asked.space.pk),
        windows,
        now=seen.now,
        asker=seen.asker,
        length=length,
        in_few_halls=True,
    )
    offers = [
        (wish, offered)
        for free_space in found.page
        for wish in unfree
        for offered in on_the_day(wish, asked.space, free_space, length)
    ]
    judged = seen.judgements_beside([offered for _wish, offered in offers])
    kept: dict[datetime, list[Alternative]] = {}
    for (wish, offered), judgement in zip(offers, judged, strict=True):
        if not judgement.problems:
            alternative = Alternative(asked.space, offered.starts_at, offered.ends_at)
            kept.setdefault(wish.starts_at, []).append(alternative)
    return {start: alternatives[:TIMES_OFFERED] for start, alternatives in kept.items()}


def windows_of(days: Sequence[date], *, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    for day in days:
        begins, ends = at(day, time.min), at(day + A_DAY, time.min)
        if ends > now:
            yield max(begins, now), ends


def on_the_day(wish: Wish, space: Space, found: FreeSpace, length: timedelta) -> list[Wish]:
    """Return when else on the day of the wish the space is free, the nearest time first."""
    if found.is_whole_day:
        times = list(found.stretches)
    else:
        step = timedelta(minutes=space.start_step)
        starts = [
            nearest_start(first, until - length, wish.starts_at, step) for first, until in found.stretches
        ]
        times = [(start, start + length) for start in starts]
    day = local(wish.starts_at).date()
    there = [time for time in times if local(time[0]).date() == day]
    there.sort(key=lambda time: (abs(time[0] - wish.starts_at), time))
    return [replace(wish, starts_at=start, ends_at=end) for start, end in there]
