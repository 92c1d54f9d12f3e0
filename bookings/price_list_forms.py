"""Price lists as their clerk writes them: amounts in euros, days as they are said."""

import re
from typing import Any

from django import forms
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from accounts.texts import in_all_languages
from venues import price_lists
from venues.edit_form import EditForm, Section
from venues.models import AddOn, PriceListVersion, PriceRow, Space, VatRate, VatRule, Venue
from venues.rule_forms import SeasonDayField
from venues.widgets import DayInput

SENTENCES = {
    str(constraint.violation_error_code): constraint.violation_error_message or ""
    for constraint in PriceRow._meta.constraints
    if isinstance(constraint, models.CheckConstraint)
}
# What is given both or not at all. A constraint does not fail for what is not known.
PAIRS = (
    ("from_time", "until_time", "band_in_order"),
    ("season_from", "season_until", "season_incomplete"),
)
AMOUNT = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?")


class EuroField(forms.CharField):
    """An amount written like 20,34 and read as 2034 cents."""

    default_error_messages = {"unreadable": _("Write the amount like 20,34. The most is 100 000 €.")}

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**{"required": False, "max_length": 12} | kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 100},{value % 100:02}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = re.sub(r"[\s€]", "", str(super().to_python(value) or ""))
        if not text:
            return None
        found = AMOUNT.fullmatch(text)
        cents = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None
        if cents is None or cents > price_lists.MOST_CENTS:
            raise forms.ValidationError(self.error_messages["unreadable"], code="unreadable")
        return cents

    def run_validators(self, value: Any) -> None:
        """Those of a text have nothing to say about a number."""


class PercentField(forms.DecimalField):
    """A share written with a comma or a point, and with any sign that people take for a minus."""

    def __init__(self, **kwargs):
        super().__init__(**{"widget": forms.TextInput({"autocomplete": "off"})} | kwargs)

    def to_python(self, value: Any) -> Any:
        signs = str.maketrans({"−": "-", "–": "-", ",": ".", "%": None, " ": None, "\u00a0": None})
        return super().to_python(str(value).translate(signs) if value else value)


def time_input() -> forms.TimeInput:
    return forms.TimeInput({"type": "time"}, format="%H:%M")


class PartForm(EditForm):
    """A row, an extra or a rule of VAT. What is read in an order is given its place here."""

    place = forms.IntegerField(label=_("Place from the top"), min_value=1)

    def __init__(self, *args, draft: PriceListVersion, **kwargs):
        super().__init__(*args, **kwargs)
        self.draft = draft
        self.instance.version = draft
        if isinstance(self.instance, AddOn):
            del self.fields["place"]
            return
        count = len(price_lists.in_order(draft, self.instance))
        last = count if self.instance.pk else count + 1
        field = self.fields["place"]
        field.help_text = _("The list is read from the top: the first that fits holds.")
        field.widget.attrs["max"] = last
        self.initial["place"] = self.instance.position if self.instance.pk else last

    @property
    def place_wanted(self) -> int | None:
        return self.cleaned_data.get("place")


SECTIONS = {
    _("Order"): ["place"],
    _("For whom"): ["price_group", "purpose"],
    _("Where"): ["venue_kind", "hall", "supervision", "area_from", "area_below", "part_percent"],
    _("When"): ["weekdays", "from_time", "until_time", "season_from", "season_until"],
    _("Price"): ["unit", "cents", "min_cents", "max_cents"],
}


class RowForm(PartForm):
    shown_at = {
        "weekday_unknown": "weekdays",
        "band_in_order": "until_time",
        "season_incomplete": "season_until",
        "free_costs_nothing": "cents",
        "limits_in_order": "max_cents",
        "not_a_share": "part_percent",
    }
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        coerce=int,
        choices=[(number + 1, WEEKDAYS[number]) for number in range(7)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": SENTENCES["weekday_unknown"]},
    )
    season_from = SeasonDayField(label=_("Every year from"), help_text=_("Like 1.9."))
    season_until = SeasonDayField(label=_("Every year until"))
    cents = EuroField(label=_("Price, €"), help_text=_("Empty if it is free of charge."))
    min_cents = EuroField(label=_("At least, €"))
    max_cents = EuroField(label=_("At most, €"), help_text=_("Of all that is charged for one date."))

    class Meta:
        model = PriceRow
        fields = [name for names in SECTIONS.values() for name in names if name != "place"]
        widgets = {"from_time": time_input(), "until_time": time_input()}

    def __init__(self, *args, draft: PriceListVersion, **kwargs):
        super().__init__(*args, draft=draft, **kwargs)
        halls = Space.objects.filter(part_of=None, price_list=draft.price_list).select_related("venue")
        choose(self.fields["hall"], _("Any hall"), halls.order_by("venue__name_fi", "name_fi"))
        choose(self.fields["price_group"], _("Everybody"))
        choose(self.fields["purpose"], _("Any use"))
        name_nothing(self.fields["venue_kind"], _("Any kind"), Venue.Kind.choices)
        name_nothing(self.fields["supervision"], _("With or without"), Space.Supervision.choices)

    @property
    def sections(self) -> list[Section]:
        return [Section(title, [self[name] for name in names]) for title, names in SECTIONS.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("cents") is None and "cents" not in self.errors:
            if cleaned.get("unit") != PriceRow.Unit.FREE:
                self.add_error("cents", _("Give the price."))
            cleaned["cents"] = 0
        for one, other, code in PAIRS:
            is_half = (cleaned.get(one) is None) != (cleaned.get(other) is None)
            if is_half and not {one, other} & set(self.errors):
                self.add_error(self.shown_at[code], SENTENCES[code])
        return cleaned


def choose(field: forms.Field, nothing: Any, rows: Any = None) -> None:
    """Name the empty choice, and narrow what can be chosen."""
    assert isinstance(field, forms.ModelChoiceField)
    if rows is not None:
        field.queryset = rows
    field.empty_label = nothing


def name_nothing(field: forms.Field, nothing: Any, choices: Any) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", nothing), *choices]


class AddOnForm(PartForm):
    cents = EuroField(label=_("Price, €"), required=True)

    class Meta:
        model = AddOn
        fields = ["code", *in_all_languages("name"), "unit", "cents", "vat_category"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choose(self.fields["vat_category"], _("That of the space"))
        self.fields["code"].help_text = _("By it bookings know the extra. Letters, digits and hyphens.")

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        if AddOn.objects.filter(version=self.draft, code=code).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another extra of this list has that code."), code="code_taken")
        return code


class VatRuleForm(PartForm):
    field_order = ["place"]

    class Meta:
        model = VatRule
        fields = ["purpose", "organisation_kind", "category"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choose(self.fields["purpose"], _("Any use"))
        kinds = Organisation.Kind.choices
        name_nothing(self.fields["organisation_kind"], _("Anybody, a person too"), kinds)


class VersionForm(EditForm):
    """What a draft says besides its prices."""

    class Meta:
        model = PriceListVersion
        fields = ["valid_from", "includes_vat", "vat_category", "holidays_as_sunday", "source", "is_demo"]
        widgets = {"valid_from": DayInput, "source": forms.Textarea({"rows": 3})}

    def clean_valid_from(self):
        day = self.cleaned_data["valid_from"]
        others = PriceListVersion.objects.filter(price_list=self.instance.price_list, valid_from=day)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(str(price_lists.version_given_already().message))
        return day


class CopyForm(forms.Form):
    valid_from = forms.DateField(label=_("From the day"), widget=DayInput)


class PercentForm(forms.Form):
    """By how much all prices of a draft change, and to what they are rounded."""

    percent = PercentField(
        label=_("By how many per cent"),
        max_digits=6,
        decimal_places=2,
        help_text=_("Like 2,5. To lower prices, write a minus before it: −5."),
    )
    step = forms.TypedChoiceField(
        label=_("Rounded to the nearest"),
        coerce=int,
        choices=[
            (1, _("cent")),
            (5, _("5 cents")),
            (10, _("10 cents")),
            (50, _("50 cents")),
            (100, _("whole euro")),
        ],
    )


class RateForm(EditForm):
    """A new rate of VAT from a day on. What has been said once stays: bookings lean on it."""

    shown_at = {"rate_given_already": "valid_from", "rate_impossible": "percent"}

    percent = PercentField(label=_("Per cent"), max_digits=4, decimal_places=1)

    class Meta:
        model = VatRate
        fields = ["category", "percent", "valid_from", "source", "is_confirmed"]
        labels = {"category": _("VAT category")}
        widgets = {"valid_from": DayInput}
