"""Seasons: looked at before, booked in one go, and changed afterwards by those whom they concern."""

import re
from collections.abc import Mapping
from datetime import datetime, time

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.details import remember_birth
from venues.api.serializers import Texts
from venues.models import Space, TermsVersion

from .. import ledger, limits, permissions, series, series_changes
from ..models import MissedDate, Occupancy, Series
from ..recurrence import MOST_TURNS, MOST_WEEKS_BETWEEN, SeriesWish
from ..series import Place
from ..series_changes import Move, Release
from ..series_changes import Texts as Words
from .bookings import STATES, BirthDate, CustomerSerializer, OrganisationSerializer, PurposeCode
from .errors import AlternativeSerializer, ProblemSerializer
from .fields import ById, Instant, OwnOrganisation, Text, WholeNumber
from .idempotency import answered_once
from .own import OwnViewSet
from .prices import AddOns, DatePriceSerializer, SeasonPriceSerializer, SeenCents

WORDS = ("purpose", "note", "adult_name", "adult_phone")
TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d$"


@extend_schema_field({"type": "string", "pattern": TIME_OF_DAY, "example": "18:00"})
class TimeOfDay(serializers.Field):
    """What the city's clocks show."""

    default_error_messages = {"invalid": _("Write a time of the day like 17:00.")}

    def to_internal_value(self, data) -> time:
        if not isinstance(data, str) or not re.fullmatch(TIME_OF_DAY, data, re.ASCII):
            self.fail("invalid")
        return time.fromisoformat(data)

    def to_representation(self, value: time) -> str:
        return value.strftime("%H:%M")


# --- What is asked --------------------------------------------------------------------------------


@extend_schema_serializer(component_name="Season")
class SeasonSerializer(serializers.Serializer):
    """Every n weeks on some weekdays, at most for a season. All times are the city's: 18.00 all year.

    Say either `last_on`, a day on which a date may still begin, or `count`.
    """

    space = ById(queryset=Space.objects.with_place())
    weekdays = serializers.ListField(
        child=WholeNumber(min_value=1, max_value=7), min_length=1, max_length=7, help_text="1 is Monday."
    )
    every_weeks = WholeNumber(
        min_value=1,
        max_value=MOST_WEEKS_BETWEEN,
        default=1,
        help_text="Counted from the week of the first day. Weeks begin on Monday.",
    )
    first_on = serializers.DateField()
    last_on = serializers.DateField(required=False, allow_null=True)
    count = WholeNumber(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_TURNS,
        help_text="How many dates there are, those on holidays among them.",
    )
    starts = TimeOfDay()
    ends = TimeOfDay(help_text="At or before `starts` it is on the next day.")
    without_holidays = serializers.BooleanField(default=True, help_text="Not on public holidays.")
    without_breaks = serializers.BooleanField(default=False, help_text="Not in school holidays.")
    attendees = WholeNumber(min_value=1, max_value=limits.MOST_PEOPLE, default=1)
    organisation = OwnOrganisation(
        required=False, allow_null=True, help_text="For whom, if not for the caller alone."
    )
    main_purpose = PurposeCode(
        required=False, allow_null=True, help_text="The kind of use, by the code of a purpose."
    )
    add_ons = AddOns()


@extend_schema_serializer(component_name="Replacement")
class ReplacementSerializer(serializers.Serializer):
    """What is wanted instead of a date: another space, or another time."""

    instead_of = Instant(help_text="When the date starts that is replaced.")
    space = ById(queryset=Space.objects.with_place())
    starts_at = Instant()
    ends_at = Instant()


@extend_schema_serializer(component_name="NewSeries")
class NewSeriesSerializer(SeasonSerializer):
    """Beside the season what the space's `policies` ask for; `problems` name what is missing."""

    mode = serializers.ChoiceField(
        choices=["free", "all"], default="free", help_text="Book what is free, or all dates or none."
    )
    replacements = ReplacementSerializer(many=True, required=False)
    purpose = Text(max_length=limits.LONGEST_PURPOSE, default="", allow_blank=True, help_text="What for.")
    note = Text(
        max_length=limits.LONGEST_NOTE, default="", allow_blank=True, help_text="A message to the venue."
    )
    adult_name = Text(max_length=limits.LONGEST_ADULT_NAME, default="", allow_blank=True)
    adult_phone = Text(max_length=limits.LONGEST_ADULT_PHONE, default="", allow_blank=True)
    accepted_terms = ById(queryset=TermsVersion.objects.all(), required=False, allow_null=True)
    born_on = BirthDate(required=False, allow_null=True)
    seen_cents = SeenCents()


@extend_schema_serializer(component_name="SeriesChange")
class SeriesChangeSerializer(serializers.Serializer):
    """What is to become of dates to come. Past ones, those given back and those moved alone stay.

    "move" takes `starts`, `ends`, `days` and `space`; without `ends` the length stays. "texts" takes the
    words, which all dates share: its `scope` is "all". "release" gives back.
    """

    what = serializers.ChoiceField(choices=["move", "release", "texts"])
    scope = serializers.ChoiceField(choices=["one", "later", "all"])
    since = WholeNumber(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="The `id` of the one date, or of that from which on dates change. Not for all.",
    )
    starts = TimeOfDay(required=False)
    ends = TimeOfDay(required=False)
    days = WholeNumber(
        required=False, min_value=-6, max_value=6, help_text="So many days later, or earlier if negative."
    )
    space = ById(queryset=Space.objects.with_place(), required=False)
    purpose = Text(max_length=limits.LONGEST_PURPOSE, required=False, allow_blank=True)
    note = Text(max_length=limits.LONGEST_NOTE, required=False, allow_blank=True)
    adult_name = Text(max_length=limits.LONGEST_ADULT_NAME, required=False, allow_blank=True)
    adult_phone = Text(max_length=limits.LONGEST_ADULT_PHONE, required=False, allow_blank=True)


# --- What is told ---------------------------------------------------------------------------------


@extend_schema_serializer(component_name="LedgerRow")
class RowSerializer(serializers.Serializer):
    """A date, and everything that stands in its way."""

    starts_at = Instant(source="turn.starts_at")
    ends_at = Instant(source="turn.ends_at")
    is_free = serializers.BooleanField()
    is_left_out = serializers.BooleanField(help_text="It falls on a holiday that was not wanted.")
    problems = ProblemSerializer(many=True)
    alternatives = AlternativeSerializer(many=True, help_text="What is free instead, nearest first.")
    price = DatePriceSerializer(allow_null=True, help_text="What it costs; null without a price list.")


@extend_schema_serializer(component_name="Ledger")
class LedgerSerializer(serializers.Serializer):
    """Every date of a season with its verdict, as it is at the moment."""

    free = serializers.IntegerField(help_text="How many dates could be booked.")
    is_by_request = serializers.BooleanField(help_text="Whether the venue decides.")
    price = SeasonPriceSerializer(
        allow_null=True, help_text="What the dates that could be booked cost; null without a price list."
    )
    rows = RowSerializer(many=True)


@extend_schema_serializer(component_name="DateOfSeries")
class DateSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    booking = serializers.IntegerField(source="booking_id")
    status = serializers.ChoiceField(choices=STATES, source="booking.status", help_text="The booking's.")
    space = serializers.IntegerField(source="space_id")
    starts_at = Instant()
    ends_at = Instant()
    released_at = Instant(allow_null=True, help_text="When it was given back.")
    is_exception = serializers.BooleanField(help_text="It was moved alone.")


@extend_schema_serializer(component_name="MissedDate")
class MissedSerializer(serializers.Serializer):
    """A date that could not be had, and every reason why, as it was then."""

    id = serializers.IntegerField()
    space = serializers.IntegerField(source="space_id")
    starts_at = Instant()
    ends_at = Instant()
    problems = serializers.SerializerMethodField()
    made_up_at = Instant(allow_null=True, help_text="When it was booked after all, or another instead.")

    @extend_schema_field(ProblemSerializer(many=True))
    def get_problems(self, missed: MissedDate) -> list[dict[str, str]]:
        language = (get_language() or "fi")[:2]
        return [
            {"code": problem["code"], "message": problem.get(language) or problem["fi"]}
            for problem in missed.problems
        ]


@extend_schema_serializer(component_name="Series")
class SeriesSerializer(serializers.Serializer):
    """What was asked for."""

    id = serializers.IntegerField()
    space = serializers.IntegerField(source="space_id")
    space_name = Texts("name", source="space")
    venue = serializers.IntegerField(source="space.venue_id")
    venue_name = Texts("name", source="space.venue")
    customer = CustomerSerializer()
    organisation = OrganisationSerializer(allow_null=True)
    weekdays = serializers.ListField(child=serializers.IntegerField())
    every_weeks = serializers.IntegerField()
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    starts = TimeOfDay()
    ends = TimeOfDay()
    without_holidays = serializers.BooleanField()
    without_breaks = serializers.BooleanField()
    created_at = Instant()


@extend_schema_serializer(component_name="SeriesInFull")
class SeriesInFullSerializer(SeriesSerializer):
    """What was asked for, and what came of it: the dates that were made, and those that were missed."""

    made = serializers.SerializerMethodField(help_text="All dates, also those that were given back.")
    missed = MissedSerializer(many=True, source="missed.all")

    @extend_schema_field(DateSerializer(many=True))
    def get_made(self, asked: Series) -> list[dict]:
        user = self.context["request"].user
        bookings = asked.bookings.visible_to(user)
        dates = Occupancy.objects.filter(booking__in=bookings).select_related("booking")
        return list(DateSerializer(dates.order_by("starts_at", "pk"), many=True).data)


@extend_schema_serializer(component_name="NotDone")
class NotDoneSerializer(serializers.Serializer):
    date = DateSerializer()
    problems = ProblemSerializer(many=True)


@extend_schema_serializer(component_name="SeriesChanged")
class ChangedSerializer(serializers.Serializer):
    """Which dates were changed, and which stay as they are and why."""

    done = DateSerializer(many=True)
    refused = NotDoneSerializer(many=True)


# --- Answers --------------------------------------------------------------------------------------


class SeriesViewSet(RetrieveModelMixin, OwnViewSet):
    """Seasons that the caller may see: their own, their organisations', those at venues they manage."""

    serializer_class = SeriesSerializer

    def get_queryset(self):
        asked = Series.objects.visible_to(self.request.user)
        return asked.select_related("space__venue", "customer", "organisation").order_by("-pk")

    @extend_schema(operation_id="series_list")
    def list(self, request: Request) -> Response:
        """Seasons that the caller may see, the newest first."""
        return super().list(request)

    @extend_schema(operation_id="series_retrieve", responses=SeriesInFullSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One season, with its dates and those that were missed."""
        return self.told(self.get_object())

    @extend_schema(operation_id="series_ledger", request=SeasonSerializer, responses=LedgerSerializer)
    @action(detail=False, methods=["post"])
    @answered_once
    def ledger(self, request: Request) -> Response:
        """Tell of every date of a season whether it is free, why not, and what is free instead.

        Nothing is booked or held: this is how it is at the moment.
        """
        asked = self.asked(SeasonSerializer)
        found = ledger.ledger(SeriesWish(**asked), customer=self.caller, now=timezone.now())
        return Response(LedgerSerializer(found).data)

    @extend_schema(
        operation_id="series_create", request=NewSeriesSerializer, responses={201: SeriesInFullSerializer}
    )
    @answered_once
    def create(self, request: Request) -> Response:
        """Book the free dates of a season, or all or none, or with replacements, in one go.

        Where the space is booked by request, it is a request. The answer tells what was made and what was
        missed and why. Nothing is booked if none of the dates is free, or not all of "all".
        """
        asked = self.asked(NewSeriesSerializer)
        remember_birth(self.caller, asked.pop("born_on", None))
        mode, instead = asked.pop("mode"), replacements_of(asked.pop("replacements", []))
        seen_cents = asked.pop("seen_cents", None)
        booked = series.book(
            SeriesWish(**asked),
            customer=self.caller,
            mode=mode,
            replacements=instead,
            seen_cents=seen_cents,
            now=timezone.now(),
        )
        return self.told(booked.series, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="series_change", request=SeriesChangeSerializer, responses=ChangedSerializer)
    @answered_once
    def partial_update(self, request: Request, pk: str) -> Response:
        """Move, shorten or give back one date, it and later ones, or all to come; or change their words.

        Those that cannot are told with the reason, and stay as they are.
        """
        asked = self.get_object()
        bookings = list(asked.bookings.visible_to(self.caller).with_place())
        if not any(permissions.can_change(self.caller, booking) for booking in bookings):
            raise PermissionDenied
        said = self.asked(SeriesChangeSerializer)
        changed = series_changes.change(
            asked,
            scope=said["scope"],
            since=self.since(asked, said),
            what=change_in(said),
            by=self.caller,
            now=timezone.now(),
        )
        return Response(ChangedSerializer(changed).data)

    def since(self, asked: Series, said: dict) -> Occupancy | None:
        """Return the date from which on something changes. Raises `ValidationError` if it is none of its."""
        if said["scope"] == "all":
            return None
        mine = Occupancy.objects.filter(booking__series=asked, pk=said.get("since", 0))
        if date := mine.first():
            return date
        raise serializers.ValidationError({"since": [_("Say which date of the series is meant.")]})

    def get_object(self) -> Series:
        """Return the series; one that the caller may not see is not there."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def told(self, asked: Series, status: int = status.HTTP_200_OK) -> Response:
        told = SeriesInFullSerializer(asked, context=self.get_serializer_context())
        return Response(told.data, status)


def replacements_of(said: list[Mapping]) -> dict[datetime, Place]:
    return {each["instead_of"]: (each["space"], each["starts_at"], each["ends_at"]) for each in said}


def change_in(said: dict) -> Move | Release | Words:
    if said["what"] == "release":
        return Release()
    fields = ("starts", "ends", "days", "space") if said["what"] == "move" else WORDS
    chosen = {name: said[name] for name in fields if name in said}
    return Move(**chosen) if said["what"] == "move" else Words(**chosen)
