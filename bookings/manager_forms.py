"""What managers write when they decide."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User

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
