"""Payments, for programs: what is to be paid, beginning to pay, and how it stands."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api.fields import Instant, WholeNumber
from bookings.api.own import OwnViewSet
from bookings.models import Booking
from venues.api.filters import LARGEST_ID

from . import checkout, reconcile, whose
from .models import CURRENCY, Payment


@extend_schema_serializer(component_name="PaymentPart")
class PartSerializer(serializers.Serializer):
    """How much of a payment is for which booking."""

    booking = serializers.IntegerField(source="booking_id")
    cents = serializers.IntegerField()


@extend_schema_serializer(component_name="Payment")
class PaymentSerializer(serializers.Serializer):
    """One try to pay. Amounts are whole cents, VAT included."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(
        choices=Payment.State.choices,
        help_text="`processing`: a slow bank has it; it is `paid` or `failed` some days later.",
    )
    method = serializers.ChoiceField(choices=Payment.Method.choices)
    currency = serializers.SerializerMethodField()
    due_cents = serializers.IntegerField()
    paid_cents = serializers.IntegerField()
    refunded_cents = serializers.IntegerField()
    bookings = PartSerializer(source="parts", many=True)
    organisation = serializers.IntegerField(source="organisation_id", allow_null=True)
    url = serializers.SerializerMethodField(
        help_text="Where a person pays, while it can be paid; else empty."
    )
    created_at = Instant()
    expires_at = Instant(allow_null=True)
    ended_at = Instant(allow_null=True)

    def get_currency(self, payment: Payment) -> str:
        return CURRENCY

    def get_url(self, payment: Payment) -> str:
        return payment.session_url if payment.state == Payment.State.OPEN else ""


@extend_schema_serializer(component_name="NewPayment")
class NewPaymentSerializer(serializers.Serializer):
    bookings = serializers.ListField(
        child=WholeNumber(min_value=1, max_value=LARGEST_ID),
        min_length=1,
        max_length=checkout.MOST_AT_ONCE,
        help_text="The `id` of bookings of one customer that wait for their payment.",
    )

    def validate_bookings(self, pks: list[int]) -> list[Booking]:
        user = self.context["request"].user
        found = list(whose.payable_by(user).filter(pk__in=pks).order_by("pk"))
        if len(found) != len(set(pks)):
            raise serializers.ValidationError(
                _("One of the bookings is not yours to pay, or need not be paid.")
            )
        return found


class PaymentViewSet(RetrieveModelMixin, OwnViewSet):
    """Payments of the caller's bookings and invoices, and of their organisations'."""

    queryset = Payment.objects.none()  # what the description is made of, without a caller
    serializer_class = PaymentSerializer

    def get_queryset(self):
        return whose.visible_to(self.caller).prefetch_related("parts").order_by("-pk")

    @extend_schema(operation_id="payments_list")
    def list(self, request: Request) -> Response:
        """Payments of the caller's and their organisations', the newest first."""
        return super().list(request)

    @extend_schema(operation_id="payments_retrieve")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One payment, as it is known here. A person who has paid is heard of within a minute."""
        return super().retrieve(request, pk)

    @extend_schema(
        operation_id="payments_create", request=NewPaymentSerializer, responses={201: PaymentSerializer}
    )
    def create(self, request: Request) -> Response:
        """Begin to pay for bookings, or go on with what was begun for just these: the same again is the same.

        A person pays at `url`. While the payment is open, the times of its bookings are kept.
        """
        said = self.asked(NewPaymentSerializer)
        begun = checkout.start(said["bookings"], payer=self.caller, now=timezone.now())
        return Response(PaymentSerializer(begun).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="payments_leave", request=None, responses=PaymentSerializer)
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: str) -> Response:
        """End a payment that was begun: nobody can pay it any more. One that has ended stays as it is."""
        payment = self.get_object()
        if not whose.may_pay(self.caller, payment):
            raise PermissionDenied
        reconcile.leave(payment, now=timezone.now())
        payment.refresh_from_db()
        return Response(PaymentSerializer(payment).data)
