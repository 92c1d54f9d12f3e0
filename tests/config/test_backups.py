"""`backup` and `restore`, with the real programs: all of it comes back, or nothing changes."""

import threading

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from config import backups
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backup(tmp_path):
    """A backup that knows Aino, and a database that knows only Mikael since."""
    factories.create_user("Aino")
    call_command("backup", str(tmp_path / "vuoro.backup"))
    User.objects.all().delete()
    factories.create_user("Mikael")
    return tmp_path / "vuoro.backup"


def people() -> list[str]:
    return sorted(User.objects.values_list("name", flat=True))


def databases() -> set[str]:
    """Our database and what a restore may leave beside it."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name])
        return {name for (name,) in cursor.fetchall()}


def test_what_was_backed_up_comes_back(backup):
    before = databases()

    call_command("restore", str(backup), yes=True)

    assert people() == ["Aino"]
    assert databases() == before
    assert not backups.is_empty()


def test_new_rows_after_a_restore_get_new_numbers(backup):
    call_command("restore", str(backup), yes=True)

    onni = factories.create_user("Onni")

    assert onni.pk > User.objects.get(name="Aino").pk


def test_a_restored_database_still_refuses_what_it_refused(backup):
    call_command("restore", str(backup), yes=True)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'x'")
        assert cursor.fetchone()[0] >= 2


def test_sessions_in_the_way_are_ended(backup):
    stop = threading.Event()

    def keep_connecting():
        while not stop.is_set():
            try:
                with psycopg.connect(backups.conninfo(), password=backups.password()) as session:
                    session.execute("SELECT 1")
            except psycopg.Error:
                pass

    busy = [threading.Thread(target=keep_connecting) for _ in range(3)]
    for thread in busy:
        thread.start()
    try:
        call_command("restore", str(backup), yes=True)
    finally:
        stop.set()
        for thread in busy:
            thread.join()

    assert people() == ["Aino"]


def test_a_database_with_something_in_it_is_not_replaced_without_a_yes(backup):
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(backup))

    assert people() == ["Mikael"]


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"PGDMP", lambda b: b"", lambda b: b"a letter"]
)
def test_a_damaged_or_foreign_file_changes_nothing(backup, damage):
    before = databases()
    backup.write_bytes(damage(backup.read_bytes()))

    with pytest.raises(CommandError):
        call_command("restore", str(backup), yes=True)

    assert people() == ["Mikael"]
    assert databases() == before


def test_a_backup_of_a_newer_release_is_refused(tmp_path):
    factories.create_user("Aino")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '9999_later', now())"
        )
    call_command("backup", str(tmp_path / "later"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")

    with pytest.raises(CommandError, match=r"newer release.*accounts\.9999_later"):
        call_command("restore", str(tmp_path / "later"), yes=True)


def test_a_backup_is_private_and_replaces_the_old_one_at_once(tmp_path):
    path = tmp_path / "vuoro.backup"
    path.write_text("the old one")

    call_command("backup", str(path))

    assert path.read_bytes().startswith(b"PGDMP")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["vuoro.backup"]


def test_a_failed_backup_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "vuoro.backup"
    path.write_text("the old one")
    monkeypatch.setattr(backups, "conninfo", lambda: "dbname=nowhere host=/nowhere")

    with pytest.raises(CommandError, match="pg_dump failed"):
        call_command("backup", str(path))

    assert path.read_text() == "the old one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["vuoro.backup"]


def test_a_place_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"cannot be written: No such file"):
        call_command("backup", str(tmp_path / "nowhere" / "file"))
    with pytest.raises(CommandError, match=r"cannot be read: No such file"):
        call_command("restore", str(tmp_path / "nowhere"), yes=True)
