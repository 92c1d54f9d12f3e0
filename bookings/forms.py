"""What a booking needs to know, in people's own words."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.forms import BirthDateField
from accounts.models import Organisation, User
from venues import price_table_in_words
from venues.models import AddOn, Purpose, Space, TermsVersion
from venues.widgets import DayInput

from . import judging, limits, permissions
from .availability import Stretch
from .windows import EVERY_DAY, windows


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%H:%M")


class AcceptInput(forms.CheckboxInput):
    """A box whose tick says which version was on the page: of another version, it is not ticked."""

    def __init__(self, version: TermsVersion):
        super().__init__(
            attrs={"value": str(version.pk)}, check_test=lambda value: str(value) == str(version.pk)
        )

    def format_value(self, value: Any) -> None:
        return None  # the version alone is what the tick says

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        return data.get(name)


# What the price depends on: the page asks for it anew whenever one of these changes.
SETTING_PRICE = {"organisation", "main_purpose", "add_ons"}


class BookingForm(forms.Form):
    """What a booking needs to know beside space and time; of that, what the space's policy asks for."""

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
    born_on = BirthDateField()
    main_purpose = forms.ModelChoiceField(
        label=_("Kind of use"),
        queryset=Purpose.objects.none(),
        empty_label=_("Choose"),
        help_text=_("The venue approves some kinds of use first."),
    )
    purpose = forms.CharField(
        label=_("What are you going to do?"),
        max_length=limits.LONGEST_PURPOSE,
        help_text=_("For example a birthday party, a meeting or floorball."),
    )
    attendees = forms.IntegerField(label=_("How many people?"), min_value=1, max_value=limits.MOST_PEOPLE)
    add_ons = forms.MultipleChoiceField(
        label=_("Do you want something besides?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    adult_name = forms.CharField(
        label=_("Adult in charge"),
        max_length=limits.LONGEST_ADULT_NAME,
        help_text=_("Is on the spot the whole time and answers for the space. It may be you."),
    )
    adult_phone = forms.CharField(
        label=_("Phone of the adult in charge"),
        max_length=limits.LONGEST_ADULT_PHONE,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    note = forms.CharField(
        label=_("Message to the venue"),
        max_length=limits.LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    accepted_terms = forms.ModelChoiceField(
        queryset=TermsVersion.objects.none(),
        error_messages={"required": _("Read the terms of use and accept them.")},
    )

    def __init__(
        self,
        *args,
        user: User,
        space: Space,
        terms: TermsVersion | None,
        add_ons: Sequence[AddOn] = (),
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        organisation = self.choice("organisation")
        organisation.queryset = permissions.organisations_of(user)
        if not organisation.queryset.exists():
            del self.fields["organisation"]
        if user.name:  # told once, changed under "my details"
            del self.fields["name"], self.fields["phone"]
        if space.capacity:
            self.fields["attendees"].help_text = ngettext(
                "There is room for %(count)d person.", "There is room for %(count)d people.", space.capacity
            ) % {"count": space.capacity}
        self.ask_as_policy_says(user, space)
        self.ask_for_add_ons(add_ons)
        self.ask_to_accept(terms)
        for name in SETTING_PRICE & self.fields.keys():
            self.fields[name].widget.attrs["class"] = "sets-price"

    def ask_as_policy_says(self, user: User, space: Space) -> None:
        if space.min_age and user.born_on is None:
            self.fields["born_on"].help_text = _(
                "Whoever books here must be at least %(age)d years old."
                " We ask once and keep it in your details."
            ) % {"age": space.min_age}
        else:
            del self.fields["born_on"]
        kinds = judging.kinds_of_use(space)
        if kinds.exists():
            self.choice("main_purpose").queryset = kinds
            if not space.approval_purposes:
                self.fields["main_purpose"].help_text = _("The price depends on it.")
        else:
            del self.fields["main_purpose"]
        if not space.needs_adult:
            del self.fields["adult_name"], self.fields["adult_phone"]

    def ask_for_add_ons(self, add_ons: Sequence[AddOn]) -> None:
        self.add_on_codes = [one.code for one in add_ons]
        if not add_ons:
            del self.fields["add_ons"]
            return
        field = self.fields["add_ons"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (one.code, f"{one.name}, {price_table_in_words.unit_in_words(one.unit, one.cents)}")
            for one in add_ons
        ]

    def ask_to_accept(self, terms: TermsVersion | None) -> None:
        self.terms = terms
        if terms is None:
            del self.fields["accepted_terms"]
            return
        accepted = self.choice("accepted_terms")
        # An older version was accepted when the form was open before the newest was published.
        accepted.queryset = TermsVersion.objects.filter(terms=terms.terms_id)
        accepted.label = _("I accept: %(terms)s") % {"terms": terms.terms.name}
        accepted.widget = AcceptInput(terms)

    def organisation_id(self) -> int | None:
        """Return for which organisation the form is filled in so far."""
        chosen = str(self["organisation"].value() or "") if "organisation" in self.fields else ""
        return int(chosen) if chosen.isdecimal() else None

    def chosen(self) -> dict[str, Any]:
        """Return what the price depends on, as far as the form is filled in: parts of a `Wish`."""
        organisation = self.chosen_row("organisation")
        kind = self.chosen_row("main_purpose")
        ticked = self["add_ons"].value() or [] if "add_ons" in self.fields else []
        return {
            "organisation": organisation,
            "main_purpose": kind,
            "add_ons": tuple(code for code in self.add_on_codes if code in ticked),
        }

    def chosen_row(self, name: str) -> Any:
        """Return what is chosen so far of what a field offers, or None."""
        chosen = str(self[name].value() or "") if name in self.fields else ""
        return self.queryset_of(name).filter(pk=chosen).first() if limits.is_id(chosen) else None

    def queryset_of(self, name: str) -> QuerySet:
        queryset = self.choice(name).queryset
        assert queryset is not None
        return queryset

    def choice(self, name: str) -> forms.ModelChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field


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
