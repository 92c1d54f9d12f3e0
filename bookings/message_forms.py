"""The city's own words in messages."""

from django import forms

from accounts.texts import in_all_languages

from .models import MessageText


class MessageTextForm(forms.ModelForm):
    class Meta:
        model = MessageText
        fields = in_all_languages("text")
        widgets = {name: forms.Textarea(attrs={"rows": 4}) for name in in_all_languages("text")}
