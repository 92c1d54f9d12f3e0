"""Opening hours are written as people write them, and read back the same."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import translation

from tests.factories import MONDAY
from venues.hours_forms import HoursField
from venues.models import OpeningRule
from venues.rule_forms import RuleForm, RulesForm, SeasonDayField, facts_of

EIGHT_TO_NOON, EVENING = (time(8), time(12)), (time(17), time(21, 30))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("8.00–12.00", [EIGHT_TO_NOON]),
        ("8-12", [EIGHT_TO_NOON]),
        ("08:00 - 12:00", [EIGHT_TO_NOON]),
        ("klo 8–12", [EIGHT_TO_NOON]),
        ("8–12, 17–21.30", [EIGHT_TO_NOON, EVENING]),
        ("17–21.30 ja 8–12", [EIGHT_TO_NOON, EVENING]),
        ("8–12 17–21.30", [EIGHT_TO_NOON, EVENING]),
        ("8-12 och 17-21:30", [EIGHT_TO_NOON, EVENING]),
        ("8–12; 12–14", [EIGHT_TO_NOON, (time(12), time(14))]),
        ("17–24", [(time(17), time(0))]),
        ("22–02", [(time(22), time(2))]),
        ("0–24", [(time(0), time(0))]),
        ("", []),
        ("  ", []),
        ("kiinni", []),
        ("Stängt", []),
        ("–", []),
    ],
)
def test_ways_of_writing(written, read):
    assert HoursField().clean(written) == read


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("aamusta iltaan", "unreadable"),
        ("8", "unreadable"),
        ("8–", "unreadable"),
        ("8–12–16", "unreadable"),
        ("8–12," * 100, "unreadable"),
        ("25–26", "no_such_time"),
        ("8.75–12", "no_such_time"),
        ("24–8", "no_such_time"),
        ("8–8", "empty_stretch"),
        ("8–12, 11–15", "overlap"),
        ("18–02, 20–22", "overlap"),
        ("8–12, 8–10", "overlap"),
    ],
)
def test_what_cannot_be_read_is_refused(written, code):
    with pytest.raises(ValidationError) as refusal:
        HoursField().clean(written)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("written", "read"), [("1.9.", 901), ("01.09", 901), ("29.2.", 229), ("31/12", 1231), ("", None)]
)
def test_a_day_of_any_year(written, read):
    assert SeasonDayField().clean(written) == read


@pytest.mark.parametrize("written", ["31.2.", "0.1.", "1.13.", "syyskuu", "1.9.2027"])
def test_a_day_of_no_year_is_refused(written):
    with pytest.raises(ValidationError):
        SeasonDayField().clean(written)


# --- Rows -----------------------------------------------------------------------------------------

TUESDAY = {"weekdays": [2], "opens": time(8), "closes": time(12), "on_holidays": "closed"}
STORED = [
    OpeningRule(**TUESDAY),
    OpeningRule(**TUESDAY | {"opens": time(17), "closes": time(0)}),
    OpeningRule(**TUESDAY | {"weekdays": [6, 7], "open_to": ["minors", "associations"], "is_staffed": False}),
    OpeningRule(
        **TUESDAY | {"opens": time(22), "closes": time(2), "on_holidays": "as_sunday"},
        season_from=901,
        season_until=229,
        valid_from=MONDAY,
        every_weeks=3,
        weeks_from=MONDAY,
        week_parity="even",
        terms="outside_term",
    ),
]


def form(data: dict | None = None, rules=()) -> RulesForm:
    sent = None
    if data is not None:
        sent = QueryDict(mutable=True)
        for name, value in data.items():
            sent.setlist(name, value if isinstance(value, list) else [value])
    return RulesForm(sent, rules=rules, version="", kind="library")


def row(place: int, **written) -> dict:
    """Return what a browser sends for a row that says something on Mondays, but for what is written."""
    usual = {"weekdays": ["1"], "hours": "8–12", "open_to": ["everyone"], "every_weeks": "1"}
    return {f"rule-{place}-{name}": value for name, value in (usual | written).items()}


def sent_back(shown: RulesForm) -> dict:
    """Return what a browser would send for the rows as they are shown."""
    data: dict[str, str | list] = {"rules-version": "", "rules-count": str(len(shown.rows))}
    for one in shown.rows:
        for field in one:
            value = field.field.prepare_value(field.value())
            if isinstance(value, bool):
                value = ["on"] if value else []
            data[field.html_name] = value if isinstance(value, list) else "" if value is None else str(value)
    return data


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_what_is_shown_can_be_sent_back(language):
    with translation.override(language):
        shown = form(rules=STORED)
        again = form(sent_back(shown), rules=STORED)

        assert again.is_valid(), again.problems
        assert not again.differs
        assert [one.sentence for one in again.rows] == [one.sentence for one in shown.rows]


def test_times_of_the_same_days_share_a_row():
    overlapping = OpeningRule(**TUESDAY | {"opens": time(11)})

    rows = form(rules=[*STORED[:2], overlapping]).rows

    assert [one["hours"].value() for one in rows] == ["8.00–12.00, 17.00–24.00", "11.00–12.00"]


def test_one_row_of_several_times_is_a_rule_for_each():
    written = form({"rules-count": "1", **row(0, weekdays=["1", "3"], hours="8–12, 17–21.30")})

    assert written.is_valid()
    assert [(rule.weekdays, rule.opens, rule.closes) for rule in written.rules] == [
        ([1, 3], *EIGHT_TO_NOON),
        ([1, 3], *EVENING),
    ]
    assert {facts_of(rule) for rule in form(rules=written.rules).rows[0].shown} == set(
        map(facts_of, written.rules)
    )


def test_whoever_lets_everyone_in_names_nobody_else():
    written = form({"rules-count": "1", **row(0, open_to=["minors", "everyone"])})

    assert written.is_valid()
    assert written.rules[0].open_to == ["everyone"]


def test_a_row_without_times_is_not_kept():
    written = form({"rules-count": "2", **row(0, hours=""), **row(1)})

    assert written.is_valid()
    assert len(written.rules) == 1


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"hours": "aina"}, "hours"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": ["8"]}, "weekdays"),
        ({"weekdays": ["1; drop table"]}, "weekdays"),
        ({"open_to": []}, "open_to"),
        ({"open_to": ["aliens"]}, "open_to"),
        ({"terms": "always"}, "terms"),
        ({"on_holidays": "maybe"}, "on_holidays"),
        ({"season_from": "1.9."}, "season_until"),
        ({"season_until": "1.9."}, "season_from"),
        ({"season_from": "31.2.", "season_until": "1.6."}, "season_from"),
        ({"valid_from": "2027-02-29"}, "valid_from"),
        ({"valid_from": "2027-02-02", "valid_until": "2027-02-01"}, "valid_until"),
        ({"every_weeks": "2"}, "weeks_from"),
        ({"every_weeks": "54", "weeks_from": "2027-02-01"}, "every_weeks"),
        ({"every_weeks": "9" * 400}, "every_weeks"),
        ({"every_weeks": "-1"}, "every_weeks"),
        ({"week_parity": "prime"}, "week_parity"),
    ],
)
def test_what_a_row_cannot_say_is_told_at_its_field(written, field):
    wrong = form({"rules-count": "1", **row(0, **written)})

    assert not wrong.is_valid()
    assert field in wrong.rows[0].errors
    assert f"rule-0-{field}" in [problem.field for problem in wrong.problems]


@pytest.mark.parametrize(
    ("change", "hours"),
    [
        ("add", ["8–10", "10–12", "12–14", None]),
        ("copy 1", ["8–10", "10–12", "10–12", "12–14"]),
        ("remove 0", ["10–12", "12–14"]),
        ("remove 2", ["8–10", "10–12"]),
        ("remove 3", ["8–10", "10–12", "12–14"]),
        ("copy ²", ["8–10", "10–12", "12–14"]),
        ("copy -1", ["8–10", "10–12", "12–14"]),
        ("copy 99999999999999999999", ["8–10", "10–12", "12–14"]),
        ("dance", ["8–10", "10–12", "12–14"]),
    ],
)
def test_rows_are_added_copied_and_taken_away(change, hours):
    rows = row(0, hours="8–10") | row(1, hours="10–12") | row(2, hours="12–14")

    changed = form({"rules-count": "3", "change": change, **rows})

    assert [one["hours"].value() for one in changed.rows] == hours
    assert [one.number for one in changed.rows] == [*range(len(hours))]


@pytest.mark.parametrize("count", ["", "-1", "x", "²", "1e9", "9" * 50, "2"])
def test_rows_that_are_not_counted_or_not_there_leave_what_is_stored(count):
    cut = form({"rules-count": count, **row(0)}, rules=STORED)

    assert not cut.is_whole
    assert not cut.is_valid()
    assert [one.sentence for one in cut.rows] == [one.sentence for one in form(rules=STORED).rows]


def test_no_rows_at_all_take_all_rules_away():
    none = form({"rules-count": "0"}, rules=STORED)

    assert none.is_valid()
    assert none.differs
    assert none.rules == []


def test_99_rows_will_do_and_no_more():
    rows = {name: value for place in range(100) for name, value in row(place).items()}

    assert form({"rules-count": "99", **rows}).is_valid()
    assert not form({"rules-count": "100", **rows}).is_valid()
    assert not form({"rules-count": "99999", **rows}).is_valid()


def test_a_place_of_which_nothing_is_said_begins_with_working_days_and_the_weekend():
    fresh = form()

    assert [one["weekdays"].value() for one in fresh.rows] == [[1, 2, 3, 4, 5], [6, 7]]
    assert form(sent_back(fresh)).rules == []


def test_the_fields_of_a_row_are_those_of_a_rule():
    said = {field.name for field in OpeningRule._meta.fields} - {"id", "timetable", "opens", "closes"}

    assert {*RuleForm.base_fields} == said | {"hours"}
