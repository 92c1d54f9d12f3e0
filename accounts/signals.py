"""Facts about organisations, past tense, sent inside the transaction. Receivers only write rows."""

from django.dispatch import Signal

invitation_made = Signal()  # carries `invitation`
# Carries `organisation` and `into`, of which both are locked: what was the one's is the other's from now on.
organisations_merged = Signal()
