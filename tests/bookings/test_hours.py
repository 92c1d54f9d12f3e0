"""Opening hours are changed by a manager; what has been promised stays promised."""

import threading
from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client

from bookings import hours, lifecycle
from bookings.availability import free_stretches
from bookings.models import Booking
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
)
from venues.clock import local
from venues.models import Opening, Space, Timetable, Venue
from venues.problems import Refused
from venues.versions import ChangedMeanwhile

pytestmark = pytest.mark.django_db

SATURDAY = MONDAY + timedelta(days=5)
EVENINGS = [(weekday, time(17), time(21)) for weekday in range(1, 8)]
NO_REASON = {"reason_fi": "", "reason_sv": "", "reason_en": ""}


def free_on(space: Space, day: date) -> list[str]:
    """Return the clock times at which the free stretches of a day begin."""
    space = Space.objects.with_place().get(pk=space.pk)
    window = hour("00:00", day=day), hour("00:00", day=day + timedelta(days=1))
    return [f"{local(start):%H:%M}" for start, _end in free_stretches(space, window, now=NOW)]


def test_new_weekly_hours_are_what_can_be_booked_from_then_on():
    room = create_space()

    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    assert free_on(room, SATURDAY) == ["17:00"]
    with pytest.raises(Refused) as refusal:
        create_booking(room, "10:00", "12:00")
    assert refusal.value.codes == {"closed"}


def test_a_booking_that_falls_outside_new_hours_is_kept_and_listed():
    room = create_space()
    kept = create_booking(room, "10:00", "12:00")
    create_booking(room, "18:00", "19:00")
    lifecycle.cancel(create_booking(room, "12:00", "13:00"), by=create_user(), now=NOW)

    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    assert [date.booking for date in hours.outside(room.venue.timetable, now=NOW)] == [kept]
    assert Booking.objects.live().count() == 2
    assert not hours.outside(room.venue.timetable, now=hour("12:00")).exists()


def test_a_request_outside_new_hours_is_listed_too_though_it_holds_no_time():
    room = create_space(approval="request", requests_compete=True)
    asked = create_booking(room, "10:00", "12:00")

    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    assert hours.outside(room.venue.timetable, now=NOW).get().booking == asked


def test_hours_that_a_person_has_said_are_no_longer_made_up():
    room = create_space(demo_facts=["capacity", "opening_hours"])
    Venue.objects.update(demo_facts=["opening_hours"])

    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    room.refresh_from_db()
    room.venue.refresh_from_db()
    assert (room.demo_facts, room.venue.demo_facts) == (["capacity"], [])


def test_an_exceptional_day_beats_the_week_in_both_directions():
    room = create_space()
    timetable = room.venue.timetable
    hours.change_weekly(timetable, EVENINGS, now=NOW)

    hours.change_days(timetable, [SATURDAY], [], reason=NO_REASON | {"reason_fi": "Remontti"}, now=NOW)
    hours.change_days(
        timetable, [SATURDAY + timedelta(days=1)], [(time(9), time(12))], reason=NO_REASON, now=NOW
    )

    assert free_on(room, SATURDAY) == []
    assert free_on(room, SATURDAY + timedelta(days=1)) == ["09:00"]

    hours.forget_day(timetable, SATURDAY, now=NOW)

    assert free_on(room, SATURDAY) == ["17:00"]


def test_saying_a_day_again_replaces_what_was_said():
    timetable = create_space().venue.timetable
    for opens in (8, 10):
        hours.change_days(
            timetable,
            [SATURDAY],
            [(time(opens), time(12)), (time(13), time(14))],
            reason=NO_REASON,
            now=NOW,
        )

    assert [row.opens for row in timetable.exceptions.all()] == [time(10), time(13)]


def test_a_space_gets_hours_of_its_own_that_begin_as_its_venues():
    room = create_space()
    neighbour = create_space(venue=room.venue)
    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    own = hours.give_own(room, now=NOW)

    assert free_on(room, SATURDAY) == ["17:00"]
    hours.change_weekly(own, [(6, time(9), time(12))], now=NOW)
    assert free_on(room, SATURDAY) == ["09:00"]
    assert free_on(neighbour, SATURDAY) == ["17:00"]
    assert hours.venue_of(own) == room.venue


def test_asking_twice_for_own_hours_gives_one_set():
    room = create_space()

    assert hours.give_own(room, now=NOW) == hours.give_own(Space.objects.get(pk=room.pk), now=NOW)


def test_a_space_that_gives_up_its_own_hours_follows_the_venue_again():
    room = create_space()
    own = hours.give_own(room, now=NOW)
    hours.change_weekly(own, EVENINGS, now=NOW)

    hours.follow_venue(room, now=NOW)

    assert free_on(room, SATURDAY) == ["00:00"]
    assert not Timetable.objects.filter(pk=own.pk).exists()
    assert not Opening.objects.filter(timetable=own.pk).exists()


def test_what_another_manager_saved_meanwhile_is_not_overwritten():
    timetable = create_space().venue.timetable
    seen = hours.version(timetable)
    hours.change_weekly(timetable, EVENINGS, seen=seen, now=NOW)

    with pytest.raises(ChangedMeanwhile):
        hours.change_weekly(timetable, [], seen=seen, now=NOW)

    assert hours.weekly_of(timetable) == EVENINGS


def test_a_venue_without_spaces_has_hours_too():
    venue = create_venue()
    open_daily(venue.timetable)

    hours.change_weekly(venue.timetable, [], now=NOW)

    assert not venue.timetable.openings.exists()


@pytest.mark.django_db(transaction=True)
def test_no_booking_slips_in_beside_a_change_of_hours():
    """Whoever books while the hours change is either refused, or listed as outside the new hours."""
    whole, a, b, _ = create_gym()
    timetable = whole.venue.timetable
    refused: list[set[str]] = []
    surprises: list[Exception] = []

    def book_mornings(space):
        for clock in range(8, 14):
            try:
                create_booking(space, f"{clock:02}:00", f"{clock + 1:02}:00", customer=create_user())
            except Refused as refusal:
                refused.append(refusal.codes)

    def run(work, *args):
        try:
            work(*args)
        except Exception as exc:
            surprises.append(exc)
        finally:
            connections.close_all()

    listed = []

    def close_mornings():
        hours.change_weekly(timetable, EVENINGS, now=NOW)
        listed.extend(hours.outside(timetable, now=NOW).values_list("booking", flat=True))

    threads = [
        threading.Thread(target=run, args=args)
        for args in [(book_mornings, a), (book_mornings, b), (close_mornings,)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert surprises == []
    assert all(codes == {"closed"} for codes in refused)
    assert sorted(listed) == sorted(Booking.objects.live().values_list("pk", flat=True))
    assert len(refused) + len(listed) == 12


# --- The pages ------------------------------------------------------------------------------------


@pytest.fixture
def room():
    return create_space()


@pytest.fixture
def desk(room) -> Iterator[Client]:
    """Onni's browser, at eight o'clock on a Monday."""
    client = Client(headers={"accept-language": "en"})
    with time_machine.travel(NOW, tick=False):
        client.force_login(create_manager(room.venue))
        yield client


def week_of(page, **changes) -> dict:
    """Return what a browser would send for the week as it is shown, but for some changes."""
    form = page.context["form"]
    return {field.html_name: field.value() for field in [form["version"], *form.days]} | changes


def test_the_week_is_shown_as_it_is_and_saved_as_it_is_written(desk, room):
    url = f"/manage/hours/{room.venue.timetable_id}/"
    kept = create_booking(room, "10:00", "12:00")

    page = desk.get(url)
    assert page.context["in_words"] == "Every day 0:00–24:00"
    answer = desk.post(url, week_of(page, day_6="17–21", day_7="kiinni"), follow=True)

    assert free_on(room, SATURDAY) == ["17:00"]
    assert "1 booking is outside the opening hours. It is kept, and listed below." in answer.text
    assert kept.get_absolute_url() in answer.text


def test_a_week_that_cannot_be_read_keeps_what_was_written(desk, room):
    url = f"/manage/hours/{room.venue.timetable_id}/"

    answer = desk.post(url, week_of(desk.get(url), day_1="aina", day_2="8–12"))

    assert answer.status_code == 422
    assert 'value="aina"' in answer.text
    assert 'value="8–12"' in answer.text
    assert 'href="#id_day_1"' in answer.text


def test_a_week_that_another_manager_changed_meanwhile_is_shown_beside_ones_own(desk, room):
    url = f"/manage/hours/{room.venue.timetable_id}/"
    mine = week_of(desk.get(url), day_1="8–12")
    hours.change_weekly(room.venue.timetable, EVENINGS, now=NOW)

    answer = desk.post(url, mine)

    assert answer.status_code == 409
    assert "Every day 17:00–21:00" in answer.text
    assert 'value="8–12"' in answer.text
    assert hours.weekly_of(room.venue.timetable) == EVENINGS
    assert desk.post(url, week_of(answer)).status_code == 302
    assert (1, time(8), time(12)) in hours.weekly_of(room.venue.timetable)


def test_several_days_are_closed_at_once_and_one_opened_again(desk, room):
    url = f"/manage/hours/{room.venue.timetable_id}/"
    closed = {"first": "2027-02-06", "last": "2027-02-08", "hours": "", "reason_fi": "Hiihtoloma"}

    answer = desk.post(f"{url}days/", closed, follow=True)

    assert len(answer.context["days"]) == 3
    assert "closed (Hiihtoloma)" in answer.text
    assert free_on(room, SATURDAY) == []

    desk.post(f"{url}days/2027-02-06/", {"hours": "9–12", "reason_fi": "Kirpputori"})
    assert free_on(room, SATURDAY) == ["09:00"]

    desk.post(f"{url}days/2027-02-06/forget/")
    assert free_on(room, SATURDAY) == ["00:00"]


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"first": ""}, "first"),
        ({"first": "2027-01-31"}, "first"),
        ({"first": "2027-02-06", "last": "2027-02-05"}, "last"),
        ({"first": "2027-02-06", "last": "2027-12-31"}, "last"),
        ({"first": "2027-02-06", "hours": "lounas"}, "hours"),
        ({"first": "2027-02-10"}, "first"),
        ({"first": "9999-12-31", "last": "9999-12-31"}, None),
    ],
)
def test_impossible_days_are_refused_at_their_field(desk, room, days, field):
    timetable = room.venue.timetable
    hours.change_days(timetable, [date(2027, 2, 10)], [], reason=NO_REASON, now=NOW)

    answer = desk.post(f"/manage/hours/{timetable.pk}/days/", days)

    assert answer.status_code == (422 if field else 302)
    if field:
        assert list(answer.context["form"].errors) == [field]
        assert timetable.exceptions.count() == 1


def test_a_day_that_is_no_day_or_an_ordinary_one_has_no_page(desk, room):
    url = f"/manage/hours/{room.venue.timetable_id}/days/"

    assert {desk.get(url + day).status_code for day in ("2027-02-06/", "2027-02-31/", "x/")} == {404}


def test_a_space_gets_its_own_page_of_hours_and_gives_it_up(desk, room):
    desk.post(f"/manage/spaces/{room.pk}/own-hours/")
    room.refresh_from_db()

    page = desk.get(f"/manage/hours/{room.timetable_id}/")

    assert "These hours are the space's own" in page.text.replace("&#x27;", "'")
    desk.post(f"/manage/spaces/{room.pk}/venue-hours/")
    room.refresh_from_db()
    assert room.timetable is None


@pytest.mark.parametrize("who", ["stranger", "caretaker"])
def test_hours_are_changed_by_managers_only(room, who):
    person = create_user() if who == "stranger" else create_manager(room.venue, role="caretaker")
    client = Client()
    client.force_login(person)
    url = f"/manage/hours/{room.venue.timetable_id}/"
    hours.change_days(room.venue.timetable, [SATURDAY], [], reason=NO_REASON, now=NOW)

    answers = [client.get(url), client.get(f"{url}days/{SATURDAY}/")]
    answers += [
        client.post(address)
        for address in [
            url,
            f"{url}days/",
            f"{url}days/{SATURDAY}/",
            f"{url}days/{SATURDAY}/forget/",
            f"/manage/spaces/{room.pk}/own-hours/",
            f"/manage/spaces/{room.pk}/venue-hours/",
        ]
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert room.venue.timetable.exceptions.count() == 1
