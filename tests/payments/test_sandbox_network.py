"""What lies between the product and Stripe: keys, lost answers, events that go astray, restarts."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe
import time_machine
from django.utils import timezone

from payments.sandbox import Sandbox

from .sandboxes import client, kinds, new_session, paid, sale, told

KEY = {"idempotency_key": "a-key"}


# --- Keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["sk_test_of_somebody_else", "sk_test_sandbo", "sk_test_sandbox "])
def test_a_stranger_is_not_let_in(sandbox, key):
    with pytest.raises((stripe.AuthenticationError, ValueError)):
        client(sandbox, key=key).v1.refunds.list()


def test_without_a_key_nobody_is_let_in(sandbox):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{sandbox.base}/v1/refunds")

    answer = json.load(refusal.value)
    assert (refusal.value.code, answer["error"]["type"]) == (401, "invalid_request_error")


def test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice(sandbox):
    sessions = client(sandbox).v1.checkout.sessions

    first, again = sessions.create(sale(), KEY), sessions.create(sale(), KEY)

    assert first.id == again.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(sessions.list().data) == 1


def test_the_same_key_for_something_else_is_an_error(sandbox):
    client(sandbox).v1.checkout.sessions.create(sale(2000), KEY)

    with pytest.raises(stripe.IdempotencyError):
        client(sandbox).v1.checkout.sessions.create(sale(2001), KEY)


def test_an_error_is_the_answer_to_its_key_too(sandbox):
    intent = paid(sandbox, 1000)
    asked = {"payment_intent": intent.id, "amount": 2000}

    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client(sandbox).v1.refunds.create(asked, KEY)

    assert refusal.value.headers["Idempotent-Replayed"] == "true"


def test_a_call_that_made_no_sense_does_not_use_its_key_up(sandbox):
    with pytest.raises(stripe.InvalidRequestError):
        client(sandbox).v1.checkout.sessions.create(sale(expires_at=1), KEY)

    assert client(sandbox).v1.checkout.sessions.create(sale(), KEY).status == "open"


def test_keys_are_forgotten_after_a_day(sandbox):
    first = client(sandbox).v1.checkout.sessions.create(sale(), KEY)

    sandbox.do("clock", advance=86_401)

    assert client(sandbox).v1.checkout.sessions.create(sale(), KEY).id != first.id


def test_while_a_call_is_under_way_its_key_is_taken(sandbox):
    sandbox.do("fault", how="delay", seconds=0.5, is_done=False, path="sessions", method="POST")
    first = threading.Thread(target=lambda: client(sandbox).v1.checkout.sessions.create(sale(), KEY))
    first.start()
    while not sandbox.api.in_flight:
        pass

    with pytest.raises(stripe.APIError) as refusal:
        client(sandbox).v1.checkout.sessions.create(sale(), KEY)
    first.join()

    assert refusal.value.http_status == 409
    assert refusal.value.json_body["error"]["code"] == "idempotency_key_in_use"
    assert len(client(sandbox).v1.checkout.sessions.list().data) == 1


@pytest.mark.parametrize("_round", range(5))
def test_when_expiring_races_paying_one_of_them_wins(sandbox, _round):
    session = new_session(sandbox)
    outcomes: dict[str, bool] = {}
    start = threading.Barrier(2)

    def expire() -> None:
        start.wait()
        try:
            client(sandbox).v1.checkout.sessions.expire(session.id)
            outcomes["expired"] = True
        except stripe.InvalidRequestError:
            outcomes["expired"] = False

    def pay() -> None:
        start.wait()
        outcomes["paid"] = order(sandbox, "pay", session=session.id)[1]["session"]["payment_status"] == "paid"

    threads = [threading.Thread(target=act) for act in (expire, pay)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    there = client(sandbox).v1.checkout.sessions.retrieve(session.id)
    assert outcomes["expired"] != outcomes["paid"]
    assert there.status == ("complete" if outcomes["paid"] else "expired")
    assert len(client(sandbox).v1.charges.list().data) == outcomes["paid"]


# --- Answers that are lost ------------------------------------------------------------------------


def test_an_answer_is_lost_after_the_deed_and_the_key_finds_it(sandbox):
    intent = paid(sandbox)
    sandbox.do("fault", how="lose", path="/v1/refunds")
    asked = {"payment_intent": intent.id, "amount": 500}

    with pytest.raises(stripe.APIConnectionError):
        client(sandbox).v1.refunds.create(asked, KEY)
    client(sandbox).v1.refunds.create(asked, KEY)

    assert [refund.amount for refund in client(sandbox).v1.refunds.list().data] == [500]


def test_a_call_is_lost_before_the_deed(sandbox):
    sandbox.do("fault", how="lose", is_done=False)

    with pytest.raises(stripe.APIConnectionError):
        new_session(sandbox)

    assert client(sandbox).v1.checkout.sessions.list().data == []


@pytest.mark.parametrize(("is_done", "made"), [(True, 1), (False, 0)])
def test_an_error_says_nothing_of_what_was_done(sandbox, is_done, made):
    sandbox.do("fault", how="error", status=503, is_done=is_done, method="POST")

    with pytest.raises(stripe.APIError) as error:
        new_session(sandbox)

    assert error.value.http_status == 503
    assert len(client(sandbox).v1.checkout.sessions.list().data) == made


def test_an_answer_comes_too_late(sandbox):
    sandbox.do("fault", how="delay", seconds=1, method="POST")
    impatient = stripe.RequestsClient(timeout=0.2)

    with pytest.raises(stripe.APIConnectionError):
        client(sandbox, http_client=impatient).v1.checkout.sessions.create(sale())

    assert len(client(sandbox).v1.checkout.sessions.list().data) == 1


def test_faults_are_over_when_they_are_used_up_or_mended(sandbox):
    sandbox.do("fault", how="lose", times=2)
    for _ in range(2):
        with pytest.raises(stripe.APIConnectionError):
            new_session(sandbox)
    new_session(sandbox)

    sandbox.do("fault", how="lose", times=99)
    sandbox.do("mend")
    new_session(sandbox)


# --- Events ---------------------------------------------------------------------------------------


@pytest.fixture
def shop(sandbox) -> Iterator["Shop"]:
    """A shop that hears the sandbox's events."""
    shop = Shop()
    sandbox.webhooks.url = shop.url
    yield shop
    shop.stop()


class Shop:
    """Hears events, and answers them with `status`."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []
        self.status = 200
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                shop.heard.append((body, self.headers.get("Stripe-Signature", "")))
                self.send_response(shop.status)
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for body, _signature in self.heard]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def until(is_so: Callable[[], bool]) -> None:
    """Wait for a thread; at most some seconds."""
    patience = threading.Event()
    for _ in range(500):
        if is_so():
            return
        patience.wait(0.01)
    raise AssertionError("It did not come about.")


def test_events_are_sent_by_themselves_with_a_good_signature(sandbox, shop):
    paid(sandbox)

    until(lambda: len(shop.heard) == 4)
    body, signature = shop.heard[-1]
    event = stripe.Webhook.construct_event(body, signature, "whsec_sandbox")
    assert event.type == "checkout.session.completed"


def test_what_happens_by_itself_is_told_without_anybody_asking(sandbox, shop):
    with time_machine.travel(timezone.now(), tick=True) as clock:
        session = new_session(sandbox)
        clock.shift(timedelta(days=1, minutes=1))

        until(lambda: len(shop.heard) == 1)

    assert json.loads(shop.heard[0][0])["data"]["object"]["id"] == session.id


def test_nonsense_is_answered_as_stripe_does(sandbox):
    request = urllib.request.Request(f"{sandbox.base}/v1/refunds", b"amount=1&amount[x]=2")
    request.add_header("Authorization", "Bearer sk_test_sandbox")

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)

    assert refusal.value.code == 400


def test_events_are_sent_until_they_are_heard(sandbox, shop):
    sandbox.do("events", mode="hold")
    paid(sandbox)
    shop.status = 500
    assert set(sandbox.do("deliver")["heard"].values()) == {False}

    shop.status = 200
    assert set(sandbox.do("deliver")["heard"].values()) == {True}
    assert sandbox.do("deliver")["heard"] == {}


def test_events_are_held_back_and_come_in_another_order_and_twice(sandbox, shop):
    sandbox.do("events", mode="hold")
    paid(sandbox)
    assert shop.heard == []

    order = list(sandbox.do("deliver", order="reverse", times=2)["heard"])

    oldest_first = [event["id"] for event in reversed(sandbox.world.all("event"))]
    assert order == oldest_first[::-1]
    assert shop.ids == [id for id in order for _ in range(2)]


def test_events_are_dropped(sandbox, shop):
    sandbox.do("events", mode="drop")
    paid(sandbox)

    until(lambda: not sandbox.webhooks.waiting())
    assert shop.heard == []


def test_every_event_comes_twice(sandbox, shop):
    sandbox.do("events", mode="twice")
    new_session(sandbox)
    sandbox.do("foreign")

    until(lambda: len(shop.heard) == 8)
    assert shop.ids[::2] == shop.ids[1::2]


def test_an_event_is_replayed(sandbox, shop):
    sandbox.do("events", mode="hold")
    paid(sandbox)
    sandbox.do("deliver")

    sandbox.do("replay", event=shop.ids[0])

    assert shop.ids[-1] == shop.ids[0]


@pytest.mark.parametrize("how", ["bad_signature", "no_signature", "stale", "not_utf8", "not_json", "live"])
def test_an_event_is_forged(sandbox, shop, how):
    sandbox.do("events", mode="hold")
    paid(sandbox)

    sandbox.do("forge", how=how)

    [(body, signature)] = shop.heard
    if how == "live":
        assert stripe.Webhook.construct_event(body, signature, "whsec_sandbox").livemode
    else:
        with pytest.raises((ValueError, stripe.SignatureVerificationError)):
            stripe.Webhook.construct_event(body, signature, "whsec_sandbox")


def test_events_can_be_taken_and_handed_over_by_a_test(sandbox):
    paid(sandbox)

    assert len(told(sandbox)) == 4
    assert told(sandbox) == []


# --- Orders over HTTP, and restarts ---------------------------------------------------------------


def order(sandbox: Sandbox, verb: str, **args: object) -> tuple[int, dict]:
    call = http.client.HTTPConnection("127.0.0.1", sandbox.server.server_port)
    call.request("POST", f"/_sandbox/{verb}", json.dumps(args))
    answer = call.getresponse()
    return answer.status, json.load(answer)


def test_the_world_is_ordered_over_http(sandbox):
    session = new_session(sandbox)

    status, answer = order(sandbox, "pay", session=session.id, how="card")

    assert (status, answer["session"]["payment_status"]) == (200, "paid")
    assert session.id in order(sandbox, "state")[1]
    assert order(sandbox, "exchanges")[1]["exchanges"][0]["path"] == "/v1/checkout/sessions"


@pytest.mark.parametrize(
    ("verb", "args", "status"),
    [
        ("dance", {}, 400),
        ("clock", {}, 400),
        ("fault", {"how": "badly"}, 400),
        ("pay", {"session": "cs_0"}, 404),
    ],
)
def test_nonsense_is_not_ordered(sandbox, verb, args, status):
    assert order(sandbox, verb, **args)[0] == status


def test_stripe_forgets_nothing_when_it_is_started_again(tmp_path):
    file = tmp_path / "sandbox.sqlite3"
    before = Sandbox(file=file).start()
    session = client(before).v1.checkout.sessions.create(sale(), KEY)
    before.do("pay", session=session.id, how="slow")
    before.do("clock", advance=3600)
    state, now = before.do("state"), before.world.now()
    # Not stopped in good order: what was answered is in the file.
    after = Sandbox(file=file).start()

    assert after.do("state") == state
    assert after.world.now() >= now
    assert client(after).v1.checkout.sessions.create(sale(), KEY).id == session.id
    after.do("clock", advance=3 * 86_400)
    assert client(after).v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert kinds(after)[-1] == "checkout.session.async_payment_succeeded"
    before.stop()
    after.stop()
