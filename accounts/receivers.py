"""What follows from a fact about an organisation: only rows, in the same transaction."""

from django.dispatch import receiver

from . import signals
from .models import Invitation
from .tasks import send_invitation


@receiver(signals.invitation_made)
def write_to_who_is_invited(signal, invitation: Invitation, **kwargs) -> None:
    send_invitation.defer(invitation_id=invitation.pk)
