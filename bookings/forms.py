"""What a booking needs to know, in people's own words."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Organisation, User
from venues.models import Space
from venues.widgets import DayInput

from . import limits, permissions
from .availability import Stretch
from .windows import EVERY_DAY, windows

if TYPE_CHECKING:
    pass


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%H:%M")


class BookingForm(forms.Form):
    """What a booking needs to know beside space and time."""

    organisation = forms.ModelChoiceField(
        label=_("Who is it for?"),
        queryset=Organisation.objects.none(),
        required=False,
        blank=True,  # without it radio buttons have no empty choice
        empty_label=_("Myself"),
        initial="",
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=limits.LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=limits.LONGEST_PHONE,
        required=False,
        help_text=_("For sudden changes, such as a locked door."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    purpose = forms.CharField(
        label=_("What are you going to do?"),
        max_length=limits.LONGEST_PURPOSE,
        help_text=_("For example a birthday party, a meeting or floorball."),
    )
    attendees = forms.IntegerField(label=_("How many people?"), min_value=1, max_value=limits.MOST_PEOPLE)
    note = forms.CharField(
        label=_("Message to the venue"),
        max_length=limits.LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, user: User, space: Space, **kwargs):
        super().__init__(*args, **kwargs)
        organisation = self.fields["organisation"]
        assert isinstance(organisation, forms.ModelChoiceField)
        organisation.queryset = permissions.organisations_of(user)
        if not organisation.queryset.exists():
            del self.fields["organisation"]
        if user.name:  # told once, changed under "my details"
            del self.fields["name"], self.fields["phone"]
        if space.capacity:
            self.fields["attendees"].help_text = ngettext(
                "There is room for %(count)d person.", "There is room for %(count)d people.", space.capacity
            ) % {"count": space.capacity}


class CancelForm(forms.Form):
    """Why somebody gives a time back, if they want to say."""

    reason = forms.CharField(label=_("Why?"), max_length=limits.LONGEST_REASON, required=False)


class MoveForm(forms.Form):
    """Another time for a booking."""

    day = forms.DateField(
        label=_("Day"),
        widget=DayInput,
        # Near the ends of time no sum of times is possible. What can be booked is for the rules to say.
        validators=[MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2199, 12, 31))],
    )
    starts = forms.TimeField(label=_("From"), widget=ClockInput)
    ends = forms.TimeField(label=_("To"), widget=ClockInput)

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if not self.errors and not self.stretches():
            self.add_error("starts", _("The clocks skip this time on that night."))
        return asked

    def stretches(self) -> list[Stretch]:
        asked = self.cleaned_data
        return windows(asked["day"], asked["day"], EVERY_DAY, asked["starts"], asked["ends"])

    def period(self) -> Stretch:
        """Return the two instants. An end at or before the start is on the next day. Needs a valid form."""
        (period,) = self.stretches()
        return period
