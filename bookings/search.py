"""The question that somebody asks of the whole city, and what there is when the answer is no."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Avg, Max, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.problems import Alternative
from accounts.texts import in_all_languages
from venues.audiences import STRANGER, Asker
from venues.clock import exact, local
from venues.models import District, Space, Venue
from venues.models.spaces import SpaceQuerySet

from . import availability
from .availability import Found, FreeSpace, Order, Stretch
from .week import GRID_STEP, counts_half_hours, next_on_step

Point = tuple[float, float]

PAGE = 20
CHIPS = 3
OFFERS = 3
LATER_WEEKS = [timedelta(weeks=number) for number in (1, 2, 3, 4)]


@dataclass(frozen=True)
class Question:
    """What is wanted. Place and number of people are apart from the rest, so that they can be left out."""

    spaces: SpaceQuerySet
    windows: Sequence[Stretch]
    place: Q = field(default_factory=Q)
    people: int = 1
    length: timedelta | None = None
    near: Point | None = None
    order: Order = "first_free"
    asker: Asker = STRANGER


def answer(question: Question, *, now: datetime, limit: int | None = PAGE, offset: int = 0) -> Found:
    """Return a part of the spaces that could be booked, and how many there are. One statement."""
    return availability.free(
        question.spaces.filter(question.place).with_room_for(question.people),
        question.windows,
        now=now,
        length=question.length,
        near=question.near,
        order=question.order,
        asker=question.asker,
        limit=limit,
        offset=offset,
    )


# --- Places ---------------------------------------------------------------------------------------

NAMES = [
    *(
        f"{prefix}{name}"
        for prefix in ("", "venue__", "venue__district__")
        for name in in_all_languages("name")
    ),
    "venue__address_fi",
    "venue__address_sv",
    "venue__postcode",
]


def place_called(text: str) -> Q:
    """Match spaces whose names, address or district hold all the words."""
    found = Q()
    for word in text.split():
        found &= Q(*((f"{name}__regex", in_any_case(word)) for name in NAMES), _connector=Q.OR)
    return found


def in_any_case(word: str) -> str:
    """Return a pattern for a word. Databases differ in whether they know that Ä is a large ä."""
    return "".join(
        f"[{letter.lower()}{letter.upper()}]" if is_cased(letter) else re.escape(letter) for letter in word
    )


def is_cased(letter: str) -> bool:
    """Whether the letter has one small and one large form: ß has two large ones."""
    return letter.isalpha() and len(letter.lower()) == len(letter.upper()) == 1


def centre_of(text: str) -> Point | None:
    """Return the middle of a district's venues, if the text is the name of a district."""
    middle = Venue.objects.filter(district__in=districts_called(text)).aggregate(Avg("lat"), Avg("lon"))
    return None if middle["lat__avg"] is None else (middle["lat__avg"], middle["lon__avg"])


def around(spaces: SpaceQuerySet, hall: Space, *, nearby: bool) -> SpaceQuerySet:
    """Leave a hall and its parts, or whatever has a purpose in common with it, wherever it is."""
    if not nearby:
        return spaces.filter(hall_id=hall.pk)
    return spaces.filter(Q(hall_id=hall.pk) | Q(purposes__in=hall.purposes.all())).distinct()


def districts_called(text: str) -> QuerySet[District]:
    named = Q(
        *((f"{name}__regex", f"^{in_any_case(text)}$") for name in in_all_languages("name")),
        _connector=Q.OR,
    )
    return District.objects.filter(named)


def district_called(text: str) -> int | None:
    """Return the id of the district with this name, if the text is one."""
    return districts_called(text).values_list("pk", flat=True).first() if text else None


# --- Times ----------------------------------------------------------------------------------------


def times_in(found: FreeSpace, length: timedelta, space: Space) -> Iterator[Stretch]:
    """Return times of that length one after the other, as many as fit into what is free."""
    if found.is_whole_day:
        yield from found.stretches
        return
    step = timedelta(minutes=space.start_step)
    stride = -(-length // step) * step  # to the next start at which the last one is over
    for start, end in found.stretches:
        start = on_the_half_hour(start, end - length) if counts_half_hours(space) else start
        while start + length <= end:
            yield start, start + length
            start += stride


def on_the_half_hour(start: datetime, latest: datetime) -> datetime:
    """Return the next half hour if there is still room: nobody asks for 10.25 who can have 10.30."""
    half_hour = timedelta(minutes=GRID_STEP)
    rounder = next_on_step(start - timedelta(minutes=1), half_hour)
    return rounder if rounder <= latest else start


def split_dates(windows: Sequence[Stretch], found: FreeSpace) -> tuple[list[Stretch], list[Stretch]]:
    """Return which of the times, each wanted as a whole, are free, and which are not."""
    free = set(found.windows)
    return (
        [window for number, window in enumerate(windows) if number in free],
        [window for number, window in enumerate(windows) if number not in free],
    )


# --- When the answer is no ------------------------------------------------------------------------


@dataclass(frozen=True)
class Instead:
    """Why nothing was found, and what would be free."""

    why: str
    smaller: Sequence[Alternative] = ()
    nearby: Sequence[Alternative] = ()
    later: Sequence[Alternative] = ()
    can_wait: bool = False  # there are such spaces, if only they came free


def instead(question: Question, *, now: datetime) -> Instead:
    """Say why nothing was found. What is offered instead is free when it is said."""
    here = question.spaces.filter(question.place)
    elsewhere = replace(question, place=Q(), order="distance" if question.near else "first_free")
    if question.order == "coverage":
        why = _("None of these spaces is free at that time on a single date. Try another time.")
        return Instead(why, can_wait=here.exists())
    if not here.exists():
        why = _("There is no such space. Try another place, or fewer conditions.")
        return Instead(why, nearby=first_times(elsewhere, now=now))
    if not here.with_room_for(question.people).exists():
        most = here.aggregate(Max("capacity"))["capacity__max"]
        why = _("The largest of these spaces has room for %(count)d people.") % {"count": most}
        return Instead(why, smaller=first_times(replace(question, people=most), now=now))
    return Instead(
        _("All such spaces are taken or closed at that time."),
        nearby=first_times(elsewhere, now=now) if question.place else [],
        later=first_times(replace(question, windows=in_later_weeks(question.windows)), now=now),
        can_wait=True,
    )


def in_later_weeks(windows: Sequence[Stretch]) -> list[Stretch]:
    return [(after(start, weeks), after(end, weeks)) for weeks in LATER_WEEKS for start, end in windows]


def after(instant: datetime, weeks: timedelta) -> datetime:
    """Return when the city's clocks show the same, weeks later."""
    return exact(local(instant) + weeks)


def first_times(question: Question, *, now: datetime) -> list[Alternative]:
    """Return the first free time in each of the few best spaces."""
    found = answer(question, now=now, limit=OFFERS).page
    spaces = Space.objects.with_place().in_bulk([row.space_id for row in found])
    offers = []
    for row in found:
        space = spaces[row.space_id]
        start, end = next(times_in(row, question.length or timedelta(minutes=space.min_minutes), space))
        offers.append(Alternative(space, start, end))
    return offers
