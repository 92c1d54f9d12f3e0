"""Whether people came: said by themselves on the spot, or by whoever looks after the venue."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Case, Count, F, Max, QuerySet, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused
from venues.clock import at, exact
from venues.models import Venue
from venues.opening_hours import A_DAY

from . import permissions, signals
from .models import Booking, Occupancy, Status
from .moves import in_hand
from .transactions import in_one_transaction

# People come before their time, and a caretaker writes down the evening on the next days.
BEFORE, AFTER = timedelta(hours=1), timedelta(days=14)


@in_one_transaction
def arrive(date: Occupancy, *, by: User, now: datetime) -> Occupancy:
    """Write down that they came: from an hour before the start to the end, by their own word; the venue's
    people may say it for two weeks. Whoever was written down as absent came after all.

    Raises `Refused`.
    """
    date = ready(date, by=by, now=now)
    if now < date.starts_at - BEFORE:
        raise Refused(Problem("too_early", _("It is too early: come back an hour before the start.")))
    return write(date, arrived_at=date.arrived_at or now, arrived_by=date.arrived_by or by)


@in_one_transaction
def mark_no_show(date: Occupancy, *, by: User, now: datetime) -> Occupancy:
    """Write down that nobody came: from the start on, for two weeks, by the venue's people.

    Raises `Refused`.
    """
    date = ready(date, by=by, now=now)
    if now < date.starts_at:
        raise Refused(Problem("too_early", _("It has not begun yet.")))
    date = write(date, no_show_at=date.no_show_at or now, no_show_by=date.no_show_by or by)
    signals.date_not_used.send(Booking, booking=date.booking, date=date, by=by)
    return date


@in_one_transaction
def unmark(date: Occupancy, *, by: User, now: datetime) -> Occupancy:
    """Take back what was written down by mistake. Raises `Refused`."""
    return write(ready(date, by=by, now=now))


def ready(date: Occupancy, *, by: User, now: datetime) -> Occupancy:
    """Lock the date's booking, and return the date if something can be written down about it now."""
    assert date.booking is not None, "Only dates of bookings are used."
    booking = in_hand(date.booking)
    fresh = booking.dates.select_for_update(of=("self",)).get(pk=date.pk)
    fresh.booking = booking
    if booking.status != Status.CONFIRMED or fresh.released_at:
        raise Refused(Problem("not_confirmed", _("Nobody was expected: this date is not confirmed.")))
    last = fresh.ends_at + AFTER if permissions.can_note_use(by, booking) else fresh.ends_at
    if now >= last:
        raise Refused(Problem("too_late", _("It is too late to write this down.")))
    return fresh


def write(
    date: Occupancy,
    *,
    arrived_at: datetime | None = None,
    arrived_by: User | None = None,
    no_show_at: datetime | None = None,
    no_show_by: User | None = None,
) -> Occupancy:
    date.arrived_at, date.arrived_by = arrived_at, arrived_by
    date.no_show_at, date.no_show_by = no_show_at, no_show_by
    date.save(update_fields=["arrived_at", "arrived_by", "no_show_at", "no_show_by"])
    return date


def can_check_in_now(user: User, date: Occupancy, *, now: datetime) -> bool:
    """Whether somebody may say now that they have come, and has not yet."""
    booking = date.booking
    return (
        booking is not None
        and booking.status == Status.CONFIRMED
        and date.starts_at - BEFORE <= now < date.ends_at
        and not (date.released_at or date.arrived_at)
        and permissions.can_check_in(user, booking)
    )


# --- Who is expected ------------------------------------------------------------------------------


def is_day(day: date) -> bool:
    """Whether it is a day of which something may be written down, now or one day."""
    return 2000 <= day.year <= 2100


def expected(venues: QuerySet[Venue], day: date) -> QuerySet[Occupancy]:
    """Return the confirmed dates of a day at some venues, venue by venue."""
    dates = of_bookings().filter(
        booking__status=Status.CONFIRMED,
        released_at=None,
        space__venue__in=venues,
        starts_at__lt=exact(at(day + A_DAY)),
        ends_at__gt=exact(at(day)),
    )
    return dates.order_by("space__venue__name_fi", "space__venue", "starts_at", "space", "pk")


def of_bookings() -> QuerySet[Occupancy]:
    """Return the dates that somebody has booked, with who and where."""
    dates = Occupancy.objects.filter(booking__isnull=False).exclude(booking__customer=None)
    people = "booking__customer", "booking__organisation", "booking__space__venue"
    return dates.select_related(*people, "space__venue", "space__part_of")


# --- Counting -------------------------------------------------------------------------------------


def no_shows(*, now: datetime) -> QuerySet[Occupancy]:
    """Return the dates of the last year to which nobody came."""
    year = now - timedelta(days=365)
    return Occupancy.objects.filter(no_show_at__isnull=False, starts_at__gte=year, starts_at__lte=now)


def no_shows_of(booking: Booking, *, now: datetime) -> int:
    """Return how often in the last year nobody came of the organisation, or else the person, of a booking."""
    if booking.organisation_id:
        return no_shows(now=now).filter(booking__organisation=booking.organisation_id).count()
    return no_shows(now=now).filter(booking__customer=booking.customer_id, booking__organisation=None).count()


@dataclass(frozen=True)
class Absentee:
    """An organisation or a person of whom nobody came, how often, and when the last time was."""

    who: str
    times: int
    last: datetime
    booking_id: int  # one of theirs, from whose page they can be warned


def repeated(user: User, *, now: datetime) -> list[Absentee]:
    """Return who stayed away again and again in the last year at the venues that somebody manages."""
    dates = no_shows(now=now).filter(booking__in=Booking.objects.in_care_of(user))
    rows = (
        dates.order_by()
        .values(
            club=F("booking__organisation"),
            person=Case(When(booking__organisation=None, then=F("booking__customer"))),
        )
        .annotate(
            name=Max("booking__organisation__name"),
            times=Count("pk"),
            last=Max("starts_at"),
            latest=Max("booking"),
        )
    )
    often = rows.filter(times__gte=settings.REPEATED_NO_SHOWS)
    people = User.objects.in_bulk([row["person"] for row in often])
    return [
        Absentee(row["name"] or str(people[row["person"]]), row["times"], row["last"], row["latest"])
        for row in often.order_by("-times", "-last")
    ]
