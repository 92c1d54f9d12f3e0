"""The caller's organisations, by API: which, in which role, and what the city has verified of them."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import ReadOnlyModelViewSet

from .models import Membership, Organisation


@extend_schema_serializer(component_name="OwnOrganisation")
class OwnOrganisationSerializer(serializers.ModelSerializer):
    """What is verified holds until the last day, which is told with it; null where nothing is."""

    id = serializers.IntegerField(source="organisation_id", read_only=True)
    name = serializers.CharField(source="organisation.name", read_only=True)
    kind = serializers.ChoiceField(
        source="organisation.kind", choices=Organisation.Kind.choices, read_only=True
    )
    business_id = serializers.CharField(source="organisation.business_id", read_only=True)
    price_group = serializers.CharField(
        source="organisation.price_group.code", read_only=True, allow_null=True, default=None
    )
    price_group_verified_until = serializers.DateField(
        source="organisation.price_group_verified_until", read_only=True, allow_null=True
    )
    minors_percent = serializers.IntegerField(
        source="organisation.minors_percent", read_only=True, allow_null=True
    )
    minors_verified_until = serializers.DateField(
        source="organisation.minors_verified_until", read_only=True, allow_null=True
    )

    class Meta:
        model = Membership
        fields = read_only_fields = [
            "id",
            "name",
            "kind",
            "business_id",
            "role",
            "price_group",
            "price_group_verified_until",
            "minors_percent",
            "minors_verified_until",
        ]


class OrganisationViewSet(ReadOnlyModelViewSet):
    """The caller's organisations. Owners and bookers may book for them, viewers see their bookings."""

    permission_classes = [IsAuthenticated]
    serializer_class = OwnOrganisationSerializer
    queryset = Membership.objects.none()
    lookup_field = "organisation_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9]+"

    def get_queryset(self):
        own = Membership.objects.filter(user=self.request.user.pk, organisation__closed_at=None)
        return own.select_related("organisation__price_group").order_by("organisation")
