"""Keeps the demo's processes running: starts them, starts them again when they die, stops them all."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1  # Linux: a signal for a child whose parent is gone
LONGEST_LOG = 10_000_000  # bytes
PATIENCE_SECONDS = 15


@dataclass
class Child:
    """A process of ours with its log."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen | None = field(default=None, init=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        is_long = self.log.exists() and self.log.stat().st_size > LONGEST_LOG
        with open(self.log, "w" if is_long else "a") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop the children in order
                preexec_fn=end_with_parent,
            )

    @property
    def has_died(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def end_with_parent() -> None:
    """In a child: be told to stop when the parent dies, also by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def keep_running(
    children: list[Child], also: Callable[[], None], until: Callable[[], bool], say: Callable[[str], None]
) -> None:
    """Start again whatever dies, and call `also` every second, until it is time to go."""
    while not until():
        also()
        for child in children:
            if child.has_died:
                say(f"The {child.name} stopped. Starting it again; {child.log} may say why.")
                child.start()
        time.sleep(1)


def stop(children: list[Child]) -> None:
    for child in children:
        if child.process:
            child.process.terminate()
    for child in children:
        child.stop()


def end(pids: list[int]) -> None:
    """Stop processes that are not our children."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while alive := [pid for pid in pids if Path(f"/proc/{pid}/cwd").exists()]:
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.2)
