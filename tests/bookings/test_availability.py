"""What is shown as free can be booked, and nothing else is."""

from datetime import UTC, date, time, timedelta
from math import asin, cos, radians, sin, sqrt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.problems import Refused
from bookings import availability, judging, occupancies
from bookings.models import Booking, Status
from bookings.wishes import Wish
from tests import naive
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_closure,
    create_gym,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from tests.naive import DAY, HOUR
from venues.audiences import STRANGER, asker
from venues.clock import at, local
from venues.models import Purpose, Space, Timetable

pytestmark = pytest.mark.django_db


def offers_for(space, starts_at, ends_at, **wish):
    with pytest.raises(Refused) as refusal:
        create_booking(space, starts_at, ends_at, **wish)
    return [offer for problem in refusal.value.problems for offer in problem.alternatives]


# --- What is offered instead can be booked -------------------------------------------------------


def test_a_wish_too_far_ahead_is_offered_the_last_day_that_can_be_booked():
    room = create_space(ahead_days=30)

    (offer,) = offers_for(room, NOW + timedelta(days=31), NOW + timedelta(days=31, hours=2))

    assert offer.starts_at == NOW + timedelta(days=30)
    create_booking(room, offer.starts_at, offer.ends_at)


def test_a_wish_of_odd_length_is_offered_whole_minutes():
    room = create_space()

    offers = offers_for(room, hour("10:00"), hour("11:00") + timedelta(seconds=30))

    assert offers[0].ends_at - offers[0].starts_at == timedelta(minutes=61)
    create_booking(room, offers[0].starts_at, offers[0].ends_at)


def test_free_time_ends_where_bookings_may_no_longer_begin():
    room = create_space(ahead_days=30)
    last_start = NOW + timedelta(days=30)

    stretches = availability.free_stretches(
        room, (last_start - timedelta(hours=1), last_start + timedelta(days=2)), now=NOW
    )

    assert stretches == [(last_start - timedelta(hours=1), last_start + timedelta(minutes=30))]


def test_the_days_ahead_are_counted_in_hours_whatever_the_clocks_do_meanwhile():
    room = create_space(ahead_days=1)
    noon = at(date(2027, 3, 27), time(12))
    last_start = at(date(2027, 3, 28), time(13))

    for now in (noon, noon.astimezone(UTC)):
        wish = Wish(room, last_start, last_start + timedelta(hours=1))
        assert judging.judge(wish, asker=STRANGER, now=now).problems == []
    stretches = availability.free_stretches(room, (last_start, last_start + timedelta(days=1)), now=noon)
    assert stretches == [(last_start, last_start + timedelta(minutes=30))]


# --- The whole city, against a model that looks at every minute ------------------------------------

EVES = [date(2027, 2, 1), date(2027, 3, 27), date(2027, 10, 30)]
OPEN = [("00:00", "00:00"), ("08:00", "22:00"), ("09:10", "20:40"), ("17:35", "02:10")]
# Of three venues, one without a point. Odd enough that no two are at the same distance.
POINTS = [(60.17, 24.94), (60.21, 25.08), (None, None)]
HERE = (60.19, 25.03)

odd_minutes = st.integers(0, 3 * DAY)
policies = st.fixed_dictionaries(
    {
        "step": st.sampled_from([5, 15, 20, 30, 60]),
        "shortest": st.sampled_from([5, 30, 60, 90]),
        "longest": st.sampled_from([90, 12 * HOUR]),
        "notice": st.sampled_from([0, 0, 5 * HOUR]),
        "ahead": st.sampled_from([DAY, 300 * DAY]),
    }
)
buffers = st.sampled_from([(0, 0), (0, 0), (30, 0), (15, 45)])
stretches = st.tuples(odd_minutes, st.integers(1, 10 * HOUR)).map(lambda taken: (taken[0], sum(taken)))
questions = st.fixed_dictionaries(
    {
        "windows": st.lists(stretches, min_size=1, max_size=4),
        "length": st.sampled_from([None, 60, 90, 125]),
        "order": st.sampled_from(["first_free", "distance"]),
        "limit": st.integers(1, 4),
        "within_km": st.sampled_from([None, None, None, None, 4.5]),
    }
)


class City:
    """Three venues, each with a gym of four spaces and a room; what is taken there; and the model of it."""

    def __init__(self, eve, hours, policies, buffers):
        self.world = naive.World(at(eve), minutes=5 * DAY, now=7 * HOUR + 13)
        self.spaces: list[Space] = []
        self.distances: list[float | None] = []
        for (lat, lon), pair in zip(POINTS, hours, strict=True):
            venue = create_venue(
                lat=lat, lon=lon, point_quality="unknown" if lat is None else "exact",
                timetable=Timetable.objects.create(),
            )  # fmt: skip
            own = Timetable.objects.create()
            open_daily(venue.timetable, *pair[0], today=eve)
            open_daily(own, *pair[1], today=eve)
            self.spaces += [*create_gym(venue=venue), create_space(venue=venue, timetable=own)]
            gym, room = naive.Hall(*buffers[len(self.world.spaces) // 5]), naive.Hall()
            openings = [self.world.open_daily(*map(time.fromisoformat, times)) for times in pair]
            self.world.spaces += [
                *(naive.Space(gym, floor, openings[0]) for floor in ({0, 1, 2}, {0}, {1}, {0, 2})),
                naive.Space(room, {0}, openings[1]),
            ]
            self.distances += [None if lat is None else distance_from_here(lat, lon)] * 5
        for model, real, policy in zip(self.world.spaces, self.spaces, policies, strict=True):
            vars(model).update(policy)
            Space.objects.filter(pk=real.pk).update(
                start_step=policy["step"],
                min_minutes=policy["shortest"],
                max_minutes=policy["longest"],
                notice_hours=policy["notice"] // HOUR,
                ahead_days=policy["ahead"] // DAY,
                **(
                    {"setup_minutes": model.hall.setup, "cleanup_minutes": model.hall.cleanup}
                    if real.is_hall
                    else {}
                ),
            )
        self.spaces = [Space.objects.with_place().get(pk=space.pk) for space in self.spaces]
        self.aino = create_user()

    def take(self, number: int, start: int, end: int, how: str) -> None:
        """Give time away, if it is free: to a booking, or to a closure, which keeps to no grid."""
        model, space = self.world.spaces[number], self.spaces[number]
        taken = self.world.wish(model, start, end, customer="Aino")
        taken.status = "confirmed" if how in {"confirmed", "closed"} else "cancelled"
        if how == "closed":
            taken.setup = taken.cleanup = 0
        if taken.holds_time and not self.world.is_free(taken):
            return
        self.world.bookings.append(taken)
        instants = self.world.at(start), self.world.at(end)
        if how == "closed":
            create_closure(space, *instants, now=self.world.at(0))
            return
        booking = Booking.objects.create(
            space=space, customer=self.aino, created_at=NOW, status=Status.CANCELLED
        )
        occupancies.claim(booking, space, *instants)
        if how == "released":
            booking.dates.update(released_at=NOW)
        if how != "cancelled":
            Booking.objects.filter(pk=booking.pk).update(status=Status.CONFIRMED)

    def search(self, windows, length, order, within_km, **page):
        return availability.free(
            Space.objects.filter(pk__in=[space.pk for space in self.spaces]),
            [tuple(map(self.world.at, window)) for window in windows],
            now=self.world.at(self.world.now),
            length=length and timedelta(minutes=length),
            near=HERE,
            order=order,
            within_km=within_km,
            **page,
        )

    def expected(self, windows, length, order, within_km):
        """Return (id, first free, stretches) of each space, in order, as the model finds them."""
        found = []
        for model, space, distance in zip(self.world.spaces, self.spaces, self.distances, strict=True):
            stretches = [tuple(map(self.world.at, run)) for run in self.world.free(model, windows, length)]
            if stretches and (within_km is None or (distance is not None and distance <= within_km)):
                nearest_first = (distance is None, distance or 0) if order == "distance" else ()
                found.append((nearest_first, stretches[0][0], space.pk, stretches))
        return [(pk, first, stretches) for _order, first, pk, stretches in sorted(found)]

    def ask(self, limit, **question):
        """Ask the product, in one go and page by page, and the model; hear the same."""
        expected = self.expected(**question)
        everything = self.search(**question)
        assert [(row.space_id, row.first_free, row.stretches) for row in everything.page] == expected
        assert self.search(**question, in_few_halls=True) == everything
        pages = [
            self.search(**question, limit=limit, offset=offset)
            for offset in range(0, len(expected) + 2 * limit, limit)
        ]
        assert [row for page in pages for row in page.page] == everything.page
        assert {page.total for page in [everything, *pages]} == {len(expected)}


def distance_from_here(lat: float, lon: float) -> float:
    """Return kilometres on a round earth."""
    lat1, lon1, lat2, lon2 = map(radians, (*HERE, lat, lon))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * asin(sqrt(half))


def search_and_compare(eve, hours, policies, buffers, taken, questions):
    with transaction.atomic():
        city = City(eve, hours, policies, buffers)
        for number, (start, end), how in taken:
            city.take(number, start, end, how)
        for question in questions:
            city.ask(**question)
        transaction.set_rollback(True)


cities = given(
    eve=st.sampled_from(EVES),
    hours=st.tuples(*[st.tuples(*[st.sampled_from(OPEN)] * 2)] * 3),
    policies=st.lists(policies, min_size=15, max_size=15),
    buffers=st.tuples(*[buffers] * 3),
    taken=st.lists(
        st.tuples(
            st.integers(0, 14),
            stretches,
            st.sampled_from(["confirmed", "confirmed", "closed", "cancelled", "released"]),
        ),
        min_size=10,
        max_size=30,
    ),
    questions=st.lists(questions, min_size=3, max_size=6),
)
patient = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=8, derandomize=True, phases=[Phase.generate], **patient)
@cities
def test_a_search_finds_what_looking_at_every_minute_finds(**city):
    search_and_compare(**city)


@pytest.mark.proof
@settings(max_examples=150, **patient)
@cities
def test_a_search_finds_what_looking_at_every_minute_finds_in_many_cities(**city):
    search_and_compare(**city)


# --- Told by example ------------------------------------------------------------------------------


def test_closed_time_that_keeps_to_no_grid_is_kept_to_the_second():
    room = create_space(start_step=15)
    create_closure(room, hour("10:00") + timedelta(seconds=1), hour("11:29") + timedelta(seconds=59))

    stretches = availability.free_stretches(room, (hour("09:00"), hour("12:00")), now=NOW)

    assert stretches == [
        (hour("09:00"), hour("10:00") + timedelta(seconds=1)),
        (hour("11:30"), hour("12:00")),
    ]


def test_a_space_with_hours_of_its_own_does_not_keep_the_venues():
    venue = create_venue()
    open_daily(venue.timetable, "08:00", "20:00")
    sauna = create_space(venue=venue, timetable=Timetable.objects.create())
    open_daily(sauna.timetable, "18:00", "23:00")

    stretches = availability.free_stretches(sauna, (hour("00:00"), hour("23:59")), now=NOW)

    assert stretches == [(hour("18:00"), hour("23:00"))]


def starts(space, window, **question):
    """Return the clock times, by day, of the starts that are shown for an hour."""
    step = timedelta(minutes=space.start_step)
    stretches = availability.free_stretches(space, window, length=timedelta(hours=1), **question)
    return [
        f"{local(first + number * step):%d %H:%M}"
        for first, until in stretches
        for number in range((until - timedelta(hours=1) - first) // step + 1)
    ]


def test_a_day_on_which_a_quota_is_used_up_is_not_shown_to_that_customer():
    aino = create_user()
    room = create_space(quota_day=1, start_step=60)
    create_booking(room, "10:00", "11:00", customer=aino)
    weekend = hour("23:00", day=MONDAY + timedelta(days=4)), hour("01:00", day=MONDAY + timedelta(days=6))

    shown = starts(room, weekend, now=NOW, asker=asker(aino, None, today=MONDAY))

    assert shown == ["05 23:00", "07 00:00"]
    assert "06 12:00" in starts(room, weekend, now=NOW, asker=asker(create_user(), None, today=MONDAY))


def test_what_is_booked_by_noon_of_the_weekday_before_is_shown_until_that_noon():
    room = create_space(notice_weekdays=1, notice_by=time(12), start_step=60)
    on_tuesday = hour("10:00", day=MONDAY + timedelta(days=1)), hour("11:00", day=MONDAY + timedelta(days=1))

    assert starts(room, on_tuesday, now=at(MONDAY, time(12))) == ["02 10:00"]
    assert starts(room, on_tuesday, now=at(MONDAY, time(12, 1))) == []


def test_starts_can_be_counted_from_the_opening_however_late_the_question_begins():
    venue = create_venue()
    open_daily(venue.timetable, "09:10", "12:00")
    room = create_space(venue=venue, starts_from="opening", start_step=45)

    assert starts(room, (hour("10:00"), hour("20:00")), now=NOW) == ["06 10:40"]


def test_a_space_for_whole_days_is_shown_as_a_whole_or_not_at_all():
    venue = create_venue()
    open_daily(venue.timetable, "09:00", "21:00")
    lodge, taken = (create_space(venue=venue, is_whole_day=True, max_minutes=60) for _number in range(2))
    create_closure(taken, hour("09:30"), hour("10:00"))

    found = availability.free(
        Space.objects.all(), [(hour("17:00"), hour("19:00"))], now=NOW, length=timedelta(hours=2)
    )

    (row,) = found.page
    assert (row.space_id, row.is_whole_day) == (lodge.pk, True)
    assert row.stretches == [(hour("09:00"), hour("21:00"))]


def test_how_often_a_weekly_time_is_free_is_told_and_sorts_what_is_found():
    windows = [
        (hour("10:00") + timedelta(weeks=week), hour("12:00") + timedelta(weeks=week)) for week in range(4)
    ]
    rooms = [create_space() for _number in range(3)]
    create_booking(rooms[0], *windows[0])
    for week in range(4):
        create_closure(rooms[1], *windows[week])

    found = availability.free(
        Space.objects.all(), windows, now=NOW, length=timedelta(hours=2), order="coverage"
    )

    assert [(row.space_id, row.windows) for row in found.page] == [
        (rooms[2].pk, (0, 1, 2, 3)),
        (rooms[0].pk, (1, 2, 3)),
    ]


def test_what_cannot_be_booked_is_not_found():
    room = create_space(is_bookable=False)

    found = availability.free(Space.objects.all(), [(hour("10:00"), hour("12:00"))], now=NOW)

    assert found == availability.Found([], 0)
    wish = Wish(room, hour("10:00"), hour("11:00"))
    problems = judging.judge(wish, asker=STRANGER, now=NOW).problems
    assert [problem.code for problem in problems] == ["not_bookable"]


def test_nobody_is_asked_about():
    found = availability.free(Space.objects.none(), [(hour("10:00"), hour("12:00"))], now=NOW)

    assert found == availability.Found([], 0)


def test_a_page_past_the_end_is_empty_and_the_total_still_true():
    for _room in range(3):
        create_space()

    found = availability.free(
        Space.objects.all(), [(hour("10:00"), hour("12:00"))], now=NOW, limit=2, offset=40
    )

    assert found == availability.Found([], 3)


def test_a_closure_stands_in_the_way_of_bookings_and_of_competing_requests():
    for policy in ({}, {"approval": "request", "requests_compete": True}):
        room = create_space(**policy)
        create_closure(room, hour("11:00"), hour("12:00"))

        with pytest.raises(Refused) as refusal:
            create_booking(room, "10:00", "12:00")

        assert refusal.value.codes == {"closed"}


def test_other_spaces_are_offered_with_a_common_purpose_enough_room_and_that_time_free_nearest_first():
    sports, parties = (Purpose.objects.create(code=code, name_fi=code) for code in ("sports", "parties"))
    here = create_venue(lat=60.17, lon=24.94, point_quality="exact")
    near, far = (create_venue(lat=60.17, lon=lon, point_quality="exact") for lon in (24.95, 24.99))
    for venue in (here, near, far):
        open_daily(venue.timetable)
    wanted, too_small, nearest, farther, taken, for_parties = (
        create_space(venue=venue, capacity=capacity)
        for venue, capacity in [(here, 50), (near, 10), (near, 50), (far, None), (near, 50), (near, 50)]
    )
    for room in (wanted, too_small, nearest, farther, taken):
        room.purposes.add(sports)
    for_parties.purposes.add(parties)
    create_booking(wanted)
    create_booking(taken)

    offers = offers_for(wanted, hour("10:00"), hour("12:00"), attendees=30)

    assert [offer.space for offer in offers if offer.space != wanted] == [nearest, farther]
    assert {(offer.starts_at, offer.ends_at) for offer in offers if offer.space != wanted} == {
        (hour("10:00"), hour("12:00"))
    }
