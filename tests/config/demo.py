"""A real demo on a state folder of its own, for tests that kill parts of it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from config import embedded, place

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 120


class Demo:
    """`manage.py demo` as a process, and what one can do to it."""

    def __init__(
        self,
        state_dir: Path,
        root: Path = ROOT,
        python: str = sys.executable,
        environ: dict[str, str] | None = None,
        identity: dict | None = None,
    ) -> None:
        self.state_dir = state_dir
        self.root = root
        self.command = [python, "manage.py", "demo"]
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environ = {"PATH": os.environ["PATH"], "STATE_DIR": str(state_dir), "PORT": str(self.port)}
        self.environ |= environ or {}
        self.identity = identity or {}
        self.output = state_dir.with_name(f"{state_dir.name}-demo-{self.port}.out")

    def start(self) -> None:
        with open(self.output, "w") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.root,
                env=self.environ,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self.identity,
            )
        wait_until(lambda: "Vuoro is running at" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text()

    def command_says(self, *command: str) -> str:
        """Run one of the operator's commands on this demo's data and return its last word."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=self.root,
            env=self.environ | {"DEMO": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.split()[-1]

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def web(self) -> list[int]:
        return [pid for pid in self.descendants() if "gunicorn" in command_of(pid)]

    def worker(self) -> list[int]:
        return [pid for pid in self.descendants() if "procrastinate" in command_of(pid)]

    def database(self) -> list[int]:
        return embedded.processes_in(place.folder_of(self.state_dir) / "data")

    def descendants(self) -> list[int]:
        """Return every process of this demo, also one whose parent is gone."""
        marks = {f"STATE_DIR={self.state_dir}"}
        return [pid for pid in pids() if marks & set(environment_of(pid)) and pid != self.process.pid]

    def everything(self) -> list[int]:
        return [self.process.pid, *self.descendants(), *self.database()]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_SECONDS)

    def clean_up(self) -> None:
        self.stop()
        kill(self.descendants())
        embedded.stop(self.state_dir)
        shutil.rmtree(place.folder_of(self.state_dir), ignore_errors=True)


def kill(victims: list[int]) -> None:
    for pid in victims:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def environment_of(pid: int) -> list[str]:
    with suppress(OSError):
        return os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes()).split("\0")
    return []
