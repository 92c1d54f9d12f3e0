"""Make what a test needs, and nothing else. Every factory fills in what the test does not care about."""

from datetime import date, datetime, time, timedelta
from itertools import count

from accounts.models import Membership, Organisation, User
from bookings import closures, lifecycle, occupancies
from bookings.closures import WishedClosure
from bookings.judging import Judgement
from bookings.models import Booking, Closure, Series
from bookings.wishes import Wish
from venues import openings, policy_layers
from venues.clock import at
from venues.fields import footprint
from venues.models import District, OpeningRule, Policy, Space, Timetable, Venue, VenueRole

number = count(1)

# A Monday in a quiet month: no clock change near.
MONDAY = date(2027, 2, 1)
NOW = at(MONDAY, time(8))


def hour(clock: str, *, day: date = MONDAY + timedelta(days=5)) -> datetime:
    """Return the instant at which the city's clocks show "18:30" on a day, by default a Saturday."""
    return at(day, time.fromisoformat(clock))


def create_user(name: str = "Aino", **facts) -> User:
    return User.objects.create_user(
        facts.pop("email", f"{name.lower()}{next(number)}@example.org"), name=name, **facts
    )


def create_organisation(
    *members: User, name: str = "Hertsikan yhdistys", role: str = "booker"
) -> Organisation:
    organisation = Organisation.objects.create(name=name, kind=Organisation.Kind.ASSOCIATION)
    for member in members:
        Membership.objects.create(user=member, organisation=organisation, role=role)
    return organisation


def create_district(**facts) -> District:
    defaults = {"number": f"{next(number) % 1000:03}", "name_fi": "Herttoniemi", "name_sv": "Hertonäs"}
    return District.objects.create(**defaults | facts)


def create_venue(**facts) -> Venue:
    """Make a venue without opening hours; `open_daily` or `open_weekly` give it some."""
    defaults = {
        "key": f"venue-{next(number)}",
        "kind": Venue.Kind.SCHOOL,
        "name_fi": "Keskuskoulu",
        "timetable": Timetable.objects.create(),
    }
    return Venue.objects.create(**defaults | facts)


def open_daily(timetable: Timetable, opens: str = "00:00", closes: str = "00:00", *, today: date = MONDAY):
    """Open every day between two clock times, by default around the clock."""
    open_weekly(timetable, range(1, 8), opens, closes, today=today)


def open_weekly(
    timetable: Timetable, weekdays, opens: str, closes: str, *, today: date = MONDAY, **conditions
) -> OpeningRule:
    """Open on weekdays, 1 is Monday, holidays or not; `conditions` are other fields of the rule."""
    rule = OpeningRule.objects.create(
        timetable=timetable,
        weekdays=sorted(weekdays),
        opens=time.fromisoformat(opens),
        closes=time.fromisoformat(closes),
        **{"on_holidays": OpeningRule.OnHolidays.NORMAL} | conditions,
    )
    openings.rebuild(timetable, today=today)
    return rule


def create_space(pieces=(0,), *, hall: Space | None = None, **facts) -> Space:
    """Make a hall, or a part of one, at a venue that is open around the clock unless one is given."""
    facts.setdefault("name_fi", "Liikuntasali")
    facts.setdefault("key", f"space-{next(number)}")
    if hall:
        facts |= {"part_of": hall, "venue": hall.venue, "hall_footprint": hall.footprint}
    else:
        facts = {"setup_minutes": 0, "cleanup_minutes": 0} | facts
        if "venue" not in facts:
            facts["venue"] = create_venue()
            open_daily(facts["venue"].timetable)
    policy = {name: facts.pop(name) for name in policy_layers.FIELDS if name in facts}
    space = Space.objects.create(footprint=footprint(pieces), **facts)
    if policy:
        say_policy(space, **policy)
    return space


def say_policy(space: Space, **policy) -> None:
    """Let a space have a policy of its own, whatever its venue's is, and settle what comes of it."""
    Policy.objects.update_or_create(space=space, defaults=policy)
    policy_layers.settle(Space.objects.filter(pk=space.pk))
    space.refresh_from_db(fields=policy_layers.FIELDS)


def create_gym(**facts) -> tuple[Space, Space, Space, Space]:
    """Make a gym of three sections: whole, A, B and A+C. The last is a part that is not in one piece."""
    whole = create_space((0, 1, 2), name_fi="Koko sali", **facts)
    rest = {name: value for name, value in facts.items() if name not in {"setup_minutes", "cleanup_minutes"}}
    a = create_space((0,), hall=whole, name_fi="Lohko A", **rest)
    b = create_space((1,), hall=whole, name_fi="Lohko B", **rest)
    a_and_c = create_space((0, 2), hall=whole, name_fi="Lohkot A ja C", **rest)
    return whole, a, b, a_and_c


def create_manager(*venues: Venue, name: str = "Onni", role: str = "manager") -> User:
    user = create_user(name)
    for venue in venues:
        VenueRole.objects.create(venue=venue, user=user, role=role)
    return user


def create_booking(
    space: Space,
    start: str | datetime = "10:00",
    end: str | datetime = "12:00",
    *,
    customer: User | None = None,
    now: datetime = NOW,
    **wish,
) -> Booking:
    """Book as a customer would; the space's policies decide the state."""
    starts_at = hour(start) if isinstance(start, str) else start
    ends_at = hour(end) if isinstance(end, str) else end
    return lifecycle.book(
        Wish(space, starts_at, ends_at, **wish), customer=customer or create_user(), now=now
    )


def create_series(
    space: Space,
    *others: Space,
    first: date = MONDAY + timedelta(days=5),
    weeks: int = 4,
    start: str = "10:00",
    end: str = "12:00",
    customer: User | None = None,
    organisation: Organisation | None = None,
    now: datetime = NOW,
    **facts,
) -> Series:
    """Make a weekly series as it would have been booked, in the state that the space's policies decide.

    Every space gets a booking of its own, with all dates. No rule is asked, but the database is. `facts` are
    columns of its bookings.
    """
    customer = customer or create_user()
    days = [first + timedelta(weeks=week) for week in range(weeks)]
    series = Series.objects.create(
        customer=customer,
        organisation=organisation,
        space=space,
        weekdays=[first.isoweekday()],
        first_on=days[0],
        last_on=days[-1],
        starts=time.fromisoformat(start),
        ends=time.fromisoformat(end),
        created_at=now,
    )
    for each in (space, *others):
        each = Space.objects.with_place().get(pk=each.pk)
        wish = Wish(each, hour(start, day=days[0]), hour(end, day=days[0]))
        booking = Booking(
            space=each,
            customer=customer,
            organisation=organisation,
            series=series,
            created_at=now,
            **facts,
        )
        status = lifecycle.after_submission(wish, Judgement(each, []))
        lifecycle.enter(booking, status, starts_at=wish.starts_at, now=now)
        booking.save()
        for day in days:
            occupancies.claim(booking, each, hour(start, day=day), hour(end, day=day))
    return series


def create_closure(
    space: Space,
    starts_at: datetime,
    ends_at: datetime,
    *others: Space,
    reason: str = "Remontti",
    now: datetime = NOW,
    **wish,
) -> Closure:
    """Close spaces as a manager would, from now on, to the second."""
    wished = WishedClosure([space, *others], starts_at, ends_at, reason={"reason_fi": reason}, **wish)
    return closures.close(wished, by=create_user("Onni"), now=now)
