"""People who book and cancel over HTTP all the time, and remember what they were told."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from django.utils import timezone

PAUSE_SECONDS = 0.1  # three writers stay below the API's throttle, however quick the answers
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
QUARTER = 91 * DAY

# The policies of a space where one person may take hour after hour, with no paper and at once.
UNDEMANDING = {
    "approval": "instant",
    "payment": "free",
    "who_may_book": ["everyone"],
    "min_age": 0,
    "needs_adult": False,
    "terms": None,
    "quota_day": 0,
    "quota_week": 0,
    "quota_season": 0,
    "setup_minutes": 0,
    "cleanup_minutes": 0,
}


class GaveUp(AssertionError):
    """A writer cannot go on, and no kill explains why: the server refuses what it called free, say."""


class Writers:
    """Three writers with a space each, in three venues. Whoever waits for them hears why one gave up.

    `acknowledged` maps a booking to the states that it may be in now.
    """

    def __init__(self, address: str, token: str) -> None:
        self.address = f"{address}/api/v1"
        self.token = token
        self.acknowledged: dict[int, set[str]] = {}
        self.spaces = self.undemanding_spaces()
        self.hours = [iter(space["hours"]) for space in self.spaces]
        self.last_broken: str | None = None
        self.stopped = threading.Event()

    def __enter__(self) -> "Writers":
        self.stopped.clear()
        self.pool = ThreadPoolExecutor(len(self.spaces))
        self.at_work: list[Future] = [
            self.pool.submit(self.write, space, hours)
            for space, hours in zip(self.spaces, self.hours, strict=True)
        ]
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.stopped.set()
        self.pool.shutdown()
        if error:
            error.add_note(f"The last answer that a kill may explain: {self.last_broken}")
        else:
            self.check()

    def check(self) -> None:
        """Raise what a writer has failed with."""
        for work in self.at_work:
            if work.done():
                work.result()

    def write(self, space: dict, hours: Iterator[datetime]) -> None:
        """Book hour after hour, and cancel every other one."""
        for number, starts_at in enumerate(hours):
            if booking := self.told("/bookings/", wish(space, starts_at)):
                self.acknowledged[booking["id"]] = {booking["status"]}
                if number % 2:
                    self.cancel(booking["id"])
            if self.stopped.wait(PAUSE_SECONDS):
                return
        raise GaveUp(f"Space {space['id']} has none of its {len(space['hours'])} hours left.")

    def cancel(self, booking_id: int) -> None:
        self.acknowledged[booking_id] |= {"cancelled"}  # it may be done although we are not told
        if self.told(f"/bookings/{booking_id}/cancel/", {}):
            self.acknowledged[booking_id] = {"cancelled"}

    def told(self, path: str, content: dict) -> dict | None:
        """Return the booking that is acknowledged; None if a part that is down may be why it is not."""
        status, answer = self.call("POST", path, content)
        if status in {200, 201}:
            return answer
        said = f"POST {path} {content}: {status} {answer}"
        if 0 < status < 500:
            raise GaveUp(said)
        self.last_broken = said
        return None

    def lost(self) -> dict[int, str | None]:
        """Return the bookings that are not as they were acknowledged, with what they are instead."""
        served = {booking["id"]: booking["status"] for booking in self.all_of("/bookings/")}
        return {
            pk: served.get(pk) for pk, states in self.acknowledged.items() if served.get(pk) not in states
        }

    def undemanding_spaces(self) -> list[dict]:
        """Return a space in each of three venues, those with most free hours."""
        found = {}
        for space in self.all_of("/spaces/"):
            if space["is_bookable"] and UNDEMANDING.items() <= space["policies"].items():
                found.setdefault(space["venue"], space)
        spaces = list(found.values())[:6]
        for space in spaces:
            space["hours"] = list(self.free_hours(space))
        return sorted(spaces, key=lambda space: len(space["hours"]), reverse=True)[:3]

    def free_hours(self, space: dict) -> Iterator[datetime]:
        """Yield the free hours of a year, a question for each quarter."""
        tomorrow = timezone.localdate() + DAY
        for first in (tomorrow + number * QUARTER for number in range(4)):
            question = f"from={first}&to={first + QUARTER - DAY}&duration=60"
            status, answer = self.call("GET", f"/spaces/{space['id']}/availability/?{question}")
            assert status == 200, answer
            for stretch in answer["free"]:
                yield from hours_of(stretch)

    def all_of(self, path: str) -> list[dict]:
        found, page = [], 1
        while page:
            status, answer = self.call("GET", f"{path}?page_size=1000&page={page}")
            assert status == 200, answer
            found += answer["results"]
            page = page + 1 if answer["next"] else 0
        return found

    def call(self, method: str, path: str, content: dict | None = None) -> tuple[int, dict]:
        """Ask the server; a connection that breaks is an answer of its own, 0."""
        request = urllib.request.Request(
            self.address + path,
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, {"said": refusal.read().decode()}
        except (OSError, http.client.HTTPException) as broken:
            return 0, {"said": repr(broken)}


def hours_of(stretch: dict) -> Iterator[datetime]:
    starts_at = datetime.fromisoformat(stretch["starts_at"])
    while starts_at + HOUR <= datetime.fromisoformat(stretch["ends_at"]):
        yield starts_at
        starts_at += HOUR


def wish(space: dict, starts_at: datetime) -> dict:
    return {
        "space": space["id"],
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + HOUR).isoformat(),
        "purpose": space["purposes"][0]["code"],
        "attendees": 1,
    }
