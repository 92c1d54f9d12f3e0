"""Whether a port is free, and who holds it if not."""

import os
import re
import socket
from contextlib import suppress
from pathlib import Path

LISTENING = "0A"  # of the kernel's TCP table


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def holders(port: int) -> list[int]:
    """Return the processes that listen on a port, as far as this user may see them."""
    sockets = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    return [pid for pid in processes() if sockets & set(open_files(pid))] if sockets else []


def listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
            found |= {row[9] for row in rows if row[3] == LISTENING and int(row[1].split(":")[1], 16) == port}
    return found


def processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def open_files(pid: int) -> list[str]:
    found = []
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                found.append(os.readlink(entry.path))
    return found


def describe(pid: int) -> str:
    """Name a process for a person: its program and number."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return f"{Path(os.fsdecode(words[0])).name} (process {pid})"
    return f"process {pid}"


def environment_of(pid: int) -> dict[str, str]:
    """Return the environment that a process of ours was started with; empty for others'."""
    with suppress(OSError):
        text = os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes())
        return dict(re.findall(r"([^=\0]+)=([^\0]*)", text))
    return {}
