"""Seasons booked in one go, and missed dates made up for. Changes to them: `bookings.series_changes`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.problems import Problem, Refused
from accounts.texts import LANGUAGES
from venues import audiences, wording
from venues.clock import local
from venues.models import Space
from venues.opening_hours import A_WEEK
from venues.policies import season_of

from . import charges, judging, lifecycle, occupancies, quotes, recurrence, signals
from .judging import Judgement, Seen
from .ledger import Row, with_space_as_it_is
from .models import AGREED_OR_ASKED, Booking, MissedDate, Occupancy, Series
from .moves import announce, lock_customer, locked
from .quotes import DateQuote, Quote
from .recurrence import SeriesWish, Turn, wish_for
from .series_in_words import as_it_is
from .transactions import in_one_transaction
from .wishes import Wish, wish_of

A_YEAR = 52 * A_WEEK  # the same weekdays again

Mode = Literal["free", "all"]
Place = tuple[Space, datetime, datetime]


class NotAllFree(Refused):
    """Dates cannot be had: `rows` says which and why. Nothing was booked."""

    def __init__(self, summary: Problem, rows: Sequence[Row]):
        super().__init__(summary, *dated(rows))
        self.rows = rows


def dated(rows: Sequence[Row]) -> Iterator[Problem]:
    """Say on which day each problem is."""
    for row in rows:
        if not row.is_left_out:
            for problem in row.problems:
                day = wording.short_day(row.turn.starts_at)
                yield replace(problem, message=f"{day} {problem.message}")


@dataclass(frozen=True)
class Booked:
    """What came of a wish: a booking for each space, and the dates that were missed, with every reason."""

    series: Series
    bookings: list[Booking]
    made: list[Occupancy]
    missed: list[MissedDate]


# --- Booking a season -----------------------------------------------------------------------------


@in_one_transaction
def book(
    asked: SeriesWish,
    *,
    customer: User,
    now: datetime,
    mode: Mode = "free",
    replacements: Mapping[datetime, Place] | None = None,
    seen_cents: int | None = None,
) -> Booked:
    """Book, or request, the free dates of a season, or "all" or none, in one transaction.

    `replacements` says what is taken instead of a turn, by its start: a space and from when to when. Dates
    that cannot be had are kept as missed. `seen_cents`: what the customer was shown that all of it costs; for
    another price nothing is booked. Raises `NotAllFree` if one of "all" cannot be had, or of the free
    none is left; `Refused` with everything else that stands in the way of the whole.
    """
    asked = with_space_as_it_is(asked, now=now)
    turns = recurrence.turns(asked, calendar := recurrence.calendar_for(asked))
    places = places_of(asked, turns, replacements or {})
    lock_for(places, asked, customer=customer, now=now)
    wishes = [wish_for(asked, *place) for place in places.values()]
    seen = seen_under_lock(wishes, asked, customer=customer, now=now)
    prices = seen.prices()

    def judgements() -> dict[datetime, Judgement]:
        verdicts = judging.with_prices(seen.judgements(in_turn=len(wishes)), prices)
        return dict(zip(places, verdicts, strict=True))

    judged = judgements()
    rows = [row_of(turn, judged.get(turn.starts_at)) for turn in turns]
    must_be_enough(rows, mode)
    chosen = [
        (wish, judgement)
        for wish, judgement in zip(wishes, judged.values(), strict=True)
        if not judgement.problems
    ]
    must_meet_requirements(chosen, customer=customer, now=now)
    must_cost_what_was_seen(chosen, seen_cents)
    series = create(asked, turns, customer=customer, now=now)
    bookings = bookings_for(series, chosen, now=now)
    made = occupancies.claim_all(
        (bookings[wish.space.pk], judgement.space, wish.starts_at, wish.ends_at) for wish, judgement in chosen
    )
    prices_of_made = [judgement.price for _wish, judgement in chosen]
    charges.agree(zip(made, prices_of_made, strict=True), by=customer, now=now)

    def problems() -> list[Sequence[Problem]]:
        verdicts = judgements()
        anew = recurrence.turns(asked, calendar)
        return [row_of(turn, verdicts.get(turn.starts_at)).problems for turn in anew]

    missed = keep_missed(series, rows, problems)
    signals.series_booked.send(Series, series=series, by=customer)
    return Booked(series, list(bookings.values()), made, missed)


def places_of(
    asked: SeriesWish, turns: Sequence[Turn], replacements: Mapping[datetime, Place]
) -> dict[datetime, Place]:
    """Return where each turn shall be, by its start: in its own place, or instead of that. Some are nowhere.

    Raises `Refused` if something is to replace a turn that there is none.
    """
    instead = dict(replacements)
    places: dict[datetime, Place] = {}
    for turn in turns:
        if turn.starts_at in instead:
            places[turn.starts_at] = instead.pop(turn.starts_at)
        elif not turn.skipped:
            places[turn.starts_at] = asked.space, turn.starts_at, turn.ends_at
    if instead:
        message = _("The series has no date on %(day)s at %(time)s that could be replaced.")
        start = min(instead)
        said = {"day": wording.short_day(start), "time": wording.clock_time(start)}
        raise Refused(Problem("no_such_turn", message % said, "replacements"))
    return places


def lock_for(places: Mapping[datetime, Place], asked: SeriesWish, *, customer: User, now: datetime) -> None:
    """Wait for our turn with the customer and all halls, and give up the customer's own holds there."""
    spaces = {space.pk: space for space, *_times in places.values()} or {asked.space.pk: asked.space}
    halls = {space.hall_id for space in spaces.values()}
    venues = {space.venue_id for space in spaces.values()}
    lock_customer(customer, asked.organisation, to_book_at=sorted(venues), now=now)
    occupancies.lock_halls(halls)
    held = [hold for hold in lifecycle.holds_of(customer, None) if hold.space.hall_id in halls]
    lifecycle.give_up(held, now=now)


def seen_under_lock(wishes: Sequence[Wish], asked: SeriesWish, *, customer: User, now: datetime) -> Seen:
    """Return what is known of the wishes, with what has run out swept out of their way."""
    who = audiences.asker(customer, asked.organisation, today=local(now).date())
    seen = judging.look(wishes, asker=who, now=now)
    taken = {known.space.hall_id for known in seen.known if known.is_taken and not known.closed_by}
    swept = [hall_id for hall_id in sorted(taken) if lifecycle.sweep(hall_id, now=now)]
    if swept:
        seen = judging.look(wishes, asker=who, now=now)
    return seen


def row_of(turn: Turn, judgement: Judgement | None) -> Row:
    if judgement is not None:
        # What was chosen instead of a turn stands in for it, even of one that was skipped.
        return Row(replace(turn, skipped=None), judgement.problems, price=judgement.price)
    assert turn.skipped
    return Row(turn, [turn.skipped])


def must_be_enough(rows: Sequence[Row], mode: Mode) -> None:
    """Raise `NotAllFree` if less is free than was wanted. What the customer left out is not missed."""
    unfree = sum(not row.is_free and not row.is_left_out for row in rows)
    if not any(row.is_free for row in rows):
        raise NotAllFree(Problem("nothing_free", _("None of the dates can be had.")), rows)
    if mode == "all" and unfree:
        message = ngettext(
            "%(count)d of the dates cannot be had, and you wanted all or none.",
            "%(count)d dates cannot be had, and you wanted all or none.",
            unfree,
        )
        raise NotAllFree(Problem("not_all_free", message % {"count": unfree}), rows)


def must_meet_requirements(
    chosen: Sequence[tuple[Wish, Judgement]], *, customer: User, now: datetime
) -> None:
    """Raise `Refused` with what the spaces' policies want to be told besides, each said once."""
    problems: list[Problem] = []
    for wish, judgement in {wish.space.pk: (wish, judgement) for wish, judgement in chosen}.values():
        filled_in = replace(wish, space=judgement.space)
        problems += judging.requirements(filled_in, customer=customer, now=now)
    if any(lifecycle.must_be_asked(wish, judgement) for wish, judgement in chosen):
        problems += lifecycle.too_many_requests(customer, now=now)
    if problems:
        raise Refused(*dict.fromkeys(problems))


def must_cost_what_was_seen(chosen: Sequence[tuple[Wish, Judgement]], seen_cents: int | None) -> None:
    total = Quote([judgement.price for _wish, judgement in chosen if judgement.price])
    if problems := list(quotes.changed_since(seen_cents, total)):
        raise Refused(*problems)


def create(asked: SeriesWish, turns: Sequence[Turn], *, customer: User, now: datetime) -> Series:
    return Series.objects.create(
        customer=customer,
        organisation=asked.organisation,
        space=asked.space,
        weekdays=sorted(set(asked.weekdays)),
        every_weeks=asked.every_weeks,
        first_on=asked.first_on,
        last_on=asked.last_on or local(turns[-1].starts_at).date(),
        starts=asked.starts,
        ends=asked.ends,
        without_holidays=asked.without_holidays,
        without_breaks=asked.without_breaks,
        created_at=now,
    )


def bookings_for(
    series: Series, chosen: Sequence[tuple[Wish, Judgement]], *, now: datetime
) -> dict[int, Booking]:
    """Make a booking of a series for each space, by its id. It is by request if one of its dates is."""
    bookings: dict[int, Booking] = {}
    for space_id in dict.fromkeys(wish.space.pk for wish, _judgement in chosen):
        theirs = [(wish, judgement) for wish, judgement in chosen if wish.space.pk == space_id]
        first = min((wish for wish, _judgement in theirs), key=lambda wish: wish.starts_at)
        asked = (judgement for wish, judgement in theirs if lifecycle.must_be_asked(wish, judgement))
        dearest = max(
            (judgement.price for _wish, judgement in theirs if judgement.price), key=cost, default=None
        )
        deciding = replace(next(asked, theirs[0][1]), price=dearest)
        booking = Booking(space=deciding.space, customer=series.customer, series=series, created_at=now)
        lifecycle.fill_in(booking, first, deciding, now=now)
        booking.save()
        bookings[space_id] = booking
    return bookings


def cost(price: DateQuote) -> int:
    return price.gross_cents


def keep_missed(
    series: Series, rows: Sequence[Row], problems: Callable[[], list[Sequence[Problem]]]
) -> list[MissedDate]:
    """Keep the turns that could not be had. `problems` says in the language that is spoken what of each."""
    if all(row.is_free for row in rows):
        return []
    told = in_every_language(problems)
    return MissedDate.objects.bulk_create(
        MissedDate(
            series=series,
            space=series.space,
            starts_at=row.turn.starts_at,
            ends_at=row.turn.ends_at,
            problems=said,
        )
        for row, said in zip(rows, told, strict=True)
        if not row.is_free
    )


def in_every_language(problems: Callable[[], list[Sequence[Problem]]]) -> list[list[dict[str, str]]]:
    """Return each list of problems as it is kept: every problem's code, and its sentence in each language."""
    told: list[list[dict[str, str]]] = []
    for language in LANGUAGES:
        with translation.override(language):
            lists = problems()
            told = told or [[{"code": problem.code} for problem in each] for each in lists]
            for kept, each in zip(told, lists, strict=True):
                for entry, problem in zip(kept, each, strict=True):
                    entry[language] = str(problem.message)
    return told


# --- The same again -------------------------------------------------------------------------------


def again(series: Series, today: date) -> SeriesWish:
    """Return the wish for the same in the next season that is not over, as the season was at its end.

    With the words of its first booking. Its last day is one of the new season.
    """
    series = as_it_was(series)
    weeks = A_YEAR
    while season_of(series.first_on + weeks + timedelta(days=7))[1] < today:
        weeks += A_YEAR
    # A week in: the same weekday a year later may be a day or two short of the season.
    first, last = season_of(series.first_on + weeks + timedelta(days=7))
    wish = words_of(series)
    return SeriesWish(
        space=series.space,
        weekdays=series.weekdays,
        first_on=max(series.first_on + weeks, first),
        last_on=min(series.last_on + weeks, last),
        starts=series.starts,
        ends=series.ends,
        every_weeks=series.every_weeks,
        without_holidays=series.without_holidays,
        without_breaks=series.without_breaks,
        organisation=series.organisation,
        purpose=wish.purpose,
        attendees=wish.attendees,
        note=wish.note,
        main_purpose=wish.main_purpose,
        adult_name=wish.adult_name,
        adult_phone=wish.adult_phone,
        add_ons=wish.add_ons,
    )


def as_it_was(series: Series) -> Series:
    """Return the series with the clock times, the weekday and the space that its dates had in the end."""
    kept = Occupancy.objects.filter(booking__series=series, released_at=None, is_exception=False)
    last = (
        kept.filter(booking__status__in=AGREED_OR_ASKED).select_related("space").order_by("-starts_at", "-pk")
    )
    return as_it_is(series, list(last[:1]))


def words_of(series: Series) -> Wish:
    """Return what was said when the series was asked for, by its first booking."""
    booking = series.bookings.select_related("space", "organisation", "main_purpose").earliest("pk")
    return wish_of(booking, booking.dates.earliest("starts_at"))


# --- Missed dates ---------------------------------------------------------------------------------


@in_one_transaction
def take_missed(
    missed: MissedDate, *, space: Space, starts_at: datetime, ends_at: datetime, by: User, now: datetime
) -> Occupancy:
    """Book a missed date that came free, or another time instead of it. Raises `Refused`."""
    series = missed.series
    lock_customer(series.customer, series.organisation, to_book_at=[space.venue_id], now=now)
    missed = MissedDate.objects.select_for_update(of=("self",)).get(pk=missed.pk)
    if missed.made_up_at:
        raise Refused(Problem("made_up_already", _("You have made up for this date already.")))
    wish = replace(words_of(series), space=space, starts_at=starts_at, ends_at=ends_at)
    judgement = lifecycle.judged(wish, customer=series.customer, now=now, is_filled_in=True)
    booking, is_new = booking_in(series, wish, judgement, now=now)
    date = occupancies.claim(booking, judgement.space, wish.starts_at, wish.ends_at)
    charges.agree([(date, judgement.price)], by=by, now=now)
    missed.made_up_at = now
    missed.save(update_fields=["made_up_at"])
    if is_new:
        announce(booking, by=by)
    else:
        signals.date_taken_again.send(Booking, booking=booking, date=date, by=by)
    return date


def booking_in(series: Series, wish: Wish, judgement: Judgement, *, now: datetime) -> tuple[Booking, bool]:
    """Return the booking of a series that one more date belongs to, and whether it is new.

    A date on which the venue decides is no part of what was agreed. Needs the hall's lock.
    """
    status = lifecycle.after_submission(wish, judgement)
    same = series.bookings.filter(space=judgement.space, status=status, is_being_paid=False)
    if there := locked(same.order_by("pk").values_list("pk", flat=True)[:1]):
        lifecycle.keep_in_time(there[0], wish.starts_at)
        there[0].save(update_fields=["decide_by", "payment_due_at"])
        return there[0], False
    booking = Booking(space=judgement.space, customer=series.customer, series=series, created_at=now)
    lifecycle.fill_in(booking, wish, judgement, now=now)
    booking.save()
    return booking, True
