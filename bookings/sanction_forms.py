"""What a manager writes who warns or bans somebody, and what those concerned answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.problems import Refused
from venues.widgets import DayInput

from .models import Booking, Sanction


class ProposalForm(forms.Form):
    """Of whom a booking was: whether the person or the organisation is meant, for what, and until when."""

    whom = forms.ChoiceField(label=_("Whom"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(
        label=_("What"), choices=Sanction.Kind, widget=forms.RadioSelect, initial=Sanction.Kind.WARNING
    )
    until = forms.DateField(
        label=_("The last day of a ban"),
        required=False,
        widget=DayInput,
        help_text=_("A warning has none."),
    )
    where = forms.ChoiceField(label=_("Where"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("What happened"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Those concerned read this just as you write it, and may answer before you decide."),
    )

    def __init__(self, data: Any, *, booking: Booking, is_staff: bool):
        self.booking = booking
        venue = booking.space.venue
        super().__init__(data, initial={"where": "venue"})
        person = [("person", str(booking.customer))]
        club = [("organisation", str(booking.organisation))] if booking.organisation else []
        self.choose("whom", club + person)
        self.choose("where", [("venue", str(venue.name)), *([("city", _("The whole city"))] * is_staff)])
        self.initial["whom"] = (club + person)[0][0]

    def choose(self, name: str, choices: list) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        if len(choices) == 1:
            field.widget, field.required = forms.HiddenInput(), False

    @property
    def asked(self) -> dict[str, Any]:
        """Return what `sanctions.propose` takes. Only of a valid form."""
        said = self.cleaned_data
        is_club = said["whom"] == "organisation"
        return {
            "kind": said["kind"],
            "organisation": self.booking.organisation if is_club else None,
            "person": None if is_club else self.booking.customer,
            "venue": None if said["where"] == "city" else self.booking.space.venue,
            "reason": said["reason"],
            "until": said["until"],
        }

    def say(self, refusal: Refused) -> None:
        """Put what the rule says beside the fields that it is about."""
        for problem in refusal.problems:
            self.add_error(problem.field if problem.field in self.fields else None, str(problem.message))


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=_("Your answer"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6})
    )
