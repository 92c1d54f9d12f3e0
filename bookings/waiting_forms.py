"""What the waiting list needs to know, and what an offer does."""

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from venues.models import Space
from venues.widgets import DayInput

from . import limits, permissions
from .forms import BookingForm, ClockInput
from .search_form import LENGTHS, length_choice
from .waiting_wishes import WishedWaiting


class WaitingForm(forms.Form):
    """For which times somebody waits. `reaches` are the groups of spaces of which they choose one."""

    organisation = forms.ModelChoiceField(
        label=_("Who is it for?"),
        queryset=Organisation.objects.none(),
        required=False,
        blank=True,  # without it radio buttons have no empty choice
        empty_label=_("Myself"),
        widget=forms.RadioSelect,
    )
    reach = forms.ChoiceField(label=_("Where?"), widget=forms.RadioSelect)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Which weekdays would do?"),
        choices=[(number + 1, capfirst(name)) for number, name in WEEKDAYS.items()],
        coerce=int,
        error_messages={"required": _("Choose at least one weekday.")},
        widget=forms.CheckboxSelectMultiple,
    )
    earliest = forms.TimeField(label=_("Not before"), widget=ClockInput)
    latest = forms.TimeField(label=_("Over by"), widget=ClockInput)
    minutes = forms.TypedChoiceField(label=_("How long?"), coerce=int)
    first_on = forms.DateField(label=_("First day"), widget=DayInput)
    last_on = forms.DateField(
        label=_("Last day"), widget=DayInput, help_text=_("After this day you wait no more.")
    )
    purpose = forms.CharField(label=_("What are you going to do?"), max_length=limits.LONGEST_PURPOSE)
    attendees = forms.IntegerField(label=_("How many people?"), min_value=1, max_value=limits.MOST_PEOPLE)

    def __init__(self, *args, user: User, reaches: dict[str, tuple[Any, list[Space]]], **kwargs):
        super().__init__(*args, **kwargs)
        self.reaches = reaches
        organisation = self.fields["organisation"]
        assert isinstance(organisation, forms.ModelChoiceField)
        organisation.queryset = permissions.organisations_of(user)
        if not organisation.queryset.exists():
            del self.fields["organisation"]
        self.offer("reach", [(name, label) for name, (label, _spaces) in reaches.items()])
        if len(reaches) == 1:
            del self.fields["reach"]
        initial = self.initial.get("minutes")
        lengths = sorted({*LENGTHS, initial} if initial else LENGTHS)
        self.offer("minutes", [length_choice(length) for length in lengths])

    def offer(self, name: str, choices: list) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def wished(self) -> WishedWaiting:
        """Return what is waited for. Needs a valid form."""
        asked = dict(self.cleaned_data)
        reach = asked.pop("reach", next(iter(self.reaches)))
        return WishedWaiting(spaces=self.reaches[reach][1], **asked)


class OfferForm(BookingForm):
    """What the space's policy asks for beside what was said when the wait began: often nothing."""

    SAID_BEFORE = ("organisation", "name", "phone", "purpose", "attendees", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.SAID_BEFORE:
            self.fields.pop(name, None)
