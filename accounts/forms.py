"""What people tell about themselves."""

from datetime import date
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from django import forms
from django.conf import settings
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from .details import could_be_born_on
from .models import User
from .sign_up import new_account


class SignInForm(RequestLoginCodeForm):
    """Asks for an e-mail address. A new one becomes an account: the answer is the same for all."""

    _user: User | None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["email"]
        field.label = _("E-mail")
        field.widget = forms.EmailInput(attrs={"autocomplete": "email"})

    def clean_email(self) -> str:
        email: str = super().clean_email().lower()
        if not self._user:
            self._user = new_account(email, (get_language() or "fi")[:2])
        return email


class CodeForm(ConfirmLoginCodeForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Code from the e-mail")
        field.widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"})


class BirthDateField(forms.DateField):
    """A day on which somebody alive may have been born."""

    def __init__(self, **options: Any):
        widget = forms.DateInput({"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d")
        super().__init__(label=_("Date of birth"), widget=widget, **options)

    def clean(self, value: object) -> date | None:
        day = super().clean(value)
        if day and not could_be_born_on(day):
            raise forms.ValidationError(_("Check the year: this cannot be a date of birth."), "not_born")
        return day


class ProfileForm(forms.ModelForm):
    # Each language by its own name, for those who cannot read the page.
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES],
        help_text=_("We write to you in this language."),
        widget=forms.RadioSelect,
    )

    is_resident = forms.BooleanField(
        required=False,
        help_text=_("Some spaces are for residents, or at some times. We believe your word."),
    )
    born_on = BirthDateField(
        required=False,
        help_text=_("Some spaces have a minimum age. Venues see only whether you are old enough."),
    )

    class Meta:
        model = User
        fields = ["name", "phone", "is_resident", "born_on", "language"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        }
        help_texts = {
            "name": _("Venues see it with your bookings."),
            "phone": _("For sudden changes, such as a locked door."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["is_resident"].label = _("I live in %(city)s") % {"city": settings.CITY_NAME}
