"""Clients that ask at the same instant, and what they were told."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field

from django.conf import settings

from accounts.models import User
from tests.api import BOOKINGS, token_of
from tests.races.server import HOST

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Call:
    """A request that is ready to be sent, on a connection that is already open."""

    token: str
    path: str
    body: dict


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict
    seconds: float

    @property
    def offers(self) -> list[dict]:
        return [offer for problem in self.body["problems"] for offer in problem.get("alternatives", [])]


@dataclass
class Log:
    """What was asked and answered in all rounds of a race."""

    answers: list[Answer] = field(default_factory=list)

    def add(self, answers: list[Answer]) -> None:
        self.answers += answers

    @property
    def slowest(self) -> float:
        return max(answer.seconds for answer in self.answers)

    def __str__(self) -> str:
        taken = sorted(answer.seconds for answer in self.answers)
        statuses = sorted({answer.status for answer in self.answers})
        counts = ", ".join(
            f"{sum(answer.status == status for answer in self.answers)} × {status}" for status in statuses
        )
        middle, nearly_all = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
        return (
            f"{len(taken)} answers: {counts}; half within {middle:.2f} s, 99 % within {nearly_all:.2f} s, "
            f"the slowest after {self.slowest:.2f} s"
        )


def booking(who: User, space, starts_at, ends_at, **facts) -> Call:
    return Call(token_of(who), BOOKINGS, wish(space, starts_at, ends_at) | facts)


def change(who: User, verb: str, pk: int, body: dict | None = None) -> Call:
    return Call(token_of(who), f"{BOOKINGS}{pk}/{verb}/", body or {})


def wish(space, starts_at, ends_at) -> dict:
    return {"space": space.pk, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}


def send_at_once(port: int, calls: list[Call], *deeds) -> list[Answer]:
    """Send all calls together with the other deeds, and return the answers in the order of the calls."""
    start = threading.Barrier(len(calls) + len(deeds))
    answers: list[Answer | None] = [None] * len(calls)

    def ask(number: int, call: Call) -> None:
        answers[number] = answer_to(port, call, start)

    def do(deed) -> None:
        start.wait(PATIENCE_SECONDS)
        deed()

    threads = [threading.Thread(target=ask, args=each) for each in enumerate(calls)]
    threads += [threading.Thread(target=do, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in answers
    return [answer for answer in answers if answer is not None]


def answer_to(port: int, call: Call, start: threading.Barrier) -> Answer:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_SECONDS)
    connection.connect()
    headers = {
        "Authorization": f"Token {call.token}",
        "Content-Type": "application/json",
        "Accept-Language": settings.LANGUAGE_CODE,
    }
    start.wait(PATIENCE_SECONDS)
    began = time.monotonic()
    connection.request("POST", call.path, json.dumps(call.body), headers)
    response = connection.getresponse()
    body = response.read()
    seconds = time.monotonic() - began
    connection.close()
    return Answer(response.status, json.loads(body), seconds)
