"""The times of a day as people write them: "8.00–12.00, 17.00–24.00", and nothing for closed."""

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.texts import in_all_languages

from . import wording
from .audiences import Audience, for_everyone
from .clock import MINUTES_A_DAY
from .hours_in_words import clock, closing
from .models import OpeningException, Timetable
from .opening_hours import Hours
from .widgets import DayInput

CLOSED = {"", "-", "–", "kiinni", "suljettu", "stängt", "closed"}
APART = re.compile(r"[,;\n]|\b(?:ja|och|and)\b|(?<=\d)\s+(?=\d)")
STRETCH = re.compile(r"(?:klo|kl)?\.?\s*(\d{1,2})(?:[.:](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[.:](\d{2}))?")
MOST_DAYS = 62
LONGEST_LINE = 200


class HoursField(forms.CharField):
    """Stretches of one day, written as text and read as a list of (opens, closes).

    24 is the end of the day; a closing time before the opening time is on the next day. Finnish and English
    ways of writing a time will do, and so will a bare hour.
    """

    default_error_messages = {
        "unreadable": _("Write the times like 8.00–12.00, 17.00–21.00."),
        "no_such_time": _("There is no such time of day."),
        "empty_stretch": _("The times must not be the same. Around the clock is 0.00–24.00."),
        "overlap": _("The times overlap."),
    }

    def __init__(self, **kwargs):
        super().__init__(**{"required": False} | kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return ", ".join(f"{clock(opens)}–{closing(closes)}" for opens, closes in value)
        return value

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value) or "").lower()
        if text in CLOSED:
            return []
        if len(text) > LONGEST_LINE:
            raise self.wrong("unreadable")
        stretches = sorted(self.stretch(part.strip()) for part in APART.split(text) if part.strip())
        self.refuse_overlap(stretches)
        return stretches

    def run_validators(self, value: Any) -> None:
        """Those of a text have nothing to say about stretches of time."""

    def stretch(self, text: str) -> Hours:
        found = STRETCH.fullmatch(text)
        if not found:
            raise self.wrong("unreadable")
        begins, ends = (
            int(hours) * 60 + int(minutes or 0) for hours, minutes in (found.group(1, 2), found.group(3, 4))
        )
        is_no_minute = max(int(found[2] or 0), int(found[4] or 0)) > 59
        if begins >= MINUTES_A_DAY or ends > MINUTES_A_DAY or is_no_minute:
            raise self.wrong("no_such_time")
        if begins == ends and begins != 0:
            raise self.wrong("empty_stretch")
        return clock_at(begins), clock_at(ends % MINUTES_A_DAY)

    def refuse_overlap(self, stretches: Sequence[Hours]) -> None:
        for earlier, later in pairwise(stretches):
            lasts_past_midnight = earlier[1] <= earlier[0]
            if lasts_past_midnight or later[0] < earlier[1]:
                raise self.wrong("overlap")

    def wrong(self, code: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or []) != (data or "")


def clock_at(minutes: int) -> time:
    return time(*divmod(minutes, 60))


class DayForm(forms.ModelForm):
    """Other hours than those of the rules, on a day that is known."""

    hours = HoursField(
        label=_("Open"), help_text=_("Write like 8.00–12.00, 17.00–21.00. Leave empty if it is closed.")
    )
    open_to = forms.MultipleChoiceField(
        label=_("For whom"),
        choices=Audience.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nobody chosen: for everyone."),
    )

    class Meta:
        model = OpeningException
        fields = ["open_to", "is_staffed", *in_all_languages("reason")]

    field_order = ["first", "last", "hours"]

    def clean_open_to(self) -> list[str]:
        chosen = self.cleaned_data["open_to"]
        return for_everyone() if not chosen or Audience.EVERYONE in chosen else chosen

    @property
    def reason(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in in_all_languages("reason")}


class NewDaysForm(DayForm):
    """Other hours than those of the rules, on one day or on several in a row."""

    first = forms.DateField(label=_("First day"), widget=DayInput)
    last = forms.DateField(
        label=_("Last day"), required=False, widget=DayInput, help_text=_("Leave empty for a single day.")
    )

    def __init__(self, *args, timetable: Timetable, today: date, **kwargs):
        self.timetable, self.today = timetable, today
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last") or cleaned.get("first")
        if not first or not last:
            return cleaned
        if first < self.today:
            self.add_error("first", _("This day has passed."))
        if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
            self.add_error(
                "last", _("The last day is not before the first, and at most two months after it.")
            )
        known = self.timetable.exceptions.filter(date__range=(first, last)).first()
        if known and not self.errors:
            self.add_error(
                "first",
                _("%(day)s is different already. Change it in the list.") % {"day": wording.day(known.date)},
            )
        return cleaned

    @property
    def days(self) -> list[date]:
        first, last = self.cleaned_data["first"], self.cleaned_data["last"] or self.cleaned_data["first"]
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]
