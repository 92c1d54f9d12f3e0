"""A database as the release before rules, policies and closures left it, upgraded in place."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps as current
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bookings import invariants
from tests.factories import MONDAY, NOW, hour
from venues import opening_hours, openings, policy_layers
from venues.clock import CITY
from venues.fields import footprint
from venues.models import Policy, Space
from venues.opening_hours import Calendar, Exceptional, Rule

BEFORE = [
    ("accounts", "0001_initial"),
    ("venues", "0002_composite_keys"),
    ("bookings", "0002_composite_keys"),
]
POLICY = {
    "approval": "instant",
    "requests_compete": False,
    "start_step": 30,
    "min_minutes": 60,
    "max_minutes": 240,
    "notice_hours": 0,
    "ahead_days": 365,
}
OUR_APPS = ["accounts", "venues", "bookings"]


@pytest.fixture
def empty_database(django_db_setup, django_db_blocker) -> Iterator[None]:
    """A database beside that of the other tests, as long as this test lasts."""
    usual = connection.settings_dict["NAME"]
    own = connection.ops.quote_name(f"{usual}_upgrade")
    with django_db_blocker.unblock():
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"drop database if exists {own}")
            cursor.execute(f"create database {own}")
        connection.settings_dict["NAME"] = f"{usual}_upgrade"
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = usual
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"drop database {own} with (force)")


@pytest.fixture
def before(empty_database):
    """The models of the release before, and a database that fits them."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    apps = executor.loader.project_state(BEFORE).apps
    return SimpleNamespace(
        **{model.__name__: model for app in OUR_APPS for model in apps.get_app_config(app).get_models()}
    )


def upgrade() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(
        [node for node in executor.loader.graph.leaf_nodes() if node[0] in (*OUR_APPS, "payments")]
    )


# --- What the release before left -----------------------------------------------------------------


def a_timetable(before, weekly, closed_on: Sequence[date] = ()):
    """Weekly hours, holidays or not, closed days, and the openings that follow from them."""
    timetable = before.Timetable.objects.create()
    rules = [Rule(frozenset([weekday]), time(opens), time(closes)) for weekday, opens, closes in weekly]
    for rule in rules:
        (weekday,) = rule.weekdays
        before.OpeningHours.objects.create(
            timetable=timetable, weekday=weekday, opens=rule.opens, closes=rule.closes
        )
    for day in closed_on:
        before.OpeningException.objects.create(timetable=timetable, date=day, reason_fi="Inventaario")
    first, last = openings.horizon(MONDAY)
    spans = opening_hours.openings(
        rules, map(Exceptional, closed_on), Calendar(), first=first, last=last, tz=CITY
    )
    before.Opening.objects.bulk_create(
        before.Opening(timetable=timetable, period=(one.starts_at, one.ends_at)) for one in spans
    )
    return timetable


def a_venue(before, key: str, kind: str, timetable, imported_hours=()):
    imported = {"hours": imported_hours, "kind": kind} if imported_hours else {}
    return before.Venue.objects.create(
        key=key, kind=kind, name_fi=key, timetable=timetable, imported=imported
    )


def a_space(before, venue, key: str, *, pieces=(0,), hall=None, **facts):
    buffers = {} if hall else {"setup_minutes": 0, "cleanup_minutes": 15}
    part = {"part_of": hall, "hall_footprint": hall.footprint} if hall else {}
    return before.Space.objects.create(
        venue=venue,
        key=key,
        name_fi=key,
        footprint=footprint(pieces),
        **{"imported": POLICY | {"capacity": None}} | POLICY | buffers | part | facts,
    )


def a_booking(before, space, customer, status: str, start: datetime, *, competes=False, **facts):
    deadlines = {"decide_by": NOW + timedelta(days=3)} if status == "requested" else {}
    booking = before.Booking.objects.create(
        space_id=space.pk,
        customer_id=customer.pk,
        status=status,
        competes=competes,
        attendees=2,
        created_at=NOW - timedelta(days=1),
        **deadlines | facts,
    )
    is_live = status == "confirmed" or (status == "requested" and not competes)
    taken(before, space, start, start + timedelta(hours=1), booking_id=booking.pk, booking_is_live=is_live)
    return booking


def taken(before, space, starts_at: datetime, ends_at: datetime, **reason) -> None:
    cleanup = timedelta() if "closure" in reason else timedelta(minutes=15)
    before.Occupancy.objects.create(
        space_id=space.pk,
        hall_id=space.hall_id,
        footprint=space.footprint,
        setup_at=starts_at,
        starts_at=starts_at,
        original_starts_at=starts_at,
        ends_at=ends_at,
        clear_at=ends_at + cleanup,
        **reason,
    )


def rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


POLICIES_IN_FORCE = f"select id, {', '.join(POLICY)} from venues_space order by id"
UNTOUCHED = [
    "select timetable_id, period::text from venues_opening order by 1, 2",
    "select id, status, is_live, space_id, customer_id, attendees from bookings_booking order by 1",
    "select id, booking_id, closure_id, space_id, hall_id, footprint::text, setup_at, starts_at, ends_at,"
    " clear_at, holds_time from bookings_occupancy order by 1",
    "select pgh_id, pgh_obj_id, pgh_label, status from bookings_bookingevent order by 1",
    "select pgh_id, pgh_obj_id, pgh_label, starts_at from bookings_occupancyevent order by 1",
]


def test_city_with_bookings_is_upgraded_in_place(before):
    everyday = [(weekday, 8, 22) for weekday in range(1, 8)]
    school = a_venue(
        before,
        "school",
        "school",
        a_timetable(before, [*everyday[:5], (6, 10, 16), (6, 18, 2)], [MONDAY + timedelta(days=3)]),
        [[weekday, "08:00", "22:00"] for weekday in range(1, 6)],
    )
    library = a_venue(before, "library", "library", a_timetable(before, everyday))
    gym = a_space(before, school, "gym", pieces=(0, 1))
    half = a_space(before, school, "half", pieces=(1,), hall=gym, max_minutes=90, start_step=20)
    a_space(before, school, "attic", approval="request", requests_compete=True, ahead_days=30)
    cellar = a_space(before, school, "cellar", timetable=a_timetable(before, []))
    room = a_space(before, library, "room", imported={}, min_minutes=30, max_minutes=720)
    people = [before.User.objects.create(email=f"{name}@example.org") for name in ("aino", "onni")]

    a_booking(before, half, people[0], "confirmed", hour("10:00"))
    a_booking(
        before, gym, people[0], "cancelled", hour("10:00"), cancelled_at=NOW, cancelled_by_id=people[0].pk
    )
    a_booking(before, room, people[1], "requested", hour("12:00"))
    for customer in people:
        a_booking(before, cellar, customer, "requested", hour("14:00"), competes=True)
    repairs, forgotten = (
        before.Closure.objects.create(reason_fi=reason, created_at=NOW, created_by_id=people[1].pk)
        for reason in ("Remontti", "Unohdettu")
    )
    for start, end in [("18:00", "20:00"), ("12:00", "16:00")]:
        taken(before, gym, hour(start), hour(end), closure=repairs)
    policies, untouched = rows(POLICIES_IN_FORCE), list(map(rows, UNTOUCHED))

    upgrade()

    assert rows(POLICIES_IN_FORCE) == policies
    assert list(map(rows, UNTOUCHED)) == untouched
    assert list(invariants.findings(now=NOW)) == []
    assert_rules_and_layers(school.pk, half.pk)
    assert_closures_say_what_they_closed(repairs.pk, gym.pk, forgotten.pk)


def assert_rules_and_layers(school: int, half: int) -> None:
    (venue,) = current.get_model("venues.Venue").objects.filter(pk=school).select_related("timetable")
    rules = venue.timetable.rules.all()
    assert [(rule.weekdays, rule.opens.hour, rule.closes.hour, rule.on_holidays) for rule in rules] == [
        ([1, 2, 3, 4, 5], 8, 22, "normal"),
        ([6], 10, 16, "normal"),
        ([6], 18, 2, "normal"),
    ]
    assert venue.imported["hours"] == [{"weekdays": [1, 2, 3, 4, 5], "opens": "08:00", "closes": "22:00"}]

    kind, own = Policy.objects.get(kind="school"), Policy.objects.get(space=half)
    assert (kind.min_minutes, kind.max_minutes, kind.start_step) == (60, 240, None)
    assert (own.min_minutes, own.max_minutes, own.start_step) == (None, 90, 20)
    assert kind.imported == POLICY  # so that the next import knows its own word
    assert Space.objects.get(pk=half).imported == {"capacity": None}
    assert policy_layers.unsettled() == []


def assert_closures_say_what_they_closed(repairs: int, gym: int, forgotten: int) -> None:
    closure_model = current.get_model("bookings.Closure")
    closure = closure_model.objects.get(pk=repairs)
    assert (closure.starts_at, closure.ends_at) == (hour("12:00"), hour("20:00"))
    assert [time.starts_at for time in closure.times.all()] == [hour("12:00"), hour("18:00")]
    assert [space.pk for space in closure.spaces.all()] == [gym]
    assert not closure_model.objects.filter(pk=forgotten).exists()  # it closed nothing, and said nothing else


def test_usual_policy_of_a_kind_is_one_that_some_space_has(before):
    """Field by field, the usual shortest booking would be longer than the usual longest."""
    school = a_venue(before, "school", "school", a_timetable(before, []))
    for number, (shortest, longest) in enumerate([(300, 400), (300, 500), (60, 120), (90, 120), (30, 120)]):
        a_space(before, school, f"room-{number}", min_minutes=shortest, max_minutes=longest)
    policies = rows(POLICIES_IN_FORCE)

    upgrade()

    kind = Policy.objects.get(kind="school")
    assert (kind.min_minutes or 30, kind.max_minutes or 720) in [row[4:6] for row in policies]
    assert rows(POLICIES_IN_FORCE) == policies
    assert policy_layers.unsettled() == []
