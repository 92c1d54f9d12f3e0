"""What a club asks for when it wants a season: when it comes again, and what it is for."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from venues.clock import local
from venues.models import Space
from venues.policies import season_of
from venues.widgets import DayInput
from venues.wording import day

from . import permissions, recurrence
from .forms import BookingForm, ClockInput
from .models import Occupancy, Series
from .recurrence import MOST_TURNS, MOST_WEEKS_BETWEEN, SeriesWish
from .series_changes import Move
from .series_in_words import as_it_is

# Near the ends of time no sum of times is possible. What can be booked is for the rules to say.
POSSIBLE_DAYS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2199, 12, 31))]


class SpaceChoice(forms.ModelChoiceField):
    """One of the spaces of a hall: their venue is said already."""

    def label_from_instance(self, space: Space) -> str:
        return space.name.text


def bookable_in(hall_id: int) -> QuerySet[Space]:
    """Return the spaces of a hall that can be booked, the whole first."""
    spaces = Space.objects.with_place().filter(hall_id=hall_id, is_bookable=True)
    return spaces.order_by(F("part_of").asc(nulls_first=True), "pk")


class TurnsForm(forms.Form):
    """For whom, where, and when it comes again. `asked` is the wish, of a valid form."""

    SEASON, DAY, COUNT = "season", "day", "count"

    organisation = forms.ModelChoiceField(
        label=_("Who is it for?"),
        queryset=Organisation.objects.none(),
        required=False,
        blank=True,  # without it radio buttons have no empty choice
        empty_label=_("Myself"),
        initial="",
        widget=forms.RadioSelect,
    )
    space = SpaceChoice(label=_("Which space?"), queryset=Space.objects.none(), empty_label=None)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which weekdays?"),
        choices=[(number + 1, capfirst(name)) for number, name in WEEKDAYS_ABBR.items()],
        coerce=int,
        initial=[],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose the weekdays on which it comes again.")},
    )
    starts = forms.TimeField(label=_("From what time"), widget=ClockInput)
    ends = forms.TimeField(label=_("To what time"), widget=ClockInput)
    every_weeks = forms.IntegerField(
        label=_("Every how many weeks?"), initial=1, min_value=1, max_value=MOST_WEEKS_BETWEEN
    )
    first_on = forms.DateField(label=_("First day"), widget=DayInput, validators=POSSIBLE_DAYS)
    until = forms.ChoiceField(
        label=_("Until when?"),
        choices=[
            (SEASON, _("Until the end of the season")),
            (DAY, _("Until a day")),
            (COUNT, _("So many times")),
        ],
        initial=SEASON,
        widget=forms.RadioSelect,
    )
    last_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=DayInput,
        validators=POSSIBLE_DAYS,
        help_text=_("The last time may still be on this day."),
    )
    count = forms.IntegerField(
        label=_("How many times?"),
        required=False,
        min_value=1,
        max_value=MOST_TURNS,
        help_text=_("Days that are left out count, too."),
    )
    without_holidays = forms.BooleanField(label=_("Leave out public holidays"), required=False, initial=True)
    without_breaks = forms.BooleanField(label=_("Leave out school holidays"), required=False)

    def __init__(self, *args, user: User, space: Space, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        organisation, spaces = self.fields["organisation"], self.fields["space"]
        assert isinstance(organisation, forms.ModelChoiceField)
        assert isinstance(spaces, SpaceChoice)
        organisation.queryset = permissions.organisations_of(user)
        if not organisation.queryset.exists():
            del self.fields["organisation"]
        spaces.queryset = bookable_in(space.hall_id)
        self.initial.setdefault("space", space.pk)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for name, kind in (("last_on", self.DAY), ("count", self.COUNT)):
            if said.get("until") == kind and not said.get(name) and name not in self.errors:
                self.add_error(name, forms.ValidationError(_("This is still missing."), "required"))
        if not self.errors:
            self.asked = self.wish(said)
            for problem in recurrence.problems_with(self.asked, today=local(timezone.now()).date()):
                self.add_error(self.shown_at(problem.field), str(problem.message))
        return said

    def shown_at(self, name: str) -> str | None:
        """Return where a problem is told: one with the last day of a season, at the first."""
        if name in {"last_on", "count"} and self.cleaned_data["until"] == self.SEASON:
            return "first_on"
        return name if name in self.fields else None

    def wish(self, said: Mapping[str, Any]) -> SeriesWish:
        until = said["until"]
        last_on = season_of(said["first_on"])[1] if until == self.SEASON else said["last_on"]
        return SeriesWish(
            space=said["space"],
            organisation=said.get("organisation"),
            last_on=None if until == self.COUNT else last_on,
            count=said["count"] if until == self.COUNT else None,
            **{
                name: said[name]
                for name in (
                    "weekdays",
                    "starts",
                    "ends",
                    "every_weeks",
                    "first_on",
                    "without_holidays",
                    "without_breaks",
                )
            },
        )

    def query(self) -> str:
        """Return what is asked as an address says it: to be shared, and to know the same question again."""
        said = {name: self[name].data for name in self.fields}
        return urlencode({name: value for name, value in said.items() if value}, doseq=True)

    def half_said(self) -> bool:
        """Whether nothing is wrong but that something is still to be said."""
        codes = {error.code for errors in self.errors.as_data().values() for error in errors}
        return codes == {"required"}


class DetailsForm(BookingForm):
    """What a season is for. For whom is asked before: it decides about the dates."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("organisation", None)


class RangeForm(forms.Form):
    """Days to give back, both included."""

    first = forms.DateField(label=_("First day"), widget=DayInput, required=False, initial="")
    last = forms.DateField(label=_("Last day"), widget=DayInput, required=False, initial="")


class ChangeForm(forms.Form):
    """Another time, weekday or space for the dates to come: all of them, or those from one of them on.

    `move` says what changes, of a valid form: None if nothing does.
    """

    since = forms.ModelChoiceField(
        label=_("From which date on?"), queryset=Occupancy.objects.none(), required=False
    )
    weekday = forms.TypedChoiceField(label=_("Weekday"), coerce=int, required=False)
    starts = forms.TimeField(label=_("From what time"), widget=ClockInput)
    ends = forms.TimeField(label=_("To what time"), widget=ClockInput)
    space = SpaceChoice(label=_("Which space?"), queryset=Space.objects.none(), empty_label=None)

    def __init__(self, *args, series: Series, coming: Sequence[Occupancy], **kwargs):
        super().__init__(*args, **kwargs)
        self.series, self.coming = series, coming
        since, weekday, space = (self.fields[name] for name in ("since", "weekday", "space"))
        assert isinstance(since, forms.ModelChoiceField)
        assert isinstance(weekday, forms.ChoiceField)
        assert isinstance(space, SpaceChoice)
        since.queryset = Occupancy.objects.filter(pk__in=[date.pk for date in coming])
        since.choices = [
            ("", _("All dates to come")),
            *((date.pk, _("%(day)s and later") % {"day": day(date.starts_at)}) for date in coming),
        ]
        weekday.choices = [(number + 1, capfirst(name)) for number, name in WEEKDAYS.items()]
        if len(series.weekdays) > 1:
            del self.fields["weekday"]
        space.queryset = bookable_in(series.space.hall_id)
        now = as_it_is(series, coming)
        self.initial = {
            "weekday": now.weekdays[0],
            "starts": now.starts,
            "ends": now.ends,
            "space": now.space_id,
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors:
            self.move = self.moved(said)
            if self.move == Move():
                self.add_error(None, _("Nothing changes like this. Say what is to be otherwise."))
        return said

    def moved(self, said: Mapping[str, Any]) -> Move:
        since = said["since"]
        meant = [date for date in self.coming if not since or date.starts_at >= since.starts_at]
        now = as_it_is(self.series, meant)
        # Both were seen in the form, so both are meant, if one was changed.
        is_retimed = (said["starts"], said["ends"]) != (now.starts, now.ends)
        return Move(
            starts=said["starts"] if is_retimed else None,
            ends=said["ends"] if is_retimed else None,
            days=(said.get("weekday") or now.weekdays[0]) - now.weekdays[0],
            space=said["space"] if said["space"].pk != now.space_id else None,
        )


class TextsForm(forms.Form):
    """What a series is for, in other words than before."""

    purpose = BookingForm.declared_fields["purpose"]
    adult_name = BookingForm.declared_fields["adult_name"]
    adult_phone = BookingForm.declared_fields["adult_phone"]
    note = BookingForm.declared_fields["note"]

    def __init__(self, *args, needs_adult: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not needs_adult:
            del self.fields["adult_name"], self.fields["adult_phone"]
