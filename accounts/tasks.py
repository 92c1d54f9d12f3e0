"""Work in the background: load by id, one rule call."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from . import letters, sign_up
from .models import Invitation

FORGOTTEN_AFTER = timedelta(days=1)


@app.periodic(cron="20 3 * * *")
@app.task(queueing_lock="forget_unused_accounts")
def forget_unused_accounts(timestamp: int) -> None:
    """Forget addresses for which somebody asked a code that was never used."""
    sign_up.forget_unused(before=timezone.now() - FORGOTTEN_AFTER)


@app.task(queue="mail", retry=5)
def send_invitation(invitation_id: int) -> None:
    """Write to whoever was invited, unless the invitation has been used or withdrawn meanwhile."""
    invitations = Invitation.objects.open(timezone.now()).select_related("organisation", "invited_by")
    invitation = invitations.filter(pk=invitation_id).first()
    if invitation:
        letters.invite(invitation)
