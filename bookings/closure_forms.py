"""What a manager closes, when and why."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.texts import in_all_languages
from venues.clock import CITY
from venues.models import Space, Venue
from venues.opening_hours import moment
from venues.widgets import DayInput

from .closed_times import MOST_WEEKS_BETWEEN, WishedClosure, problems_with
from .forms import ClockInput
from .models import Closure

# Near the ends of time no sum of times is possible. What can be closed is for the rules to say.
POSSIBLE_DAYS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2199, 12, 31))]

# At which question a problem with the wish is shown, where it has another name there.
SHOWN_AT = {"starts_at": "first", "ends_at": "last"}


def day_field(**options) -> forms.DateField:
    return forms.DateField(widget=DayInput, validators=POSSIBLE_DAYS, **options)


def clock_field(**options) -> forms.TimeField:
    return forms.TimeField(widget=ClockInput, required=False, **options)


class ClosureForm(forms.Form):
    """When and why: once, every week or every year. What is closed is asked by the forms that follow.

    Without times of day, whole days are closed. `wished` is the closure, of a valid form.
    """

    repeats = forms.ChoiceField(
        label=_("How often?"),
        choices=Closure.Repeats,
        initial=Closure.Repeats.NEVER,
        required=False,
        widget=forms.RadioSelect,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which weekdays?"),
        choices=[(number + 1, capfirst(name)) for number, name in WEEKDAYS.items()],
        coerce=int,
        required=False,
        initial=[],
        widget=forms.CheckboxSelectMultiple,
    )
    every = forms.IntegerField(
        label=_("Every how many weeks?"), required=False, initial=1, min_value=1, max_value=MOST_WEEKS_BETWEEN
    )
    first = day_field(label=_("First day"))
    starts = clock_field(label=_("From what time"))
    last = day_field(label=_("Last day"), required=False)
    ends = clock_field(label=_("To what time"))
    until = day_field(label=_("Comes again until the day"), required=False)
    reason_fi = forms.CharField(label=_("Reason in Finnish"), max_length=200)
    reason_sv = forms.CharField(label=_("Reason in Swedish"), max_length=200, required=False)
    reason_en = forms.CharField(label=_("Reason in English"), max_length=200, required=False)
    is_reason_public = forms.BooleanField(
        label=_("Show the reason to everybody"),
        required=False,
        initial=True,
        help_text=_("Otherwise others see only that the space is closed."),
    )

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if not self.errors:
            self.wished = wished(asked, self.spaces_of(asked))
            for problem in problems_with(self.wished, now=timezone.now()):
                self.add_error(self.shown_at(problem.field), str(problem.message))
        return asked

    def shown_at(self, name: str) -> str | None:
        name = SHOWN_AT.get(name, name)
        return name if name in self.fields else None

    def spaces_of(self, asked: dict[str, Any]) -> list[Space]:
        """Return what is to be closed. A hall closes its parts with it: they are not said again."""
        raise NotImplementedError  # a form's metaclass leaves no room for ABC; both forms below say it


class SpacesClosureForm(ClosureForm):
    """Some spaces of a venue: to begin with all its halls, each with its parts."""

    spaces = forms.ModelMultipleChoiceField(
        label=_("What is closed?"),
        queryset=Space.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A hall closes its parts with it. To close a part only, leave its hall unchosen."),
        error_messages={"required": _("Choose what is closed.")},
    )
    field_order = ["spaces"]

    def __init__(self, *args, venue: Venue, **kwargs):
        super().__init__(*args, **kwargs)
        choices(self, "spaces", venue.spaces.order_by("hall_id", F("part_of").asc(nulls_first=True), "pk"))
        if not self.is_bound:
            self.initial.setdefault("spaces", [space.pk for space in venue.spaces.all() if space.is_hall])

    def spaces_of(self, asked: dict[str, Any]) -> list[Space]:
        halls = {space.pk for space in asked["spaces"] if space.is_hall}
        return [space for space in asked["spaces"] if space.is_hall or space.part_of_id not in halls]


class VenuesClosureForm(ClosureForm):
    """Whole venues of one kind: election day, at all schools in one go."""

    venues = forms.ModelMultipleChoiceField(
        label=_("What is closed?"),
        queryset=Venue.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what is closed.")},
    )
    field_order = ["venues"]

    def __init__(self, *args, venues: QuerySet[Venue], **kwargs):
        super().__init__(*args, **kwargs)
        choices(self, "venues", venues.filter(spaces__isnull=False).distinct().order_by("name_fi", "pk"))
        self.initial["venues"] = [venue.pk for venue in venues]

    def spaces_of(self, asked: dict[str, Any]) -> list[Space]:
        return list(Space.objects.filter(venue__in=asked["venues"], part_of=None))


def choices(form: forms.Form, name: str, rows: QuerySet) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelMultipleChoiceField)
    field.queryset = rows


def wished(asked: dict[str, Any], spaces: Sequence[Space]) -> WishedClosure:
    """Return the closure that was written: whole days, unless it says from when to when."""
    repeats = asked["repeats"]
    first, opening, closing = asked["first"], asked["starts"] or time.min, asked["ends"] or time.min
    last = None if repeats == Closure.Repeats.WEEKLY else asked["last"]
    ends_next_day = closing == time.min or (not last and closing <= opening)
    return WishedClosure(
        spaces,
        moment(first, opening, CITY),
        moment((last or first) + timedelta(days=ends_next_day), closing, CITY),
        repeats=repeats,
        every=asked["every"] or 1,
        weekdays=asked["weekdays"] if repeats == Closure.Repeats.WEEKLY else [],
        until=asked["until"] if repeats else None,
        reason={name: asked[name] for name in in_all_languages("reason")},
        is_reason_public=asked["is_reason_public"],
    )
