"""School terms come with the city's files, and never over what somebody has said of them."""

from datetime import date

import pytest
from django.core.management import CommandError

from tests.venues.city_files import change, counted, line_of, run, set_cell
from venues.models import SchoolPeriod

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms(folder):
    return folder / "school_terms.csv"


def said() -> set[tuple[str, date, date]]:
    return set(SchoolPeriod.objects.values_list("kind", "first", "last"))


def test_terms_and_breaks_are_imported_once(folder, terms, capsys):
    assert counted(run(folder, capsys))["school terms"] == "10 created, 0 updated, 0 unchanged, 0 refused"
    assert ("break", date(2027, 2, 22), date(2027, 2, 26)) in said()
    assert ("term", date(2027, 8, 11), date(2027, 12, 22)) in said()

    assert counted(run(folder, capsys))["school terms"] == "0 created, 0 updated, 10 unchanged, 0 refused"


def test_what_no_source_confirms_is_demo_data(folder, capsys):
    run(folder, capsys)

    assert {str(period.first) for period in SchoolPeriod.objects.filter(is_demo=True)} == {
        "2026-01-07",
        "2026-08-12",
        "2028-01-10",
        "2028-02-21",
    }
    assert not SchoolPeriod.objects.filter(source="").exists()


def test_terms_that_somebody_changed_or_removed_stay_so(folder, capsys):
    run(folder, capsys)
    SchoolPeriod.objects.filter(first=date(2027, 2, 22)).delete()
    SchoolPeriod.objects.filter(first=date(2027, 1, 7)).update(last=date(2027, 6, 4))
    before = said()

    run(folder, capsys)

    assert said() == before


def test_a_new_school_year_is_added_to_the_known_ones(folder, terms, capsys):
    change(terms, lambda rows: [row for row in rows if row["first"] < "2027-06"])
    run(folder, capsys)
    autumn = {"kind": "term", "first": "2027-08-11", "last": "2027-12-22", "name_fi": "Syyslukukausi 2027"}
    change(terms, lambda rows: [*rows, rows[0] | autumn])

    assert counted(run(folder, capsys))["school terms"].startswith("1 created")
    assert ("term", date(2027, 8, 11), date(2027, 12, 22)) in said()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"kind": "holiday"}, "kind is “holiday”: write one of term, break"),
        ({"first": "7.1.2027"}, "first is “7.1.2027”: write a day like 2026-12-24"),
        ({"last": ""}, "last is empty"),
        ({"last": "2027-01-06"}, "last is before first"),
        ({"name_fi": ""}, "name_fi is empty"),
        ({"is_demo": "maybe"}, "is_demo is “maybe”: write yes or no"),
    ],
)
def test_broken_line_is_refused_with_its_place(folder, terms, capsys, cells, reason):
    line = line_of(terms, first="2027-01-07")
    set_cell(terms, line, **cells)

    with pytest.raises(CommandError) as refusal:
        run(folder, capsys)

    assert f"school_terms.csv:{line}: {reason}" in str(refusal.value)
    assert said() == set()
