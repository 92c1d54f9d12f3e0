"""What a manager closes is closed until it is lifted, bookings stay, and people are told why."""

from datetime import date, timedelta

import pytest

from accounts.problems import Refused
from accounts.versions import ChangedMeanwhile
from bookings import closures, lifecycle, timeline
from bookings.closures import WishedClosure, hits_of
from bookings.dates import release
from bookings.models import Booking, Closure, Occupancy, Status
from bookings.timeline import Kind
from bookings.wishes import Wish, wish_of
from tests.bookings.closing import dates, refusal_of
from tests.factories import (
    NOW,
    create_booking,
    create_closure,
    create_gym,
    create_organisation,
    create_series,
    create_space,
    create_user,
    create_venue,
    hour,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("closed_as_promised")]


@pytest.fixture
def onni():
    return create_user("Onni")


def closed(*spaces, at: str = "12:30") -> set[str]:
    """Return the names of the spaces that are closed, wholly or in part, at a time of Saturday."""
    return {
        space.name_fi
        for space in spaces
        if Occupancy.objects.on_floor_of(space)
        .exclude(closure=None)
        .filter(starts_at__lte=hour(at), ends_at__gt=hour(at))
    }


# --- Closing --------------------------------------------------------------------------------------


def test_a_closed_hall_is_closed_whole_and_so_are_its_parts():
    gym = whole, a, *_rest = create_gym()

    closure = create_closure(whole, hour("08:00"), hour("20:00"))

    assert dates() == [("Koko sali", "08.00", "20.00")]
    assert closed(*gym) == {"Koko sali", "Lohko A", "Lohko B", "Lohkot A ja C"}
    assert list(closure.spaces.all()) == [whole]
    assert refusal_of(a).codes == {"closed"}


def test_a_closed_part_leaves_its_siblings_open():
    _whole, a, b, _a_and_c = gym = create_gym()

    create_closure(a, hour("08:00"), hour("20:00"))

    assert closed(*gym) == {"Koko sali", "Lohko A", "Lohkot A ja C"}
    assert create_booking(b, "12:00", "13:00")


def test_a_part_that_is_not_in_one_piece_is_closed_with_all_its_floor():
    *_rest, a_and_c = gym = create_gym()

    create_closure(a_and_c, hour("08:00"), hour("20:00"))

    assert dates() == [("Lohkot A ja C", "08.00", "20.00")]
    assert closed(*gym) == {"Koko sali", "Lohko A", "Lohkot A ja C"}


def test_bookings_stay_and_make_holes_and_their_buffers_are_not_closed_either():
    room = create_space(setup_minutes=30, cleanup_minutes=15)
    create_booking(room, "10:00", "12:00")

    create_closure(room, hour("08:00"), hour("20:00"))

    assert dates() == [("Liikuntasali", "08.00", "09.30"), ("Liikuntasali", "12.15", "20.00")]
    assert refusal_of(room, "12:30", "13:00").codes == {"closed"}


def test_beside_a_booking_of_a_part_the_rest_of_the_hall_is_closed():
    whole, a, *_rest = gym = create_gym()
    create_booking(a, "10:00", "12:00")

    create_closure(whole, hour("08:00"), hour("20:00"))

    assert dates() == [
        ("Koko sali", "08.00", "10.00"),
        ("Lohko B", "10.00", "12.00"),
        ("Koko sali", "12.00", "20.00"),
    ]
    assert closed(*gym, at="11:00") == {"Koko sali", "Lohko B"}


def test_a_hold_that_is_alive_stays_too():
    room = create_space()
    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=create_user(), now=NOW)

    create_closure(room, hour("08:00"), hour("20:00"))

    assert lifecycle.submit(held, wish_of(held), customer=held.customer, now=NOW).status == Status.CONFIRMED


def test_floor_that_only_a_larger_space_reaches_is_closed_through_it():
    """Piece 1 is no space of its own. While A is booked only B and C together could still take it."""
    whole = create_space((0, 1, 2))
    a = create_space((0,), hall=whole, name_fi="A")
    a_and_b = create_space((0, 1), hall=whole, name_fi="A ja B")
    b_and_c = create_space((1, 2), hall=whole, name_fi="B ja C")
    create_space((2,), hall=whole, name_fi="C")
    booking = create_booking(a, "10:00", "12:00")

    create_closure(a_and_b, hour("10:00"), hour("12:00"))

    assert dates() == [("B ja C", "10.00", "12.00")]
    assert refusal_of(b_and_c, "10:00", "11:00").codes == {"closed"}

    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    assert dates() == [("A ja B", "10.00", "12.00")]


def test_floor_that_cannot_be_closed_beside_a_booking_is_taken_until_the_booking_ends():
    """Piece 2 is no space of its own: while A and B are booked, C, which shares B, cannot be had anyway."""
    whole = create_space((0, 1, 2))
    a_and_b = create_space((0, 1), hall=whole, name_fi="A ja B")
    b_and_c = create_space((1, 2), hall=whole, name_fi="B ja C")
    booking = create_booking(a_and_b, "10:00", "12:00")

    create_closure(b_and_c, hour("10:00"), hour("12:00"))

    assert dates() == []
    assert refusal_of(b_and_c, "10:00", "11:00").codes == {"time_taken"}

    lifecycle.cancel(booking, by=booking.customer, now=NOW)

    assert dates() == [("B ja C", "10.00", "12.00")]
    assert refusal_of(b_and_c, "10:00", "11:00").codes == {"closed"}


def test_what_is_over_is_not_closed_any_more_but_was_said():
    room = create_space()

    closure = create_closure(room, hour("08:00"), hour("20:00"), now=hour("12:00"))

    assert dates() == [("Liikuntasali", "12.00", "20.00")]
    assert list(closure.times.values_list("starts_at", "ends_at")) == [(hour("08:00"), hour("20:00"))]


def test_every_tuesday_is_closed_on_tuesdays():
    room = create_space()
    tuesday = date(2027, 3, 23)
    create_closure(room, hour("18:00", day=tuesday), hour("20:00", day=tuesday), repeats="weekly",
                   weekdays=[2], until=tuesday + timedelta(weeks=2))  # fmt: skip

    assert dates() == [("Liikuntasali", "18.00", "20.00")] * 3
    monday = tuesday + timedelta(days=6)
    assert create_booking(room, hour("18:00", day=monday), hour("20:00", day=monday))


def test_the_past_times_of_a_closure_hit_no_booking_that_is_still_running():
    hall, now = create_space(), hour("11:00")
    create_booking(hall, "09:00", "12:00")

    mornings = [(hour("08:00"), hour("10:00")), (hour("13:00"), hour("14:00"))]

    assert not hits_of([hall], mornings, now=now)
    assert hits_of([hall], [(hour("08:00"), hour("14:00"))], now=now)


def test_schools_are_all_closed_for_an_election_in_one_go(onni, django_assert_num_queries):
    def close(schools: int, day: date) -> None:
        halls = [create_gym(venue=create_venue()) for _ in range(schools)]
        spaces = [space for gym in halls for space in gym]
        wished = WishedClosure(
            spaces, hour("00:00", day=day), hour("23:00", day=day), reason={"reason_fi": "Vaalit"}
        )
        with django_assert_num_queries(11):  # the last: what was offered there
            closure = closures.close(wished, by=onni, now=NOW)
        assert closure.dates.count() == schools

    close(2, date(2027, 4, 11))
    close(8, date(2027, 4, 18))


def test_a_wish_that_is_wrong_closes_nothing(onni):
    room = create_space()

    with pytest.raises(Refused) as refusal:
        closures.close(WishedClosure([room], hour("20:00"), hour("08:00")), by=onni, now=NOW)

    assert refusal.value.codes == {"ends_before_start", "reason_missing"}
    assert not Closure.objects.exists()


# --- Several closures -----------------------------------------------------------------------------


@pytest.mark.parametrize("is_larger_first", [True, False])
def test_overlapping_closures_close_the_time_once_in_whichever_order_they_come(is_larger_first):
    whole, a, *_rest = create_gym()
    wishes = [(whole, "08:00", "14:00"), (a, "12:00", "20:00")]

    for space, start, end in wishes if is_larger_first else reversed(wishes):
        create_closure(space, hour(start), hour(end))

    assert dates() == [("Koko sali", "08.00", "14.00"), ("Lohko A", "14.00", "20.00")]


@pytest.mark.parametrize("is_first_lifted_first", [True, False])
def test_what_two_closures_close_is_closed_until_both_are_lifted(onni, is_first_lifted_first):
    whole, a, *_rest = gym = create_gym()
    large = create_closure(whole, hour("08:00"), hour("14:00"))
    small = create_closure(a, hour("12:00"), hour("20:00"))
    first, second = (large, small) if is_first_lifted_first else (small, large)

    closures.lift(first, by=onni, now=NOW)

    left = [("Lohko A", "12.00", "20.00")] if first == large else [("Koko sali", "08.00", "14.00")]
    assert dates() == left
    assert closed(*gym) >= {"Koko sali", "Lohko A"}

    closures.lift(second, by=onni, now=NOW)

    assert dates() == []
    assert create_booking(whole, "12:00", "13:00")


def test_the_same_closure_said_twice_is_lifted_twice(onni):
    room = create_space()
    first, second = (create_closure(room, hour("08:00"), hour("20:00")) for _ in range(2))

    closures.lift(first, by=onni, now=NOW)
    assert refusal_of(room).codes == {"closed"}

    closures.lift(second, by=onni, now=NOW)
    assert create_booking(room, "12:00", "13:00")


# --- Lifting --------------------------------------------------------------------------------------


def test_what_runs_is_cut_when_it_is_lifted_and_what_was_closed_was(onni):
    room = create_space()
    closure = create_closure(room, hour("08:00"), hour("20:00"))

    closures.lift(closure, by=onni, now=hour("12:00"))

    assert dates() == [("Liikuntasali", "08.00", "12.00")]
    assert (closure.lifted_at, closure.lifted_by) == (hour("12:00"), onni)


def test_who_comes_when_it_is_lifted_has_not_been_able_to_set_up_before(onni):
    room = create_space(setup_minutes=30)
    closure = create_closure(room, hour("08:00"), hour("20:00"))

    closures.lift(closure, by=onni, now=hour("12:00"))

    assert refusal_of(room, "12:00", "13:00", now=hour("12:00")).codes == {"closed"}
    assert create_booking(room, "12:30", "13:30", now=hour("12:00"))


def test_a_closure_is_lifted_once(onni):
    closure = create_closure(create_space(), hour("08:00"), hour("20:00"))
    closures.lift(closure, by=onni, now=NOW)

    with pytest.raises(ChangedMeanwhile):
        closures.lift(closure, by=create_user("Mari"), now=NOW + timedelta(hours=1))

    closure.refresh_from_db()
    assert (closure.lifted_at, closure.lifted_by) == (NOW, onni)


# --- Whom it hits ---------------------------------------------------------------------------------


def test_agreed_and_asked_dates_are_hit_those_of_others_and_holds_are_not():
    whole, a, b, _rest = create_gym()
    agreed = create_booking(a, "10:00", "12:00")
    beside = create_booking(b, "10:00", "12:00")
    lifecycle.hold(Wish(a, hour("13:00"), hour("14:00")), customer=create_user(), now=NOW)
    dead = create_booking(a, "15:00", "16:00")
    lifecycle.cancel(dead, by=dead.customer, now=NOW)
    season = create_series(a, start="17:00", end="18:00").bookings.get()
    release([season.dates.all()[0]], by=season.customer, now=NOW)
    saturday = [(hour("08:00"), hour("20:00"))]

    assert [date.booking for date in hits_of([a], saturday, now=NOW)] == [agreed]
    assert [date.booking for date in hits_of([whole], saturday, now=NOW)] == [agreed, beside]


def test_requests_that_compete_are_hit_like_others():
    room = create_space(approval="request", requests_compete=True)
    requests = [create_booking(room, "10:00", "12:00") for _ in range(2)]

    hits = hits_of([room], [(hour("11:00"), hour("20:00"))], now=NOW)

    assert [date.booking for date in hits] == requests


def test_what_people_see_of_a_date_decides_whether_it_is_hit():
    room = create_space(setup_minutes=30, cleanup_minutes=30)
    booking = create_booking(room, "10:00", "12:00")

    assert not hits_of([room], [(hour("08:00"), hour("10:00")), (hour("12:00"), hour("14:00"))], now=NOW)
    assert hits_of([room], [(hour("08:00"), hour("10:01"))], now=NOW).get().booking == booking


def test_what_is_over_is_not_hit_and_what_runs_is():
    room = create_space()
    create_booking(room, "08:00", "10:00")
    running = create_booking(room, "10:00", "12:00")

    hits = hits_of([room], [(hour("06:00"), hour("20:00"))], now=hour("10:30"))

    assert [date.booking for date in hits] == [running]


def test_each_date_is_hit_once_and_comes_with_all_that_is_told_of_it(django_assert_num_queries):
    gym = create_gym()
    club = create_organisation(create_user())
    for start in range(8, 14):
        create_booking(gym[1], f"{start:02}:00", f"{start + 1:02}:00", organisation=club)
    times = [(hour("08:00"), hour("11:00")), (hour("12:00"), hour("20:00"))]

    with django_assert_num_queries(4):
        told = [
            (date.booking.customer.name, date.booking.organisation.name, date.space.venue.name_fi)
            for date in hits_of(gym, times, now=NOW)
        ]

    assert told == [("Aino", "Hertsikan yhdistys", "Keskuskoulu")] * 5


# --- What people are told -------------------------------------------------------------------------


def test_the_reason_is_told_where_the_time_is_refused():
    room = create_space()
    create_closure(room, hour("08:00"), hour("20:00"), reason="Lattia lakataan")

    (problem,) = refusal_of(room).problems

    assert problem.code == "closed"
    assert "Lattia lakataan" in str(problem.message)
    assert problem.alternatives


def test_a_hidden_reason_is_told_to_nobody():
    room = create_space()
    create_closure(room, hour("08:00"), hour("20:00"), reason="Sisäilmaongelma", is_reason_public=False)

    (problem,) = refusal_of(room).problems
    rows = timeline.rows([room], hour("08:00"), hour("20:00"), now=NOW)

    assert problem.code == "closed"
    assert "Sisäilma" not in str(problem.message)
    assert {(row.kind, row.reason) for row in rows} == {(Kind.CLOSED, "")}


def test_a_time_that_is_only_too_near_a_closure_is_closed_as_well():
    room = create_space(cleanup_minutes=30)
    create_closure(room, hour("12:00"), hour("20:00"))

    assert refusal_of(room, "11:00", "12:00").codes == {"closed"}
    assert create_booking(room, "10:30", "11:30")


def test_a_time_that_somebody_else_has_is_taken_not_closed():
    room = create_space()
    create_booking(room, "10:00", "12:00")
    create_closure(room, hour("12:00"), hour("20:00"))

    assert refusal_of(room, "11:00", "12:00").codes == {"time_taken"}
    assert Booking.objects.count() == 1
