"""Opening hours as instants: weekly rules, exceptions, nights, and the two nights when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from venues import opening_hours
from venues.models import Opening, OpeningException, OpeningHours, Timetable

HELSINKI = ZoneInfo("Europe/Helsinki")
SATURDAY = date(2026, 11, 28)
SPRING_CHANGE = date(2027, 3, 28)  # 03.00 becomes 04.00
AUTUMN_CHANGE = date(2026, 10, 25)  # 04.00 becomes 03.00
CLOSED = (None, None)


def clock(text: str) -> time:
    return time.fromisoformat(text)


def hours(text: str) -> tuple[time, time]:
    opens, closes = text.split("–")
    return clock(opens), clock(closes)


def expand(weekly=(), exceptions=(), *, first=SATURDAY, last=None) -> list[str]:
    """Return the stretches as text: local times with their offset from UTC."""
    stretches = opening_hours.openings(
        [(weekday, *hours(text)) for weekday, text in weekly],
        [(day, *(hours(text) if text else CLOSED)) for day, text in exceptions],
        first=first,
        last=last or first,
        tz=HELSINKI,
    )
    return [f"{shown(start)}–{shown(end)}" for start, end in stretches]


def shown(instant: datetime) -> str:
    here = instant.astimezone(HELSINKI)
    return f"{here:%d.%m. %H:%M}+{here.utcoffset().seconds // 3600}"


def test_weekly_hours_open_on_their_weekday_only():
    assert expand([(6, "10:00–16:00")], last=SATURDAY + timedelta(days=6)) == [
        "28.11. 10:00+2–28.11. 16:00+2"
    ]


def test_same_clock_time_is_another_instant_in_summer():
    assert expand([(6, "10:00–16:00")], first=date(2026, 7, 4)) == ["04.07. 10:00+3–04.07. 16:00+3"]


def test_closing_at_midnight_ends_the_day():
    assert expand([(6, "18:00–00:00")]) == ["28.11. 18:00+2–29.11. 00:00+2"]


def test_night_goes_on_into_the_next_day():
    assert expand([(6, "22:00–02:00")]) == ["28.11. 22:00+2–29.11. 02:00+2"]


def test_same_time_twice_is_a_whole_day():
    assert expand([(6, "09:00–09:00")]) == ["28.11. 09:00+2–29.11. 09:00+2"]


def test_open_round_the_clock_is_one_stretch():
    always = [(weekday, "00:00–00:00") for weekday in range(1, 8)]

    assert expand(always, last=SATURDAY + timedelta(days=6)) == ["28.11. 00:00+2–05.12. 00:00+2"]


def test_neighbours_become_one_stretch_and_a_gap_stays():
    weekly = [(6, "12:00–15:00"), (6, "09:00–12:00"), (6, "14:00–16:00"), (6, "17:00–18:00")]

    assert expand(weekly) == ["28.11. 09:00+2–28.11. 16:00+2", "28.11. 17:00+2–28.11. 18:00+2"]


def test_closed_exception_beats_weekly_hours():
    assert expand([(6, "10:00–16:00")], [(SATURDAY, "")]) == []


def test_open_exception_opens_a_closed_day():
    assert expand([(7, "10:00–16:00")], [(SATURDAY, "12:00–14:00")]) == ["28.11. 12:00+2–28.11. 14:00+2"]


def test_exception_stands_for_the_whole_day():
    weekly = [(6, "10:00–12:00"), (6, "18:00–20:00")]

    assert expand(weekly, [(SATURDAY, "13:00–14:00")]) == ["28.11. 13:00+2–28.11. 14:00+2"]


def test_exception_may_have_several_stretches():
    exceptions = [(SATURDAY, "13:00–14:00"), (SATURDAY, "18:00–20:00")]

    assert expand([(6, "10:00–16:00")], exceptions) == [
        "28.11. 13:00+2–28.11. 14:00+2",
        "28.11. 18:00+2–28.11. 20:00+2",
    ]


def test_night_belongs_to_the_day_on_which_it_began():
    friday = SATURDAY - timedelta(days=1)

    assert expand(
        [(5, "22:00–02:00"), (6, "10:00–16:00")], [(SATURDAY, "")], first=friday, last=SATURDAY
    ) == ["27.11. 22:00+2–28.11. 02:00+2"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("00:00–00:00", "28.03. 00:00+2–29.03. 00:00+3"),  # 23 hours
        ("01:00–05:00", "28.03. 01:00+2–28.03. 05:00+3"),  # 3 hours
        ("03:30–06:00", "28.03. 04:00+3–28.03. 06:00+3"),  # opens at a time that does not exist
        ("01:00–03:30", "28.03. 01:00+2–28.03. 04:00+3"),  # closes at one
        ("03:00–04:00", None),  # all of it is skipped
    ],
)
def test_night_when_spring_skips_an_hour(said, meant):
    assert expand([(7, said)], first=SPRING_CHANGE) == ([meant] if meant else [])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("00:00–00:00", "25.10. 00:00+3–26.10. 00:00+2"),  # 25 hours
        ("01:00–05:00", "25.10. 01:00+3–25.10. 05:00+2"),  # 5 hours
        ("03:30–06:00", "25.10. 03:30+3–25.10. 06:00+2"),  # opens on the first pass
        ("01:00–03:30", "25.10. 01:00+3–25.10. 03:30+3"),  # closes on the first pass
        ("03:15–03:45", "25.10. 03:15+3–25.10. 03:45+3"),
        ("03:30–04:00", "25.10. 03:30+3–25.10. 04:00+2"),
    ],
)
def test_night_when_autumn_doubles_an_hour(said, meant):
    assert expand([(7, said)], first=AUTUMN_CHANGE) == [meant]


def test_evening_before_a_change_goes_on_through_it():
    day_before = AUTUMN_CHANGE - timedelta(days=1)

    assert expand([(6, "22:00–05:00")], first=day_before) == ["24.10. 22:00+3–25.10. 05:00+2"]


# --- Against a model that looks at every minute --------------------------------------------------

times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30, 59]))
around_a_change = st.sampled_from([SPRING_CHANGE, AUTUMN_CHANGE, SATURDAY]).map(
    lambda day: day - timedelta(days=2)
)
weekly_rules = st.lists(st.tuples(st.integers(1, 7), times, times), max_size=6)


@st.composite
def questions(draw):
    first = draw(around_a_change)
    days = st.integers(0, 4).map(lambda n: first + timedelta(days=n))
    closed = st.tuples(days, st.none(), st.none())
    exceptions = draw(st.lists(st.one_of(closed, st.tuples(days, times, times)), max_size=3))
    return draw(weekly_rules), exceptions, first


def open_minutes(weekly, exceptions, first: date, last: date) -> set[datetime]:
    """Ask of every minute whether it is open, by the latest time that the clocks have shown so far."""
    stretches = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        exceptional = [row[1:] for row in exceptions if row[0] == day]
        for opens, closes in exceptional or [row[1:] for row in weekly if row[0] == day.isoweekday()]:
            if opens is not None:
                opening, closing = datetime.combine(day, opens), datetime.combine(day, closes)
                stretches.append((opening, closing if closing > opening else closing + timedelta(days=1)))
    minute = datetime.combine(first - timedelta(days=1), time.min, UTC)
    latest, found = minute.replace(tzinfo=None), set()
    while minute.date() <= last + timedelta(days=2):
        latest = max(latest, minute.astimezone(HELSINKI).replace(tzinfo=None))
        if any(opening <= latest < closing for opening, closing in stretches):
            found.add(minute)
        minute += timedelta(minutes=1)
    return found


@settings(max_examples=60, deadline=None)
@given(questions())
def test_every_minute_agrees_with_the_model(question):
    weekly, exceptions, first = question
    last = first + timedelta(days=4)

    stretches = opening_hours.openings(weekly, exceptions, first=first, last=last, tz=HELSINKI)

    minutes = {
        start + timedelta(minutes=n)
        for start, end in stretches
        for n in range(int((end - start).total_seconds()) // 60)
    }
    assert minutes == open_minutes(weekly, exceptions, first, last)
    assert all(start < end for start, end in stretches)
    assert all(end < start for (_, end), (start, _) in pairwise(stretches))


# --- The stored openings -------------------------------------------------------------------------


@pytest.fixture
def timetable(db):
    timetable = Timetable.objects.create()
    OpeningHours.objects.create(timetable=timetable, weekday=6, opens=clock("10:00"), closes=clock("16:00"))
    return timetable


def stored(timetable) -> dict[int, tuple[datetime, datetime]]:
    rows = Opening.objects.filter(timetable=timetable).order_by("period")
    return {row.pk: (row.period.lower, row.period.upper) for row in rows}


def test_openings_reach_from_yesterday_to_four_hundred_days_ahead(timetable):
    sunday = SATURDAY + timedelta(days=1)

    opening_hours.rebuild(timetable, today=sunday)

    days = [start.astimezone(HELSINKI).date() for start, _ in stored(timetable).values()]
    assert days[0] == SATURDAY
    assert days[-1] == date(2028, 1, 1)
    assert len(days) == 58


def test_rebuilding_without_a_change_touches_nothing(timetable, django_assert_num_queries):
    opening_hours.rebuild(timetable, today=SATURDAY)
    before = stored(timetable)

    with django_assert_num_queries(5):  # savepoint, stamps, weekly hours, exceptions, release
        opening_hours.rebuild(timetable, today=SATURDAY)

    assert stored(timetable) == before


def test_an_exception_changes_its_own_day_only(timetable):
    opening_hours.rebuild(timetable, today=SATURDAY)
    before = stored(timetable)
    OpeningException.objects.create(timetable=timetable, date=SATURDAY + timedelta(days=7))

    opening_hours.rebuild(timetable, today=SATURDAY)

    after = stored(timetable)
    assert set(after) < set(before)
    assert len(before) - len(after) == 1


def test_tomorrow_yesterday_is_dropped_and_a_day_is_added(timetable):
    opening_hours.rebuild(timetable, today=SATURDAY)
    before = stored(timetable)

    opening_hours.rebuild(timetable, today=SATURDAY + timedelta(days=7))

    after = stored(timetable)
    assert list(after)[:-1] == list(before)[1:]
    assert list(after)[-1] not in before


def test_many_timetables_are_rebuilt_at_once(timetable):
    other = Timetable.objects.create()
    opening_hours.rebuild(other, today=SATURDAY)
    OpeningHours.objects.create(timetable=other, weekday=6, opens=clock("10:00"), closes=clock("16:00"))

    assert opening_hours.rebuild_all([timetable, other], today=SATURDAY) == 2

    assert list(stored(other).values()) == list(stored(timetable).values())
    assert opening_hours.rebuild_all([timetable, other], today=SATURDAY) == 0


# --- The rules in words --------------------------------------------------------------------------

WEEKDAY_EVENINGS = [(weekday, *hours("17:00–22:00")) for weekday in range(1, 6)]
WEEKEND = [(weekday, *hours("09:00–20:00")) for weekday in (6, 7)]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fi", "Ma–pe 17.00–22.00, la–su 9.00–20.00"),
        ("sv", "Mån–fre 17.00–22.00, lör–sön 9.00–20.00"),
        ("en", "Mon–Fri 17:00–22:00, Sat–Sun 9:00–20:00"),
    ],
)
def test_weekly_hours_are_read_back_in_the_readers_language(language, sentence):
    with translation.override(language):
        assert opening_hours.weekly_sentence(WEEKDAY_EVENINGS + WEEKEND) == sentence


@pytest.mark.parametrize(
    ("weekly", "sentence"),
    [
        ([], "Ei säännöllisiä aukioloaikoja"),
        ([(3, "09:00–14:00"), (3, "18:00–21:00")], "Ke 9.00–14.00 ja 18.00–21.00"),
        ([(5, "18:00–00:00")], "Pe 18.00–24.00"),
        ([(6, "22:00–02:00")], "La 22.00–2.00"),
        ([(1, "09:00–21:00"), (3, "09:00–21:00")], "Ma 9.00–21.00, ke 9.00–21.00"),
        ([(weekday, "00:00–00:00") for weekday in range(1, 8)], "Joka päivä 0.00–24.00"),
    ],
)
def test_weekly_hours_in_finnish(weekly, sentence):
    with translation.override("fi"):
        assert opening_hours.weekly_sentence([(day, *hours(text)) for day, text in weekly]) == sentence


def test_exceptions_are_told_from_a_day_on(timetable):
    for day, reason in [(date(2026, 11, 21), "Remontti"), (date(2026, 12, 26), "Tapaninpäivä")]:
        OpeningException.objects.create(timetable=timetable, date=day, reason_fi=reason)
    OpeningException.objects.create(
        timetable=timetable, date=date(2027, 1, 1), opens=clock("12:00"), closes=clock("18:00")
    )

    with translation.override("fi"):
        said = opening_hours.sentences(timetable, since=SATURDAY)

    assert said == [
        "La 10.00–16.00",
        "La 26.12.2026: suljettu (Tapaninpäivä)",
        "Pe 1.1.2027: 12.00–18.00",
    ]
