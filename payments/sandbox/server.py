"""The sandbox as a server on loopback, in a process of its own or in a thread of a test."""

import base64
import json
import threading
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import control, pages
from .api import Answer, Api, Call
from .faults import Broken, ConnectionLost, Faults
from .refusals import Refusal
from .webhooks import Webhooks
from .world import Thing, World

HOST = "127.0.0.1"
LONGEST_BODY = 1_000_000
REMEMBERED = 10_000


@dataclass
class Exchange:
    """A call and its answer, to be held against Stripe's description."""

    method: str
    path: str
    form: str
    status: int
    answered: Thing
    version: str


class Sandbox:
    """A world, and the server in front of it."""

    def __init__(
        self,
        *,
        port: int = 0,
        key: str = "sk_test_sandbox",
        webhook_url: str = "",
        webhook_secret: str = "whsec_sandbox",
        merchant: str = "",
        file: Path | None = None,
    ) -> None:
        self.world, self.faults = World(file), Faults()
        self.exchanges: deque[Exchange] = deque(maxlen=REMEMBERED)
        self.merchant = merchant
        self.server = Server((HOST, port), Handler)
        self.server.sandbox = self
        self.base = f"http://{HOST}:{self.server.server_port}"
        self.api = Api(self.world, key=key, base=self.base)
        self.webhooks = Webhooks(self.world, url=webhook_url, secret=webhook_secret)
        self.threads = [
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self.webhooks.run, daemon=True),
        ]

    def start(self) -> "Sandbox":
        for thread in self.threads:
            thread.start()
        return self

    def stop(self) -> None:
        self.webhooks.stop()
        self.server.shutdown()
        self.server.server_close()
        for thread in self.threads:
            thread.join()
        self.world.close()

    def do(self, verb: str, **args: Any) -> Thing:
        """Order something of the world: see `control`. Raises `Refusal`, and `ValueError` for nonsense."""
        if verb not in control.VERBS:
            raise ValueError(f"No such verb: {verb}")
        if verb in control.UNLOCKED:
            return control.VERBS[verb](self, **args)
        with self.world.changing():
            result = control.VERBS[verb](self, **args)
        self.webhooks.wakened.set()
        return result

    def answer(self, call: Call) -> Answer:
        """Answer a call to Stripe's API. Raises `ConnectionLost` and `Broken`, as was ordered."""
        fault = self.faults.take(call.method, call.path)
        before = fault.strike if fault and not fault.is_done else lambda: None
        answer = self.api.answer(call, before)
        self.exchanges.append(
            Exchange(call.method, call.path, call.form, answer.status, answer.body, call.version)
        )
        self.webhooks.wakened.set()
        if fault and fault.is_done:
            fault.strike()
        return answer


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    sandbox: Sandbox


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer in one segment: without it every call waits for an acknowledgement
    server: Server

    def do_GET(self) -> None:
        self.handle_any()

    def do_POST(self) -> None:
        self.handle_any()

    def do_DELETE(self) -> None:
        self.handle_any()

    def handle_any(self) -> None:
        address = urlsplit(self.path)
        length = min(int(self.headers.get("Content-Length") or 0), LONGEST_BODY)
        body = self.rfile.read(length).decode("utf-8", "replace")
        if address.path.startswith("/v1/"):
            self.to_api(address.path, address.query if self.command == "GET" else body)
        elif address.path.startswith("/_sandbox/"):
            self.to_control(address.path.removeprefix("/_sandbox/"), body)
        else:
            page = pages.answer(self.server.sandbox, self.command, address.path, address.query, body)
            self.send(page.status, page.body, page.headers)

    def to_api(self, path: str, form: str) -> None:
        headers = self.headers
        call = Call(
            method=self.command,
            path=path,
            form=form,
            key=secret_of(headers.get("Authorization", "")),
            idempotency_key=headers.get("Idempotency-Key", ""),
            version=headers.get("Stripe-Version", ""),
        )
        try:
            answer = self.server.sandbox.answer(call)
        except ConnectionLost:
            self.close_connection = True
            return
        except Broken as exc:
            answer = Answer(exc.status, {"error": {"type": "api_error", "message": "Something went wrong."}})
        self.send_json(answer.status, answer.body, answer.headers)

    def to_control(self, verb: str, body: str) -> None:
        try:
            result = self.server.sandbox.do(verb, **json.loads(body or "{}"))
        except Refusal as refusal:
            self.send_json(refusal.status, refusal.body)
        except (TypeError, ValueError) as exc:
            self.send_json(HTTPStatus.BAD_REQUEST, {"error": {"message": str(exc)}})
        else:
            self.send_json(HTTPStatus.OK, result)

    def send_json(self, status: int, body: Thing, headers: dict[str, str] | None = None) -> None:
        kind = {"Content-Type": "application/json"}
        self.send(status, json.dumps(body).encode(), kind | (headers or {}))

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what was asked is in `exchanges`."""


def secret_of(authorization: str) -> str:
    """Return the secret key out of a header, as a bearer's token or as the name in basic authentication."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[0]
        except ValueError:
            return ""
    return value
