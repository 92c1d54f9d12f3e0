"""How people sign in: by a code sent to their e-mail."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from .language import remember_language
from .models import User


class AccountAdapter(DefaultAccountAdapter):
    """Whoever signs up can sign in; there are no passwords to forget."""

    def format_email_subject(self, subject: str) -> str:
        return " ".join(subject.split())

    def post_login(self, request: HttpRequest, user: User, **hook_kwargs) -> HttpResponse:
        """Speak to people in the language that they chose, wherever they sign in."""
        response = super().post_login(request, user, **hook_kwargs)
        remember_language(response, user.language)
        return response
