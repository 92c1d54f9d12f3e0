from pathlib import Path
from shutil import copytree

import pytest

from venues import openings

from .city_files import HELSINKI, change, is_about_some, run


@pytest.fixture
def short_future(monkeypatch):
    """A fortnight of openings shows as much as four hundred days of them."""
    monkeypatch.setattr(openings, "DAYS_AHEAD", 14)


@pytest.fixture
def folder(tmp_path, short_future) -> Path:
    """A few of Helsinki's venues, in files of their own."""
    folder = copytree(HELSINKI, tmp_path / "city", ignore=lambda *_: ["__pycache__"])
    for file in folder.glob("*.csv"):
        change(file, lambda rows: [row for row in rows if is_about_some(row)])
    return folder


@pytest.fixture
def imported_folder(folder, capsys) -> Path:
    run(folder, capsys)
    return folder
