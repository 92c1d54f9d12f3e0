"""Warnings and bans: proposed by a manager, answered by those concerned, decided."""

from collections.abc import Callable

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from venues.api.filters import LARGEST_ID

from .. import permissions, sanctions
from ..models import Booking, Sanction
from .bookings import CustomerSerializer, OrganisationSerializer
from .fields import ById, Instant, Text
from .idempotency import answered_once
from .own import OwnViewSet

LONGEST_REASON, LONGEST_ANSWER = 2000, 4000


@extend_schema_serializer(component_name="Sanction")
class SanctionSerializer(serializers.Serializer):
    """A warning or a ban of a person or an organisation, and how far it has come."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Sanction.Kind.choices)
    person = CustomerSerializer(allow_null=True)
    organisation = OrganisationSerializer(allow_null=True)
    venue = serializers.IntegerField(source="venue_id", allow_null=True, help_text="Null: the whole city.")
    reason = serializers.CharField()
    until = serializers.DateField(allow_null=True, help_text="The last day of a ban.")
    proposed_at = Instant()
    answer_by = Instant(help_text="Until when those concerned may answer.")
    answer = serializers.CharField()
    answered_at = Instant(allow_null=True)
    decided_at = Instant(allow_null=True, help_text="Null: nothing has been decided, or it was dropped.")
    dropped_at = Instant(allow_null=True)
    lifted_at = Instant(allow_null=True)


class BookingInCare(ById):
    """A booking on which the caller decides; any other is unknown to them."""

    def get_queryset(self):
        return Booking.objects.in_care_of(self.context["request"].user).submitted().exclude(customer=None)


@extend_schema_serializer(component_name="NewSanction")
class NewSanctionSerializer(serializers.Serializer):
    booking = BookingInCare(queryset=Booking.objects.all(), help_text="Whoever has this booking is meant.")
    whom = serializers.ChoiceField(choices=["person", "organisation"])
    kind = serializers.ChoiceField(choices=Sanction.Kind.choices)
    where = serializers.ChoiceField(
        choices=["venue", "city"], default="venue", help_text="The whole city: for its staff."
    )
    reason = Text(max_length=LONGEST_REASON, allow_blank=True, help_text="Those concerned read it.")
    until = serializers.DateField(required=False, allow_null=True, help_text="The last day of a ban.")

    def validate(self, said: dict) -> dict:
        if said["whom"] == "organisation" and said["booking"].organisation is None:
            raise serializers.ValidationError({"whom": [_("This booking is for no organisation.")]})
        return said


@extend_schema_serializer(component_name="SanctionAnswer")
class AnswerSerializer(serializers.Serializer):
    answer = Text(max_length=LONGEST_ANSWER, allow_blank=True)


class SanctionViewSet(OwnViewSet):
    """Those that concern the caller or organisations that they own, and those on which they decide."""

    queryset = Sanction.objects.none()
    serializer_class = SanctionSerializer

    def get_queryset(self):
        return sanctions.visible_to(self.caller)

    @extend_schema(operation_id="sanctions_list")
    def list(self, request: Request) -> Response:
        """Those that concern the caller, and those on which the caller decides, the newest first."""
        return super().list(request)

    @extend_schema(operation_id="sanctions_retrieve")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return self.told(self.one(pk))

    @extend_schema(
        operation_id="sanctions_create", request=NewSanctionSerializer, responses={201: SanctionSerializer}
    )
    @answered_once
    def create(self, request: Request) -> Response:
        """Propose a warning or a ban of whoever has a booking, who may answer. For the venue's managers."""
        said = self.asked(NewSanctionSerializer)
        booking, is_club = said["booking"], said["whom"] == "organisation"
        venue = None if said["where"] == "city" else booking.space.venue
        if not permissions.can_sanction(self.caller, venue):
            raise PermissionDenied
        proposed = sanctions.propose(
            said["kind"],
            person=None if is_club else booking.customer,
            organisation=booking.organisation if is_club else None,
            venue=venue,
            reason=said["reason"],
            until=said.get("until"),
            by=self.caller,
            now=timezone.now(),
        )
        return self.told(proposed, status.HTTP_201_CREATED)

    @extend_schema(operation_id="sanctions_answer", request=AnswerSerializer, responses=SanctionSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def answer(self, request: Request, pk: str) -> Response:
        """Say what there is to say, before it is decided. For those concerned."""
        one = self.one(pk)
        if not sanctions.concerning(self.caller).filter(pk=one.pk).exists():
            raise PermissionDenied
        said = self.asked(AnswerSerializer)
        return self.told(sanctions.answer(one, said["answer"], by=self.caller, now=timezone.now()))

    @extend_schema(operation_id="sanctions_decide", request=None, responses=SanctionSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def decide(self, request: Request, pk: str) -> Response:
        """Put it in force, after those concerned were heard. For those who decide."""
        return self.step(pk, sanctions.decide)

    @extend_schema(operation_id="sanctions_drop", request=None, responses=SanctionSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def drop(self, request: Request, pk: str) -> Response:
        """Let it be, before it is decided. For those who decide."""
        return self.step(pk, sanctions.drop)

    @extend_schema(operation_id="sanctions_lift", request=None, responses=SanctionSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def lift(self, request: Request, pk: str) -> Response:
        """End a ban before its last day. For those who decide."""
        return self.step(pk, sanctions.lift)

    def step(self, pk: str, rule: Callable) -> Response:
        one = self.one(pk)
        if not sanctions.in_care_of(self.caller).filter(pk=one.pk).exists():
            raise PermissionDenied
        return self.told(rule(one, by=self.caller, now=timezone.now()))

    def one(self, pk: str) -> Sanction:
        if int(pk) > LARGEST_ID:
            raise Http404
        return get_object_or_404(self.get_queryset(), pk=pk)

    def told(self, one: Sanction, status: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(one).data, status)
