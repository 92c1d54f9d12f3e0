"""People who book and cancel over HTTP all the time, and remember what they were told."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

PAUSE_SECONDS = 0.05
HOUR = timedelta(hours=1)


class Writers:
    """Three writers with a space each. `acknowledged` maps a booking to the states that it may be in now."""

    def __init__(self, address: str, token: str) -> None:
        self.address = f"{address}/api/v1"
        self.token = token
        self.acknowledged: dict[int, set[str]] = {}
        self.spaces = self.instant_spaces()[:3]
        self.stopped = threading.Event()
        self.threads: list[threading.Thread] = []

    def __enter__(self) -> "Writers":
        self.stopped.clear()
        self.threads = [threading.Thread(target=self.write, args=[space]) for space in self.spaces]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def write(self, space: dict) -> None:
        """Book hour after hour, and cancel every other one."""
        for number, starts_at in enumerate(space["hours"]):
            if self.stopped.wait(PAUSE_SECONDS):
                return
            status, booking = self.call("POST", "/bookings/", wish(space, starts_at))
            if status == 201:
                self.acknowledged[booking["id"]] = {booking["status"]}
                if number % 2:
                    self.cancel(booking["id"])

    def cancel(self, booking_id: int) -> None:
        self.acknowledged[booking_id] |= {"cancelled"}  # it may be done although we are not told
        status, _ = self.call("POST", f"/bookings/{booking_id}/cancel/", {})
        if status == 200:
            self.acknowledged[booking_id] = {"cancelled"}

    def lost(self) -> dict[int, str | None]:
        """Return the bookings that are not as they were acknowledged, with what they are instead."""
        served = {booking["id"]: booking["status"] for booking in self.all_of("/bookings/")}
        return {
            pk: served.get(pk) for pk, states in self.acknowledged.items() if served.get(pk) not in states
        }

    def instant_spaces(self) -> list[dict]:
        """Return spaces that anybody books at once and free of charge, those with most free hours first."""
        found = []
        for space in self.all_of("/spaces/"):
            policies = space["policies"]
            if space["is_bookable"] and (policies["approval"], policies["payment"]) == ("instant", "free"):
                found.append(space)
        for space in found[:12]:
            space["hours"] = list(self.free_hours(space))
        return sorted(found[:12], key=lambda space: len(space["hours"]), reverse=True)

    def free_hours(self, space: dict) -> Iterator[datetime]:
        tomorrow = timezone.localdate() + timedelta(days=1)
        question = f"from={tomorrow}&to={tomorrow + timedelta(days=27)}"
        _, answer = self.call("GET", f"/spaces/{space['id']}/availability/?{question}")
        for stretch in answer["free"]:
            starts_at = datetime.fromisoformat(stretch["starts_at"])
            while starts_at + HOUR <= datetime.fromisoformat(stretch["ends_at"]):
                yield starts_at
                starts_at += HOUR

    def all_of(self, path: str) -> list[dict]:
        found, page = [], 1
        while page:
            _, answer = self.call("GET", f"{path}?page_size=1000&page={page}")
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
            return refusal.code, {}
        except (OSError, http.client.HTTPException):
            return 0, {}


def wish(space: dict, starts_at: datetime) -> dict:
    return {
        "space": space["id"],
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + HOUR).isoformat(),
        "purpose": space["purposes"][0]["code"],
        "attendees": 1,
    }
