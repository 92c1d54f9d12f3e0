"""`manage.py import_day_list`: rules and exceptions out of a list of days, and never over a person's word."""

from datetime import date, time
from pathlib import Path
from random import Random

import pytest
import time_machine
from django.core.management import CommandError, call_command

from tests.factories import NOW, create_booking, create_space, create_venue, hour
from venues import openings
from venues.clock import CITY
from venues.models import Opening, OpeningException, OpeningRule, Venue
from venues.opening_hours import A_DAY, MOST_RULES

from .city_files import HELSINKI, everything

pytestmark = pytest.mark.django_db

SAMPLE = HELSINKI / "library_opening_hours_sample.csv"
HEADER = "kirkanta_id,library_name_fi,date,opens,closes,status"
FIRST = date(2027, 1, 11)  # a Monday


@pytest.fixture
def library(monkeypatch) -> Venue:
    monkeypatch.setattr(openings, "DAYS_AHEAD", 40)
    return create_venue(
        key="kirkanta-1", kind="library", name_fi="Kylän kirjasto", demo_facts=["opening_hours"]
    )


@pytest.fixture
def file(tmp_path) -> Path:
    """Four weeks: Monday to Friday 8–20, the first three hours by oneself; a Wednesday closed at noon."""
    lines = [HEADER]
    for number in range(28):
        day = FIRST + number * A_DAY
        if day.isoweekday() > 5:
            lines.append(said(day, "", "", "Closed for the whole day"))
        elif day == date(2027, 1, 27):
            lines.append(said(day, "08:00", "12:00", "Open"))
        else:
            lines += [said(day, "08:00", "11:00", "Self-service"), said(day, "11:00", "20:00", "Open")]
    return written(tmp_path / "days.csv", lines)


def said(day: date, opens: str, closes: str, status: str, branch: str = "1") -> str:
    return f"{branch},Kylän kirjasto,{day},{opens},{closes},{status}"


def written(file: Path, lines) -> Path:
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return file


def run(file: Path, capsys, *options: str) -> str:
    call_command("import_day_list", file, *options)
    return capsys.readouterr().out


def open_on(timetable, day: date) -> list[tuple[str, str, bool]]:
    start, end = hour("00:00", day=day), hour("00:00", day=day + A_DAY)
    rows = Opening.objects.filter(timetable=timetable, period__overlap=(start, end)).order_by("period")
    return [
        (f"{row.period.lower.astimezone(CITY):%H}", f"{row.period.upper.astimezone(CITY):%H}", row.is_staffed)
        for row in rows
    ]


def test_real_libraries_get_their_rules_and_their_openings(monkeypatch, capsys):
    monkeypatch.setattr(openings, "DAYS_AHEAD", 60)
    for key in ("84755", "84855", "84860", "84871", "84911", "86476"):
        create_venue(key=f"kirkanta-{key}", kind="library")

    with time_machine.travel(hour("12:00", day=date(2026, 5, 1))):
        output = run(SAMPLE, capsys)
        again = run(SAMPLE, capsys)

    oodi = Venue.objects.get(key="kirkanta-86476").timetable
    assert (
        "Keskustakirjasto Oodi: 519 days from 2025-03-22 to 2026-08-22, 0 between them not known." in output
    )
    assert "2 rules, and exceptions on 16 days (3.1 %)." in output
    assert again.count("They are known already.") == 6
    assert open_on(oodi, date(2026, 6, 15)) == [("08", "21", True)]
    assert open_on(oodi, date(2026, 6, 19)) == []  # Midsummer Eve


@time_machine.travel(NOW)
def test_days_become_rules_and_an_exception(library, file, capsys):
    output = run(file, capsys)

    rules = library.timetable.rules.all()
    assert [(rule.weekdays, rule.opens.hour, rule.closes.hour, rule.is_staffed) for rule in rules] == [
        ([1, 2, 3, 4, 5], 8, 11, False),
        ([1, 2, 3, 4, 5], 11, 20, True),
    ]
    assert {rule.valid_from for rule in rules} == {FIRST}
    assert [(row.date, row.closes) for row in library.timetable.exceptions.all()] == [
        (date(2027, 1, 27), time(12))
    ]
    assert "28 days from 2027-01-11 to 2027-02-07" in output
    assert "2 rules, and exceptions on 1 days (3.6 %)." in output
    assert "no weekly pattern" not in output
    assert open_on(library.timetable, date(2027, 2, 10)) == [("08", "11", False), ("11", "20", True)]
    library.refresh_from_db()
    assert library.demo_facts == []


@time_machine.travel(NOW)
def test_list_without_a_weekly_pattern_is_told(library, tmp_path, capsys):
    dice = Random(6)
    lines = [
        said(FIRST + number * A_DAY, f"{dice.randrange(7, 12):02}:00", f"{dice.randrange(14, 23)}:00", "Open")
        for number in range(300)
    ]

    output = run(written(tmp_path / "days.csv", [HEADER, *lines]), capsys)

    assert "The list has no weekly pattern: many days are exceptions." in output
    assert library.timetable.rules.count() <= MOST_RULES


@time_machine.travel(NOW)
def test_second_import_changes_nothing(library, file, capsys):
    run(file, capsys)
    before = everything()

    output = run(file, capsys)

    assert everything() == before
    assert "They are known already." in output


@time_machine.travel(NOW)
def test_dry_run_tells_and_changes_nothing(library, file, capsys):
    before = everything()

    output = run(file, capsys, "--dry-run")

    assert everything() == before
    assert "2 rules, and exceptions on 1 days" in output
    assert "Nothing was changed: this was a dry run." in output


@time_machine.travel(NOW)
def test_new_list_takes_the_place_of_what_the_last_one_left(library, file, capsys):
    run(file, capsys)
    later = file.read_text(encoding="utf-8").replace("20:00", "18:00").replace("12:00,Open", "18:00,Open")
    file.write_text(later, encoding="utf-8")

    run(file, capsys)

    assert {rule.closes.hour for rule in library.timetable.rules.all()} == {11, 18}
    assert open_on(library.timetable, date(2027, 2, 10)) == [("08", "11", False), ("11", "18", True)]


@time_machine.travel(NOW)
def test_rules_that_a_person_wrote_stay_with_all_their_exceptions(library, file, capsys):
    OpeningRule.objects.create(timetable=library.timetable, weekdays=[6], opens=time(10), closes=time(12))

    output = run(file, capsys)

    assert library.timetable.rules.get().weekdays == [6]
    assert not library.timetable.exceptions.exists()
    assert "Nothing was changed: the opening hours stay as a person wrote them." in output


@time_machine.travel(NOW)
def test_day_that_a_person_wrote_stays(library, file, capsys):
    run(file, capsys)
    library.timetable.exceptions.update(closes=time(15), reason_fi="Kokous")
    OpeningException.objects.create(
        timetable=library.timetable, date=date(2027, 3, 1), reason_fi="Inventaario"
    )
    file.write_text(file.read_text(encoding="utf-8").replace("20:00", "19:00"), encoding="utf-8")

    output = run(file, capsys)

    assert [(row.date.day, row.closes) for row in library.timetable.exceptions.all()] == [
        (27, time(15)),
        (1, None),
    ]
    assert {rule.closes.hour for rule in library.timetable.rules.all()} == {11, 19}
    assert "These days stay as a person wrote them: 2027-01-27, 2027-03-01." in output


@time_machine.travel(NOW)
def test_booking_in_the_library_stays(library, file, capsys):
    OpeningRule.objects.create(
        timetable=library.timetable, weekdays=[6], opens=time(8), closes=time(20), on_holidays="normal"
    )
    openings.rebuild(library.timetable, today=NOW.date())
    booking = create_booking(create_space(venue=library), "10:00", "12:00")
    library.timetable.rules.all().delete()

    run(file, capsys)

    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_library_that_is_no_venue_is_told(file, capsys):
    output = run(file, capsys)

    assert "days.csv:2: Kylän kirjasto is not among the venues; its hours are not used" in output


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        (["22:00,02:00,Open"], [(22, 2)]),
        (["18:00,24:00,Open"], [(18, 0)]),
        (["00:00,24:00,Open"], [(0, 0)]),
        (["12:00,15:00,Open", "08:00,12:00,Self-service"], [(8, 12), (12, 15)]),  # touching, out of order
        (["08:00,12:00,Open", "08:00,12:00,Open"], [(8, 12)]),  # said twice
    ],
)
@time_machine.travel(NOW)
def test_lists_as_they_come(library, tmp_path, capsys, lines, rules):
    days = [
        f"1,Kylän kirjasto,{FIRST + n * A_DAY},{line}" for n in reversed(range(0, 28, 2)) for line in lines
    ]

    run(written(tmp_path / "days.csv", [HEADER, *days]), capsys)

    found = library.timetable.rules.all()
    assert sorted({(rule.opens.hour, rule.closes.hour) for rule in found}) == rules
    assert not library.timetable.exceptions.exists()


BROKEN = {
    "overlap": (
        ["2027-01-11,08:00,12:00,Open", "2027-01-11,11:00,15:00,Self-service"],
        "3: overlaps the hours of line 2",
    ),
    "same time, other status": (
        ["2027-01-11,08:00,12:00,Open", "2027-01-11,08:00,12:00,Self-service"],
        "3: overlaps the hours of line 2",
    ),
    "short hours within long ones, and others after them": (
        ["2027-01-11,08:00,20:00,Open", "2027-01-11,09:00,10:00,Open", "2027-01-11,18:00,19:00,Open"],
        "4: overlaps the hours of line 2",
    ),
    "night into the next morning's hours": (
        ["2027-01-12,01:00,08:00,Open", "2027-01-11,22:00,02:00,Open"],
        "3: overlaps the hours of line 2",
    ),
    "open and closed": (
        ["2027-01-11,08:00,12:00,Open", "2027-01-11,,,Closed for the whole day"],
        "3: 2027-01-11 is both open and closed, see line 2",
    ),
    "unknown status": (["2027-01-11,08:00,12:00,Perhaps"], "2: status is “Perhaps”"),
    "no status": (["2027-01-11,08:00,12:00,"], "2: status is empty"),
    "no time": (["2027-01-11,,,Open"], "2: is Open, but gives no times"),
    "half a time": (["2027-01-11,08:00,,Open"], "2: give both opens and closes"),
    "no length": (["2027-01-11,08:00,08:00,Open"], "2: opens and closes at the same time"),
    "no such hour": (["2027-01-11,25:00,26:00,Open"], "2: opens is “25:00”"),
    "no such day": (["2027-02-30,08:00,12:00,Open"], "2: date is “2027-02-30”"),
    "day as people write it": (["11.1.2027,08:00,12:00,Open"], "2: date is “11.1.2027”"),
    "no day": ([",08:00,12:00,Open"], "2: date is empty"),
    "nothing": ([], "1: has no days"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_broken_list_changes_nothing_and_says_where(library, tmp_path, what):
    lines, told = BROKEN[what]
    before = everything()

    with pytest.raises(CommandError) as refusal:
        call_command(
            "import_day_list",
            written(tmp_path / "days.csv", [HEADER, *(f"1,Kirjasto,{line}" for line in lines)]),
        )

    assert f"days.csv:{told}" in str(refusal.value)
    assert everything() == before


def test_one_broken_branch_keeps_the_others_out(library, file):
    lines = [*file.read_text(encoding="utf-8").splitlines(), said(FIRST, "8", "x", "Open", branch="2")]

    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_day_list", written(file, lines))

    assert not OpeningRule.objects.exists()


@time_machine.travel(NOW)
def test_weekly_hours_of_a_folder_give_way_to_a_day_list(folder, file, capsys):
    call_command("import_venues", folder)
    library = Venue.objects.get(key="kirkanta-84911")
    file.write_text(file.read_text(encoding="utf-8").replace("\n1,", "\n84911,"), encoding="utf-8")
    run(file, capsys)
    rules = list(library.timetable.rules.values_list())

    call_command("import_venues", folder)

    assert list(library.timetable.rules.values_list()) == rules
    assert "stays as a person wrote it" not in capsys.readouterr().out
