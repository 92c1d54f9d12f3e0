"""When an organisation becomes a part of another, all that is the one's is the other's from then on."""

from django.db import connection

from accounts.models import Organisation
from venues.models import Venue

from .models import Booking, Sanction, Series, Swap, Waiting
from .transactions import lock

# Everything that belongs to an organisation, in the order in which it is locked.
THEIRS = (Series, Booking, Waiting, Sanction, Swap)


def follow(organisation: Organisation, into: Organisation) -> None:
    """Let bookings, series, waiting, sanctions and swaps follow, and the venues that it ran.

    Both organisations are locked, so nobody books for either meanwhile. What one booked stays booked, however
    often both together may book.
    """
    assert connection.in_atomic_block
    for model in THEIRS:
        rows = model._default_manager.filter(organisation=organisation)
        lock(model, rows.values_list("pk", flat=True))
        rows.update(organisation=into)
    asked = Swap.objects.filter(asked_organisation=organisation)
    lock(Swap, asked.values_list("pk", flat=True))
    asked.update(asked_organisation=into)
    Venue.objects.filter(run_by=organisation).update(run_by=into)
