"""Change opening hours: the rules, and the openings that follow from them, in one transaction.

The halls concerned are locked first, so that no booking slips in beside a change. Bookings already made
are never touched: `outside` lists those that now lie outside the opening hours.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, Value

from venues import openings
from venues.clock import local
from venues.hours_in_words import Weekly
from venues.models import Opening, OpeningException, OpeningRule, Space, Timetable, Venue
from venues.opening_hours import Hours
from venues.versions import refuse_other_version, version_of

from .models import AGREED_OR_ASKED, Occupancy
from .occupancies import lock_halls
from .transactions import in_one_transaction


def venue_of(timetable: Timetable) -> Venue:
    """Return whose opening hours these are, or at whose space."""
    at_its_space = Space.objects.filter(timetable=timetable).values("venue")
    return Venue.objects.get(Q(timetable=timetable) | Q(pk__in=at_its_space))


def spaces_of(timetable: Timetable) -> QuerySet[Space]:
    """Return the spaces that are open by this timetable: its own space, or those without one of their own."""
    follow_the_venue = Q(timetable=None, venue__timetable=timetable)
    return Space.objects.filter(Q(timetable=timetable) | follow_the_venue)


def weekly_of(timetable: Timetable) -> list[Weekly]:
    rules = OpeningRule.objects.filter(timetable=timetable)
    return sorted((weekday, rule.opens, rule.closes) for rule in rules for weekday in rule.weekdays)


def version(timetable: Timetable) -> str:
    """Return a mark of the weekly hours as they are now, to be given back with a change."""
    return version_of(weekly_of(timetable))


@contextmanager
def changing(timetable: Timetable, *, now: datetime) -> Iterator[None]:
    """Let rules be written while all halls of the venue wait, then bring the openings up to date."""
    lock_venue(venue_of(timetable))
    yield
    openings.rebuild(timetable, today=local(now).date())


def lock_venue(venue: Venue) -> None:
    """Lock all halls of a venue: also those whose spaces begin or cease to follow it meanwhile."""
    lock_halls(venue.spaces.order_by().values_list("hall_id", flat=True).distinct())


@in_one_transaction
def change_weekly(
    timetable: Timetable, weekly: Iterable[Weekly], *, now: datetime, seen: str | None = None
) -> None:
    """Put other weekly hours in the place of the old ones.

    Raises `ChangedMeanwhile` if they are no longer those of the version that was `seen`.
    """
    with changing(timetable, now=now):
        refuse_other_version(seen, weekly_of(timetable))
        timetable.rules.all().delete()
        OpeningRule.objects.bulk_create(
            OpeningRule(timetable=timetable, weekdays=[weekday], opens=opens, closes=closes)
            for weekday, opens, closes in weekly
        )
        no_longer_made_up(timetable)


def no_longer_made_up(timetable: Timetable) -> None:
    """What a person says about opening hours is not demo data any more."""
    others = Func(F("demo_facts"), Value("opening_hours"), function="array_remove")
    Venue.objects.filter(timetable=timetable).update(demo_facts=others)
    Space.objects.filter(pk__in=spaces_of(timetable).values("pk")).update(demo_facts=others)


@in_one_transaction
def change_days(
    timetable: Timetable,
    days: Sequence[date],
    hours: Sequence[Hours],
    *,
    reason: Mapping[str, str],
    now: datetime,
) -> None:
    """Let other hours than the weekly ones hold on these days; without any, they are closed.

    `reason` has the reasons by field: `reason_fi` and its siblings.
    """
    stretches: Sequence[Hours | tuple[None, None]] = hours or [(None, None)]
    with changing(timetable, now=now):
        timetable.exceptions.filter(date__in=days).delete()
        OpeningException.objects.bulk_create(
            OpeningException(timetable=timetable, date=day, opens=opens, closes=closes, **reason)
            for day in days
            for opens, closes in stretches
        )


@in_one_transaction
def forget_day(timetable: Timetable, day: date, *, now: datetime) -> None:
    """Let the weekly hours hold on a day again."""
    with changing(timetable, now=now):
        timetable.exceptions.filter(date=day).delete()


@in_one_transaction
def give_own(space: Space, *, now: datetime) -> Timetable:
    """Give a space opening hours of its own, to begin with the same as its venue's."""
    lock_venue(space.venue)
    space.refresh_from_db(fields=["timetable"])
    if space.timetable:
        return space.timetable
    own = copy_of(space.venue.timetable)
    space.timetable = own
    space.save(update_fields=["timetable"])
    openings.rebuild(own, today=local(now).date())
    return own


def copy_of(timetable: Timetable) -> Timetable:
    copy = Timetable.objects.create()
    weekly, exceptions = list(timetable.rules.all()), list(timetable.exceptions.all())
    for hours in weekly:
        hours.pk, hours.timetable = None, copy
    for exception in exceptions:
        exception.pk, exception.timetable = None, copy
    OpeningRule.objects.bulk_create(weekly)
    OpeningException.objects.bulk_create(exceptions)
    return copy


@in_one_transaction
def follow_venue(space: Space, *, now: datetime) -> None:
    """Let a space be open when its venue is; its own hours are forgotten."""
    lock_venue(space.venue)
    space.refresh_from_db(fields=["timetable"])
    own, space.timetable = space.timetable, None
    space.save(update_fields=["timetable"])
    if own:
        own.delete()


def outside(timetable: Timetable, *, now: datetime) -> QuerySet[Occupancy]:
    """Return the dates still to come, agreed or asked for, that are not within the opening hours."""
    period = Func(
        OuterRef("starts_at"), OuterRef("ends_at"), function="tstzrange", output_field=DateTimeRangeField()
    )
    open_then = Opening.objects.filter(timetable=timetable, period__contains=period)
    return Occupancy.objects.filter(
        space__in=spaces_of(timetable),
        booking__status__in=AGREED_OR_ASKED,
        released_at=None,
        ends_at__gt=now,
    ).exclude(Exists(open_then))
