"""A few of Helsinki's venues in CSV files of their own, to be changed and broken."""

import csv
import io
from pathlib import Path

from django.core.management import call_command
from django.db import connection

HELSINKI = Path(__file__).resolve().parents[2] / "fixtures" / "helsinki"
# A playpark, a school whose gym has three sections, a library, and two youth houses with shared rooms.
SOME_VENUES = {
    "tprek-199",
    "school-03005",
    "kirkanta-84911",
    "youth-roihuvuoren-nuorisotalo",
    "youth-malminkartanon-nuorisotalo",
}
SOME_UNITS = {"Roihuvuoren nuorisotalo", "Malminkartanon nuorisotalo"}


def is_about_some(row: dict) -> bool:
    return (
        (row.get("venue_key") or "tprek-199") in SOME_VENUES
        and row.get("unit_name_fi", "Roihuvuoren nuorisotalo") in SOME_UNITS
        and row.get("kirkanta_id", "84911") == "84911"
    )


def read(file: Path) -> list[dict]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


def change(file: Path, how) -> None:
    """Rewrite a file's rows."""
    rows, header = read(file), file.read_text(encoding="utf-8").splitlines()[0].split(",")
    changed = how(rows)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(changed[0]) if changed else header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(changed)


def set_cell(file: Path, line: int, **cells) -> None:
    """Change cells of the row on a line; the first line is the header."""

    def with_cells(rows):
        rows[line - 2] |= cells
        return rows

    change(file, with_cells)


def line_of(file: Path, **cells) -> int:
    rows = read(file)
    return 2 + next(n for n, row in enumerate(rows) if all(row[name] == cells[name] for name in cells))


def run(folder: Path, capsys) -> str:
    call_command("import_venues", folder)
    return capsys.readouterr().out


def counted(output: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in output.split("\n\n")[0].splitlines())


TABLES = [
    "venues_district", "venues_venue", "venues_space", "venues_purpose", "venues_equipment",
    "venues_space_purposes", "venues_space_equipment", "venues_timetable", "venues_openingrule",
    "venues_openingexception", "venues_opening", "venues_policy", "venues_terms", "venues_termsversion",
]  # fmt: skip


def everything() -> dict[str, list]:
    """Every row of every table, as the database writes it."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT {table}::text FROM {table} ORDER BY 1")
            found[table] = cursor.fetchall()
    return found
