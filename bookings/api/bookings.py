"""Bookings: made, read and changed by those whom they concern."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from django.db.models import Prefetch, prefetch_related_objects
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.details import could_be_born_on, remember_birth
from accounts.models import Organisation, User
from venues.api.filters import WholeNumberFilter
from venues.api.serializers import Texts, TextsSerializer
from venues.models import Purpose, Space, TermsVersion

from .. import dates, lifecycle, limits, permissions, quotes
from ..date_rows import state_of
from ..models import Booking, Occupancy, Status
from ..wishes import Wish, next_date, wish_of
from .fields import ById, Instant, OwnOrganisation, Text, WholeNumber
from .idempotency import answered_once
from .own import OwnViewSet
from .prices import AddOns, PriceSerializer, SeenCents, price_of
from .questions import Period, begin, end

EVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)

# A form that is open is no booking yet.
STATES = [choice for choice in Status.choices if choice[0] != Status.HELD]

# Of its dates a booking tells when they are, and what became of them.
TIMES = Prefetch(
    "dates", Occupancy.objects.only("booking", "starts_at", "ends_at", "released_at", "is_exception")
)


# A date of a booking, in an address.
ONE_DATE = "dates/(?P<date>[0-9]{1,18})"
DATE = OpenApiParameter("date", int, OpenApiParameter.PATH, description="The `id` of one of its `dates`.")


# --- What is told ---------------------------------------------------------------------------------


class InstantOfDate(Instant):
    """When the booking's next date starts or ends, or its last if none comes. Needs its `dates` fetched."""

    def get_attribute(self, booking: Booking) -> datetime:
        date = next_date(booking, timezone.now())
        return date.starts_at if self.field_name == "starts_at" else date.ends_at


@extend_schema_serializer(component_name="Customer")
class CustomerSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(source="__str__")


@extend_schema_serializer(component_name="Organisation")
class OrganisationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Organisation
        fields = read_only_fields = ["id", "name", "kind"]


STATES_OF_DATES = [
    ("coming", _("Coming")),
    ("past", _("Over")),
    ("released", _("Given back")),
    ("moved", _("Moved")),
]


@extend_schema_serializer(component_name="BookingDate")
class DateSerializer(serializers.Serializer):
    """One date of a booking. A date that was given back stays in the list."""

    id = serializers.IntegerField()
    starts_at = Instant()
    ends_at = Instant()
    state = serializers.SerializerMethodField(
        help_text="`coming`, `moved` (comes, but was moved alone), `past`, or `released` (given back)."
    )

    @extend_schema_field(serializers.ChoiceField(choices=STATES_OF_DATES))
    def get_state(self, date: Occupancy) -> str:
        return state_of(date, now=timezone.now())


@extend_schema_serializer(component_name="Booking")
class BookingSerializer(serializers.Serializer):
    """Who has which space when, and in which state."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=STATES)
    space = serializers.IntegerField(source="space_id")
    space_name = Texts("name", source="space")
    venue = serializers.IntegerField(source="space.venue_id")
    venue_name = Texts("name", source="space.venue")
    starts_at = InstantOfDate(help_text="Of the next date; of the last one if none is to come.")
    ends_at = InstantOfDate(help_text="Of the same date.")
    dates = DateSerializer(source="dates.all", many=True, help_text="One date, or the many of a series.")
    series = serializers.IntegerField(
        source="series_id", allow_null=True, help_text="The series that the booking is a part of."
    )
    customer = CustomerSerializer()
    organisation = OrganisationSerializer(allow_null=True)
    purpose = serializers.CharField()
    attendees = serializers.IntegerField()
    note = serializers.CharField(help_text="A message to the venue.")
    main_purpose = serializers.CharField(
        source="main_purpose.code", allow_null=True, help_text="The kind of use: the code of a purpose."
    )
    adult_name = serializers.CharField(help_text="Who is in charge on the spot.")
    adult_phone = serializers.CharField()
    accepted_terms = serializers.IntegerField(
        source="accepted_terms_id", allow_null=True, help_text="The version of the terms that was accepted."
    )
    add_ons = serializers.ListField(
        child=serializers.CharField(), help_text="What was ordered besides, by the codes of the price list."
    )
    competes = serializers.BooleanField(help_text="Others may ask for the same time; the manager chooses.")
    created_at = Instant()
    decide_by = Instant(allow_null=True, help_text="A request without an answer by then expires.")
    payment_due_at = Instant(allow_null=True)
    decided_at = Instant(allow_null=True)
    cancelled_at = Instant(allow_null=True)
    reason = serializers.CharField(help_text="Why it was declined or cancelled.")


@extend_schema_serializer(component_name="BookingInFull")
class BookingInFullSerializer(BookingSerializer):
    """A booking, what it costs, and how to get in."""

    price = serializers.SerializerMethodField(help_text="What is owed for it; null without a price.")
    arrival = serializers.SerializerMethodField(
        help_text="How to get in; null until the booking is confirmed."
    )

    @extend_schema_field(PriceSerializer(allow_null=True))
    def get_price(self, booking: Booking) -> dict | None:
        price = price_of(quotes.lines_of(booking))
        return PriceSerializer(price).data if price else None

    @extend_schema_field(TextsSerializer(allow_null=True))
    def get_arrival(self, booking: Booking) -> dict | None:
        if not permissions.can_see_arrival(self.context["request"].user, booking):
            return None
        return Texts("arrival").to_representation(booking.space)


# --- What is asked --------------------------------------------------------------------------------


@extend_schema_field(OpenApiTypes.STR)
class PurposeCode(serializers.Field):
    """A word of the city's list of purposes, by its code."""

    default_error_messages = {"unknown": _("There is no such purpose.")}

    def to_internal_value(self, data) -> Purpose:
        code = Text().run_validation(data)
        # Looked for here, not in the database, which takes no text with a NUL.
        found = {purpose.code: purpose for purpose in Purpose.objects.all()}.get(code)
        return found or self.fail("unknown")


class BirthDate(serializers.DateField):
    default_error_messages = {"not_born": _("Check the year: this cannot be a date of birth.")}

    def to_internal_value(self, data) -> date:
        day = super().to_internal_value(data)
        return day if could_be_born_on(day) else self.fail("not_born")


@extend_schema_serializer(component_name="NewBooking")
class NewBookingSerializer(serializers.Serializer):
    """Beside space and time, what the space's `policies` ask for; `problems` name what is missing."""

    space = ById(queryset=Space.objects.all())  # the rules read it anew, with its place
    starts_at = Instant()
    ends_at = Instant()
    purpose = Text(max_length=limits.LONGEST_PURPOSE, default="", allow_blank=True, help_text="What for.")
    attendees = WholeNumber(min_value=1, max_value=limits.MOST_PEOPLE, default=1)
    note = Text(
        max_length=limits.LONGEST_NOTE, default="", allow_blank=True, help_text="A message to the venue."
    )
    organisation = OwnOrganisation(
        required=False, allow_null=True, help_text="For whom, if not for the caller alone."
    )
    main_purpose = PurposeCode(
        required=False,
        allow_null=True,
        help_text="The kind of use, by the code of one of the space's purposes, if some need approval.",
    )
    adult_name = Text(
        max_length=limits.LONGEST_ADULT_NAME,
        default="",
        allow_blank=True,
        help_text="Who is in charge on the spot, if the space needs somebody.",
    )
    adult_phone = Text(max_length=limits.LONGEST_ADULT_PHONE, default="", allow_blank=True)
    add_ons = AddOns()
    seen_cents = SeenCents()
    accepted_terms = ById(
        queryset=TermsVersion.objects.all(),
        required=False,
        allow_null=True,
        help_text="The `id` of the version of the space's terms that the customer accepts.",
    )
    born_on = BirthDate(
        required=False,
        allow_null=True,
        help_text="The caller's date of birth, where the space has a minimum age. Kept in the caller's"
        " details, and not asked again.",
    )


@extend_schema_serializer(component_name="Move")
class MoveSerializer(serializers.Serializer):
    starts_at = Instant()
    ends_at = Instant()
    space = ById(queryset=Space.objects.with_place(), required=False, help_text="By default the same.")


@extend_schema_serializer(component_name="Decline")
class DeclineSerializer(serializers.Serializer):
    reason = Text(
        max_length=limits.LONGEST_REASON, allow_blank=True, help_text="The customer reads it; not empty."
    )


@extend_schema_serializer(component_name="Cancel")
class CancelSerializer(serializers.Serializer):
    reason = Text(max_length=limits.LONGEST_REASON, allow_blank=True, default="")


class BookingFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=STATES, label="Repeat it for several.")
    space = WholeNumberFilter(field_name="space_id")
    venue = WholeNumberFilter(field_name="space__venue_id")
    organisation = WholeNumberFilter(field_name="organisation_id")

    class Meta:
        model = Booking
        fields: list[str] = []


# --- Answers --------------------------------------------------------------------------------------


class BookingViewSet(RetrieveModelMixin, OwnViewSet):
    """Bookings that the caller may see: their own, their organisations', those of venues they manage."""

    serializer_class = BookingSerializer
    filterset_class = BookingFilter

    def get_queryset(self):
        bookings = Booking.objects.submitted().visible_to(self.request.user).with_place()
        return bookings.select_related("main_purpose").order_by("-pk")

    def filter_queryset(self, queryset):
        """Ask for a period, too, which a filter cannot: `from` is no name in Python."""
        queryset = super().filter_queryset(queryset)
        period = self.asked(Period, self.request.query_params)
        if not period:
            return queryset
        starts_at = begin(period["from"]) if "from" in period else EVER[0]
        ends_at = end(period["to"]) if "to" in period else EVER[1]
        return queryset.filter(pk__in=Occupancy.objects.over(starts_at, ends_at).values("booking"))

    @extend_schema(operation_id="bookings_list", parameters=[Period])
    def list(self, request: Request) -> Response:
        """Bookings that the caller may see, the newest first, without how to get in."""
        return super().list(request)

    @extend_schema(operation_id="bookings_retrieve", responses=BookingInFullSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One booking, with how to get in for those who may know."""
        return self.told(self.get_object())

    @extend_schema(
        operation_id="bookings_create",
        request=NewBookingSerializer,
        responses={201: BookingInFullSerializer},
    )
    @answered_once
    def create(self, request: Request) -> Response:
        """Book, or send a request where the space is booked by request: `status` says which it became.

        A taken time is answered with 409 `time_taken` and what is free instead. What the space's policy wants
        to be told besides is a problem with a code of its own: `purpose_missing`, `adult_missing`,
        `birth_date_missing`, `terms_not_accepted`, or `terms_changed` if a newer version has been published.
        With `seen_cents`, another price is refused as `price_changed`; a time that nobody has priced is
        refused as `no_price`.
        """
        asked = self.asked(NewBookingSerializer, request.data)
        remember_birth(self.caller, asked.pop("born_on", None))
        wish = Wish(**asked)
        booking = lifecycle.book(wish, customer=self.caller, now=timezone.now())
        return self.told(booking, status.HTTP_201_CREATED)

    @extend_schema(operation_id="bookings_approve", request=None, responses=BookingInFullSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def approve(self, request: Request, pk: str) -> Response:
        """Accept a request. For the venue's managers."""
        booking = self.permitted(permissions.can_decide)
        return self.told(lifecycle.approve(booking, by=self.caller, now=timezone.now()))

    @extend_schema(
        operation_id="bookings_decline", request=DeclineSerializer, responses=BookingInFullSerializer
    )
    @action(detail=True, methods=["post"])
    @answered_once
    def decline(self, request: Request, pk: str) -> Response:
        """Say no to a request, with a reason. For the venue's managers."""
        booking = self.permitted(permissions.can_decide)
        said = self.asked(DeclineSerializer, request.data)
        return self.told(lifecycle.decline(booking, by=self.caller, now=timezone.now(), **said))

    @extend_schema(operation_id="bookings_settle", request=None, responses=BookingInFullSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def settle(self, request: Request, pk: str) -> Response:
        """Confirm a booking whose payment has been seen. For the venue's managers."""
        booking = self.permitted(permissions.can_decide)
        return self.told(lifecycle.settle(booking, by=self.caller, now=timezone.now()))

    @extend_schema(
        operation_id="bookings_cancel", request=CancelSerializer, responses=BookingInFullSerializer
    )
    @action(detail=True, methods=["post"])
    @answered_once
    def cancel(self, request: Request, pk: str) -> Response:
        """Give the time back. For the customer and the venue's managers."""
        booking = self.permitted(permissions.can_change)
        said = self.asked(CancelSerializer, request.data)
        return self.told(lifecycle.cancel(booking, by=self.caller, now=timezone.now(), **said))

    @extend_schema(operation_id="bookings_move", request=MoveSerializer, responses=BookingInFullSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def move(self, request: Request, pk: str) -> Response:
        """Give a booking another time or another space, all or nothing.

        For the venue's managers, and for the customer where that passes nobody's decision by. The dates of a
        booking with many move one by one: `many_dates`.
        """
        booking = self.get_object()
        lifecycle.only_date_of(booking)
        wish = replace(wish_of(booking), **self.asked(MoveSerializer, request.data))
        if not permissions.can_move(self.caller, booking, wish.space):
            raise PermissionDenied
        return self.told(lifecycle.move(booking, wish, by=self.caller, now=timezone.now()))

    @extend_schema(
        operation_id="bookings_dates_release",
        parameters=[DATE],
        request=None,
        responses=BookingInFullSerializer,
    )
    @action(detail=True, methods=["post"], url_path=ONE_DATE + "/release")
    @answered_once
    def release(self, request: Request, pk: str, date: str) -> Response:
        """Give one date back; with the last one the booking is cancelled.

        For the customer by the venue's rules (`dates_stay`, `too_late_to_give_back`), and for the venue's
        managers until it begins.
        """
        given_back = self.date_of(self.permitted(permissions.can_change), date)
        dates.release([given_back], by=self.caller, now=timezone.now())
        return self.told(self.get_object())

    @extend_schema(
        operation_id="bookings_dates_take_again",
        parameters=[DATE],
        request=None,
        responses=BookingInFullSerializer,
    )
    @action(detail=True, methods=["post"], url_path=ONE_DATE + "/take-again")
    @answered_once
    def take_again(self, request: Request, pk: str, date: str) -> Response:
        """Take a date again that was given back, if it is still free."""
        given_back = self.date_of(self.permitted(permissions.can_change), date)
        dates.take_again(given_back, by=self.caller, now=timezone.now())
        return self.told(self.get_object())

    @extend_schema(
        operation_id="bookings_dates_move",
        parameters=[DATE],
        request=MoveSerializer,
        responses=BookingInFullSerializer,
    )
    @action(detail=True, methods=["post"], url_path=ONE_DATE + "/move")
    @answered_once
    def move_date(self, request: Request, pk: str, date: str) -> Response:
        """Give one date another time or another space; the others stay where they are.

        In another space it belongs to another booking of the same series: the answer is the booking that it
        belongs to now.
        """
        booking = self.get_object()
        asked = {"space": booking.space} | self.asked(MoveSerializer, request.data)
        if not permissions.can_move(self.caller, booking, asked["space"]):
            raise PermissionDenied
        moved = dates.move(self.date_of(booking, date), by=self.caller, now=timezone.now(), **asked)
        return self.told(get_object_or_404(self.get_queryset(), pk=moved.booking_id))

    def date_of(self, booking: Booking, pk: str) -> Occupancy:
        """Return a date of a booking; one of another booking is not there."""
        date = get_object_or_404(booking.dates.select_related("space"), pk=pk)
        date.booking = booking
        return date

    def get_object(self) -> Booking:
        """Return the booking; one that the caller may not see is not there."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def permitted(self, may: Callable[[User, Booking], bool]) -> Booking:
        booking = self.get_object()
        if not may(self.caller, booking):
            raise PermissionDenied
        return booking

    def told(self, booking: Booking, code: int = status.HTTP_200_OK) -> Response:
        prefetch_related_objects([booking], TIMES)
        return Response(BookingInFullSerializer(booking, context=self.get_serializer_context()).data, code)
