"""Who is expected on a day, and who came: for whoever works at venues, and the customer's own word."""

from collections.abc import Callable

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from venues.api.filters import LARGEST_ID
from venues.api.serializers import Texts
from venues.clock import local
from venues.models import Venue

from .. import permissions, use
from ..models import Booking, Occupancy
from .bookings import CustomerSerializer, OrganisationSerializer
from .fields import Instant
from .idempotency import answered_once
from .own import OwnViewSet


@extend_schema_serializer(component_name="UsedDate")
class UsedDateSerializer(serializers.Serializer):
    """A date of a booking, who is expected, and whether they came."""

    id = serializers.IntegerField()
    booking = serializers.IntegerField(source="booking_id")
    space = serializers.IntegerField(source="space_id")
    space_name = Texts("name", source="space")
    venue = serializers.IntegerField(source="space.venue_id")
    venue_name = Texts("name", source="space.venue")
    starts_at = Instant()
    ends_at = Instant()
    customer = CustomerSerializer(source="booking.customer")
    organisation = OrganisationSerializer(source="booking.organisation", allow_null=True)
    attendees = serializers.IntegerField(source="booking.attendees")
    arrived_at = Instant(allow_null=True, help_text="When it was written down that they came.")
    no_show_at = Instant(allow_null=True, help_text="When it was written down that nobody came.")


@extend_schema_serializer(component_name="UseDay")
class DaySerializer(serializers.Serializer):
    day = serializers.DateField(required=False, help_text="By default today.")


class UseViewSet(OwnViewSet):
    """The confirmed dates of a day at the venues where the caller works, and what is written down of them."""

    queryset = Occupancy.objects.none()
    serializer_class = UsedDateSerializer

    @extend_schema(operation_id="use_list", parameters=[DaySerializer])
    def list(self, request: Request) -> Response:
        """Who is expected at the caller's venues on a day. Nobody, for who works at none."""
        return super().list(request)

    def get_queryset(self):
        question = DaySerializer(data=self.request.query_params)
        question.is_valid(raise_exception=True)
        day = question.validated_data.get("day", local(timezone.now()).date())
        if not use.is_day(day):
            return Occupancy.objects.none()
        return use.expected(Venue.objects.where_works(self.caller), day)

    @extend_schema(operation_id="use_arrive", request=None, responses=UsedDateSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def arrive(self, request: Request, pk: str) -> Response:
        """Write down that they came: by their own word or the venue's."""
        return self.write(pk, use.arrive, may=permissions.can_check_in)

    @extend_schema(operation_id="use_no_show", request=None, responses=UsedDateSerializer)
    @action(detail=True, methods=["post"], url_path="no-show")
    @answered_once
    def no_show(self, request: Request, pk: str) -> Response:
        """Write down that nobody came. For whoever works at the venue."""
        return self.write(pk, use.mark_no_show, may=permissions.can_note_use)

    @extend_schema(operation_id="use_unmark", request=None, responses=UsedDateSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def unmark(self, request: Request, pk: str) -> Response:
        """Take back what was written down by mistake. For whoever works at the venue."""
        return self.write(pk, use.unmark, may=permissions.can_note_use)

    def write(self, pk: str, rule: Callable, *, may: Callable[[User, Booking], bool]) -> Response:
        date = self.one(pk)
        assert date.booking is not None, "Only dates of bookings are asked for."
        if not may(self.caller, date.booking):
            raise PermissionDenied
        rule(date, by=self.caller, now=timezone.now())
        return Response(self.get_serializer(self.one(pk)).data)

    def one(self, pk: str) -> Occupancy:
        """Return a date of which the caller may write down something; another is not there."""
        date = use.of_bookings().filter(pk=min(int(pk), LARGEST_ID)).first()
        if date is None or date.booking is None or not permissions.can_check_in(self.caller, date.booking):
            raise Http404
        return date
