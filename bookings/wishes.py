"""What somebody asks for."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Organisation
from venues.audiences import Asker, asker
from venues.clock import exact, local
from venues.models import Purpose, Space, TermsVersion

from .models import Booking, Occupancy


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a space, from when to when, for what and for how many."""

    space: Space
    starts_at: datetime
    ends_at: datetime
    purpose: str = ""
    attendees: int = 1
    note: str = ""
    organisation: Organisation | None = None
    main_purpose: Purpose | None = None
    adult_name: str = ""
    adult_phone: str = ""
    accepted_terms: TermsVersion | None = None
    # What is ordered beside the space, by the codes of its price list.
    add_ons: tuple[str, ...] = ()
    # What the customer was shown that it costs, in cents: another price is not agreed to.
    seen_cents: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_at", exact(self.starts_at))
        object.__setattr__(self, "ends_at", exact(self.ends_at))
        object.__setattr__(self, "add_ons", tuple(self.add_ons))


def wish_of(booking: Booking, date: Occupancy | None = None) -> Wish:
    """Return what a booking asks for, to be changed in part with `dataclasses.replace`.

    Of many dates `date` says which; without it, the booking must be a single one.
    """
    date = date or date_of(booking)
    return Wish(
        space=booking.space,
        starts_at=date.starts_at,
        ends_at=date.ends_at,
        purpose=booking.purpose,
        attendees=booking.attendees,
        note=booking.note,
        organisation=booking.organisation,
        main_purpose=booking.main_purpose,
        adult_name=booking.adult_name,
        adult_phone=booking.adult_phone,
        accepted_terms=booking.accepted_terms,
        add_ons=tuple(booking.add_ons),
    )


def asker_of(booking: Booking, *, now: datetime) -> Asker:
    """Return who the customer is, as far as it decides what may be booked."""
    return asker(booking.customer, booking.organisation, today=local(now).date())


def date_of(booking: Booking) -> Occupancy:
    """Return the one date of a single booking: as it was prefetched, if it was."""
    (date,) = booking.dates.all()
    return date


def dates_of(booking: Booking) -> list[Occupancy]:
    """Return all dates of a booking in their order, also those given back: as prefetched, if they were."""
    return sorted(booking.dates.all(), key=lambda date: (date.starts_at, date.pk))


def dates_left(booking: Booking) -> list[Occupancy]:
    """Return the dates of a booking that were not given back, in their order, past ones too."""
    return [date for date in dates_of(booking) if date.released_at is None]


def next_date(booking: Booking, now: datetime) -> Occupancy:
    """Return the date of a booking that goes on or comes next; the last one if none does.

    Those that were given back count only where there are no others.
    """
    dates = dates_left(booking) or dates_of(booking)
    return next((date for date in dates if date.ends_at > now), dates[-1])
