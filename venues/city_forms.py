"""Forms of what the city's own staff keeps: organisations, and terms of use."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from accounts.texts import in_all_languages

from . import terms_of_use
from .edit_form import EditForm, in_words
from .models import Terms, TermsVersion
from .widgets import DayInput


class OrganisationForm(EditForm):
    """What the city has verified of an organisation decides what is open to it."""

    class Meta:
        model = Organisation
        fields = ["name", "kind", "minors_percent", "minors_verified_until"]
        widgets = {"minors_verified_until": DayInput}
        help_texts = {
            "minors_percent": _(
                "The share that has been verified. A club of minors may book what is for them."
            ),
            "minors_verified_until": _("After this day the organisation is no club of minors any more."),
        }


class TermsForm(EditForm):
    """Terms of use: what they are called, and what their next version says."""

    text_fi = forms.CharField(label=_("Text in Finnish"), widget=forms.Textarea(attrs={"rows": 12}))
    text_sv = forms.CharField(
        label=_("Text in Swedish"), widget=forms.Textarea(attrs={"rows": 8}), required=False
    )
    text_en = forms.CharField(
        label=_("Text in English"), widget=forms.Textarea(attrs={"rows": 8}), required=False
    )

    class Meta:
        model = Terms
        fields = in_all_languages("name")

    def __init__(self, data: Mapping[str, Any] | None, *, instance: Terms, newest: TermsVersion | None):
        texts = {name: getattr(newest, name) for name in terms_of_use.TEXTS} if newest else {}
        self.number = newest.number if newest else 0
        super().__init__(data, instance=instance, initial=texts)

    @property
    def stored_version(self) -> str:
        return f"{super().stored_version}-{self.number}"

    def compare(self) -> Iterator[tuple[str, str, str]]:
        yield from super().compare()
        for field in [self[name] for name in terms_of_use.TEXTS if name in self.changed_data]:
            yield str(field.label), in_words(field, field.initial), in_words(field, field.data)

    def publish(self, *, now: datetime) -> TermsVersion:
        """Save the name, and publish the text as the next version if it is another one."""
        return terms_of_use.publish(self.save(), self.cleaned_data, now=now)
