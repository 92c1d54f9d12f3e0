"""By what districts, venues and spaces can be found."""

from django import forms
from django.db.models import Q
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field

from accounts.texts import LANGUAGES

from ..models import District, Space, Venue

LARGEST_ID = 2**31 - 1


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": LARGEST_ID})
class WholeNumberFilter(filters.NumberFilter):
    """By an id or a count. One that is not found finds nothing; one that cannot be is refused."""

    field_class = forms.IntegerField

    def __init__(self, *args, **kwargs):
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **kwargs)


@extend_schema_field({"type": "boolean"})
class YesNoFilter(filters.TypedChoiceFilter):
    """By true or false. Anything else is refused, where a `BooleanFilter` would ignore it."""

    WORDS = {"true": True, "false": False}

    def __init__(self, *args, **kwargs):
        choices = [(word, word) for word in self.WORDS]
        super().__init__(*args, choices=choices, coerce=self.WORDS.get, **kwargs)


class NameFilter(filters.CharFilter):
    """By a piece of a name, in any language. `of` are the relations whose names count."""

    def __init__(self, *of: str, **kwargs):
        super().__init__(max_length=100, **kwargs)
        self.of = of

    def filter(self, queryset, value):
        found = Q()
        for name in (f"{of}name_{language}" for of in self.of for language in LANGUAGES):
            found |= Q(**{f"{name}__icontains": value})
        return queryset.filter(found) if value else queryset


class DistrictFilter(filters.FilterSet):
    search = NameFilter("", label="A piece of the name, in any language.")

    class Meta:
        model = District
        fields: list[str] = []


class VenueFilter(filters.FilterSet):
    search = NameFilter("", label="A piece of the name, in any language.")
    kind = filters.ChoiceFilter(choices=Venue.Kind.choices)
    district = WholeNumberFilter(field_name="district_id")

    class Meta:
        model = Venue
        fields: list[str] = []


class SpaceFilter(filters.FilterSet):
    search = NameFilter("", "venue__", label="A piece of the space's or the venue's name, in any language.")
    kind = filters.ChoiceFilter(
        field_name="venue__kind", choices=Venue.Kind.choices, label="Kind of the venue."
    )
    district = WholeNumberFilter(field_name="venue__district_id")
    venue = WholeNumberFilter(field_name="venue_id")
    hall = WholeNumberFilter(field_name="hall_id", label="All spaces of this hall, itself among them.")
    part_of = WholeNumberFilter(field_name="part_of_id", label="The parts of this hall.")
    purpose = filters.CharFilter(field_name="purposes__code", label="Code of a purpose.")
    equipment = filters.CharFilter(field_name="equipment__code", label="Code of a piece of equipment.")
    is_bookable = YesNoFilter()

    class Meta:
        model = Space
        fields: list[str] = []


class ListedSpaceFilter(SpaceFilter):
    capacity_min = WholeNumberFilter(
        field_name="capacity", lookup_expr="gte", label="Known to have room for so many people."
    )
