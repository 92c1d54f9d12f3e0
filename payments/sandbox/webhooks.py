"""Events on their way to the product: signed, sent by a thread, sent again until they are heard.

They can be held back, dropped, sent twice, in another order, once more, and forged.
"""

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from . import happenings
from .world import Thing, World, public

MODES = {"send", "hold", "twice", "drop"}
PAUSES = [1, 2, 5, 15, 60, 300]  # seconds until the next try; the last one again and again
MOST_TRIES = 500
PATIENCE_SECONDS = 20
NO_ANSWER = 599
Signed = tuple[bytes, dict[str, str]]  # body and headers


class Webhooks:
    """Sends the world's events to one address. Without an address they lie there until they are taken."""

    def __init__(self, world: World, *, url: str, secret: str) -> None:
        self.world, self.url, self.secret = world, url, secret
        self.mode = "send"
        self.wakened = threading.Event()
        self.is_over = False

    # --- The thread -------------------------------------------------------------------------------

    def run(self) -> None:
        """Let time pass and send what happens, as long as there is somebody to tell it to."""
        while not self.is_over:
            if self.url:
                with self.world.changing():
                    happenings.let_time_pass(self.world)
                self.send_due()
            self.wakened.wait(0.2)
            self.wakened.clear()

    def stop(self) -> None:
        self.is_over = True
        self.wakened.set()

    def send_due(self) -> None:
        """Send what is due, as the mode has it."""
        if self.mode == "hold":
            return
        with self.world.lock:
            due = [id for id, delivery in self.waiting() if delivery["next_at"] <= time.time()]
        for id in due:
            if self.mode == "hold":
                return
            self.deliver(id, times=2 if self.mode == "twice" else 1)

    # --- Sending ----------------------------------------------------------------------------------

    def waiting(self) -> list[tuple[str, Thing]]:
        """Return what has not been heard yet, the oldest first."""
        return list(self.world.shelves["delivery"].items())

    def deliver(self, id: str, times: int = 1) -> bool:
        """Send an event, and say whether it was heard; if not, it is sent again later."""
        with self.world.lock:
            delivery = self.world.shelves["delivery"].get(id)
            if delivery is None:
                return True
            event = self.world.shelves["object"][delivery["event"]]
        is_heard = self.mode == "drop" or self.post_at_once(self.signed(event), times) < 300
        with self.world.changing():
            tries = delivery["tries"] + 1
            if is_heard or tries >= MOST_TRIES:
                self.world.drop("delivery", id)
                event["pending_webhooks"] = 0
                self.world.touched.add(("object", event["id"]))
            elif id in self.world.shelves["delivery"]:
                pause = PAUSES[min(tries, len(PAUSES)) - 1]
                self.world.keep("delivery", id, delivery | {"tries": tries, "next_at": time.time() + pause})
        return is_heard

    def deliver_all(self, order: str = "first", times: int = 1) -> dict[str, bool]:
        """Send all that waits, now, and say of each event whether it was heard."""
        with self.world.lock:
            waiting = self.waiting()
        if order == "reverse":
            waiting.reverse()
        if order == "shuffle":
            random.shuffle(waiting)
        return {delivery["event"]: self.deliver(id, times) for id, delivery in waiting}

    def post_at_once(self, signed: Signed, times: int) -> int:
        """Send the same some times at the same moment, and return the best answer."""
        with ThreadPoolExecutor(times) as pool:
            return min(pool.map(lambda _: self.post(*signed), range(times)))

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """Send a body and return the status of the answer; `NO_ANSWER` if there is none."""
        if not self.url:
            return NO_ANSWER
        address = urlsplit(self.url)
        call = http.client.HTTPConnection(address.netloc, timeout=PATIENCE_SECONDS)
        try:
            call.request("POST", address.path or "/", body, headers)
            return call.getresponse().status
        except (OSError, http.client.HTTPException):
            return NO_ANSWER
        finally:
            call.close()

    # --- Signing ----------------------------------------------------------------------------------

    def signed(self, event: Thing) -> Signed:
        return self.sealed(json.dumps(public(event), indent=2, ensure_ascii=False).encode())

    def sealed(self, body: bytes, *, at: int | None = None, secret: str | None = None) -> Signed:
        at = int(time.time()) if at is None else at
        seal = hmac.new((secret or self.secret).encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
        return body, {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": f"t={at},v1={seal}",
        }

    def take(self) -> list[Signed]:
        """Take all that waits, in order, to be handed over by somebody else, such as a test."""
        with self.world.changing():
            taken = self.waiting()
            for id, _delivery in taken:
                self.world.drop("delivery", id)
            return [self.signed(self.world.shelves["object"][delivery["event"]]) for _id, delivery in taken]

    def forged(self, event: Thing, how: str) -> Signed:
        """Return an event as nobody should believe it."""
        body, headers = self.signed(event)
        if how == "bad_signature":
            return self.sealed(body, secret="whsec_of_somebody_else")
        if how == "no_signature":
            return body, {name: value for name, value in headers.items() if name != "Stripe-Signature"}
        if how == "stale":
            return self.sealed(body, at=int(time.time()) - 3600)
        if how == "not_utf8":
            return self.sealed(b"\xff\xfe" + body)
        if how == "not_json":
            return self.sealed(body[: len(body) // 2])
        if how == "live":
            return self.signed(event | {"livemode": True})
        raise ValueError(f"No such forgery: {how}")


def headers_as_json(signed: Iterable[Signed]) -> list[dict[str, Any]]:
    return [{"body": body.decode("latin-1"), "headers": headers} for body, headers in signed]
