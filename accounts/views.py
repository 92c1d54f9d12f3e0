"""Signing in, one's own details, and the language of the pages."""

from allauth.account import views as allauth_views
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from .forms import ProfileForm
from .language import remember_language
from .models import User


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for an e-mail address. Whoever asks again has given up the code of before.

    Left to itself, allauth would lead back to that code until it has run out.
    """
    clear_login(request)
    return allauth_views.request_login_code(request)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form}, status=422 if form.errors else 200)
    user = form.save()
    with translation.override(user.language):
        messages.success(request, _("Your details have been saved."))
    response = redirect("profile")
    remember_language(response, user.language)
    return response


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Change the language of the pages, and of the messages to whoever is signed in."""
    language = request.POST.get("language")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return i18n.set_language(request)
