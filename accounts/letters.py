"""Mails about organisations."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from .models import Invitation


def invite(invitation: Invitation) -> None:
    """Send the link of an invitation. Needs its organisation and who invites loaded."""
    context = {"invitation": invitation, "url": settings.SITE_URL + invitation.get_absolute_url()}
    with translation.override(invitation.language):
        subject = render_to_string("accounts/messages/invitation_subject.txt", context)
        body = render_to_string("accounts/messages/invitation.txt", context)
    send_mail(" ".join(subject.split()), body.strip() + "\n", None, [invitation.email])
