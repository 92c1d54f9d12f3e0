"""Swaps: proposing one of one's dates for somebody else's, and answering."""

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
from venues.api.serializers import Texts

from .. import limits, swaps
from ..models import Occupancy, Swap
from ..timeline import published_holder
from .bookings import CustomerSerializer, OrganisationSerializer
from .fields import Instant, Text, WholeNumber
from .idempotency import answered_once
from .own import OwnViewSet

# --- What is told ---------------------------------------------------------------------------------


@extend_schema_serializer(component_name="SwapDate")
class SwapDateSerializer(serializers.Serializer):
    """A date that is, or could be, swapped."""

    id = serializers.IntegerField()
    space = serializers.IntegerField(source="space_id")
    space_name = Texts("name", source="space")
    venue = serializers.IntegerField(source="space.venue_id")
    venue_name = Texts("name", source="space.venue")
    starts_at = Instant()
    ends_at = Instant()


@extend_schema_serializer(component_name="SwapChoice")
class ChoiceSerializer(SwapDateSerializer):
    """A date of somebody else's that a date could be swapped for."""

    holder = serializers.SerializerMethodField(help_text="Whose it is, where that is public; else empty.")

    def get_holder(self, date: Occupancy) -> str:
        return published_holder(date)


@extend_schema_serializer(component_name="Swap")
class SwapSerializer(serializers.Serializer):
    """A proposal to give the `offered` date for the `wanted` one, and what became of it."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(
        choices=Swap.State.choices, help_text="`lapsed`: one of the dates changed or began."
    )
    offered = SwapDateSerializer()
    wanted = SwapDateSerializer()
    proposed_by = CustomerSerializer()
    organisation = OrganisationSerializer(allow_null=True, help_text="For whom it was proposed.")
    message = serializers.CharField()
    proposed_at = Instant()
    answered_at = Instant(allow_null=True)


# --- What is asked --------------------------------------------------------------------------------


class OwnDate(serializers.IntegerField):
    """The `id` of a date that the caller may offer; any other is unknown to them."""

    default_error_messages = {"does_not_exist": _("There is no such date of yours that can be swapped.")}

    def __init__(self, **kwargs):
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)

    def run_validation(self, data=serializers.empty) -> Occupancy:
        date = swaps.own_date(self.context["request"].user, super().run_validation(data))
        return date or self.fail("does_not_exist")


class OwnDateInBody(OwnDate, WholeNumber):
    """The same as a number, not as a text that looks like one."""


@extend_schema_serializer(component_name="SwapQuestion")
class QuestionSerializer(serializers.Serializer):
    offered = OwnDate(help_text="The `id` of one of the `dates` of a booking of the caller's.")


@extend_schema_serializer(component_name="NewSwap")
class NewSwapSerializer(serializers.Serializer):
    offered = OwnDateInBody(help_text="The `id` of one of the `dates` of a booking of the caller's.")
    wanted = WholeNumber(min_value=1, max_value=LARGEST_ID, help_text="The `id` of one of its `choices`.")
    message = Text(max_length=limits.LONGEST_MESSAGE, default="", allow_blank=True)


# --- Answers --------------------------------------------------------------------------------------


class SwapViewSet(OwnViewSet):
    """Proposals of the caller's dates and for them, and of their organisations'."""

    queryset = Swap.objects.none()  # what the description is made of, without a caller
    serializer_class = SwapSerializer

    def get_queryset(self):
        return swaps.visible_to(self.caller).order_by("-pk")

    @extend_schema(operation_id="swaps_list")
    def list(self, request: Request) -> Response:
        """What was proposed by the caller and to them, and their organisations, the newest first."""
        return super().list(request)

    @extend_schema(
        operation_id="swaps_choices", parameters=[QuestionSerializer], responses=ChoiceSerializer(many=True)
    )
    @action(detail=False, pagination_class=None)
    def choices(self, request: Request) -> Response:
        """Dates of others for which a date of the caller's could be swapped, the earliest first."""
        asked = QuestionSerializer(data=request.query_params, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        date = asked.validated_data["offered"]
        return Response(ChoiceSerializer(swaps.wanted_for(date, now=timezone.now()), many=True).data)

    @extend_schema(operation_id="swaps_create", request=NewSwapSerializer, responses={201: SwapSerializer})
    @answered_once
    def create(self, request: Request) -> Response:
        """Ask whoever has the wanted date whether they take the offered one for it.

        Both dates change hands only if they agree.
        """
        said = self.asked(NewSwapSerializer)
        now = timezone.now()
        wanted = swaps.wanted_for(said["offered"], now=now).filter(pk=said["wanted"]).first()
        if wanted is None:
            raise serializers.ValidationError({"wanted": [_("Choose one of the dates for which it can be.")]})
        made = swaps.propose(said["offered"], wanted, said["message"], by=self.caller, now=now)
        return self.told(made, status.HTTP_201_CREATED)

    @extend_schema(operation_id="swaps_agree", request=None, responses=SwapSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def agree(self, request: Request, pk: str) -> Response:
        """Let both dates change hands. For those whose date is wanted.

        Each side is judged as a new booking of the other's time. Of what stands in the way of the other side
        no more is told than `other_side_cannot`.
        """
        return self.answered(pk, "agree")

    @extend_schema(operation_id="swaps_decline", request=None, responses=SwapSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def decline(self, request: Request, pk: str) -> Response:
        """Say no. For those whose date is wanted."""
        return self.answered(pk, "decline")

    @extend_schema(operation_id="swaps_withdraw", request=None, responses=SwapSerializer)
    @action(detail=True, methods=["post"])
    @answered_once
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take a proposal back. For those who proposed it."""
        return self.answered(pk, "withdraw")

    def answered(self, pk: str, how: str) -> Response:
        swap = get_object_or_404(self.get_queryset(), pk=pk)
        rule, may = swaps.ANSWERS[how]
        if not may(self.caller, swap):
            raise PermissionDenied
        return self.told(rule(swap, by=self.caller, now=timezone.now()))

    def told(self, swap: Swap, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=swap.pk)).data, code)
