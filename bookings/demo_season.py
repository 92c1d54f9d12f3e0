"""The season of the demo's floorball club: dates missed and given back, a swap, offers, an invitation.

Everything is made by the same functions as on pages, by the demo's own people.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time

from accounts import invitations
from accounts.models import Membership, Organisation, User
from accounts.problems import Refused
from venues.clock import at, local
from venues.models import Purpose, Space, Venue
from venues.models.spaces import MINUTE
from venues.opening_hours import A_DAY, A_WEEK
from venues.policies import season_of
from venues.policy_inheritance import layer_of

from . import dates, lifecycle, policies, sanctions, series, swaps, waiting
from .models import Booking, Occupancy, Sanction, Series, Status
from .recurrence import SeriesWish
from .waiting_wishes import WishedWaiting
from .wishes import Wish

People = Mapping[str, User]

SCHOOL, HALF = "school-03664", "liikuntasali-a"
NEIGHBOURS_GYM = "school-03040"
TUESDAY = 2
STARTS, ENDS = time(20), time(21, 30)  # earlier evenings are for clubs of minors alone
PLAYERS, PHONE = 18, "040 123 4567"
SUMMER = 6  # the month in which a season begins that has no school
SHORTEST_SEASON = 12 * A_WEEK

# In which week of the season, at the earliest, another club has the gym itself, and lets it go.
TAKEN_IN, FREED_IN = 3, 2
WEEKS_TRIED = 10
# Which of the dates that it got the club gives back, and which another club would like to have.
GIVEN_BACK, WANTED = 3, 1


def load(club: Organisation, rivals: Organisation, people: People, *, now: datetime) -> None:
    """Let the club have its season and all that belongs to it, unless it has asked for one before.

    A demo is to be played with: what cannot be had any more is left out.
    """
    if Series.objects.filter(organisation=club).exists():
        return
    half = Space.objects.with_place().select_related("terms").get(venue__key=SCHOOL, key=HALF)
    let_dates_be_swapped(half.venue)
    half = Space.objects.with_place().select_related("terms").get(pk=half.pk)
    mikael, sari, first = people["mikael"], people["sari"], first_tuesday(local(now).date())
    book_once(half, first + TAKEN_IN * A_WEEK, sari, rivals, now=now)
    with suppress(Refused):
        season = book(half, first, mikael, club, now=now)
        give_back(season, mikael, sari, rivals, now=now)
        propose_swap(season, sari, now=now)
    offer_what_comes_free(half, first + FREED_IN * A_WEEK + A_DAY, mikael, club, sari, rivals, now=now)
    wait_for_the_neighbours(mikael, club, people["aino"], now=now)
    with suppress(Refused):
        invitations.invite(club, people["aino"].email, Membership.Role.BOOKER, by=mikael, now=now)
    warn(club, half.venue, by=people["onni"], now=now)


def let_dates_be_swapped(school: Venue) -> None:
    """Let a school of which nobody has said anything say that dates may be swapped, or go back in time."""
    if not layer_of(school):
        policies.change_policy(school, {"can_be_swapped": True, "give_back_hours": 48})


def first_tuesday(today: date) -> date:
    """Return a Tuesday after today from which on a season with school lasts for some months."""
    first, last = season_of(today)
    while first.month == SUMMER or last - max(first, today) < SHORTEST_SEASON:
        first, last = season_of(last + A_DAY)
    begin = max(first, today + A_DAY)
    return begin + (TUESDAY - begin.isoweekday()) % 7 * A_DAY


# --- The season and its dates ---------------------------------------------------------------------


def book(half: Space, first: date, mikael: User, club: Organisation, *, now: datetime) -> Series:
    asked = SeriesWish(
        half,
        [TUESDAY],
        first,
        STARTS,
        ENDS,
        last_on=season_of(first)[1],
        without_breaks=True,
        purpose="Salibandyharjoitukset, miehet",
        main_purpose=sports(),
        attendees=PLAYERS,
        organisation=club,
        adult_name=mikael.name,
        adult_phone=PHONE,
        accepted_terms=half.terms.versions.first() if half.terms else None,
    )
    return series.book(asked, customer=mikael, now=now).series


def sports() -> Purpose:
    """The kind of use that the price of a gym depends on."""
    return Purpose.objects.get(code="sports")


def dates_of(season: Series) -> list[Occupancy]:
    return list(Occupancy.objects.filter(booking__series=season).order_by("starts_at"))


def book_once(half: Space, day: date, sari: User, rivals: Organisation, *, now: datetime) -> Booking | None:
    """Book the hours of the season on one day, or as many weeks later as it takes."""
    for week in range(WEEKS_TRIED):
        wish = Wish(
            half,
            at(day + week * A_WEEK, STARTS),
            at(day + week * A_WEEK, ENDS),
            purpose="Kevätnäytöksen harjoitus",
            main_purpose=sports(),
            attendees=PLAYERS,
            organisation=rivals,
            adult_name=sari.name,
            adult_phone=PHONE,
            accepted_terms=half.terms.versions.first() if half.terms else None,
        )
        with suppress(Refused):
            return lifecycle.book(wish, customer=sari, now=now)
    return None


def give_back(season: Series, mikael: User, sari: User, rivals: Organisation, *, now: datetime) -> None:
    """Give a date back for which another club waits: it is offered to them."""
    wait_for_date(going := dates_of(season)[GIVEN_BACK], sari, rivals, now=now)
    dates.release([going], by=mikael, now=now)
    waiting.offer_freed(going.hall_id, going.setup_at, going.clear_at, now=now)


def propose_swap(season: Series, sari: User, *, now: datetime) -> None:
    """Let the other club, which has the hall later on, propose its own date for one of the season's."""
    wanted = dates_of(season)[WANTED]
    theirs = swaps.wanted_for(wanted, now=now).filter(booking__customer=sari)
    if offered := theirs.filter(booking__series=None).first():
        message = "Meillä on silloin kisamatka. Kävisikö teille tämä vuoro?"
        swaps.propose(offered, wanted, message, by=sari, now=now)


# --- Waiting --------------------------------------------------------------------------------------


def offer_what_comes_free(
    half: Space,
    day: date,
    mikael: User,
    club: Organisation,
    sari: User,
    rivals: Organisation,
    *,
    now: datetime,
) -> None:
    """Let the other club cancel a booking for which the club waits: it is offered to the club."""
    if booking := book_once(half, day, sari, rivals, now=now):
        (date,) = booking.dates.all()
        wait_for_date(date, mikael, club, now=now)
        lifecycle.cancel(booking, by=sari, now=now)
        waiting.offer_freed(date.hall_id, date.setup_at, date.clear_at, now=now)


def wait_for_the_neighbours(mikael: User, club: Organisation, aino: User, *, now: datetime) -> None:
    """Wait for what the neighbours have booked: whoever cancels it in the demo sees where it goes."""
    theirs = Occupancy.objects.filter(booking__customer=aino, space__venue__key=NEIGHBOURS_GYM)
    if date := theirs.filter(booking__status=Status.CONFIRMED, starts_at__gt=now).first():
        wait_for_date(date, mikael, club, now=now)


def wait_for_date(date: Occupancy, customer: User, organisation: Organisation, *, now: datetime) -> None:
    """Wait for just the time that somebody has."""
    starts, ends = local(date.starts_at), local(date.ends_at)
    asked = WishedWaiting(
        [date.space],
        [starts.isoweekday()],
        starts.time(),
        ends.time(),
        (date.ends_at - date.starts_at) // MINUTE,
        starts.date(),
        starts.date(),
        attendees=PLAYERS,
        purpose="Harjoitukset",
        organisation=organisation,
    )
    waiting.wait(asked, customer=customer, now=now)


# --- What the venue says --------------------------------------------------------------------------


def warn(club: Organisation, school: Venue, *, by: User, now: datetime) -> None:
    """Ask the club what it says to a warning that the venue would give it."""
    sanctions.propose(
        Sanction.Kind.WARNING,
        organisation=club,
        venue=school,
        reason="Ulko-ovi jäi vuoron jälkeen auki kahdesti, ja koulun hälytys meni päälle.",
        by=by,
        now=now,
    )
