"""What may be asked about time: from when to when, at which hours, how long, how near."""

import math
import re
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from venues.api.filters import LARGEST_ID, SpaceFilter, WholeNumberFilter
from venues.clock import at, local
from venues.models.spaces import LONGEST_BOOKING, MINUTE
from venues.wording import local_date

from ..availability import Stretch
from ..windows import EVERY_DAY, same_time, windows
from .fields import DayOrInstant, OwnOrganisation

LONGEST = timedelta(days=92, hours=1)  # autumn has an hour more
LONGEST_SEASON = timedelta(days=367)
SIX_DAYS = timedelta(days=6)


class Period(serializers.Serializer):
    """From when to when: days, the last of which is included, or instants."""

    first_help = "The first day, or the instant at which it begins."
    last_help = "The last day, which is included, or the instant at which it ends."

    def get_fields(self) -> dict:
        return {
            "from": DayOrInstant(required=False, help_text=self.first_help),  # no name in Python
            "to": DayOrInstant(required=False, help_text=self.last_help),
            **super().get_fields(),
        }

    def validate(self, asked: dict) -> dict:
        if {"from", "to"} <= asked.keys() and end(asked["to"]) <= begin(asked["from"]):
            raise refused("to", _("The end must be after the start."), "ends_before_start")
        return asked


class FreePeriod(Period):
    """A period of at most 92 days, by default the week that begins today."""

    first_help = f"{Period.first_help} By default today."
    last_help = f"{Period.last_help} By default six days later. The two are at most 92 days apart."

    duration = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LONGEST_BOOKING // MINUTE,
        help_text="How long the booking shall be, in minutes. By default each space's shortest.",
    )
    organisation = OwnOrganisation(
        required=False,
        pk_field=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        help_text="For which organisation of yours you ask. By default for yourself: what is open to"
        " associations only, say, is not offered then.",
    )

    def validate(self, asked: dict) -> dict:
        asked.setdefault("from", local(timezone.now()).date())
        asked.setdefault("to", local_date(asked["from"]) + SIX_DAYS)
        asked = super().validate(asked)
        self.refuse_long_period(asked)
        asked["length"] = timedelta(minutes=asked["duration"]) if "duration" in asked else None
        return asked

    def refuse_long_period(self, asked: dict) -> None:
        if end(asked["to"]) - begin(asked["from"]) > LONGEST:
            raise refused("to", _("Ask for at most 92 days at a time."), "period_too_long")


def refused(field: str, message, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: ErrorDetail(message, code)})


def begin(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else at(value)


def end(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else at(value + timedelta(days=1))


CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"


@extend_schema_field({"type": "string", "pattern": CLOCK_TIME, "example": "17:00"})
class ClockTime(serializers.Field):
    default_error_messages = {"invalid": _("Write a time of the day like 17:00.")}

    def to_internal_value(self, data) -> time:
        if not isinstance(data, str) or not re.fullmatch(CLOCK_TIME, data, re.ASCII):
            self.fail("invalid")
        return time.min if data == "24:00" else time.fromisoformat(data)


@extend_schema_field(
    {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 7}, "example": [6, 7]}
)
class Weekdays(serializers.ListField):
    """Repeated, or a list separated by commas."""

    child = serializers.IntegerField(min_value=1, max_value=7)

    def to_internal_value(self, data: list) -> list[int]:
        return super().to_internal_value([part for text in data for part in str(text).split(",")])


@extend_schema_field({"type": "string", "example": "60.17,24.94"})
class Point(serializers.Field):
    default_error_messages = {"invalid": _("Write a point as latitude,longitude like 60.17,24.94.")}

    def to_internal_value(self, data: str) -> tuple[float, float]:
        try:
            lat, lon = map(float, data.split(","))
        except ValueError:
            self.fail("invalid")
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            self.fail("invalid")
        return lat, lon


class Kilometres(serializers.FloatField):
    def to_internal_value(self, data) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value


class Search(FreePeriod):
    """When, for how long and how near."""

    time_from = ClockTime(required=False, help_text="Earliest start, by the city's clocks.")
    time_to = ClockTime(
        required=False,
        help_text="Latest end. At or before time_from it is on the next day. By default midnight.",
    )
    begins = ClockTime(
        required=False,
        help_text="Exactly when each booking would begin, by the city's clocks: on how many such weekdays is"
        " it free? Needs `duration`; then the period may be a year long.",
    )
    weekday = Weekdays(
        required=False,
        help_text="1 is Monday; repeat it, or use commas. A night belongs to the day on which it begins.",
    )
    near = Point(required=False, help_text="Latitude and longitude, separated by a comma.")
    within_km = Kilometres(
        required=False, min_value=0, max_value=1000, help_text="Only so near. Needs `near`."
    )
    sort = serializers.ChoiceField(
        choices=["first_free", "distance", "price", "coverage"],
        default="first_free",
        help_text="The soonest free first; the nearest (needs `near`) with unknown places last; what is free"
        " of charge first; what is free on most of the days first.",
    )

    def validate(self, asked: dict) -> dict:
        if "near" not in asked and (asked["sort"] == "distance" or "within_km" in asked):
            raise refused("near", _("Say near what."), "required")
        if "begins" in asked and "duration" not in asked:
            raise refused("duration", _("Say how long it lasts."), "required")
        return super().validate(asked)

    def refuse_long_period(self, asked: dict) -> None:
        if "begins" not in asked:
            super().refuse_long_period(asked)
        elif end(asked["to"]) - begin(asked["from"]) > LONGEST_SEASON:
            raise refused("to", _("Look at one year at a time, at most."), "period_too_long")


def windows_of(asked: dict) -> list[Stretch]:
    """Return the stretches that are asked about: whole days and their nights, or cut where instants say.

    With `begins`, each is the time of one booking.
    """
    if "begins" in asked:
        first, last = local_date(asked["from"]), local_date(asked["to"])
        weekdays = asked.get("weekday", EVERY_DAY)
        return same_time(first, last, weekdays, asked["begins"], asked["length"])
    first, last = asked["from"], asked["to"]
    cuts_start, cuts_end = isinstance(first, datetime), isinstance(last, datetime)
    found = windows(
        local_date(first) - timedelta(days=cuts_start),  # the night before may still last
        local_date(last),
        asked.get("weekday", EVERY_DAY),
        asked.get("time_from", time.min),
        asked.get("time_to", time.min),
    )
    cut = [
        (max(starts_at, first) if cuts_start else starts_at, min(ends_at, last) if cuts_end else ends_at)
        for starts_at, ends_at in found
    ]
    return [(starts_at, ends_at) for starts_at, ends_at in cut if starts_at < ends_at]


class FreeSpaceFilter(SpaceFilter):
    capacity = WholeNumberFilter(method="with_room", label="Not known to be too small for so many people.")

    def with_room(self, queryset, name: str, people):
        return queryset.with_room_for(people)
