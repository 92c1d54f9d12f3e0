"""The same key gives the same answer, however often and however simultaneously it is sent."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import OperationalError, connection

from bookings import lifecycle, tasks
from bookings.models import Booking, KeptAnswer
from tests.api import BOOKINGS, client_of, wish
from tests.factories import NOW, create_booking, create_manager, create_space, create_user

KEY = "3f1c"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def send(client, body: dict, key: str = KEY, path: str = BOOKINGS):
    return client.post(path, body, HTTP_IDEMPOTENCY_KEY=key)


@pytest.mark.django_db
class TestOneAfterTheOther:
    def test_the_same_request_gets_the_same_answer_and_is_done_once(self):
        room, client = create_space(), client_of(create_user())

        first, second = send(client, wish(room)), send(client, wish(room))

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert (first.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
        assert room.bookings.count() == 1

    def test_another_body_under_the_same_key_is_refused(self):
        room, client = create_space(), client_of(create_user())
        send(client, wish(room))

        answer = send(client, wish(room, "14:00", "15:00"))

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert room.bookings.count() == 1

    def test_another_address_under_the_same_key_is_refused(self):
        aino = create_user()
        one, other = (
            create_booking(create_space(), customer=aino),
            create_booking(create_space(), customer=aino),
        )
        client = client_of(aino)
        send(client, {}, path=f"{BOOKINGS}{one.pk}/cancel/")

        answer = send(client, {}, path=f"{BOOKINGS}{other.pk}/cancel/")

        assert answer.status_code == 422
        other.refresh_from_db()
        assert other.status == "confirmed"

    def test_keys_are_each_persons_own(self):
        room = create_space()

        answers = [send(client_of(create_user()), wish(room, start, "13:00")) for start in ("10:00", "12:00")]

        assert [answer.status_code for answer in answers] == [201, 409]

    def test_a_refusal_by_the_rules_is_kept_even_when_it_would_no_longer_hold(self):
        room, client = create_space(), client_of(create_user())
        rival = create_booking(room)
        first = send(client, wish(room))
        lifecycle.cancel(rival, by=rival.customer, now=NOW)

        second = send(client, wish(room))

        assert (first.status_code, second.status_code) == (409, 409)
        assert first.content == second.content
        assert send(client, wish(room), key="another").status_code == 201

    def test_what_never_came_to_the_rules_may_be_mended_under_its_key(self):
        room, client = create_space(), client_of(create_user())

        assert send(client, {"space": room.pk}).status_code == 400
        assert send(client, wish(room)).status_code == 201

    def test_a_missing_right_is_not_kept(self):
        aino = create_user()
        booking = create_booking(create_space(approval="request"), customer=aino)
        client, path = client_of(aino), f"{BOOKINGS}{booking.pk}/approve/"
        assert send(client, {}, path=path).status_code == 403
        booking.space.venue.roles.create(user=aino, role="manager")

        assert send(client, {}, path=path).status_code == 200

    def test_a_failure_of_ours_leaves_nothing_behind(self, monkeypatch):
        room, aino = create_space(), create_user()
        client = client_of(aino, raise_request_exception=False)
        monkeypatch.setattr(tasks.tell, "defer", broken)
        answer = send(client, wish(room))
        assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
        assert not KeptAnswer.objects.exists()
        assert not Booking.objects.exists()
        monkeypatch.undo()

        assert send(client, wish(room)).status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 201, "ä", "a\tb", " "])
    def test_a_key_that_cannot_be_is_malformed(self, key):
        room, client = create_space(), client_of(create_user())

        answer = send(client, wish(room), key=key)

        assert (answer.status_code, answer.json()["problems"][0]["field"]) == (400, "Idempotency-Key")
        assert not Booking.objects.exists()

    def test_a_long_key_is_a_key(self):
        assert send(client_of(create_user()), wish(create_space()), key="x" * 200).status_code == 201

    def test_an_answer_is_forgotten_after_a_day(self, time_machine):
        send(client_of(create_user()), wish(create_space()))

        tasks.forget_answers(0)
        assert KeptAnswer.objects.count() == 1
        time_machine.shift(KeptAnswer.KEPT_FOR.total_seconds() + 1)
        tasks.forget_answers(0)
        assert not KeptAnswer.objects.exists()


def broken(**kwargs):
    raise RuntimeError("The queue is full.")


# --- At once --------------------------------------------------------------------------------------


def at_once(count: int, act) -> list:
    """Call act(number) in so many threads that begin together, each with a connection of its own."""
    start = Barrier(count)

    def run(number: int):
        try:
            start.wait(timeout=10)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_booking_and_get_one_answer():
    room, aino = create_space(), create_user()
    clients = [client_of(aino) for _number in range(4)]

    answers = at_once(4, lambda number: send(clients[number], wish(room)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert [answer.get("Idempotent-Replayed") for answer in answers].count(None) == 1
    assert room.bookings.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_other_bodies_are_one_booking_and_one_refusal():
    room, aino = create_space(), create_user()
    clients = [client_of(aino) for _number in range(2)]
    bodies = [wish(room, "10:00", "12:00"), wish(room, "14:00", "15:00")]

    answers = at_once(2, lambda number: send(clients[number], bodies[number]))

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert room.bookings.count() == 1


@pytest.mark.django_db(transaction=True)
def test_rivals_with_keys_of_their_own_get_one_booking_and_keep_their_refusals():
    room = create_space()
    clients = [client_of(create_user()) for _number in range(4)]

    answers = at_once(4, lambda number: send(clients[number], wish(room)))
    again = [send(client, wish(room)) for client in clients]

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert [answer.content for answer in again] == [answer.content for answer in answers]
    assert room.bookings.live().count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again_under_the_same_key(monkeypatch):
    room = create_space(approval="request")
    booking, onni = create_booking(room), create_manager(room.venue)
    approve, victims = lifecycle.approve, []

    def unlucky_once(*args, **kwargs):
        if not victims:
            victims.append(args)
            raise OperationalError from DeadlockDetected()
        return approve(*args, **kwargs)

    monkeypatch.setattr(lifecycle, "approve", unlucky_once)
    answer = send(client_of(onni), {}, path=f"{BOOKINGS}{booking.pk}/approve/")

    assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")
    assert KeptAnswer.objects.get().status_code == 200


class DeadlockDetected(Exception):
    sqlstate = "40P01"
