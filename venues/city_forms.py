"""Forms of what the city's own staff keeps: organisations, price groups, and terms of use."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.memberships import is_taken
from accounts.models import Organisation, PriceGroup
from accounts.organisation_forms import BusinessIdField
from accounts.texts import in_all_languages

from . import terms_of_use
from .edit_form import EditForm, in_words
from .models import Terms, TermsVersion
from .widgets import DayInput


class OrganisationForm(EditForm):
    """What the city has verified of an organisation decides what is open to it, and what it pays."""

    # What is verified, and until when: neither is told without the other.
    VERIFIED = (
        ("price_group", "price_group_verified_until"),
        ("minors_percent", "minors_verified_until"),
    )

    business_id = BusinessIdField(required=False)

    class Meta:
        model = Organisation
        fields = [
            "name",
            "kind",
            "business_id",
            "price_group",
            "price_group_verified_until",
            "minors_percent",
            "minors_verified_until",
        ]
        labels = {"kind": _("Kind of organisation")}
        widgets = {"price_group_verified_until": DayInput, "minors_verified_until": DayInput}
        help_texts = {
            "price_group": _("Verified by the city. Without one the organisation pays as everybody does."),
            "price_group_verified_until": _("After this day the organisation pays as everybody does."),
            "minors_percent": _(
                "The share that has been verified. A club of minors may book what is for them."
            ),
            "minors_verified_until": _("After this day the organisation is no club of minors any more."),
        }

    def clean_business_id(self) -> str:
        business_id = self.cleaned_data["business_id"]
        if self.instance.closed_at is None and is_taken(business_id, but_by=self.instance.pk):
            raise forms.ValidationError(
                _("Another organisation has this business ID. Merge the two if they are the same."),
                "business_id_taken",
            )
        return business_id

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for what, until in self.VERIFIED:
            if self.errors.keys() & {what, until}:
                continue
            if cleaned.get(what) is not None and cleaned.get(until) is None:
                self.add_error(until, _("Say until when this has been verified."))
            elif cleaned.get(what) is None and cleaned.get(until) is not None:
                self.add_error(what, _("Say what has been verified, or leave the day empty."))
        return cleaned


class MergeForm(forms.Form):
    """Of which other organisation one becomes a part."""

    into = forms.ModelChoiceField(
        label=_("Becomes a part of"), queryset=Organisation.objects.none(), empty_label=_("Choose")
    )

    def __init__(self, data: Mapping[str, Any] | None, *, organisation: Organisation):
        super().__init__(data)
        into = self.fields["into"]
        assert isinstance(into, forms.ModelChoiceField)
        into.queryset = Organisation.objects.active().exclude(pk=organisation.pk)


class PriceGroupForm(EditForm):
    class Meta:
        model = PriceGroup
        fields = [*in_all_languages("name"), "code"]
        help_texts = {"code": _("Small letters without accents, for programs. For example: minors.")}


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
