"""Change when the city's schools are in term, and with it the openings of all who ask for terms.

The halls concerned are locked first, so that no booking slips in beside a change. Bookings already made are
not touched here: `bookings.impacts` tells whom a change hits.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db.models import Max, Q, QuerySet

from accounts.versions import refuse_other_version, version_of
from venues import openings
from venues.clock import local
from venues.models import OpeningRule, SchoolPeriod, Space, Timetable

from .occupancies import lock_halls
from .transactions import in_one_transaction

# What is said of a term or a break, beside which row it is.
SAID = [field.name for field in SchoolPeriod._meta.fields if field.name != "id"]


def version(periods: Iterable[SchoolPeriod] | None = None) -> str:
    """Return a mark of these terms and breaks, or of those that are known, to be given back with a change."""
    return version_of(facts(SchoolPeriod.objects.all() if periods is None else periods))


def facts(periods: Iterable[SchoolPeriod]) -> list[dict]:
    return [{name: getattr(period, name) for name in ("id", *SAID)} for period in periods]


def known_until() -> date | None:
    """Return the last day of the last term that is known. None: no term is known at all."""
    terms = SchoolPeriod.objects.filter(kind=SchoolPeriod.Kind.TERM)
    return terms.aggregate(Max("last"))["last__max"]


def timetables() -> QuerySet[Timetable]:
    """Return the opening hours that depend on school terms."""
    return Timetable.objects.filter(pk__in=OpeningRule.objects.exclude(terms="").values("timetable"))


def hall_ids() -> set[int]:
    """Return the halls of all venues at which something depends on school terms."""
    concerned = timetables().values("pk")
    follow = Q(venue__timetable__in=concerned) | Q(venue__spaces__timetable__in=concerned)
    return set(Space.objects.filter(follow).order_by().values_list("hall_id", flat=True))


@in_one_transaction
def change_terms(periods: Sequence[SchoolPeriod], *, now: datetime, seen: str | None = None) -> None:
    """Let these be the terms and breaks, and no others. Those that are known already keep their id.

    Raises `ChangedMeanwhile` if what is known is not the version that was `seen`.
    """
    lock_halls(hall_ids())
    known = SchoolPeriod.objects.all()
    list(known.select_for_update().values_list("pk"))
    refuse_other_version(seen, facts(known))
    known.exclude(pk__in=[period.pk for period in periods if period.pk]).delete()
    SchoolPeriod.objects.bulk_create(periods, update_conflicts=True, unique_fields=["id"], update_fields=SAID)
    openings.rebuild_all(timetables(), today=local(now).date())
