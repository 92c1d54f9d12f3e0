"""Change opening hours: the rules, and the openings that follow from them, in one transaction.

The halls concerned are locked first, so that no booking slips in beside a change. Bookings already made
are never touched here: `outside` lists those that now lie outside the opening hours.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.models import Organisation
from accounts.versions import refuse_other_version, version_of
from venues import demo_facts, openings
from venues.audiences import Audience, for_everyone
from venues.clock import local
from venues.models import Opening, OpeningException, OpeningRule, Space, Timetable, Venue
from venues.opening_hours import Hours

from .models import AGREED_OR_ASKED, Occupancy
from .occupancies import lock_halls
from .transactions import in_one_transaction

# What a rule says, beside whose it is.
SAID_BY_A_RULE = [field.name for field in OpeningRule._meta.fields if field.name not in {"id", "timetable"}]


def venue_of(timetable: Timetable) -> Venue:
    """Return whose opening hours these are, or at whose space."""
    at_its_space = Space.objects.filter(timetable=timetable).values("venue")
    return Venue.objects.get(Q(timetable=timetable) | Q(pk__in=at_its_space))


def facts_of(rule: OpeningRule) -> dict[str, Any]:
    """Return what a rule says, by field."""
    return {name: getattr(rule, name) for name in SAID_BY_A_RULE}


def said_by(rules: Iterable[OpeningRule]) -> list[str]:
    """Return what rules say, the same for the same rules in any order."""
    return sorted(version_of(facts_of(rule)) for rule in rules)


def version(timetable: Timetable) -> str:
    """Return a mark of the rules as they are now, to be given back with a change."""
    return version_of(said_by(OpeningRule.objects.filter(timetable=timetable)))


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
def change_rules(
    timetable: Timetable, rules: Sequence[OpeningRule], *, now: datetime, seen: str | None = None
) -> None:
    """Put other rules in the place of the old ones. `rules` are copied: whose they were does not matter.

    Raises `ChangedMeanwhile` if the old ones are no longer those of the version that was `seen`.
    """
    with changing(timetable, now=now):
        refuse_other_version(seen, said_by(timetable.rules.all()))
        timetable.rules.all().delete()
        OpeningRule.objects.bulk_create(OpeningRule(timetable=timetable, **facts_of(rule)) for rule in rules)
        demo_facts.hours_were_said(timetable)


@in_one_transaction
def change_days(
    timetable: Timetable,
    days: Sequence[date],
    hours: Sequence[Hours],
    *,
    reason: Mapping[str, str],
    open_to: Sequence[str] | None = None,
    is_staffed: bool = True,
    now: datetime,
) -> None:
    """Let other hours than those of the rules hold on these days; without any, they are closed.

    `reason` has the reasons by field: `reason_fi` and its siblings. Who is not named in `open_to` finds them
    closed; without it they are open to everyone.
    """
    stretches: Sequence[Hours | tuple[None, None]] = hours or [(None, None)]
    with changing(timetable, now=now):
        timetable.exceptions.filter(date__in=days).delete()
        OpeningException.objects.bulk_create(
            OpeningException(
                timetable=timetable,
                date=day,
                opens=opens,
                closes=closes,
                open_to=list(open_to or for_everyone()),
                is_staffed=is_staffed,
                **reason,
            )
            for day in days
            for opens, closes in stretches
        )


@in_one_transaction
def forget_day(timetable: Timetable, day: date, *, now: datetime) -> None:
    """Let the rules hold on a day again."""
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
    exceptions = list(timetable.exceptions.all())
    for exception in exceptions:
        exception.pk, exception.timetable = None, copy
    OpeningRule.objects.bulk_create(
        OpeningRule(timetable=copy, **facts_of(rule)) for rule in timetable.rules.all()
    )
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


# --- Bookings that lie outside --------------------------------------------------------------------


def outside(*timetables: Timetable, now: datetime) -> QuerySet[Occupancy]:
    """Return the dates still to come, agreed or asked for, that are not within these opening hours.

    A date is within them if it is open throughout to whoever booked: to the organisation for which it was
    booked, or else to the person. What policies say does not matter here.
    """
    booked = Occupancy.objects.filter(booking__status__in=AGREED_OR_ASKED, released_at=None)
    return not_within(booked, timetables, now=now)


def promised_outside(*timetables: Timetable, now: datetime) -> QuerySet[Occupancy]:
    """Return the places to which impacts are about to move dates that are not within these opening hours."""
    return not_within(Occupancy.objects.promised(), timetables, booking="hit__date__booking", now=now)


def not_within(
    dates: QuerySet[Occupancy], timetables: Collection[Timetable], *, booking: str = "booking", now: datetime
) -> QuerySet[Occupancy]:
    """Return those of the dates that are not open throughout to whoever booked; `booking` leads to it."""
    follow_the_venue = Q(space__timetable=None, space__venue__timetable__in=timetables)
    ahead = dates.filter(Q(space__timetable__in=timetables) | follow_the_venue, ends_at__gt=now).alias(
        period=Func("starts_at", "ends_at", function="tstzrange", output_field=DateTimeRangeField()),
        audiences=audiences_of_who_booked(booking, local(now).date()),
        timetable=Coalesce("space__timetable", "space__venue__timetable"),
    )
    open_then = (
        Opening.objects.filter(timetable=OuterRef("timetable"), period__overlap=OuterRef("period"))
        .filter(open_to__overlap=OuterRef("audiences"))
        .order_by()
        .values_list(Func("period", function="range_agg", output_field=DateTimeRangeField()))
    )
    return ahead.alias(is_within=Coalesce(Within(F("period"), Subquery(open_then)), Value(False))).filter(
        is_within=False
    )


class Within(Func):
    """Whether a range lies within a multirange."""

    arg_joiner = " <@ "
    template = "(%(expressions)s)"
    output_field = BooleanField()


def audiences_of_who_booked(booking: str, today: date) -> Func:
    """Return, for each date, among whom its booking counts, to which this path leads.

    In SQL what `venues.audiences.asker` and `Asker.belongs_to` say of one.
    """
    booked_for, booked_by = f"{booking}__organisation", f"{booking}__customer"
    associations = [Organisation.Kind.ASSOCIATION, Organisation.Kind.CLUB]
    belongs_to = [
        (Audience.RESIDENTS, Q(**{booked_for: None, f"{booked_by}__is_resident": True})),
        (Audience.ASSOCIATIONS, Q(**{f"{booked_for}__kind__in": associations})),
        (
            Audience.MINORS,
            Q(
                **{
                    f"{booked_for}__minors_percent__gte": settings.MINORS_PERCENT,
                    f"{booked_for}__minors_verified_until__gte": today,
                }
            ),
        ),
        (Audience.VENUE, Q(**{booked_for: F("space__venue__run_by")})),
    ]
    return Func(
        Value(Audience.EVERYONE),
        *(Case(When(belongs, then=Value(audience))) for audience, belongs in belongs_to),
        template="array_remove(array[%(expressions)s]::varchar(12)[], null)",
        output_field=ArrayField(CharField(max_length=12)),
    )
