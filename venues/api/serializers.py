"""What is told of a district, a venue, a space."""

from datetime import timedelta

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.texts import LANGUAGES

from ..audiences import Audience
from ..fields import pieces
from ..models import District, Space, TermsVersion, Venue
from ..policy_layers import FIELDS


@extend_schema_serializer(component_name="Texts")
class TextsSerializer(serializers.Serializer):
    """A text in each language; null where there is none. Show Finnish instead, and say so."""

    fi = serializers.CharField(allow_null=True)
    sv = serializers.CharField(allow_null=True)
    en = serializers.CharField(allow_null=True)


@extend_schema_field(TextsSerializer)
class Texts(serializers.Field):
    """A row's text in all languages. `of` is its name without a language, by default the field's own."""

    def __init__(self, of: str = "", source: str = "*"):
        super().__init__(source=source, read_only=True)
        self.of = of

    def to_representation(self, row) -> dict[str, str | None]:
        name = self.of or self.field_name
        return {language: getattr(row, f"{name}_{language}", "") or None for language in LANGUAGES}


class Known(serializers.CharField):
    """A text, or null where nobody has said."""

    def __init__(self):
        super().__init__(read_only=True, allow_null=True)

    # A text field that may answer null: the framework's types know only texts that may be null on the way in.
    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        return value or None


class DistrictSerializer(serializers.ModelSerializer):
    name = Texts()
    contact_email = Known()
    contact_phone = Known()

    class Meta:
        model = District
        fields = read_only_fields = ["id", "number", "name", "contact_email", "contact_phone", "demo_facts"]


class PointSerializer(serializers.ModelSerializer):
    """Where it is, and how exactly that is known. Never draw an approximate point as an exact one."""

    lat = serializers.FloatField()
    lon = serializers.FloatField()
    quality = serializers.ChoiceField(choices=["exact", "approximate"], source="point_quality")

    class Meta:
        model = Venue
        fields = ["lat", "lon", "quality"]


class VenueSerializer(serializers.ModelSerializer):
    name = Texts()
    description = Texts()
    address = Texts()
    postcode = Known()
    city = Known()
    point = serializers.SerializerMethodField()
    phone = Known()
    website = Known()
    source = Known()  # type: ignore[assignment]  # a fact of ours, not the field's own

    class Meta:
        model = Venue
        fields = read_only_fields = [
            "id",
            "key",
            "kind",
            "name",
            "description",
            "address",
            "postcode",
            "city",
            "district",
            "point",
            "phone",
            "website",
            "source",
            "demo_facts",
        ]

    @extend_schema_field(PointSerializer(allow_null=True))
    def get_point(self, venue: Venue) -> dict | None:
        return PointSerializer(venue).data if venue.lat is not None else None


class WordSerializer(serializers.Serializer):
    """A word of the city's own list."""

    code = serializers.CharField()
    name = Texts()


class AccessibilitySerializer(serializers.ModelSerializer):
    """Yes, no, or null: nobody has looked."""

    class Meta:
        model = Space
        fields = read_only_fields = ["is_step_free", "has_accessible_toilet", "has_induction_loop"]


class TermsVersionSerializer(serializers.ModelSerializer):
    """Terms of use as they are in force: a new booking says that it accepts this version."""

    name = Texts("name", source="terms")
    text = Texts()

    class Meta:
        model = TermsVersion
        fields = read_only_fields = ["id", "number", "name", "text", "published_at"]


class PoliciesSerializer(serializers.ModelSerializer):
    """What a booking of the space must keep to. Setting up and cleaning up are those of its hall."""

    who_may_book = serializers.ListField(child=serializers.ChoiceField(choices=Audience.choices))
    notice_by = serializers.SerializerMethodField(help_text="By the city's clocks.")
    terms = serializers.SerializerMethodField(help_text="What a booking accepts; null: nothing.")
    setup_minutes = serializers.SerializerMethodField()
    cleanup_minutes = serializers.SerializerMethodField()

    class Meta:
        model = Space
        fields = read_only_fields = [
            *FIELDS,
            "payment",
            "setup_minutes",
            "cleanup_minutes",
        ]

    @extend_schema_field({"type": "string", "pattern": r"^\d\d:\d\d$", "example": "12:00"})
    def get_notice_by(self, space: Space) -> str:
        return f"{space.notice_by:%H:%M}"

    @extend_schema_field(TermsVersionSerializer(allow_null=True))
    def get_terms(self, space: Space) -> dict | None:
        newest = next(iter(space.terms.versions.all()), None) if space.terms else None
        return TermsVersionSerializer(newest).data if newest else None

    def get_setup_minutes(self, space: Space) -> int:
        return space.setup // timedelta(minutes=1)

    def get_cleanup_minutes(self, space: Space) -> int:
        return space.cleanup // timedelta(minutes=1)


class SpaceSerializer(serializers.ModelSerializer):
    """A hall or a part of one. How to get in is told to those with a confirmed booking only."""

    name = Texts()
    description = Texts()
    hall = serializers.IntegerField(source="hall_id", help_text="The hall it is in: itself, if it is one.")
    parts = serializers.SerializerMethodField(help_text="The spaces that are parts of it, if it is a hall.")
    footprint = serializers.SerializerMethodField(
        help_text="Which numbered pieces of the hall's floor it covers. Spaces of a hall that have a piece "
        "in common exclude each other."
    )
    purposes = WordSerializer(many=True)
    equipment = WordSerializer(many=True)
    supervision = serializers.SerializerMethodField()
    accessibility = AccessibilitySerializer(source="*")
    policies = PoliciesSerializer(source="*")

    class Meta:
        model = Space
        fields = read_only_fields = [
            "id",
            "venue",
            "name",
            "description",
            "part_of",
            "hall",
            "parts",
            "footprint",
            "capacity",
            "floor_area",
            "purposes",
            "equipment",
            "accessibility",
            "supervision",
            "policies",
            "is_bookable",
            "is_demo",
            "demo_facts",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=Space.Supervision.choices, allow_null=True))
    def get_supervision(self, space: Space) -> str | None:
        return space.supervision or None

    def get_parts(self, space: Space) -> list[int]:
        return [part.pk for part in space.parts.all()]

    def get_footprint(self, space: Space) -> list[int]:
        return sorted(pieces(space.footprint))
