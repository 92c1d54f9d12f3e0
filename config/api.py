"""/api/v1/: the addresses of the API."""

from functools import cache

from django.urls import include, path
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from accounts.api import OrganisationViewSet
from bookings.api.availability import Availability, AvailabilityOfSpace
from bookings.api.bookings import BookingViewSet
from bookings.api.quotes import QuoteViewSet
from bookings.api.sanctions import SanctionViewSet
from bookings.api.series import SeriesViewSet
from bookings.api.swaps import SwapViewSet
from bookings.api.use import UseViewSet
from bookings.api.waiting import OfferViewSet, WaitingViewSet
from payments.api import PaymentViewSet
from venues.api.views import DistrictViewSet, SpaceViewSet, VenueViewSet

app_name = "api"


class Schema(APIView):
    """The description of the API, in plain English."""

    authentication_classes = []
    permission_classes = [AllowAny]
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer]

    @extend_schema(exclude=True)
    def get(self, request) -> Response:
        return Response(described(), headers={"Cache-Control": "public, max-age=300"})


@cache
def described() -> dict:
    with translation.override("en"):
        return SchemaGenerator().get_schema(public=True)


router = SimpleRouter()
router.register("districts", DistrictViewSet)
router.register("venues", VenueViewSet)
router.register("spaces", SpaceViewSet)
router.register("organisations", OrganisationViewSet, basename="organisation")
router.register("bookings", BookingViewSet, basename="booking")
router.register("series", SeriesViewSet, basename="series")
router.register("quotes", QuoteViewSet, basename="quote")
router.register("swaps", SwapViewSet, basename="swap")
router.register("waiting", WaitingViewSet, basename="waiting")
router.register("offers", OfferViewSet, basename="offer")
router.register("payments", PaymentViewSet, basename="payment")
router.register("use", UseViewSet, basename="use")
router.register("sanctions", SanctionViewSet, basename="sanction")

urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("availability/", Availability.as_view(), name="availability"),
    path("spaces/<int:pk>/availability/", AvailabilityOfSpace.as_view(), name="space-availability"),
    path("", include(router.urls)),
]
