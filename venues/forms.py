"""Edit what can be booked: venues and who looks after them, spaces, and the city's own lists."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.boundfield import BoundField
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.texts import in_all_languages

from . import policy_layers
from .edit_form import EditForm, Section
from .fields import footprint, pieces
from .models import District, Equipment, Purpose, Space, Timetable, Venue, VenueRole
from .models.spaces import LONGEST_BUFFER, MINUTE, MOST_PIECES
from .policy_inheritance import disagreements


class YesNoUnknown(forms.NullBooleanSelect):
    """Yes, no, or nobody has looked."""

    def __init__(self, attrs=None):
        super().__init__(attrs)
        self.choices = [
            ("unknown", gettext_lazy("Not known")),
            ("true", gettext_lazy("Yes")),
            ("false", gettext_lazy("No")),
        ]


# --- Venues ---------------------------------------------------------------------------------------


class VenueForm(EditForm):
    website = forms.URLField(
        label=gettext_lazy("Website"), max_length=300, required=False, assume_scheme="https"
    )

    shown_at = {"point_incomplete": "point_quality", "point_impossible": "lat"}

    class Meta:
        model = Venue
        fields = [
            *in_all_languages("name"),
            "kind",
            "address_fi",
            "address_sv",
            "postcode",
            "city",
            "district",
            "lat",
            "lon",
            "point_quality",
            "phone",
            "website",
            *in_all_languages("description"),
            "run_by",
            "source",
        ]
        widgets = {name: forms.Textarea(attrs={"rows": 4}) for name in in_all_languages("description")}
        help_texts = {
            "run_by": gettext_lazy("What is open to the venue itself is open to this organisation.")
        }

    def __init__(self, *args, is_staff: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not is_staff:  # whose a venue is, is not for its managers to say
            del self.fields["run_by"]
            self.initial["version"] = self.stored_version

    @property
    def sections(self) -> list[Section]:
        return [
            Section(_("Name"), [self[name] for name in in_all_languages("name")]),
            Section(
                _("Where it is"),
                [self[name] for name in ("address_fi", "address_sv", "postcode", "city", "district", "kind")],
            ),
            Section(
                _("Point on the map"),
                [self[name] for name in ("lat", "lon", "point_quality")],
                _("A point that is only somewhere near is drawn as such. Without one, the place has no pin."),
            ),
            Section(_("Contact details"), [self["phone"], self["website"]]),
            Section(_("Description"), [self[name] for name in in_all_languages("description")]),
            *([Section(_("Who runs it"), [self["run_by"]])] if "run_by" in self.fields else []),
            Section(_("Where the facts come from"), [self["source"]]),
        ]

    def clean_kind(self) -> str:
        """Another kind has other rules: what the venue's own and its spaces' say must go with them."""
        kind = self.cleaned_data["kind"]
        if self.instance.pk and "kind" in self.changed_data:
            for problem in disagreements(self.instance, kind=kind):
                self.add_error("kind", str(problem.message))
        return kind

    def save(self, commit: bool = True) -> Venue:
        is_new, is_of_another_kind = not self.instance.pk, "kind" in self.changed_data
        if is_new:
            self.instance.timetable = Timetable.objects.create()
            self.instance.key = new_key(self.instance.name_fi)
        venue = super().save(commit)
        if is_of_another_kind and not is_new:
            halls = venue.spaces.filter(part_of=None).order_by("pk")
            list(halls.select_for_update(no_key=True).values_list("pk"))
            policy_layers.settle(venue.spaces.all())
        return venue


class RoleForm(forms.Form):
    """Give somebody who has an account a role at a venue."""

    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=VenueRole.Role.choices)

    def __init__(self, *args, venue: Venue, **kwargs):
        super().__init__(*args, **kwargs)
        self.venue = venue

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        self.person = User.objects.filter(email=email, is_active=True).first()
        if not self.person:
            raise ValidationError(
                _("Nobody has signed in with this address yet. Ask them to sign in once, then add them."),
                code="no_such_person",
            )
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (
            cleaned.get("email")
            and self.venue.roles.filter(user=self.person, role=cleaned.get("role")).exists()
        ):
            self.add_error("email", _("This person has the role already."))
        return cleaned

    def save(self) -> VenueRole:
        role, _made = VenueRole.objects.get_or_create(
            venue=self.venue, user=self.person, role=self.cleaned_data["role"]
        )
        return role


# --- Spaces ---------------------------------------------------------------------------------------


class SpaceForm(EditForm):
    """A space's facts. Where it lies in its hall is drawn on the hall's layout, and how it is booked is said
    with the opening hours.
    """

    class Meta:
        model = Space
        fields = [
            *in_all_languages("name"),
            *in_all_languages("description"),
            "capacity",
            "floor_area",
            "purposes",
            "equipment",
            "supervision",
            "is_step_free",
            "has_accessible_toilet",
            "has_induction_loop",
            *in_all_languages("arrival"),
            "is_demo",
            "is_bookable",
            "setup_minutes",
            "cleanup_minutes",
        ]
        widgets = {
            **{
                name: forms.Textarea(attrs={"rows": 4})
                for name in (*in_all_languages("description"), *in_all_languages("arrival"))
            },
            **dict.fromkeys(("is_step_free", "has_accessible_toilet", "has_induction_loop"), YesNoUnknown),
            "purposes": forms.CheckboxSelectMultiple,
            "equipment": forms.CheckboxSelectMultiple,
        }
        help_texts = {
            "is_bookable": gettext_lazy(
                "Without this, nobody can make a new booking. Those that have been made are kept."
            ),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.is_demo:
            del self.fields["is_demo"]
        for name in ("setup_minutes", "cleanup_minutes"):
            if self.instance.is_hall:
                self.fields[name] = forms.IntegerField(
                    label=self.fields[name].label, min_value=0, max_value=LONGEST_BUFFER // MINUTE
                )
            else:  # said once, for the whole hall
                del self.fields[name]
        self.initial["version"] = self.stored_version

    @property
    def sections(self) -> list[Section]:
        sections = [
            Section(
                _("Name and description"),
                self.of(*in_all_languages("name"), *in_all_languages("description")),
            ),
            Section(
                _("Facts"),
                self.of(
                    "is_demo",
                    "capacity",
                    "floor_area",
                    "purposes",
                    "equipment",
                    "supervision",
                    "is_step_free",
                    "has_accessible_toilet",
                    "has_induction_loop",
                ),
            ),
            Section(
                _("How to get in"),
                self.of(*in_all_languages("arrival")),
                _("Only those whose booking is confirmed see this."),
            ),
            Section(
                _("Booking"),
                self.of("is_bookable"),
                _("When, by whom and how it is booked and paid is said with the opening hours."),
            ),
            Section(
                _("Between bookings"),
                self.of("setup_minutes", "cleanup_minutes"),
                _("Holds for the whole hall and all its parts. The longer of the two is kept free."),
            ),
        ]
        return [section for section in sections if section.fields]

    def of(self, *names: str) -> list[BoundField]:
        return [self[name] for name in names if name in self.fields]

    def save(self, commit: bool = True) -> Space:
        """Save the space. A new one is booked as its venue says."""
        is_new = not self.instance.pk
        super().save(commit)
        if is_new:
            policy_layers.settle(Space.objects.filter(pk=self.instance.pk))
        return self.instance


class NewHallForm(SpaceForm):
    """A new space that is no part of another."""

    floor = forms.IntegerField(
        label=gettext_lazy("Into how many parts its floor can be divided"),
        min_value=1,
        max_value=MOST_PIECES,
        initial=1,
        help_text=gettext_lazy("1, if it is always used as a whole."),
    )

    @property
    def sections(self) -> list[Section]:
        return [Section(_("Floor"), [self["floor"]]), *super().sections]

    def save(self, commit: bool = True) -> Space:
        self.instance.footprint = footprint(range(self.cleaned_data["floor"]))
        self.instance.key = new_key(self.instance.name_fi)
        return super().save(commit)


class NewPartForm(SpaceForm):
    """A new part of a hall. Needs the hall locked when it is bound to data."""

    floor = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Which pieces of the hall's floor it covers"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("A space covers at least one piece of floor.")},
    )

    def __init__(self, *args, hall: Space, piece_names: Mapping[int, str], **kwargs):
        self.hall = hall
        super().__init__(*args, **kwargs)
        floor = self.fields["floor"]
        assert isinstance(floor, forms.TypedMultipleChoiceField)
        floor.choices = [
            (piece, f"{place}: {piece_names[piece]}" if piece in piece_names else str(place))
            for place, piece in enumerate(sorted(pieces(hall.footprint)), start=1)
        ]

    @property
    def sections(self) -> list[Section]:
        return [Section(_("Floor"), [self["floor"]]), *super().sections]

    def save(self, commit: bool = True) -> Space:
        self.instance.footprint = footprint(self.cleaned_data["floor"])
        self.instance.hall_footprint = self.hall.footprint
        self.instance.key = new_key(self.instance.name_fi)
        return super().save(commit)


# --- The city's own lists -------------------------------------------------------------------------


class DistrictForm(EditForm):
    class Meta:
        model = District
        fields = ["number", *in_all_languages("name"), "contact_email", "contact_phone"]


class WordForm(EditForm):
    """A purpose or a piece of equipment."""

    class Meta:
        fields = in_all_languages("name")

    def save(self, commit: bool = True) -> Model:
        if not self.instance.pk:
            self.instance.code = new_key(self.instance.name_fi)[:50]
        return super().save(commit)


class PurposeForm(WordForm):
    class Meta(WordForm.Meta):
        model = Purpose


class EquipmentForm(WordForm):
    class Meta(WordForm.Meta):
        model = Equipment


def new_key(name: str) -> str:
    """Return a key that is nobody else's; people never see it."""
    return f"{slugify(name)[:40]}-{token_hex(4)}".strip("-")
