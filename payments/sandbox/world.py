"""What the sandbox knows: objects, answers given by idempotency keys, plans for later, events to be sent.

All of it is kept in a file if there is one. Stripe forgets nothing when a demo is stopped or killed.
"""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from .refusals import no_such

Thing = dict[str, Any]
API_VERSION = "2026-10-28.endive"
TABLE = "create table if not exists kept (kind text, id text, value text, primary key (kind, id))"
KEEP = """insert into kept (kind, id, value) values (?, ?, ?)
    on conflict (kind, id) do update set value = excluded.value"""


class World:
    """Everything there is. Whoever reads or changes it does so within `changing()`."""

    def __init__(self, file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.shelves: dict[str, dict[str, Any]] = {
            "object": {}, "answer": {}, "plan": {}, "delivery": {}, "clock": {}
        }  # fmt: skip
        self.touched: set[tuple[str, str]] = set()
        self.stopped_at: int | None = None
        self.asked_by: Thing = {"id": None, "idempotency_key": None}
        self.file = self.opened(file) if file else None

    def opened(self, file: Path) -> sqlite3.Connection:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, check_same_thread=False)
        connection.execute(TABLE)
        for kind, id, value in connection.execute("select kind, id, value from kept order by rowid"):
            self.shelves[kind][id] = json.loads(value)
        return connection

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Have the world for oneself; when it is let go, what was touched is in the file."""
        with self.lock:
            try:
                yield
            finally:
                self.write()

    def write(self) -> None:
        if self.file and self.touched:
            with self.file:
                for kind, id in self.touched:
                    value = self.shelves[kind].get(id)
                    if value is None:
                        self.file.execute("delete from kept where kind = ? and id = ?", (kind, id))
                    else:
                        self.file.execute(KEEP, (kind, id, json.dumps(value)))
        self.touched.clear()

    def close(self) -> None:
        with self.lock:
            if self.file:
                self.file.close()
                self.file = None

    # --- Things on shelves ------------------------------------------------------------------------

    def keep(self, kind: str, id: str, value: Any) -> Any:
        self.shelves[kind][id] = value
        self.touched.add((kind, id))
        return value

    def drop(self, kind: str, id: str) -> Any:
        self.touched.add((kind, id))
        return self.shelves[kind].pop(id, None)

    def add(self, thing: Thing) -> Thing:
        return self.keep("object", thing["id"], thing)

    def get(self, id: str, kind: str, param: str = "id") -> Thing:
        """Return an object, to read or to change. Raises Stripe's 404."""
        thing = self.shelves["object"].get(id)
        if thing is None or thing["object"] != kind:
            raise no_such(kind.split(".")[-1], id, param)
        self.touched.add(("object", id))
        return thing

    def all(self, kind: str) -> list[Thing]:
        """Return all objects of a kind, the newest first."""
        return [thing for thing in reversed(self.shelves["object"].values()) if thing["object"] == kind]

    # --- Time -------------------------------------------------------------------------------------

    def now(self) -> int:
        if self.stopped_at is not None:
            return self.stopped_at
        return int(time.time()) + self.shelves["clock"].get("ahead", 0)

    def plan(self, verb: str, at: int, **args: Any) -> None:
        """Have something happen later (`happenings`)."""
        self.keep("plan", new_id("plan"), {"at": at, "verb": verb, "args": args})

    # --- Events -----------------------------------------------------------------------------------

    def emit(self, type: str, thing: Thing, before: Thing | None = None) -> Thing:
        """Let something have happened: an event, which is going to be sent."""
        data: Thing = {"object": deepcopy(public(thing))}
        if before is not None:
            data["previous_attributes"] = before
        event = self.add(
            {
                "id": new_id("evt"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now(),
                "data": data,
                "livemode": False,
                "pending_webhooks": 1,
                "request": dict(self.asked_by),
                "type": type,
            }
        )
        self.keep("delivery", new_id("dlv"), {"event": event["id"], "tries": 0, "next_at": 0})
        return event


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def public(thing: Thing) -> Thing:
    """Return an object without what the sandbox alone knows of it."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}
