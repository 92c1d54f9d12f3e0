"""Which date somebody would rather have."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from venues import wording

from .models import Occupancy
from .timeline import published_holder


class SwapForm(forms.Form):
    wanted = forms.TypedChoiceField(
        label=_("Which time would you rather have?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a time.")},
    )
    message = forms.CharField(
        label=_("Message"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data, *, dates: Sequence[Occupancy]):
        super().__init__(data)
        self.has_choices = bool(dates)
        wanted = self.fields["wanted"]
        assert isinstance(wanted, forms.TypedChoiceField)
        wanted.choices = [(date.pk, in_words(date)) for date in dates]


def in_words(date: Occupancy) -> str:
    """Say when and where, and whose it is where that is public."""
    said = [wording.full_when(date.starts_at, date.ends_at), str(date.space.name), published_holder(date)]
    return ", ".join(filter(None, said))
