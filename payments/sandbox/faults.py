"""What goes wrong between the product and Stripe: answers lost, late, or none at all."""

import re
import threading
import time
from dataclasses import dataclass

HOWS = {"lose", "delay", "error"}


class ConnectionLost(Exception):
    """The caller gets no answer."""


class Broken(Exception):
    """The caller gets an error that says nothing."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass
class Fault:
    """What is going to go wrong with the next calls that it fits, before or after what they ask is done."""

    how: str
    path: str = ""
    method: str = ""
    times: int = 1
    is_done: bool = True
    seconds: float = 30.0
    status: int = 500

    def __post_init__(self) -> None:
        if self.how not in HOWS:
            raise ValueError(f"how is one of {', '.join(sorted(HOWS))}")

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in ("", method) and re.search(self.path, path) is not None

    def strike(self) -> None:
        """Let it go wrong. Raises `ConnectionLost` or `Broken`, or takes its time."""
        if self.how == "lose":
            raise ConnectionLost
        if self.how == "error":
            raise Broken(self.status)
        time.sleep(self.seconds)


class Faults:
    """The faults that were ordered, in this order."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ordered: list[Fault] = []

    def order(self, fault: Fault) -> None:
        with self.lock:
            self.ordered.append(fault)

    def mend(self) -> None:
        with self.lock:
            self.ordered.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return what goes wrong with a call, if anything; it goes wrong once less from now on."""
        with self.lock:
            for fault in self.ordered:
                if fault.fits(method, path):
                    fault.times -= 1
                    return fault
        return None
