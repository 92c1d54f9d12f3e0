"""What a wish or a season would cost, before it is booked."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.problems import Problem, Refused
from venues.models import Space
from venues.models.spaces import LONGEST_BOOKING

from .. import ledger, quotes
from ..ledger import Quoted
from ..quotes import DateQuote
from ..recurrence import SeriesWish
from ..wishes import Wish
from .bookings import PurposeCode
from .errors import ProblemSerializer
from .fields import ById, Instant, OwnOrganisation
from .idempotency import answered_once
from .prices import AddOns, DatePriceSerializer, TotalsSerializer, totals_of
from .series import SeasonSerializer

# --- What is asked --------------------------------------------------------------------------------


@extend_schema_serializer(component_name="QuoteWish")
class WishSerializer(serializers.Serializer):
    """A space, from when to when, for whom and for what."""

    space = ById(queryset=Space.objects.with_place())
    starts_at = Instant()
    ends_at = Instant()
    organisation = OwnOrganisation(
        required=False, allow_null=True, help_text="For whom, if not for the caller alone."
    )
    main_purpose = PurposeCode(
        required=False, allow_null=True, help_text="The kind of use, by the code of a purpose."
    )
    add_ons = AddOns()


# --- What is told ---------------------------------------------------------------------------------


@extend_schema_serializer(component_name="DateQuote")
class DateQuoteSerializer(serializers.Serializer):
    """What one date would cost. Without a price list there is no price: nothing is charged here."""

    starts_at = Instant()
    ends_at = Instant()
    price = DatePriceSerializer(allow_null=True)
    problems = ProblemSerializer(many=True, help_text="Why nobody can say the price.")


@extend_schema_serializer(component_name="Quote")
class QuoteSerializer(TotalsSerializer):
    """What the dates would cost together: those that have a price."""

    dates = DateQuoteSerializer(many=True)


def told(quoted: Sequence[Quoted]) -> Response:
    priced = [price for _wish, price in quoted if isinstance(price, DateQuote)]
    dates = [
        {
            "starts_at": wish.starts_at,
            "ends_at": wish.ends_at,
            "price": price if isinstance(price, DateQuote) else None,
            "problems": [price] if isinstance(price, Problem) else [],
        }
        for wish, price in quoted
    ]
    totals = totals_of([line for price in priced for line in price.lines])
    return Response(QuoteSerializer({**totals, "dates": dates}).data)


# --- Answers --------------------------------------------------------------------------------------


class QuoteViewSet(GenericViewSet):
    """Prices as they are at the moment. Whether a time can be had is not asked."""

    permission_classes = [IsAuthenticated]
    serializer_class = WishSerializer

    @extend_schema(operation_id="quotes_create", request=WishSerializer, responses={200: QuoteSerializer})
    @answered_once
    def create(self, request: Request) -> Response:
        """Tell what a wish would cost, line by line. Booked with `seen_cents`, it costs just that."""
        wish = Wish(**self.asked())
        if not wish.starts_at < wish.ends_at <= wish.starts_at + LONGEST_BOOKING:
            message = _("The end is after the start, and at most a week later.")
            raise Refused(Problem("times_unusable", message, "ends_at"))
        return told([(wish, quotes.quote_for(wish, now=timezone.now()))])

    @extend_schema(operation_id="quotes_series", request=SeasonSerializer, responses={200: QuoteSerializer})
    @action(detail=False, methods=["post"])
    @answered_once
    def series(self, request: Request) -> Response:
        """Tell what every date of a season would cost, whether it is free or not."""
        return told(ledger.quotes_of(SeriesWish(**self.asked()), now=timezone.now()))

    def get_serializer_class(self) -> type[serializers.Serializer]:
        return SeasonSerializer if self.action == "series" else WishSerializer

    def asked(self) -> dict:
        given = self.get_serializer(data=self.request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data
