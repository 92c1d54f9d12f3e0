"""What the papers name exists: files, commands, targets of make."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
APPS = "accounts|bookings|calendars|config|docs|fixtures|payments|tests|venues"
PATH_NAMED = re.compile(rf"`((?:{APPS})/[\w/.-]+)`")
CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
COMMAND = re.compile(r"manage\.py (\w+)")
TARGET = re.compile(r"\bmake ((?:[A-Z_]+=\S+ )*)([a-z]\w*)")


def papers() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    found = [ROOT / name for name in listed] or [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [paper for paper in found if paper.is_file()]


def named(pattern: re.Pattern[str], group: int = 1) -> Iterator[tuple[str, str]]:
    """Return each paper's name and what it names in code, once each."""
    for paper in papers():
        code = " ".join(CODE.findall(paper.read_text(encoding="utf-8")))
        for found in dict.fromkeys(match[group] for match in pattern.finditer(code)):
            yield paper.relative_to(ROOT).as_posix(), found


def test_papers_are_found():
    names = {paper.relative_to(ROOT).as_posix() for paper in papers()}

    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/operate.md"} <= names


@pytest.mark.parametrize("paper", papers(), ids=lambda paper: paper.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(paper):
    links = LINK.findall(paper.read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (paper.parent / link).exists()] == []


def test_every_file_that_is_named_is_there():
    paths = list(named(PATH_NAMED))

    assert ("CONTRIBUTING.md", "tests/bookings/test_invariant_catalogue.py") in paths
    assert [(paper, path) for paper, path in paths if not (ROOT / path).exists()] == []


def test_every_command_that_is_named_can_be_given():
    commands = list(named(COMMAND))

    assert ("docs/operate.md", "account") in commands
    assert [(paper, command) for paper, command in commands if command not in get_commands()] == []


def test_every_target_that_is_named_can_be_made():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    targets = list(named(TARGET, group=2))

    assert ("README.md", "demo") in targets
    assert [(paper, target) for paper, target in targets if target not in phony.split()] == []
