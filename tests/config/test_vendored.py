"""What is vendored is what its makers published: every file is listed, every hash agrees."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "config/static/vendor", ROOT / "tests/vendor"]
LIST = FOLDERS[0] / "VENDORED.md"
OURS = {"VENDORED.md", ".gitattributes"}


def listed() -> dict[str, tuple[str, str]]:
    """Return {file: (package, sha256)} as VENDORED.md's table has it."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in LIST.read_text().splitlines()]
    return {row[3]: (row[0], row[4]) for row in rows if len(row) == 5 and len(row[4]) == 64}


def present() -> set[str]:
    files = (path for folder in FOLDERS for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in files if path.name not in OURS}


def test_every_vendored_file_is_listed_and_every_listed_file_is_there():
    assert set(listed()) == present()


def test_every_hash_agrees():
    changed = [
        name
        for name, (_package, sha256) in listed().items()
        if hashlib.sha256((ROOT / name).read_bytes()).hexdigest() != sha256
    ]

    assert changed == []


def test_every_package_brings_its_licence():
    packages = {package for package, _sha256 in listed().values()}
    licensed = {package for name, (package, _sha256) in listed().items() if name.endswith("LICENSE")}

    assert licensed == packages
