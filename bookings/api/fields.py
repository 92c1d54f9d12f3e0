"""What the API takes for an instant, a day or a number, stricter than its framework."""

from datetime import UTC, date, datetime, timedelta

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Organisation
from venues.api.filters import LARGEST_ID
from venues.clock import CITY, at, local

from .. import permissions


class TimeField(serializers.Field):
    """What instants and days have in common: they are far from the ends of the calendar."""

    default_error_messages = {"out_of_range": _("This is too far from today.")}

    def instant(self, data) -> datetime:
        """Return the instant that a text says, in UTC."""
        said = parsed(parse_datetime, data)
        if said is None or parsed(parse_date, data):
            self.fail("invalid")
        return self.in_range(said if said.tzinfo else said.replace(tzinfo=CITY))

    def in_range(self, instant: datetime) -> datetime:
        """Return the instant in UTC if days can be added and taken away, whatever the time zone.

        In UTC, because Python measures between two local times by what the clocks show.
        """
        try:
            for days in (-400, 400):
                local(instant) + timedelta(days=days)
            return instant.astimezone(UTC)
        except OverflowError:
            self.fail("out_of_range")


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(TimeField):
    """An instant in ISO 8601. Without an offset it is read as the city's clocks show it."""

    default_error_messages = {"invalid": _("Write an instant like 2027-02-06T18:00:00+02:00.")}

    def to_internal_value(self, data) -> datetime:
        return self.instant(data)

    def to_representation(self, instant: datetime) -> str:
        return local(instant).isoformat()


@extend_schema_field(
    {
        "type": "string",
        "anyOf": [{"format": "date"}, {"format": "date-time"}],
        "examples": ["2027-02-06", "2027-02-06T18:00:00+02:00"],
    }
)
class DayOrInstant(TimeField):
    """A date, or an instant."""

    default_error_messages = {
        "invalid": _("Write a date like 2027-02-06, or an instant like 2027-02-06T18:00:00+02:00."),
    }

    def to_internal_value(self, data) -> date:
        day = parsed(parse_date, data)
        if day is None:
            return self.instant(data)
        self.in_range(at(day))
        return day


def parsed(parse, data):
    """Return what the parser makes of a text, or None if it is none or names no real day or time."""
    try:
        return parse(data) if isinstance(data, str) else None
    except ValueError:
        return None


class WholeNumber(serializers.IntegerField):
    """A number, not a text that looks like one."""

    def to_internal_value(self, data) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A text, not a number that could be written as one."""

    def to_internal_value(self, data) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class ById(serializers.PrimaryKeyRelatedField):
    def __init__(self, **kwargs):
        kwargs.setdefault("pk_field", WholeNumber(min_value=1, max_value=LARGEST_ID))
        super().__init__(**kwargs)


class OwnOrganisation(ById):
    """One for which the caller may book; any other is unknown to them."""

    def get_queryset(self):
        user = self.context["request"].user
        return permissions.organisations_of(user) if user.is_authenticated else Organisation.objects.none()
