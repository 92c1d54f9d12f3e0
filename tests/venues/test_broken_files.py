"""Files that cannot be imported: nothing is changed, and file and line are told."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from venues.models import District, Purpose, Venue

from .city_files import change, everything, line_of, set_cell

pytestmark = pytest.mark.django_db


def without_column(name: str, column: str):
    def breaks(folder: Path) -> None:
        change(folder / name, lambda rows: [{k: v for k, v in row.items() if k != column} for row in rows])

    return breaks


def with_cells(name: str, line: int, **cells):
    return lambda folder: set_cell(folder / name, line, **cells)


def with_bytes(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


def repeated(name: str, line: int):
    return lambda folder: change(folder / name, lambda rows: [*rows, rows[line - 2]])


def without_file(name: str):
    return lambda folder: (folder / name).unlink()


def latin_1(folder: Path) -> None:
    file = folder / "venues_helsinki.csv"
    file.write_bytes(file.read_text(encoding="utf-8").encode("latin-1"))


VENUES = "venues_helsinki.csv"
BROKEN = {
    "missing column": (without_column(VENUES, "coord_quality"), f"{VENUES}:1: has no column coord_quality"),
    "missing columns": (
        with_bytes(VENUES, b"venue_key,kind\n"),
        f"{VENUES}:1: has no column name_fi, name_sv",
    ),
    "no content": (with_bytes(VENUES, b""), f"{VENUES}:1: has no column"),
    "missing file": (without_file(VENUES), f"{VENUES}:1: cannot be read"),
    "missing review": (without_file("overlaps.csv"), "overlaps.csv:1: is missing"),
    "wrong encoding": (latin_1, f"{VENUES}:2: is not UTF-8"),
    "not text": (with_bytes(VENUES, b"venue_key\n\0"), f"{VENUES}:2: is not text"),
    "open quote": (with_bytes("vocabulary.csv", b'list,code\n"purpose,x\n'), "vocabulary.csv:2: is not CSV"),
    "short line": (
        with_bytes("demo_districts.csv", b"number,contact_email\n43\n"),
        "demo_districts.csv:2: has 1 cells",
    ),
    "same key twice": (repeated(VENUES, 2), f"{VENUES}:7: venue_key are those of line 2 already"),
    "same space twice": (repeated("demo_spaces.csv", 3), "venue_key and key are those of line 3 already"),
    "latitude outside the area": (
        with_cells(VENUES, 2, lat="61.5"),
        f"{VENUES}:2: the point 61.5, 25.044352 is outside",
    ),
    "swapped coordinates": (with_cells(VENUES, 2, lat="25.0", lon="60.2"), f"{VENUES}:2: the point"),
    "decimal comma": (with_cells(VENUES, 2, lat="60,2"), f"{VENUES}:2: lat is “60,2”"),
    "not a number": (with_cells(VENUES, 2, lat="nan"), f"{VENUES}:2: lat is “nan”"),
    "half a point": (with_cells(VENUES, 2, lon=""), f"{VENUES}:2: give lat, lon and coord_quality together"),
    "point of unknown quality": (
        with_cells(VENUES, 2, coord_quality="good"),
        f"{VENUES}:2: coord_quality is “good”",
    ),
    "unknown kind": (with_cells(VENUES, 2, kind="castle"), f"{VENUES}:2: kind is “castle”"),
    "no kind": (with_cells(VENUES, 2, kind=""), f"{VENUES}:2: kind is empty"),
    "no name": (with_cells(VENUES, 2, name_fi=""), f"{VENUES}:2: name_fi: This field cannot be blank."),
    "long name": (
        with_cells(VENUES, 2, name_fi="x" * 201),
        f"{VENUES}:2: name_fi: Ensure this value has at most 200",
    ),
    "no address": (with_cells(VENUES, 2, website="somewhere"), f"{VENUES}:2: website: Enter a valid URL."),
    "district by two names": (with_cells(VENUES, 2, district_fi="Hertsika"), "district 43 has another name"),
    "part outside its hall": (
        with_cells("demo_spaces.csv", 5, pieces="7"),
        "demo_spaces.csv:5: lies outside its hall",
    ),
    "part of nothing": (
        with_cells("demo_spaces.csv", 5, part_of="aula"),
        "demo_spaces.csv:5: is part of aula",
    ),
    "part of a part": (with_cells("demo_spaces.csv", 6, part_of="liikuntasali-a"), "is itself a part"),
    "no floor": (with_cells("demo_spaces.csv", 5, pieces=""), "demo_spaces.csv:5: pieces is “”"),
    "floor that is no number": (
        with_cells("demo_spaces.csv", 5, pieces="A"),
        "demo_spaces.csv:5: pieces is “A”",
    ),
    "space of an unknown venue": (
        with_cells("demo_spaces.csv", 2, venue_key="x"),
        "demo_spaces.csv:2: there is no venue x",
    ),
    "key that is no key": (
        with_cells("demo_spaces.csv", 2, key="Kerho huone!"),
        "demo_spaces.csv:2: key: Enter a valid",
    ),
    "unknown equipment": (with_cells("demo_spaces.csv", 2, equipment="sauna"), "the vocabulary has no sauna"),
    "negative capacity": (
        with_cells("demo_spaces.csv", 2, capacity="-5"),
        "demo_spaces.csv:2: capacity is “-5”",
    ),
    "huge capacity": (
        with_cells("demo_spaces.csv", 2, capacity="9" * 5000),
        "demo_spaces.csv:2: capacity is",
    ),
    "impossible policy": (
        with_cells("demo_policies.csv", 2, min_minutes="999"),
        "demo_policies.csv:2: the shortest",
    ),
    "unknown policy": (
        with_cells("demo_policies.csv", 2, approval="maybe"),
        "demo_policies.csv:2: approval is “maybe”",
    ),
    "policy for a purpose that there is not": (
        with_cells("demo_policies.csv", 2, approval_purposes="wrestling"),
        "demo_policies.csv:2: approval_purposes: the vocabulary has no wrestling",
    ),
    "terms that there are not": (
        with_cells("demo_policies.csv", 2, terms="Ehdot"),
        "demo_policies.csv:2: terms is “Ehdot”",
    ),
    "terms that say nothing": (
        with_cells("demo_terms.csv", 2, text_fi=""),
        "demo_terms.csv:2: text_fi is empty",
    ),
    "hours for somebody unknown": (
        with_cells("demo_hours.csv", 2, open_to="minors; giants"),
        "demo_hours.csv:2: open_to is “giants”",
    ),
    "hours that are silent of holidays": (
        with_cells("demo_hours.csv", 2, on_holidays=""),
        "demo_hours.csv:2: on_holidays is empty",
    ),
    "hours of an unknown venue": (
        with_cells("demo_hours.csv", 2, venue_key="school-1"),
        "demo_hours.csv:2: there is no school school-1",
    ),
    "hour that is none": (
        with_cells("demo_hours.csv", 2, opens="25:00"),
        "demo_hours.csv:2: opens is “25:00”",
    ),
    "closing before opening": (
        with_cells("demo_hours.csv", 2, closes="09:00"),
        "demo_hours.csv:2: closes at 09:00, before",
    ),
    "weekday that is none": (
        with_cells("demo_hours.csv", 2, iso_weekdays="0-5"),
        "demo_hours.csv:2: iso_weekdays is “0-5”",
    ),
    "room that the house has not": (
        with_cells("overlaps.csv", 2, also_covers="sauna"),
        "overlaps.csv:2: also_covers: Malminkartanon nuorisotalo has no room sauna",
    ),
    "combination of what is not there": (
        with_cells("youth_spaces.csv", 7, combines="Sauna"),
        "youth_spaces.csv:7: combines: Roihuvuoren nuorisotalo has no room Sauna",
    ),
    "hours of an unknown space": (
        with_cells("youth_space_weekly_hours.csv", 2, space_name_fi="Sauna"),
        "youth_space_weekly_hours.csv:2: Malminkartanon nuorisotalo has no space Sauna",
    ),
    "open without times": (
        with_cells("youth_space_weekly_hours.csv", 2, opens="", closes=""),
        "youth_space_weekly_hours.csv:2: is open, but gives no times",
    ),
    "house that is no venue": (
        with_cells("youth_spaces.csv", 2, unit_name_fi="Lepakko"),
        "youth_spaces.csv:2: there is no youth house Lepakko",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_file_changes_nothing_and_says_where(what, imported_folder):
    breaks, told = BROKEN[what]
    before = everything()
    new_word = {
        "list": "purpose",
        "code": "chess",
        "name_fi": "Shakki",
        "name_sv": "Schack",
        "name_en": "Chess",
    }
    change(imported_folder / "vocabulary.csv", lambda rows: [*rows, new_word])
    breaks(imported_folder)

    with pytest.raises(CommandError) as refusal:
        call_command("import_venues", imported_folder)

    assert told in str(refusal.value)
    assert everything() == before


def test_everything_that_is_wrong_is_told_at_once(folder):
    set_cell(folder / VENUES, 2, lat="61.5", kind="castle")
    set_cell(folder / "demo_spaces.csv", 2, capacity="many")

    with pytest.raises(CommandError) as refusal:
        call_command("import_venues", folder)

    assert str(refusal.value).splitlines()[0] == "Nothing was imported:"
    assert [line.split(": ")[0] for line in str(refusal.value).splitlines()[1:]] == [
        "demo_spaces.csv:2",
        f"{VENUES}:2",
        f"{VENUES}:2",
    ]


def test_fault_at_the_very_end_undoes_what_was_written_before(folder):
    """The venues are already written when a space turns out to be one that no hall can hold."""
    spaces = folder / "demo_spaces.csv"
    set_cell(spaces, line_of(spaces, venue_key="tprek-199"), supervision="x" * 30)

    with pytest.raises(CommandError, match="supervision"):
        call_command("import_venues", folder)

    assert not Venue.objects.exists()
    assert not Purpose.objects.exists()
    assert not District.objects.exists()


def test_folder_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_venues", tmp_path / "nowhere")
