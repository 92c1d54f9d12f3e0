"""What a kind of venue, a venue or a space says of how it is booked, as people fill it in.

A field that is left empty says nothing, and tells what is inherited then, and from where.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.problems import Problem

from . import wording
from .audiences import Audience, for_everyone
from .models import CancellationTerms, Policy, PriceList, Purpose, Terms, Venue
from .policy_inheritance import Inherited, Values
from .policy_layers import FIELDS, POLICY_FIELDS
from .widgets import DayInput

YES_NO = [("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))]
NO_PURPOSE = "-"  # says of a list that it is empty, rather than nothing at all
NO_LIMIT = {
    "approval_above",
    "quota_day",
    "quota_week",
    "quota_season",
    "min_age",
    "notice_hours",
    "notice_weekdays",
    "give_back_hours",
}
MINUTES = {"start_step", "min_minutes", "max_minutes"}


@dataclass(frozen=True)
class Group:
    """Questions that belong together; those that are seldom asked stand apart."""

    title: str
    usual: Sequence[BoundField]
    seldom: Sequence[BoundField] = ()

    @property
    def is_open(self) -> bool:
        """Whether something is said, or wrong, among what is seldom asked."""
        return any(field.value() not in (None, "", []) or field.errors for field in self.seldom)


class PolicyForm(forms.Form):
    """A layer of policy. `inherited` is what holds where it says nothing."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, layer: Values, inherited: Mapping[str, Inherited], version: str):
        self.layer, self.inherited = dict(layer), inherited
        self.purposes = {purpose.code: str(purpose) for purpose in Purpose.objects.all()}
        # What is chosen from a list of the city's, by the field in which it is.
        self.chosen: dict[str, list[Any]] = {
            "terms": list(Terms.objects.all()),
            "price_list": list(PriceList.objects.all()),
            "cancellation": list(CancellationTerms.objects.all()),
        }
        initial = {name: as_written(value) for name, value in layer.items()}
        super().__init__(data, prefix="policy", initial=initial | {"version": version})
        for name in FIELDS:
            self.fields[name] = self.question(name)

    def question(self, name: str) -> forms.Field:
        """Return the field by which something is said, with what holds if nothing is."""
        column: Any = POLICY_FIELDS[name]
        facts = {"label": column.verbose_name, "required": False, "help_text": self.instead(name)}
        nothing = ("", _("No rule of its own"))
        if name == "who_may_book":
            return several(Audience.choices, **facts)
        if name == "approval_purposes":
            none = (NO_PURPOSE, _("For no purpose"))
            return several([*self.purposes.items(), none], **facts)
        if name in self.chosen:
            rows = [(row.pk, str(row)) for row in self.chosen[name]]
            return forms.TypedChoiceField(choices=[nothing, *rows], coerce=int, empty_value=None, **facts)
        if column.get_internal_type() == "BooleanField":
            return forms.TypedChoiceField(
                choices=[nothing, *YES_NO], coerce=is_yes, empty_value=None, **facts
            )
        if column.choices:
            return forms.ChoiceField(choices=[nothing, *column.choices], **facts)
        widgets = {"notice_by": forms.TimeInput({"type": "time"}, format="%H:%M"), "ahead_until": DayInput()}
        more = {"widget": widgets[name]} if name in widgets else {}
        # The model's own validators know what its column can hold.
        found = column.formfield(validators=column.validators, **facts, **more)
        assert isinstance(found, forms.Field)
        return found

    def instead(self, name: str) -> str:
        """Say what holds if the field is left empty, and who says so."""
        said = self.inherited[name]
        words = {"what": self.in_words(name, said.value), "whence": origin_in_words(said.origin)}
        if not said.origin:
            return _("Otherwise: %(what)s") % words if name in self.layer else _("Usual: %(what)s") % words
        if name in self.layer:
            return _("Otherwise (%(whence)s): %(what)s") % words
        return _("Inherited (%(whence)s): %(what)s") % words

    def in_words(self, name: str, value: Any) -> str:
        """Tell what a field says, as its reader knows it."""
        if value is None or value == []:
            return _("none")
        if name in NO_LIMIT and not value:
            return _("no limit")
        if name in MINUTES:
            return wording.minutes(value)
        tell: dict[str, Callable[[Any], str]] = {
            "who_may_book": lambda codes: ", ".join(str(Audience(code).label) for code in codes),
            "approval_purposes": lambda codes: ", ".join(self.purposes.get(code, code) for code in codes),
        }
        if name in self.chosen:
            return next((str(row) for row in self.chosen[name] if row.pk == value), str(value))
        if name in tell:
            return tell[name](value)
        return plain_in_words(name, value)

    def is_valid(self) -> bool:
        return self.is_whole and super().is_valid()

    @property
    def is_whole(self) -> bool:
        """Whether all arrived that a browser sends: also what is empty, but for boxes that are not ticked."""
        return not self.is_bound or not any(
            self.fields[name].widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name))
            for name in FIELDS
        )

    @property
    def groups(self) -> list[Group]:
        return [
            Group(
                _("When and how long"),
                self.of("start_step", "min_minutes", "max_minutes"),
                self.of("starts_from", "start_minute", "is_whole_day", "bookable_when"),
            ),
            Group(
                _("How long before"),
                self.of("notice_hours", "ahead_days"),
                self.of("notice_weekdays", "notice_by", "ahead_until"),
            ),
            Group(
                _("Who, and how much"),
                self.of("who_may_book"),
                self.of("min_age", "quota_day", "quota_week", "quota_season"),
            ),
            Group(
                _("What happens then"),
                self.of("approval", "approval_above"),
                self.of("approval_purposes", "approval_unstaffed", "requests_compete"),
            ),
            Group(_("Prices"), self.of("payment", "price_list", "cancellation")),
            Group(
                _("Series"),
                self.of("single_dates_go_back", "give_back_hours"),
                self.of("can_be_swapped", "holder_is_public"),
            ),
            Group(_("Responsibility"), self.of("needs_adult", "terms")),
        ]

    def of(self, *names: str) -> list[BoundField]:
        return [self[name] for name in names]

    @property
    def values(self) -> dict[str, Any]:
        """Return what was said, by field, and nothing of what was not. Only of a valid form."""
        written = {name: self.cleaned_data.get(name) for name in FIELDS}
        said = {name: value for name, value in written.items() if value not in (None, "", [])}
        if Audience.EVERYONE in said.get("who_may_book", []):
            said["who_may_book"] = for_everyone()
        if purposes := said.get("approval_purposes"):
            said["approval_purposes"] = sorted(set(purposes) - {NO_PURPOSE})
        return said

    @property
    def differs(self) -> bool:
        """Whether something else was said than is stored."""
        return self.values != self.layer

    @property
    def problems(self) -> list[Problem]:
        """Return what is wrong, each at its field."""
        return [
            Problem("invalid", f"{self[name].label} – {error}", self.add_prefix(name))
            for name, errors in self.errors.items()
            if name in self.fields
            for error in errors
        ]

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Show at the fields why what they come to together cannot be."""
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, str(problem.message))


def several(choices, **facts) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **facts)


def is_yes(value: Any) -> bool:
    return value == "true"


def as_written(value: Any) -> Any:
    """Return what a layer says as it stands in the form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return [NO_PURPOSE] if value == [] else value


def plain_in_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, time):
        return time_format(value, "TIME_FORMAT")
    if isinstance(value, date):
        return wording.day(value)
    choices = dict(POLICY_FIELDS[name].flatchoices)
    return str(choices.get(value, value))


def origin_in_words(origin: Policy | None) -> str:
    """Say whose word it is: a kind's, or a venue's. Needs `venue` loaded."""
    if origin is None:
        return ""
    return str(origin.venue) if origin.venue else str(Venue.Kind(origin.kind or "").label)
