"""The waiting list, and what is offered to those who wait."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.details import remember_birth
from venues.api.serializers import Texts
from venues.models import Space, TermsVersion

from .. import limits, permissions, waiting
from ..models import Offer, Waiting
from ..waiting_wishes import MOST_SPACES, WishedWaiting
from .bookings import BirthDate, CustomerSerializer, OrganisationSerializer, PurposeCode
from .fields import ById, Instant, OwnOrganisation, Text, WholeNumber
from .idempotency import answered_once
from .own import OwnViewSet
from .questions import ClockTime

MOST_MINUTES = 7 * 24 * 60


# --- What is told ---------------------------------------------------------------------------------


@extend_schema_serializer(component_name="Waiting")
class WaitingSerializer(serializers.Serializer):
    """For which times somebody waits: in any of the spaces, on the weekdays, within the clock times."""

    id = serializers.IntegerField()
    customer = CustomerSerializer()
    organisation = OrganisationSerializer(allow_null=True)
    spaces = serializers.SerializerMethodField(help_text="Any of them would do.")
    weekdays = serializers.ListField(child=serializers.IntegerField(), help_text="Monday is 1.")
    earliest = serializers.TimeField(help_text="Not before, as the city's clocks show it.")
    latest = serializers.TimeField(help_text="Over by. One at or before `earliest` is on the next day.")
    minutes = serializers.IntegerField()
    first_on = serializers.DateField()
    last_on = serializers.DateField(help_text="The last day, which is included.")
    attendees = serializers.IntegerField()
    purpose = serializers.CharField()
    created_at = Instant(help_text="Who began to wait first is offered first what comes free.")
    ended_at = Instant(
        allow_null=True, help_text="Got a time, gave up, or the last day has passed; null while it is open."
    )

    def get_spaces(self, waiting: Waiting) -> list[int]:
        return sorted(space.pk for space in waiting.spaces.all())


@extend_schema_serializer(component_name="Offer")
class OfferSerializer(serializers.Serializer):
    """Time that came free, held for one who waits until `expires_at`."""

    id = serializers.IntegerField()
    waiting = serializers.IntegerField(source="waiting_id")
    state = serializers.ChoiceField(choices=Offer.State.choices)
    space = serializers.IntegerField(source="space_id")
    space_name = Texts("name", source="space")
    venue = serializers.IntegerField(source="space.venue_id")
    venue_name = Texts("name", source="space.venue")
    starts_at = Instant()
    ends_at = Instant()
    organisation = OrganisationSerializer(source="waiting.organisation", allow_null=True)
    offered_at = Instant()
    expires_at = Instant()
    answered_at = Instant(allow_null=True)
    booking = serializers.IntegerField(
        source="booking_id", allow_null=True, help_text="What became of it when it was accepted."
    )


# --- What is asked --------------------------------------------------------------------------------


@extend_schema_serializer(component_name="NewWaiting")
class NewWaitingSerializer(serializers.Serializer):
    spaces = serializers.ListField(
        child=ById(queryset=Space.objects.all()),
        allow_empty=False,
        max_length=MOST_SPACES,
        help_text="Any of them would do.",
    )
    weekdays = serializers.ListField(
        child=WholeNumber(min_value=1, max_value=7), allow_empty=False, max_length=7, help_text="Monday is 1."
    )
    earliest = ClockTime(help_text="Not before, as the city's clocks show it.")
    latest = ClockTime(help_text="Over by. One at or before `earliest` is on the next day.")
    minutes = WholeNumber(min_value=1, max_value=MOST_MINUTES)
    first_on = serializers.DateField()
    last_on = serializers.DateField(help_text="The last day, which is included.")
    attendees = WholeNumber(min_value=1, max_value=limits.MOST_PEOPLE, default=1)
    purpose = Text(max_length=limits.LONGEST_PURPOSE, default="", allow_blank=True, help_text="What for.")
    organisation = OwnOrganisation(
        required=False, allow_null=True, help_text="For whom, if not for the caller alone."
    )


@extend_schema_serializer(component_name="Accept")
class AcceptSerializer(serializers.Serializer):
    """What the space's `policies` ask for; `problems` name what is missing. Often nothing."""

    note = Text(
        max_length=limits.LONGEST_NOTE, required=False, allow_blank=True, help_text="A message to the venue."
    )
    main_purpose = PurposeCode(
        required=False,
        allow_null=True,
        help_text="The kind of use, by the code of one of the space's purposes, if some need approval.",
    )
    adult_name = Text(max_length=limits.LONGEST_ADULT_NAME, required=False, allow_blank=True)
    adult_phone = Text(max_length=limits.LONGEST_ADULT_PHONE, required=False, allow_blank=True)
    accepted_terms = ById(queryset=TermsVersion.objects.all(), required=False, allow_null=True)
    born_on = BirthDate(required=False, allow_null=True)


# --- Answers --------------------------------------------------------------------------------------


class WaitingViewSet(OwnViewSet):
    """For which times the caller waits, and their organisations."""

    queryset = Waiting.objects.none()  # what the description is made of, without a caller
    serializer_class = WaitingSerializer

    def get_queryset(self):
        waits = Waiting.objects.of(self.request.user).select_related("customer", "organisation")
        return waits.prefetch_related("spaces").order_by("-pk")

    @extend_schema(operation_id="waiting_list")
    def list(self, request: Request) -> Response:
        """For what the caller and their organisations wait or waited, the newest first."""
        return super().list(request)

    @extend_schema(
        operation_id="waiting_create", request=NewWaitingSerializer, responses={201: WaitingSerializer}
    )
    @answered_once
    def create(self, request: Request) -> Response:
        """Wait for a time. When one comes free it is offered in the order of waiting, and held for a while.

        Who asks for the very same again gets the same wait.
        """
        asked = self.asked(NewWaitingSerializer)
        begun = waiting.wait(WishedWaiting(**asked), customer=self.caller, now=timezone.now())
        return Response(self.get_serializer(begun).data, status.HTTP_201_CREATED)

    @extend_schema(operation_id="waiting_delete", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Wait no more; what is on offer goes to the next in line. The wait stays listed as ended."""
        mine = get_object_or_404(self.get_queryset(), pk=pk)
        if not permissions.can_answer(self.caller, mine):
            raise PermissionDenied
        waiting.give_up(mine, by=self.caller, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class OfferViewSet(OwnViewSet):
    """What is, or was, offered to the caller and their organisations."""

    queryset = Offer.objects.none()
    serializer_class = OfferSerializer

    def get_queryset(self):
        return Offer.objects.of(self.request.user).with_place().order_by("-pk")

    @extend_schema(operation_id="offers_list")
    def list(self, request: Request) -> Response:
        """What is, or was, offered to the caller and their organisations, the newest first."""
        return super().list(request)

    @extend_schema(operation_id="offers_accept", request=AcceptSerializer, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def accept(self, request: Request, pk: str) -> Response:
        """Book the time, or send a request where the space is booked by request.

        An offer that is over is answered with 409 `offer_over`. What the space's policy wants to be told
        besides is a problem with a code of its own, as for a new booking.
        """
        offer = self.permitted(pk)
        said = self.asked(AcceptSerializer)
        remember_birth(self.caller, said.pop("born_on", None))
        waiting.accept(offer, by=self.caller, now=timezone.now(), **said)
        return self.told(offer)

    @extend_schema(operation_id="offers_decline", request=None, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def decline(self, request: Request, pk: str) -> Response:
        """Let the next in line have the time, and wait on for another."""
        offer = self.permitted(pk)
        waiting.decline(offer, by=self.caller, now=timezone.now())
        return self.told(offer)

    def permitted(self, pk: str) -> Offer:
        offer = get_object_or_404(self.get_queryset(), pk=pk)
        if not permissions.can_answer(self.caller, offer.waiting):
            raise PermissionDenied
        return offer

    def told(self, offer: Offer) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=offer.pk)).data)
