"""Free time: of many spaces by search, of one by its id."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from venues.api.pages import Pages
from venues.api.serializers import Texts
from venues.audiences import Asker, asker
from venues.clock import local
from venues.models import Space

from .. import availability
from ..availability import FreeSpace, Stretch
from .fields import Instant
from .questions import FreePeriod, FreeSpaceFilter, Search, begin, end, windows_of


@extend_schema_serializer(component_name="Stretch")
class StretchSerializer(serializers.Serializer):
    """A stretch of free time. A booking may start where it starts."""

    starts_at = Instant()
    ends_at = Instant()

    def to_representation(self, stretch: Stretch) -> dict:
        starts_at, ends_at = stretch
        return {
            "starts_at": self.fields["starts_at"].to_representation(starts_at),
            "ends_at": self.fields["ends_at"].to_representation(ends_at),
        }


@extend_schema_serializer(component_name="FreeTime")
class FreeTimeSerializer(serializers.Serializer):
    free = StretchSerializer(many=True)


@extend_schema_serializer(component_name="FreeSpace")
class FreeSpaceSerializer(serializers.Serializer):
    """A space and when it could be booked."""

    space = serializers.IntegerField(source="space.pk")
    name = Texts(source="space")
    venue = serializers.IntegerField(source="space.venue_id")
    venue_name = Texts("name", source="space.venue")
    capacity = serializers.IntegerField(source="space.capacity", allow_null=True)
    distance_km = serializers.FloatField(
        allow_null=True, help_text="As the crow flies; null where the place is not known."
    )
    is_whole_day = serializers.BooleanField(
        help_text="Whether it can be booked for a whole day only: for one of the stretches."
    )
    free = StretchSerializer(many=True)


def described(found: list[FreeSpace]) -> list[dict]:
    """Return what was found, in its order, with the spaces themselves."""
    spaces = Space.objects.select_related("venue").in_bulk([row.space_id for row in found])
    return [
        {
            "space": spaces[row.space_id],
            "distance_km": None if row.distance_km is None else round(row.distance_km, 2),
            "is_whole_day": row.is_whole_day,
            "free": row.stretches,
        }
        for row in found
    ]


@method_decorator(conditional_page, name="dispatch")
class FreeTimeView(GenericAPIView):
    """True only at the moment, and for whoever asks: a kept answer is asked whether it is still so."""

    permission_classes = [AllowAny]
    is_conditional = True

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(response, no_cache=True)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        return response

    def asked(self, request, question: type[serializers.Serializer]) -> dict:
        query = question(data=request.query_params, context={"request": request})
        query.is_valid(raise_exception=True)
        return query.validated_data

    def asker(self, asked: dict) -> Asker:
        user = self.request.user if self.request.user.is_authenticated else None
        return asker(user, asked.get("organisation"), today=local(timezone.now()).date())


class Availability(FreeTimeView):
    queryset = Space.objects.all()
    serializer_class = FreeSpaceSerializer
    filterset_class = FreeSpaceFilter

    @extend_schema(
        operation_id="availability_list",
        parameters=[Search],
        responses=FreeSpaceSerializer(many=True),
    )
    def get(self, request) -> Response:
        """Find spaces that could be booked, and when."""
        spaces = self.filter_queryset(self.get_queryset())
        asked = self.asked(request, Search)
        pages = Pages()
        number, size = pages.asked(request)
        found = availability.free(
            spaces,
            windows_of(asked),
            now=timezone.now(),
            asker=self.asker(asked),
            length=asked["length"],
            near=asked.get("near"),
            within_km=asked.get("within_km"),
            order=asked["sort"],
            limit=size,
            offset=(number - 1) * size,
        )
        told = FreeSpaceSerializer(described(found.page), many=True)
        return pages.page_of(list(told.data), number, size, total=found.total, request=request)


class AvailabilityOfSpace(FreeTimeView):
    @extend_schema(operation_id="spaces_availability", parameters=[FreePeriod], responses=FreeTimeSerializer)
    def get(self, request, pk: int) -> Response:
        """Tell when a space could be booked: each stretch is long enough for a booking."""
        space = get_object_or_404(Space, pk=pk)
        asked = self.asked(request, FreePeriod)
        window = begin(asked["from"]), end(asked["to"])
        found = availability.free_stretches(
            space, window, now=timezone.now(), asker=self.asker(asked), length=asked["length"]
        )
        return Response(FreeTimeSerializer({"free": found}).data)
