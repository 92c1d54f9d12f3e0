"""A hall is divided anew, and nobody's time is given to two."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client

from accounts.problems import Refused
from bookings import layout, lifecycle
from bookings.layout import RedrawCollides, layout_of, redraw
from bookings.models import Booking, Impact, Occupancy
from tests.factories import (
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_space,
    create_user,
    hour,
)
from venues.fields import pieces
from venues.models import Space

pytestmark = pytest.mark.django_db


def overlapping_pairs() -> int:
    """Count stretches of taken time that share floor and time: judged anew, without the constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select count(*) from bookings_occupancy one join bookings_occupancy other
              on one.id < other.id and one.hall_id = other.hall_id and one.footprint && other.footprint
             and one.starts_at < other.ends_at and other.starts_at < one.ends_at
            where one.holds_time and other.holds_time
            """
        )
        return cursor.fetchone()[0]


def test_a_piece_is_divided_and_all_taken_time_follows():
    whole, a, b, a_and_c = create_gym()
    onni = create_manager(whole.venue)
    booking = create_booking(a_and_c, "10:00", "12:00")
    create_booking(b, "10:00", "12:00")

    redraw(
        whole,
        {whole.pk: {0, 1, 2, 3}, a.pk: {0, 1}, b.pk: {2}, a_and_c.pk: {0, 1, 3}},
        by=onni,
        now=NOW,
    )

    assert pieces(Space.objects.get(pk=a.pk).hall_footprint) == {0, 1, 2, 3}
    assert pieces(booking.dates.get().footprint) == {0, 1, 3}
    assert overlapping_pairs() == 0


def test_numbers_may_be_exchanged_although_everything_is_booked():
    whole, a, b, a_and_c = create_gym()
    create_booking(a, "10:00", "12:00")
    create_booking(b, "10:00", "12:00")

    redraw(
        whole,
        {whole.pk: {0, 1, 2}, a.pk: {1}, b.pk: {0}, a_and_c.pk: {1, 2}},
        by=create_user(),
        now=NOW,
    )

    assert layout_of(whole)[a.pk] == {1}
    assert overlapping_pairs() == 0


def test_a_layout_that_puts_two_bookings_on_one_floor_is_refused_and_names_them_future_first():
    whole, a, b, _ = create_gym()
    earlier = [create_booking(space, "10:00", "12:00") for space in (a, b)]
    later = [
        create_booking(space, hour("10:00") + timedelta(days=7), hour("12:00") + timedelta(days=7))
        for space in (a, b)
    ]
    before = layout_of(whole)

    with pytest.raises(RedrawCollides) as refusal:
        redraw(
            whole,
            before | {b.pk: {0, 1}},
            by=create_user(),
            now=hour("13:00"),
        )

    assert refusal.value.codes == {"redraw_collides"}
    named = [(found.first.booking, found.second.booking) for found in refusal.value.collisions]
    assert named == [tuple(later), tuple(earlier)]
    assert refusal.value.total == 2
    assert layout_of(whole) == before


def test_a_cancelled_booking_stands_in_nobodys_way():
    whole, a, b, _ = create_gym()
    create_booking(a, "10:00", "12:00")
    lifecycle.cancel(create_booking(b, "10:00", "12:00"), by=create_user(), now=NOW)

    redraw(whole, layout_of(whole) | {b.pk: {0, 1}}, by=create_user(), now=NOW)

    assert layout_of(whole)[b.pk] == {0, 1}


def test_neighbours_need_the_longer_buffer_under_the_new_layout_too():
    whole, a, b, _ = create_gym(setup_minutes=0, cleanup_minutes=30)
    create_booking(a, "10:00", "12:00")
    create_booking(b, "12:00", "13:00")

    with pytest.raises(RedrawCollides) as refusal:
        redraw(whole, layout_of(whole) | {b.pk: {0, 1}}, by=create_user(), now=NOW)

    assert refusal.value.total == 1


def test_everything_that_is_wrong_with_a_layout_is_told_at_once():
    whole, a, b, a_and_c = create_gym()

    with pytest.raises(Refused) as refusal:
        redraw(
            whole,
            {whole.pk: {0, 1}, a.pk: set(), b.pk: {1}, a_and_c.pk: {0, 2}},
            by=create_user(),
            now=NOW,
        )

    problems = {(problem.code, problem.field) for problem in refusal.value.problems}
    assert problems == {("no_floor", f"space_{a.pk}"), ("outside_hall", f"space_{a_and_c.pk}")}


def test_pieces_have_numbers_below_a_hundred():
    room = create_space()

    with pytest.raises(Refused) as refusal:
        redraw(room, {room.pk: {0, layout.MOST_PIECES}}, by=create_user(), now=NOW)

    assert refusal.value.codes == {"piece_unknown"}


def test_a_forgotten_or_foreign_space_changes_nothing():
    whole, a, b, _ = create_gym()
    stranger = create_space()

    for footprints in ({whole.pk: {0}, a.pk: {0}, b.pk: {0}}, layout_of(whole) | {stranger.pk: {0}}):
        with pytest.raises(Refused) as refusal:
            redraw(whole, footprints, by=create_user(), now=NOW)
        assert refusal.value.codes == {"space_missing"}


def test_a_layout_that_was_redrawn_since_it_was_looked_at_is_not_overwritten():
    whole, _, b, _ = create_gym()
    seen = layout_of(whole)
    redraw(whole, seen | {b.pk: {1, 2}}, by=create_user(), now=NOW)

    with pytest.raises(Refused) as refusal:
        redraw(whole, seen, seen=layout.version(seen), by=create_user(), now=NOW)

    assert refusal.value.codes == {"changed_meanwhile"}
    assert layout_of(whole)[b.pk] == {1, 2}


@pytest.mark.django_db(transaction=True)
def test_a_hall_is_redrawn_while_people_book_it():
    whole, a, b, a_and_c = create_gym()
    fine = {whole.pk: {0, 1, 2, 3}, a.pk: {0, 1}, b.pk: {2}, a_and_c.pk: {0, 1, 3}}
    coarse = layout_of(whole)
    people = [create_user() for _ in range(4)]
    surprises: list[Exception] = []

    def book_everything(person, spaces):
        for clock in range(8, 20):
            for space in spaces:
                try:
                    create_booking(
                        Space.objects.with_place().get(pk=space.pk),
                        f"{clock:02}:00",
                        f"{clock + 1:02}:00",
                        customer=person,
                    )
                except Refused:
                    continue

    def redraw_again_and_again():
        for footprints in [fine, coarse] * 8:
            redraw(whole, footprints, by=people[0], now=NOW)

    def run(work, *args):
        try:
            work(*args)
        except Exception as exc:
            surprises.append(exc)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=args)
        for args in [
            (redraw_again_and_again,),
            (book_everything, people[1], (a, whole)),
            (book_everything, people[2], (b, a_and_c)),
            (book_everything, people[3], (whole, b)),
        ]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert surprises == []
    assert overlapping_pairs() == 0
    assert Booking.objects.live().count() == Occupancy.objects.holding().count() >= 12


# --- The page -------------------------------------------------------------------------------------


@pytest.fixture
def gym():
    return create_gym()


@pytest.fixture
def desk(gym) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(create_manager(gym[0].venue))
    return client


def url_of(gym) -> str:
    return f"/manage/halls/{gym[0].pk}/layout/"


def drawing(page, **changes) -> dict:
    """Return what a browser would send for the layout as it is shown, but for some changes."""
    return {field.html_name: field.value() for field in page.context["form"]} | changes


def test_the_hall_is_shown_as_it_is_drawn_and_drawn_as_it_is_ticked(desk, gym):
    whole, a, b, a_and_c = gym
    page = desk.get(url_of(gym))
    assert page.context["form"][f"space_{a_and_c.pk}"].value() == [0, 2]

    answer = desk.post(url_of(gym), drawing(page, **{f"space_{b.pk}": ["1", "2"]}), follow=True)

    assert "The hall has been redrawn." in answer.text
    assert layout_of(whole) == {whole.pk: {0, 1, 2}, a.pk: {0}, b.pk: {1, 2}, a_and_c.pk: {0, 2}}


def test_a_piece_is_added_before_anything_is_saved(desk, gym):
    whole, _, b, _ = gym
    page = desk.get(url_of(gym))

    wider = desk.post(url_of(gym), drawing(page, change_count="4", **{f"space_{b.pk}": ["1", "2"]}))

    assert wider.status_code == 200
    assert len(wider.context["form"].pieces) == 4
    assert wider.context["form"][f"space_{b.pk}"].value() == ["1", "2"]
    assert layout_of(whole)[whole.pk] == {0, 1, 2}

    desk.post(url_of(gym), drawing(wider, count="4", **{f"space_{b.pk}": ["1", "3"]}))

    assert layout_of(whole)[whole.pk] == {0, 1, 2, 3}
    assert layout_of(whole)[b.pk] == {1, 3}


def test_the_page_shows_whose_bookings_would_collide_before_anything_is_drawn(desk, gym):
    whole, a, b, _ = gym
    bookings = [create_booking(space, "10:00", "12:00") for space in (a, b)]
    page = desk.get(url_of(gym))

    answer = desk.post(url_of(gym), drawing(page, **{f"space_{b.pk}": ["0", "1"]}))

    assert answer.status_code == 200
    assert answer.context["total"] == 2
    for booking in bookings:
        assert booking.get_absolute_url() in answer.text
    assert layout_of(whole)[b.pk] == {1}


def test_of_two_bookings_that_would_collide_one_must_go(desk, gym):
    whole, a, b, _ = gym
    stays, goes = (create_booking(space, "10:00", "12:00") for space in (a, b))
    said = drawing(desk.get(url_of(gym)), **{f"space_{b.pk}": ["0", "1"]})
    preview = desk.post(url_of(gym), said)
    decision = said | {
        "impact-choice": "keep",
        "impact-version": preview.context["version"],
        "impact-reason": "Sali jaetaan uudelleen.",
        "impact-decide": "yes",
    }

    both_kept = desk.post(url_of(gym), decision)
    answer = desk.post(url_of(gym), decision | {f"impact-fate-{goes.dates.get().pk}": "cancel"}, follow=True)

    assert both_kept.status_code == 409
    assert "one must be moved or cancelled" in both_kept.text
    assert "The hall is redrawn at" in answer.text
    assert set(Impact.objects.get().hits.values_list("date__booking", "fate")) == {
        (stays.pk, "keep"),
        (goes.pk, "cancel"),
    }
    assert layout_of(whole)[b.pk] == {1}


def test_the_page_names_bookings_that_have_begun_and_would_collide(desk, gym):
    whole, a, b, _ = gym
    earlier = NOW - timedelta(days=1)
    with time_machine.travel(NOW):
        desk.force_login(create_manager(whole.venue))
        bookings = [
            create_booking(space, NOW - timedelta(hours=1), NOW + timedelta(hours=1), now=earlier)
            for space in (a, b)
        ]
        page = desk.get(url_of(gym))

        answer = desk.post(url_of(gym), drawing(page, **{f"space_{b.pk}": ["0", "1"]}))

    assert answer.status_code == 409
    assert "in 1 case" in answer.text
    for booking in bookings:
        assert booking.get_absolute_url() in answer.text
    assert answer.context["form"][f"space_{b.pk}"].value() == ["0", "1"]
    assert layout_of(whole)[b.pk] == {1}


def test_a_space_without_floor_is_refused_at_its_row(desk, gym):
    page = desk.get(url_of(gym))

    answer = desk.post(url_of(gym), drawing(page, **{f"space_{gym[1].pk}": []}))

    assert answer.status_code == 409
    assert f'href="#id_space_{gym[1].pk}"' in answer.text


def test_a_hall_that_was_redrawn_meanwhile_is_not_overwritten_unseen(desk, gym):
    whole, _, b, _ = gym
    mine = drawing(desk.get(url_of(gym)), **{f"space_{b.pk}": ["1", "2"]})
    redraw(whole, layout_of(whole) | {b.pk: {0, 1}}, by=create_user(), now=NOW)

    answer = desk.post(url_of(gym), mine)

    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text
    assert layout_of(whole)[b.pk] == {0, 1}
    assert desk.post(url_of(gym), drawing(answer)).status_code == 302
    assert layout_of(whole)[b.pk] == {1, 2}


@pytest.mark.parametrize(
    ("nonsense", "status"),
    [
        ({"count": "0"}, 422),
        ({"count": "99999999999"}, 422),
        ({"count": "x"}, 422),
        ({"count": "2"}, 422),
        ({"version": ""}, 409),
        ({"change_count": "-1"}, 200),
        ({"change_count": "999"}, 200),
    ],
)
def test_nonsense_redraws_nothing(desk, gym, nonsense, status):
    before = layout_of(gym[0])

    answer = desk.post(url_of(gym), drawing(desk.get(url_of(gym)), **nonsense))

    assert answer.status_code == status
    assert layout_of(gym[0]) == before


def test_a_part_has_no_layout_and_a_stranger_sees_none(desk, gym):
    assert desk.get(f"/manage/halls/{gym[1].pk}/layout/").status_code == 404
    desk.force_login(create_user())
    assert desk.get(url_of(gym)).status_code == desk.post(url_of(gym)).status_code == 404
