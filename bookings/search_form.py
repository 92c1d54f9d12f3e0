"""What people look for, in their own words."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import nan
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.datastructures import MultiValueDict
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from venues import wording
from venues.audiences import asker
from venues.clock import MINUTES_A_DAY, local, minute_of_day
from venues.hours_in_words import clock, closing
from venues.models import Purpose, Space, Venue
from venues.models.spaces import FARTHEST_BOOKING
from venues.widgets import DayInput

from . import limits, search
from .availability import Order, Stretch
from .forms import ClockInput
from .search import Question
from .unmet import Unmet
from .windows import EVERY_DAY, same_time, windows

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LENGTHS = [30, 60, 90, 120, 180, 240, 300, 360, 480, 720]
LONGEST_RANGE = timedelta(days=61)
LONGEST_SEASON = timedelta(days=366)  # of a time that comes again every week
MONTHS_AHEAD = 13


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
    organisation = forms.ModelChoiceField(
        label=_("For whom?"), queryset=Organisation.objects.none(), required=False, empty_label=_("Myself")
    )
    # A hall that was looked at: any free part of it, or the like of it nearby.
    hall = forms.ModelChoiceField(
        queryset=Space.objects.filter(part_of=None).select_related("venue"),
        required=False,
        widget=forms.HiddenInput,
    )
    around = forms.ChoiceField(
        label=_("Which spaces?"),
        required=False,
        choices=[("", _("This hall or any part of it")), ("nearby", _("This or the like nearby"))],
    )
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
            ("month", _("Month")),
            ("dates", _("Choose dates")),
            ("every", _("Every week")),
        ],
        widget=forms.RadioSelect,
    )
    month = forms.ChoiceField(label=_("Month"), required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On these weekdays"),
        required=False,
        coerce=int,
        choices=[(number + 1, name) for number, name in WEEKDAYS_ABBR.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    first = forms.DateField(label=_("First day"), required=False, widget=DayInput)
    last = forms.DateField(label=_("Last day"), required=False, widget=DayInput)
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
    begins = forms.TimeField(label=_("Begins at"), required=False, widget=ClockInput)
    time_from = forms.TimeField(label=_("Not before"), required=False, widget=ClockInput)
    time_to = forms.TimeField(label=_("Not after"), required=False, widget=ClockInput)
    kind = forms.ChoiceField(label=_("Kind of place"), required=False)
    step_free = forms.BooleanField(label=_("Step-free entrance"), required=False)
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[
            ("time", _("First free first")),
            ("distance", _("Nearest first")),
            ("price", _("Free of charge first")),
        ],
        widget=forms.Select(attrs={"form": "question", "class": "input"}),  # it stands among the results
    )

    def __init__(
        self,
        data: MultiValueDict,
        *,
        now: datetime,
        user: User | AnonymousUser,
        organisations: Sequence[Organisation] = (),
        whom: str | None = None,
    ):
        """`organisations` are those for which the user may look, `whom` the id of the one she acts for."""
        asked = data.copy()
        if whom is not None:
            asked.setdefault("organisation", whom)
        for name, value in self.USUAL.items():
            asked.setdefault(name, value)
        if asked.get("near"):
            asked.setdefault("order", "distance")
        super().__init__(asked)
        self.asked = sorted(asked.lists())
        self.now = now
        self.user = user if user.is_authenticated else None
        self.today = local(now).date()
        self.purposes = [(purpose.code, purpose.name.text) for purpose in Purpose.objects.all()]
        self.offer("what", ("", _("Anything")), *self.purposes)
        self.offer("length", (self.ANY_LENGTH, _("Any length")), *map(length_choice, LENGTHS))
        self.offer("kind", ("", _("Any kind")), *Venue.Kind.choices)
        self.offer("month", *map(month_choice, months_from(self.today)))
        self.offer_organisations(organisations)
        earliest, latest = self.today.isoformat(), (self.today + FARTHEST_BOOKING).isoformat()
        for name in ("first", "last"):
            self.fields[name].widget.attrs |= {"min": earliest, "max": latest}

    def offer(self, name: str, *choices: tuple[str, "StrOrPromise"]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def offer_organisations(self, theirs: Sequence[Organisation]) -> None:
        """Let members of organisations say for whom they look: it decides what is offered."""
        organisation = self.fields["organisation"]
        assert isinstance(organisation, forms.ModelChoiceField)
        organisation.queryset = Organisation.objects.filter(pk__in=[row.pk for row in theirs])
        self.organisations = [(row.pk, row.name) for row in theirs]
        organisation.choices = [("", organisation.empty_label), *self.organisations]  # read once
        if not self.organisations:
            del self.fields["organisation"]

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
        if asked.get("when") in {"dates", "every"} and not self.errors.keys() & {"first", "last"}:
            self.check_dates(asked.get("first"), asked.get("last"))
        if asked.get("when") == "every":
            self.check_weekly(asked)
        else:
            self.check_hours(*self.hours(), asked.get("length"))
        return asked

    def check_weekly(self, asked: dict[str, Any]) -> None:
        if not asked.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one weekday."))
        if asked.get("begins") is None and "begins" not in self.errors:
            self.add_error("begins", _("Say at what time it begins."))
        if asked.get("length") == self.ANY_LENGTH:
            self.add_error("length", _("Say how long it lasts."))

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
        elif last is not None and last > first + LONGEST_RANGE and self.data["when"] == "dates":
            self.add_error("last", _("Look at two months at a time, at most."))
        elif self.data["when"] == "every":
            self.check_season(first, last)

    def check_season(self, first: date, last: date | None) -> None:
        if last is None:
            self.add_error("last", _("Choose the last day."))
        elif last > first + LONGEST_SEASON:
            self.add_error("last", _("Look at one year at a time, at most."))

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
            "month": self.days_of_month,
            "dates": self.days_given,
            "every": self.days_given,
        }[self.cleaned_data["when"]]()

    def days_given(self) -> tuple[date, date]:
        return self.cleaned_data["first"], self.cleaned_data.get("last") or self.cleaned_data["first"]

    def days_of_month(self) -> tuple[date, date]:
        first = date.fromisoformat(f"{self.cleaned_data.get('month') or self.today.isoformat()[:7]}-01")
        return max(first, self.today), month_after(first) - timedelta(days=1)

    def windows(self) -> list[Stretch]:
        """Return the stretches in which a time would do; each time itself, if it is the same every week."""
        weekdays = self.cleaned_data["weekdays"] or EVERY_DAY
        if not self.is_weekly:
            return windows(*self.days(), weekdays, *self.hours())
        length = timedelta(minutes=int(self.cleaned_data["length"]))
        return same_time(*self.days(), weekdays, self.cleaned_data["begins"], length)

    @property
    def is_weekly(self) -> bool:
        """Whether the same time is wanted every week."""
        return self.cleaned_data.get("when") == "every"

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
        near = self.point()
        return Question(
            spaces=self.spaces(),
            place=search.place_called(asked["where"]),
            windows=self.windows(),
            people=asked["people"] or 1,
            length=None if asked["length"] == self.ANY_LENGTH else timedelta(minutes=int(asked["length"])),
            near=near,
            order=self.in_order(near),
            asker=asker(self.user, asked.get("organisation"), today=self.today),
        )

    def point(self) -> search.Point | None:
        """Return the point to be near: one's own, that of the hall that was looked at, or of a district."""
        asked = self.cleaned_data
        if asked["near"]:
            return asked["near"]
        if asked["hall"]:
            return asked["hall"].venue.point
        return search.centre_of(asked["where"]) if asked["where"] else None

    def in_order(self, near: search.Point | None) -> Order:
        """Return how the results are sorted. What is free most often comes first, if it is for every week."""
        if self.is_weekly:
            return "coverage"
        asked = self.cleaned_data["order"] or ("distance" if self.cleaned_data["hall"] else "time")
        if asked == "price":
            return "price"
        return "distance" if asked == "distance" and near else "first_free"

    def unmet(self) -> Unmet:
        """Return what was asked, without who asked it, for the city to count."""
        asked = self.cleaned_data
        first, last = self.days()
        weekdays = asked["weekdays"] or ([first.isoweekday()] if first == last else [])
        return Unmet(
            asked_on=self.today,
            district_id=search.district_called(asked["where"]),
            kind=asked["kind"],
            purpose_id=Purpose.objects.filter(code=asked["what"]).values_list("pk", flat=True).first(),
            weekday=weekdays[0] if len(weekdays) == 1 else None,
            hour=(asked["begins"] or self.hours()[0]).hour,
            minutes=int(asked["length"]) if asked["length"].isdecimal() else None,
            people=asked["people"] or 1,
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
        if asked["hall"]:
            spaces = search.around(spaces, asked["hall"], nearby=asked["around"] == "nearby")
        return spaces

    @property
    def days_in_words(self) -> str:
        """la 28.11. – su 29.11."""
        first, last = map(wording.short_day, self.days())
        return first if first == last else f"{first} – {last}"

    @property
    def hours_in_words(self) -> str:
        if self.is_weekly:
            days = ", ".join(str(WEEKDAYS_ABBR[day - 1]) for day in self.cleaned_data["weekdays"])
            return f"{days} {clock(self.cleaned_data['begins'])}"
        return hours_in_words(*self.hours())

    @property
    def drawn_from(self) -> tuple:
        """All that decides how the form looks: the same question looks the same to everybody all day."""
        hall = self.cleaned_data.get("hall")
        return (
            get_language(),
            self.today,
            self.asked,
            self.purposes,
            self.organisations,
            hall and (hall.name, hall.venue.name),
        )

    @property
    def has_more(self) -> bool:
        """Whether something is asked that stands behind "more"."""
        return any(self.data.get(name) for name in ("time_from", "time_to", "kind", "step_free"))


def months_from(day: date) -> list[date]:
    """Return the first days of this month and of those that can be asked about."""
    months = [day.replace(day=1)]
    for _month in range(1, MONTHS_AHEAD):
        months.append(month_after(months[-1]))
    return months


def month_after(first: date) -> date:
    return first + relativedelta(months=1)


def month_choice(first: date) -> tuple[str, str]:
    return first.isoformat()[:7], wording.month(first)


def hours_in_words(start: time, end: time) -> str:
    return f"{clock(start)}–{closing(end)}"


def length_choice(minutes: int) -> tuple[str, str]:
    return str(minutes), wording.minutes(minutes)
