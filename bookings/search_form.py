"""What people look for, in their own words."""

from datetime import date, datetime, time, timedelta
from math import nan
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from venues import wording
from venues.clock import local
from venues.hours_in_words import clock, closing
from venues.models import Purpose, Space, Venue
from venues.models.spaces import FARTHEST_BOOKING
from venues.widgets import DayInput

from . import limits, search
from .forms import ClockInput
from .search import Question
from .week_grid import MINUTES_A_DAY
from .windows import EVERY_DAY, windows

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LENGTHS = [30, 60, 90, 120, 180, 240, 300, 360, 480, 720]
LONGEST_RANGE = timedelta(days=61)


class SearchForm(forms.Form):
    """The search. Whatever is not asked gets the value that most people would give it."""

    USUAL = {"when": "weekend", "length": "120"}
    ANY_LENGTH = "any"

    # Free time is looked for when people are awake, unless they say otherwise.
    PARTS_OF_DAY = {
        "": (time(8), time(22)),
        "morning": (time(8), time(12)),
        "day": (time(12), time(17)),
        "evening": (time(17), time(22)),
    }

    what = forms.ChoiceField(label=_("What for?"), required=False)
    where = forms.CharField(label=_("Where?"), max_length=100, required=False)
    near = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    length = forms.ChoiceField(label=_("How long?"))
    people = forms.IntegerField(label=_("People"), min_value=1, max_value=limits.MOST_PEOPLE, required=False)
    when = forms.ChoiceField(
        label=_("When?"),
        choices=[
            ("today", _("Today")),
            ("tomorrow", _("Tomorrow")),
            ("weekend", _("Weekend")),
            ("week", _("Next 7 days")),
            ("dates", _("Choose dates")),
        ],
        widget=forms.RadioSelect,
    )
    first = forms.DateField(label=_("From the day"), required=False, widget=DayInput)
    last = forms.DateField(label=_("To the day"), required=False, widget=DayInput)
    part = forms.ChoiceField(
        label=_("Time of day"),
        required=False,
        choices=[
            ("", _("Any time of day")),
            ("morning", _("Morning, 8–12")),
            ("day", _("Afternoon, 12–17")),
            ("evening", _("Evening, 17–22")),
        ],
    )
    time_from = forms.TimeField(label=_("Not before"), required=False, widget=ClockInput)
    time_to = forms.TimeField(label=_("Not after"), required=False, widget=ClockInput)
    kind = forms.ChoiceField(label=_("Kind of place"), required=False)
    step_free = forms.BooleanField(label=_("Step-free entrance"), required=False)
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[("time", _("First free first")), ("distance", _("Nearest first"))],
        widget=forms.Select(attrs={"form": "question", "class": "input"}),  # it stands among the results
    )

    def __init__(self, data: MultiValueDict, *, now: datetime):
        asked = data.copy()
        for name, value in self.USUAL.items():
            asked.setdefault(name, value)
        if asked.get("near"):
            asked.setdefault("order", "distance")
        super().__init__(asked)
        self.now = now
        self.today = local(now).date()
        purposes = [(purpose.code, purpose.name.text) for purpose in Purpose.objects.all()]
        self.offer("what", ("", _("Anything")), *purposes)
        self.offer("length", (self.ANY_LENGTH, _("Any length")), *map(length_choice, LENGTHS))
        self.offer("kind", ("", _("Any kind")), *Venue.Kind.choices)
        earliest, latest = self.today.isoformat(), (self.today + FARTHEST_BOOKING).isoformat()
        for name in ("first", "last"):
            self.fields[name].widget.attrs |= {"min": earliest, "max": latest}

    def offer(self, name: str, *choices: tuple[str, "StrOrPromise"]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_near(self) -> search.Point | None:
        try:
            lat, lon = map(float, self.cleaned_data["near"].split(","))
        except ValueError:
            lat = lon = nan
        if -90 <= lat <= 90 and -180 <= lon <= 180:
            return lat, lon
        if self.cleaned_data["near"]:
            self.add_error("where", _("We did not understand where you are. Write a place."))
        return None

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        if asked.get("when") == "dates" and not self.errors.keys() & {"first", "last"}:
            self.check_dates(asked.get("first"), asked.get("last"))
        self.check_hours(*self.hours(), asked.get("length"))
        return asked

    def check_hours(self, start: time, end: time, length: str | None) -> None:
        room = minute_of_day(end) - minute_of_day(start)
        if end == time.min:
            room += MINUTES_A_DAY
        if room <= 0:
            self.add_error("time_to", _("The end is after the start."))
        elif length and length.isdecimal() and int(length) > room:
            message = _("This is longer than the hours you look at, %(hours)s.")
            self.add_error("length", message % {"hours": hours_in_words(start, end)})

    def check_dates(self, first: date | None, last: date | None) -> None:
        if first is None:
            self.add_error("first", _("Choose a day."))
        elif first < self.today:
            self.add_error("first", _("This day is over. Choose a later one."))
        elif first > self.today + FARTHEST_BOOKING:
            self.add_error("first", _("Nothing can be booked so far ahead yet."))
        elif last is not None and last < first:
            self.add_error("last", _("The last day is not before the first."))
        elif last is not None and last > first + LONGEST_RANGE:
            self.add_error("last", _("Look at two months at a time, at most."))

    # --- What was asked ------------------------------------------------------------------------

    def days(self) -> tuple[date, date]:
        """Return the first and the last day asked for."""
        today = self.today
        saturday = today + timedelta(days=max(0, 5 - today.weekday()))
        sunday = today + timedelta(days=6 - today.weekday())
        return {
            "today": lambda: (today, today),
            "tomorrow": lambda: (today + timedelta(days=1), today + timedelta(days=1)),
            "weekend": lambda: (saturday, sunday),
            "week": lambda: (today, today + timedelta(days=6)),
            "dates": lambda: (
                self.cleaned_data["first"],
                self.cleaned_data.get("last") or self.cleaned_data["first"],
            ),
        }[self.cleaned_data["when"]]()

    def hours(self) -> tuple[time, time]:
        """Return from when to when on each day; clock times that were given win."""
        start, end = self.PARTS_OF_DAY[self.cleaned_data.get("part") or ""]
        given = self.cleaned_data.get("time_from"), self.cleaned_data.get("time_to")
        if any(value is not None for value in given):
            start, end = self.PARTS_OF_DAY[""]
        return (start if given[0] is None else given[0]), (end if given[1] is None else given[1])

    def question(self) -> Question:
        """Return what was asked. Needs a valid form."""
        asked = self.cleaned_data
        near = asked["near"] or (search.centre_of(asked["where"]) if asked["where"] else None)
        return Question(
            spaces=self.spaces(),
            place=search.place_called(asked["where"]),
            windows=windows(*self.days(), EVERY_DAY, *self.hours()),
            people=asked["people"] or 1,
            length=None if asked["length"] == self.ANY_LENGTH else timedelta(minutes=int(asked["length"])),
            near=near,
            by_distance=asked["order"] == "distance" and near is not None,
        )

    def spaces(self):
        asked = self.cleaned_data
        spaces = Space.objects.bookable()
        if asked["what"]:
            spaces = spaces.filter(purposes__code=asked["what"])
        if asked["kind"]:
            spaces = spaces.filter(venue__kind=asked["kind"])
        if asked["step_free"]:
            spaces = spaces.filter(is_step_free=True)
        return spaces

    @property
    def days_in_words(self) -> str:
        """la 28.11. – su 29.11."""
        first, last = map(wording.short_day, self.days())
        return first if first == last else f"{first} – {last}"

    @property
    def hours_in_words(self) -> str:
        return hours_in_words(*self.hours())

    @property
    def has_more(self) -> bool:
        """Whether something is asked that stands behind "more"."""
        return any(self.data.get(name) for name in ("time_from", "time_to", "kind", "step_free"))


def minute_of_day(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def hours_in_words(start: time, end: time) -> str:
    return f"{clock(start)}–{closing(end)}"


def length_choice(minutes: int) -> tuple[str, str]:
    return str(minutes), wording.duration(timedelta(minutes=minutes))
