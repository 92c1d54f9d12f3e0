"""What clerks fill in: transfers, answers, periods."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from venues.widgets import DayInput

MOST_BYTES = 1_000_000


class TransfersForm(forms.Form):
    """A bank's list of transfers."""

    file = forms.FileField(label=_("The bank's list, CSV"))

    def clean_file(self) -> str:
        """Return the text of the file. Banks write UTF-8, or Latin-1 as they used to."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large. Divide it."), code="too_large")
        body = file.read()
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = body.decode("latin-1")
        if "\0" in text:
            raise forms.ValidationError(_("This is not a list as text."), code="not_text")
        return text


class TransferForm(forms.Form):
    """One transfer, written by hand."""

    reference = forms.CharField(label=_("Reference number"), max_length=30)
    euros = forms.CharField(label=_("Amount, €"), max_length=15)
    paid_on = forms.DateField(label=_("Paid on"), widget=DayInput)
    archive_id = forms.CharField(label=_("The bank's archive id"), max_length=100)


class AnswerForm(forms.Form):
    """What was done about a concern."""

    answer = forms.CharField(
        label=_("What was done"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class PeriodForm(forms.Form):
    """From which day until which, both included."""

    since = forms.DateField(label=_("First day"), widget=DayInput)
    until = forms.DateField(label=_("Last day"), widget=DayInput)

    def clean(self) -> dict:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if isinstance(since, date) and isinstance(until, date) and until < since:
            self.add_error("until", _("The last day is not before the first."))
        return said
