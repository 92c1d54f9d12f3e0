"""What is copied from a venue, and to which."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from venues.models import Venue

from .copying import What


class CopyForm(forms.Form):
    """`version` is that of what was shown, once it has been shown."""

    to = forms.ModelChoiceField(
        label=_("To which venue"), queryset=Venue.objects.none(), empty_label=_("Choose a venue")
    )
    what = forms.MultipleChoiceField(
        label=_("What is copied"), choices=What, widget=forms.CheckboxSelectMultiple
    )
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, venues: QuerySet[Venue], **kwargs):
        super().__init__(*args, **kwargs)
        to = self.fields["to"]
        assert isinstance(to, forms.ModelChoiceField)
        to.queryset = venues
