"""Signing in, one's own details, the language; in the demo the person switch and the outbox.

The names that begin with `account_` are allauth's. Whatever of it is not named here does not exist: there
are no passwords to change, and signing up is signing in.
"""

from allauth.account import views as allauth_views
from django.urls import path

from . import demo, views

urlpatterns = [
    path("account/login/", views.sign_in, name="account_login"),
    path("account/login/", views.sign_in, name="account_request_login_code"),
    path("account/login/", views.sign_in, name="account_signup"),
    path("account/login/code/", allauth_views.confirm_login_code, name="account_confirm_login_code"),
    path("account/logout/", allauth_views.logout, name="account_logout"),
    path("account/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("account/", views.profile, name="profile"),
    path("i18n/setlang/", views.set_language, name="set_language"),
    path("demo/outbox/", demo.outbox, name="demo_outbox"),
    path("demo/be/<slug:name>/", demo.be, name="demo_be"),
]
