"""A backup is one file with the whole database; restoring replaces the database by it, or changes nothing."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config import place

MAGIC = b"PGDMP"
TOO_NEW = b"SET transaction_timeout = 0;"  # servers before 17 do not know it; it is off anyway
PREAMBLE = 10_000  # bytes of a script that only set things up
MAINTENANCE_DATABASES = ["postgres", "template1"]


class BackupError(Exception):
    """Nothing was written or changed. The message is a sentence that says why."""


def back_up(path: Path) -> None:
    """Write the database to a file that is complete or not there at all; only its owner may read it."""
    try:
        handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as exc:
        raise BackupError(f"{path} cannot be written: {exc.strerror}.") from exc
    os.close(handle)
    try:
        run("pg_dump", "--format=custom", f"--file={unfinished}", f"--dbname={conninfo()}")
        sync(Path(unfinished))
        os.replace(unfinished, path)
        sync(path.parent)
    finally:
        Path(unfinished).unlink(missing_ok=True)


def restore(path: Path) -> bool:
    """Put a backup in the database's place, ending all connections to it. Say whether it needs migrations."""
    require_backup(path)
    name = settings.DATABASES["default"]["NAME"]
    fresh, former = f"{name}_restoring", f"{name}_replaced"
    connections.close_all()
    with maintenance() as server:
        make_empty(server, fresh)
        try:
            fill(fresh, path)
            is_behind = require_known_migrations(fresh)
            drop(server, former)
            swap(server, name, fresh, former)
        finally:
            drop(server, fresh)
        drop(server, former)
    return is_behind


def is_empty() -> bool:
    """Say whether the database holds nothing yet, so that restoring loses nothing."""
    return not connections["default"].introspection.table_names()


def require_backup(path: Path) -> None:
    try:
        with path.open("rb") as file:
            is_archive = file.read(len(MAGIC)) == MAGIC
    except OSError as exc:
        raise BackupError(f"{path} cannot be read: {exc.strerror}.") from exc
    if not is_archive or "TABLE DATA public django_migrations" not in run("pg_restore", "--list", str(path)):
        raise BackupError(f"{path} is not a backup of Vuoro.")


def require_known_migrations(database: str) -> bool:
    """Refuse a backup from a newer release; say whether it comes from an older one."""
    with closing(psycopg.connect(conninfo(database), password=password())) as fresh:
        applied = set(fresh.execute("SELECT app, name FROM django_migrations").fetchall())
    known = set(MigrationLoader(None).graph.nodes)
    apps = {app for app, _ in known}
    unknown = sorted(f"{app}.{name}" for app, name in applied - known if app in apps)
    if unknown:
        raise BackupError(
            f"The backup is from a newer release: this one does not know {', '.join(unknown[:3])}."
        )
    return bool(known - applied)


# --- Databases beside each other -----------------------------------------------------------------


@contextmanager
def maintenance() -> Iterator[psycopg.Connection]:
    """Connect beside the database, to be able to rename it."""
    for database in MAINTENANCE_DATABASES:
        with suppress(psycopg.OperationalError):
            server = psycopg.connect(conninfo(database), password=password(), autocommit=True)
            break
    else:
        raise BackupError("The server has no database named postgres to work from while ours is replaced.")
    with closing(server):
        yield server


def make_empty(server: psycopg.Connection, name: str) -> None:
    drop(server, name)
    try:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
        )
    except psycopg.errors.InsufficientPrivilege as exc:
        role = server.info.user
        raise BackupError(
            f"The database user may not create databases. Allow it: ALTER ROLE {role} CREATEDB"
        ) from exc


def fill(name: str, path: Path) -> None:
    """Write a backup into an empty database, by way of SQL that older servers understand too."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.sql"
        run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(path))
        leave_out(TOO_NEW, script)
        run(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            f"--dbname={conninfo(name)}",
            f"--file={script}",
        )


def leave_out(statement: bytes, script: Path) -> None:
    """Turn a statement at the head of a script into a comment of the same length."""
    with script.open("r+b") as file:
        position = file.read(PREAMBLE).find(statement)
        if position >= 0:
            file.seek(position)
            file.write(b"--")


def drop(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def swap(server: psycopg.Connection, name: str, fresh: str, former: str) -> None:
    """Rename both databases in one transaction, which waits for sessions to end and keeps new ones out."""
    renaming = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with sessions_ended(name), server.transaction():
        server.execute(renaming.format(sql.Identifier(name), sql.Identifier(former)))
        server.execute(renaming.format(sql.Identifier(fresh), sql.Identifier(name)))


@contextmanager
def sessions_ended(name: str) -> Iterator[None]:
    """Keep ending the sessions of a database meanwhile."""
    done = threading.Event()

    def end_sessions() -> None:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        with maintenance() as server:
            while not done.wait(0.1):
                server.execute(query, [name])

    thread = threading.Thread(target=end_sessions)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


# --- PostgreSQL's programs -----------------------------------------------------------------------


def conninfo(database: str | None = None) -> str:
    """Return how to connect, without the password: others see a command's arguments."""
    given = settings.DATABASES["default"]
    parts = {
        "host": given["HOST"],
        "port": given["PORT"],
        "user": given["USER"],
        "dbname": database or given["NAME"],
    }
    return make_conninfo(**given["OPTIONS"], **{key: value for key, value in parts.items() if value})


def password() -> str | None:
    return settings.DATABASES["default"]["PASSWORD"] or None


def run(name: str, *arguments: str) -> str:
    """Run a program and return what it said; if it fails, raise `BackupError`."""
    secret = {"PGPASSWORD": password() or ""} if password() else {}
    done = subprocess.run(
        [newest(name), *arguments], capture_output=True, text=True, check=False, env=os.environ | secret
    )
    if done.returncode:
        raise BackupError(f"{name} failed: {(done.stderr.strip().splitlines() or ['it said nothing'])[0]}")
    return done.stdout


def newest(name: str) -> str:
    """Return the newest that is installed: an older program refuses servers and files of newer ones."""
    installed = [shutil.which(name), str(place.installation() / "bin" / name)]
    return max(filter(None, installed), key=major_version)


def major_version(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\b(\d+)", said)
    return int(found[1]) if found else 0


def sync(path: Path) -> None:
    """Have a file or folder on the disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
