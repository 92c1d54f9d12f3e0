"""Public facts, to be read by anybody and kept a while."""

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.permissions import AllowAny
from rest_framework.viewsets import ReadOnlyModelViewSet

from ..models import District, Equipment, Purpose, Space, TermsVersion, Venue
from .filters import DistrictFilter, ListedSpaceFilter, VenueFilter
from .serializers import DistrictSerializer, SpaceSerializer, VenueSerializer

FRESH_FOR = 300  # seconds


@method_decorator(conditional_page, name="dispatch")
class PublicFacts(ReadOnlyModelViewSet):
    """The same for everybody, so credentials are not looked at and anybody may keep the answer a while."""

    authentication_classes = []
    is_conditional = True
    permission_classes = [AllowAny]
    lookup_value_regex = "[0-9]+"

    def get_object(self):
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 200:
            patch_cache_control(response, public=True, max_age=FRESH_FOR)
        return response


class DistrictViewSet(PublicFacts):
    """Parts of the city."""

    queryset = District.objects.order_by("pk")
    serializer_class = DistrictSerializer
    filterset_class = DistrictFilter


class VenueViewSet(PublicFacts):
    """Buildings and places with spaces to book."""

    queryset = Venue.objects.order_by("pk")
    serializer_class = VenueSerializer
    filterset_class = VenueFilter


class SpaceViewSet(PublicFacts):
    """What is booked: halls, and parts of halls."""

    queryset = (
        Space.objects.select_related("part_of", "terms")
        .prefetch_related(
            Prefetch("parts", Space.objects.only("pk", "part_of").order_by("pk")),
            Prefetch("purposes", Purpose.objects.order_by("pk")),
            Prefetch("terms__versions", TermsVersion.objects.select_related("terms")),
            Prefetch("equipment", Equipment.objects.order_by("pk")),
        )
        .order_by("pk")
    )
    serializer_class = SpaceSerializer
    filterset_class = ListedSpaceFilter
