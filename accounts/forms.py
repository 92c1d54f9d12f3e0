"""What people tell about themselves."""

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from django import forms
from django.conf import settings
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

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


class ProfileForm(forms.ModelForm):
    # Each language by its own name, for those who cannot read the page.
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES],
        help_text=_("We write to you in this language."),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = User
        fields = ["name", "phone", "language"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        }
        help_texts = {
            "name": _("Venues see it with your bookings."),
            "phone": _("For sudden changes, such as a locked door."),
        }
