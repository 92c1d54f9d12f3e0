"""What a manager says of the bookings that a change hits."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from . import limits
from .models import Hit

Fate = Hit.Fate

# Names that begin so are the preview's own; everything else that was posted belongs to the change itself.
PREFIX = "impact-"
ONE_FATE = f"{PREFIX}fate-"  # and the id of a date
# The preview's buttons: the main one, those to other pages, and the one to the form.
DECIDE, PAGE, BACK = f"{PREFIX}decide", f"{PREFIX}page", f"{PREFIX}back"


class Choice(models.TextChoices):
    """What becomes of all the bookings of which nothing else is said."""

    KEEP = "keep", _("Keep all")
    MOVE_OR_KEEP = "move_or_keep", _("Move those that can be moved, keep the others")
    MOVE_OR_CANCEL = "move_or_cancel", _("Move those that can be moved, cancel the others")
    CANCEL = "cancel", _("Cancel all")


# The fate of a booking, and of one that was to be moved but cannot be.
FATES = {
    Choice.KEEP: (Fate.KEEP, Fate.KEEP),
    Choice.MOVE_OR_KEEP: (Fate.MOVE, Fate.KEEP),
    Choice.MOVE_OR_CANCEL: (Fate.MOVE, Fate.CANCEL),
    Choice.CANCEL: (Fate.CANCEL, Fate.KEEP),
}


class DecisionForm(forms.Form):
    """What becomes of the bookings that are hit, and what their customers read.

    `fates` is what was said of single ones, by the id of their date. `version` is that of the preview.
    `known` are the reasons, in each language, that customers read anyway if nothing else is written.
    """

    prefix = PREFIX.rstrip("-")

    choice = forms.ChoiceField(
        label=_("What becomes of the bookings?"),
        choices=Choice,
        initial=Choice.KEEP,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason for the customers"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever's booking is moved or cancelled reads this just as you write it."),
    )
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, posted: QueryDict, *, known: Collection[str] = ()):
        """Bind to what was posted if it is a decision; otherwise begin with it, as far as it was written."""
        self.fates, self.known = dict(picked(posted)), known
        written = {
            "choice": posted.get(f"{PREFIX}choice", Choice.KEEP),
            "reason": posted.get(f"{PREFIX}reason", ""),
        }
        super().__init__(posted if DECIDE in posted else None, initial=written)
        if known:
            self.fields["reason"].help_text = _(
                "If you leave this empty, everybody reads the reason in their own language: %(reasons)s"
            ) % {"reasons": " / ".join(known)}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("reason") in self.known:
            cleaned["reason"] = ""  # everybody reads it anyway, in their own language
        elif self.tells_somebody and not cleaned.get("reason") and not self.known:
            self.add_error("reason", _("Write the reason. The customers read it."))
        return cleaned

    @property
    def tells_somebody(self) -> bool:
        choices = {self.cleaned_data.get("choice", Choice.KEEP), *self.fates.values()}
        return choices != {Choice.KEEP}

    @property
    def decision(self) -> dict[str, Any]:
        """Return the decision as `impacts.decide` takes it. Only of a valid form."""
        others, unmovable = FATES[Choice(self.cleaned_data["choice"])]
        return {
            "fates": self.fates,
            "others": others,
            "unmovable": unmovable,
            "reason": self.cleaned_data["reason"],
            "seen": self.cleaned_data["version"],
        }


def picked(data: Mapping[str, Any]) -> Iterator[tuple[int, Fate]]:
    """Return the fates that were chosen for single dates. Nonsense is nothing chosen."""
    for name, value in data.items():
        number = name.removeprefix(ONE_FATE)
        if number != name and limits.is_id(number) and value in Fate.values:
            yield int(number), Fate(value)
