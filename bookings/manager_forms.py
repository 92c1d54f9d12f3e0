"""What managers write when they decide."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from venues.models import Space

from . import layout
from .layout import Layout
from .price_list_forms import EuroField
from .reductions import LONGEST_REASON

USUAL_REASONS = {
    "own_use": _("The venue needs the space itself at that time."),
    "unsuitable": _("The space does not suit the purpose."),
    "too_many": _("There are too many of you for the space."),
    "no_supervision": _("Supervision cannot be arranged for that time."),
    "already_given": _("The time has been given to another applicant."),
}
OWN_WORDS = "own_words"


class ReasonForm(forms.Form):
    """Why somebody does not get, or loses, a time: a usual reason, own words, or both."""

    usual = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            ("", _("Choose a reason")),
            *USUAL_REASONS.items(),
            (OWN_WORDS, _("Another reason, in your own words")),
        ],
        error_messages={"required": _("Choose a reason. The applicant reads it.")},
    )
    words = forms.CharField(
        label=_("In your own words"),
        max_length=800,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The applicant reads this just as you write it."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("usual") == OWN_WORDS and not cleaned.get("words"):
            self.add_error("words", _("Write the reason. The applicant reads it."))
        return cleaned

    def reason_for(self, reader: User | None) -> str:
        """Return the reason as its reader gets it: the usual one in their language, own words as written."""
        with translation.override(reader.language if reader else settings.LANGUAGE_CODE):
            usual = str(USUAL_REASONS.get(self.cleaned_data["usual"], ""))
        return " ".join(filter(None, [usual, self.cleaned_data["words"]]))


class LayoutForm(forms.Form):
    """Which pieces of a hall's floor each of its parts covers: a row of boxes for each.

    The pieces are counted anew from 0, so that gaps in their numbers disappear. What is wrong with a layout
    is for `bookings.layout` to say.
    """

    version = forms.CharField(widget=forms.HiddenInput, required=False)
    count = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=layout.MOST_PIECES)

    def __init__(self, data=None, *, parts: Sequence[Space], drawn: Layout, hall: Space, count: int):
        self.parts, self.hall, self.pieces = parts, hall, range(count)
        place = {piece: number for number, piece in enumerate(sorted(drawn[hall.pk]))}
        covered = {f"space_{part.pk}": sorted(place[piece] for piece in drawn[part.pk]) for part in parts}
        super().__init__(data, initial={"version": layout.version(drawn), "count": count} | covered)
        for part in parts:
            self.fields[f"space_{part.pk}"] = forms.TypedMultipleChoiceField(
                label=str(part.name),
                choices=[(piece, str(piece + 1)) for piece in self.pieces],
                coerce=int,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )

    @property
    def can_grow(self) -> bool:
        return len(self.pieces) < layout.MOST_PIECES

    @property
    def can_shrink(self) -> bool:
        return len(self.pieces) > 1

    @property
    def rows(self) -> list[BoundField]:
        return [self[f"space_{part.pk}"] for part in self.parts]

    @property
    def footprints(self) -> Layout:
        """Return the layout that was written. Only of a valid form."""
        parts = {part.pk: set(self.cleaned_data[f"space_{part.pk}"]) for part in self.parts}
        return parts | {self.hall.pk: set(self.pieces)}


class ReductionForm(forms.Form):
    """How much a manager takes off a price, and why."""

    cents = EuroField(label=_("How much, €"), required=True, help_text=_("With VAT, for example 20,34."))
    reason = forms.CharField(
        label=_("Why?"),
        max_length=LONGEST_REASON,
        help_text=_("The customer reads this just as you write it."),
    )
