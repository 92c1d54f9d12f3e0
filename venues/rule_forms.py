"""The rules of opening hours as people write them: a row for each, put together by plain buttons."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.problems import Problem
from accounts.versions import version_of

from .audiences import Audience, for_everyone
from .hours_forms import CLOSED, HoursField
from .hours_in_words import CONDITIONS, SOME_LEAP_YEAR, joint_sentence
from .models import OpeningRule, Venue
from .opening_hours import MOST_RULES
from .widgets import DayInput

SEASON_DAY = re.compile(r"(\d{1,2})\s*[./]\s*(\d{1,2})\s*[./]?")
SENTENCES = {
    str(constraint.violation_error_code): constraint.violation_error_message or ""
    for constraint in OpeningRule._meta.constraints
    if isinstance(constraint, models.CheckConstraint)
}


class SeasonDayField(forms.CharField):
    """A day of any year, written like 1.9. and read as 901."""

    default_error_messages = {"unreadable": gettext_lazy("Write day and month like 1.9.")}

    def __init__(self, **kwargs):
        super().__init__(**{"required": False, "max_length": 12} | kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "{1}.{0}.".format(*divmod(value, 100)) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value) or "")
        if not text:
            return None
        found = SEASON_DAY.fullmatch(text)
        try:
            day = date(SOME_LEAP_YEAR, int(found[2]), int(found[1])) if found else None
        except ValueError:
            day = None
        if day is None:
            raise forms.ValidationError(self.error_messages["unreadable"], code="unreadable")
        return day.month * 100 + day.day

    def run_validators(self, value: Any) -> None:
        """Those of a text have nothing to say about a number."""


def condition(name: str, **options) -> forms.Field:
    """Return the field that the model's own choices make, without an empty choice before them."""
    model_field = OpeningRule._meta.get_field(name)
    assert isinstance(model_field, models.CharField)
    return forms.ChoiceField(
        label=model_field.verbose_name, choices=model_field.choices or [], required=False, **options
    )


class RuleForm(forms.Form):
    """One row: on these weekdays, at these times, and what narrows it. A row without times says nothing."""

    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Weekdays"),
        coerce=int,
        choices=[(number + 1, WEEKDAYS_ABBR[number]) for number in range(7)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": SENTENCES["weekday_unknown"]},
    )
    hours = HoursField(
        label=gettext_lazy("Open"),
        required=True,
        help_text=gettext_lazy(
            "Like 17.00–22.00. Several: 8–12, 17–21. Past midnight: 18–02. Without times the row is not kept."
        ),
    )
    open_to = forms.MultipleChoiceField(
        label=gettext_lazy("For whom"),
        choices=Audience.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": SENTENCES["audience_missing"]},
    )
    terms = condition("terms")
    on_holidays = condition("on_holidays")
    is_staffed = forms.BooleanField(label=gettext_lazy("Staff present"), required=False)
    season_from = SeasonDayField(label=gettext_lazy("Every year from"), help_text=gettext_lazy("Like 1.9."))
    season_until = SeasonDayField(label=gettext_lazy("Every year until"))
    valid_from = forms.DateField(label=gettext_lazy("From the day"), required=False, widget=DayInput)
    valid_until = forms.DateField(label=gettext_lazy("Until the day"), required=False, widget=DayInput)
    week_parity = condition("week_parity")
    every_weeks = forms.IntegerField(
        label=gettext_lazy("Every … weeks"), min_value=1, max_value=53, required=False
    )
    weeks_from = forms.DateField(
        label=gettext_lazy("A day in the first such week"), required=False, widget=DayInput
    )

    SELDOM = [
        "season_from",
        "season_until",
        "valid_from",
        "valid_until",
        "week_parity",
        "every_weeks",
        "weeks_from",
    ]
    FRESH: dict[str, Any] = {
        "open_to": [Audience.EVERYONE],
        "on_holidays": OpeningRule.OnHolidays.CLOSED,
        "is_staffed": True,
        "every_weeks": 1,
    }

    # Where the row stands, whether it was asked for just now, and whether what it says is stored.
    number = 0
    is_wanted = False
    is_stored = False

    def __init__(self, data=None, *, place: int, said: Mapping[str, Any] | None = None, stored=()):
        super().__init__(data, prefix=prefix(place), initial={**(said or {})})
        self.number, self.shown = place, list(stored)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["weekdays"] = sorted(set(cleaned.get("weekdays", [])))
        if Audience.EVERYONE in cleaned.get("open_to", []):
            cleaned["open_to"] = for_everyone()
        cleaned["on_holidays"] = cleaned.get("on_holidays") or OpeningRule.OnHolidays.CLOSED
        cleaned["every_weeks"] = cleaned.get("every_weeks") or 1
        for name, code in self.contradictions(cleaned):
            if name not in self.errors:
                self.add_error(name, str(SENTENCES[code]))
        return cleaned

    def contradictions(self, cleaned: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield at which field the rule would break which constraint."""
        first, last = cleaned.get("season_from"), cleaned.get("season_until")
        if (first is None) != (last is None):
            yield "season_until" if first else "season_from", "season_incomplete"
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if first and last and last < first:
            yield "valid_until", "days_in_order"
        if cleaned["every_weeks"] > 1 and not cleaned.get("weeks_from"):
            yield "weeks_from", "weeks_uncounted"

    @cached_property
    def rules(self) -> list[OpeningRule]:
        """Return the rules that the row comes to, one for each of its times; none if something is wrong."""
        if not self.is_bound:
            return self.shown
        if not self.is_valid():
            return []
        said = {name: value for name, value in self.cleaned_data.items() if name != "hours"}
        return [
            OpeningRule(opens=opens, closes=closes, **said) for opens, closes in self.cleaned_data["hours"]
        ]

    @property
    def sentence(self) -> str:
        return joint_sentence(self.rules) if self.rules else ""

    @property
    def is_open(self) -> bool:
        """Whether there is something to be done with the row."""
        return not self.is_stored or bool(self.errors)

    @property
    def seldom(self):
        return [self[name] for name in self.SELDOM]

    @property
    def says_something_seldom(self) -> bool:
        """Whether one of the conditions behind "more conditions" is used, or wrong."""
        return any(
            self[name].value() not in (None, "", 1, "1") or name in self.errors for name in self.SELDOM
        )


class RulesForm(forms.Form):
    """All rules of a timetable. `version` is that of the rules that were looked at.

    Besides being saved, it can be sent in to have a row added, copied or removed: `change` says which, and
    everything that was written is kept. If not all rows arrived, those that are stored are shown.
    """

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, data: QueryDict | None = None, *, rules: Sequence[OpeningRule], version: str, kind: str
    ):
        super().__init__(data, prefix="rules", initial={"version": version})
        self.stored = sorted(map(facts_of, rules))
        self.is_new, self.lost_a_row = not rules, False
        count = None if data is None else rows_sent(data)
        self.is_whole = data is None or count is not None
        if data is None or count is None:
            self.rows = stored_rows(rules) or first_rows(kind)
        else:
            self.rows = self.written(data, count)
        for row in self.rows:
            row.is_stored = bool(row.rules) and all(facts_of(rule) in self.stored for rule in row.rules)

    def written(self, data: QueryDict, count: int) -> list[RuleForm]:
        """Return the rows as they were written, after the change that was asked for."""
        verb, _space, where = data.get("change", "").partition(" ")
        at = whole_number(where, otherwise=-1)
        order = [number for number in range(count) if verb != "remove" or number != at]
        if verb == "copy" and at in order:
            order.insert(order.index(at) + 1, at)
        rows = [written_row(data, number, place) for place, number in enumerate(order)]
        if verb == "add":
            rows.append(RuleForm(said=RuleForm.FRESH, place=len(rows)))
        self.lost_a_row = verb == "remove"
        wanted = {"add": len(rows) - 1, "copy": at + 1}.get(verb, -1)
        if 0 <= wanted < len(rows):
            rows[wanted].is_wanted = True
        return rows

    def is_valid(self) -> bool:
        rows = [row for row in self.rows if row.is_bound]
        return self.is_whole and super().is_valid() and all(row.is_valid() for row in rows)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if len(self.rows) > MOST_RULES:
            raise forms.ValidationError(
                _("There are at most %(count)d rules.") % {"count": MOST_RULES}, code="too_many"
            )
        return cleaned

    @property
    def problems(self) -> list[Problem]:
        """Return what is wrong, row by row, each at its field."""
        return [Problem("invalid", str(error)) for error in self.non_field_errors()] + [
            Problem("invalid", f"{row.number + 1}. {row[name].label} – {error}", row.add_prefix(name))
            for row in self.rows
            if row.is_bound
            for name, errors in row.errors.items()
            for error in errors
        ]

    @property
    def rules(self) -> list[OpeningRule]:
        """Return the rules that were written. Only of a valid form."""
        return [rule for row in self.rows for rule in row.rules]

    @property
    def differs(self) -> bool:
        """Whether the rules that were written are other than the stored ones."""
        return sorted(map(facts_of, self.rules)) != self.stored


def facts_of(rule: OpeningRule) -> str:
    """Return what a rule says, in the words in which any other says the same."""
    return version_of([[*map(str, sorted(rule.weekdays))], rule.opens, rule.closes, conditions_of(rule)])


def conditions_of(rule: OpeningRule) -> list[Any]:
    values = [getattr(rule, name) for name in CONDITIONS]
    return [sorted(map(str, value)) if isinstance(value, list) else value for value in values]


def prefix(place: int) -> str:
    return f"rule-{place}"


def whole_number(text: str, *, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else otherwise


def rows_sent(data: QueryDict) -> int | None:
    """Return how many rows were sent, up to one too many; None if that is not said, or not all are there."""
    count = min(whole_number(data.get("rules-count", ""), otherwise=-1), MOST_RULES + 1)
    is_whole = count >= 0 and all(f"{prefix(number)}-hours" in data for number in range(count))
    return count if is_whole else None


def written_row(data: QueryDict, number: int, place: int) -> RuleForm:
    """Return a row as it was written, to stand at a place. One without times is still to be filled in."""
    sent: MultiValueDict = MultiValueDict(
        {
            f"{prefix(place)}-{name}": data.getlist(f"{prefix(number)}-{name}")
            for name in RuleForm.base_fields
            if f"{prefix(number)}-{name}" in data
        }
    )
    hours = str(sent.get(f"{prefix(place)}-hours") or "").strip().lower()
    if hours not in CLOSED:
        return RuleForm(sent, place=place)
    fields = RuleForm.base_fields.items()
    said = {
        name: field.widget.value_from_datadict(sent, MultiValueDict(), f"{prefix(place)}-{name}")
        for name, field in fields
    }
    return RuleForm(said=said, place=place)


def first_rows(kind: str) -> list[RuleForm]:
    """Return rows to begin with where nothing is said yet: working days and the weekend, without times."""
    in_term = {"terms": OpeningRule.Terms.IN_TERM} if kind == Venue.Kind.SCHOOL else {}
    days: list[dict[str, Any]] = [{"weekdays": [1, 2, 3, 4, 5], **in_term}, {"weekdays": [6, 7]}]
    return [RuleForm(said=RuleForm.FRESH | said, place=place) for place, said in enumerate(days)]


def stored_rows(rules: Sequence[OpeningRule]) -> list[RuleForm]:
    """Return stored rules as rows. Those that differ in their times only share one, if the times fit."""
    rows: list[list[OpeningRule]] = []
    for rule in rules:
        for row in rows:
            if is_alike(row[0], rule) and row[-1].opens < row[-1].closes <= rule.opens:
                row.append(rule)
                break
        else:
            rows.append([rule])
    return [RuleForm(said=said_in(row), stored=row, place=place) for place, row in enumerate(rows)]


def is_alike(one: OpeningRule, other: OpeningRule) -> bool:
    return one.weekdays == other.weekdays and conditions_of(one) == conditions_of(other)


def said_in(row: Sequence[OpeningRule]) -> dict[str, Any]:
    """Return what is written in a row: the conditions of its rules, and the times of each."""
    said = {name: getattr(row[0], name) for name in ("weekdays", *CONDITIONS)}
    return said | {"hours": [(rule.opens, rule.closes) for rule in row]}
