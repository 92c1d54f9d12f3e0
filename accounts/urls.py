"""Signing in, one's own details, organisations, the language; in the demo the person switch and the outbox.

The names that begin with `account_` are allauth's. Whatever of it is not named here does not exist: there
are no passwords to change, and signing up is signing in.
"""

from allauth.account import views as allauth_views
from django.urls import path

from . import demo, organisation_views, views

urlpatterns = [
    path("account/login/", views.sign_in, name="account_login"),
    path("account/login/", views.sign_in, name="account_request_login_code"),
    path("account/login/", views.sign_in, name="account_signup"),
    path("account/login/code/", allauth_views.confirm_login_code, name="account_confirm_login_code"),
    path("account/logout/", allauth_views.logout, name="account_logout"),
    path("account/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("account/", views.profile, name="profile"),
    path("organisations/", organisation_views.index, name="organisations"),
    path("organisations/<int:pk>/", organisation_views.organisation, name="organisation"),
    path("organisations/<int:pk>/invite/", organisation_views.invite, name="invite"),
    path(
        "organisations/<int:pk>/invitations/<int:invitation_pk>/withdraw/",
        organisation_views.withdraw,
        name="withdraw_invitation",
    ),
    path(
        "organisations/<int:pk>/members/<int:member_pk>/role/",
        organisation_views.change_role,
        name="change_role",
    ),
    path(
        "organisations/<int:pk>/members/<int:member_pk>/remove/",
        organisation_views.remove,
        name="remove_member",
    ),
    path("organisations/<int:pk>/leave/", organisation_views.leave, name="leave_organisation"),
    path("organisations/<int:pk>/close/", organisation_views.close, name="close_organisation"),
    path("invitations/<slug:token>/", organisation_views.invitation, name="invitation"),
    path("acting-for/", organisation_views.act_for, name="act_for"),
    path("i18n/setlang/", views.set_language, name="set_language"),
    path("demo/outbox/", demo.outbox, name="demo_outbox"),
    path("demo/be/<slug:name>/", demo.be, name="demo_be"),
]
