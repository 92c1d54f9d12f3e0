"""What tests of series share: Mikael's club, its Tuesdays, and a gym that is open all season."""

from datetime import date, datetime, time, timedelta

from accounts.models import Organisation, User
from bookings.recurrence import SeriesWish
from tests.factories import create_gym, create_organisation, create_user, create_venue, open_daily
from venues.clock import at, local
from venues.models import Space

# A Monday in August, a fortnight before the season.
TODAY = date(2026, 8, 17)
NOW = at(TODAY, time(8))
FIRST = date(2026, 9, 1)  # a Tuesday


def create_season_gym(**facts) -> tuple[Space, Space, Space, Space]:
    """Make a gym of three sections that is open around the clock all season."""
    if "venue" not in facts:
        facts["venue"] = create_venue()
        open_daily(facts["venue"].timetable, today=TODAY)
    return create_gym(**facts)


def create_club(role: str = "booker") -> tuple[User, Organisation]:
    mikael = create_user("Mikael")
    return mikael, create_organisation(mikael, name="Idän Sähly ry", role=role)


def tuesdays(space: Space, *, weeks: int = 12, **said) -> SeriesWish:
    """Ask for so many Tuesdays, from 18 to 20."""
    defaults = {
        "space": space,
        "weekdays": [2],
        "first_on": FIRST,
        "last_on": FIRST + timedelta(weeks=weeks - 1),
        "starts": time(18),
        "ends": time(20),
        "without_holidays": False,
    }
    return SeriesWish(**defaults | said)


def on(day: date, clock: str) -> datetime:
    return at(day, time.fromisoformat(clock))


def tuesday(week: int, clock: str = "18:00") -> datetime:
    """Return an instant on the Tuesday of a week of the season, counted from 1."""
    return on(FIRST + timedelta(weeks=week - 1), clock)


def day_of(instant: datetime) -> date:
    return local(instant).date()
