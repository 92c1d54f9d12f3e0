"""Who calls: a token by `Authorization: Token …`, or the session of somebody who is signed in."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.authentication import SessionScheme
from rest_framework import authentication
from rest_framework.exceptions import PermissionDenied


class SessionAuthentication(authentication.SessionAuthentication):
    """Says by its own code that the CSRF token was missing or wrong."""

    def enforce_csrf(self, request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as exc:
            message = _("The page had been open too long, or your browser refuses cookies.")
            raise PermissionDenied(message, code="csrf_failed") from exc


class SessionAuthenticationScheme(SessionScheme):
    target_class = "config.authentication.SessionAuthentication"
