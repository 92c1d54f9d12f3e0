"""A process that does one thing with money and is killed at a line of it: `python -m tests.payments.victim`.

It reads what to do from its input, a line of JSON each, and forks for it, so that Django starts only once.
It answers with the lines that the deed has come by, in order, or with null where it was killed.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
WATCHED = {str(file) for file in (ROOT / "payments").glob("*.py")}
WATCHED |= {str(ROOT / "bookings" / f"{name}.py") for name in ("lifecycle", "moves", "charges")}


def main() -> None:
    import django

    django.setup()
    # Loaded beforehand: whoever is killed while modules load has not begun.
    for module in ("config.urls", "payments.tasks", "payments.webhooks"):
        import_module(module)
    print("ready", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        print(json.dumps(done_by_child(wanted["deed"], wanted["of"], wanted["killed_at"])), flush=True)


def done_by_child(deed: str, of: Any, killed_at: int) -> list[str] | None:
    """Let a child do it, and return the lines that it came by; None if it was killed at the nth new one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            seen = watched(lambda: DEEDS[deed](of), killed_at)
            with os.fdopen(writing, "w") as answer:
                json.dump(seen, answer)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return None if os.WIFSIGNALED(status) else json.loads(said)


def watched(deed: Callable[[], object], killed_at: int) -> list[str]:
    """Do it, and return the lines of ours that it came by, each once. At the nth of them the process dies."""
    seen: dict[str, None] = {}

    def trace(frame: FrameType, event: str, _arg: Any):
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            seen[f"{frame.f_code.co_filename}:{frame.f_lineno}"] = None
            if len(seen) == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        deed()
    finally:
        sys.settrace(None)
    return list(seen)


# --- What it can do: what the web and the worker do -------------------------------------------------


def begin(pk: int) -> None:
    from django.utils import timezone

    from bookings.models import Booking
    from payments import checkout

    booking = Booking.objects.with_place().get(pk=pk)
    checkout.start([booking], payer=booking.customer, now=timezone.now())


def cancel(pk: int) -> None:
    from django.utils import timezone

    from bookings import lifecycle
    from bookings.models import Booking

    booking = Booking.objects.with_place().get(pk=pk)
    lifecycle.cancel(booking, by=booking.customer, now=timezone.now())


def come_back(pk: int) -> None:
    from django.utils import timezone

    from payments import reconcile
    from payments.models import Payment

    reconcile.session(Payment.objects.get(pk=pk).session_id, now=timezone.now())


def leave(pk: int) -> None:
    from django.utils import timezone

    from payments import reconcile
    from payments.models import Payment

    reconcile.leave(Payment.objects.get(pk=pk), now=timezone.now())


def hear(told: dict[str, str]) -> None:
    from django.utils import timezone

    from payments import webhooks

    event = webhooks.understand(told["body"].encode(), told["signature"])
    webhooks.hear(event, now=timezone.now())


def look_at(pk: int) -> None:
    from payments import tasks

    tasks.look_at(payment_id=pk)


def send_refund(pk: int) -> None:
    from payments import tasks

    tasks.send_refund(refund_id=pk)


def look_back(_nothing: None) -> None:
    from payments import tasks

    tasks.look_back(timestamp=0)


DEEDS: dict[str, Callable[[Any], object]] = {
    deed.__name__: deed for deed in (begin, cancel, come_back, leave, hear, look_at, send_refund, look_back)
}

if __name__ == "__main__":
    main()
