"""A term or a break of the schools, as the city's staff writes it."""

from django import forms

from accounts.texts import in_all_languages
from venues.edit_form import EditForm
from venues.models import SchoolPeriod
from venues.widgets import DayInput


class PeriodForm(EditForm):
    shown_at = {"days_in_order": "last"}

    class Meta:
        model = SchoolPeriod
        fields = ["kind", "first", "last", *in_all_languages("name"), "source"]
        widgets = {"kind": forms.RadioSelect, "first": DayInput, "last": DayInput}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = SchoolPeriod.Kind.choices  # without the empty one, of which radio buttons have no need

    @property
    def period(self) -> SchoolPeriod:
        """Return what was written, not yet saved. What a person says is not made up any more."""
        self.instance.is_demo = False
        return self.instance
