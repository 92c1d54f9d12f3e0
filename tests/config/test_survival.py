"""Kill -9 of anything, and of everything: the next start serves what was acknowledged."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from tests.config.demo import ROOT, Demo, kill, wait_until
from tests.config.load import Writers

pytestmark = pytest.mark.proof


@pytest.fixture
def ordinary_persons_demo():
    """The demo of somebody without privileges, from a copy of the code that is theirs."""
    home = Path(tempfile.mkdtemp(prefix="vuoro-ordinary-", dir="/tmp"))
    if os.geteuid() != 0:
        demo = Demo(home / "state")
    else:
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        ignored = shutil.ignore_patterns(".git", ".venv*", ".state", "__pycache__")
        shutil.copytree(ROOT, home / "code", ignore=ignored)
        packages = sysconfig.get_path("purelib")
        if not can(identity, "test", "-r", f"{packages}/django/__init__.py"):
            packages = shutil.copytree(packages, home / "packages", ignore=ignored)
        subprocess.run(["chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", home], check=True)
        environ = {"PYTHONPATH": str(packages), "HOME": str(home)}
        demo = Demo(home / "state", home / "code", python_for_all(identity), environ, identity)
    yield demo
    demo.clean_up()
    shutil.rmtree(home)


def python_for_all(identity: dict) -> str:
    """Return a Python of the tests' own version that anyone may run: root's own may lie in root's home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in [os.path.realpath(sys.executable), f"/usr/local/bin/{name}", f"/usr/bin/{name}"]:
        if can(identity, python, "-c", ""):
            return python
    pytest.fail(f"No {name} that an ordinary user may run. As root on Debian: apt-get install {name}")


def can(identity: dict, *command: str) -> bool:
    try:
        return not subprocess.run(command, check=False, cwd="/", **identity).returncode
    except OSError:
        return False


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("survival") / "state")
    demo.start()
    yield demo
    demo.clean_up()


@pytest.fixture(scope="module")
def writers(demo):
    return Writers(demo.address, demo.command_says("token", "load@example.org"))


@pytest.mark.parametrize(
    ("part", "name"), [("web", "web server"), ("worker", "job worker"), ("database", "database")]
)
def test_a_part_that_is_killed_comes_back_and_nothing_acknowledged_is_lost(demo, writers, part, name):
    with writers:
        wait_for_more(writers)
        victims = getattr(demo, part)()
        assert victims

        kill(victims)

        wait_until(lambda: f"The {name} stopped." in demo.said())
        wait_until(lambda: demo.is_healthy() and getattr(demo, part)())
        assert not set(victims) & set(getattr(demo, part)())
        wait_for_more(writers)

    assert writers.lost() == {}


def test_when_all_is_killed_the_next_start_serves_what_was_acknowledged(demo, writers):
    with writers:
        wait_for_more(writers)
        kill(demo.everything())
        demo.process.wait()

        demo.start()

        wait_for_more(writers)

    assert writers.lost() == {}


def wait_for_more(writers: Writers) -> None:
    enough = len(writers.acknowledged) + 15

    def has_enough() -> bool:
        writers.check()
        return len(writers.acknowledged) >= enough

    wait_until(has_enough)


def test_when_only_the_demo_itself_is_killed_its_children_go_and_the_next_start_comes(demo):
    left = demo.descendants()
    kill([demo.process.pid])
    demo.process.wait()

    demo.start()

    assert demo.is_healthy()
    assert not set(left) & set(demo.descendants())


def test_a_start_waits_for_the_former_to_stop(demo):
    former = demo.process
    former.terminate()

    demo.start()

    assert former.wait() == 0
    assert demo.is_healthy()


def test_a_second_demo_in_the_same_folder_is_refused(demo):
    second = Demo(demo.state_dir)

    with pytest.raises(AssertionError, match="A demo is already running"):
        second.start()

    assert demo.is_healthy()


def test_ctrl_c_stops_all_of_it(demo):
    database = demo.database()
    os.killpg(demo.process.pid, signal.SIGINT)

    assert demo.process.wait(30) == 0
    assert demo.said().endswith("Stopped.\n")
    assert demo.descendants() == demo.database() == []
    assert database
    demo.start()


def test_a_port_that_somebody_else_holds_is_named(demo, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        late = Demo(tmp_path / "state")
        late.environ["PORT"] = str(other.getsockname()[1])

        with pytest.raises(AssertionError, match=rf"held by .*\(process {os.getpid()}\)"):
            late.start()
        late.clean_up()


def test_an_ordinary_person_needs_no_root(ordinary_persons_demo):
    demo = ordinary_persons_demo
    demo.start()
    assert {owner_of(pid) for pid in demo.everything()} == {demo.identity.get("user", os.geteuid())}
    kill(demo.everything())
    demo.process.wait()

    demo.start()

    assert demo.is_healthy()


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid
